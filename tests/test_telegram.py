"""A civil servant in Telegram: the real program as a process, against a Bot API over real HTTP."""

import re
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.program import Program, running

QUESTION = "boleh gak saya like postingan paslon?"


@pytest.fixture(scope="module", params=["polling", "webhook"])
def bot(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Emulator, Program]]:
    with Emulator() as emulator, running(tmp_path_factory.mktemp("bot"), emulator, webhook=request.param == "webhook") as program:
        yield emulator, program


def fresh(emulator: Emulator) -> int:
    """A chat nobody has written in yet: floods and edits of one test do not reach another."""
    fresh.number += 1
    return fresh.number


fresh.number = 700_100_200_300  # long enough never to be met by chance among times and marks


def test_start_says_it_is_anonymous_and_offers_six_rules_and_the_topics(bot: tuple[Emulator, Program]) -> None:
    emulator, _ = bot
    chat = fresh(emulator)
    emulator.say("/start", chat=chat)
    message = emulator.next_message(chat)
    assert "/privasi" in message.text
    assert len(message.buttons) == 7


def test_a_question_brings_the_verdict_first_and_the_article(bot: tuple[Emulator, Program]) -> None:
    emulator, _ = bot
    chat = fresh(emulator)
    emulator.say(QUESTION, chat=chat)
    message = emulator.next_message(chat)
    assert "DILARANG" in message.text.splitlines()[0]
    assert "SKB 2022" in message.text
    assert len(message.text) <= 1200


def test_sections_open_in_place_and_lead_back(bot: tuple[Emulator, Program]) -> None:
    emulator, _ = bot
    chat = fresh(emulator)
    emulator.say(QUESTION, chat=chat)
    message = emulator.next_message(chat)
    first = message.text
    for name in ("Contoh", "Dasar hukum", "Sanksi"):
        emulator.tap(message, name)
        emulator.wait_for(lambda: message.text != first)
        emulator.tap(message, "Kembali")
        emulator.wait_for(lambda: message.text == first)
    assert emulator.last(chat).message_id == message.message_id


def test_a_branch_changes_the_headline(bot: tuple[Emulator, Program]) -> None:
    emulator, _ = bot
    chat = fresh(emulator)
    emulator.say("boleh gak datang ke kampanye cuma nonton dari pinggir?", chat=chat)
    message = emulator.next_message(chat)
    assert "HINDARI" in message.text
    emulator.tap(message, "Bila:")
    emulator.wait_for(lambda: "Karena:" in message.text)
    emulator.tap(message, "Kembali")
    emulator.wait_for(lambda: "Karena:" not in message.text)


def test_a_thumb_down_asks_why_and_the_reason_reaches_the_row(bot: tuple[Emulator, Program]) -> None:
    emulator, program = bot
    chat = fresh(emulator)
    emulator.say(QUESTION, chat=chat)
    message = emulator.next_message(chat)
    emulator.tap(message, "👎")
    emulator.wait_for(lambda: any("Kurang jelas" in b["text"] for row in message.buttons for b in row))
    emulator.tap(message, "Kurang jelas")
    emulator.wait_for(lambda: "kurang-jelas" in [row[0] for row in program.query("SELECT feedback FROM questions")])
    assert not any("👎" in b["text"] for row in message.buttons for b in row)


def test_a_reply_to_a_card_is_read_together_with_it(bot: tuple[Emulator, Program]) -> None:
    emulator, _ = bot
    chat = fresh(emulator)
    emulator.say("boleh gak datang ke kampanye cuma nonton?", chat=chat)
    card = emulator.next_message(chat)
    emulator.say("kalau pakai mobil dinas?", chat=chat, reply_to=card)
    answer = emulator.next_message(chat)
    assert "DILARANG" in answer.text.splitlines()[0]
    assert "Kendaraan dinas" in answer.text.splitlines()[1]


def test_several_questions_get_several_short_answers(bot: tuple[Emulator, Program]) -> None:
    emulator, _ = bot
    chat = fresh(emulator)
    emulator.say("boleh gak like postingan paslon? kalau nyoblos di TPS boleh kan? mobil dinas dipakai kampanye gimana?", chat=chat)
    message = emulator.next_message(chat)
    assert [line[0] for line in message.text.splitlines() if re.match(r"\d\. ", line)] == ["1", "2", "3"]
    assert {b["text"][0] for row in message.buttons for b in row} == {"1", "2", "3"}


def test_an_edited_question_edits_its_answer(bot: tuple[Emulator, Program]) -> None:
    emulator, _ = bot
    chat = fresh(emulator)
    asked = emulator.say("PNS punya hak pilih nggak di TPS?", chat=chat)
    message = emulator.next_message(chat)
    before = message.text
    emulator.say(QUESTION, chat=chat, edit_of=asked)
    emulator.wait_for(lambda: message.text != before)
    assert "DILARANG" in message.text
    assert emulator.last(chat).message_id == message.message_id


