"""The thresholds that cost least on questions for tuning, found one step of one threshold at a time.

Nothing is learnt here: the index stays, only the decision over it changes. What a mistake costs is the asker's side of
the matter and stands here, apart from the costs in `Thresholds`, which are the bot's own caution and may be tuned.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime

from bot.core.registers import Example
from bot.core.thresholds import Thresholds
from bot.usecases.ask import Asking
from bot.usecases.evaluate import COST_OF_PERMISSION, Figures, Judged, judge
from bot.usecases.library import Library
from bot.usecases.ports import Clock
from bot.usecases.silent import SilentLog

SILENCE = 1.0
"""The unit: an honest silence on a question that has an answer."""
WRONG_VERDICT, WRONG_RULE = 3.0, 1.5
FLIPPED = 2.0
"""More for a pair of near-misses that is taken for each other."""
ASKED, ASKED_IN_VAIN = 0.5, 1.5
"""A choice that holds the right rule, and one that does not."""
ANSWERED_OUTSIDE, ASKED_OUTSIDE = 3.0, 1.0

STEPS: dict[str, tuple[float, ...]] = {
    "temperature": (-0.2, -0.1, 0.1, 0.2),
    "bm25_share": (-0.1, -0.05, 0.05, 0.1),
    "coverage": (-0.1, -0.05, 0.05, 0.1),
    "unpolitical": (-0.05, -0.02, 0.02, 0.05),
    "unspoken": (-0.2, -0.1, 0.1),
    "floor": (-0.1, -0.05, 0.05, 0.1),
    "asking": (-0.2, -0.1, 0.1, 0.2),
    "asked_in_vain": (-0.4, -0.2, 0.2, 0.4),
    "silence": (-0.3, -0.15, 0.15, 0.3),
    "answered_outside": (-1.0, -0.5, 0.5, 1.0),
}
"""What is worth calibrating, and how far one step goes. The cost of a wrong verdict is a choice and is not searched."""
WORTH = 2.0
"""Silences that a change must save: less is the chance of one or two questions, and the threshold then stays as it is."""
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Tuned:
    """What a search came to."""

    before: Thresholds
    after: Thresholds
    cost_before: float
    cost_after: float
    tried: int

    @property
    def changes(self) -> dict[str, tuple[float, float]]:
        """Old and new value of every threshold that moved."""
        pairs = {field.name: (getattr(self.before, field.name), getattr(self.after, field.name)) for field in fields(Thresholds)}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def cost(figures: Figures) -> float:
    """What these outcomes cost the askers, in honest silences."""
    flipped, _ = figures.flipped_pairs()
    return sum(map(_cost, figures.judged)) + FLIPPED * flipped


def _cost(judged: Judged) -> float:
    if judged.example.kind:
        return {"answer": ANSWERED_OUTSIDE, "clarify": ASKED_OUTSIDE}.get(judged.outcome, 0.0)
    if judged.outcome == "clarify":
        return ASKED if judged.is_shown else ASKED_IN_VAIN
    if judged.outcome != "answer":
        return SILENCE
    if judged.is_wrong_permission:
        return COST_OF_PERMISSION
    if judged.is_wrong_verdict:
        return WRONG_VERDICT
    return 0.0 if judged.is_first else WRONG_RULE


class Tuner:
    """Measures one library under any thresholds. The clock stands still, so that a figure never depends on the hour."""

    def __init__(self, library: Library, now: datetime) -> None:
        self._library = library.decided_by(library.shelf.searcher.thresholds)  # from here on every question is weighed once
        self._clock: Clock = lambda: now

    def figures(self, thresholds: Thresholds, examples: Iterable[Example]) -> Figures:
        """What comes of the examples under these thresholds."""
        return judge(Asking(self._library.decided_by(thresholds), SilentLog(), self._clock), examples)

    def search(self, examples: Sequence[Example]) -> Tuned:
        """Coordinate search from the thresholds of today. Deterministic."""
        before = best = self._library.shelf.searcher.thresholds
        at_first = least = cost(self.figures(best, examples))
        known = {before}
        for _ in range(ROUNDS):
            at_start = least
            for name in STEPS:
                for candidate in _near(best, name):
                    if candidate in known:
                        continue
                    known.add(candidate)
                    found = cost(self.figures(candidate, examples))
                    if found <= least - WORTH:
                        best, least = candidate, found
            if least == at_start:
                break
        return Tuned(before, best, at_first, least, len(known))


def _near(thresholds: Thresholds, name: str) -> Iterator[Thresholds]:
    """The thresholds with one of them moved by each of its steps; never to nothing or below."""
    for step in STEPS[name]:
        value = round(getattr(thresholds, name) + step, 3)
        if value > 0:
            yield replace(thresholds, **{name: value})


def tell_tuned(tuned: Tuned) -> str:
    """Old and new values as a table for people."""
    lines = [f"dicoba {tuned.tried} susunan ambang; biaya {tuned.cost_before:.1f} → {tuned.cost_after:.1f} (satuan: satu diam)"]
    lines += [f"  {'ambang':<20} {'lama':>8} {'baru':>8}"]
    for name in STEPS:
        old, new = getattr(tuned.before, name), getattr(tuned.after, name)
        lines.append(f"  {name:<20} {old:>8g} {new:>8g}{'' if old == new else '  *'}")
    return "\n".join(lines)


def rewritten(source: str, tuned: Tuned) -> str:
    """The text of thresholds.py with the new values in their lines. ValueError when a line is not found exactly once."""
    for name, (_, new) in tuned.changes.items():
        source, times = re.subn(rf"(?m)^(    {name}: float = )[0-9.]+$", rf"\g<1>{new!r}", source)
        if times != 1:
            raise ValueError(f"{name}: {times} baris di thresholds.py, seharusnya satu")
    return source
