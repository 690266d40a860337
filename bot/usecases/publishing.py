"""From changed documents to the serving rulebook: drafts, preview, publish, go back. All doors of the editors end here."""

import asyncio
import contextlib
import logging
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from bot.core.assembly import Assembly, Documents, assemble, version_of
from bot.core.changes import RuleChange, changes, file_changes
from bot.core.merging import Conflict, Side, merge
from bot.core.problem import Problem
from bot.usecases.flips import Answers, Flip, flips, without_notice
from bot.usecases.library import Shelf, unpack
from bot.usecases.ports import Clock, Draft, Drafts, Edition, QuestionLog
from bot.usecases.serving import DEPLOY, Serving, difference, overlaid
from bot.usecases.uploads import documents_in

log = logging.getLogger(__name__)
T = TypeVar("T")
_DOWNLOAD = re.compile(r"buku-aturan-([0-9a-f]{8})")
"""How our downloads are called: the name tells which version somebody has edited."""

ASKED_LATELY = 500
"""How many different recent questions the flip report runs again."""
MAX_REASON = 300
SENTENCES = "pesan.yaml"

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

    def __init__(self, serving: Serving, drafts: Drafts, questions: QuestionLog, clock: Clock, approvals: int = 1, k: int = 5) -> None:
        self.serving = serving
        self._library = serving.library
        self._drafts = drafts
        self._questions = questions
        self._clock = clock
        self.approvals = approvals
        self._k = k
        self._checked: tuple[str, tuple[Problem, ...]] = ("", ())
        self._previews: OrderedDict[tuple[str, str], asyncio.Task[Preview]] = OrderedDict()
        self._answers = Answers()

    # --- drafts ---

    async def work(self, owner: str) -> Work:
        """Somebody's changes on top of what serves now."""
        number, version, live = self.serving.number, self._library.shelf.rulebook.version, unpack(self._library.shelf.documents)
        draft = await self._drafts.find(owner)
        if draft is None:
            return Work(None, live, live, live, (), number)
        edition = await self.serving.find(draft.base)
        base = (await self.serving.documents_of(edition.version) if edition else None) or live
        ours = overlaid(base, draft.changed)
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
        return await self._write(work, owner, author, overlaid(work.documents, files))

    async def upload(self, owner: str, author: str, name: str, raw: bytes) -> Draft | Refused | list[Problem]:
        """Puts the documents of an uploaded file into somebody's draft; Problems when the file itself cannot be used."""
        work = await self.work(owner)
        files, problems = await asyncio.to_thread(documents_in, name, raw, work.live)
        if problems:
            return problems
        if work.draft is None and (old := await self._grew_from(name, work)) is not None:
            # Edited from an older download: what others have published since is merged, not taken back.
            base = await self.serving.documents_of(old.version) or work.live
            draft = Draft(owner, author, old.number, old.folder, 0, difference(base, overlaid(base, files)), self._clock())
            return (await self._drafts.find(owner)) or Refused("tidak-ada") if await self._drafts.save(draft) else Refused("berubah")
        return await self.save(owner, author, files, work.revision)

    async def _grew_from(self, name: str, work: Work) -> Edition | None:
        """The older edition that an uploaded download names; None when it is the live one or says nothing."""
        named = _DOWNLOAD.search(name)
        if named is None or named[1] == version_of(work.live):
            return None
        return next((edition for edition in await self.serving.history(1000) if edition.version == named[1]), None)

    async def decide(self, owner: str, choices: Mapping[str, Side]) -> Draft | Refused:
        """Settles conflicts with what was published in between; every one must be decided."""
        work = await self.work(owner)
        if work.draft is None:
            return Refused("tidak-ada")
        merged = await asyncio.to_thread(merge, work.base, overlaid(work.base, work.draft.changed), work.live, choices)
        return Refused("bentrok") if merged.open else await self._write(work, owner, work.draft.author, merged.documents)

    async def discard(self, owner: str, author: str = "") -> None:
        """Throws a draft away. A deployed folder that is discarded is noted as seen, so that it does not come back."""
        draft = await self._drafts.find(owner)
        await self._drafts.discard(owner)
        latest = await self.serving.latest()
        if owner == DEPLOY and draft is not None and latest is not None:
            await self.serving.add(latest, latest.version, draft.folder, author, "folder dari deploy tidak dipakai")

    async def _write(self, work: Work, owner: str, author: str, documents: Documents) -> Draft | Refused:
        changed = difference(work.live, documents)
        latest = await self.serving.latest()
        folder = work.draft.folder if work.draft else self.serving.folder_of(latest)
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
        if work.key == version_of(work.live) and work.draft.folder == self.serving.folder_of(await self.serving.latest()):
            return Refused("sama")
        preview = await self.preview(owner)
        if preview is not None and preview.key != seen:
            return Refused("berubah")
        if preview is None or preview.shelf is None:
            return Refused("masalah")
        approvals = await self._drafts.approve(owner, work.revision, approver)
        if approvals < self.approvals:
            return Waiting(approvals, self.approvals)
        latest = await self.serving.latest()
        if latest is not None and latest.number != work.number:
            return Refused("didahului")
        edition = await self.serving.publish(preview.shelf, latest, work.draft.folder, author, reason)
        if edition is None:
            return Refused("didahului")
        await self._drafts.discard(owner)
        self._previews.clear()
        return Published(edition)

    async def restore(self, owner: str, author: str, number: int, revision: int) -> Draft | Refused:
        """Lays the documents of an old edition into a draft, to be looked at and published like any other change."""
        edition = await self.serving.find(number)
        documents = await self.serving.documents_of(edition.version) if edition else None
        if documents is None:
            return Refused("tidak-ada")
        work = await self.work(owner)
        if work.conflicts or work.revision != revision:
            return Refused("bentrok" if work.conflicts else "berubah")
        return await self._write(work, owner, author, documents)


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
