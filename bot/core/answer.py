"""A rule on a day to the card people read: verdict first, then the reason. Decides words and order, not their form.

Telegram, the web and the command line each turn the same Card into their own shape.
"""

import base64
import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot.core.messages import Language, Teller, long_day, say
from bot.core.rulebook import Branch, Rule, Rulebook, Version
from bot.core.sections import SECTIONS, Block, Section, section
from bot.core.vocabulary import Confidence, SourceStatus, Verdict

MAX_CARD = 1200
"""Characters of a card as plain text: what a phone shows without a second scroll."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to go on to: a branch of this rule or another rule."""

    rule: str
    branch: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Card:
    """One answer. `verdict` is what the headline says; `fact` names the branch's decisive fact, if one decided."""

    rule: str
    branch: str | None
    verdict: Verdict
    headline: str
    title: str
    fact: str
    blocks: tuple[Block, ...]
    sections: tuple[Section, ...]
    branches: tuple[Choice, ...]
    related: tuple[Choice, ...]
    footer: str
    code: str
    language: Language
    banner: str = ""
    """What the office says above every card."""


def rule_code(rule_id: str) -> str:
    """Five letters that stand for a rule for ever, because its id never changes."""
    return base64.b32encode(hashlib.sha256(rule_id.encode()).digest()).decode()[:5]


def receipt(rulebook: Rulebook, rule: Rule) -> str:
    """The advice receipt: which rule, in which version of the rulebook, for example `K7Q2M-1f09a3bc`."""
    return f"{rule_code(rule.id)}-{rulebook.version}"


def doubt(rulebook: Rulebook, rule: Rule, version: Version, day: date) -> Literal["kedaluwarsa", "sumber-dicabut"] | None:
    """Why a wording must not be given as a plain verdict on a day; None when it may."""
    if any(rulebook.sources[cite.source].status is SourceStatus.REPEALED for cite in version.basis if cite.source in rulebook.sources):
        return "sumber-dicabut"
    return "kedaluwarsa" if day > rule.review_due else None


def headline(rulebook: Rulebook, verdict: Verdict, language: Language) -> str:
    """The words a verdict opens with."""
    return say(rulebook.messages, f"putusan-{verdict}", language)


def verdict_on(rulebook: Rulebook, rule: Rule, day: date, branch: Branch | None = None) -> Verdict | None:
    """The verdict a card of this rule would open with; None when nothing is in force that day."""
    version = rule.version_on(day)
    if version is None:
        return None
    if rulebook.notice.pauses(rule.id) or doubt(rulebook, rule, version, day):
        return Verdict.CONSULT
    return branch.verdict if branch else version.verdict


def compose(rulebook: Rulebook, rule: Rule, day: date, branch: Branch | None = None, language: Language = "id") -> Card | None:
    """The card of a rule, or of one of its branches, on a day. None before the first version and after a repeal."""
    version = rule.version_on(day)
    if version is None:
        return None
    tell = Teller(rulebook, language)
    if rulebook.notice.pauses(rule.id):
        return _paused(rulebook, rule, tell)
    stale = doubt(rulebook, rule, version, day)
    verdict = branch.verdict if branch else version.verdict
    opening = tell("putusan-kedaluwarsa") if stale else headline(rulebook, verdict, language)
    english = language == "en"
    body: list[Block] = []
    if stale:
        was = headline(rulebook, verdict, language)
        body.append(Block("", (tell(stale, tanggal=rule.review_due, putusan=was),)))
    body.append(Block("", tuple(_answer(branch, version, english))))
    avoid = branch.avoid_because if branch else version.avoid_because
    if verdict is Verdict.AVOID and avoid:
        body.append(Block("", (tell(f"hindari-{avoid}"),)))
    if not branch and not english and not stale:  # what is no longer certain is not spelt out
        if version.allowed_if:
            body.append(Block(tell("label-boleh-bila"), version.allowed_if, bullets=True))
        if version.forbidden_if:
            body.append(Block(tell("label-tidak-boleh-bila"), version.forbidden_if, bullets=True))
    if version.safe_course and verdict is Verdict.AVOID and not english and not stale:
        body.append(Block(tell("label-jalan-aman"), (version.safe_course,)))
    if version.confidence is not Confidence.HIGH:
        body.append(Block("", (tell(f"keyakinan-{version.confidence}", catatan=version.confidence_note or ""),)))
    body.append(Block(tell("label-dasar"), (_short_basis(rulebook, version),)))
    body.append(Block(tell("label-untuk"), (", ".join(_who(person) for person in rule.covers),)))
    code = receipt(rulebook, rule)
    return Card(
        rule=rule.id,
        branch=branch.id if branch else None,
        verdict=Verdict.CONSULT if stale else verdict,
        headline=opening,
        title=rule.title_english if english else rule.title,
        fact=tell("karena-fakta", fakta=branch.when) if branch and not english else "",  # the English sentence names it itself
        blocks=tuple(body),
        sections=tuple(name for name in SECTIONS if section(rulebook, rule, day, name, branch=branch, language=language)),
        branches=tuple(Choice(rule.id, other.id, other.button) for other in rule.branches if other is not branch),
        related=tuple(_related(rulebook, rule, day, english)),
        footer=tell("kaki-kartu", tanggal=long_day(rule.reviewed, language), kode=code, peninjau=rule.reviewer),
        code=code,
        language=language,
        banner=_banner(rulebook, language),
    )