def test_an_english_question_gets_an_english_card(bot: tuple[Emulator, Program]) -> None:
    emulator, _ = bot
    chat = fresh(emulator)
    emulator.say("May I like a candidate's post on Instagram?", chat=chat)
    assert "FORBIDDEN" in emulator.next_message(chat).text


def test_topics_can_be_browsed_without_typing(bot: tuple[Emulator, Program]) -> None:
    emulator, _ = bot
    chat = fresh(emulator)
    emulator.say("/topik", chat=chat)
    message = emulator.next_message(chat)
    emulator.tap(message, "Media sosial")
    emulator.wait_for(lambda: "1 dari" in message.text)
    emulator.tap(message, "Lanjut")
    emulator.wait_for(lambda: "2 dari" in message.text)
    emulator.tap(message, "Semua topik")
    emulator.wait_for(lambda: "dari" not in message.text)


@pytest.mark.parametrize("command", ["/bantuan", "/help", "/kontak", "/sumber", "/privasi", "/privacy", "/topik"])
def test_every_command_answers(bot: tuple[Emulator, Program], command: str) -> None:
    emulator, _ = bot
    chat = fresh(emulator)
    emulator.say(command, chat=chat)
    assert emulator.next_message(chat).text


def test_privacy_shows_the_very_row_that_the_last_question_left(bot: tuple[Emulator, Program]) -> None:
    emulator, program = bot
    chat = fresh(emulator)
    emulator.say("boleh gak saya Zulkarnaen like postingan paslon?", chat=chat)
    emulator.next_message(chat)
    emulator.wait_for(lambda: program.query("SELECT 1 FROM questions WHERE question LIKE 'boleh gak saya …%'"))
    emulator.say("/privasi", chat=chat)
    shown = emulator.next_message(chat).text
    assert "pertanyaan: boleh gak saya … like postingan paslon" in shown
    assert "zulkarnaen" not in shown.lower()


def test_in_a_group_only_those_who_ask_are_answered_and_nobody_is_quoted(bot: tuple[Emulator, Program]) -> None:
    emulator, _ = bot
    group = -fresh(emulator)
    emulator.say("boleh gak ya like postingan paslon", chat=group, chat_type="supergroup")
    emulator.say("/tanya@TanyaNetralBot boleh gak like postingan paslon?", chat=group, chat_type="supergroup")
    message = emulator.next_message(group)
    assert "DILARANG" in message.text
    assert message.reply_to is None
    assert any("start=" in b.get("url", "") for row in message.buttons for b in row)
    emulator.say("kalau akun KPU?", chat=group, chat_type="supergroup", reply_to=message)
    assert emulator.next_message(group).message_id != message.message_id
    assert len(emulator.messages[group]) == 2


def test_inline_offers_a_card(bot: tuple[Emulator, Program]) -> None:
    emulator, _ = bot
    emulator.inline("like postingan paslon boleh gak")
    emulator.wait_for(lambda: any(method == "answerInlineQuery" and "DILARANG" in str(params) for method, params in emulator.calls))


def test_what_is_not_text_gets_a_kind_word_and_channels_get_nothing(bot: tuple[Emulator, Program]) -> None:
    emulator, _ = bot
    chat = fresh(emulator)
    emulator.send_photo(chat=chat)
    emulator.next_message(chat)
    emulator.send_voice(chat=chat)
    emulator.next_message(chat)
    emulator.send_sticker(chat=chat)
    emulator.next_message(chat)
    emulator.say(QUESTION, chat=chat, forwarded=True)
    emulator.next_message(chat)
    emulator.channel_post(QUESTION)
    emulator.raw({"message": {"message_id": 9, "date": int(time.time()), "chat": {"id": -100, "type": "channel", "title": "x"}, "text": "x"}})
    emulator.say(QUESTION, chat=chat)
    assert "DILARANG" in emulator.next_message(chat).text


def test_a_tap_on_a_button_of_a_rule_that_is_gone_says_so(bot: tuple[Emulator, Program]) -> None:
    emulator, _ = bot
    chat = fresh(emulator)
    emulator.say(QUESTION, chat=chat)
    message = emulator.next_message(chat)
    for data in ("k:aturan-yang-sudah-tiada::i", "k:like-komentar-share:cabang-tiada:i", "z:::i", "garbage", "t:media-sosial:999:i"):
        message.buttons[0][0]["callback_data"] = data
        seen = len(emulator.calls)
        emulator.tap(message, data)
        emulator.wait_for(lambda seen=seen: any(m == "answerCallbackQuery" and p.get("text") for m, p in emulator.calls[seen:]))


