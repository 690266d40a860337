"""What runs beside answering: following what others publish, counting, purging, the digest, and a process that draws."""

import asyncio
import logging
import multiprocessing
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from bot.usecases.digest import Digest, Send
from bot.usecases.serving import Serving
from bot.usecases.upkeep import Upkeep
from bot.usecases.waiting import WaitingLog

log = logging.getLogger(__name__)

UPKEEP_SECONDS = 600
FLUSH_SECONDS = 1
FOLLOW_SECONDS = 2
"""How often a process looks whether another one has published."""


async def follow(serving: Serving) -> None:
    """Takes over what other processes publish, as long as the program runs."""
    is_away = False
    while True:
        await asyncio.sleep(FOLLOW_SECONDS)
        try:
            await serving.follow()
            is_away = False
        except Exception as error:  # noqa: BLE001 - whatever it was: were this task to end, nothing would ever be taken over again
            if not is_away:
                log.warning("cannot see what others publish: %s", type(error).__name__)
            is_away = True


async def write_what_waits(journal: WaitingLog) -> None:
    """Brings rows to a database that was away, as long as the program runs."""
    while True:
        await asyncio.sleep(FLUSH_SECONDS)
        if journal.is_away:
            await journal.flush()


async def tend(upkeep: Upkeep, digest: Digest, send: Callable[[], Send | None]) -> None:
    """Counts, purges and sends the digest, as long as the program runs. Which process does it does not matter.

    `send` gives the way to people, None while there is none.
    """
    while True:
        try:
            await upkeep.run_once()
            way = send()
            if way is not None:
                await digest.run_once(way)
        except Exception as error:  # noqa: BLE001 - whatever it was: were this task to end, old questions would never be purged again
            log.warning("upkeep put off: %s", type(error).__name__)
        await asyncio.sleep(UPKEEP_SECONDS)


class DrawingRoom:
    """A process of its own for pictures: their library is heavy, and answering must not wait for them. Started when first needed."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    async def draw(self, function: Callable[..., bytes], *values: object) -> bytes:
        """What the function makes of the values."""
        # Ctrl+C reaches every process of a terminal; when this one ends is its parent's business.
        spawn, deaf = multiprocessing.get_context("spawn"), (signal.SIGINT, signal.SIG_IGN)
        self._pool = self._pool or ProcessPoolExecutor(1, spawn, signal.signal, deaf)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, function, *values)
        except BrokenProcessPool:
            self._pool = None  # the next picture gets a new process
            raise

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
