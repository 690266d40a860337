"""What the review needs from storage, as shapes. Counts leave storage only as released cells; texts only to be grouped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

from bot.usecases.disclosure import Cell

Decided = Literal["abaikan", "selesai"]


@dataclass(frozen=True, slots=True)
class Alike:
    """How many rows of a channel are alike in all that the review counts."""

    channel: str
    outcome: str
    kind: str | None
    rule: str | None
    verdict: str | None
    options: str
    count: int


@dataclass(frozen=True, slots=True)
class WeekRows:
    """A week's rows, grouped by the database; repeats are in `repeats` only."""

    questions: tuple[Alike, ...]
    hours: tuple[tuple[str, datetime, int], ...]
    feedback: tuple[tuple[str, str | None, int], ...]
    repeats: tuple[tuple[str, int], ...]


class Ledger(Protocol):
    """The writing side: what counting and purging need."""

    async def first_hour(self) -> datetime | None:
        """The hour of the oldest row."""
        ...

    async def counted(self) -> Mapping[date, int]:
        """Counted weeks, each with the k it was released under."""
        ...

    async def rows(self, start: datetime, end: datetime) -> WeekRows: ...

    async def keep(self, week: date, k: int, cells: tuple[Cell, ...]) -> bool:
        """Writes a week whole; False when another process was first."""
        ...

    async def replace(self, week: date, k: int, cells: tuple[Cell, ...]) -> None: ...

    async def cells(self, week: date) -> tuple[Cell, ...]: ...

    async def purge(self, before: datetime, marks_before: datetime) -> int:
        """Deletes rows for good, and the marks of messages that were handled; how many rows."""
        ...

    async def claim(self, job: str, day: date) -> bool:
        """True for exactly one caller a day and job."""
        ...


class Counts(Protocol):
    """The reading side: released cells and nothing else. Weeks are named by their Mondays, both ends included."""

    async def weeks(self) -> tuple[date, ...]: ...

    async def sums(self, first: date, last: date, families: Sequence[str]) -> tuple[Cell, ...]:
        """Cells added up over weeks, by stream, family and path."""
        ...

    async def totals(self, first: date, last: date) -> tuple[tuple[date, str, int], ...]:
        """(week, channel, questions)"""
        ...

    async def released(self, first: date, last: date) -> tuple[tuple[date, Cell], ...]: ...


@dataclass(frozen=True, slots=True)
class Miss:
    """Rows with the same scrubbed text that need somebody's eye, repeats left out."""

    question: str
    outcome: str
    feedback: str | None
    rule: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What a reviewer decided about like questions. `members` are hashes of the stem sets that were in the group."""

    key: str
    text: str
    members: frozenset[str]
    verdict: Decided
    day: date


class Misses(Protocol):
    """Texts of the queue, and what was decided about them."""

    async def missed(self, start: datetime, end: datetime) -> tuple[Miss, ...]: ...

    async def decisions(self) -> tuple[Decision, ...]: ...

    async def decide(self, decision: Decision) -> None: ...
