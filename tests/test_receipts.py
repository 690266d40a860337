"""A code on a card leads back to what the rulebook said then."""

from datetime import date
from pathlib import Path

import pytest

from bot.storage.archive import DatabaseArchive
from bot.storage.cache import FileCache
from bot.storage.database import migrate, open_engine
from bot.usecases.library import Library
from bot.usecases.receipts import Receipts
from tests.conftest import NOW
from tests.fakes import MemoryArchive
from tests.program import give_what_was_learnt
from tests.small import small_documents, with_rules


async def served_twice(folder: Path, archive: MemoryArchive | DatabaseArchive) -> tuple[Library, str, str]:
    """Two rulebooks, one after the other: (library, version before, version now)."""
    give_what_was_learnt(folder)
    library = Library(FileCache(folder))
    versions = []
    changed = with_rules("jawab: Boleh, rahasiakan pilihan Anda.", "jawab: Boleh, dan jangan difoto.")
    for day, documents in ((date(2026, 11, 1), small_documents()), (date(2026, 11, 20), changed)):
        library.load(documents)
        versions.append(library.shelf.rulebook.version)
        await archive.keep(versions[-1], day, library.shelf.documents)
    return library, versions[0], versions[1]


async def test_an_old_code_shows_the_old_wording_and_since_when(tmp_path: Path) -> None:
    archive = MemoryArchive()
    library, old, now = await served_twice(tmp_path, archive)
    receipts = Receipts(library, archive, lambda: NOW)
    letters = "".join(c for c in _code(library, "hak-pilih"))
    before, after = await receipts.look_up(f"{letters}-{old}"), await receipts.look_up(f"{letters}-{now}")
    assert before is not None
    assert after is not None
    assert (before.is_current, before.since) == (False, date(2026, 11, 1))
    assert (after.is_current, after.since) == (True, date(2026, 11, 20))
    assert "rahasiakan" in str(before.card.blocks)
    assert "jangan difoto" in str(after.card.blocks)


@pytest.mark.parametrize("code", ["", "x", "AAAAA-00000000", "AAAAA", "'; DROP TABLE rulebooks; --", "A" * 500])
async def test_an_unknown_code_is_told_and_not_raised(small_library: Library, code: str) -> None:
    assert await Receipts(small_library, MemoryArchive(), lambda: NOW).look_up(code) is None


async def test_a_code_may_be_typed_carelessly(tmp_path: Path) -> None:
    archive = MemoryArchive()
    library, old, _ = await served_twice(tmp_path, archive)
    assert await Receipts(library, archive, lambda: NOW).look_up(f" {_code(library, 'hak-pilih').lower()} - {old.upper()} ")


async def test_the_database_keeps_each_version_once(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite+aiosqlite:///{tmp_path}/a.sqlite3")
    await migrate(engine)
    archive = DatabaseArchive(engine)
    await archive.keep("1f09a3bc", date(2026, 11, 1), b"a")
    await archive.keep("1f09a3bc", date(2026, 11, 9), b"b")
    assert await archive.find("1f09a3bc") == (date(2026, 11, 1), b"a")
    assert await archive.find("00000000") is None
    await engine.dispose()


def _code(library: Library, rule: str) -> str:
    from bot.core.answer import rule_code

    return rule_code(library.shelf.rulebook.rules[rule].id)
