"""From changed documents to the serving rulebook: prepare, preview, publish, go back, follow. All doors of the editors end here.

An edition is written in one transaction under the next number, so two who publish at once cannot both win; the index is
swapped by one assignment. History is only added to: going back publishes old documents as a new edition.
"""

import asyncio
import contextlib
import logging
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from bot.core.assembly import Assembly, Documents, assemble, messages_of, version_of
from bot.core.changes import RuleChange, changes, file_changes
from bot.core.merging import Conflict, Side, merge
from bot.core.problem import Problem
from bot.core.rulebook import Notice
from bot.usecases.flips import Answers, Flip, flips, without_notice
from bot.usecases.library import Library, NoRulebook, Shelf, pack, unpack
from bot.usecases.ports import Archive, Clock, Draft, Drafts, Edition, Editions, QuestionLog
from bot.usecases.uploads import documents_in

log = logging.getLogger(__name__)
T = TypeVar("T")
_DOWNLOAD = re.compile(r"buku-aturan-([0-9a-f]{8})")
"""How our downloads are called: the name tells which version somebody has edited."""

ASKED_LATELY = 500
"""How many different recent questions the flip report runs again."""
MAX_REASON = 300
SENTENCES = "pesan.yaml"
DEPLOY = "deploy"
"""Owner of the draft in which a deployed folder waits beside published edits."""

Why = Literal["alasan", "berubah", "bentrok", "masalah", "sama", "didahului", "tidak-ada"]


@dataclass(frozen=True, slots=True)
class Work:
    """Somebody's changes as they stand on top of what serves now. `conflicts` must be decided before anything else."""

    draft: Draft | None
    live: Documents
    base: Documents
    documents: Documents
    conflicts: tuple[Conflict, ...]
    number: int
    """The edition that `live` is."""

    @property
    def key(self) -> str:
        """Names exactly these documents; what was previewed is what is published."""
        return version_of(self.documents)

    @property
    def revision(self) -> int:
        return self.draft.revision if self.draft else 0


@dataclass(frozen=True, slots=True)
class Preview:
    """Everything an editor must see before publishing. `shelf` is None while Problems stand in the way."""

    key: str
    problems: tuple[Problem, ...]
    changes: tuple[RuleChange, ...]
    files: Mapping[str, str]
    flips: tuple[Flip, ...]
    questions: int
    """How many questions were asked again."""
    shelf: Shelf | None

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity == "galat")


@dataclass(frozen=True, slots=True)
class Published:
    """It serves now."""

    edition: Edition


