"""What a button carries: one letter, a rule, a branch, the language and the answer's token.

At most 64 bytes, and all that is needed: any process can serve any tap.
"""

import re
from dataclasses import dataclass

MAX_BYTES = 64
_TOKEN = re.compile(r"[\w-]{0,7}", re.ASCII)
"""The token of an answer, or none: with a longer one, other buttons of the same card would not fit."""

CARD, EXAMPLE, BASIS, SANCTION, POSITIONS = "k", "c", "d", "s", "p"
OPTION, NONE_OF_THESE = "o", "x"
LIKE, DISLIKE, WRONG, UNCLEAR, OTHER_CASE = "+", "-", "1", "2", "3"
TOPICS, TOPIC = "T", "t"
SELF_CHECK = "q"
EDITORS = "e"


@dataclass(frozen=True, slots=True)
class Tap:
    """A pressed button. For TOPIC, `rule` holds the topic and `branch` the page; for SELF_CHECK the sitting and the step; for EDITORS what
    to do and the key of what was previewed."""

    action: str
    rule: str = ""
    branch: str = ""
    token: str = ""
    english: bool = False

    def data(self) -> str:
        """The button's data. Raises ValueError past 64 bytes: ids are limited so that this cannot happen."""
        data = f"{self.action}:{self.rule}:{self.branch}:{'e' if self.english else 'i'}{self.token}"
        if len(data.encode()) > MAX_BYTES:
            raise ValueError(f"button data too long: {len(data)} bytes")
        return data

    @classmethod
    def parse(cls, data: str) -> "Tap | None":
        """The tap a button's data stands for; None for anything that no button of ours carries."""
        pieces = data.split(":")
        if len(pieces) != 4 or len(pieces[0]) != 1 or pieces[3][:1] not in ("i", "e") or len(data) > MAX_BYTES:
            return None
        action, rule, branch, rest = pieces
        if not _TOKEN.fullmatch(rest[1:]):
            return None
        return cls(action, rule, branch, rest[1:], rest[0] == "e")
