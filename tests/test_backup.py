"""Backup and restore: everything comes back, from either database into either, all or nothing."""

import asyncio
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.storage.archive import DatabaseArchive
from bot.storage.backup import CONTENTS, LEFT_OUT, BadBackup, backup, restore
from bot.storage.counts import DatabaseLedger
from bot.storage.database import metadata, migrate, open_engine
from bot.storage.questions import DatabaseLog
from bot.storage.staff import DatabaseStaff
from bot.usecases.disclosure import TOTAL, Cell
from bot.usecases.staff_ports import Entry, KeptSession
from tests.conftest import NOW
from tests.door import new_database
from tests.program import ROOT
from tests.test_storage import ROW

KINDS = ("sqlite", "postgresql")


def address(kind: str, name: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """An empty database."""
    if kind == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/{name}.sqlite3"
    url: str = request.getfixturevalue("postgres_url")
    new_database(url, name)
    return url.replace("/postgres?", f"/{name}?")


@pytest.fixture(params=KINDS)
async def full(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """A database with something in it of every kind of column."""
    engine = open_engine(address(request.param, "asal", tmp_path, request))
    await migrate(engine)
    log, staff = DatabaseLog(engine), DatabaseStaff(engine)
    for number in range(1_500):
        await log.add(*(replace(ROW, token=f"t{number}-{part}", hour=NOW - timedelta(hours=number)) for part in range(2)))
    await log.feedback("t7-0", "salah")
    await log.finish("mark", NOW)
    await DatabaseArchive(engine).keep("1f09a3bc", date(2026, 11, 21), b"PK\x03\x04\x00\xff")
    await staff.set_name("kunci", "Bu \u2028Ratna", Entry(datetime(2026, 11, 21, tzinfo=UTC), "kunci", "Ratna", "nama", ""))
    await staff.open_session(KeptSession("s", "kunci", NOW + timedelta(hours=12)), Entry(NOW, "kunci", "Ratna", "masuk", ""))
    await DatabaseLedger(engine).keep(date(2026, 11, 9), 5, (Cell("telegram", TOTAL, (), 12),))
    yield engine
    await engine.dispose()


async def everything(engine: AsyncEngine) -> dict[str, list[dict[str, object]]]:
    """All tables, times in UTC."""
    async with engine.connect() as connection:
        found = {}
        for table in metadata.sorted_tables:
            rows = [dict(row) for row in (await connection.execute(sa.select(table))).mappings()]
            for row in rows:
                for name, value in row.items():
                    if isinstance(value, datetime):
                        row[name] = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
            found[table.name] = sorted(rows, key=str)
        return found


@pytest.mark.parametrize("target", KINDS)
async def test_what_was_backed_up_comes_back_in_either_database(
    target: str, full: AsyncEngine, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    file = tmp_path / "cadangan.zip"
    contents = await backup(full, file)
    other = open_engine(address(target, "tujuan", tmp_path, request))
    assert (await restore(other, file)).tables == contents.tables
    before, after = await everything(full), await everything(other)
    assert {name: rows for name, rows in before.items() if name not in LEFT_OUT} == {
        name: rows for name, rows in after.items() if name not in LEFT_OUT
    }
    assert all(not after[name] for name in LEFT_OUT)
    assert contents.tables["questions"] == 3_000
    # What comes after goes on where the old left off.
    await migrate(other)
    await DatabaseStaff(other).write(Entry(NOW, "kunci", "Ratna", "keluar", ""))
    assert len((await everything(other))["audit"]) == len(before["audit"]) + 1
    await other.dispose()


async def test_a_database_that_holds_something_is_only_replaced_when_asked(full: AsyncEngine, tmp_path: Path) -> None:
    file = tmp_path / "cadangan.zip"
    await backup(full, file)
    log = DatabaseLog(full)
    await log.add(replace(ROW, token="later"))
    with pytest.raises(BadBackup, match="questions"):
        await restore(full, file)
    assert await log.find("later")
    await restore(full, file, replace=True)
    assert await log.find("later") is None
    assert await log.count() == 3_000


async def test_a_spoilt_backup_changes_nothing(full: AsyncEngine, tmp_path: Path) -> None:
    file = tmp_path / "cadangan.zip"
    await backup(full, file)
    before = await everything(full)
    whole = file.read_bytes()
    for spoilt in (whole[: len(whole) // 2], b"", b"bukan zip", whole.replace(b"PK\x01\x02", b"PK\x09\x09")):
        file.write_bytes(spoilt)
        with pytest.raises(BadBackup):
            await restore(full, file, replace=True)
    file.write_bytes(_rewritten(whole, revision="9999"))
    with pytest.raises(BadBackup, match="lebih baru"):
        await restore(full, file, replace=True)
    file.write_bytes(_rewritten(whole, questions=2_999))
    with pytest.raises(BadBackup):
        await restore(full, file, replace=True)
    assert await everything(full) == before


async def test_a_backup_of_an_older_program_is_brought_up_to_date(full: AsyncEngine, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    file = tmp_path / "cadangan.zip"
    await backup(full, file)
    file.write_bytes(_rewritten(file.read_bytes(), revision="0006"))
    other = open_engine(address("sqlite", "tua", tmp_path, request))
    await restore(other, file)
    assert await DatabaseLog(other).count() == 3_000
    assert await DatabaseLog(other).claim("x", NOW, timedelta(seconds=1), alone=False) == "ours"
    await other.dispose()


async def test_a_database_of_a_newer_program_is_left_alone(full: AsyncEngine, tmp_path: Path) -> None:
    file = tmp_path / "cadangan.zip"
    await backup(full, file)
    async with full.begin() as connection:
        await connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    before = await everything(full)
    with pytest.raises(BadBackup, match="lebih baru"):
        await restore(full, file, replace=True)
    assert await everything(full) == before


async def test_the_file_is_for_its_owner_only_and_a_failed_backup_leaves_the_one_before(full: AsyncEngine, tmp_path: Path) -> None:
    file = tmp_path / "cadangan.zip"
    await backup(full, file)
    assert file.stat().st_mode & 0o077 == 0
    before = file.read_bytes()
    async with full.begin() as connection:
        await connection.execute(sa.text("DROP TABLE subscriptions"))
    with pytest.raises(sa.exc.DBAPIError):
        await backup(full, file)
    assert file.read_bytes() == before
    assert [path.name for path in await asyncio.to_thread(lambda: list(tmp_path.glob("*cadangan*")))] == ["cadangan.zip"]


def test_the_commands_say_what_they_did_and_what_stands_in_the_way(tmp_path: Path) -> None:
    def run(name: str, *words: str) -> subprocess.CompletedProcess[str]:
        variables = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATABASE_URL": f"sqlite:///{tmp_path}/{name}.sqlite3"}
        return subprocess.run([sys.executable, "-m", "bot", *words], cwd=ROOT, env=variables, capture_output=True, text=True, timeout=60, check=False)

    assert run("a", "migrate").returncode == 0
    assert run("a", "backup", str(tmp_path / "c.zip")).returncode == 0
    assert run("b", "restore", str(tmp_path / "c.zip")).returncode == 0
    (tmp_path / "d.zip").write_bytes(b"x")
    spoilt = run("c", "restore", str(tmp_path / "d.zip"))
    assert (spoilt.returncode, "cadangan" in spoilt.stderr) == (1, True)
    assert run("c", "restore", str(tmp_path / "missing.zip")).returncode == 2


def _rewritten(whole: bytes, *, revision: str | None = None, questions: int | None = None) -> bytes:
    """The same backup under another table of contents."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == CONTENTS:
                told = json.loads(content)
                told["revision"] = revision or told["revision"]
                told["tables"]["questions"] = questions or told["tables"]["questions"]
                content = json.dumps(told).encode()
            new.writestr(name, content)
    return out.getvalue()