@dataclass(frozen=True, slots=True)
class Waiting:
    """Approved by some, not yet by enough."""

    approvals: int
    needed: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was changed, and why."""

    why: Why


class Publishing:
    """The editors' side of the Library. Has no notion of who may: the edges ask `Access` first."""

    def __init__(
        self,
        library: Library,
        editions: Editions,
        drafts: Drafts,
        archive: Archive,
        questions: QuestionLog,
        clock: Clock,
        approvals: int = 1,
        k: int = 5,
    ) -> None:
        self._library = library
        self._editions = editions
        self._drafts = drafts
        self._archive = archive
        self._questions = questions
        self._clock = clock
        self.approvals = approvals
        self._k = k
        self._posting = asyncio.Lock()
        """Held while the notice board changes: what was read before a change must not be put up after it."""
        self._number = 0
        """The edition that serves here. Changes together with the shelf, or what grew from one would pass as grown from the other."""
        self._tried = 0
        self._folder = ""
        self._checked: tuple[str, tuple[Problem, ...]] = ("", ())
        self._previews: OrderedDict[tuple[str, str], asyncio.Task[Preview]] = OrderedDict()
        self._answers = Answers()

    # --- what serves ---

    async def start(self, folder: Documents) -> None:
        """Puts in place what is to serve: the published edition, or the deployed folder when nobody has edited since.

        Raises NoRulebook when neither can be read.
        """
        self._folder = version_of(folder)
        self._library.spare = messages_of(folder)
        self._library.post(await self._editions.notice())
        latest = await self._editions.latest()
        if latest is not None and (latest.folder == self._folder or latest.version != latest.folder) and await self._serve(latest):
            if latest.folder != self._folder:
                await self._lay_aside(latest, folder)
            return
        assembly = await asyncio.to_thread(self._library.load, folder)
        if assembly.rulebook is not None:
            await self._record_folder(latest)

    async def follow(self) -> bool:
        """Takes over what another process has published or posted; True when something changed."""
        async with self._posting:
            notice = await self._editions.notice()
            posted = self._library.shelf.rulebook.notice != notice
            if posted:
                self._library.post(notice)
        latest = await self._editions.latest()
        if latest is None or latest.number <= max(self._number, self._tried):
            return posted
        return await self._serve(latest) or posted

    async def _serve(self, edition: Edition) -> bool:
        """Loads an edition; False when its documents are gone or this program cannot read them."""
        self._tried = edition.number
        if self._library.is_ready and self._library.shelf.rulebook.version == edition.version:
            self._number = edition.number
            return True
        kept = await self._archive.find(edition.version)
        if kept is None:
            log.error("edition %d: its documents are not in the archive", edition.number)
            return False
        assembly, shelf = await asyncio.to_thread(self._library.prepare, unpack(kept[1]), trusting=True)
        if shelf is None:
            log.error("edition %d refused: %d problems", edition.number, len(assembly.errors))
            return False
        self._library.install(shelf)
        self._number = edition.number
        return True

    async def _record_folder(self, latest: Edition | None) -> None:
        """Notes that the deployed folder serves now."""
        shelf = self._library.shelf
        await self._keep(shelf)
        number = latest.number + 1 if latest else 1
        edition = Edition(number, shelf.rulebook.version, shelf.rulebook.version, "folder", DEPLOY, "", self._clock())
        if not await self._editions.add(edition):
            log.info("another process has recorded this folder")
        self._number = number

    async def _lay_aside(self, latest: Edition, folder: Documents) -> None:
        """A deploy brought another folder while edits are published: it waits as a draft, merged as far as lines allow."""
        waiting = await self._drafts.find(DEPLOY)
        if waiting is not None and waiting.folder == self._folder:
            return
        base = await self._documents_of(latest.folder)
        live = unpack(self._library.shelf.documents)
        changed = _difference(base or live, folder)
        await self._archive.keep(self._folder, self._clock().date(), pack(folder))
        number = await self._number_of(latest.folder)
        await self._drafts.save(Draft(DEPLOY, DEPLOY, number, self._folder, waiting.revision if waiting else 0, changed, self._clock()))
        log.warning("the deployed folder differs from the one the published edits grew from: it waits as a draft")

    async def _number_of(self, version: str) -> int:
        return next((edition.number for edition in await self._editions.history(1000) if edition.version == version), self._number)

    async def _documents_of(self, version: str) -> Documents | None:
        kept = await self._archive.find(version)
        return unpack(kept[1]) if kept else None

    async def _keep(self, shelf: Shelf) -> None:
        await self._archive.keep(shelf.rulebook.version, self._clock().date(), shelf.documents)

    # --- drafts ---

    async def work(self, owner: str) -> Work:
        """Somebody's changes on top of what serves now."""
        number, version, live = self._number, self._library.shelf.rulebook.version, unpack(self._library.shelf.documents)
        draft = await self._drafts.find(owner)
        if draft is None:
            return Work(None, live, live, live, (), number)
        edition = await self._editions.find(draft.base)
        base = (await self._documents_of(edition.version) if edition else None) or live
        ours = _overlaid(base, draft.changed)
        if edition is None or edition.version == version:
            return Work(draft, live, base, ours, (), number)
        merged = await asyncio.to_thread(merge, base, ours, live)
        return Work(draft, live, base, merged.documents, merged.open, number)

    async def drafts(self) -> list[Draft]:
        """All unpublished changes, the newest first."""
        return await self._drafts.all()

    async def save(self, owner: str, author: str, files: Mapping[str, bytes | None], revision: int) -> Draft | Refused:
        """Writes files into somebody's draft; None removes one. `revision` is the one the editor has seen."""
        work = await self.work(owner)
        if work.conflicts:
            return Refused("bentrok")
        if work.revision != revision:
            return Refused("berubah")
        return await self._write(work, owner, author, _overlaid(work.documents, files))

    async def upload(self, owner: str, author: str, name: str, raw: bytes) -> Draft | Refused | list[Problem]:
        """Puts the documents of an uploaded file into somebody's draft; Problems when the file itself cannot be used."""
        work = await self.work(owner)
        files, problems = await asyncio.to_thread(documents_in, name, raw, work.live)
        if problems:
            return problems
        if work.draft is None and (old := await self._grew_from(name, work)) is not None:
            # Edited from an older download: what others have published since is merged, not taken back.
            base = await self._documents_of(old.version) or work.live
            draft = Draft(owner, author, old.number, old.folder, 0, _difference(base, _overlaid(base, files)), self._clock())
            return (await self._drafts.find(owner)) or Refused("tidak-ada") if await self._drafts.save(draft) else Refused("berubah")
        return await self.save(owner, author, files, work.revision)

    async def _grew_from(self, name: str, work: Work) -> Edition | None:
        """The older edition that an uploaded download names; None when it is the live one or says nothing."""
        named = _DOWNLOAD.search(name)
        if named is None or named[1] == version_of(work.live):
            return None
        return next((edition for edition in await self._editions.history(1000) if edition.version == named[1]), None)

    async def decide(self, owner: str, choices: Mapping[str, Side]) -> Draft | Refused:
        """Settles conflicts with what was published in between; every one must be decided."""
        work = await self.work(owner)
        if work.draft is None:
            return Refused("tidak-ada")
        merged = await asyncio.to_thread(merge, work.base, _overlaid(work.base, work.draft.changed), work.live, choices)
        return Refused("bentrok") if merged.open else await self._write(work, owner, work.draft.author, merged.documents)

    async def discard(self, owner: str, author: str = "") -> None:
        """Throws a draft away. A deployed folder that is discarded is noted as seen, so that it does not come back."""
        draft = await self._drafts.find(owner)
        await self._drafts.discard(owner)
        latest = await self._editions.latest()
        if owner == DEPLOY and draft is not None and latest is not None:
            await self._add(latest, latest.version, draft.folder, "terbit", author, "folder dari deploy tidak dipakai")

    async def _write(self, work: Work, owner: str, author: str, documents: Documents) -> Draft | Refused:
        changed = _difference(work.live, documents)
        latest = await self._editions.latest()
        folder = work.draft.folder if work.draft else latest.folder if latest else self._folder
        draft = Draft(owner, author, work.number, folder, work.revision, changed, self._clock())
        return (await self._drafts.find(owner)) or Refused("tidak-ada") if await self._drafts.save(draft) else Refused("berubah")

    # --- preview and publish ---

    async def preview(self, owner: str, patience: float | None = None) -> Preview | None:
        """What publishing would change. None when it is not ready within `patience` seconds; asking again goes on waiting."""
        work = await self.work(owner)
        key = (version_of(work.live), work.key)
        task = self._previews.get(key)
        if task is None or (task.done() and task.exception()):  # what failed, as when the database was away, is tried again
            task = self._previews[key] = asyncio.create_task(self._prepare(work), name="preview")
            while len(self._previews) > 2:  # each holds an index in memory; one that somebody still waits for ends by itself
                self._previews.popitem(last=False)
        done, _ = await asyncio.wait({task}, timeout=patience)
        return task.result() if done else None

    async def _prepare(self, work: Work) -> Preview:
        asked = await self._questions.lately(ASKED_LATELY, self._k)
        old = without_notice(self._library.shelf)
        day = self._clock().date()

        def build() -> Preview:
            assembly: Assembly
            assembly, shelf = self._library.prepare(work.documents)
            spoilt = _spoilt_sentences(work)
            problems = (*spoilt, *assembly.problems)
            files = file_changes(work.live, work.documents)
            if shelf is None or any(problem.severity == "galat" for problem in spoilt):
                return Preview(work.key, problems, (), files, (), 0, None)
            found = flips(old, shelf, assembly.examples, asked, self._clock, self._answers)
            moved = changes(old.rulebook, shelf.rulebook, day)
            return Preview(work.key, problems, moved, files, found, len({*asked, *(e.question for e in assembly.examples)}), shelf)

        return await _aside(build)

    def stop(self) -> None:
        """Ends previews in the making, so that they do not hold up the end of the program."""
        for preview in self._previews.values():
            preview.cancel()

    async def problems(self, owner: str) -> tuple[Problem, ...]:
        """The Problems of somebody's draft, without asking any question again."""
        work = await self.work(owner)
        if self._checked[0] != work.key:
            assembly = await asyncio.to_thread(assemble, work.documents, self._library.spare)
            self._checked = (work.key, (*_spoilt_sentences(work), *assembly.problems))
        return self._checked[1]

    async def publish(self, owner: str, seen: str, author: str, approver: str, reason: str) -> Published | Waiting | Refused:
        """Makes a draft serve. `seen` is the key of the preview the editor looked at, `approver` who says yes (opaque)."""
        reason = " ".join(reason.split())[:MAX_REASON]
        if len(reason) < 3:
            return Refused("alasan")
        work = await self.work(owner)
        if work.draft is None:
            return Refused("tidak-ada")
        if work.conflicts:
            return Refused("bentrok")
        if work.key != seen:
            return Refused("berubah")
        if work.key == version_of(work.live) and work.draft.folder == self._folder_of(await self._editions.latest()):
            return Refused("sama")
        preview = await self.preview(owner)
        if preview is not None and preview.key != seen:
            return Refused("berubah")
        if preview is None or preview.shelf is None:
            return Refused("masalah")
        approvals = await self._drafts.approve(owner, work.revision, approver)
        if approvals < self.approvals:
            return Waiting(approvals, self.approvals)
        latest = await self._editions.latest()
        if latest is not None and latest.number != work.number:
            return Refused("didahului")
        await self._keep(preview.shelf)
        edition = await self._add(latest, preview.shelf.rulebook.version, work.draft.folder, "terbit", author, reason)
        if edition is None:
            return Refused("didahului")
        self._library.install(preview.shelf)
        await self._drafts.discard(owner)
        self._previews.clear()
        return Published(edition)

    async def restore(self, owner: str, author: str, number: int, revision: int) -> Draft | Refused:
        """Lays the documents of an old edition into a draft, to be looked at and published like any other change."""
        edition = await self._editions.find(number)
        documents = await self._documents_of(edition.version) if edition else None
        if documents is None:
            return Refused("tidak-ada")
        work = await self.work(owner)
        if work.conflicts or work.revision != revision:
            return Refused("bentrok" if work.conflicts else "berubah")
        return await self._write(work, owner, author, documents)

    async def history(self, limit: int = 50) -> list[Edition]:
        """What was published, the newest first."""
        return await self._editions.history(limit)

    async def compare(self, number: int) -> tuple[Edition, Mapping[str, str]] | None:
        """An edition and what it changed in each file, against the one before."""
        edition, before = await self._editions.find(number), await self._editions.find(number - 1)
        documents = await self._documents_of(edition.version) if edition else None
        if edition is None or documents is None:
            return None
        earlier = await self._documents_of(before.version) if before else {}
        return edition, await asyncio.to_thread(file_changes, earlier or {}, documents)

    # --- the notice board ---

    async def post(self, notice: Notice) -> None:
        """Changes the notice board, here at once and elsewhere within seconds."""
        async with self._posting:
            await self._editions.post(notice)
            self._library.post(notice)

    def _folder_of(self, latest: Edition | None) -> str:
        return latest.folder if latest else self._folder

    async def _add(
        self, latest: Edition | None, version: str, folder: str, kind: Literal["terbit", "pulih"], author: str, reason: str
    ) -> Edition | None:
        edition = Edition(latest.number + 1 if latest else 1, version, folder, kind, author, reason, self._clock())
        if not await self._editions.add(edition):
            return None
        self._number = edition.number
        return edition


