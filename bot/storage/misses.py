"""The queue's texts and what was decided about them, in the database."""

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.storage.database import MISSED, questions, review_decisions
from bot.usecases.review_ports import Decision, Miss

Q = questions.c


class DatabaseMisses:
    """Implements `usecases.review_ports.Misses`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def missed(self, start: datetime, end: datetime) -> tuple[Miss, ...]:
        key = (Q.question, Q.outcome, Q.feedback, Q.rule)
        within = (Q.hour >= start.astimezone(UTC)) & (Q.hour < end.astimezone(UTC))
        wanted = sa.select(*key, sa.func.count()).where(within, sa.text(MISSED), sa.not_(Q.repeat)).group_by(*key)
        async with self._engine.connect() as connection:
            return tuple(Miss(*row) for row in await connection.execute(wanted))

    async def decisions(self) -> tuple[Decision, ...]:
        async with self._engine.connect() as connection:
            rows = (await connection.execute(sa.select(review_decisions).order_by(review_decisions.c.day))).all()
        return tuple(Decision(row.key, row.text, frozenset(row.members.split()), row.verdict, row.day) for row in rows)

    async def decide(self, decision: Decision) -> None:
        values = {
            "key": decision.key,
            "text": decision.text,
            "members": " ".join(sorted(decision.members)),
            "verdict": decision.verdict,
            "day": decision.day,
        }
        insert = postgresql.insert if self._engine.dialect.name == "postgresql" else sqlite.insert
        statement = insert(review_decisions).values(values).on_conflict_do_update(index_elements=["key"], set_=values)
        async with self._engine.begin() as connection:
            await connection.execute(statement)
