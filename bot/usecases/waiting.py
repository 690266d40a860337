"""A journal that outlives its database for a while: while that is away rows wait in memory, in order, and are written later.

What waits is bounded. What finds no room is lost, counted and told; the answers go on in any case.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from bot.usecases.ports import Claim, Feedback, Journal, Once, Row, Unwritable

log = logging.getLogger(__name__)

ROOM = 10_000
"""Writes that may wait: about 20 MB, an hour of three questions a second."""
PATIENCE = 3.0
"""Seconds after which a database that says nothing counts as away."""

T = TypeVar("T")
Write = Callable[[], Awaitable[object]]


class Away(Exception):
    """The database does not answer; what was asked of it cannot wait."""


class WaitingLog:
    """Implements `usecases.ports.Journal` over another one. Writes never raise; reads raise Away while the database is away."""

    def __init__(self, journal: Journal, room: int = ROOM, patience: float = PATIENCE) -> None:
        self._journal = journal
        self.room = room
        self._patience = patience
        self._waiting: deque[tuple[Write, int]] = deque()
        self.is_away = False
        self.written = 0
        """Rows in the database since the start."""
        self.dropped = 0
        """Rows that found no room, since the start."""

    @property
    def waiting(self) -> int:
        """Writes that wait for the database."""
        return len(self._waiting)

    async def add(self, *rows: Row, once: Once | None = None) -> bool:
        return bool(await self._write(lambda: self._journal.add(*rows, once=once), len(rows)))

    async def feedback(self, token: str, value: Feedback) -> bool:
        return bool(await self._write(lambda: self._journal.feedback(token, value)))

    async def chose(self, token: str, choice: str) -> bool:
        return bool(await self._write(lambda: self._journal.chose(token, choice)))

    async def finish(self, mark: str, now: datetime) -> None:
        await self._write(lambda: self._journal.finish(mark, now))

    async def release(self, mark: str, now: datetime) -> None:
        await self._write(lambda: self._journal.release(mark, now))

    async def claim(self, mark: str, now: datetime, lease: timedelta, *, alone: bool) -> Claim:
        """While the database is away everything is ours: an answer that comes twice is better than none."""
        try:
            return await self._asked(lambda: self._journal.claim(mark, now, lease, alone=alone))
        except Away:
            return "ours"

    async def find(self, token: str) -> Row | None:
        return await self._asked(lambda: self._journal.find(token))

    async def count(self) -> int:
        return await self._asked(self._journal.count)

    async def asked_since(self, since: datetime) -> Mapping[str, int]:
        return await self._asked(lambda: self._journal.asked_since(since))

    async def has(self, row: Row) -> bool:
        return await self._asked(lambda: self._journal.has(row))

    async def lately(self, limit: int, least: int) -> list[str]:
        return await self._asked(lambda: self._journal.lately(limit, least))

    async def flush(self) -> None:
        """Writes what waits, oldest first, until nothing does or the database fails again."""
        try:
            async with asyncio.timeout(self._patience):
                await self._journal.find("")  # nothing is called so; that it can be asked is what counts
            while self._waiting:
                write, rows = self._waiting[0]
                try:
                    async with asyncio.timeout(self._patience):
                        new = await write()
                except Unwritable as error:
                    self._lose(rows, f"not writable ({error})")
                else:
                    self.written += rows if new else 0
                self._waiting.popleft()
        except Exception as error:  # noqa: BLE001 - whatever keeps it from writing: it waits on
            log.debug("still away: %s", type(error).__name__)
            return
        if self.is_away:
            self.is_away = False
            log.warning("database is back: everything that waited is written, %d rows lost since the start", self.dropped)

    async def close(self) -> None:
        """A last try before the program ends; what cannot be written then is lost and told."""
        await self.flush()
        lost = sum(rows for _, rows in self._waiting)
        self._waiting.clear()
        if lost:
            self._lose(lost, "the database did not come back before the end")

    async def _write(self, write: Callable[[], Awaitable[T]], rows: int = 0) -> T | bool:
        """Does it now, or keeps it for later; True for what waits."""
        if not self.is_away:
            try:
                done = await self._asked(write)
            except Unwritable as error:
                self._lose(rows, f"not writable ({error})")
                return False
            except Away:
                pass
            else:
                self.written += rows if done else 0
                return done
        if len(self._waiting) < self.room:
            self._waiting.append((write, rows))
            return True
        self._lose(rows, "the database is away and there is no room")
        return False

    def _lose(self, rows: int, why: str) -> None:
        """Counts rows that are lost; tells of the first and then of every thousand."""
        before, self.dropped = self.dropped, self.dropped + rows
        if before == 0 < rows or before // 1000 < self.dropped // 1000:
            log.error("rows lost, %d since the start: %s", self.dropped, why)

    async def _asked(self, question: Callable[[], Awaitable[T]]) -> T:
        """What the database says. Raises Away at once while it is known to be away."""
        if self.is_away:
            raise Away
        try:
            async with asyncio.timeout(self._patience):
                return await question()
        except Unwritable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever the driver raises: it is away
            if not self.is_away:
                log.warning("database does not answer (%s): answers go on, rows wait", type(error).__name__)
            self.is_away = True
            raise Away from None
