"""A re-ranker learnt from the rulebook's own phrasings when it is published. Explains itself as words with weights.

A linear machine over words, word pairs and letter runs: each rule gets a weight per feature, a question's score is
their sum. Training is deterministic and takes seconds; what was learnt is kept as plain arrays, so that a running
bot needs numpy only.
"""

import io
import itertools
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FORMAT = 6
"""Raised whenever features or arrays change, so that an old cache is never read as a new one."""


def features(stems: Sequence[str]) -> Iterable[str]:
    """The features of a stemmed text: words, neighbouring pairs, and runs of four letters inside word borders."""
    yield from stems
    for pair in itertools.pairwise(stems):
        yield " ".join(pair)
    for stem in stems:
        bordered = f"_{stem}_"
        for start in range(len(bordered) - 3):
            yield "#" + bordered[start : start + 4]


@dataclass(frozen=True, slots=True)
class Ranker:
    """Learnt weights. `weights` has shape (features + 1, classes); its last row is the bias."""

    classes: tuple[str, ...]
    vocabulary: dict[str, int]
    idf: NDArray[np.float32]
    weights: NDArray[np.float32]

    def scores(self, stems: Sequence[str]) -> NDArray[np.float64]:
        """One margin per class, in the order of `classes`; higher is likelier."""
        columns, values = _vector(stems, self.vocabulary, self.idf)
        found = self.weights[columns].T @ values if len(columns) else np.zeros(len(self.classes), dtype=np.float32)
        return np.asarray(found + self.weights[-1], dtype=np.float64)

    def to_bytes(self) -> bytes:
        """The arrays as one portable block, for a cache."""
        out = io.BytesIO()
        names = np.frombuffer("\n".join(self.vocabulary).encode(), dtype=np.uint8)
        classes = np.frombuffer("\n".join(self.classes).encode(), dtype=np.uint8)
        np.savez(out, names=names, classes=classes, idf=self.idf, weights=self.weights)
        return out.getvalue()

    @classmethod
    def from_bytes(cls, block: bytes) -> "Ranker":
        """Reads what `to_bytes` wrote. Raises ValueError or KeyError on anything else; never unpickles."""
        with np.load(io.BytesIO(block), allow_pickle=False) as stored:
            names = stored["names"].tobytes().decode().split("\n")
            classes = tuple(stored["classes"].tobytes().decode().split("\n"))
            weights = stored["weights"]
            if weights.shape != (len(names) + 1, len(classes)):
                raise ValueError("arrays of a ranker do not fit together")
            return cls(classes, {name: i for i, name in enumerate(names)}, stored["idf"], weights)


def train(texts: Sequence[Sequence[str]], labels: Sequence[str], *, softness: float = 0.5) -> Ranker:
    """Learns weights from stemmed texts and the class of each. Needs two classes or more; ValueError otherwise."""
    # Heavy and needed only here: a bot that finds its ranker in the cache never loads it.
    from scipy.sparse import csr_matrix
    from sklearn.svm import LinearSVC

    if len(set(labels)) < 2:
        raise ValueError("a ranker needs at least two classes")
    seen: Counter[str] = Counter()
    for stems in texts:
        seen.update(set(features(stems)))
    # A feature met once says nothing about other people's words, unless it is a whole word.
    kept = sorted(name for name, count in seen.items() if count > 1 or not (name.startswith("#") or " " in name))
    vocabulary = {name: i for i, name in enumerate(kept)}
    idf = np.array([math.log((1 + len(texts)) / (1 + seen[name])) + 1 for name in kept], dtype=np.float32)
    rows, columns, values = [0], [], []
    for stems in texts:
        at, weight = _vector(stems, vocabulary, idf)
        columns.append(at)
        values.append(weight)
        rows.append(rows[-1] + len(at))
    matrix = csr_matrix((np.concatenate(values), np.concatenate(columns), rows), shape=(len(texts), len(kept)))
    machine = LinearSVC(C=softness, random_state=0).fit(matrix, list(labels))
    coefficients = machine.coef_ if len(machine.classes_) > 2 else np.vstack([-machine.coef_, machine.coef_])
    bias = machine.intercept_ if len(machine.classes_) > 2 else np.array([-machine.intercept_[0], machine.intercept_[0]])
    weights = np.vstack([coefficients.T, bias[None, :]]).astype(np.float32)
    return Ranker(tuple(str(name) for name in machine.classes_), vocabulary, idf, np.ascontiguousarray(weights))


def _vector(stems: Sequence[str], vocabulary: dict[str, int], idf: NDArray[np.float32]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Columns and tf-idf values of a text, each kind of feature scaled to length one."""
    words: Counter[int] = Counter()
    letters: Counter[int] = Counter()
    for name in features(stems):
        column = vocabulary.get(name)
        if column is not None:
            (letters if name.startswith("#") else words)[column] += 1
    parts = []
    for counts in (words, letters):
        if counts:
            at = np.fromiter(counts.keys(), dtype=np.int32, count=len(counts))
            value = (1 + np.log(np.fromiter(counts.values(), dtype=np.float32, count=len(counts)))) * idf[at]
            parts.append((at, (value / np.linalg.norm(value)).astype(np.float32)))
    if not parts:
        return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32)
    return np.concatenate([at for at, _ in parts]), np.concatenate([value for _, value in parts])
