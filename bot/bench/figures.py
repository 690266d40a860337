"""What was measured, beside what it was measured against: ratios with their spread, and whether the aim is met."""

import json
import math
import operator
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Aim:
    """A bound on one number: the ratio ours/theirs, the difference ours - theirs, or ours alone; "least" and "most" include it."""

    of: Literal["ratio", "difference", "ours"]
    at: Literal["least", "most", "below"]
    value: float

    def __str__(self) -> str:
        sign = {"least": ">=", "most": "<=", "below": "<"}[self.at]
        return f"{self.of} {sign} {self.value:g}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of a table. `ours` and `theirs` hold one number a round, in `unit`; `theirs` is empty when nothing is compared."""

    what: str
    unit: str
    ours: list[float]
    theirs: list[float] = field(default_factory=list)
    aim: Aim | None = None

    @property
    def ratios(self) -> list[float]:
        """Ours to theirs, round by round."""
        return [a / b if b else math.inf for a, b in zip(self.ours, self.theirs, strict=bool(self.theirs))]

    @property
    def met(self) -> bool | None:
        """Whether the median over rounds keeps the aim; None without one."""
        if self.aim is None:
            return None
        pairs = list(zip(self.ours, self.theirs, strict=bool(self.theirs)))
        values = {"ratio": self.ratios, "difference": [a - b for a, b in pairs], "ours": self.ours}[self.aim.of]
        compare = {"least": operator.ge, "most": operator.le, "below": operator.lt}[self.aim.at]
        return bool(compare(statistics.median(values), self.aim.value))


@dataclass(slots=True)
class Report:
    """Everything one run measured."""

    sections: dict[str, list[Figure]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """What makes the run invalid: messages lost, rows missing."""

    def tables(self) -> str:
        """For people: a table a section, then notes and faults."""
        parts = [f"{title}\n{_table(figures)}" for title, figures in self.sections.items()]
        parts += ["\n".join(f"note: {note}" for note in self.notes)] if self.notes else []
        parts += ["\n".join(f"FAULT: {fault}" for fault in self.faults)] if self.faults else []
        return "\n\n".join(parts)

    def as_json(self) -> str:
        """For machines: the same, with every round."""
        sections = {
            title: [asdict(f) | {"ratios": f.ratios, "aim": str(f.aim) if f.aim else None, "met": f.met} for f in figures]
            for title, figures in self.sections.items()
        }
        return json.dumps({"sections": sections, "notes": self.notes, "faults": self.faults}, indent=1)


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest value that at least `share` (0..1) of the values do not exceed; nan of none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


def spread(values: Sequence[float]) -> str:
    """Median and range, as `0.91 (0.88-0.93)`; the median alone when there is one value, a dash when there is none."""
    if not values:
        return "-"
    middle = _short(statistics.median(values))
    return f"{middle} ({_short(min(values))}-{_short(max(values))})" if len(values) > 1 else middle


def _short(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def _table(figures: Sequence[Figure]) -> str:
    rows = [("", "unit", "ours", "theirs", "ratio", "aim", "met")]
    for f in figures:
        met = {True: "yes", False: "NO", None: ""}[f.met]
        rows.append((f.what, f.unit, spread(f.ours), spread(f.theirs), spread(f.ratios), str(f.aim or ""), met))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
