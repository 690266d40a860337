"""/laporan and the Monday digest: the real program with a fake Telegram, and the digest by a clock of our own."""

import asyncio
import os
import re
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram.error import Forbidden

from bot import jobs
from bot.app import clock
from bot.chat.reports import Reports
from bot.core.messages import Teller
from bot.jobs import DrawingRoom, tend
from bot.storage.counts import DatabaseCounts, DatabaseLedger
from bot.storage.database import migrate, open_engine
from bot.storage.subscriptions import DatabaseSubscriptions
from bot.usecases.access import Access, key_of
from bot.usecases.charts import picture
from bot.usecases.dashboard import Dashboard
from bot.usecases.digest import Digest, digest_text
from bot.usecases.library import Library
from bot.usecases.review import Review
from bot.usecases.upkeep import Upkeep
from bot.usecases.weeks import WEEK, last_complete, monday_of, start_of
from tests.emulator import Emulator, SentMessage, User
from tests.fakes import MemoryStaff
from tests.program import Program, running
from tests.simulate import FIRST, Asked, generate, write

ADMIN = User(880011223344, "Ratnasari", "ratna_rahasia")
REVIEWER = User(880033445566, "Kusumawati", "kusuma_rahasia")
INVITED = User(880055667788, "Wahyuningsih", "wahyu_rahasia")
STRANGER = User(880099887766, "Bramantyo", "bram_rahasia")
PEOPLE = (ADMIN, REVIEWER, INVITED, STRANGER)
K = 5
WEEKS = 5
PNG = b"\x89PNG\r\n\x1a\n"


@dataclass
class Bot:
    """The program, what its users see, and what was asked."""

    emulator: Emulator
    program: Program
    asked: list[Asked]
    empty: SentMessage
    """The answer to /laporan before anything was counted."""

    def tell(self, text: str, user: User) -> SentMessage:
        self.emulator.say(text, chat=user.id, user=user)
        return self.emulator.next_message(user.id, timeout=30)

    def total(self, weeks: int) -> int:
        """Questions of the last weeks that may be told: channels of k or more."""
        last = last_complete(clock())
        counts = Counter(
            (monday_of(one.local.date()), one.channel) for one in self.asked if not one.repeat and one.local.date() >= last - (weeks - 1) * WEEK
        )
        return sum(n for n in counts.values() if n >= K)


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory, some_library: Library, office_folder: Path) -> Iterator[Bot]:
    folder = tmp_path_factory.mktemp("laporan")
    ids = {"ADMIN_IDS": str(ADMIN.id), "REVIEWER_IDS": str(REVIEWER.id)}
    with Emulator() as emulator, running(folder, emulator, start_in=office_folder, **ids) as program:
        bot = Bot(emulator, program, [], SentMessage(0, 0, "", "", [], None, ""))
        bot.empty = bot.tell("/laporan", REVIEWER)
        asyncio.run(_fill(bot, some_library))
        yield bot


async def _fill(bot: Bot, library: Library) -> None:
    """Questions of the last whole weeks, counted as any process may."""
    away = start_of(last_complete(clock()) - (WEEKS - 1) * WEEK, clock()) - start_of(FIRST, clock())
    for week in generate(4_000, library.shelf.rulebook, weeks=WEEKS):
        bot.asked += [replace(one, local=one.local + away) for one in week]
    engine = open_engine(f"sqlite+aiosqlite:///{bot.program.database}")
    await write(engine, bot.asked)
    assert await Upkeep(DatabaseLedger(engine), library, clock, 90, K).count() == WEEKS
    await engine.dispose()


def test_before_anything_is_counted_the_report_says_so(bot: Bot) -> None:
    assert "Belum ada minggu lengkap" in bot.empty.text
    assert bot.empty.file is None


