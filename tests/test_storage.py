"""One contract for every place rows may go: memory, SQLite, PostgreSQL."""

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.storage.database import metadata, migrate, open_engine
from bot.storage.folder import read_folder, write_folder
from bot.storage.questions import DatabaseLog
from bot.usecases.ports import QuestionLog, Row
from tests.fakes import MemoryLog

ROW = Row(
    token="abcdefgh",
    hour=datetime(2026, 11, 21, 3, tzinfo=UTC),
    question="boleh like postingan … ?",
    outcome="answer",
    kind=None,
    rule="like-komentar-share",
    branch=None,
    verdict="dilarang",
    options="",
    band="tinggi",
    version="1f09a3bc",
    channel="telegram",
    language="id",
)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def log(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[QuestionLog]:
    if request.param == "memory":
        yield MemoryLog()
        return
    url = f"sqlite+aiosqlite:///{tmp_path}/a.sqlite3" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    engine = open_engine(url)
    await migrate(engine)
    async with engine.begin() as connection:
        await connection.execute(sa.text("DELETE FROM questions"))
    yield DatabaseLog(engine)
    await engine.dispose()


async def test_a_row_comes_back_as_it_was(log: QuestionLog) -> None:
    await log.add(ROW)
    assert await log.find(ROW.token) == ROW
    assert await log.count() == 1


async def test_feedback_and_choice_reach_their_row(log: QuestionLog) -> None:
    await log.add(ROW)
    assert await log.feedback(ROW.token, "suka")
    assert await log.chose(ROW.token, "hadir-kampanye-pasif")
    assert await log.find(ROW.token) == replace(ROW, feedback="suka", chosen="hadir-kampanye-pasif")


async def test_a_row_that_is_gone_is_told_and_not_raised(log: QuestionLog) -> None:
    assert not await log.feedback("gone", "suka")
    assert not await log.chose("gone", "x")
    assert await log.find("gone") is None


async def test_text_that_looks_like_sql_is_text(log: QuestionLog) -> None:
    row = replace(ROW, question="'); DROP TABLE questions; --")
    await log.add(row)
    assert await log.find(ROW.token) == row


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_migrations_make_the_tables_the_code_expects_and_may_run_again(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    engine = open_engine(f"sqlite+aiosqlite:///{tmp_path}/a.sqlite3" if database == "sqlite" else request.getfixturevalue("postgres_url"))
    await migrate(engine)
    await migrate(engine)
    async with engine.connect() as connection:
        columns = await connection.run_sync(lambda c: {column["name"] for column in sa.inspect(c).get_columns("questions")})
        indexes = await connection.run_sync(lambda c: {index["name"] for index in sa.inspect(c).get_indexes("questions")})
    await engine.dispose()
    assert columns == {column.name for column in metadata.tables["questions"].columns}
    assert indexes == {index.name for index in metadata.tables["questions"].indexes}


async def test_sqlite_readers_do_not_wait_for_the_writer(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite+aiosqlite:///{tmp_path}/a.sqlite3")
    await migrate(engine)
    await engine.dispose()
    with sqlite3.connect(tmp_path / "a.sqlite3") as connection:
        mode = connection.execute("PRAGMA journal_mode").fetchone()
    connection.close()
    assert mode == ("wal",)


def test_an_exported_folder_is_byte_identical_where_nothing_changed(tmp_path: Path, documents: dict[str, bytes]) -> None:
    assert write_folder(tmp_path, documents) == len(documents)
    assert write_folder(tmp_path, documents) == 0
    assert read_folder(tmp_path) == documents
