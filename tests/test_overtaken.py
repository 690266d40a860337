"""Slow moments between two processes and two previews: what somebody else has published is never silently overwritten."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.core.assembly import Assembly, Documents
from bot.core.rulebook import Notice
from bot.storage.database import migrate, open_engine
from bot.usecases.library import Library
from bot.usecases.ports import Draft
from bot.usecases.publishing import Preview, Published, Publishing, Refused
from tests.test_publishing import FILE, LIKE, Office, opened

OLD, MILD, STRICT = (f"Boleh{sign} rahasiakan pilihan Anda." for sign in ",;!")
LIKING = ("Jangan menyukai unggahan calon.", "Jangan menyukai unggahan calon mana pun.")


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(f"sqlite+aiosqlite:///{tmp_path}/a.sqlite3")
    await migrate(engine)
    yield engine
    await engine.dispose()


def answer(office: Office) -> str:
    version = office.library.shelf.rulebook.rules["hak-pilih"].versions[date(2026, 1, 2)]
    assert version
    return version.answer


async def test_a_draft_made_while_an_edition_is_being_loaded_stands_on_the_one_before(
    engine: AsyncEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = await opened(engine, tmp_path), await opened(engine, tmp_path)
    await there.change("budi", OLD, STRICT)
    assert isinstance(await there.publish("budi"), Published)
    loading, go_on = asyncio.Event(), asyncio.Event()
    archive = here.publishing.serving._archive

    class Slow:
        async def find(self, version: str) -> object:
            loading.set()
            await go_on.wait()
            return await archive.find(version)

    monkeypatch.setattr(here.publishing.serving, "_archive", Slow())
    following = asyncio.create_task(here.publishing.serving.follow())
    await loading.wait()
    monkeypatch.undo()
    assert isinstance(await here.change("sari", *LIKING), Draft)
    assert await here.publish("sari") == Refused("didahului")
    go_on.set()
    assert await following
    assert isinstance(await here.publish("sari"), Published), "now on top of what the other published"
    assert answer(here) == STRICT


async def test_only_what_was_previewed_serves_also_when_an_edition_arrives_while_publishing(
    engine: AsyncEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = await opened(engine, tmp_path), await opened(engine, tmp_path)
    await here.change("sari", *LIKING)
    await here.preview("sari")
    await there.change("budi", OLD, STRICT)
    await there.publish("budi")
    preview = Publishing.preview

    async def overtaken(self: Publishing, owner: str, patience: float | None = None) -> Preview | None:
        await self.serving.follow()
        return await preview(self, owner, patience)

    monkeypatch.setattr(Publishing, "preview", overtaken)
    assert await here.publish("sari") == Refused("berubah")
    assert answer(here) == STRICT


async def test_an_edition_that_cannot_be_loaded_is_not_published_over(engine: AsyncEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = await opened(engine, tmp_path), await opened(engine, tmp_path)
    await there.change("budi", OLD, STRICT)
    await there.publish("budi")
    tried = 0

    def refuse(self: Library, documents: Documents, *, trusting: bool = False) -> tuple[Assembly, None]:
        nonlocal tried
        tried += 1
        return Assembly(None, ()), None

    monkeypatch.setattr(Library, "prepare", refuse)
    assert not await here.publishing.serving.follow()
    assert not await here.publishing.serving.follow()
    assert tried == 1, "not again every two seconds"
    monkeypatch.undo()
    await here.change("sari", *LIKING)
    assert await here.publish("sari") == Refused("didahului")


async def test_a_preview_that_failed_is_made_again(engine: AsyncEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office = await opened(engine, tmp_path)
    await office.change("sari", OLD, MILD)

    async def away(limit: int, least: int) -> list[str]:
        raise ConnectionError("away")

    monkeypatch.setattr(office.log, "lately", away)
    with pytest.raises(ConnectionError):
        await office.preview("sari")
    monkeypatch.undo()
    assert (await office.preview("sari")).shelf


async def test_a_preview_somebody_waits_for_is_not_taken_away_by_later_ones(engine: AsyncEngine, tmp_path: Path) -> None:
    office = await opened(engine, tmp_path)
    owners = [f"admin{number}" for number in range(6)]
    for number, owner in enumerate(owners):
        await office.change(owner, OLD, f"{OLD} Cara {number}.")
    previews = await asyncio.gather(*(office.preview(owner) for owner in owners))
    assert [list(preview.files) for preview in previews] == [[FILE]] * 6


@pytest.mark.parametrize("notice", [Notice(paused=frozenset({"suka-unggahan"})), Notice(closed=True)])
async def test_what_is_switched_off_for_the_moment_is_no_change_of_the_rulebook(engine: AsyncEngine, tmp_path: Path, notice: Notice) -> None:
    office = await opened(engine, tmp_path)
    await office.publishing.serving.post(notice)
    assert office.verdict(LIKE) != "dilarang"
    await office.change("sari", OLD, MILD)
    preview = await office.preview("sari")
    assert preview.flips == ()
    assert [(change.rule, change.before == change.after) for change in preview.changes] == [("hak-pilih", True)]


async def test_a_sentence_that_is_broken_is_told_although_the_programs_own_could_stand_in(engine: AsyncEngine, tmp_path: Path) -> None:
    office = await opened(engine, tmp_path)
    work = await office.publishing.work("sari")
    broken = work.documents["pesan.yaml"].replace(b"{jumlah} berkas berubah", b"{jmlah} berkas berubah", 1)
    assert broken != work.documents["pesan.yaml"]
    await office.publishing.save("sari", "Sari", {"pesan.yaml": broken}, work.revision)
    told = [(problem.file, problem.field) for problem in (await office.preview("sari")).errors]
    assert told == [("pesan.yaml", "pesan.perbarui-menunggu.id")]
    assert [(problem.file, problem.field) for problem in await office.publishing.problems("sari")] == told
    assert await office.publish("sari") == Refused("masalah")


async def test_what_was_read_of_the_notice_board_before_a_change_is_not_put_up_after_it(
    engine: AsyncEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = await opened(engine, tmp_path)
    reading, go_on, editions = asyncio.Event(), asyncio.Event(), office.publishing.serving._editions

    class Slow:
        async def notice(self) -> Notice:
            notice = await editions.notice()
            reading.set()
            await go_on.wait()
            return notice

        def __getattr__(self, name: str) -> object:
            return getattr(editions, name)

    monkeypatch.setattr(office.publishing.serving, "_editions", Slow())
    following = asyncio.create_task(office.publishing.serving.follow())
    await reading.wait()
    posting = asyncio.create_task(office.publishing.serving.post(Notice(closed=True)))
    await asyncio.sleep(0.05)
    go_on.set()
    await asyncio.gather(following, posting)
    assert office.library.shelf.rulebook.notice.closed
