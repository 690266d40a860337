"""What speaks for each thing a question may mean, before anything is decided: the ranker, BM25, the nearest phrasings, the words that tell."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.core.bm25 import BM25, Scores, best_of
from bot.core.nearest import Nearest
from bot.core.phrasings import Document
from bot.core.ranker import Ranker
from bot.core.telling import Rates, Telling
from bot.core.text import Words
from bot.core.thresholds import Thresholds

TOP_PHRASINGS = 3
"""A rule's BM25 score is the sum of its three best phrasings: one lucky phrasing is not enough."""
MANY = 200
"""Phrasings that are looked at, the best of all."""
NEGLIGIBLE = 0.02
"""Belief below which a reading is not worth a thought."""


class Evidence(NamedTuple):
    """What speaks for each of the ranker's readings, before any threshold."""

    learnt: NDArray[np.float64]
    """The ranker's logarithm of belief."""
    found: NDArray[np.float64]
    """BM25's score of the reading's class, in standard deviations."""
    distances: dict[str, dict[str | None, float]]
    """For each rule worth a thought, how far the nearest phrasings of its readings are."""
    met: tuple[str, ...]
    """The question's words that stand in any phrasing."""
    rates: dict[str, Rates]
    """For each rule worth a thought, how usual those words are in the phrasings of each of its readings."""


class Weigher:
    """Weighs questions against one index. Immutable after building; any number of questions at once."""

    def __init__(self, documents: Sequence[Document], polar: Sequence[Sequence[str]], ranker: Ranker, rules: Collection[str]) -> None:
        """`polar` are the documents' stems with negations marked; `rules` the ids of owners that are rules and not kinds of non-questions."""
        self._ranker = ranker
        self._bm25 = BM25(polar)
        self._nearest = Nearest(documents)
        self._telling = Telling(polar, [(d.owner, d.branch) for d in documents], ranker.readings)
        self.readings_of: dict[str, list[int]] = {}
        """Rule → places of its readings among the ranker's."""
        for i, (owner, _) in enumerate(ranker.readings):
            if owner in rules:
                self.readings_of.setdefault(owner, []).append(i)
        self._owners = sorted({owner for owner, _ in ranker.readings})
        place = {owner: i for i, owner in enumerate(self._owners)}
        self._owner_of_reading = np.array([place[owner] for owner, _ in ranker.readings], dtype=np.int32)
        self.classes = sorted({document.label for document in documents})
        number = {name: i for i, name in enumerate(self.classes)}
        self._label = np.array([number[d.label] for d in documents], dtype=np.int32)
        of_reading = {(d.owner, d.branch): number[d.label] for d in documents}
        self.class_of_reading = np.array([of_reading[reading] for reading in ranker.readings], dtype=np.int32)

    def weigh(self, words: Words) -> Evidence:
        """All that speaks for each reading."""
        scores = self._bm25.scores(words.polar)
        evidence = Evidence(self._ranker.scores(words.polar), _standard(self._by_class(scores))[self.class_of_reading], {}, (), {})
        shares = np.bincount(self._owner_of_reading, weights=beliefs_of(evidence, Thresholds()))
        likely = [self._owners[int(i)] for i in np.flatnonzero(shares >= NEGLIGIBLE / 2)]
        likely = [owner for owner in likely if len(self.readings_of.get(owner, ())) > 1]
        met, rates = self._telling.rates(words.polar)
        return evidence._replace(
            distances={owner: self._nearest.distances(owner, scores) for owner in likely},
            met=met,
            rates={owner: rates[:, self.readings_of[owner]] for owner in likely},
        )

    def _by_class(self, scores: Scores) -> Scores:
        """Per class the sum of its best phrasings, among the best of all."""
        total = np.zeros(len(self.classes))
        used: dict[int, int] = {}
        best, theirs = best_of(scores, MANY)
        for label, score in zip(self._label[best].tolist(), theirs.tolist(), strict=True):
            if used.get(label, 0) < TOP_PHRASINGS:
                used[label] = used.get(label, 0) + 1
                total[label] += score
        return total


def beliefs_of(evidence: Evidence, thresholds: Thresholds) -> NDArray[np.float64]:
    """The belief in each of the ranker's readings, summing to one."""
    mixed = thresholds.temperature * evidence.learnt + thresholds.bm25_share * evidence.found
    raised = np.exp(mixed - mixed.max())
    return np.asarray(raised / raised.sum())


def _standard(values: Scores) -> Scores:
    """Values as distances from their mean, in standard deviations."""
    return np.asarray((values - values.mean()) / (values.std() + 1e-9))
