"""What the program knows of its own state: for readiness, for /status, for the metrics. Tells the truth or nothing."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from bot.usecases.library import Library
from bot.usecases.waiting import WaitingLog

log = logging.getLogger(__name__)

PATIENCE = 2.0
"""Seconds the database has to say that it is there."""

Telegram = Literal["none", "starting", "polling", "webhook", "deaf"]
"""`deaf`: asking Telegram for updates fails just now."""


@dataclass(frozen=True, slots=True)
class State:
    """One look. `obstacles` keep questions from being answered or logged; `hints` are trouble that it still gets by with."""

    obstacles: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()

    @property
    def is_ready(self) -> bool:
        return not self.obstacles


class Health:
    """One per running program."""

    def __init__(self, library: Library, journal: WaitingLog, ping: Callable[[], Awaitable[None]]) -> None:
        """`ping` returns when the database has answered and raises when it is away."""
        self._library = library
        self._journal = journal
        self._ping = ping
        self.telegram: Callable[[], Telegram] = lambda: "none"

    async def look(self) -> State:
        """How it is right now; takes `PATIENCE` seconds at most."""
        obstacles: list[str] = []
        hints: list[str] = []
        if not self._library.is_ready:
            obstacles.append("buku aturan belum dimuat")
        if self._journal.is_away or not await self.database_answers():
            full = self._journal.waiting >= self._journal.room
            (obstacles if full else hints).append("basis data tidak menjawab, catatan menunggu")
        match self.telegram():
            case "starting":
                obstacles.append("Telegram belum tersambung")
            case "deaf":
                hints.append("Telegram tidak terjangkau")
        return State(tuple(obstacles), tuple(hints))

    async def database_answers(self) -> bool:
        """True when the database answers at once."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self._ping()
        except Exception as error:  # noqa: BLE001 - whatever the driver raises: it is away
            log.debug("database does not answer: %s", type(error).__name__)
            return False
        return True
