"""Which questions a changed rulebook would answer otherwise: before → after, worst first. What an editor must see before publishing."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from bot.core.registers import Example
from bot.core.rulebook import Notice, Rulebook
from bot.core.vocabulary import Verdict
from bot.usecases.ask import Asking
from bot.usecases.library import Shelf
from bot.usecases.ports import Clock
from bot.usecases.silent import SilentLog

Origin = Literal["uji", "ditanyakan"]
KEPT = 8
"""Rulebooks whose answers are remembered: the live one, those before, and drafts; about a megabyte each."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a rulebook says to one question, in the least that matters."""

    outcome: str
    rules: tuple[str, ...]
    branch: str | None
    verdict: Verdict | None
    kind: str | None


@dataclass(frozen=True, slots=True)
class Flip:
    """A question whose rule or verdict changes. `expected` are the rules an example names as right."""

    question: str
    origin: Origin
    expected: tuple[str, ...]
    before: Said
    after: Said

    @property
    def loosens(self) -> bool:
        """True when the new answer permits what the old one did not permit."""
        return _permits(self.after) and not _permits(self.before)

    @property
    def goes_wrong(self) -> bool:
        """True when an example was answered by a right rule and no longer is."""
        return bool(self.expected) and bool(set(self.expected) & set(self.before.rules)) and not set(self.expected) & set(self.after.rules)

    @property
    def weight(self) -> int:
        """How much an editor should care: 0 most."""
        if self.loosens:
            return 0
        if self.goes_wrong:
            return 1
        if self.before.verdict is not self.after.verdict and self.before.outcome == self.after.outcome == "answer":
            return 2
        return 3 if self.before.outcome == "answer" else 4


class Held:
    """One shelf held fast, for asking a rulebook that does not serve."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf


def asking_from(shelf: Shelf, clock: Clock, day: date | None = None) -> Asking:
    """Asks a rulebook that does not serve, on another day if wanted; leaves no rows."""
    return Asking(Held(shelf), SilentLog(), clock if day is None else lambda: datetime.combine(day, clock().timetz()))


def without_notice(shelf: Shelf) -> Shelf:
    """A shelf as it answers when nothing is switched off for the moment."""
    rulebook = replace(shelf.rulebook, notice=Notice())
    return replace(shelf, rulebook=rulebook, searcher=shelf.searcher.serving(rulebook))


class Answers:
    """What the last few rulebooks said on a day. Of every preview one side is the rulebook that serves: it need not be asked again."""

    def __init__(self) -> None:
        self._said: OrderedDict[tuple[str, Notice, date], dict[str, Said]] = OrderedDict()

    def of(self, shelf: Shelf, questions: Iterable[str], clock: Clock) -> dict[str, Said]:
        """What a rulebook says to each question."""
        asking = asking_from(shelf, clock)
        key = (shelf.rulebook.version, shelf.rulebook.notice, clock().date())
        known = self._said.setdefault(key, {})
        self._said.move_to_end(key)
        while len(self._said) > KEPT:
            self._said.popitem(last=False)
        for question in questions:
            if question not in known:
                known[question] = _said(asking, question)
        return known


def flips(
    old: Shelf, new: Shelf, examples: Iterable[Example], asked: Iterable[str], clock: Clock, answers: Answers | None = None
) -> tuple[Flip, ...]:
    """Every question that the two rulebooks answer differently, worst first."""
    questions: dict[str, tuple[Origin, tuple[str, ...]]] = dict.fromkeys(asked, ("ditanyakan", ()))
    questions |= {example.question: ("uji", example.rules) for example in examples}
    answers = answers or Answers()
    before, after = answers.of(old, questions, clock), answers.of(new, questions, clock)
    found = []
    for question, (origin, expected) in questions.items():
        one, two = before[question], after[question]
        if one != two:
            found.append(Flip(question, origin, expected, one, two))
    return tuple(sorted(found, key=lambda flip: flip.weight))


def title_of(rulebook: Rulebook, said: Said) -> str:
    """What was said, for people: the rules by their titles."""
    names = [rule.title for name in said.rules if (rule := rulebook.resolve(name))]
    return " / ".join(names) or (said.kind or "")


def _said(asking: Asking, question: str) -> Said:
    part = asking.ask(question, "baris-perintah").parts[0]
    verdict = Verdict(part.row.verdict) if part.row.verdict else None
    rules = (part.row.rule,) if part.row.rule else tuple(option.rule for option in part.options)
    return Said(part.row.outcome, rules, part.row.branch, verdict, part.row.kind)


def _permits(said: Said) -> bool:
    return said.verdict is not None and said.verdict.permits
