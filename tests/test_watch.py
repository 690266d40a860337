"""What the program tells of itself: readiness, numbers, status, log lines. True, and of nobody."""

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from bot.core.messages import Teller
from bot.logs import Json, Redact
from bot.usecases.ask import Asking
from bot.usecases.health import Health
from bot.usecases.library import Library
from bot.usecases.waiting import WaitingLog
from bot.usecases.watch import Watch
from bot.web.metrics import metrics
from bot.web.pages import Pages
from bot.web.site import build
from bot.web.view import View
from tests.conftest import NOW
from tests.emulator import Emulator, User
from tests.fakes import BrokenLog, MemoryLog, well
from tests.program import SECRET, Program, running

ADMIN, STRANGER = User(880011223344, "Ratnasari", "ratna_rahasia"), User(880099887766, "Bramantyo", "bram_rahasia")
QUESTION = "Saya Zulkarnaen NIP 198501012010011001, boleh like postingan paslon?"


async def there() -> None:
    """A database that answers."""


async def away() -> None:
    raise ConnectionError


async def test_a_program_that_lacks_nothing_is_ready(small_library: Library) -> None:
    state = await Health(small_library, WaitingLog(MemoryLog()), there).look()
    assert (state.is_ready, state.hints) == (True, ())


async def test_with_the_database_away_it_is_ready_until_no_row_can_wait_any_more(small_library: Library) -> None:
    log = WaitingLog(BrokenLog(), room=2)
    health = Health(small_library, log, away)
    assert ((await health.look()).is_ready, len((await health.look()).hints)) == (True, 1)
    asking = Asking(small_library, log, lambda: NOW)
    for _ in range(2):
        await asking.record(asking.ask("boleh gak like postingan paslon", "telegram"))
    assert not (await health.look()).is_ready


async def test_without_a_rulebook_or_before_telegram_is_there_it_is_not_ready(small_library: Library) -> None:
    health = Health(small_library, WaitingLog(MemoryLog()), there)
    health.telegram = lambda: "starting"
    assert not (await health.look()).is_ready
    health.telegram = lambda: "deaf"
    assert ((await health.look()).is_ready, len((await health.look()).hints)) == (True, 1)


async def test_the_numbers_count_outcomes_and_faults(small_library: Library) -> None:
    watch = Watch()
    asking = Asking(small_library, MemoryLog(), lambda: NOW, watch)
    for text in ("boleh gak like postingan paslon", "resep rendang padang"):
        await asking.record(asking.ask(text, "telegram"))
    assert watch.sum("netral_answers_total", outcome="answer") == 1
    assert watch.sum("netral_answers_total") == 2
    watch.gauge("netral_rows_waiting", "waiting", lambda: 7)
    assert watch.sum("netral_rows_waiting") == 7
    assert watch.sum("process_resident_memory_bytes") > 1_000_000


def site(library: Library, *, secure: bool) -> Starlette:
    view = View(library, lambda: NOW)
    return build(Pages(Asking(library, MemoryLog(), lambda: NOW), view, lambda: NOW), well, [metrics(SECRET, Watch())], secure=secure)


async def test_the_numbers_are_only_for_who_knows_the_word(small_library: Library) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(site(small_library, secure=False)), base_url="http://uji") as client:
        assert (await client.get("/metrics")).status_code == 403
        assert (await client.get("/metrics", headers={"Authorization": "Bearer salah"})).status_code == 403
        page = await client.get("/metrics", headers={"Authorization": f"Bearer {SECRET}"})
        assert "netral_answer_seconds" in page.text


@pytest.mark.parametrize("secure", [True, False])
async def test_every_page_carries_its_headers_and_https_is_demanded_only_behind_it(secure: bool, small_library: Library) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(site(small_library, secure=secure)), base_url="http://uji") as client:
        for path in ("/", "/topik", "/healthz", "/metrics", "/tak-ada", "/static/style.css"):
            headers = (await client.get(path)).headers
            assert "default-src 'none'" in headers["content-security-policy"]
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert (headers["x-frame-options"], headers["referrer-policy"], headers["x-content-type-options"]) == ("DENY", "no-referrer", "nosniff")
            assert ("strict-transport-security" in headers) == secure


