"""What officials ask on a Monday: what was asked, what was not answered, when, and where people hesitated.

Pure over the `Counts` port: every number is a sum of released cells, so nothing here can tell more than `disclosure` let out.
Numbers may therefore be lower than the truth; each ranking says how many questions it could not place.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import chain, groupby
from typing import get_args

from bot.core.rulebook import Rulebook
from bot.usecases.dashboard import Count, Dashboard, Due, Figure, Line, Ranking, StageTop
from bot.usecases.disclosure import CONTENT, FEEDBACK, REPEAT, REST, TIME, TOTAL, Cell, Path
from bot.usecases.library import Library
from bot.usecases.ports import Channel, Clock
from bot.usecases.review_ports import Counts
from bot.usecases.upkeep import DISLIKED
from bot.usecases.weeks import WEEK, Period, stage_of

CHANNELS: tuple[str, ...] = get_args(Channel)
STAGE_TOP = 5
SOON = timedelta(days=30)
"""How long before its date a rule counts as due for review."""


class View:
    """Released cells of some weeks through a channel filter."""

    def __init__(self, cells: Iterable[Cell], channel: str | None) -> None:
        seen = [cell for cell in cells if channel in (None, cell.channels)]
        self.total = sum(cell.count for cell in seen if cell.family == TOTAL)
        self.repeats = sum(cell.count for cell in seen if cell.family == REPEAT)
        self._leaves: dict[str, Counter[Path]] = {family: Counter() for family in (CONTENT, TIME, FEEDBACK)}
        for cell in seen:
            if cell.family in self._leaves:
                self._leaves[cell.family][cell.path] += cell.count

    def leaves(self, family: str) -> Counter[Path]:
        return self._leaves[family]

    def spread(self, family: str, level: int, start: Path = ()) -> tuple[Counter[str], int]:
        """Counts by the part of the path at a level, below `start`; and how many questions may belong there and are not told apart."""
        leaves = self._leaves[family]
        found: Counter[str] = Counter()
        rest = self.total - sum(leaves.values())
        for path, count in leaves.items():
            for depth, part in enumerate(path):
                if part == REST:
                    rest += count
                    break
                if depth < len(start) and part != start[depth]:
                    break
                if depth == level:
                    found[part] += count
                    break
        return found, rest

    def count(self, family: str, key: str) -> Count:
        """How many questions fall under a key of a family's first level."""
        found, rest = self.spread(family, 0)
        return Count(found[key], rest == 0)


class Review:
    """Answers the review's questions from released cells and the live rulebook."""

    def __init__(self, counts: Counts, library: Library, clock: Clock) -> None:
        self._counts = counts
        self._library = library
        self._clock = clock

    async def dashboard(self, weeks: int, channel: str | None = None, ending: date | None = None) -> Dashboard | None:
        """The page of the last `weeks` counted weeks, or of those up to the Monday `ending`; None while nothing is counted."""
        counted = await self._counts.weeks()
        if not counted:
            return None
        last = min(ending, counted[-1]) if ending else counted[-1]
        period = Period(last - (weeks - 1) * WEEK, weeks)
        rulebook = self._library.shelf.rulebook
        stages = await self._stages(period, rulebook)
        others = await self._counts.sums(period.first, period.last, (REPEAT, TIME, FEEDBACK))
        view = View(chain(others, *(cells for _, cells in stages.values())), channel)
        earlier = None
        if period.before.first >= counted[0]:
            earlier = View(await self._counts.sums(period.before.first, period.before.last, (TOTAL, CONTENT, FEEDBACK)), channel)
        totals = await self._totals(period, channel)
        rules = _rules(view, rulebook)
        asked = {line.key: line.count for line in rules.lines}
        hours, hours_rest = _heat(view, 2)
        parts, parts_rest = _heat(view, 1)
        today = self._clock().date()

        def outcome(name: str) -> Figure:
            return Figure(view.count(CONTENT, name), earlier.count(CONTENT, name) if earlier else None)

        return Dashboard(
            period=period,
            channel=channel,
            questions=Figure(Count(view.total, is_exact=True), Count(earlier.total, is_exact=True) if earlier else None),
            answered=outcome("answer"),
            clarified=outcome("clarify"),
            declined=outcome("decline"),
            disliked=Figure(view.count(FEEDBACK, DISLIKED), earlier.count(FEEDBACK, DISLIKED) if earlier else None),
            repeats=view.repeats,
            weeks=tuple(totals.items()),
            days=_days(view, period, totals),
            hours=hours,
            hours_rest=hours_rest,
            parts=parts,
            parts_rest=parts_rest,
            rules=rules,
            topics=_topics(view, rulebook),
            verdicts=_ranking(*view.spread(CONTENT, 2, ("answer",))),
            kinds=_kinds(view, rulebook),
            pairs=_pairs(view, rulebook),
            stages=tuple(_stage(name, weeks, View(cells, channel), rulebook) for name, (weeks, cells) in stages.items()),
            silent=tuple(
                Line(rule.id, rule.title, 0, rule.topic) for rule in rulebook.rules.values() if rule.id not in asked and rule.version_on(today)
            ),
            due=tuple(
                sorted(
                    (
                        Due(rule.id, rule.title, rule.review_due, asked.get(rule.id, 0))
                        for rule in rulebook.rules.values()
                        if rule.review_due <= today + SOON
                    ),
                    key=lambda due: (-due.count, due.due, due.rule),
                )
            ),
        )

    async def newest(self) -> date | None:
        """The Monday of the last counted week."""
        counted = await self._counts.weeks()
        return counted[-1] if counted else None

    async def _totals(self, period: Period, channel: str | None) -> dict[date, int]:
        found = dict.fromkeys(period.mondays, 0)
        for week, name, count in await self._counts.totals(period.first, period.last):
            if channel in (None, name):
                found[week] += count
        return found

    async def _stages(self, period: Period, rulebook: Rulebook) -> dict[str, tuple[int, list[Cell]]]:
        """Stage → how many weeks count for it, and their contents; each run of weeks of one stage is asked for at once."""
        found: dict[str, tuple[int, list[Cell]]] = {}
        for stage, run in groupby(period.mondays, lambda monday: stage_of(monday, rulebook.elections)):
            mondays = list(run)
            weeks, cells = found.get(stage, (0, []))
            found[stage] = (weeks + len(mondays), [*cells, *await self._counts.sums(mondays[0], mondays[-1], (TOTAL, CONTENT))])
        return found


