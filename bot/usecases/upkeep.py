"""What the review needs done by itself: each week counted once when it has ended, and old rows deleted.

A week is counted exactly once, with the feedback it has by then, and never again: a second count with one more complaint
in it would tell, as a difference, of that one asker. Complaints that come later still reach the queue.
"""

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.rulebook import Rulebook
from bot.usecases.disclosure import CONTENT, FEEDBACK, TIME, Path, Tally, release, tighten
from bot.usecases.library import Library
from bot.usecases.ports import Clock
from bot.usecases.review_ports import Alike, Ledger, WeekRows
from bot.usecases.weeks import WEEK, last_complete, monday_of, start_of

log = logging.getLogger(__name__)

DISLIKES = frozenset({"salah", "kurang-jelas", "beda-kasus", "tidak-suka"})
LIKED, DISLIKED, SILENT = "suka", "keluhan", "tanpa"
UNKNOWN = "-"
PURGE = "purge"
MARKS_KEPT = timedelta(days=2)
"""Telegram sends again for a day at most."""
CLOCK_TRUSTED = timedelta(hours=1)
"""How far the clock may stray from the time that has passed before counting and deleting wait; and how long they then wait."""


@dataclass(frozen=True, slots=True)
class Done:
    """What one run did."""

    counted: int
    purged: int


class Upkeep:
    """One per running program; any number of programs may run at once."""

    def __init__(
        self, ledger: Ledger, library: Library, clock: Clock, retention_days: int, k: int, steady: Callable[[], float] = time.monotonic
    ) -> None:
        """`steady` gives seconds that only ever run forward, to tell when the clock has jumped."""
        self._ledger = ledger
        self._library = library
        self._clock = clock
        self._retention = timedelta(days=retention_days)
        self._k = k
        self._steady = steady
        self._seen: tuple[datetime, float] | None = None
        self._wait_until = 0.0

    async def run_once(self) -> Done:
        """Counts the weeks that are over, then purges once a day. Cheap when there is nothing to do; call it often."""
        if not self._clock_holds():
            return Done(0, 0)
        counted = 0
        try:
            counted = await self.count()
        except Exception as error:  # noqa: BLE001 - a count that fails must not keep texts longer than promised
            log.error("weeks not counted: %s", type(error).__name__)
        return Done(counted, await self.purge())

    def _clock_holds(self) -> bool:
        """False for an hour after the clock has jumped: a date that is wrong must not delete what is not old."""
        now, passed = self._clock(), self._steady()
        if self._seen is not None and abs((now - self._seen[0]) - timedelta(seconds=passed - self._seen[1])) > CLOCK_TRUSTED:
            log.error("the clock has jumped by more than an hour: nothing is counted or deleted for the next hour")
            self._wait_until = passed + CLOCK_TRUSTED.total_seconds()
        self._seen = (now, passed)
        return passed >= self._wait_until

    async def count(self) -> int:
        """Counts every week that is over and not counted yet; how many this process wrote."""
        now = self._clock()
        known = await self._ledger.counted()
        for week, k in known.items():
            if k < self._k:
                await self._ledger.replace(week, self._k, tighten(await self._ledger.cells(week), self._k))
        first = await self._ledger.first_hour()
        if first is None and not known:
            return 0
        week = max(known) + WEEK if known else monday_of(first.astimezone(now.tzinfo).date())  # type: ignore[union-attr]  # one of them is there
        written = 0
        while week <= last_complete(now):
            rows = await self._ledger.rows(start_of(week, now), start_of(week + WEEK, now))
            cells = release(tally_of(rows, self._library.shelf.rulebook, now), self._k)
            written += await self._ledger.keep(week, self._k, cells)
            week += WEEK
        return written

    async def purge(self) -> int:
        """Deletes rows that are older than promised, once a day; how many."""
        now = self._clock()
        if not await self._ledger.claim(PURGE, now.date()):
            return 0
        return await self._ledger.purge(now - self._retention, now - MARKS_KEPT)


def tally_of(rows: WeekRows, rulebook: Rulebook, now: datetime) -> Tally:
    """The exact counts of a week as trees: outcome → topic → verdict → rule, day → four hours → hour, feedback."""
    topics = {name: rule.topic for rule in rulebook.rules.values() for name in (rule.id, *rule.aliases)}
    content = _leaves((alike.channel, path_of(alike, topics.get), alike.count) for alike in rows.questions)
    local = ((channel, hour.astimezone(now.tzinfo), count) for channel, hour, count in rows.hours)
    time = _leaves((channel, (hour.date().isoformat(), f"{hour.hour // 4 * 4:02}", f"{hour.hour:02}"), count) for channel, hour, count in local)
    feedback = _leaves((channel, (_feedback(value),), count) for channel, value, count in rows.feedback)
    return Tally({CONTENT: content, TIME: time, FEEDBACK: feedback}, Counter(dict(rows.repeats)))


def path_of(alike: Alike, topic_of: Callable[[str], str | None]) -> Path:
    """Where a question stands in the tree of contents. A choice stands under the two rules that were closest."""
    match alike.outcome:
        case "answer":
            rule = alike.rule or UNKNOWN
            return ("answer", topic_of(rule) or UNKNOWN, alike.verdict or UNKNOWN, rule)
        case "clarify":
            return ("clarify", "+".join(sorted(alike.options.split()[:2])) or UNKNOWN)
        case _:
            return (alike.outcome, alike.kind or UNKNOWN)


def _feedback(value: str | None) -> str:
    return SILENT if value is None else DISLIKED if value in DISLIKES else LIKED


def _leaves(counted: Iterable[tuple[str, Path, int]]) -> dict[str, Counter[Path]]:
    found: defaultdict[str, Counter[Path]] = defaultdict(Counter)
    for channel, path, count in counted:
        found[channel][path] += count
    return dict(found)
