"""Three points for the next circular, proposed from the rulebook's own words and released counts. Nothing an asker wrote is in them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot.core.rulebook import Rule, Rulebook, Version
from bot.core.vocabulary import Confidence, Verdict
from bot.usecases.dashboard import Dashboard

Why = Literal["diperdebatkan", "tanpa-teks-tegas", "tertukar", "tidak-disukai"]
PROPOSED = 3
OPEN_VERDICTS = frozenset({Verdict.AVOID, Verdict.CONSULT})


@dataclass(frozen=True, slots=True)
class Proposal:
    """One point. All texts are fields of the rules."""

    rule: str
    title: str
    verdict: Verdict
    why: tuple[Why, ...]
    asked: int
    confused: tuple[tuple[str, str, int], ...]
    """Rules it was mistaken for: id, title, how often."""
    disliked: int
    answer: str
    positions: tuple[str, ...]
    basis: tuple[str, ...]
    safe_course: str | None


def proposals(board: Dashboard, rulebook: Rulebook, day: date, disliked: Mapping[str, int] | None = None) -> tuple[Proposal, ...]:
    """The three rules that leave most people without a clear answer. `disliked` gives complaints by rule, as the queue shows them."""
    complaints = disliked or {}
    asked = Counter({line.key: line.count for line in board.rules.lines})
    confused: dict[str, Counter[str]] = {}
    for line in board.pairs.lines:
        rules = [rule for rule_id in line.key.split("+") if (rule := rulebook.resolve(rule_id))]
        if len(rules) == 2 and _verdict(rules[0], day) != _verdict(rules[1], day):
            for one, other in (rules, rules[::-1]):
                confused.setdefault(one.id, Counter())[other.id] += line.count
    found: list[tuple[int, Proposal]] = []
    for rule in rulebook.rules.values():
        version = rule.version_on(day)
        if version is None:
            continue
        mistaken, complained = confused.get(rule.id, Counter()), complaints.get(rule.id, 0)
        why = _why(version, mistaken.total(), complained)
        weight = (asked[rule.id] if {"diperdebatkan", "tanpa-teks-tegas"} & set(why) else 0) + mistaken.total() + complained
        if weight:
            found.append((weight, _proposal(rule, version, rulebook, why, asked[rule.id], mistaken, complained)))
    found.sort(key=lambda pair: (-pair[0], pair[1].rule))
    return tuple(_unpaired([proposal for _, proposal in found]))[:PROPOSED]


def _verdict(rule: Rule, day: date) -> Verdict | None:
    version = rule.version_on(day)
    return version.verdict if version else None


def _why(version: Version, mistaken: int, complained: int) -> tuple[Why, ...]:
    why: list[Why] = []
    if version.avoid_because == "diperdebatkan" or len({position.direction for position in version.positions} - {"menjelaskan"}) > 1:
        why.append("diperdebatkan")
    elif version.verdict in OPEN_VERDICTS or version.confidence is not Confidence.HIGH:
        why.append("tanpa-teks-tegas")
    if mistaken:
        why.append("tertukar")
    if complained:
        why.append("tidak-disukai")
    return tuple(why)


def _proposal(
    rule: Rule, version: Version, rulebook: Rulebook, why: tuple[Why, ...], asked: int, mistaken: Counter[str], complained: int
) -> Proposal:
    others = sorted(mistaken.items(), key=lambda pair: (-pair[1], pair[0]))
    return Proposal(
        rule=rule.id,
        title=rule.title,
        verdict=version.verdict,
        why=why,
        asked=asked,
        confused=tuple((other, rulebook.rules[other].title, count) for other, count in others),
        disliked=complained,
        answer=version.answer,
        positions=tuple(f"{position.who} ({position.when}): {position.says}" for position in version.positions),
        basis=tuple(f"{rulebook.sources[cite.source].number} {cite.article or ''}".strip() for cite in version.basis),
        safe_course=version.safe_course,
    )


def _unpaired(ordered: Sequence[Proposal]) -> list[Proposal]:
    """Without the lesser half of a pair that stands there only because of the other: one point settles both."""
    kept: list[Proposal] = []
    for proposal in ordered:
        others = {rule for rule, *_ in proposal.confused}
        if proposal.why != ("tertukar",) or not others <= {earlier.rule for earlier in kept}:
            kept.append(proposal)
    return kept
