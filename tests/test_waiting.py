"""A database that comes and goes, and messages that come twice: the journal's promises, without processes."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from telegram import Chat, InlineQuery, Message, Update, User
from telegram.error import NetworkError, RetryAfter, TimedOut

from bot.chat.courtesy import Courtesies
from bot.chat.deliveries import LEASE, Deliveries
from bot.storage.database import migrate, open_engine
from bot.storage.questions import DatabaseLog
from bot.usecases.library import Library
from bot.usecases.ports import Claim, Journal, Once, Row, Unwritable
from bot.usecases.waiting import Away, WaitingLog
from bot.usecases.watch import Watch
from tests.conftest import NOW
from tests.fakes import MemoryLog
from tests.test_storage import ROW


class Weather(MemoryLog):
    """A log in memory whose place may be away, silent, or too narrow for some rows."""

    def __init__(self) -> None:
        super().__init__()
        self.fault: type[Exception] | None = None
        self.is_silent = False
        self.calls = 0

    async def _pass(self) -> None:
        self.calls += 1
        if self.is_silent:
            await asyncio.sleep(60)
        if self.fault:
            raise self.fault

    async def add(self, *rows: Row, once: Once | None = None) -> bool:
        await self._pass()
        if any(len(row.question) > 300 for row in rows):
            raise Unwritable("too long")
        return await super().add(*rows, once=once)

    async def find(self, token: str) -> Row | None:
        await self._pass()
        return await super().find(token)

    async def feedback(self, token: str, value: object) -> bool:
        await self._pass()
        return await super().feedback(token, value)  # type: ignore[arg-type]


def row(number: int) -> Row:
    return replace(ROW, token=f"t{number}")


async def test_while_the_database_is_away_rows_wait_in_order_and_are_written_later() -> None:
    weather = Weather()
    log = WaitingLog(weather)
    weather.fault = ConnectionError
    for number in range(5):
        assert await log.add(row(number))
    assert await log.feedback("t3", "suka")
    assert (log.waiting, log.written, log.is_away) == (6, 0, True)
    weather.fault = None
    await log.flush()
    assert list(weather.rows) == ["t0", "t1", "t2", "t3", "t4"]
    assert weather.rows["t3"].feedback == "suka"
    assert (log.waiting, log.written, log.dropped, log.is_away) == (0, 5, 0, False)


async def test_only_the_first_write_waits_for_a_database_that_says_nothing() -> None:
    weather = Weather()
    log = WaitingLog(weather, patience=0.05)
    weather.is_silent = True
    for number in range(50):
        await log.add(row(number))
    assert weather.calls == 1
    with pytest.raises(Away):
        await log.find("t1")
    assert weather.calls == 1


async def test_what_finds_no_room_is_counted_as_lost_and_the_rest_is_kept() -> None:
    weather = Weather()
    log = WaitingLog(weather, room=3)
    weather.fault = ConnectionError
    assert [await log.add(row(number)) for number in range(5)] == [True, True, True, False, False]
    weather.fault = None
    await log.flush()
    assert (list(weather.rows), log.written, log.dropped) == (["t0", "t1", "t2"], 3, 2)


async def test_a_row_that_can_never_be_written_does_not_hold_up_the_others() -> None:
    weather = Weather()
    log = WaitingLog(weather)
    weather.fault = ConnectionError
    await log.add(replace(ROW, token="long", question="x" * 301))
    await log.add(row(1))
    weather.fault = None
    await log.flush()
    assert (list(weather.rows), log.dropped, log.waiting) == (["t1"], 1, 0)
    assert not await log.add(replace(ROW, token="longer", question="x" * 301))
    assert (log.dropped, log.is_away) == (2, False)


async def test_at_the_end_what_still_waits_is_written_or_counted_as_lost() -> None:
    weather = Weather()
    log = WaitingLog(weather)
    weather.fault = ConnectionError
    await log.add(row(1), row(2))
    await log.close()
    assert (log.dropped, log.waiting) == (2, 0)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def journal(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Journal]:
    if request.param == "memory":
        yield MemoryLog()
        return
    engine = open_engine(f"sqlite+aiosqlite:///{tmp_path}/a.sqlite3" if request.param == "sqlite" else request.getfixturevalue("postgres_url"))
    await migrate(engine)
    async with engine.begin() as connection:
        await connection.execute(sa.text("DELETE FROM questions"))
        await connection.execute(sa.text("DELETE FROM handled"))
    yield DatabaseLog(engine)
    await engine.dispose()


async def claim(journal: Journal, seconds: float = 0, *, alone: bool = False) -> Claim:
    return await journal.claim("m", NOW + timedelta(seconds=seconds), LEASE, alone=alone)


async def test_a_message_belongs_to_one_until_it_is_given_back_or_its_time_is_over(journal: Journal) -> None:
    assert await claim(journal) == "ours"
    assert await claim(journal, 1) == "busy"
    await journal.release("m", NOW)
    assert await claim(journal, 1) == "ours"
    assert await claim(journal, 2) == "busy"
    assert await claim(journal, 2 + LEASE.total_seconds()) == "ours"
    assert await claim(journal, 3 + LEASE.total_seconds(), alone=True) == "ours"
    await journal.finish("m", NOW)
    assert await claim(journal, 99, alone=True) == "done"


async def test_rows_under_one_mark_are_written_once_and_an_answered_mark_is_closed(journal: Journal) -> None:
    await claim(journal)
    assert await journal.add(row(1), row(2), once=Once("m", answered=True, at=NOW))
    assert not await journal.add(row(3), once=Once("m", answered=True, at=NOW))
    assert await journal.count() == 2
    assert await claim(journal, 99) == "done"


async def test_a_logged_message_that_was_not_answered_may_be_tried_again_without_a_second_row(journal: Journal) -> None:
    await claim(journal)
    assert await journal.add(row(1), once=Once("m", answered=False, at=NOW))
    assert await claim(journal, 99) == "ours"
    assert not await journal.add(row(2), once=Once("m", answered=True, at=NOW))
    assert await journal.count() == 1


async def test_of_many_who_claim_at_once_one_gets_it(journal: Journal) -> None:
    claims = await asyncio.gather(*(claim(journal) for _ in range(8)))
    assert sorted(claims) == ["busy"] * 7 + ["ours"]


async def test_a_row_written_twice_is_one_row(journal: Journal) -> None:
    assert await journal.add(row(1))
    assert not await journal.add(row(1))
    assert await journal.count() == 1


def update(number: int = 1) -> Update:
    person = User(777000111, "Zulkarnaen", is_bot=False)
    return Update(number, Message(5, NOW, Chat(777000111, "private"), from_user=person, text="boleh?"))


class Desk:
    """Deliveries over a journal, and a handler that fails as often as told."""

    def __init__(self, journal: Journal, *faults: Exception) -> None:
        self.watch = Watch()
        self.journal = journal
        self.now = NOW
        self.deliveries = Deliveries("42:geheim", journal, lambda: self.now, self.watch)
        self.faults = list(faults)
        self.handled = 0
        self.is_deed = False
        self.wait = asyncio.Event()
        self.wait.set()

    async def work(self, given: Update) -> None:
        self.handled += 1
        await self.wait.wait()
        if self.is_deed:
            self.deliveries.is_deed(given)
        if self.faults:
            self.deliveries.failed(given, self.faults.pop(0))
            return
        if await self.journal.add(row(given.update_id), once=self.deliveries.once(given, answered=True)):
            self.deliveries.closed(given)

    async def handle(self, given: Update, *, alone: bool = False) -> str:
        return await self.deliveries.handle(given, self.work(given), alone=alone)


async def test_what_comes_again_is_neither_handled_nor_logged_again_by_any_process(journal: Journal) -> None:
    one, other = Desk(journal), Desk(journal)
    assert [await one.handle(update()), await one.handle(update()), await other.handle(update())] == ["handled", "duplicate", "duplicate"]
    assert (one.handled, other.handled, await journal.count()) == (1, 0, 1)
    assert one.watch.sum("netral_updates_total", result="duplicate") == 1


async def test_while_one_process_has_a_message_in_hand_the_others_leave_it(journal: Journal) -> None:
    one, other = Desk(journal), Desk(journal)
    one.wait.clear()
    first = asyncio.create_task(one.handle(update()))
    await asyncio.sleep(0.1)
    assert [await one.handle(update()), await other.handle(update())] == ["busy", "busy"]
    one.wait.set()
    assert await first == "handled"
    assert await other.handle(update()) == "duplicate"


async def test_what_a_dead_process_had_in_hand_is_free_after_its_time(journal: Journal) -> None:
    dead, other = Desk(journal), Desk(journal)
    dead.wait.clear()
    task = asyncio.create_task(dead.handle(update()))
    await asyncio.sleep(0.1)
    task.cancel()
    assert await other.handle(update()) == "busy"
    other.now += LEASE
    assert await other.handle(update()) == "handled"


@pytest.mark.parametrize("fault", [NetworkError("Bad Gateway"), RetryAfter(timedelta(seconds=5))])
async def test_a_message_the_bot_api_would_not_take_comes_again(journal: Journal, fault: Exception) -> None:
    desk = Desk(journal, fault)
    assert [await desk.handle(update()), await desk.handle(update()), await desk.handle(update())] == ["again", "handled", "duplicate"]
    assert await journal.count() == 1


async def test_a_deed_that_took_effect_is_not_done_again_because_its_reply_failed(journal: Journal) -> None:
    desk = Desk(journal, NetworkError("Bad Gateway"))
    desk.is_deed = True
    assert [await desk.handle(update()), await desk.handle(update())] == ["handled", "duplicate"]


async def test_a_claim_is_held_for_as_long_as_the_work_takes(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.chat.deliveries.LEASE", timedelta(seconds=0.3))
    one, other = Desk(journal), Desk(journal)
    begun = time.monotonic()
    one.deliveries._clock = other.deliveries._clock = lambda: NOW + timedelta(seconds=time.monotonic() - begun)
    one.wait.clear()
    first = asyncio.create_task(one.handle(update()))
    await asyncio.sleep(1)
    assert await other.handle(update()) == "busy"
    one.wait.set()
    assert await first == "handled"


async def test_a_time_out_for_want_of_a_connection_has_sent_nothing(journal: Journal) -> None:
    fault = TimedOut()
    fault.__cause__ = httpx.ConnectTimeout("no way")
    desk = Desk(journal, fault)
    assert [await desk.handle(update()), await desk.handle(update())] == ["again", "handled"]


async def test_what_comes_again_pays_the_flood_gate_once(small_library: Library) -> None:
    courtesies, handled = Courtesies(small_library), []

    async def handler(given: Update, context: object) -> None:
        handled.append(given.update_id)

    for _ in range(40):
        await courtesies.guard(handler)(update(), None)  # type: ignore[arg-type]
    assert len(handled) == 40


async def test_a_mark_that_is_done_tells_no_more_than_its_day(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite+aiosqlite:///{tmp_path}/a.sqlite3")
    await migrate(engine)
    log = DatabaseLog(engine)
    await log.claim("a", NOW, LEASE, alone=False)
    await log.add(row(1), once=Once("a", answered=True, at=NOW))
    await log.claim("b", NOW, LEASE, alone=False)
    await log.finish("b", NOW)
    async with engine.connect() as connection:
        kept = (await connection.execute(sa.text("SELECT until FROM handled"))).scalars().all()
    await engine.dispose()
    assert {str(moment)[11:19] for moment in kept} == {"00:00:00"}


async def test_an_answer_that_may_have_arrived_is_not_sent_again(journal: Journal) -> None:
    desk = Desk(journal, TimedOut())
    assert [await desk.handle(update()), await desk.handle(update())] == ["handled", "duplicate"]


async def test_with_the_database_away_a_message_is_still_handled_once() -> None:
    weather = Weather()
    weather.fault = ConnectionError
    log = WaitingLog(weather)
    await log.add(row(9))
    desk = Desk(log)
    assert [await desk.handle(update()), await desk.handle(update())] == ["handled", "duplicate"]
    weather.fault = None
    await log.flush()
    assert set(weather.rows) == {"t9", "t1"}


async def test_what_is_typed_into_an_inline_query_leaves_no_mark() -> None:
    journal = MemoryLog()
    desk = Desk(journal)
    typed = Update(7, inline_query=InlineQuery("q", User(777000111, "Zulkarnaen", is_bot=False), "boleh", ""))

    async def answer() -> None:
        desk.handled += 1

    assert await desk.deliveries.handle(typed, answer(), alone=False) == "handled"
    assert (desk.handled, journal.marks) == (1, {})


async def test_a_mark_tells_nothing_of_its_message_to_who_has_no_token() -> None:
    journal, other = MemoryLog(), MemoryLog()
    await Desk(journal).handle(update(500))
    desk = Desk(other)
    desk.deliveries = Deliveries("43:anders", other, lambda: NOW, desk.watch)
    await desk.handle(update(500))
    assert journal.marks.keys().isdisjoint(other.marks)
    assert {len(mark) for mark in (*journal.marks, *other.marks)} == {24}