@pytest.mark.parametrize(("given", "weeks"), [("", 4), (" 1", 1), (" 4", 4), ("  13 ", 13)])
def test_a_reviewer_gets_a_picture_and_the_words_to_it(bot: Bot, given: str, weeks: int) -> None:
    drawn = bot.tell(f"/laporan{given}", REVIEWER)
    words = bot.emulator.next_message(REVIEWER.id, timeout=30)
    assert drawn.method == "sendPhoto"
    assert drawn.file
    assert drawn.file[1].startswith(PNG)
    with Image.open(BytesIO(drawn.file[1])) as image:
        width, height = image.size
    assert 600 <= width <= 1280
    assert height < 2.6 * width, "Telegram cuts what is taller"
    last = last_complete(clock())
    title = f"{last - (weeks - 1) * WEEK} sampai {last + timedelta(days=6)}"
    assert title in drawn.text
    assert words.text.startswith(drawn.text)
    assert f"Pertanyaan: {bot.total(weeks):,}".replace(",", ".") in words.text
    assert ("sebelumnya" in words.text) == (2 * weeks <= WEEKS)
    assert words.buttons[0][0]["url"] == f"{bot.program.url}/tinjau"


def test_an_admin_may_too_and_odd_words_are_explained(bot: Bot) -> None:
    assert bot.tell("/laporan 1", ADMIN).method == "sendPhoto"
    bot.emulator.next_message(ADMIN.id, timeout=30)
    for odd in ("besok", "4 minggu", "-1", "<b>", "senin berhenti"):
        assert "/laporan 1, 4, 13, 26" in bot.tell(f"/laporan {odd}", ADMIN).text


def test_to_a_stranger_there_is_no_such_command(bot: Bot) -> None:
    unknown = bot.tell("/perintahyangtidakada", STRANGER)
    for command in ("/laporan", "/laporan 4", "/laporan senin", "/laporan berhenti"):
        answer = bot.tell(command, STRANGER)
        assert (answer.html, answer.buttons, answer.method) == (unknown.html, unknown.buttons, unknown.method)
    assert bot.program.query("SELECT count(*) FROM subscriptions") == [(0,)]


def test_in_a_group_nobody_is_told_anything(bot: Bot) -> None:
    group = -880012
    bot.emulator.say("/laporan@TanyaNetralBot", chat=group, chat_type="supergroup", user=REVIEWER)
    bot.emulator.say("/topik@TanyaNetralBot", chat=group, chat_type="supergroup", user=REVIEWER)
    bot.emulator.next_message(group, timeout=30)
    assert len(bot.emulator.messages[group]) == 1


def test_the_digest_is_wanted_and_no_longer_wanted(bot: Bot) -> None:
    key = key_of(bot.emulator.token, REVIEWER.id)
    for _ in range(2):
        assert "tiap Senin pagi" in bot.tell("/laporan senin", REVIEWER).text
        assert bot.program.query("SELECT key FROM subscriptions") == [(key,)]
    for _ in range(2):
        assert "dihentikan" in bot.tell("/laporan Berhenti", REVIEWER).text
        assert bot.program.query("SELECT count(*) FROM subscriptions") == [(0,)]


def test_somebody_invited_is_told_why_no_digest_can_come(bot: Bot) -> None:
    invitation = re.search(r"start=(undang-[\w-]+)", bot.tell("/undang peninjau", ADMIN).text)
    assert invitation
    bot.tell(f"/start {invitation[1]}", INVITED)
    assert "tidak menyimpan id siapa pun" in bot.tell("/laporan senin", INVITED).text
    assert bot.program.query("SELECT count(*) FROM subscriptions") == [(0,)]
    assert bot.tell("/laporan 1", INVITED).method == "sendPhoto"


def test_no_telegram_id_is_left_in_the_database_or_the_output(bot: Bot) -> None:
    bot.tell("/laporan senin", REVIEWER)
    on_disk = b"".join(path.read_bytes() for path in bot.program.folder.rglob("*") if path.is_file() and "cache" not in path.parts).lower()
    for leak in (word for user in PEOPLE for word in (str(user.id), user.first_name, user.username)):
        assert leak.lower().encode() not in on_disk
        assert leak.lower() not in bot.program.output().lower()
    bot.tell("/laporan berhenti", REVIEWER)


