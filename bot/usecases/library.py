"""The rulebook that serves right now, and how a new one takes its place. Swaps one reference; never half of one."""

import hashlib
import io
import logging
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from bot.core.assembly import Assembly, Documents, assemble
from bot.core.ranker import Ranker
from bot.core.registers import Message
from bot.core.rulebook import Notice, Rulebook
from bot.core.scrub import Scrubber
from bot.core.search import Searcher
from bot.core.thresholds import Thresholds
from bot.usecases.ports import Cache

log = logging.getLogger(__name__)


LAST_GOOD = "rulebook-last-good"
GOOD, GOOD_KEPT = "checked-good", 8
"""Marks of documents in which the checks found nothing."""


class NoRulebook(Exception):
    """There is no rulebook to serve: the documents have Problems and none was loaded before."""

    def __init__(self, assembly: Assembly) -> None:
        super().__init__(f"{len(assembly.errors)} masalah di buku aturan")
        self.assembly = assembly


@dataclass(frozen=True, slots=True)
class Shelf:
    """One rulebook with everything that is made from it; replaced as a whole."""

    rulebook: Rulebook
    searcher: Searcher
    scrubber: Scrubber
    documents: bytes
    """The documents it was made from, packed."""


class Library:
    """Holds the live Shelf. Readers take `shelf` once per question and keep to it."""

    def __init__(self, cache: Cache, program: str | None = None, tidy: Callable[[], None] = lambda: None) -> None:
        """`program` names the code that checks; documents it found good need no second check. None: everything is checked each time.

        `tidy` is called after each rulebook that was built, which takes much memory for a short time.
        """
        self._cache = cache
        self._tidy = tidy
        self._program = program
        self._shelf: Shelf | None = None
        self._notice = Notice()
        self.installed = 0
        """Rulebooks that were put in place since the start."""
        self.spare: Mapping[str, Message] = {}
        """Sentences of the program's own folder, for documents that were published under an older program."""

    @property
    def shelf(self) -> Shelf:
        """The live rulebook. Raises RuntimeError before the first `load`."""
        if self._shelf is None:
            raise RuntimeError("no rulebook loaded yet")
        return self._shelf

    @property
    def is_ready(self) -> bool:
        """True once questions can be answered."""
        return self._shelf is not None

    def load(self, documents: Documents) -> Assembly:
        """Builds a Shelf aside and puts it in place. With Problems the old one goes on serving.

        Raises NoRulebook when there is no old one.
        """
        assembly, shelf = self.prepare(documents, trusting=True)
        if shelf is None:
            if self._shelf is None and not self._restore():
                raise NoRulebook(assembly)
            assert self._shelf is not None  # either it was there or it has just been restored
            log.error("rulebook refused: %d problems; version %s keeps serving", len(assembly.errors), self._shelf.rulebook.version)
            return assembly
        self.install(shelf)
        return assembly

    def prepare(self, documents: Documents, *, trusting: bool = False) -> tuple[Assembly, Shelf | None]:
        """Builds a Shelf without putting it in place; none when there are Problems. Seconds of work when phrasings changed.

        `trusting`: what was found good before is not checked again, so warnings are not told either.
        """
        good = (self._cache.get(GOOD) or b"").decode(errors="replace").split()
        mark = self._mark(documents)
        assembly = assemble(documents, self.spare, checked=trusting and mark in good)
        if not assembly.problems and mark and mark not in good:
            self._cache.put(GOOD, "\n".join((*good[1 - GOOD_KEPT :], mark)).encode())
        shelf = self._build(assembly.rulebook, pack(documents)) if assembly.rulebook else None
        self._tidy()
        return assembly, shelf

    def _mark(self, documents: Documents) -> str | None:
        """Names these documents under this program; None when nothing may be trusted."""
        if self._program is None:
            return None
        digest = hashlib.sha256(f"{self._program}{self.spare!r}".encode())
        for name in sorted(documents):
            digest.update(f"\0{name}\0{len(documents[name])}\0".encode() + documents[name])
        return digest.hexdigest()

    def install(self, shelf: Shelf) -> None:
        """Puts a Shelf in place: one assignment, so no question ever sees half of it."""
        self._shelf = _with_notice(shelf, self._notice)
        self.installed += 1
        self._cache.put(LAST_GOOD, shelf.documents)

    def post(self, notice: Notice) -> None:
        """Changes the notice board of the live rulebook, and of those that follow it."""
        self._notice = notice
        if self._shelf is not None:
            self._shelf = _with_notice(self._shelf, notice)

    def decided_by(self, thresholds: Thresholds) -> "Library":
        """The live rulebook under other thresholds, for measuring; nothing is built again."""
        other = Library(self._cache)
        other._shelf = replace(self.shelf, searcher=self.shelf.searcher.decided_by(thresholds))
        return other

    def _restore(self) -> bool:
        """Takes up the last documents that were good, so that one bad file in a deploy does not end the service."""
        block = self._cache.get(LAST_GOOD)
        kept = assemble(unpack(block), self.spare).rulebook if block else None
        if kept is not None and block is not None:
            self._shelf = _with_notice(self._build(kept, block), self._notice)
        return kept is not None

    def _build(self, rulebook: Rulebook, documents: bytes) -> Shelf:
        key = Searcher.cache_key(rulebook)
        ranker = self._cached(key)
        searcher = Searcher(rulebook, ranker)
        if ranker is None:
            self._cache.put(key, searcher.ranker.to_bytes())
        return Shelf(rulebook, searcher, Scrubber(searcher.lexicon.is_word), documents)

    def _cached(self, key: str) -> Ranker | None:
        block = self._cache.get(key)
        if block is None:
            return None
        try:
            return Ranker.from_bytes(block)
        except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
            log.warning("cached learning unreadable (%s); learning again", type(error).__name__)
            return None


def _with_notice(shelf: Shelf, notice: Notice) -> Shelf:
    if shelf.rulebook.notice == notice:
        return shelf
    rulebook = replace(shelf.rulebook, notice=notice)
    return replace(shelf, rulebook=rulebook, searcher=shelf.searcher.serving(rulebook))


def pack(documents: Mapping[str, bytes]) -> bytes:
    """Documents as one zip file; the same documents give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in documents.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def unpack(block: bytes) -> dict[str, bytes]:
    """What `pack` wrote; empty when the block is not such a file."""
    try:
        with zipfile.ZipFile(io.BytesIO(block)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError):
        return {}