def _stage(name: str, weeks: int, view: View, rulebook: Rulebook) -> StageTop:
    rules = _rules(view, rulebook)
    others = sum(line.count for line in rules.lines[STAGE_TOP:])
    return StageTop(name, weeks, view.total, Ranking(rules.lines[:STAGE_TOP], rules.rest + others))


def _ranking(found: Counter[str], rest: int, names: dict[str, tuple[str, str]] | None = None) -> Ranking:
    """Lines by count; `names` gives a name and a note for a key."""
    named = ((key, count, (names or {}).get(key, (key, ""))) for key, count in found.items())
    lines = (Line(key, name, count, note) for key, count, (name, note) in named)
    return Ranking(tuple(sorted(lines, key=lambda line: (-line.count, line.key))), rest)


def _rules(view: View, rulebook: Rulebook) -> Ranking:
    found, rest = view.spread(CONTENT, 3, ("answer",))
    current: Counter[str] = Counter()
    for key, count in found.items():  # a rule that was renamed counts under its new name
        rule = rulebook.resolve(key)
        current[rule.id if rule else key] += count
    return _ranking(current, rest, {rule.id: (rule.title, rule.topic) for rule in rulebook.rules.values()})


def _topics(view: View, rulebook: Rulebook) -> Ranking:
    names = {topic.id: (topic.name, topic.category or "") for topic in rulebook.topics.values()}
    return _ranking(*view.spread(CONTENT, 1, ("answer",)), names)


def _kinds(view: View, rulebook: Rulebook) -> Ranking:
    return _ranking(*view.spread(CONTENT, 1, ("decline",)), {kind.id: (kind.name, "") for kind in rulebook.outside.values()})


def _pairs(view: View, rulebook: Rulebook) -> Ranking:
    found, rest = view.spread(CONTENT, 1, ("clarify",))
    names = {}
    for key in found:
        rules = [rulebook.resolve(rule_id) for rule_id in key.split("+")]
        names[key] = (" / ".join(rule.title if rule else key for rule in rules), "")
    return _ranking(found, rest, names)


def _days(view: View, period: Period, totals: dict[date, int]) -> tuple[tuple[date, int | None], ...]:
    known, _ = view.spread(TIME, 0)
    complete = {monday for monday in period.mondays if totals[monday] == sum(known[str(day)] for day in Period(monday, 1).days)}
    return tuple(
        (day, known[str(day)] if str(day) in known or monday in complete else None) for monday in period.mondays for day in Period(monday, 1).days
    )


def _heat(view: View, level: int) -> tuple[tuple[tuple[int, ...], ...], int]:
    """Weekday by part of the day (level 1, four hours each) or by hour (level 2); and the questions that cannot be placed."""
    width = 4 if level == 1 else 1
    heat = [[0] * (24 // width) for _ in range(7)]
    placed = 0
    for path, count in view.leaves(TIME).items():
        if REST not in path[: level + 1]:
            heat[date.fromisoformat(path[0]).weekday()][int(path[level]) // width] += count
            placed += count
    return tuple(map(tuple, heat)), view.total - placed