def test_the_process_that_draws_goes_with_the_program(tmp_path: Path, bot: Bot) -> None:
    """A Ctrl+C reaches every process of a terminal; the one that draws must leave that to its parent."""
    bot.tell("/laporan 1", REVIEWER)
    bot.emulator.next_message(REVIEWER.id, timeout=30)
    children = Path(f"/proc/{bot.program.process.pid}/task/{bot.program.process.pid}/children").read_text().split()
    for child in children:
        os.kill(int(child), signal.SIGINT)
    time.sleep(0.3)
    assert bot.tell("/laporan 1", REVIEWER).method == "sendPhoto"
    assert "Traceback" not in bot.program.output()


# --- the digest by the clock ---


class Post:
    """Takes digests instead of Telegram."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, Dashboard]] = []

    async def __call__(self, key: str, text: str, board: Dashboard) -> None:
        self.sent.append((key, text, board))

    @property
    def keys(self) -> list[str]:
        return [key for key, *_ in self.sent]


MONDAY = start_of(FIRST + WEEK, clock())


class Office:
    """The digest over a database in which one week was counted, as any number of processes see it."""

    def __init__(self, engines: list[AsyncEngine], library: Library) -> None:
        self.engines, self.library, self.now = engines, library, MONDAY
        self.post, self.staff = Post(), MemoryStaff()
        self.admins = frozenset({"ada"})
        self.subscriptions = DatabaseSubscriptions(engines[0])

    def digest(self, process: int = 0) -> Digest:
        engine = self.engines[process]
        access = Access(self.staff, self.admins, frozenset({"rini"}), lambda: self.now)
        review = Review(DatabaseCounts(engine), self.library, lambda: self.now)
        return Digest(review, DatabaseSubscriptions(engine), DatabaseLedger(engine), access, self.library, lambda: self.now)

    async def at(self, now: datetime, process: int = 0) -> int:
        self.now = now
        return await self.digest(process).run_once(self.post)


@pytest.fixture
async def office(tmp_path: Path, small_library: Library):
    url = f"sqlite+aiosqlite:///{tmp_path}/a.sqlite3"
    engines = [open_engine(url), open_engine(url)]
    await migrate(engines[0])
    (week,) = generate(300, small_library.shelf.rulebook, weeks=1)
    await write(engines[0], week)
    await Upkeep(DatabaseLedger(engines[0]), small_library, lambda: MONDAY + timedelta(hours=2), 90, K).count()
    office = Office(engines, small_library)
    await office.subscriptions.add("rini")
    yield office
    for engine in engines:
        await engine.dispose()


async def test_the_digest_goes_out_on_monday_at_eight_and_once(office: Office) -> None:
    for early in (timedelta(hours=-9), timedelta(), timedelta(hours=7, minutes=59)):
        assert await office.at(MONDAY + early) == 0
    assert await office.at(MONDAY + timedelta(hours=8)) == 1
    for late in (timedelta(hours=8, minutes=10), timedelta(hours=23, minutes=59), timedelta(days=1, hours=9)):
        assert await office.at(MONDAY + late) == 0
    ((key, text, board),) = office.post.sent
    assert key == "rini"
    assert (board.period.first, board.period.weeks) == (FIRST, 1)
    assert text == digest_text(board, Teller(office.library.shelf.rulebook, "id"))
    assert f"Pertanyaan: {board.questions.now.value}" in text


async def test_a_program_that_was_down_at_eight_sends_later_that_day(office: Office) -> None:
    assert await office.at(MONDAY + timedelta(hours=21)) == 1


async def test_of_two_processes_one_sends(office: Office) -> None:
    office.now = MONDAY + timedelta(hours=8)
    sent = await asyncio.gather(*(office.digest(process).run_once(office.post) for process in (0, 1, 0, 1)))
    assert sorted(sent) == [0, 0, 0, 1]
    assert office.post.keys == ["rini"]


async def test_a_week_that_is_not_counted_yet_is_waited_for(office: Office, small_library: Library) -> None:
    later = MONDAY + WEEK + timedelta(hours=9)
    assert await office.at(later) == 0, "the newest counted week is not last week"
    await Upkeep(DatabaseLedger(office.engines[0]), small_library, lambda: later, 90, K).count()
    assert await office.at(later + timedelta(minutes=10)) == 1


async def test_a_role_that_went_away_ends_the_digest(office: Office) -> None:
    for key in ("ada", "pergi", "cici"):
        await office.subscriptions.add(key)
    maker = await Access(office.staff, office.admins, frozenset(), lambda: MONDAY).member("ada")
    assert maker
    assert await office.at(MONDAY + timedelta(hours=8)) == 2
    assert office.post.keys == ["ada", "rini"]


async def test_with_nothing_counted_nothing_is_sent(tmp_path: Path, small_library: Library) -> None:
    engine = open_engine(f"sqlite+aiosqlite:///{tmp_path}/b.sqlite3")
    await migrate(engine)
    office = Office([engine], small_library)
    await office.subscriptions.add("rini")
    assert await office.at(MONDAY + timedelta(hours=8)) == 0
    await engine.dispose()


# --- delivery, and what goes wrong ---


class Phone:
    """A Bot that only sends."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.refuses, self.sent = refuses, list[tuple[int, str]]()

    async def send_photo(self, chat: int, photo: Any, **_: Any) -> None:
        self._take(chat, "photo")

    async def send_message(self, chat: int, text: str, mode: str | None, **_: Any) -> None:
        self._take(chat, text)

    def _take(self, chat: int, what: str) -> None:
        if self.refuses:
            raise Forbidden("bot was blocked by the user")
        self.sent.append((chat, what))