def _paused(rulebook: Rulebook, rule: Rule, tell: Teller) -> Card:
    """The card of a rule that is switched off: that it is being looked at again, and nothing that could be acted on."""
    english = tell.language == "en"
    code = receipt(rulebook, rule)
    return Card(
        rule=rule.id,
        branch=None,
        verdict=Verdict.CONSULT,
        headline=tell("putusan-dijeda"),
        title=rule.title_english if english else rule.title,
        fact="",
        blocks=(Block("", (tell("dijeda"),)),),
        sections=(),
        branches=(),
        related=(),
        footer=tell("kaki-kartu", tanggal=long_day(rule.reviewed, tell.language), kode=code, peninjau=rule.reviewer),
        code=code,
        language=tell.language,
        banner=_banner(rulebook, tell.language),
    )


def _banner(rulebook: Rulebook, language: Language) -> str:
    notice = rulebook.notice
    return (notice.banner_english or notice.banner) if language == "en" else notice.banner


def plain(card: Card) -> str:
    """A card as plain text, for the command line, for length checks, and when a richer form is refused."""
    lines = [*([card.banner, ""] if card.banner else []), card.headline, card.title]
    if card.fact:
        lines.append(card.fact)
    lines.append("")
    lines.extend(plain_block(block) for block in card.blocks)
    return "\n".join([*lines, "", card.footer])


def plain_block(block: Block) -> str:
    """One block as plain text."""
    if block.bullets:
        return "\n".join([f"{block.label}:", *(f"• {line}" for line in block.lines)])
    text = "\n".join(block.lines)
    return f"{block.label}: {text}" if block.label else text


def _answer(branch: Branch | None, version: Version, english: bool) -> list[str]:
    if branch:
        return [branch.english if english else branch.answer]
    return [version.english if english else version.answer]


def _short_basis(rulebook: Rulebook, version: Version) -> str:
    """Each instrument once, with its articles; the third and later ones stand behind the button."""
    articles: dict[str, list[str]] = {}
    for cite in version.basis:
        source = rulebook.sources[cite.source]
        named = bool(cite.article and cite.article.startswith("UU "))  # the article says of which amending law it is
        articles.setdefault("" if named else source.short or source.number, []).extend([cite.article] if cite.article else [])
    return "; ".join(f"{name} {', '.join(found)}".strip() for name, found in list(articles.items())[:3])


def _related(rulebook: Rulebook, rule: Rule, day: date, english: bool) -> list[Choice]:
    found = (rulebook.resolve(rule_id) for rule_id in rule.related)
    return [Choice(r.id, None, r.title_english if english else r.title) for r in found if r and r.version_on(day)]


def _who(person: str) -> str:
    """`pns` as PNS, `kepala-desa` as kepala desa."""
    return person.upper() if person in {"pns", "cpns", "pppk", "ppnpn", "tni", "polri", "bumn", "bumd", "bpd", "pkh"} else person.replace("-", " ")
