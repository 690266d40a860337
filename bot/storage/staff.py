"""Staff, one-time codes, sessions and the audit trail in the database. Sees hashes and keys, never a code or a secret."""

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.storage.database import audit, codes, sessions, staff
from bot.usecases.staff_ports import Code, Entry, KeptSession, Purpose, Role, StaffRow


class DatabaseStaff:
    """Implements `usecases.staff_ports.StaffStore`. Every method is one transaction."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def find(self, key: str) -> StaffRow | None:
        async with self._engine.connect() as connection:
            row = (await connection.execute(sa.select(staff).where(staff.c.key == key))).first()
        return StaffRow(row.key, row.name, row.role) if row else None

    async def rows(self) -> list[StaffRow]:
        async with self._engine.connect() as connection:
            return [StaffRow(row.key, row.name, row.role) for row in await connection.execute(sa.select(staff))]

    async def set_name(self, key: str, name: str, entry: Entry) -> None:
        await self._set(key, entry, name=name)

    async def set_role(self, key: str, role: Role, entry: Entry) -> None:
        await self._set(key, entry, role=role)

    async def dismiss(self, key: str, entry: Entry) -> bool:
        async with self._engine.begin() as connection:
            gone = await connection.execute(staff.delete().where(staff.c.key == key, staff.c.role.is_not(None)))
            if not gone.rowcount:
                return False
            await connection.execute(sessions.delete().where(sessions.c.key == key))
            await connection.execute(codes.delete().where(codes.c.key == key))
            await _write(connection, entry)
        return True

    async def add_code(self, code: Code, entry: Entry | None) -> None:
        async with self._engine.begin() as connection:
            values = {"hash": code.hash, "purpose": code.purpose, "key": code.key, "role": code.role, "expires": code.expires.astimezone(UTC)}
            await connection.execute(codes.insert().values(values))
            if entry:
                await _write(connection, entry)

    async def take_code(self, digest: str, purpose: Purpose) -> Code | None:
        # One statement finds and deletes: between two requests the database itself decides who was first.
        statement = codes.delete().where(codes.c.hash == digest, codes.c.purpose == purpose).returning(*codes.c)
        async with self._engine.begin() as connection:
            row = (await connection.execute(statement)).first()
        return Code(row.hash, row.purpose, row.key, row.role, _aware(row.expires)) if row else None

    async def open_session(self, session: KeptSession, entry: Entry) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(sessions.insert().values(hash=session.hash, key=session.key, expires=session.expires.astimezone(UTC)))
            await _write(connection, entry)

    async def find_session(self, digest: str) -> KeptSession | None:
        async with self._engine.connect() as connection:
            row = (await connection.execute(sa.select(sessions).where(sessions.c.hash == digest))).first()
        return KeptSession(row.hash, row.key, _aware(row.expires)) if row else None

    async def close_session(self, digest: str) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(sessions.delete().where(sessions.c.hash == digest))

    async def close_all(self, key: str, entry: Entry) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(sessions.delete().where(sessions.c.key == key))
            await connection.execute(codes.delete().where(codes.c.key == key, codes.c.purpose == "masuk"))
            await _write(connection, entry)

    async def purge(self, now: datetime) -> None:
        async with self._engine.begin() as connection:
            for table in (codes, sessions):
                await connection.execute(table.delete().where(table.c.expires <= now.astimezone(UTC)))

    async def write(self, entry: Entry) -> None:
        async with self._engine.begin() as connection:
            await _write(connection, entry)

    async def trail(self, limit: int) -> list[Entry]:
        async with self._engine.connect() as connection:
            rows = await connection.execute(sa.select(audit).order_by(audit.c.number.desc()).limit(limit))
            return [Entry(_aware(row.at), row.key, row.name, row.action, row.detail) for row in rows]

    async def _set(self, key: str, entry: Entry, **values: str) -> None:
        """Changes only the named columns, in a row that may or may not be there yet."""
        insert = postgresql.insert if self._engine.dialect.name == "postgresql" else sqlite.insert
        statement = insert(staff).values(key=key, **values).on_conflict_do_update(index_elements=[staff.c.key], set_=values)
        async with self._engine.begin() as connection:
            await connection.execute(statement)
            await _write(connection, entry)


async def _write(connection: AsyncConnection, entry: Entry) -> None:
    values = {"at": entry.at.astimezone(UTC), "key": entry.key, "name": entry.name, "action": entry.action, "detail": entry.detail}
    await connection.execute(audit.insert().values(values))


def _aware(moment: datetime) -> datetime:
    """A time as it was: SQLite keeps no zone, and what we wrote was UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