async def _board(office: Office) -> Dashboard:
    board = await Review(DatabaseCounts(office.engines[0]), office.library, lambda: MONDAY).dashboard(1)
    assert board
    return board


def reports(office: Office, draw: Any) -> Reports:
    return Reports(Review(DatabaseCounts(office.engines[0]), office.library, lambda: MONDAY), office.digest(), office.library, draw, {"rini": 7}, "x")


async def _drawn(*_: object) -> bytes:
    return PNG


async def _broken(*_: object) -> bytes:
    raise RuntimeError("a process died")


async def test_a_digest_reaches_those_whose_id_is_known_and_nobody_else(office: Office) -> None:
    phone, board = Phone(), await _board(office)
    for key in ("rini", "diundang"):
        await reports(office, _drawn).deliver(phone, key, "isi & <b>", board)  # type: ignore[arg-type]  # as much of a Bot as is used
    assert phone.sent == [(7, "photo"), (7, "isi &amp; &lt;b&gt;")]


async def test_without_a_picture_the_words_come_all_the_same(office: Office) -> None:
    phone = Phone()
    await reports(office, _broken).deliver(phone, "rini", "isi", await _board(office))  # type: ignore[arg-type]  # as above
    assert phone.sent == [(7, "isi")]


async def test_one_who_has_blocked_the_bot_does_not_stop_the_others(office: Office) -> None:
    await reports(office, _drawn).deliver(Phone(refuses=True), "rini", "isi", await _board(office))  # type: ignore[arg-type]  # as above


async def test_a_drawing_process_that_died_is_replaced(office: Office) -> None:
    room, board = DrawingRoom(), await _board(office)
    try:
        first = await room.draw(picture, board, "Judul")
        assert first.startswith(PNG)
        assert room._pool
        for process in list(room._pool._processes.values()):
            process.kill()
        with suppress(Exception):
            await room.draw(picture, board, "Judul")
        assert await room.draw(picture, board, "Judul") == first
    finally:
        room.close()


async def test_upkeep_goes_on_after_any_fault_and_sends_only_where_there_is_a_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "UPKEEP_SECONDS", 0)
    runs, sends = [0], list[object]()
    done = asyncio.Event()

    class Faulty:
        async def run_once(self) -> None:
            runs[0] += 1
            if runs[0] == 1:
                raise KeyError("what nobody foresaw")

    class Noted:
        async def run_once(self, send: object) -> int:
            sends.append(send)
            done.set()
            return 0

    task = asyncio.create_task(tend(Faulty(), Noted(), lambda: Post() if runs[0] > 3 else None))  # type: ignore[arg-type]  # as much of them as is used
    await asyncio.wait_for(done.wait(), 5)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert runs[0] >= 4
    assert len(sends) >= 1
