"""Who wants the Monday digest, by opaque key."""

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.storage.database import subscriptions


class DatabaseSubscriptions:
    """Implements `usecases.digest.Subscriptions`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def add(self, key: str) -> None:
        try:
            async with self._engine.begin() as connection:
                await connection.execute(subscriptions.insert().values(key=key))
        except IntegrityError:
            return  # wanted already

    async def remove(self, key: str) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(subscriptions.delete().where(subscriptions.c.key == key))

    async def keys(self) -> list[str]:
        async with self._engine.connect() as connection:
            return list((await connection.execute(sa.select(subscriptions.c.key).order_by(subscriptions.c.key))).scalars())
