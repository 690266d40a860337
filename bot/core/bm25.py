"""BM25 over phrasings: rank-bm25's numbers, an inverted index's speed. The one file that knows the package's faults.

What differs from `rank_bm25.BM25Okapi` as shipped: the idf is the always-positive `log(1 + (N - df + 0.5) / (df + 0.5))`
(the package gives 0 to a word in half of the documents and a floor to commoner ones), and an empty corpus scores
nothing instead of dividing by zero. On that idf, scores equal the package's to 1e-9; a test holds them together.
The package walks every document for every word of the query; here each word knows its documents.
"""

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rank_bm25 import BM25Okapi

Scores = NDArray[np.float64]
Numbers = NDArray[np.int64]

K1, B = 1.5, 0.75
"""The package's own defaults."""
SMALL = 100_000
"""Documents up to which adding word by word in numpy is faster than one sparse product, which has a start-up cost."""
STRIPES = 64
"""Documents compared at once when the best are looked for."""


class PositiveIdfBM25(BM25Okapi):  # type: ignore[misc]  # the package carries no types
    """The package with the one method overridden that its open issues are about: what ours is held to."""

    def _calc_idf(self, nd: Mapping[str, int]) -> None:
        self.idf = {word: math.log(1 + (self.corpus_size - df + 0.5) / (df + 0.5)) for word, df in nd.items()}


class BM25:
    """Scores of documents for a query. Documents and queries are word lists; build once, read from many threads.

    What one occurrence of a word in a query adds to a document does not depend on the query: it is computed here once, and
    kept as a matrix of shape (words, documents), row after row.
    """

    def __init__(self, documents: Iterable[Sequence[str]]) -> None:
        number: dict[str, int] = {}
        flat, lengths = array("i"), array("i")
        for document in documents:
            flat.extend([number.setdefault(word, len(number)) for word in document])
            lengths.append(len(document))
        self.size, self._number = len(lengths), number
        length, words = np.array(lengths, dtype=np.int64), np.array(flat, dtype=np.int64)
        # One number for each pair, in the order of the matrix: first by word, then by document.
        pairs, tf = np.unique(words * max(1, self.size) + np.repeat(np.arange(self.size), length), return_counts=True)
        word, at = np.divmod(pairs, max(1, self.size))
        df = np.bincount(word, minlength=len(number))
        idf = _idf(self.size, df)
        norm = K1 * (1 - B + B * length / (length.mean() if flat else 1.0))
        self._adds = idf[word] * (tf * (K1 + 1) / (tf + norm[at]))
        self._at = at if self.size <= SMALL else at.astype(np.int32)
        starts = np.concatenate(([0], np.cumsum(df)))
        self._start: list[int] = starts.tolist()
        self._matrix: Any = None
        if self.size > SMALL:
            from scipy import sparse  # heavy, and no rulebook there is needs it

            self._matrix = sparse.csr_array((self._adds, self._at, starts), shape=(len(number), self.size))

    def scores(self, query: Sequence[str]) -> Scores:
        """One score per document, in the order they were given; shape (documents,)."""
        counted = Counter(self._number[word] for word in query if word in self._number)
        if self._matrix is not None:
            return np.asarray(np.array(list(counted.values()), dtype=np.float64) @ self._matrix[list(counted)])
        total = np.zeros(self.size)
        for number, count in counted.items():
            start, end = self._start[number], self._start[number + 1]
            total[self._at[start:end]] += self._adds[start:end] if count == 1 else count * self._adds[start:end]
        return total

    def best(self, query: Sequence[str], most: int) -> tuple[Numbers, Scores]:
        """(numbers, scores) of the best documents, as `best_of`."""
        return best_of(self.scores(query), most)


def rarity(documents: Sequence[Sequence[str]]) -> dict[str, float]:
    """Word → its idf: the rarer, the more it says."""
    met = Counter(word for document in documents for word in set(document))
    return dict(zip(met, _idf(len(documents), np.fromiter(met.values(), dtype=np.int64, count=len(met))).tolist(), strict=True))


def _idf(size: int, df: NDArray[np.int64]) -> Scores:
    return np.asarray(np.log(1 + (size - df + 0.5) / (df + 0.5)))


def best_of(scores: Scores, most: int) -> tuple[Numbers, Scores]:
    """(numbers, scores) of at most `most` documents, best first, equals in the order they were given; none that scores 0."""
    numbers = np.flatnonzero(scores >= max(_bar(scores, most), np.finfo(np.float64).tiny))
    order = np.argsort(-scores[numbers], kind="stable")[:most]
    return numbers[order], scores[numbers[order]]


def _bar(total: Scores, most: int) -> float:
    """A score that at least `most` documents reach and few more: the least of the `most` best stripes; 0 when there are too few.

    Looking for the best stripes first is many times faster than sorting out the documents themselves.
    """
    stripes = len(total) // STRIPES
    if stripes <= most:
        return 0.0
    peaks = total[: stripes * STRIPES].reshape(STRIPES, stripes).max(axis=0)
    return float(np.partition(peaks, -most)[-most])
