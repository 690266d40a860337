"""Each message of Telegram handled once: whoever sends it again, whichever process gets it, whenever a process dies.

Telegram's running number of an update is turned into a mark by an HMAC, so that what is stored names nobody. A process
claims the mark, answers, and closes it in the transaction that writes the row. What could not be answered because the Bot API
was not well is given back and comes again.
"""

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from telegram import Update
from telegram.error import BadRequest, NetworkError, RetryAfter
from telegram.ext import BaseUpdateProcessor

from bot.chat.courtesy import Memory
from bot.chat.sending import may_have_arrived
from bot.usecases.ports import Clock, Marks, Once
from bot.usecases.watch import Watch

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=20)
"""How long an update stays with the process that took it; one that died gives it free after that."""
WAITS = (2.0, 5.0, 15.0, 30.0, 60.0)
"""Seconds until an update that was polled is tried again; by webhook Telegram itself sends it again."""

Result = Literal["handled", "again", "duplicate", "busy"]


@dataclass(slots=True)
class _Hand:
    """How it stands with an update in hand."""

    comes_again: bool = False
    is_closed: bool = False
    is_deed: bool = False


class Deliveries:
    """One per running bot."""

    def __init__(self, token: str, marks: Marks, clock: Clock, watch: Watch) -> None:
        self._key = token.encode()
        self._marks = marks
        self._clock = clock
        self._watch = watch
        self._in_hand: dict[int, _Hand] = {}
        self._done: Memory[int, bool] = Memory()
        """Numbers of updates that need nothing more, for when the database is away."""

    async def handle(self, update: Update, work: Awaitable[None], *, alone: bool) -> Result:
        """Does the work unless it was done or another process has it in hand. `alone`: nobody else can have it."""
        with self._watch.timed("telegram"):
            result = await self._handle(update, work, alone=alone)
        self._watch.updates.labels(result).inc()
        return result

    def once(self, update: Update, *, answered: bool) -> Once | None:
        """The mark under which the rows of an update are written."""
        return Once(self._mark(update.update_id), answered, self._clock()) if update.update_id in self._in_hand else None

    def closed(self, update: Update) -> None:
        """The rows are written and the answer is out: in the same transaction the mark was closed."""
        self._in_hand[update.update_id].is_closed = True

    def is_deed(self, update: Update) -> None:
        """What the update asks for takes effect once: it must not be done again because only its reply failed."""
        if update.update_id in self._in_hand:
            self._in_hand[update.update_id].is_deed = True

    def failed(self, update: Update, error: Exception | None) -> bool:
        """Notes that an update could not be answered; True when it will come again and nobody need be told."""
        hand = self._in_hand.get(update.update_id)
        passing = isinstance(error, RetryAfter) or (
            isinstance(error, NetworkError) and not isinstance(error, BadRequest) and not may_have_arrived(error)
        )
        if hand is None or hand.is_deed or not passing:
            return False
        hand.comes_again = True
        return True

    async def _handle(self, update: Update, work: Awaitable[None], *, alone: bool) -> Result:
        number = update.update_id
        if number in self._in_hand or self._done.get(number):
            _leave(work)
            return "busy" if number in self._in_hand else "duplicate"
        hand = self._in_hand[number] = _Hand()
        keeping: asyncio.Task[None] | None = None
        marked = update.inline_query is None  # inline queries come anew at every key stroke and are never logged: nothing to protect
        try:
            if marked:
                claim = await self._marks.claim(self._mark(number), self._clock(), LEASE, alone=alone)
                if claim != "ours":
                    _leave(work)
                    return "busy" if claim == "busy" else "duplicate"
                keeping = asyncio.create_task(self._keep(number), name="keep")
            await work
            if hand.comes_again:
                if marked:
                    await self._marks.release(self._mark(number), self._clock())
                return "again"
            self._done.put(number, value=True)
            if marked and not hand.is_closed:
                await self._marks.finish(self._mark(number), self._clock())
            return "handled"
        finally:
            del self._in_hand[number]
            if keeping is not None:
                keeping.cancel()

    async def _keep(self, number: int) -> None:
        """Holds the claim for as long as the work takes: a slow Bot API must not make another process start it too."""
        while True:
            await asyncio.sleep(LEASE.total_seconds() / 3)
            await self._marks.claim(self._mark(number), self._clock(), LEASE, alone=True)

    def _mark(self, number: int) -> str:
        return hmac.new(self._key, b"update %d" % number, hashlib.sha256).hexdigest()[:24]


class Polled(BaseUpdateProcessor):
    """Handles what was polled, a few at once, and tries again what the Bot API would not take."""

    def __init__(self, deliveries: Deliveries, at_once: int, queue: asyncio.Queue[object], watch: Watch) -> None:
        super().__init__(at_once)
        self._deliveries = deliveries
        self._queue = queue
        self._watch = watch
        self._later: set[asyncio.Task[None]] = set()
        self._tries: dict[int, int] = {}

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Called by the library for each update."""
        if not isinstance(update, Update):
            await coroutine
            return
        result = await self._deliveries.handle(update, coroutine, alone=True)
        tries = self._tries.pop(update.update_id, 0)
        if result != "again":
            return
        if tries >= len(WAITS):
            self._watch.faults.labels("unanswered").inc()
            log.error("an update was given up: the Bot API did not take its answer in %d tries", tries + 1)
            return
        self._tries[update.update_id] = tries + 1
        task = asyncio.create_task(self._again(update, WAITS[tries]), name="again")
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def _again(self, update: Update, wait: float) -> None:
        await asyncio.sleep(wait)
        await self._queue.put(update)

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """What still waits to be tried again is told and given up."""
        later = list(self._later)
        for task in later:
            task.cancel()
        await asyncio.gather(*later, return_exceptions=True)
        if later:
            self._watch.faults.labels("unanswered").inc(len(later))
            log.error("%d updates were given up at the end: the Bot API did not take their answers", len(later))


class Narrow(asyncio.Queue[object]):
    """The way from polling to handling, no wider than what is handled at once.

    The library tells Telegram that it has an update when it asks for the next ones. Since it must wait here before it
    can ask, a process that is killed loses no more than it had in hand.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self._places = asyncio.Semaphore(width)

    async def put(self, item: object) -> None:
        await self._places.acquire()
        await super().put(item)

    def task_done(self) -> None:
        self._places.release()
        super().task_done()


def _leave(work: Awaitable[None]) -> None:
    """Work that is not wanted; a coroutine must be closed or Python warns that it was forgotten."""
    if asyncio.iscoroutine(work):
        work.close()
