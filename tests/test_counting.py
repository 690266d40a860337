"""Weeks counted once, rows purged for good, repeats kept apart; on SQLite and PostgreSQL, by one process and by two."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.chat.courtesy import Courtesies
from bot.storage.counts import DatabaseCounts, DatabaseLedger
from bot.storage.database import metadata, migrate, open_engine
from bot.storage.questions import DatabaseLog
from bot.usecases.ask import Asking
from bot.usecases.disclosure import CONTENT, REPEAT, TOTAL, Cell
from bot.usecases.library import Library
from bot.usecases.review_ports import WeekRows
from bot.usecases.upkeep import Done, Upkeep
from bot.usecases.weeks import last_complete, monday_of, stage_of
from tests.conftest import NOW
from tests.fakes import MemoryLog
from tests.simulate import FIRST, JAKARTA, WEEKS, Asked, generate, write
from tests.test_storage import ROW

AFTER = datetime.combine(FIRST + timedelta(weeks=WEEKS), datetime.min.time(), JAKARTA) + timedelta(hours=2)
TABLES = ("questions", "cells", "counted_weeks", "claims", "review_decisions")


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    url = f"sqlite+aiosqlite:///{tmp_path}/a.sqlite3" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    engine = open_engine(url)
    await migrate(engine)
    async with engine.begin() as connection:
        for table in TABLES:
            await connection.execute(sa.text(f"DELETE FROM {table}"))
    await engine.dispose()
    return url


@pytest.fixture
async def engine(url: str) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(url)
    yield engine
    await engine.dispose()


def upkeep(engine: AsyncEngine, library: Library, now: datetime = AFTER, days: int = 90, k: int = 5) -> Upkeep:
    return Upkeep(DatabaseLedger(engine), library, lambda: now, days, k)


def bytes_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


async def all_cells(engine: AsyncEngine) -> tuple[tuple[date, Cell], ...]:
    return await DatabaseCounts(engine).released(FIRST - timedelta(weeks=1), FIRST + timedelta(weeks=60))


def simulated(library: Library, count: int, weeks: int) -> list[list[Asked]]:
    return list(generate(count, library.shelf.rulebook, weeks=weeks))


async def test_a_week_is_counted_when_it_is_over_and_never_again(engine: AsyncEngine, library: Library) -> None:
    await write(engine, [one for asked in simulated(library, 900, 3) for one in asked])
    end = datetime.combine(FIRST + timedelta(weeks=1), datetime.min.time(), JAKARTA)
    assert await upkeep(engine, library, end + timedelta(minutes=30)).count() == 0, "rows may still be on their way"
    assert await upkeep(engine, library, end + timedelta(minutes=61)).count() == 1
    before = await all_cells(engine)
    assert before
    async with engine.begin() as connection:
        await connection.execute(sa.text("UPDATE questions SET feedback = 'salah'"))
    assert await upkeep(engine, library, end + timedelta(minutes=62)).count() == 0
    assert await all_cells(engine) == before, "feedback that comes late would show as one more complaint"


async def test_every_shown_number_is_what_was_asked_and_repeats_are_apart(engine: AsyncEngine, library: Library) -> None:
    (asked,) = simulated(library, 3_000, 1)
    await write(engine, asked)
    await upkeep(engine, library, AFTER).count()
    cells = [cell for week, cell in await all_cells(engine) if week == FIRST]
    totals = Counter(one.channel for one in asked if not one.repeat)
    assert {cell.channels: cell.count for cell in cells if cell.family == TOTAL} == {name: n for name, n in totals.items() if n >= 5}
    repeats = Counter(one.channel for one in asked if one.repeat)
    assert {cell.channels: cell.count for cell in cells if cell.family == REPEAT} == {name: n for name, n in repeats.items() if n >= 5}
    rules = Counter((one.channel, one.verdict, one.rule) for one in asked if not one.repeat and one.rule)
    shown = [cell for cell in cells if cell.family == CONTENT and cell.path[0] == "answer" and cell.path[-1] != "*"]
    assert len(shown) > 30
    assert all(cell.count == rules[cell.channels, cell.path[2], cell.path[3]] for cell in shown)


async def test_two_processes_that_count_at_once_count_everything_once(url: str, engine: AsyncEngine, library: Library) -> None:
    await write(engine, [one for asked in simulated(library, 2_000, 6) for one in asked])
    other = open_engine(url)
    counted = await asyncio.gather(upkeep(engine, library).count(), upkeep(other, library).count())
    await other.dispose()
    weeks = (last_complete(AFTER) - FIRST).days // 7 + 1
    assert sum(counted) == weeks
    both = await all_cells(engine)
    async with engine.begin() as connection:
        for table in ("cells", "counted_weeks"):
            await connection.execute(sa.text(f"DELETE FROM {table}"))
    await upkeep(engine, library).count()
    assert await all_cells(engine) == both


async def test_old_rows_go_once_a_day_after_they_were_counted(engine: AsyncEngine, library: Library) -> None:
    (asked,) = simulated(library, 300, 1)
    await write(engine, asked)
    log, late = DatabaseLog(engine), datetime(2024, 12, 1, tzinfo=UTC)
    await log.add(replace(ROW, hour=late))
    done = await upkeep(engine, library).run_once()
    assert (done.counted, done.purged) == (WEEKS, 300)
    assert await log.count() == 1
    assert await log.find(ROW.token)
    await log.add(replace(ROW, token="old", hour=late - timedelta(days=200)))
    assert await upkeep(engine, library).run_once() == Done(0, 0)
    assert (await upkeep(engine, library, AFTER + timedelta(days=1)).run_once()).purged == 1


async def test_a_count_that_fails_keeps_no_text_longer_than_promised(engine: AsyncEngine, library: Library) -> None:
    class Broken(DatabaseLedger):
        async def rows(self, start: datetime, end: datetime) -> WeekRows:
            raise ConnectionError("away")

    await DatabaseLog(engine).add(replace(ROW, hour=AFTER - timedelta(days=91)))
    assert await Upkeep(Broken(engine), library, lambda: AFTER, 90, 5).run_once() == Done(0, 1)


async def test_of_many_who_claim_a_days_job_one_gets_it(url: str, engine: AsyncEngine) -> None:
    other = open_engine(url)
    day = AFTER.date()
    got = await asyncio.gather(*(DatabaseLedger(e).claim("digest", day) for e in (engine, other) * 5))
    await other.dispose()
    assert sum(got) == 1
    assert await DatabaseLedger(engine).claim("digest", day + timedelta(days=1))


async def test_an_office_that_becomes_stricter_hides_what_it_showed(engine: AsyncEngine, library: Library) -> None:
    (asked,) = simulated(library, 2_000, 1)
    await write(engine, asked)
    await upkeep(engine, library, k=3).count()
    assert min(cell.count for _, cell in await all_cells(engine)) < 12
    await upkeep(engine, library, k=12).count()
    stricter = await all_cells(engine)
    assert min(cell.count for _, cell in stricter) >= 12
    await upkeep(engine, library, k=3).count()
    assert await all_cells(engine) == stricter, "what was hidden is not brought back"


async def test_a_purged_text_is_nowhere_in_the_file(tmp_path: Path, library: Library) -> None:
    path = tmp_path / "a.sqlite3"
    engine = open_engine(f"sqlite+aiosqlite:///{path}")
    await migrate(engine)
    log = DatabaseLog(engine)
    for n in range(400):
        hour = AFTER - timedelta(days=100 if n % 3 else 1)
        await log.add(replace(ROW, token=f"t{n}", hour=hour, question=f"{'tersimpan' if n % 3 == 0 else 'terhapus'} {n} " + "kata " * (n % 40)))
        if n % 5 == 0:
            await log.feedback(f"t{n}", "beda-kasus")  # a row that grows is moved: its old place must not keep it
    assert (await upkeep(engine, library).run_once()).purged == 266
    on_disk = bytes_in(tmp_path)
    await engine.dispose()
    assert b"terhapus" not in on_disk
    assert b"tersimpan" in on_disk


async def test_the_tables_are_those_the_code_expects(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        for name in TABLES:
            made = await connection.run_sync(lambda c, name=name: {(x["name"], x["nullable"]) for x in sa.inspect(c).get_columns(name)})
            assert made == {(column.name, bool(column.nullable)) for column in metadata.tables[name].columns}


async def test_the_queue_reads_only_what_its_index_holds(tmp_path: Path) -> None:
    from bot.storage.database import MISSED

    engine = open_engine(f"sqlite+aiosqlite:///{tmp_path}/a.sqlite3")
    await migrate(engine)
    await engine.dispose()
    with sqlite3.connect(tmp_path / "a.sqlite3") as connection:
        plan = connection.execute(
            f'EXPLAIN QUERY PLAN SELECT question FROM questions WHERE hour >= ? AND hour < ? AND {MISSED} AND NOT "repeat"', "ab"
        )
        assert "ix_questions_missed" in str(plan.fetchall())
    connection.close()


# --- asked again within the hour ---


async def test_the_same_text_on_the_web_within_the_hour_is_a_repeat(small_library: Library) -> None:
    log, now = MemoryLog(), NOW
    asking = Asking(small_library, log, lambda: now)
    for _ in range(3):
        await asking.record(asking.ask("boleh gak like postingan paslon", "web"))
    await asking.record(asking.ask("boleh gak datang ke kampanye", "web"))
    now += timedelta(hours=1)
    await asking.record(asking.ask("boleh gak like postingan paslon", "web"))
    assert [row.repeat for row in log.rows.values()] == [False, True, True, False, False]


async def test_the_log_knows_a_text_of_the_hour(engine: AsyncEngine) -> None:
    log = DatabaseLog(engine)
    await log.add(ROW)
    assert await log.has(ROW)
    for other in (replace(ROW, channel="web"), replace(ROW, question="lain"), replace(ROW, hour=ROW.hour + timedelta(hours=1))):
        assert not await log.has(other)


async def test_a_chat_that_asks_for_the_same_rule_within_the_hour_repeats(small_library: Library) -> None:
    now = NOW
    asking, courtesies = Asking(small_library, MemoryLog(), lambda: now), Courtesies(small_library)

    def is_repeat(chat: int, text: str) -> bool:
        rows = asking.ask(text, "telegram").rows
        return courtesies.repeats(chat, rows) == {row.token for row in rows}

    assert not is_repeat(1, "boleh gak like postingan paslon")
    assert is_repeat(1, "boleh gak like postingan paslon")
    assert is_repeat(1, "apakah ASN boleh menyukai unggahan calon"), "other words, the same rule"
    assert not is_repeat(2, "boleh gak like postingan paslon")
    assert not is_repeat(1, "boleh gak datang ke kampanye")
    assert not is_repeat(1, "zzz qqq")
    assert is_repeat(1, "zzz qqq")
    now += timedelta(hours=1)
    assert not is_repeat(1, "boleh gak like postingan paslon")


async def test_a_row_that_an_edge_knows_as_repeated_is_written_so(small_library: Library) -> None:
    log = MemoryLog()
    asking = Asking(small_library, log, lambda: NOW)
    reply = asking.ask("boleh gak like postingan paslon", "telegram")
    await asking.record(reply, frozenset({reply.rows[0].token}))
    assert [row.repeat for row in log.rows.values()] == [True]


# --- weeks ---


def test_weeks_begin_on_monday_in_the_offices_zone() -> None:
    assert monday_of(date(2024, 11, 27)) == date(2024, 11, 25)
    assert last_complete(datetime(2024, 11, 25, 0, 59, tzinfo=JAKARTA)) == date(2024, 11, 11)
    assert last_complete(datetime(2024, 11, 25, 1, 0, tzinfo=JAKARTA)) == date(2024, 11, 18)


def test_a_week_counts_for_the_short_stage_in_it_or_the_one_with_most_of_its_days(library: Library) -> None:
    elections = library.shelf.rulebook.elections
    found = {
        monday: stage_of(monday, elections)
        for monday in (date(2024, 6, 17), date(2024, 9, 2), date(2024, 9, 23), date(2024, 11, 18), date(2024, 11, 25))
    }
    assert list(found.values()) == ["di-luar-tahapan", "pra-penetapan", "kampanye", "kampanye", "masa-tenang+pemungutan"]


async def test_a_clock_that_jumps_forward_deletes_nothing_until_it_has_held_for_an_hour(engine: AsyncEngine, library: Library) -> None:
    log, now, passed = DatabaseLog(engine), [NOW], [0.0]
    await log.add(replace(ROW, hour=NOW - timedelta(days=10)))
    keeper = Upkeep(DatabaseLedger(engine), library, lambda: now[0], 90, 5, lambda: passed[0])
    await keeper.run_once()
    now[0] += timedelta(days=400)
    for _ in range(5):
        passed[0] += 600
        now[0] += timedelta(seconds=600)
        assert await keeper.run_once() == Done(0, 0)
    assert await log.count() == 1
    now[0] -= timedelta(days=400)
    passed[0] += 600
    await keeper.run_once()
    assert await log.count() == 1


async def test_marks_of_handled_messages_are_gone_after_two_days(engine: AsyncEngine, library: Library) -> None:
    log = DatabaseLog(engine)
    await log.finish("old", NOW - timedelta(days=3))
    await log.finish("new", NOW - timedelta(days=1))
    await Upkeep(DatabaseLedger(engine), library, lambda: NOW, 90, 5).run_once()
    assert [await log.claim(mark, NOW, timedelta(seconds=20), alone=False) for mark in ("old", "new")] == ["ours", "done"]
