"""Counting, releasing and purging in the database. Reads rows only grouped; what it writes down are released cells."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.storage.database import cells, claims, counted_weeks, handled, questions
from bot.usecases.disclosure import TOTAL, Cell
from bot.usecases.review_ports import Alike, WeekRows

BATCH = 5_000
"""Rows deleted in one transaction: the bot's own writes wait no longer than that takes."""
CLAIMS_KEPT = timedelta(days=30)
Q = questions.c
CELL = (cells.c.channels, cells.c.family, cells.c.path, cells.c.count)


class DatabaseLedger:
    """Implements `usecases.review_ports.Ledger`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def first_hour(self) -> datetime | None:
        async with self._engine.connect() as connection:
            hour = (await connection.execute(sa.select(sa.func.min(Q.hour)))).scalar_one()
        return _aware(hour) if hour else None

    async def counted(self) -> Mapping[date, int]:
        async with self._engine.connect() as connection:
            return {row.week: row.k for row in await connection.execute(sa.select(counted_weeks))}

    async def rows(self, start: datetime, end: datetime) -> WeekRows:
        number = sa.func.count()
        within = (Q.hour >= start.astimezone(UTC)) & (Q.hour < end.astimezone(UTC))
        once = within & sa.not_(Q.repeat)
        alike = (Q.channel, Q.outcome, Q.kind, Q.rule, Q.verdict, Q.options)
        async with self._engine.connect() as connection:
            contents = (await connection.execute(sa.select(*alike, number).where(once).group_by(*alike))).all()
            hours = (await connection.execute(sa.select(Q.channel, Q.hour, number).where(once).group_by(Q.channel, Q.hour))).all()
            feedback = (await connection.execute(sa.select(Q.channel, Q.feedback, number).where(once).group_by(Q.channel, Q.feedback))).all()
            repeats = (await connection.execute(sa.select(Q.channel, number).where(within & Q.repeat).group_by(Q.channel))).all()
        return WeekRows(
            tuple(Alike(*row) for row in contents),
            tuple((channel, _aware(hour), count) for channel, hour, count in hours),
            tuple((channel, value, count) for channel, value, count in feedback),
            tuple((channel, count) for channel, count in repeats),
        )

    async def keep(self, week: date, k: int, released: tuple[Cell, ...]) -> bool:
        try:
            async with self._engine.begin() as connection:
                # The week's own row is the lock: a second process fails here and writes nothing.
                await connection.execute(counted_weeks.insert().values(week=week, k=k))
                await _write(connection, week, released)
        except IntegrityError:
            return False
        return True

    async def replace(self, week: date, k: int, released: tuple[Cell, ...]) -> None:
        async with self._engine.begin() as connection:
            changed = await connection.execute(counted_weeks.update().where(counted_weeks.c.week == week, counted_weeks.c.k < k).values(k=k))
            if changed.rowcount:
                await connection.execute(cells.delete().where(cells.c.week == week))
                await _write(connection, week, released)

    async def cells(self, week: date) -> tuple[Cell, ...]:
        async with self._engine.connect() as connection:
            return tuple(_cell(row[0], row[1], row[2], row[3]) for row in await connection.execute(sa.select(*CELL).where(cells.c.week == week)))

    async def purge(self, before: datetime, marks_before: datetime) -> int:
        old = sa.select(Q.token).where(Q.hour < before.astimezone(UTC)).limit(BATCH)
        gone = 0
        while True:
            async with self._engine.begin() as connection:
                batch = (await connection.execute(questions.delete().where(Q.token.in_(old)))).rowcount
            gone += batch
            if batch < BATCH:
                break
        async with self._engine.begin() as connection:
            await connection.execute(handled.delete().where(handled.c.until < marks_before.astimezone(UTC)))
        # SQLite: deleted pages are zeroed, but the write-ahead file still holds them as they were. PostgreSQL: free the dead rows.
        clean = "VACUUM questions" if self._engine.dialect.name == "postgresql" else "PRAGMA wal_checkpoint(TRUNCATE)"
        async with self._engine.connect() as connection:
            await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(sa.text(clean))
        return gone

    async def claim(self, job: str, day: date) -> bool:
        try:
            async with self._engine.begin() as connection:
                await connection.execute(claims.insert().values(job=job, day=day))
                await connection.execute(claims.delete().where(claims.c.job == job, claims.c.day < day - CLAIMS_KEPT))
        except IntegrityError:
            return False
        return True


class DatabaseCounts:
    """Implements `usecases.review_ports.Counts`; never looks at a row of the log."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def weeks(self) -> tuple[date, ...]:
        async with self._engine.connect() as connection:
            return tuple((await connection.execute(sa.select(counted_weeks.c.week).order_by(counted_weeks.c.week))).scalars())

    async def sums(self, first: date, last: date, families: Sequence[str]) -> tuple[Cell, ...]:
        *key, count = CELL
        wanted = sa.select(*key, sa.func.sum(count)).where(_between(first, last), cells.c.family.in_(families)).group_by(*key)
        async with self._engine.connect() as connection:
            return tuple(_cell(row[0], row[1], row[2], row[3]) for row in await connection.execute(wanted))

    async def totals(self, first: date, last: date) -> tuple[tuple[date, str, int], ...]:
        wanted = sa.select(cells.c.week, cells.c.channels, cells.c.count).where(_between(first, last), cells.c.family == TOTAL)
        async with self._engine.connect() as connection:
            return tuple((row[0], row[1], row[2]) for row in await connection.execute(wanted))

    async def released(self, first: date, last: date) -> tuple[tuple[date, Cell], ...]:
        wanted = sa.select(cells.c.week, *CELL).where(_between(first, last)).order_by(cells.c.week, *CELL[:-1])
        async with self._engine.connect() as connection:
            return tuple((row[0], _cell(row[1], row[2], row[3], row[4])) for row in await connection.execute(wanted))


async def _write(connection: AsyncConnection, week: date, released: tuple[Cell, ...]) -> None:
    values = [{"week": week, "channels": c.channels, "family": c.family, "path": "/".join(c.path), "count": c.count} for c in released]
    if values:
        await connection.execute(cells.insert(), values)


def _between(first: date, last: date) -> sa.ColumnElement[bool]:
    return cells.c.week.between(first, last)


def _cell(channels: str, family: str, path: str, count: int) -> Cell:
    return Cell(channels, family, tuple(path.split("/")) if path else (), int(count))


def _aware(moment: datetime) -> datetime:
    """SQLite keeps no zone; what we wrote was UTC."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
