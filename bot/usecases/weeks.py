"""Whole ISO weeks, the only unit of the review, and the stage of the election a week belongs to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.core.registers import Election

WEEK = timedelta(days=7)
LENGTHS = (1, 4, 13, 26)
"""Weeks a period may have."""
LAG = timedelta(hours=1)
"""After the end of a week, until its last rows are surely written."""
NO_STAGE = "di-luar-tahapan"


@dataclass(frozen=True, slots=True)
class Period:
    """Whole weeks. `first` and `last` are Mondays."""

    first: date
    weeks: int

    @property
    def last(self) -> date:
        return self.first + (self.weeks - 1) * WEEK

    @property
    def end(self) -> date:
        """The last day, a Sunday."""
        return self.last + timedelta(days=6)

    @property
    def before(self) -> "Period":
        """As many weeks right before."""
        return Period(self.first - self.weeks * WEEK, self.weeks)

    @property
    def after(self) -> "Period":
        """As many weeks right after."""
        return Period(self.first + self.weeks * WEEK, self.weeks)

    @property
    def mondays(self) -> tuple[date, ...]:
        return tuple(self.first + n * WEEK for n in range(self.weeks))

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(self.first + timedelta(days=n) for n in range(7 * self.weeks))


def monday_of(day: date) -> date:
    """The Monday of the week a day lies in."""
    return day - timedelta(days=day.weekday())


def last_complete(now: datetime) -> date:
    """The Monday of the last week that is over, rows on their way included."""
    return monday_of((now - LAG).date()) - WEEK


def start_of(monday: date, now: datetime) -> datetime:
    """Midnight of a day in the zone of `now`."""
    return datetime.combine(monday, time(), now.tzinfo)


def stage_of(monday: date, elections: Iterable[Election]) -> str:
    """The stage kind a week counts for: one shorter than a week that lies mostly in it, else the one with most of its days.

    Two short ones (the quiet days and voting day) share a week as "masa-tenang+pemungutan". No new cells are needed for
    stages, so they cannot reveal anything that weeks do not.
    """
    sunday = monday + timedelta(days=6)
    short: dict[str, None] = {}
    long: dict[str, int] = {}
    for stage in (stage for election in elections for stage in election.stages):
        inside = (min(stage.last, sunday) - max(stage.first, monday)).days + 1
        length = (stage.last - stage.first).days + 1
        if inside <= 0:
            continue
        if length < 7 and 2 * inside > length and stage.kind in {"masa-tenang", "pemungutan"}:
            short[stage.kind] = None
        long[stage.kind] = max(long.get(stage.kind, 0), inside)
    if short:
        return "+".join(short)
    outside = 7 - sum(long.values())
    return max(long, key=lambda kind: long[kind]) if long and max(long.values()) >= outside else NO_STAGE