def test_a_double_tap_changes_nothing_and_breaks_nothing(bot: tuple[Emulator, Program]) -> None:
    emulator, _ = bot
    chat = fresh(emulator)
    emulator.say(QUESTION, chat=chat)
    message = emulator.next_message(chat)
    emulator.tap(message, "Dasar hukum")
    emulator.wait_edit(message)
    shown = message.text
    data = message.buttons[0][0]["callback_data"].replace("k:", "d:", 1)
    message.buttons[0][0]["callback_data"] = data
    emulator.tap(message, data)
    time.sleep(0.3)
    assert message.text == shown


@pytest.mark.parametrize(("status", "retry_after"), [(429, 1), (500, None), (502, None)])
def test_a_fault_of_the_bot_api_does_not_lose_the_answer(bot: tuple[Emulator, Program], status: int, retry_after: int | None) -> None:
    emulator, _ = bot
    chat = fresh(emulator)
    emulator.fail("sendMessage", status, "Too Many Requests: retry after 1" if status == 429 else "Internal Server Error", retry_after=retry_after)
    emulator.say(QUESTION, chat=chat)
    assert "DILARANG" in emulator.next_message(chat, timeout=10).text


def test_an_update_that_comes_twice_is_answered_once(bot: tuple[Emulator, Program]) -> None:
    emulator, _ = bot
    chat = fresh(emulator)
    emulator.duplicate_next()
    emulator.say(QUESTION, chat=chat)
    assert "DILARANG" in emulator.next_message(chat).text
    emulator.say("PNS boleh nyoblos di TPS?", chat=chat)
    emulator.next_message(chat)
    assert len(emulator.messages[chat]) == 2


def test_a_flood_from_one_chat_is_slowed_and_another_chat_is_served(bot: tuple[Emulator, Program]) -> None:
    emulator, _ = bot
    loud, quiet = fresh(emulator), fresh(emulator)
    for _ in range(20):
        emulator.say("halo", chat=loud)
    emulator.say(QUESTION, chat=quiet)
    assert "DILARANG" in emulator.next_message(quiet, timeout=10).text
    emulator.wait_for(lambda: len(emulator.messages[loud]) >= 13, timeout=30)
    time.sleep(0.5)
    assert len(emulator.messages[loud]) <= 14


def test_commands_and_descriptions_are_set_in_both_languages(bot: tuple[Emulator, Program]) -> None:
    emulator, _ = bot
    emulator.wait_for(lambda: sum(method == "setMyShortDescription" for method, _ in emulator.calls) >= 2)
    commands = emulator.commands
    assert set(commands) >= {"", "en"}


def around(leak: bytes, text: bytes) -> list[bytes]:
    """Every place where the leak stands, with what is near it: a failure must show what leaked."""
    return [text[max(0, found.start() - 60) : found.end() + 60] for found in re.finditer(re.escape(leak), text)]


def test_no_row_and_no_log_line_knows_who_asked(bot: tuple[Emulator, Program]) -> None:
    emulator, program = bot
    chat = fresh(emulator)
    secret = (
        "Saya Zulkarnaen NIP 198501012010011001 hp 0812-3456-7890 email zul@contoh.go.id @zul_rahasia plat B 1234 XYZ, boleh like postingan paslon?"
    )
    emulator.say(secret, chat=chat)
    assert "tidak disimpan" in emulator.next_message(chat).text
    emulator.wait_for(lambda: program.query("SELECT count(*) FROM questions")[0][0] > 0)
    time.sleep(0.2)
    on_disk = b"".join(path.read_bytes() for path in program.folder.rglob("*") if path.is_file() and "cache" not in path.parts)
    for leak in (
        "zulkarnaen",
        "198501012010011001",
        "0812-3456",
        "34567890",
        "zul@",
        "zul_rahasia",
        "1234 xyz",
        "777000111",
        str(chat),
        emulator.token,
    ):
        assert around(leak.encode(), on_disk.lower()) == []
        assert around(leak.encode(), program.output().lower().encode()) == []


def test_the_log_holds_only_the_columns_that_the_privacy_page_names(bot: tuple[Emulator, Program]) -> None:
    _, program = bot
    columns = {row[1] for row in program.query("PRAGMA table_info(questions)")}
    allowed = {"token", "hour", "question", "outcome", "kind", "rule", "branch", "verdict", "options", "band", "version", "channel", "language"}
    assert columns == allowed | {"feedback", "chosen", "repeat"}


