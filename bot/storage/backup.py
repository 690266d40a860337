"""The whole database as one file, and back: from SQLite to PostgreSQL and the other way too.

The file is a zip: `isi.json` says which migration the tables were at and how many rows each has; then one file a table, one
JSON object a line. Sessions, one-time codes and marks of handled messages are left out: they live for hours. Staff come back
with the roles they had: whoever was dismissed since must be dismissed again.
"""

import asyncio
import base64
import contextlib
import io
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.storage.database import alembic_config, locked, metadata, open_engine, upgrade

FORMAT = 1
CONTENTS = "isi.json"
LEFT_OUT = frozenset({"sessions", "codes", "handled"})
BATCH = 1_000


class BadBackup(Exception):
    """The file cannot be restored here; the message says why, in the words of the person at the keyboard."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup holds."""

    revision: str
    tables: Mapping[str, int]

    @property
    def rows(self) -> int:
        return sum(self.tables.values())


async def backup(engine: AsyncEngine, target: Path) -> Contents:
    """Writes the file, readable by its owner only; one moment of the database, while the bot goes on answering.

    The target is replaced when everything is written, so a backup that fails leaves the earlier one. Raises OSError.
    """
    with _instead_of(target) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        async with engine.connect() as connection:
            await _hold_still(connection)
            revision = str((await connection.execute(sa.text("SELECT version_num FROM alembic_version"))).scalar_one())
            counts = {}
            for table in metadata.sorted_tables:
                if table.name not in LEFT_OUT:
                    counts[table.name] = await _write(connection, table, archive)
        archive.writestr(CONTENTS, json.dumps({"format": FORMAT, "revision": revision, "tables": counts}, indent=1))
    return Contents(revision, counts)


async def restore(engine: AsyncEngine, source: Path, *, replace: bool = False) -> Contents:
    """Fills an empty database from the file, all or nothing, and brings it up to date. Raises BadBackup, OSError.

    `replace` first deletes everything that is there. A backup of an older program is put into the tables as they were then
    and migrated; one of a newer program is refused.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            contents = _contents(archive)
            async with locked(engine) as connection:
                await _make_room(connection, contents.revision, replace=replace)
                tables = await connection.run_sync(_tables_as_they_were)
                for name, count in contents.tables.items():
                    await _read(connection, tables[name], archive, count)
                await connection.run_sync(upgrade)
                await connection.run_sync(_count_on)
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError) as error:
        raise BadBackup(f"Berkas ini bukan cadangan yang utuh ({type(error).__name__}).") from None
    return contents


@contextlib.contextmanager
def _instead_of(target: Path) -> Iterator[IO[bytes]]:
    """A new file that takes the target's place when all went well, and is gone when not."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".cadangan-")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)


def _contents(archive: zipfile.ZipFile) -> Contents:
    told = json.loads(archive.read(CONTENTS))
    if told["format"] != FORMAT:
        raise BadBackup("Cadangan ini dibuat program yang lebih baru. Perbarui program ini dahulu.")
    return Contents(str(told["revision"]), {str(name): int(count) for name, count in told["tables"].items()})


async def _hold_still(connection: AsyncConnection) -> None:
    """Everything read from here on is of one moment."""
    if connection.dialect.name == "postgresql":
        await connection.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
    else:
        await connection.execute(sa.text("BEGIN"))


async def _write(connection: AsyncConnection, table: sa.Table, archive: zipfile.ZipFile) -> int:
    count = 0
    with archive.open(f"{table.name}.jsonl", "w", force_zip64=True) as file:
        async for row in (await connection.stream(sa.select(table))).mappings():
            file.write(json.dumps({name: _plain(value) for name, value in row.items()}, ensure_ascii=False).encode() + b"\n")
            count += 1
    return count


async def _make_room(connection: AsyncConnection, revision: str, *, replace: bool) -> None:
    """Empty tables as they were at that migration."""
    filled = await connection.run_sync(_filled)
    if filled and not replace:
        raise BadBackup(f"Basis data tujuan tidak kosong ({', '.join(filled)}). Pakai basis data baru, atau --replace untuk menghapus isinya.")
    known = {script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()}
    if revision not in known:
        raise BadBackup("Cadangan ini dibuat program yang lebih baru. Perbarui program ini dahulu.")
    at = await connection.run_sync(_revision)
    if at is not None and at not in known:
        raise BadBackup("Basis data tujuan milik program yang lebih baru. Pakai basis data baru, atau perbarui program ini dahulu.")
    await connection.run_sync(_drop)
    await connection.run_sync(upgrade, revision)


def _revision(connection: sa.Connection) -> str | None:
    """The migration the tables are at; None when there are none."""
    if "alembic_version" not in sa.inspect(connection).get_table_names():
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def _filled(connection: sa.Connection) -> list[str]:
    """Tables that hold anything."""
    there = set(sa.inspect(connection).get_table_names())
    return [
        t.name for t in metadata.sorted_tables if t.name in there and connection.execute(sa.select(sa.literal(1)).select_from(t).limit(1)).first()
    ]


def _drop(connection: sa.Connection) -> None:
    """Our own tables only; others may live in the same database."""
    metadata.drop_all(connection)
    connection.execute(sa.text("DROP TABLE IF EXISTS alembic_version"))


def _tables_as_they_were(connection: sa.Connection) -> dict[str, sa.Table]:
    there = sa.MetaData()
    there.reflect(connection)
    return dict(there.tables)


async def _read(connection: AsyncConnection, table: sa.Table, archive: zipfile.ZipFile, count: int) -> None:
    read = 0
    with archive.open(f"{table.name}.jsonl") as file:
        for batch in _batches(io.TextIOWrapper(file, encoding="utf-8")):
            rows = [{name: _valued(table.columns[name].type, value) for name, value in json.loads(line).items()} for line in batch]
            await connection.execute(table.insert(), rows)
            read += len(rows)
    if read != count:
        raise ValueError(f"{table.name}: {read} of {count}")


def _count_on(connection: sa.Connection) -> None:
    """PostgreSQL numbers new rows from a counter of its own, which must go on after the highest number that came in."""
    if connection.dialect.name != "postgresql":
        return
    for table in metadata.sorted_tables:
        column = table.autoincrement_column
        if column is not None:
            sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
            highest = sa.select(sa.func.max(column)).scalar_subquery()
            connection.execute(sa.select(sa.func.setval(sequence, sa.func.coalesce(highest, 0) + 1, False)).where(sequence.is_not(None)))  # noqa: FBT003 - PostgreSQL's own argument


def _batches(lines: Iterator[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for line in lines:
        batch.append(line)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _plain(value: Any) -> Any:
    """A value as JSON knows it."""
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _valued(kind: sa.types.TypeEngine[Any], value: Any) -> Any:
    """What `_plain` made, as the column wants it. SQLite names no zone; what we write is UTC."""
    if value is None:
        return None
    if isinstance(kind, sa.DateTime):
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    if isinstance(kind, sa.Date):
        return date.fromisoformat(value)
    return base64.b64decode(value) if isinstance(kind, sa.LargeBinary) else value


def backup_now(url: str, target: Path) -> Contents:
    """`backup` for the command line."""
    return asyncio.run(_with(url, lambda engine: backup(engine, target)))


def restore_now(url: str, source: Path, *, replace: bool) -> Contents:
    """`restore` for the command line."""
    return asyncio.run(_with(url, lambda engine: restore(engine, source, replace=replace)))


async def _with(url: str, work: Callable[[AsyncEngine], Awaitable[Contents]]) -> Contents:
    engine = open_engine(url)
    try:
        return await work(engine)
    finally:
        await engine.dispose()
