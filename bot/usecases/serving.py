"""What serves: the edition published last or the deployed folder, taken over from others, and its history.

An edition is written in one transaction under the next number, so two who publish at once cannot both win; the index is
swapped by one assignment. History is only added to: going back publishes old documents as a new edition.
"""

import asyncio
import logging
from collections.abc import Mapping

from bot.core.assembly import Documents, messages_of, version_of
from bot.core.changes import file_changes
from bot.core.rulebook import Notice
from bot.usecases.library import Library, Shelf, pack, unpack
from bot.usecases.ports import Archive, Clock, Draft, Drafts, Edition, Editions

log = logging.getLogger(__name__)

DEPLOY = "deploy"
"""Owner of the draft in which a deployed folder waits beside published edits."""


class Serving:
    """Keeps the library on the edition that is to serve. One per running program."""

    def __init__(self, library: Library, editions: Editions, drafts: Drafts, archive: Archive, clock: Clock) -> None:
        self.library = library
        self._editions = editions
        self._drafts = drafts
        self._archive = archive
        self._clock = clock
        self._posting = asyncio.Lock()
        """Held while the notice board changes: what was read before a change must not be put up after it."""
        self.number = 0
        """The edition that serves here. Changes together with the shelf, or what grew from one would pass as grown from the other."""
        self._tried = 0
        self._folder = ""

    async def start(self, folder: Documents) -> None:
        """Puts in place what is to serve: the published edition, or the deployed folder when nobody has edited since.

        Raises NoRulebook when neither can be read.
        """
        self._folder = version_of(folder)
        self.library.spare = messages_of(folder)
        self.library.post(await self._editions.notice())
        latest = await self._editions.latest()
        if latest is not None and (latest.folder == self._folder or latest.version != latest.folder) and await self._serve(latest):
            if latest.folder != self._folder:
                await self._lay_aside(latest, folder)
            return
        assembly = await asyncio.to_thread(self.library.load, folder)
        if assembly.rulebook is not None:
            await self._record_folder(latest)

    async def follow(self) -> bool:
        """Takes over what another process has published or posted; True when something changed."""
        async with self._posting:
            notice = await self._editions.notice()
            posted = self.library.shelf.rulebook.notice != notice
            if posted:
                self.library.post(notice)
        latest = await self._editions.latest()
        if latest is None or latest.number <= max(self.number, self._tried):
            return posted
        return await self._serve(latest) or posted

    async def _serve(self, edition: Edition) -> bool:
        """Loads an edition; False when its documents are gone or this program cannot read them."""
        self._tried = edition.number
        if self.library.is_ready and self.library.shelf.rulebook.version == edition.version:
            self.number = edition.number
            return True
        kept = await self._archive.find(edition.version)
        if kept is None:
            log.error("edition %d: its documents are not in the archive", edition.number)
            return False
        assembly, shelf = await asyncio.to_thread(self.library.prepare, unpack(kept[1]), trusting=True)
        if shelf is None:
            log.error("edition %d refused: %d problems", edition.number, len(assembly.errors))
            return False
        self.library.install(shelf)
        self.number = edition.number
        return True

    async def _record_folder(self, latest: Edition | None) -> None:
        """Notes that the deployed folder serves now."""
        shelf = self.library.shelf
        await self._keep(shelf)
        number = latest.number + 1 if latest else 1
        edition = Edition(number, shelf.rulebook.version, shelf.rulebook.version, "folder", DEPLOY, "", self._clock())
        if not await self._editions.add(edition):
            log.info("another process has recorded this folder")
        self.number = number

    async def _lay_aside(self, latest: Edition, folder: Documents) -> None:
        """A deploy brought another folder while edits are published: it waits as a draft, merged as far as lines allow."""
        waiting = await self._drafts.find(DEPLOY)
        if waiting is not None and waiting.folder == self._folder:
            return
        base = await self.documents_of(latest.folder)
        live = unpack(self.library.shelf.documents)
        changed = difference(base or live, folder)
        await self._archive.keep(self._folder, self._clock().date(), pack(folder))
        number = await self._number_of(latest.folder)
        await self._drafts.save(Draft(DEPLOY, DEPLOY, number, self._folder, waiting.revision if waiting else 0, changed, self._clock()))
        log.warning("the deployed folder differs from the one the published edits grew from: it waits as a draft")

    async def _number_of(self, version: str) -> int:
        return next((edition.number for edition in await self._editions.history(1000) if edition.version == version), self.number)

    async def documents_of(self, version: str) -> Documents | None:
        """The documents of a version that has served; None when they are gone."""
        kept = await self._archive.find(version)
        return unpack(kept[1]) if kept else None

    async def _keep(self, shelf: Shelf) -> None:
        await self._archive.keep(shelf.rulebook.version, self._clock().date(), shelf.documents)

    async def history(self, limit: int = 50) -> list[Edition]:
        """What was published, the newest first."""
        return await self._editions.history(limit)

    async def compare(self, number: int) -> tuple[Edition, Mapping[str, str]] | None:
        """An edition and what it changed in each file, against the one before."""
        edition, before = await self._editions.find(number), await self._editions.find(number - 1)
        documents = await self.documents_of(edition.version) if edition else None
        if edition is None or documents is None:
            return None
        earlier = await self.documents_of(before.version) if before else {}
        return edition, await asyncio.to_thread(file_changes, earlier or {}, documents)

    async def post(self, notice: Notice) -> None:
        """Changes the notice board, here at once and elsewhere within seconds."""
        async with self._posting:
            await self._editions.post(notice)
            self.library.post(notice)

    async def publish(self, shelf: Shelf, latest: Edition | None, folder: str, author: str, reason: str) -> Edition | None:
        """Makes a shelf serve as the edition after `latest`; None when somebody else was first."""
        await self._keep(shelf)
        edition = await self.add(latest, shelf.rulebook.version, folder, author, reason)
        if edition is not None:
            self.library.install(shelf)
        return edition

    async def add(self, latest: Edition | None, version: str, folder: str, author: str, reason: str) -> Edition | None:
        """Writes the edition after `latest`; None when that number is taken."""
        edition = Edition(latest.number + 1 if latest else 1, version, folder, "terbit", author, reason, self._clock())
        if not await self._editions.add(edition):
            return None
        self.number = edition.number
        return edition

    async def latest(self) -> Edition | None:
        """What was published last, here or elsewhere."""
        return await self._editions.latest()

    async def find(self, number: int) -> Edition | None:
        """An edition by its number."""
        return await self._editions.find(number)

    def folder_of(self, latest: Edition | None) -> str:
        """The deployed folder that the last edition takes account of."""
        return latest.folder if latest else self._folder


def overlaid(base: Documents, changed: Mapping[str, bytes | None]) -> dict[str, bytes]:
    merged = {**base, **changed}
    return {name: content for name, content in merged.items() if content is not None}


def difference(base: Documents, documents: Documents) -> dict[str, bytes | None]:
    """What must be overlaid on the base to get the documents."""
    return {name: documents.get(name) for name in {*base, *documents} if base.get(name) != documents.get(name)}
