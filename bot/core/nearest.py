"""A second opinion on the decisive fact: which of a rule's phrasings are nearest to the question, by BM25 alone.

The ranker weighs all words together and can be sure of a fact that nobody stated, or miss one stated in passing. The nearest
phrasings know nothing of weights. Where the two see different verdicts, neither should be believed outright. Measured on
questions whose writers saw no phrasing: of the answers on which they disagreed one in ten was wrong, of the others one in a hundred.
"""

import math
from collections.abc import Sequence

import numpy as np

from bot.core.bm25 import Scores
from bot.core.phrasings import Document

NEAREST = 3
"""Phrasings of a reading that are looked at."""


class Nearest:
    """Distances of one rule's readings from a question."""

    def __init__(self, documents: Sequence[Document]) -> None:
        of_owner: dict[str, list[int]] = {}
        self._branch = [document.branch for document in documents]
        for number, document in enumerate(documents):
            of_owner.setdefault(document.owner, []).append(number)
        self._of_owner = {owner: np.array(numbers, dtype=np.int32) for owner, numbers in of_owner.items()}

    def distances(self, owner: str, scores: Scores) -> dict[str | None, float]:
        """Branch → how far its best phrasings are behind those of the rule's nearest reading, as a logarithm; 0 for the nearest.

        `scores` are those of all documents. A reading none of whose phrasings shares a word with the question is left out.
        """
        own = self._of_owner[owner]
        theirs = scores[own]
        order = np.argsort(-theirs, kind="stable")[: np.count_nonzero(theirs > 0)]
        best: dict[str | None, list[float]] = {}
        for score, number in zip(theirs[order].tolist(), own[order].tolist(), strict=True):
            seen = best.setdefault(self._branch[number], [])
            if len(seen) < NEAREST:
                seen.append(score)
        sums = {branch: sum(seen) / NEAREST for branch, seen in best.items()}
        most = max(sums.values(), default=0.0)
        return {branch: math.log((most + 1) / (score + 1)) for branch, score in sums.items()}
