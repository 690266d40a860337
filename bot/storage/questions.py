"""The question log in the database. Writes rows that carry no identity; reads them back by their random token."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.storage.database import questions
from bot.usecases.ports import Feedback, Row


class DatabaseLog:
    """Implements `usecases.ports.QuestionLog`. Every method opens and ends its own short transaction."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add(self, row: Row) -> None:
        """Writes one row. Raises sqlalchemy's errors when the database is not there."""
        values = asdict(row)
        values["hour"] = row.hour.astimezone(UTC)
        async with self._engine.begin() as connection:
            await connection.execute(questions.insert().values(**values))

    async def feedback(self, token: str, value: Feedback) -> bool:
        return await self._note(token, feedback=value)

    async def chose(self, token: str, choice: str) -> bool:
        return await self._note(token, chosen=choice[:60])

    async def find(self, token: str) -> Row | None:
        async with self._engine.connect() as connection:
            found = (await connection.execute(sa.select(questions).where(questions.c.token == token))).mappings().first()
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
        async with self._engine.begin() as connection:
            result = await connection.execute(questions.update().where(questions.c.token == token).values(**values))
        return bool(result.rowcount)
