"""What stands behind a card's buttons: examples, legal basis, sanction, who says what. Decides words and order, not their form."""

from dataclasses import dataclass
from datetime import date
from typing import Literal, assert_never

from bot.core.messages import Language, Teller
from bot.core.rulebook import Branch, Rule, Rulebook, Sanction, Version
from bot.core.vocabulary import Severity

Section = Literal["contoh", "dasar", "sanksi", "pandangan"]
SECTIONS: tuple[Section, ...] = ("contoh", "dasar", "sanksi", "pandangan")


@dataclass(frozen=True, slots=True)
class Block:
    """A labelled run of lines. No label means plain paragraphs; `bullets` asks for a list."""

    label: str
    lines: tuple[str, ...]
    bullets: bool = False


def section(rulebook: Rulebook, rule: Rule, day: date, name: Section, branch: Branch | None = None, language: Language = "id") -> tuple[Block, ...]:
    """The blocks behind one of a card's buttons; empty when the rule has nothing to say there."""
    version = rule.version_on(day)
    if version is None or rulebook.notice.pauses(rule.id):
        return ()
    tell = Teller(rulebook, language)
    blocks = _section(rulebook, tell, version, name, branch)
    if name == "sanksi" and blocks:
        stages = ", ".join(f"{stage.name} ({election.name})" for election, stage in rulebook.stages_on(day))
        today = tell("tahap-hari-ini", tahap=stages) if stages else tell("tahap-tidak-ada")
        return (*blocks, Block("", (today,)))
    if language == "en" and blocks and name != "sanksi":
        return (Block("", (tell("hanya-indonesia"),)), *blocks)
    return blocks


def _section(rulebook: Rulebook, tell: Teller, version: Version, name: Section, branch: Branch | None) -> tuple[Block, ...]:
    match name:
        case "contoh":
            return (Block(tell("label-contoh"), (version.example,)), *_limits(tell, version)) if version.example else ()
        case "dasar":
            return _basis(rulebook, tell, version)
        case "sanksi":
            return _sanction(rulebook, tell, (branch.sanction if branch else None) or version.sanction)
        case "pandangan":
            lines = tuple(f"{p.who} ({p.when}, {p.authority}) {p.direction}: {p.says}" for p in version.positions)
            safe = (Block(tell("label-jalan-aman"), (version.safe_course,)),) if version.safe_course else ()
            return (Block(tell("label-pandangan"), lines, bullets=True), *safe) if lines else ()
        case _:
            assert_never(name)


def _basis(rulebook: Rulebook, tell: Teller, version: Version) -> tuple[Block, ...]:
    lines = []
    for cite in version.basis:
        source = rulebook.sources[cite.source]
        status = tell(f"status-{source.status}") + (f" ({source.note})" if source.note else "")
        says = f": {cite.says}" if cite.says else ""
        lines.append(
            f"{source.short or source.number} {cite.article or ''}".strip()
            + f"{says}. {source.number}: {source.title}, {source.dated}; {status}; "
            + tell("label-data-per", tanggal=source.as_of.isoformat())
        )
    blocks = [Block(tell("label-dasar"), tuple(lines), bullets=True)]
    if version.articles:
        quotes = tuple(f"{rulebook.sources[a.source].number}, par. {a.paragraph}: {a.says}" for a in version.articles if a.source in rulebook.sources)
        blocks.append(Block(tell("label-artikel"), quotes, bullets=True))
    return tuple(blocks)


def _limits(tell: Teller, version: Version) -> tuple[Block, ...]:
    blocks = []
    if version.allowed_if:
        blocks.append(Block(tell("label-boleh-bila"), version.allowed_if, bullets=True))
    if version.forbidden_if:
        blocks.append(Block(tell("label-tidak-boleh-bila"), version.forbidden_if, bullets=True))
    return tuple(blocks)


def _sanction(rulebook: Rulebook, tell: Teller, sanction: Sanction | None) -> tuple[Block, ...]:
    if sanction is None:
        return ()
    blocks: list[Block] = []
    if sanction.before is sanction.after:
        blocks.append(_tier(rulebook, tell, tell("sanksi-sama"), sanction.before))
    else:
        blocks.append(_tier(rulebook, tell, tell("label-sebelum"), sanction.before))
        blocks.append(_tier(rulebook, tell, tell("label-sesudah"), sanction.after))
    if sanction.criminal:
        blocks.append(Block(tell("label-pidana"), (sanction.criminal,)))
    if sanction.note:
        blocks.append(Block(tell("label-catatan"), (sanction.note,)))
    return tuple(blocks)


def _tier(rulebook: Rulebook, tell: Teller, when: str, severity: Severity) -> Block:
    if severity is Severity.NONE:
        return Block(when, (tell("sanksi-tidak-ada"),))
    tier = rulebook.tiers[severity]
    if tell.language == "en":
        return Block(when, (tier.english,))
    lines = (f"PNS: {tier.civil_servant}", f"CPNS: {tier.candidate}", f"PPPK: {tier.contract}")
    return Block(f"{when}: {tier.name}", lines, bullets=True)
