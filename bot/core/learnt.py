"""What is learnt from one rulebook when it is published, as one block that a cache can keep."""

from dataclasses import dataclass

from bot.core.facts import Facts
from bot.core.ranker import Ranker


@dataclass(frozen=True, slots=True)
class Learnt:
    """What was learnt from one rulebook's phrasings: which rule, and which fact."""

    ranker: Ranker
    facts: Facts

    def to_bytes(self) -> bytes:
        """Both in one block, for a cache."""
        first = self.ranker.to_bytes()
        return len(first).to_bytes(8, "big") + first + self.facts.to_bytes()

    @classmethod
    def from_bytes(cls, block: bytes) -> "Learnt":
        """Reads what `to_bytes` wrote. Raises ValueError or KeyError on anything else."""
        size = int.from_bytes(block[:8], "big")
        return cls(Ranker.from_bytes(block[8 : 8 + size]), Facts.from_bytes(block[8 + size :]))
