"""Staff in Telegram and at their door: the real program as a process, and what it leaves behind."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.emulator import Emulator, SentMessage, User
from tests.program import Program, running

ADMIN = User(880011223344, "Ratnasari", "ratna_rahasia")
INVITED = User(880055667788, "Wahyuningsih", "wahyu_rahasia")
STRANGER = User(880099887766, "Bramantyo", "bram_rahasia")
COMMANDS = ("/masuk", "/undang admin", "/nama Orang Lain", "/kenapa boleh gak like postingan paslon?")
LINK = re.compile(r"https?://\S+/masuk/([\w-]+)")
INVITATION = re.compile(r"https://t\.me/TanyaNetralBot\?start=(undang-[\w-]+)")

Bot = tuple[Emulator, Program]


@pytest.fixture(scope="module", params=["polling", "webhook"])
def bot(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, office_folder: Path) -> Iterator[Bot]:
    folder = tmp_path_factory.mktemp("staf")
    environment = {"ADMIN_IDS": str(ADMIN.id)}
    with Emulator() as emulator, running(folder, emulator, webhook=request.param == "webhook", start_in=office_folder, **environment) as program:
        yield emulator, program


def tell(bot: Bot, text: str, user: User) -> SentMessage:
    """What the bot answers to somebody who writes in private."""
    emulator, _ = bot
    emulator.say(text, chat=user.id, user=user)
    return emulator.next_message(user.id)


def found(pattern: re.Pattern[str], message: SentMessage) -> re.Match[str]:
    match = pattern.search(message.text)
    assert match, message.text
    return match


def test_to_a_stranger_the_commands_of_staff_do_not_exist(bot: Bot) -> None:
    unknown = tell(bot, "/perintahyangtidakada", STRANGER)
    for command in COMMANDS:
        answer = tell(bot, command, STRANGER)
        assert (answer.html, answer.buttons, answer.reply_to) == (unknown.html, unknown.buttons, unknown.reply_to)


def test_an_admin_enters_by_a_link_that_works_once(bot: Bot) -> None:
    link = found(LINK, tell(bot, "/masuk", ADMIN))[0]
    with httpx.Client(trust_env=False) as browser:
        assert browser.get(link).status_code == 200
        assert browser.post(link).status_code == 303
        assert browser.get(f"{bot[1].url}/kelola/staf").status_code == 200
    assert httpx.post(link, trust_env=False).status_code == 403


def test_an_invitation_is_taken_once_and_gives_its_role_and_no_more(bot: Bot) -> None:
    payload = found(INVITATION, tell(bot, "/undang peninjau", ADMIN))[1]
    assert "/masuk" in tell(bot, f"/start {payload}", INVITED).text
    refused = tell(bot, f"/start {payload}", STRANGER).text
    assert "/masuk" not in refused
    unknown = tell(bot, "/perintahyangtidakada", STRANGER).text
    assert tell(bot, "/masuk", STRANGER).text == unknown
    assert tell(bot, "/undang admin", INVITED).text == unknown
    assert "Bu Wahyu" in tell(bot, "/nama Bu Wahyu", INVITED).text
    link = found(LINK, tell(bot, "/masuk", INVITED))[0]
    with httpx.Client(trust_env=False) as browser:
        assert browser.post(link).status_code == 303
        assert "Bu Wahyu" in browser.get(f"{bot[1].url}/kelola/saya").text
        assert browser.get(f"{bot[1].url}/kelola/staf").status_code == 403


def test_why_tells_words_coverage_and_runner_up_and_leaves_no_row(bot: Bot) -> None:
    before = bot[1].query("SELECT count(*) FROM questions")
    answered = tell(bot, "/kenapa boleh gak datang ke kampanye cuma nonton?", ADMIN).text
    assert "hadir-kampanye-pasif" in answered
    assert all(word in answered for word in ("cocok", "Cakupan", "kedua", "jarak"))
    assert "di luar" in tell(bot, "/kenapa resep rendang padang?", ADMIN).text
    assert "/kenapa" in tell(bot, "/kenapa", ADMIN).text
    assert bot[1].query("SELECT count(*) FROM questions") == before


def test_a_wrong_role_or_name_is_explained_to_those_who_may(bot: Bot) -> None:
    assert "/undang" in tell(bot, "/undang raja", ADMIN).text
    assert "/nama" in tell(bot, "/nama", ADMIN).text
    assert "/nama" in tell(bot, "/nama <b>x</b>", ADMIN).text


def test_in_a_group_staff_get_no_link(bot: Bot) -> None:
    emulator, _ = bot
    group = -880012
    for command in ("masuk", "undang", "kenapa"):
        emulator.say(f"/{command}@TanyaNetralBot", chat=group, chat_type="supergroup", user=ADMIN)
    emulator.say("/topik@TanyaNetralBot", chat=group, chat_type="supergroup", user=ADMIN)
    emulator.next_message(group)
    assert len(emulator.messages[group]) == 1


def test_a_rule_whose_id_begins_like_an_invitation_still_opens(bot: Bot) -> None:
    assert "Kode" in tell(bot, "/start undang-calon-narasumber", STRANGER).text


def test_no_telegram_id_code_or_secret_is_left_in_the_database_or_the_output(bot: Bot) -> None:
    emulator, program = bot
    link = found(LINK, tell(bot, "/masuk", ADMIN))
    unused = found(LINK, tell(bot, "/masuk", ADMIN))[1]
    invitation = found(INVITATION, tell(bot, "/undang", ADMIN))[1].removeprefix("undang-")
    secret = httpx.post(link[0], trust_env=False).headers["set-cookie"].split("=", 1)[1].split(";")[0]
    on_disk = b"".join(path.read_bytes() for path in program.folder.rglob("*") if path.is_file() and "cache" not in path.parts).lower()
    people = [word for user in (ADMIN, INVITED, STRANGER) for word in (str(user.id), user.first_name, user.username)]
    for leak in (*people, link[1], unused, invitation, secret, emulator.token):
        assert leak.lower().encode() not in on_disk
        assert leak.lower() not in program.output().lower()
    assert {row[0] for row in program.query("SELECT action FROM audit")} >= {"masuk", "undang"}


def test_without_telegram_the_start_prints_one_link_that_works_once(tmp_path: Path, office_folder: Path) -> None:
    with running(tmp_path, start_in=office_folder) as program:
        deadline = time.monotonic() + 10  # the page may answer a moment before the line is printed
        while not (links := LINK.findall(program.output())) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(links) == 1
        address = f"{program.url}/masuk/{links[0]}"
        with httpx.Client(trust_env=False) as browser:
            assert browser.post(address).status_code == 303
            assert browser.get(f"{program.url}/kelola/jejak").status_code == 200
        assert httpx.post(address, trust_env=False).status_code == 403
        assert links[0].encode() not in program.database.read_bytes()
