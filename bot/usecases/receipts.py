"""What the rulebook said then: an advice receipt to the card it stood on. Proof of good faith, with no identity kept."""

import asyncio
import re
from dataclasses import dataclass
from datetime import date

from bot.core.answer import Card, compose, rule_code
from bot.core.assembly import assemble
from bot.core.messages import Language
from bot.core.rulebook import Rulebook
from bot.usecases.library import Library, unpack
from bot.usecases.ports import Archive, Clock

_CODE = re.compile(r"^([A-Z2-7]{5})-([0-9a-f]{8})$")


@dataclass(frozen=True, slots=True)
class Receipt:
    """The card of a code. `since` is the day its rulebook first served; `is_current` when it still does."""

    card: Card
    since: date
    is_current: bool


class Receipts:
    """Looks codes up in the live rulebook and in those that served before."""

    def __init__(self, library: Library, archive: Archive, clock: Clock) -> None:
        self._library = library
        self._archive = archive
        self._clock = clock

    async def look_up(self, code: str, language: Language = "id") -> Receipt | None:
        """The receipt of a code such as `K7Q2M-1f09a3bc`, however it is spaced or cased; None when there is none."""
        match = _CODE.match(_tidy(code))
        if match is None:
            return None
        letters, version = match[1], match[2]
        kept = await self._archive.find(version)
        live = self._library.shelf.rulebook
        if live.version == version:
            day = self._clock().date()
            card = _card(live, letters, day, language)
            return Receipt(card, kept[0] if kept else day, is_current=True) if card else None
        if kept is None:
            return None
        since, block = kept
        old = await asyncio.to_thread(lambda: assemble(unpack(block), live.messages).rulebook)
        card = _card(old, letters, since, language) if old else None
        return Receipt(card, since, is_current=False) if card else None


def _tidy(code: str) -> str:
    first, _, second = code.strip().replace(" ", "").partition("-")
    return f"{first.upper()}-{second.lower()}"


def _card(rulebook: Rulebook, letters: str, day: date, language: Language) -> Card | None:
    rule = next((rule for rule in rulebook.rules.values() if rule_code(rule.id) == letters), None)
    return compose(rulebook, rule, day, language=language) if rule else None
