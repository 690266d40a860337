"""What a button carries: one letter, a rule, a branch, the answer's token. At most 64 bytes, so any process can serve it."""

from dataclasses import dataclass

MAX_BYTES = 64

CARD, EXAMPLE, BASIS, SANCTION, POSITIONS = "k", "c", "d", "s", "p"
OPTION, NONE_OF_THESE = "o", "x"
LIKE, DISLIKE, WRONG, UNCLEAR, OTHER_CASE = "+", "-", "1", "2", "3"
TOPICS, TOPIC = "T", "t"


@dataclass(frozen=True, slots=True)
class Tap:
    """A pressed button. For TOPIC, `rule` holds the topic and `branch` the page."""

    action: str
    rule: str = ""
    branch: str = ""
    token: str = ""

    def data(self) -> str:
        """The button's data. Raises ValueError past 64 bytes: ids are limited so that this cannot happen."""
        data = f"{self.action}:{self.rule}:{self.branch}:{self.token}"
        if len(data.encode()) > MAX_BYTES:
            raise ValueError(f"button data too long: {len(data)} bytes")
        return data

    @classmethod
    def parse(cls, data: str) -> "Tap | None":
        """The tap a button's data stands for; None for anything that no button of ours carries."""
        pieces = data.split(":")
        return cls(*pieces) if len(pieces) == 4 and len(pieces[0]) == 1 and len(data) <= MAX_BYTES else None
