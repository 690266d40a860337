"""One question in, one honest answer out. Has no parameter for an identity, so none can be kept.

Finding and composing are pure; the only effect is the anonymous row, written after the answer is on its way.
"""

import logging
import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

from bot.core.answer import Card, compose, verdict_on
from bot.core.messages import Language, Teller
from bot.core.questions import MAX_PARTS, Piece, parts_of
from bot.core.result import Close, Found, Hit, Nothing, Result, Trace
from bot.core.rulebook import Rulebook
from bot.core.scrub import Scrubbed
from bot.core.search import MAX_QUESTION, language_of
from bot.core.vocabulary import Verdict
from bot.usecases.library import Shelf
from bot.usecases.ports import Channel, Clock, Feedback, Once, Outcome, QuestionLog, Row
from bot.usecases.watch import Watch

log = logging.getLogger(__name__)

CLOSED = "ditutup"
"""The kind of every message while the office has switched the whole bot off."""

NAMELESS: frozenset[Channel] = frozenset({"web", "baris-perintah"})
"""Channels that have no chat, so that two askers cannot be told from one who asks twice."""

_SPACES = re.compile(r"[^\S\n]+")


@dataclass(frozen=True, slots=True)
class Option:
    """One of the rules an asker may have meant."""

    rule: str
    branch: str | None
    title: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Part:
    """What one question leads to: a card, a choice, or a kind sentence. Exactly one of the three is filled."""

    question: str
    result: Result
    card: Card | None
    options: tuple[Option, ...]
    reply: str
    row: Row


@dataclass(frozen=True, slots=True)
class Reply:
    """Everything an edge needs to answer one message; several parts when it held several questions."""

    parts: tuple[Part, ...]
    language: Language
    had_identifier: bool
    unanswered: int
    """Questions beyond those that one message may hold."""

    @property
    def rows(self) -> tuple[Row, ...]:
        return tuple(part.row for part in self.parts)


class Shelves(Protocol):
    """Where the rulebook to answer from stands: the live library, or one shelf held fast for a preview."""

    @property
    def shelf(self) -> Shelf: ...


