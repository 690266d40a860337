"""BM25 over phrasings: rank-bm25's numbers, an inverted index's speed. The one file that knows the package's faults.

What differs from `rank_bm25.BM25Okapi` as shipped: the idf is the always-positive `log(1 + (N - df + 0.5) / (df + 0.5))`
(the package gives 0 to a word in half of the documents and a floor to commoner ones), and an empty corpus scores
nothing instead of dividing by zero. On that idf, scores equal the package's to 1e-9; a test holds them together.
The package walks every document for every word of the query; here each word knows its documents.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from rank_bm25 import BM25Okapi

Scores = NDArray[np.float64]


class PositiveIdfBM25(BM25Okapi):  # type: ignore[misc]  # the package carries no types
    """The package with the one method overridden that its open issues are about."""

    def _calc_idf(self, nd: Mapping[str, int]) -> None:
        self.idf = {word: math.log(1 + (self.corpus_size - df + 0.5) / (df + 0.5)) for word, df in nd.items()}


class BM25:
    """Scores of documents for a query. Documents and queries are word lists; build once, read from many threads."""

    def __init__(self, documents: Sequence[Sequence[str]]) -> None:
        self.size = len(documents)
        self.idf: dict[str, float] = {}
        self._postings: dict[str, tuple[NDArray[np.int32], Scores]] = {}
        if not any(documents):
            return
        package = PositiveIdfBM25([list(document) for document in documents])
        self.idf = package.idf
        lengths = np.asarray(package.doc_len, dtype=np.float64)
        norm = package.k1 * (1 - package.b + package.b * lengths / package.avgdl)
        found: dict[str, tuple[list[int], list[int]]] = {}
        for number, frequencies in enumerate(package.doc_freqs):
            for word, count in frequencies.items():
                numbers, counts = found.setdefault(word, ([], []))
                numbers.append(number)
                counts.append(count)
        for word, (numbers, counts) in found.items():
            at = np.asarray(numbers, dtype=np.int32)
            tf = np.asarray(counts, dtype=np.float64)
            # What one occurrence of the word in a query adds to each document: nothing here depends on the query.
            self._postings[word] = (at, self.idf[word] * (tf * (package.k1 + 1) / (tf + norm[at])))

    def scores(self, query: Sequence[str]) -> Scores:
        """One score per document, in the order they were given; shape (documents,)."""
        total = np.zeros(self.size)
        for word in query:
            posting = self._postings.get(word)
            if posting is not None:
                total[posting[0]] += posting[1]
        return total