def test_a_log_line_as_json_has_its_four_fields_and_no_secret() -> None:
    record = logging.LogRecord(
        "bot.chat", logging.WARNING, "x.py", 1, "fault %s with %s", ("Timeout", "42:rahasia-rahasia-rahasia-rahasia-rahasia"), None
    )
    Redact(["hemlig"]).filter(record)
    line = json.loads(Json().format(record))
    assert set(line) == {"time", "level", "logger", "message"}
    assert (line["level"], line["logger"]) == ("WARNING", "bot.chat")
    assert "rahasia-rahasia" not in line["message"]


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory, library: object) -> Iterator[tuple[Emulator, Program]]:
    folder = tmp_path_factory.mktemp("pantau")
    extra = {"ADMIN_IDS": str(ADMIN.id), "METRICS_TOKEN": SECRET, "LOG_FORMAT": "json"}
    with Emulator() as emulator, running(folder, emulator, webhook=True, **extra) as program:
        yield emulator, program


def test_an_admin_sees_the_state_and_a_stranger_no_such_command(bot: tuple[Emulator, Program]) -> None:
    emulator, program = bot
    emulator.say(QUESTION)
    emulator.next_message()
    emulator.say("/status", chat=ADMIN.id, user=ADMIN)
    told = emulator.next_message(ADMIN.id).text
    assert re.search(r"[0-9a-f]{8}", told)
    assert "webhook" in told
    assert "<5" in told, "one question is not told as one"
    emulator.say("/status", chat=STRANGER.id, user=STRANGER)
    emulator.say("/perintahyangtidakada", chat=STRANGER.id, user=STRANGER)
    emulator.wait_for(lambda: len(emulator.messages[STRANGER.id]) == 2)
    assert len({message.html for message in emulator.messages[STRANGER.id]}) == 1
    assert program.process.poll() is None


def test_numbers_and_log_lines_know_of_nobody(bot: tuple[Emulator, Program]) -> None:
    emulator, program = bot
    for chat in range(4001, 4004):
        emulator.say(QUESTION, chat=chat)
        emulator.next_message(chat)
    emulator.fail("sendMessage", 500, "Internal Server Error", times=4)
    emulator.say(QUESTION, chat=4004)
    emulator.next_message(4004, timeout=20)
    page = httpx.get(f"{program.url}/metrics", headers={"Authorization": f"Bearer {SECRET}"}, trust_env=False).text
    assert re.search(r'netral_answers_total\{channel="telegram",outcome="answer"\} [4-9]', page)
    assert re.search(r'netral_faults_total\{kind="not-sent"\} 1', page)
    assert "netral_rows_dropped 0.0" in page
    lines = [json.loads(line) for line in program.output().splitlines() if line.startswith("{")]
    assert lines
    for text in (page, program.output()):
        for leak in ("zulkarnaen", "198501012010011001", "like", "4001", "4004", emulator.token, SECRET, "777000111", "zul_rahasia", str(ADMIN.id)):
            assert leak not in text.lower().replace("netral_", ""), leak


def test_the_token_stands_in_no_process_list(bot: tuple[Emulator, Program]) -> None:
    emulator, program = bot
    command = Path(f"/proc/{program.process.pid}/cmdline")
    if not command.exists():
        pytest.skip("this system shows no command lines under /proc")
    assert emulator.token.encode() not in command.read_bytes()


def test_the_status_is_one_sentence_list_in_both_languages(small_library: Library) -> None:
    for language in ("id", "en"):
        values = dict.fromkeys(
            ("keadaan", "versi", "aturan", "lama", "memori", "telegram", "dijawab", "tanya", "tolak", "waktu", "menunggu", "hilang", "gangguan"), "1"
        )
        assert Teller(small_library.shelf.rulebook, language)("status", **values)  # type: ignore[arg-type]