class Asking:
    """Answers questions from the live rulebook."""

    def __init__(self, library: Shelves, questions: QuestionLog, clock: Clock, watch: Watch | None = None) -> None:
        self._library = library
        self._questions = questions
        self._clock = clock
        self._watch = watch or Watch()

    def ask(self, text: str, channel: Channel, *, about: str | None = None, language: Language | None = None) -> Reply:
        """The answer to a message. `about` is the rule whose card it replies to; nothing is written yet."""
        shelf = self._library.shelf
        text = _SPACES.sub(" ", text)[: MAX_QUESTION + 1]
        spoken: Language = language or ("en" if language_of(text) == "en" else "id")
        pieces = parts_of(text) if about is None else [Piece(text)]
        parts: list[Part] = []
        had_identifier = False
        for piece in pieces[:MAX_PARTS]:
            before = parts[-1].row.rule if parts else None
            scrubbed = shelf.scrubber.scrub(piece.text)
            had_identifier |= scrubbed.had_identifier
            part = self._answer(shelf, piece.text, scrubbed, channel, spoken, (before if piece.leans else None) or about)
            if piece.listed or not any(_same(part, earlier) for earlier in parts):
                parts.append(part)
        if len(parts) > 1 and not pieces[0].listed and any(_is_context(part) for part in parts):
            # A story cut in pieces: what could not stand alone was context, so the whole is asked instead.
            answered = [part for part in parts if not _is_context(part)]
            whole = self._answer(shelf, text, shelf.scrubber.scrub(text), channel, spoken, about)
            parts = answered if len(answered) > 1 else [whole if not answered or not isinstance(whole.result, Nothing) else answered[0]]
        return Reply(tuple(parts), spoken, had_identifier, max(0, len(pieces) - MAX_PARTS))

    async def record(self, reply: Reply, repeats: Collection[str] = (), once: Once | None = None) -> bool:
        """Writes the anonymous rows; False when there was nothing to write any more, or no way to. A log that is down is counted and told, never the asker's trouble.

        `repeats` are tokens of rows that an edge knows to be asked again within the hour. Where no edge can tell askers
        apart, the same text within the hour counts as asked again.
        """
        rows = [replace(row, repeat=True) if row.token in repeats or await self._was_asked(row) else row for row in reply.rows]
        if once is None or once.answered:
            for row in rows:
                self._watch.answers.labels(row.outcome, row.channel).inc()
        try:
            return await self._questions.add(*rows, once=once)
        except Exception as error:  # noqa: BLE001 - any storage fault must leave the answer untouched
            self._watch.faults.labels("row-lost").inc(len(rows))
            log.error("question rows lost: %s", type(error).__name__)
            return False

    async def _was_asked(self, row: Row) -> bool:
        try:
            return row.channel in NAMELESS and await self._questions.has(row)
        except Exception as error:  # noqa: BLE001 - as above
            log.debug("not known whether it was asked before: %s", type(error).__name__)
            return False

    async def feedback(self, token: str, value: Feedback) -> bool:
        """Notes what the asker thought of an answer; False when its row, or the log itself, is gone."""
        try:
            return await self._questions.feedback(token, value)
        except Exception as error:  # noqa: BLE001 - a log that is away must not cost the asker the button
            log.error("feedback lost: %s", type(error).__name__)
            return False

    async def chose(self, token: str, choice: str) -> bool:
        """Notes which option was taken; False when its row, or the log itself, is gone."""
        try:
            return await self._questions.chose(token, choice)
        except Exception as error:  # noqa: BLE001 - as above
            log.error("choice lost: %s", type(error).__name__)
            return False

    async def row(self, token: str) -> Row | None:
        """The very row an answer left behind; None when it, or the log itself, is gone."""
        try:
            return await self._questions.find(token)
        except Exception as error:  # noqa: BLE001 - as above
            log.error("row not read: %s", type(error).__name__)
            return None

    async def asked_since(self, since: datetime) -> Mapping[str, int]:
        """How often each rule was the answer; nothing when the log is away."""
        try:
            return await self._questions.asked_since(since)
        except Exception as error:  # noqa: BLE001 - as above
            log.error("counts not read: %s", type(error).__name__)
            return {}

    def card(self, rule_id: str, branch_id: str | None = None, language: Language = "id") -> Card | None:
        """The card of a rule, for browsing and for taps. None when the rule or its wording is gone."""
        rulebook = self._library.shelf.rulebook
        rule = rulebook.resolve(rule_id)
        if rule is None:
            return None
        branch = rule.branch(branch_id) if branch_id else None
        if branch_id and branch is None:
            return None  # the rule's own verdict may be the opposite of the branch that is gone
        return compose(rulebook, rule, self._clock().date(), branch, language)

    def _answer(self, shelf: Shelf, text: str, scrubbed: Scrubbed, channel: Channel, language: Language, about: str | None) -> Part:
        now = self._clock()
        day = now.date()
        rulebook = shelf.rulebook
        if rulebook.notice.closed:
            result: Result = Nothing(CLOSED, 1.0, Trace((), 0.0, 0.0, (), (), ()))
        else:
            result = shelf.searcher.search(scrubbed.masked, day, about)
        card: Card | None = None
        options: tuple[Option, ...] = ()
        reply = ""
        kind: str | None = None
        outcome: Outcome
        match result:
            case Found():
                rule = rulebook.rules[result.rule]
                card = compose(rulebook, rule, day, rule.branch(result.branch) if result.branch else None, language)
                assert card is not None  # search only returns rules in force on that day
                outcome = "answer"
            case Close():
                options = tuple(_option(rulebook, hit, day, language) for hit in result.options)
                outcome = "clarify"
            case Nothing():
                kind = result.kind
                reply = _kind_reply(rulebook, kind, language)
                outcome = "decline"
        row = Row(
            token=secrets.token_urlsafe(5),
            hour=now.replace(minute=0, second=0, microsecond=0),
            question=scrubbed.text,
            outcome=outcome,
            kind=kind,
            rule=card.rule if card else None,
            branch=card.branch if card else None,
            verdict=card.verdict if card else None,
            options=" ".join(dict.fromkeys(option.rule for option in options)),
            band=_band(result.confidence),
            version=rulebook.version,
            channel=channel,
            language=language,
        )
        return Part(text, result, card, options, reply, row)


def _option(rulebook: Rulebook, hit: Hit, day: date, language: Language) -> Option:
    rule = rulebook.rules[hit.rule]
    branch = rule.branch(hit.branch) if hit.branch else None
    title = rule.title_english if language == "en" else rule.title
    verdict = verdict_on(rulebook, rule, day, branch)
    assert verdict is not None  # hits are rules in force that day
    return Option(hit.rule, hit.branch, f"{branch.button}: {title}" if branch else title, verdict)


def _kind_reply(rulebook: Rulebook, kind: str, language: Language) -> str:
    if kind == CLOSED:
        return Teller(rulebook, language)("bot-ditutup")
    outside = rulebook.outside[kind]
    return outside.reply_english if language == "en" else outside.reply


def _is_context(part: Part) -> bool:
    """True for a piece that says nothing by itself, as the sentences of a story do."""
    return isinstance(part.result, Nothing) and part.result.kind in {"tidak-ada", "terlalu-pendek", "acak", "kosong", "sapaan", "terima-kasih"}


def _same(part: Part, other: Part) -> bool:
    """True when two parts would show the same card."""
    a, b = part.result, other.result
    return isinstance(a, Found) and isinstance(b, Found) and (a.rule, a.branch) == (b.rule, b.branch)


def _band(confidence: float) -> str:
    """Confidence in three words: an exact number would be a finger-print of the question."""
    return "tinggi" if confidence >= 0.8 else "sedang" if confidence >= 0.5 else "rendah"
