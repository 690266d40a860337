"""The Monday digest: the week in a few lines, for those who asked for it. Sent once, whichever process comes first."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

from bot.core.messages import Teller
from bot.usecases.access import Access
from bot.usecases.dashboard import Count, Dashboard
from bot.usecases.library import Library
from bot.usecases.ports import Clock
from bot.usecases.review import Review
from bot.usecases.review_ports import Ledger
from bot.usecases.weeks import last_complete

FIRST_HOUR = 8
TOP = 5

Send = Callable[[str, str, Dashboard], Awaitable[None]]
"""Sends a text about a dashboard to the person with that key; must not raise for people who cannot be reached."""


class Subscriptions(Protocol):
    """Who wants the digest, by opaque key."""

    async def add(self, key: str) -> None: ...

    async def remove(self, key: str) -> None: ...

    async def keys(self) -> list[str]: ...


class Digest:
    """Decides when the digest goes out and what it says."""

    def __init__(self, review: Review, subscriptions: Subscriptions, ledger: Ledger, access: Access, library: Library, clock: Clock) -> None:
        self._review = review
        self.subscriptions = subscriptions
        self._ledger = ledger
        self._access = access
        self._library = library
        self._clock = clock

    async def run_once(self, send: Send) -> int:
        """Sends this Monday's digest, if it is time and nobody has; how many people it was handed over for."""
        now = self._clock()
        board = await self._review.dashboard(1) if is_time(now) else None
        if board is None or board.period.first != last_complete(now):
            return 0  # last week is not counted yet; a later run today finds it
        if not await self._ledger.claim("ringkasan", now.date()):
            return 0
        text, sent = digest_text(board, Teller(self._library.shelf.rulebook, "id")), 0
        for key in await self.subscriptions.keys():
            member = await self._access.member(key)  # a role that went away ends the digest too
            if member is not None:
                await send(key, text, board)
                sent += 1
        return sent


def is_time(now: datetime) -> bool:
    """Mondays from eight in the morning on; a program that was down then sends later that day."""
    return now.weekday() == 0 and now.hour >= FIRST_HOUR


def digest_text(board: Dashboard, tell: Teller) -> str:
    """The week in plain lines."""
    lines = [tell("laporan-judul", mulai=board.period.first, sampai=board.period.end)]
    figures = (
        ("questions", board.questions),
        ("answered", board.answered),
        ("clarified", board.clarified),
        ("declined", board.declined),
        ("disliked", board.disliked),
    )
    for name, figure in figures:
        before = f" ({tell('laporan-sebelum', jumlah=_number(figure.before))})" if figure.before else ""
        lines.append(f"• {tell(f'laporan-{name}')}: {_number(figure.now)}{before}")
    if board.rules.lines:
        lines += ["", tell("laporan-aturan")]
        lines += [f"{i}. {line.name}: {line.count}" for i, line in enumerate(board.rules.lines[:TOP], 1)]
    lines += ["", tell("laporan-kaki")]
    return "\n".join(lines)


def _number(count: Count) -> str:
    return f"{'' if count.is_exact else '≥ '}{count.value:,}".replace(",", ".")
