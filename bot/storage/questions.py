"""The question log in the database. Writes rows that carry no identity; reads them back by their random token.

Beside it the marks of messages that were handled. Rows and their mark are written in one transaction, so that no crash
can come between them.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.storage.database import handled, questions
from bot.usecases.ports import Claim, Feedback, Once, Row, Unwritable

UNFIT = (sa.exc.DataError, UnicodeError)
"""What a database raises that is there, but cannot even look for a token that somebody made up: with NUL in it, or half a sign."""


class DatabaseLog:
    """Implements `usecases.ports.Journal`. Every method opens and ends its own short transaction."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        # SQLite lets one write at a time and makes the others sleep, up to a tenth of a second: better to queue before it.
        self._turn: asyncio.Lock | None = asyncio.Lock() if engine.dialect.name == "sqlite" else None
        # Both know "insert unless it is there"; SQLAlchemy has no common word for it. Built once: that takes longer than running them.
        insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert
        first, at, key = insert(handled), handled.c, ["mark"]
        # A mark that is done keeps only its day: the second would tell when the row beside it was written.
        self._finish = first.on_conflict_do_update(index_elements=key, set_={"done": True, "until": first.excluded.until})
        self._log = first.on_conflict_do_update(
            index_elements=key, set_={"logged": True, "done": first.excluded.done, "until": first.excluded.until}, where=~at.logged
        ).returning(at.mark)
        until = {"until": first.excluded.until}
        self._claim_alone = first.on_conflict_do_update(index_elements=key, set_=until, where=~at.done).returning(at.mark)
        self._claim = first.on_conflict_do_update(index_elements=key, set_=until, where=~at.done & (at.until <= sa.bindparam("now"))).returning(
            at.mark
        )
        self._add_rows = insert(questions).on_conflict_do_nothing(index_elements=["token"]).returning(questions.c.token)

    @contextlib.asynccontextmanager
    async def _writing(self) -> AsyncIterator[AsyncConnection]:
        async with self._turn or contextlib.nullcontext(), self._engine.begin() as connection:
            yield connection

    async def add(self, *rows: Row, once: Once | None = None) -> bool:
        """Raises sqlalchemy's errors when the database is not there."""
        try:
            return await self._add(rows, once)
        except (sa.exc.DataError, sa.exc.IntegrityError, sa.exc.ProgrammingError) as error:
            raise Unwritable(type(error).__name__) from None

    async def _add(self, rows: Sequence[Row], once: Once | None) -> bool:
        values = [asdict(row) | {"hour": row.hour.astimezone(UTC)} for row in rows]
        async with self._writing() as connection:
            if once is not None:
                mark = {"mark": once.mark, "until": _day(once.at), "logged": True, "done": once.answered}
                if (await connection.execute(self._log, mark)).first() is None:
                    return False
            return (await connection.execute(self._add_rows, values)).first() is not None

    async def claim(self, mark: str, now: datetime, lease: timedelta, *, alone: bool) -> Claim:
        values = {"mark": mark, "until": (now + lease).astimezone(UTC), "logged": False, "done": False}
        wanted, given = (self._claim_alone, values) if alone else (self._claim, values | {"now": now.astimezone(UTC)})
        async with self._writing() as connection:
            if (await connection.execute(wanted, given)).first() is not None:
                return "ours"
            done = (await connection.execute(sa.select(handled.c.done).where(handled.c.mark == mark))).scalar()
            return "done" if done else "busy"

    async def finish(self, mark: str, now: datetime) -> None:
        async with self._writing() as connection:
            await connection.execute(self._finish, {"mark": mark, "until": _day(now), "logged": False, "done": True})

    async def release(self, mark: str, now: datetime) -> None:
        async with self._writing() as connection:
            await connection.execute(handled.update().where(handled.c.mark == mark).values(until=now.astimezone(UTC)))

    async def feedback(self, token: str, value: Feedback) -> bool:
        return await self._note(token, feedback=value)

    async def chose(self, token: str, choice: str) -> bool:
        return await self._note(token, chosen=choice[:60])

    async def find(self, token: str) -> Row | None:
        try:
            async with self._engine.connect() as connection:
                found = (await connection.execute(sa.select(questions).where(questions.c.token == token))).mappings().first()
        except UNFIT:
            return None  # no row is called so
        if found is None:
            return None
        values = {field.name: found[field.name] for field in fields(Row)}
        if values["hour"].tzinfo is None:  # SQLite keeps no zone; what we wrote was UTC
            values["hour"] = values["hour"].replace(tzinfo=UTC)
        return Row(**values)

    async def count(self) -> int:
        async with self._engine.connect() as connection:
            return int((await connection.execute(sa.select(sa.func.count()).select_from(questions))).scalar_one())

    async def asked_since(self, since: datetime) -> Mapping[str, int]:
        wanted = (
            sa.select(questions.c.rule, sa.func.count().label("asked"))
            .where((questions.c.hour >= since.astimezone(UTC)) & questions.c.rule.is_not(None))
            .group_by(questions.c.rule)
        )
        async with self._engine.connect() as connection:
            return {row.rule: row.asked for row in (await connection.execute(wanted)).all()}

    async def has(self, row: Row) -> bool:
        same = (questions.c.hour == row.hour.astimezone(UTC)) & (questions.c.channel == row.channel) & (questions.c.question == row.question)
        async with self._engine.connect() as connection:
            return (await connection.execute(sa.select(questions.c.token).where(same).limit(1))).first() is not None

    async def lately(self, limit: int, least: int) -> list[str]:
        newest = sa.func.max(questions.c.hour)
        often = sa.select(questions.c.question).where(~questions.c.repeat).group_by(questions.c.question).having(sa.func.count() >= least)
        wanted = often.order_by(newest.desc(), questions.c.question).limit(limit)
        async with self._engine.connect() as connection:
            return list((await connection.execute(wanted)).scalars())

    async def _note(self, token: str, **values: str) -> bool:
        try:
            async with self._writing() as connection:
                result = await connection.execute(questions.update().where(questions.c.token == token).values(**values))
        except UNFIT as error:  # taken for a database that is away, it would be tried for ever, and what comes later with it
            raise Unwritable(type(error).__name__) from None
        return bool(result.rowcount)


def _day(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
