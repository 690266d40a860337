"""How well questions are answered: figures with their uncertainty, and every miss. Asks through the same door as people do."""

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.core.reading import read
from bot.core.registers import Example
from bot.core.rulebook import ExampleFile
from bot.core.vocabulary import Verdict
from bot.usecases.ask import Asking, Part

COST_OF_PERMISSION = 10
"""A "boleh" where it is not, counted in honest silences."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One example and what came of it."""

    example: Example
    outcome: str
    rule: str | None
    verdict: str | None
    is_answered: bool
    """A right rule answered outright."""
    is_first: bool
    """A right rule answered, or stands first among the options."""
    is_shown: bool
    is_wrong_verdict: bool
    is_wrong_permission: bool


@dataclass(slots=True)
class Figures:
    """Counts over a set of examples."""

    judged: list[Judged] = field(default_factory=list)

    @property
    def inside(self) -> list[Judged]:
        return [j for j in self.judged if not j.example.kind]

    @property
    def outside(self) -> list[Judged]:
        return [j for j in self.judged if j.example.kind]

    def flipped_pairs(self) -> tuple[int, int]:
        """(pairs in which one half got a wrong verdict, pairs)."""
        pairs: dict[str, bool] = {}
        for judged in self.inside:
            if judged.example.pair:
                pairs[judged.example.pair] = pairs.get(judged.example.pair, False) or judged.is_wrong_verdict
        return sum(pairs.values()), len(pairs)


def judge(asking: Asking, examples: Iterable[Example]) -> Figures:
    """Asks every example and compares. Deterministic."""
    figures = Figures()
    for example in examples:
        parts = asking.ask(example.question, "baris-perintah").parts
        rules = [part.row.rule for part in parts if part.row.rule]
        verdicts = [part.row.verdict for part in parts if part.row.verdict]
        wrong = bool(verdicts) and example.verdict is not None and example.verdict not in verdicts
        figures.judged.append(
            Judged(
                example,
                "answer" if rules else parts[0].row.outcome,
                rules[0] if rules else None,
                verdicts[0] if verdicts else None,
                is_answered=any(rule in example.rules for rule in rules),
                is_first=any(rule in example.rules for part in parts for rule in _seen(part)[:1]),
                is_shown=any(rule in example.rules for part in parts for rule in _seen(part)),
                is_wrong_verdict=wrong,
                is_wrong_permission=wrong
                and example.verdict is not None
                and not example.verdict.permits
                and any(Verdict(v).permits for v in verdicts),
            )
        )
    return figures


def _seen(part: Part) -> list[str]:
    """The rules a reader of this part is shown."""
    runner_up = getattr(part.result, "runner_up", None)
    return [rule for rule in (part.row.rule, runner_up, *(option.rule for option in part.options)) if rule]


def tell(figures: Figures, *, misses: int = 0, topics: Mapping[str, str] | None = None) -> str:
    """The figures as a table for people, with 95 % intervals, by register, and the worst misses. `topics` maps a rule to its topic."""
    lines = []
    inside, outside = figures.inside, figures.outside
    if inside:
        lines.append(f"soal dalam cakupan: {len(inside)}")
        rows = {
            "aturan benar di tempat pertama": sum(j.is_first for j in inside),
            "aturan benar langsung dijawab": sum(j.is_answered for j in inside),
            "aturan benar ditampilkan (jawaban atau pilihan)": sum(j.is_shown for j in inside),
            "bertanya balik": sum(j.outcome == "clarify" for j in inside),
            "diam": sum(j.outcome == "decline" for j in inside),
            "putusan keliru": sum(j.is_wrong_verdict for j in inside),
            "membolehkan yang tidak boleh": sum(j.is_wrong_permission for j in inside),
        }
        lines += [f"  {name:<48} {_share(count, len(inside))}" for name, count in rows.items()]
        for register in sorted({j.example.register_ or "-" for j in inside}):
            some = [j for j in inside if (j.example.register_ or "-") == register]
            lines.append(_row(f"ragam {register}", some))
        for topic in sorted({_topic(j, topics) for j in inside} if topics else ()):
            lines.append(_row(f"topik {topic}", [j for j in inside if _topic(j, topics) == topic]))
    flipped, pairs = figures.flipped_pairs()
    if pairs:
        lines.append(f"pasangan nyaris sama: {pairs}, putusan terbalik: {_share(flipped, pairs)}")
    if outside:
        lines.append(f"di luar cakupan: {len(outside)}, ditolak: {_share(sum(j.outcome == 'decline' for j in outside), len(outside))}")
    for j in worst(figures)[:misses]:
        wanted = j.example.kind or f"{'/'.join(j.example.rules)} {j.example.verdict or ''}"
        lines.append(f"  ! {j.rule or j.outcome} {j.verdict or ''} ≠ {wanted}: {j.example.question}")
    return "\n".join(lines)