def test_sqlite_file_is_readable_by_others(bot: tuple[Emulator, Program]) -> None:
    _, program = bot
    with sqlite3.connect(program.database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_reply_that_is_a_question_of_its_own_is_answered_as_such(bot: tuple[Emulator, Program]) -> None:
    emulator, _ = bot
    chat = fresh(emulator)
    emulator.say("boleh gak datang ke kampanye cuma nonton?", chat=chat)
    card = emulator.next_message(chat)
    emulator.say("boleh like postingan paslon?", chat=chat, reply_to=card)
    assert "Like" in emulator.next_message(chat).text.splitlines()[1]
    emulator.say("makasih ya", chat=chat, reply_to=card)
    assert "HINDARI" not in emulator.next_message(chat).text


def test_a_reply_to_an_opened_section_still_belongs_to_its_card(bot: tuple[Emulator, Program]) -> None:
    emulator, _ = bot
    chat = fresh(emulator)
    emulator.say("boleh gak datang ke kampanye cuma nonton?", chat=chat)
    card = emulator.next_message(chat)
    emulator.tap(card, "Dasar hukum")
    emulator.wait_edit(card)
    emulator.say("kalau pakai mobil dinas?", chat=chat, reply_to=card)
    assert "DILARANG" in emulator.next_message(chat).text


def test_a_card_keeps_its_language_when_it_is_tapped(bot: tuple[Emulator, Program]) -> None:
    emulator, _ = bot
    chat = fresh(emulator)
    emulator.say(QUESTION, chat=chat, language_code="en")
    card = emulator.next_message(chat)
    shown = card.text
    emulator.tap(card, "Sanksi")
    emulator.wait_edit(card)
    emulator.tap(card, "Kembali")
    emulator.wait_for(lambda: card.text == shown)


def test_a_command_for_another_bot_in_a_group_is_not_ours(bot: tuple[Emulator, Program]) -> None:
    emulator, _ = bot
    group = -fresh(emulator)
    emulator.say("/start", chat=group, chat_type="supergroup")
    emulator.say("/tanya boleh like postingan paslon?", chat=group, chat_type="supergroup")
    emulator.say("/tanya@TanyaNetralBot boleh like postingan paslon?", chat=group, chat_type="supergroup")
    emulator.next_message(group)
    assert len(emulator.messages[group]) == 1


def test_the_code_of_a_card_brings_the_card_back(bot: tuple[Emulator, Program]) -> None:
    emulator, _ = bot
    chat = fresh(emulator)
    emulator.say(QUESTION, chat=chat)
    code = re.search(r"[A-Z2-7]{5}-[0-9a-f]{8}", emulator.next_message(chat).text)
    assert code
    emulator.say(f"/cek {code[0]}", chat=chat)
    assert code[0] in emulator.next_message(chat).text
    emulator.say("/cek AAAAA-00000000", chat=chat)
    assert "DILARANG" not in emulator.next_message(chat).text


def test_a_list_after_tanya_keeps_its_lines(bot: tuple[Emulator, Program]) -> None:
    emulator, _ = bot
    chat = fresh(emulator)
    emulator.say("/tanya 1. boleh like postingan paslon\n2. boleh nyoblos di TPS\n3. mobil dinas dipakai kampanye", chat=chat)
    assert "3." in emulator.next_message(chat).text


@pytest.mark.parametrize("method", ["deleteWebhook", "setWebhook", "getMe", "setMyCommands", "setMyDescription"])
def test_a_fault_at_start_does_not_silence_the_bot(method: str, tmp_path: Path, office_folder: Path) -> None:
    with Emulator() as emulator:
        emulator.fail(method, 500, "Internal Server Error")
        with running(tmp_path, emulator, start_in=office_folder, webhook=method == "setWebhook"):
            emulator.say(QUESTION)
            assert "DILARANG" in emulator.next_message(timeout=15).text


def test_sigterm_lets_the_answer_in_hand_go_out(tmp_path: Path, office_folder: Path) -> None:
    with Emulator() as emulator:
        with running(tmp_path, emulator, start_in=office_folder) as program:
            emulator.slow("sendMessage", 2)
            emulator.say(QUESTION)
            emulator.wait_for(lambda: any(method == "sendMessage" for method, _ in emulator.calls), timeout=10)
        assert len(emulator.messages[1001]) == 1
        assert program.query("SELECT count(*) FROM questions") == [(1,)]
        assert program.process.returncode == 0


@pytest.mark.parametrize(
    ("status", "words", "told", "not_told"),
    [
        (409, "Conflict: terminated by other getUpdates request", "another program polls with the same token", "polling interrupted"),
        (502, "Bad Gateway", "polling interrupted", "another program polls"),
    ],
)
def test_two_pollers_are_told_apart_from_an_outage(status: int, words: str, told: str, not_told: str, tmp_path: Path, office_folder: Path) -> None:
    with Emulator() as emulator, running(tmp_path, emulator, start_in=office_folder) as program:
        emulator.wait_for(lambda: any(method == "getUpdates" for method, _ in emulator.calls))
        emulator.fail("getUpdates", status, words, times=2)
        emulator.say(QUESTION)
        emulator.wait_for(lambda: told in program.output(), timeout=15)
        assert "DILARANG" in emulator.next_message(timeout=20).text
        assert not_told not in program.output()
