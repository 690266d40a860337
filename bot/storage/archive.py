"""The rulebooks that have served, whole. Each is kept once, under its version, with the day it first served."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.storage.database import rulebooks


class DatabaseArchive:
    """Implements `usecases.ports.Archive`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def keep(self, version: str, since: date, documents: bytes) -> None:
        """Keeps a rulebook; a second keeping of the same version changes nothing."""
        async with self._engine.connect() as connection:
            known = (await connection.execute(sa.select(rulebooks.c.version).where(rulebooks.c.version == version))).first()
        if known is not None:
            return
        try:
            async with self._engine.begin() as connection:
                await connection.execute(rulebooks.insert().values(version=version, since=since, documents=documents))
        except IntegrityError:
            return  # another process was first, with the same documents

    async def find(self, version: str) -> tuple[date, bytes] | None:
        async with self._engine.connect() as connection:
            row = (await connection.execute(sa.select(rulebooks.c.since, rulebooks.c.documents).where(rulebooks.c.version == version))).first()
        return (row.since, bytes(row.documents)) if row else None
