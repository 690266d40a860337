"""The values of the review page: what one period and channel come to. Holds released numbers only."""

from dataclasses import dataclass
from datetime import date

from bot.usecases.weeks import Period


@dataclass(frozen=True, slots=True)
class Count:
    """A number that may be shown. Not exact: at least so many."""

    value: int
    is_exact: bool


@dataclass(frozen=True, slots=True)
class Figure:
    """A count, and the same in as many weeks before; None when not all of those were counted."""

    now: Count
    before: Count | None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a ranking. `note` holds the SKB category of a topic, the topic of a rule."""

    key: str
    name: str
    count: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Most first. `rest` are questions of groups too small to be told apart."""

    lines: tuple[Line, ...]
    rest: int


@dataclass(frozen=True, slots=True)
class StageTop:
    """The weeks that count for a stage of the calendar, and what was asked most in them."""

    stage: str
    weeks: int
    questions: int
    rules: Ranking


@dataclass(frozen=True, slots=True)
class Due:
    """A rule whose review date has come or is near."""

    rule: str
    title: str
    due: date
    count: int


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Everything the review page shows of one period and channel.

    A channel with fewer than k questions in a week is left out of that week; a week of 0 is one with fewer than k.
    """

    period: Period
    channel: str | None
    questions: Figure
    answered: Figure
    clarified: Figure
    declined: Figure
    disliked: Figure
    repeats: int
    weeks: tuple[tuple[date, int], ...]
    days: tuple[tuple[date, int | None], ...]
    """None where the week is too small to show its days."""
    hours: tuple[tuple[int, ...], ...]
    """Monday to Sunday, each with 24 numbers."""
    hours_rest: int
    parts: tuple[tuple[int, ...], ...]
    """The same by six parts of four hours a day: for offices too small for single hours."""
    parts_rest: int
    rules: Ranking
    topics: Ranking
    verdicts: Ranking
    kinds: Ranking
    pairs: Ranking
    """Keys are two rule ids joined by "+", or one where people chose between its branches."""
    stages: tuple[StageTop, ...]
    silent: tuple[Line, ...]
    """Rules that in no week reached the number from which they are shown."""
    due: tuple[Due, ...]