async def _aside(work: Callable[[], T]) -> T:
    """Runs work in a thread of its own that the end of the program does not wait for, as it would for the pool's."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def tell(fill: Callable[[Any], None], value: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is gone, and with it whoever wanted to know
            loop.call_soon_threadsafe(lambda: None if done.cancelled() else fill(value))

    def run() -> None:
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - handed to whoever waits
            tell(done.set_exception, error)
        else:
            tell(done.set_result, result)

    threading.Thread(target=run, name="preview", daemon=True).start()
    return await done


def _spoilt_sentences(work: Work) -> list[Problem]:
    """The Problems of fixed sentences that a draft changes. Sentences of the program stand in for what an older edition lacks,
    and would hide what somebody has just broken.
    """
    if work.documents.get(SENTENCES) == work.live.get(SENTENCES):
        return []
    before, after = (assemble({SENTENCES: side.get(SENTENCES, b"")}).problems for side in (work.live, work.documents))
    known = {(problem.field, problem.what) for problem in before}
    return [problem for problem in after if problem.file == SENTENCES and problem.field and (problem.field, problem.what) not in known]


def _overlaid(base: Documents, changed: Mapping[str, bytes | None]) -> dict[str, bytes]:
    merged = {**base, **changed}
    return {name: content for name, content in merged.items() if content is not None}


def _difference(base: Documents, documents: Documents) -> dict[str, bytes | None]:
    """What must be overlaid on the base to get the documents."""
    return {name: documents.get(name) for name in {*base, *documents} if base.get(name) != documents.get(name)}


__all__ = ["DEPLOY", "NoRulebook", "Preview", "Published", "Publishing", "Refused", "Waiting", "Work"]