def worst(figures: Figures) -> list[Judged]:
    """What went wrong, the dangerous first: a wrong "boleh", a wrong verdict, an answer to what is no question of ours."""
    wrong = [j for j in figures.judged if j.is_wrong_verdict or (j.example.kind and j.outcome != "decline")]
    return sorted(wrong, key=lambda j: (not j.is_wrong_permission, not j.is_wrong_verdict))


def compare(ours: Figures, others: Mapping[str, tuple[Figures, float]]) -> str:
    """Our figures beside those of plain searches over the same phrasings: (figures, milliseconds a question) by name."""
    lines = [f"{'':<30} {'pertama':>8} {'tampil':>8} {'keliru':>8} {'“boleh”':>8} {'ditolak':>8} {'pasangan':>9} {'ms':>6}"]
    for name, (figures, milliseconds) in {"Tanya Netral": (ours, 0.0), **others}.items():
        inside, outside = figures.inside, figures.outside
        flipped, pairs = figures.flipped_pairs()
        shares = [
            sum(getattr(j, field) for j in inside) / (len(inside) or 1)
            for field in ("is_first", "is_shown", "is_wrong_verdict", "is_wrong_permission")
        ]
        declined = sum(j.outcome == "decline" for j in outside) / (len(outside) or 1)
        cells = " ".join(f"{100 * share:7.1f}%" for share in (*shares, declined))
        lines.append(f"{name:<30} {cells} {flipped:>5}/{pairs:<3} " + (f"{milliseconds:6.1f}" if milliseconds else ""))
    return "\n".join(lines)


def _row(name: str, some: Sequence[Judged]) -> str:
    shares = f"pertama {_share(sum(j.is_first for j in some), len(some))}  langsung {_share(sum(j.is_answered for j in some), len(some))}"
    return f"  {name:<26} n={len(some):<4} {shares}"


def _topic(judged: Judged, topics: Mapping[str, str] | None) -> str:
    return (topics or {}).get(judged.example.rules[0], "-") if judged.example.rules else "-"


def _share(count: int, total: int) -> str:
    """`93.1% (91–95)`: the share with its Wilson interval at 95 %."""
    if not total:
        return "-"
    z, p = 1.96, count / total
    middle = (p + z * z / (2 * total)) / (1 + z * z / total)
    spread = z * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total)) / (1 + z * z / total)
    return f"{100 * p:5.1f}% ({100 * max(0.0, middle - spread):.1f}–{100 * min(1.0, middle + spread):.1f})"


def examples_of(name: str, raw: bytes) -> Sequence[Example]:
    """Examples from a YAML file of the rulebook's kind, or from CSV with columns tanya, aturan, putusan, di_luar, ragam, pasangan.

    Several rules in a CSV cell are separated by spaces. Raises ValueError with the Problems of a file that cannot be used.
    """
    if name.endswith(".csv"):
        rows = csv.DictReader(io.StringIO(raw.decode("utf-8-sig")))
        named = [{key: value for key, value in row.items() if key and value} for row in rows]
        values: list[dict[str, object]] = [{**row, "aturan": row.get("aturan", "").split()} for row in named]
        return ExampleFile.model_validate({"uji": values}).examples
    reading = read(name, raw)
    if reading.problems:
        raise ValueError("\n".join(map(str, reading.problems)))
    return ExampleFile.model_validate(reading.value).examples
