"""Editions, drafts and the notice board in the database. Every method is one short transaction."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.core.rulebook import Notice
from bot.storage.database import approvals, drafts, editions, notices
from bot.usecases.library import pack, unpack
from bot.usecases.ports import Draft, Edition

REMOVED = "~dihapus"
"""Member of a draft's block that lists the files to be removed."""


class DatabaseEditions:
    """Implements `usecases.ports.Editions`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def latest(self) -> Edition | None:
        found = await self.history(1)
        return found[0] if found else None

    async def history(self, limit: int) -> list[Edition]:
        async with self._engine.connect() as connection:
            rows = (await connection.execute(sa.select(editions).order_by(editions.c.number.desc()).limit(limit))).mappings().all()
        return [_edition(row) for row in rows]

    async def find(self, number: int) -> Edition | None:
        if number.bit_length() > 31:
            return None  # PostgreSQL refuses to look for what does not fit the column
        async with self._engine.connect() as connection:
            row = (await connection.execute(sa.select(editions).where(editions.c.number == number))).mappings().first()
        return _edition(row) if row else None

    async def add(self, edition: Edition) -> bool:
        try:
            async with self._engine.begin() as connection:
                await connection.execute(editions.insert().values(**{**asdict(edition), "at": edition.at.astimezone(UTC)}))
        except IntegrityError:
            return False
        return True

    async def notice(self) -> Notice:
        async with self._engine.connect() as connection:
            content = (await connection.execute(sa.select(notices.c.content).where(notices.c.id == 1))).scalar_one_or_none()
        if content is None:
            return Notice()
        values = json.loads(content)
        return Notice(values["banner"], values["banner_english"], frozenset(values["paused"]), values["closed"])

    async def post(self, notice: Notice) -> None:
        content = json.dumps({**asdict(notice), "paused": sorted(notice.paused)})
        async with self._engine.begin() as connection:
            await connection.execute(notices.delete())
            await connection.execute(notices.insert().values(id=1, content=content))


class DatabaseDrafts:
    """Implements `usecases.ports.Drafts`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def find(self, owner: str) -> Draft | None:
        async with self._engine.connect() as connection:
            row = (await connection.execute(sa.select(drafts).where(drafts.c.owner == owner))).mappings().first()
        return _draft(row) if row else None

    async def all(self) -> list[Draft]:
        async with self._engine.connect() as connection:
            rows = (await connection.execute(sa.select(drafts).order_by(drafts.c.at.desc()))).mappings().all()
        return [_draft(row) for row in rows]

    async def save(self, draft: Draft) -> bool:
        kept = {name: content for name, content in draft.changed.items() if content is not None}
        removed = "\n".join(name for name, content in draft.changed.items() if content is None)
        block = pack({**kept, REMOVED: removed.encode()})
        values = {**asdict(replace(draft, changed={})), "changed": block, "revision": draft.revision + 1, "at": draft.at.astimezone(UTC)}
        try:
            async with self._engine.begin() as connection:
                if draft.revision == 0:
                    await connection.execute(drafts.insert().values(**values))
                    return True
                same = (drafts.c.owner == draft.owner) & (drafts.c.revision == draft.revision)
                return bool((await connection.execute(drafts.update().where(same).values(**values))).rowcount)
        except IntegrityError:
            return False

    async def discard(self, owner: str) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(drafts.delete().where(drafts.c.owner == owner))
            await connection.execute(approvals.delete().where(approvals.c.owner == owner))

    async def approve(self, owner: str, revision: int, approver: str) -> int:
        mine = (approvals.c.owner == owner) & (approvals.c.approver == approver)
        async with self._engine.begin() as connection:
            await connection.execute(approvals.delete().where(mine))
            await connection.execute(approvals.insert().values(owner=owner, approver=approver, revision=revision))
            same = (approvals.c.owner == owner) & (approvals.c.revision == revision)
            return int((await connection.execute(sa.select(sa.func.count()).select_from(approvals).where(same))).scalar_one())


def _edition(row: Mapping[Any, Any]) -> Edition:
    return Edition(row["number"], row["version"], row["folder"], row["kind"], row["author"], row["reason"], _aware(row["at"]))


def _draft(row: Mapping[Any, Any]) -> Draft:
    files: dict[str, bytes | None] = dict(unpack(bytes(row["changed"])))
    removed = (files.pop(REMOVED, b"") or b"").decode()
    files |= dict.fromkeys(removed.split("\n") if removed else [])
    return Draft(row["owner"], row["author"], row["base"], row["folder"], row["revision"], files, _aware(row["at"]))


def _aware(at: datetime) -> datetime:
    """SQLite keeps no zone; what we wrote was UTC."""
    return at if at.tzinfo else at.replace(tzinfo=UTC)
