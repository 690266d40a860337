"""What may be kept of a question: first identifiers are masked, then only words the rulebook knows survive.

The second pass is the guarantee: a word that is in no phrasing, glossary or list becomes "…", whatever it is.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from lokal.samaran import Samaran

HOLE = "…"
MAX_KEPT = 300

_IDENTIFIERS = re.compile(
    r"""
    https?://\S+ | www\.\S+ | \bt\.me/\S+        # addresses
    | \S+@\S+ | @\w+                             # e-mail, handles
    | \d[\d\s.-]{6,}\d                           # NIP, NIK, NPWP, phones, accounts, spaced or not
    """,
    re.VERBOSE,
)
_TITLED = re.compile(
    r"\b((?:[Pp]ak|[Bb]apak|[Bb]u|[Ii]bu|[Bb]ang|[Kk]ang|[Mm]as|[Mm]bak|[Hh]aji|[Hh]j|[Hh]|[Dd]r|[Dd]rs|[Ii]r|[Cc]amat|[Ll]urah|[Kk]ades|[Bb]upati|[Gg]ubernur|"
    r"[Ww]ali ?kota|[Kk]adis|[Ss]ekda|[Cc]alon|[Pp]aslon|a\.?n\.?|nama saya|nama)\.?)((?:\s+[A-Z][\w'.-]*)+)"
)
_TOKEN = re.compile(r"\w+(?:-\w+)*|…")
_PLACEHOLDER = re.compile(r"\[[A-Z]+_\d+\]")


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """What survives of a text, and whether an identifier was found in it."""

    text: str
    had_identifier: bool


class Scrubber:
    """Scrubs in the light of one vocabulary. `knows` tells whether a lower-case word is a word of the rulebook."""

    def __init__(self, knows: Callable[[str], bool]) -> None:
        self._knows = knows
        self._mask = Samaran()

    def mask(self, text: str) -> str:
        """The text with identifiers replaced by "…" and everything else as it was: what may be searched with."""
        masked = _IDENTIFIERS.sub(f" {HOLE} ", _PLACEHOLDER.sub(HOLE, self._mask.mask(text).text))
        return _TITLED.sub(lambda match: f"{match[1]} {HOLE} ", masked)

    def scrub(self, text: str) -> Scrubbed:
        """The text with everything that could name a person replaced by "…"; at most 300 characters."""
        masked = self.mask(text)
        kept: list[str] = []
        for token in _TOKEN.findall(masked):
            word = token.lower()
            safe = word != HOLE and not any(c.isdigit() for c in word) and all(self._knows(part) for part in word.split("-"))
            piece = word if safe else HOLE
            if piece != HOLE or not kept or kept[-1] != HOLE:
                kept.append(piece)
        return Scrubbed(" ".join(kept)[:MAX_KEPT].strip(), masked != text)
