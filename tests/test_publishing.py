"""From a draft to the serving rulebook: previewed, published, followed by other processes, taken back; and nothing lost."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.core.answer import plain
from bot.core.assembly import version_of
from bot.core.rulebook import Notice
from bot.core.vocabulary import Verdict
from bot.storage.archive import DatabaseArchive
from bot.storage.cache import FileCache
from bot.storage.database import migrate, open_engine
from bot.storage.editions import DatabaseDrafts, DatabaseEditions
from bot.usecases.ask import Asking
from bot.usecases.flips import asking_from
from bot.usecases.library import Library, NoRulebook, pack, unpack
from bot.usecases.ports import Draft
from bot.usecases.publishing import Preview, Published, Publishing, Refused, Waiting
from bot.usecases.serving import DEPLOY, Serving
from tests.conftest import NOW
from tests.fakes import MemoryLog
from tests.program import give_what_was_learnt
from tests.small import RULES, small_documents, with_rules

FILE = "aturan/kecil.yaml"
LIKE, VOTE = "boleh gak like postingan paslon", "apakah ASN boleh mencoblos di TPS"


@dataclass
class Office:
    """One process of the program: its library, its publishing, a way to ask."""

    library: Library
    publishing: Publishing
    log: MemoryLog

    def verdict(self, question: str) -> str | None:
        return Asking(self.library, self.log, lambda: NOW).ask(question, "web").parts[0].row.verdict

    async def change(self, owner: str, old: str, new: str, file: str = FILE) -> Draft | Refused:
        work = await self.publishing.work(owner)
        text = work.documents[file].decode()
        assert text.count(old) == 1, old
        return await self.publishing.save(owner, owner.title(), {file: text.replace(old, new).encode()}, work.revision)

    async def publish(self, owner: str, reason: str = "surat edaran baru") -> Published | Waiting | Refused:
        work = await self.publishing.work(owner)
        return await self.publishing.publish(owner, work.key, owner.title(), owner, reason)

    async def preview(self, owner: str) -> Preview:
        preview = await self.publishing.preview(owner)
        assert preview is not None
        return preview


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(f"sqlite+aiosqlite:///{tmp_path}/a.sqlite3")
    await migrate(engine)
    yield engine
    await engine.dispose()


async def opened(engine: AsyncEngine, tmp_path: Path, documents: dict[str, bytes] | None = None, approvals: int = 1) -> Office:
    give_what_was_learnt(tmp_path / "cache")
    library, log = Library(FileCache(tmp_path / "cache")), MemoryLog()
    serving = Serving(library, DatabaseEditions(engine), DatabaseDrafts(engine), DatabaseArchive(engine), lambda: NOW)
    publishing = Publishing(serving, DatabaseDrafts(engine), log, lambda: NOW, approvals, k=1)
    await publishing.serving.start(documents or small_documents())
    return Office(library, publishing, log)


@pytest.fixture
async def office(engine: AsyncEngine, tmp_path: Path) -> Office:
    return await opened(engine, tmp_path)


async def test_the_first_start_records_the_folder_and_the_second_adds_nothing(engine: AsyncEngine, tmp_path: Path, office: Office) -> None:
    again = await opened(engine, tmp_path)
    assert [edition.kind for edition in await again.publishing.serving.history()] == ["folder"]


async def test_a_published_wording_is_in_the_next_answer_and_in_the_history(office: Office) -> None:
    await office.change("sari", "jawab: Boleh, rahasiakan pilihan Anda.", "jawab: Boleh, dan jangan difoto.")
    result = await office.publish("sari", "kalimat lebih jelas")
    assert isinstance(result, Published)
    card = Asking(office.library, office.log, lambda: NOW).ask(VOTE, "web").parts[0].card
    assert card is not None
    assert "jangan difoto" in plain(card)
    newest = (await office.publishing.serving.history())[0]
    assert (newest.author, newest.reason, newest.kind) == ("Sari", "kalimat lebih jelas", "terbit")
    compared = await office.publishing.serving.compare(newest.number)
    assert compared is not None
    assert list(compared[1]) == [FILE]
    assert await office.publishing.drafts() == []


async def test_the_report_puts_what_becomes_permissive_on_top(office: Office) -> None:
    office.log.rows["x"] = replace(Asking(office.library, office.log, lambda: NOW).ask(LIKE, "web").parts[0].row, question=LIKE)
    await office.change("sari", "putusan: dilarang\n        jawab: Jangan menyukai", "putusan: boleh\n        jawab: Silakan menyukai")
    preview = await office.preview("sari")
    assert preview.flips[0].loosens
    assert preview.flips[0].origin == "ditanyakan"
    assert (preview.flips[0].before.verdict, preview.flips[0].after.verdict) == (Verdict.FORBIDDEN, Verdict.ALLOWED)
    assert [(change.rule, change.loosens) for change in preview.changes] == [("suka-unggahan", True)]
    assert office.verdict(LIKE) == "dilarang", "a preview must not serve"


async def test_a_change_of_a_source_names_the_rules_that_stand_on_it(office: Office) -> None:
    work = await office.publishing.work("sari")
    text = work.documents["sumber/hukum.yaml"].decode()
    at = text.index("id: uu-7-2017")
    number = text.index("nomor:", at)
    end = text.index("\n", number)
    changed = text[:number] + "nomor: UU 7/2017 sebagaimana diubah" + text[end:]
    await office.publishing.save("sari", "Sari", {"sumber/hukum.yaml": changed.encode()}, work.revision)
    preview = await office.preview("sari")
    assert [change.rule for change in preview.changes if change.basis_moved] == ["hak-pilih"]


@pytest.mark.parametrize(("reason", "why"), [("", "alasan"), ("  \n ", "alasan")])
async def test_a_reason_is_required(office: Office, reason: str, why: str) -> None:
    await office.change("sari", "Boleh, rahasiakan", "Boleh; rahasiakan")
    assert await office.publish("sari", reason) == Refused(why)  # type: ignore[arg-type]


async def test_only_what_was_previewed_is_published(office: Office) -> None:
    await office.change("sari", "Boleh, rahasiakan", "Boleh; rahasiakan")
    seen = (await office.preview("sari")).key
    await office.change("sari", "Boleh; rahasiakan", "Boleh. Rahasiakan")
    assert await office.publishing.publish("sari", seen, "Sari", "sari", "tergesa-gesa") == Refused("berubah")


async def test_a_draft_with_problems_is_shown_and_never_serves(office: Office) -> None:
    await office.change("sari", "putusan: boleh\n        jawab: Boleh, rahasiakan", "putusan: bolehh\n        jawab: Boleh, rahasiakan")
    preview = await office.preview("sari")
    assert [problem.file for problem in preview.errors] == [FILE]
    assert await office.publish("sari") == Refused("masalah")
    assert office.verdict(VOTE) == "boleh"


async def test_nothing_changed_is_nothing_to_publish(office: Office) -> None:
    assert await office.publish("sari") == Refused("tidak-ada")
    await office.change("sari", "Boleh, rahasiakan", "Boleh; rahasiakan")
    await office.change("sari", "Boleh; rahasiakan", "Boleh, rahasiakan")
    assert await office.publish("sari") == Refused("sama")


async def test_another_process_follows(engine: AsyncEngine, tmp_path: Path, office: Office) -> None:
    other = await opened(engine, tmp_path)
    assert not await other.publishing.serving.follow()
    await office.change("sari", "putusan: dilarang\n        jawab: Jangan menyukai", "putusan: boleh\n        jawab: Silakan menyukai")
    await office.publish("sari")
    assert await other.publishing.serving.follow()
    assert other.verdict(LIKE) == "boleh"
    assert not await other.publishing.serving.follow()


async def test_of_two_who_publish_at_once_one_wins_and_the_other_is_told(engine: AsyncEngine, tmp_path: Path, office: Office) -> None:
    other = await opened(engine, tmp_path)
    await office.change("sari", "Boleh, rahasiakan", "Boleh; rahasiakan")
    await other.change("budi", "Jangan menyukai unggahan calon.", "Jangan menyukai unggahan calon mana pun.")
    assert isinstance(await office.publish("sari"), Published)
    assert await other.publish("budi") == Refused("didahului")
    await other.publishing.serving.follow()
    assert isinstance(await other.publish("budi"), Published), "different lines are merged"
    served = other.library.shelf.rulebook.rules
    assert "calon mana pun" in served["suka-unggahan"].versions[date(2026, 1, 2)].answer  # type: ignore[union-attr]
    assert "Boleh;" in served["hak-pilih"].versions[date(2026, 1, 2)].answer  # type: ignore[union-attr]


async def test_the_same_lines_changed_twice_are_a_conflict_that_somebody_decides(office: Office) -> None:
    await office.change("sari", "Boleh, rahasiakan", "Boleh; rahasiakan")
    await office.change("budi", "Boleh, rahasiakan", "Boleh! Rahasiakan")
    await office.publish("sari")
    work = await office.publishing.work("budi")
    assert [(c.where, "Boleh! " in c.ours, "Boleh; " in c.theirs) for c in work.conflicts] == [("hak-pilih", True, True)]
    assert await office.publish("budi") == Refused("bentrok")
    assert await office.publishing.save("budi", "Budi", {FILE: b"x"}, work.revision) == Refused("bentrok")
    assert isinstance(await office.publishing.decide("budi", {work.conflicts[0].key: "kita"}), Draft)
    assert isinstance(await office.publish("budi"), Published)
    assert "Boleh! " in office.library.shelf.rulebook.rules["hak-pilih"].versions[date(2026, 1, 2)].answer  # type: ignore[union-attr]


async def test_a_save_over_a_save_that_was_not_seen_is_refused(office: Office) -> None:
    work = await office.publishing.work("sari")
    text = work.documents[FILE]
    first = await office.publishing.save("sari", "Sari", {FILE: text + b"# a\n"}, work.revision)
    assert isinstance(first, Draft)
    assert await office.publishing.save("sari", "Sari", {FILE: text + b"# b\n"}, work.revision) == Refused("berubah")


async def test_yesterday_comes_back_as_a_new_edition(office: Office) -> None:
    before = office.library.shelf.documents
    await office.change("sari", "putusan: dilarang\n        jawab: Jangan menyukai", "putusan: boleh\n        jawab: Silakan menyukai")
    await office.publish("sari")
    assert isinstance(await office.publishing.restore("budi", "Budi", 1, 0), Draft)
    assert isinstance(await office.publish("budi", "kembali ke kemarin"), Published)
    assert office.verdict(LIKE) == "dilarang"
    assert [edition.number for edition in await office.publishing.serving.history()] == [3, 2, 1]
    assert office.library.shelf.documents == before


async def test_four_eyes_wait_for_a_second_pair(engine: AsyncEngine, tmp_path: Path) -> None:
    office = await opened(engine, tmp_path, approvals=2)
    await office.change("sari", "Boleh, rahasiakan", "Boleh; rahasiakan")
    key = (await office.publishing.work("sari")).key
    assert await office.publishing.publish("sari", key, "Sari", "sari", "alasan baik") == Waiting(1, 2)
    assert await office.publishing.publish("sari", key, "Sari", "sari", "alasan baik") == Waiting(1, 2), "the same eyes twice are two eyes"
    assert isinstance(await office.publishing.publish("sari", key, "Budi", "budi", "alasan baik"), Published)


async def test_an_approval_of_an_older_revision_does_not_count(engine: AsyncEngine, tmp_path: Path) -> None:
    office = await opened(engine, tmp_path, approvals=2)
    await office.change("sari", "Boleh, rahasiakan", "Boleh; rahasiakan")
    assert await office.publish("sari") == Waiting(1, 2)
    await office.change("sari", "Boleh; rahasiakan", "Boleh! Rahasiakan")
    work = await office.publishing.work("sari")
    assert await office.publishing.publish("sari", work.key, "Budi", "budi", "alasan baik") == Waiting(1, 2)


async def test_a_failure_while_publishing_leaves_the_old_version_serving(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    await office.change("sari", "putusan: dilarang\n        jawab: Jangan menyukai", "putusan: boleh\n        jawab: Silakan menyukai")

    async def away(*_: object) -> bool:
        raise ConnectionError("away")

    monkeypatch.setattr(DatabaseEditions, "add", away)
    with pytest.raises(ConnectionError):
        await office.publish("sari")
    assert office.verdict(LIKE) == "dilarang"
    assert len(await office.publishing.serving.history()) == 1
    assert len(await office.publishing.drafts()) == 1


# --- a deploy that brings another folder ---


async def test_a_changed_folder_serves_when_nobody_has_edited(engine: AsyncEngine, tmp_path: Path, office: Office) -> None:
    changed = with_rules("Boleh, rahasiakan", "Boleh; rahasiakan")
    again = await opened(engine, tmp_path, changed)
    assert again.library.shelf.rulebook.version == version_of(changed)
    assert [edition.kind for edition in await again.publishing.serving.history()] == ["folder", "folder"]


async def test_published_edits_survive_a_restart(engine: AsyncEngine, tmp_path: Path, office: Office) -> None:
    await office.change("sari", "putusan: dilarang\n        jawab: Jangan menyukai", "putusan: boleh\n        jawab: Silakan menyukai")
    await office.publish("sari")
    assert (await opened(engine, tmp_path)).verdict(LIKE) == "boleh"


async def test_a_changed_folder_beside_published_edits_waits_and_neither_is_lost(engine: AsyncEngine, tmp_path: Path, office: Office) -> None:
    await office.change("sari", "Jangan menyukai unggahan calon.", "Jangan menyukai unggahan calon mana pun.")
    await office.publish("sari")
    deployed = with_rules("Boleh, rahasiakan", "Boleh; rahasiakan")
    for _ in range(2):  # a second restart lays nothing aside again
        again = await opened(engine, tmp_path, deployed)
        assert [draft.owner for draft in await again.publishing.drafts()] == [DEPLOY]
        assert "calon mana pun" in again.library.shelf.rulebook.rules["suka-unggahan"].versions[date(2026, 1, 2)].answer  # type: ignore[union-attr]
    assert isinstance(await again.publish(DEPLOY, "terima deploy"), Published)
    rules = again.library.shelf.rulebook.rules
    assert "calon mana pun" in rules["suka-unggahan"].versions[date(2026, 1, 2)].answer  # type: ignore[union-attr]
    assert "Boleh;" in rules["hak-pilih"].versions[date(2026, 1, 2)].answer  # type: ignore[union-attr]
    third = await opened(engine, tmp_path, deployed)
    assert await third.publishing.drafts() == []


async def test_a_deployed_folder_that_touches_the_same_line_is_a_three_way_conflict(engine: AsyncEngine, tmp_path: Path, office: Office) -> None:
    await office.change("sari", "Boleh, rahasiakan", "Boleh! Rahasiakan")
    await office.publish("sari")
    again = await opened(engine, tmp_path, with_rules("Boleh, rahasiakan", "Boleh; rahasiakan"))
    conflicts = (await again.publishing.work(DEPLOY)).conflicts
    assert [("Boleh, " in c.base, "Boleh; " in c.ours, "Boleh! " in c.theirs) for c in conflicts] == [(True, True, True)]


async def test_a_deployed_folder_that_is_discarded_does_not_come_back(engine: AsyncEngine, tmp_path: Path, office: Office) -> None:
    await office.change("sari", "Boleh, rahasiakan", "Boleh! Rahasiakan")
    await office.publish("sari")
    deployed = with_rules("Jangan menyukai unggahan calon.", "Jangan pernah menyukai unggahan calon.")
    again = await opened(engine, tmp_path, deployed)
    await again.publishing.discard(DEPLOY, "Sari")
    third = await opened(engine, tmp_path, deployed)
    assert await third.publishing.drafts() == []
    assert "Boleh! " in third.library.shelf.rulebook.rules["hak-pilih"].versions[date(2026, 1, 2)].answer  # type: ignore[union-attr]


async def test_a_broken_folder_beside_an_earlier_edition_leaves_the_edition_serving(engine: AsyncEngine, tmp_path: Path, office: Office) -> None:
    broken = {**small_documents(), FILE: b"topik: media-sosial\naturan: [\n"}
    again = await opened(engine, tmp_path, broken)
    assert again.verdict(VOTE) == "boleh"


async def test_without_any_rulebook_every_problem_is_told(engine: AsyncEngine, tmp_path: Path) -> None:
    with pytest.raises(NoRulebook) as told:
        await opened(engine, tmp_path / "empty", {**small_documents(), FILE: b"topik: x\naturan: [\n"})
    assert told.value.assembly.errors


# --- the notice board, and other days ---


async def test_a_banner_stands_on_every_card_and_reaches_other_processes(engine: AsyncEngine, tmp_path: Path, office: Office) -> None:
    other = await opened(engine, tmp_path)
    await office.publishing.serving.post(Notice(banner="Aturan sedang diperbarui."))
    assert await other.publishing.serving.follow()
    for process in (office, other):
        card = Asking(process.library, process.log, lambda: NOW).card("hak-pilih")
        assert card is not None
        assert plain(card).startswith("Aturan sedang diperbarui.")


async def test_a_rule_that_is_switched_off_says_so_everywhere_and_answers_nothing(office: Office) -> None:
    await office.publishing.serving.post(Notice(paused=frozenset({"suka-unggahan"})))
    part = Asking(office.library, office.log, lambda: NOW).ask(LIKE, "web").parts[0]
    assert part.card is not None
    assert (part.card.verdict, part.card.sections, part.card.branches) == (Verdict.CONSULT, (), ())
    assert "Jangan menyukai" not in plain(part.card)
    assert office.verdict(VOTE) == "boleh"
    await office.publishing.serving.post(Notice())
    assert office.verdict(LIKE) == "dilarang"


async def test_a_closed_bot_answers_nothing_and_opens_again(office: Office) -> None:
    await office.publishing.serving.post(Notice(closed=True))
    part = Asking(office.library, office.log, lambda: NOW).ask(LIKE, "web").parts[0]
    assert (part.card, part.row.kind) == (None, "ditutup")
    card = Asking(office.library, office.log, lambda: NOW).card("hak-pilih")
    assert card is not None
    assert card.verdict is Verdict.CONSULT
    await office.publishing.serving.post(Notice())
    assert office.verdict(LIKE) == "dilarang"


async def test_the_notice_board_survives_a_restart_and_a_publication(engine: AsyncEngine, tmp_path: Path, office: Office) -> None:
    await office.publishing.serving.post(Notice(banner="Sedang diperbarui.", paused=frozenset({"suka-unggahan"})))
    await office.change("sari", "Boleh, rahasiakan", "Boleh; rahasiakan")
    await office.publish("sari")
    for process in (office, await opened(engine, tmp_path)):
        assert process.library.shelf.rulebook.notice.banner == "Sedang diperbarui."
        assert process.verdict(LIKE) == "konsultasi"


async def test_a_draft_can_be_asked_on_another_day(office: Office) -> None:
    old = "        inggris: Yes, and keep it secret.\n        keyakinan: tinggi\n"
    later = (
        old
        + "      2027-02-01:\n        putusan: info\n        jawab: Mulai Februari lain.\n        dasar:\n          - sumber: uu-7-2017\n        inggris: Other.\n        keyakinan: tinggi\n"
    )
    await office.change("sari", old, later)
    shelf = (await office.preview("sari")).shelf
    assert shelf is not None
    verdicts = [asking_from(shelf, lambda: NOW, day).ask(VOTE, "web").parts[0].row.verdict for day in (date(2027, 1, 31), date(2027, 2, 14))]
    assert verdicts == ["boleh", "info"]


def test_the_small_rulebook_is_what_these_tests_change() -> None:
    assert "Boleh, rahasiakan" in RULES


async def test_an_older_download_that_is_sent_back_does_not_take_back_what_others_published(office: Office) -> None:
    old = office.library.shelf
    await office.change("sari", "Boleh, rahasiakan", "Boleh; rahasiakan")
    await office.publish("sari")
    edited = {**unpack(old.documents), FILE: RULES.replace("Jangan menyukai unggahan calon.", "Jangan menyukai unggahan calon mana pun.").encode()}
    result = await office.publishing.upload("budi", "Budi", f"buku-aturan-{old.rulebook.version}.zip", pack(edited))
    assert isinstance(result, Draft)
    merged = (await office.publishing.work("budi")).documents[FILE].decode()
    assert "Boleh; rahasiakan" in merged
    assert "calon mana pun" in merged


async def test_a_preview_in_the_making_does_not_hold_up_the_end(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    await office.change("sari", "Boleh, rahasiakan", "Boleh; rahasiakan")
    monkeypatch.setattr(office.library, "prepare", lambda _: time.sleep(30))
    waiting = asyncio.create_task(office.preview("sari"))
    await asyncio.sleep(0.2)
    office.publishing.stop()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(waiting, 5)
    assert not [thread for thread in threading.enumerate() if thread.name == "preview" and not thread.daemon]
