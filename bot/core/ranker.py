"""Which reading a question has, learnt from the rulebook's own phrasings when it is published: rule and decisive fact at once.

A linear machine over words, word pairs and letter runs: the weight of a feature for a reading is `meanings[feature] @
sides[:, reading]`. That this table is a product of two thin ones is what lets rules teach each other: a word that a rule
never met still pulls towards it when it pulls like words the rule knows ("sokong" like "dukung"). On phrasings held
out, it read the verdict right in 85 of 100, a separate machine per rule and per fact in 79. Learning starts from fixed
chance, so the same rulebook gives the same machine; a running bot needs numpy only.
"""

import io
import itertools
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FORMAT = 10
"""Raised whenever features or arrays change, so that an old cache is never read as a new one."""

Weights = NDArray[np.float32]
Reading = tuple[str, str | None]
"""A rule, or a kind of non-question, and the branch of it whose fact is stated."""

LEARNERS = 4
"""Machines that start from different chance and are added up: one alone is surer than it should be."""
WIDTH = 96
"""Meanings a learner tells apart."""
ROUNDS = 5
"""How often each learner sees every phrasing."""
BATCH = 256
STEP = 0.12
FEWEST = 6
"""Phrasings a word pair or a run of letters must be met in to be learnt."""
FORGOTTEN = 0.4
"""Share of a phrasing's features hidden each time it is seen: nobody asks in just the words of a phrasing."""


def features(stems: Sequence[str]) -> tuple[list[str], list[str]]:
    """The features of a stemmed text: words and neighbouring pairs; and runs of four letters inside word borders."""
    bordered = [f"_{stem}_" for stem in stems]
    runs = ["#" + word[start : start + 4] for word in bordered for start in range(len(word) - 3)]
    return [*stems, *(" ".join(pair) for pair in itertools.pairwise(stems))], runs


def _marks(names: Sequence[str]) -> NDArray[np.uint32]:
    """Numbers that stand for features: names would take ten times the room. Of 90,000 about one shares its number with another."""
    return np.fromiter((zlib.crc32(name.encode()) for name in names), dtype=np.uint32, count=len(names))


@dataclass(frozen=True, slots=True)
class Ranker:
    """What was learnt. `meanings` has shape (features, width), `sides` (width, readings), `bias` (readings,).

    `marks` are the features' numbers, ascending. Meanings are kept in a byte each, to be multiplied by their feature's `scale`.
    """

    readings: tuple[Reading, ...]
    marks: NDArray[np.uint32]
    idf: Weights
    scale: Weights
    meanings: NDArray[np.int8]
    sides: Weights
    bias: Weights

    def scores(self, stems: Sequence[str]) -> NDArray[np.float64]:
        """The logarithm of belief in each reading, but for a common constant, in the order of `readings`."""
        columns, values = _vector(_counted(stems), self.marks, self.idf)
        meaning = (values * self.scale[columns]) @ self.meanings[columns].astype(np.float32)
        return np.asarray(meaning @ self.sides + self.bias, dtype=np.float64)

    def to_bytes(self) -> bytes:
        """The arrays as one portable block, for a cache."""
        out = io.BytesIO()
        readings = np.frombuffer("\n".join(f"{owner} {branch or ''}" for owner, branch in self.readings).encode(), dtype=np.uint8)
        arrays: dict[str, Any] = {
            "marks": self.marks,
            "idf": self.idf,
            "scale": self.scale,
            "meanings": self.meanings,
            "sides": self.sides,
            "bias": self.bias,
        }
        np.savez(out, allow_pickle=False, readings=readings, **arrays)
        return out.getvalue()

    @classmethod
    def from_bytes(cls, block: bytes) -> "Ranker":
        """Reads what `to_bytes` wrote. Raises ValueError or KeyError on anything else; never unpickles."""
        with np.load(io.BytesIO(block), allow_pickle=False) as stored:
            marks, idf, scale = stored["marks"], stored["idf"], stored["scale"]
            pairs = [line.split(" ") for line in stored["readings"].tobytes().decode().split("\n")]
            meanings, sides = stored["meanings"], stored["sides"]
            if (meanings.shape[0], sides.shape) != (len(marks), (meanings.shape[1], len(pairs))):
                raise ValueError("arrays of a ranker do not fit together")
            readings = tuple((owner, branch or None) for owner, branch in pairs)
            return cls(readings, marks, idf, scale, meanings, sides, stored["bias"])


def train(texts: Sequence[Sequence[str]], meant: Sequence[Reading]) -> Ranker:
    """Learns from stemmed texts and the reading of each. Needs two readings or more; ValueError otherwise."""
    # Heavy and needed only here: a bot that finds its ranker in the cache never loads it.
    from scipy.sparse import csr_matrix

    readings = sorted(set(meant), key=lambda reading: (reading[0], reading[1] or ""))
    if len(readings) < 2:
        raise ValueError("a ranker needs at least two readings")
    counted = [_counted(stems) for stems in texts]
    met, texts_with = np.unique(np.concatenate([marks for parts in counted for marks, _ in parts]), return_counts=True)
    # What was met a few times says nothing about other people's words, unless it is a whole word.
    whole = np.isin(met, _marks(sorted({stem for stems in texts for stem in stems})))
    kept = met[whole | (texts_with >= FEWEST)]
    idf = (np.log((1 + len(texts)) / (1 + texts_with[whole | (texts_with >= FEWEST)])) + 1).astype(np.float32)
    rows, columns, values = [0], [], []
    for parts in counted:
        at, weight = _vector(parts, kept, idf)
        columns.append(at)
        values.append(weight)
        rows.append(rows[-1] + len(at))
    matrix = csr_matrix((np.concatenate(values), np.concatenate(columns), rows), shape=(len(texts), len(kept)))
    number = {reading: i for i, reading in enumerate(readings)}
    wanted = np.array([number[reading] for reading in meant])
    marks = _Marks(
        kept.astype(np.uint64),
        np.array(
            [zlib.crc32(" ".join((*stems, reading[0], reading[1] or "")).encode()) for stems, reading in zip(texts, meant, strict=True)],
            dtype=np.uint64,
        ),
    )
    learners = [_learn(matrix, wanted, len(readings), marks, chance) for chance in range(LEARNERS)]
    meanings = np.hstack([learner[0] for learner in learners])
    scale = np.asarray(np.abs(meanings).max(axis=1) / 127 + 1e-12, dtype=np.float32)
    small = np.rint(meanings / scale[:, None]).astype(np.int8)
    sides = np.vstack([learner[1] for learner in learners]) / np.float32(LEARNERS)
    bias = np.asarray(np.mean([learner[2] for learner in learners], axis=0), dtype=np.float32)
    return Ranker(tuple(readings), kept, idf, scale, small, sides, bias)


@dataclass(frozen=True, slots=True)
class _Marks:
    """Numbers that name features and texts. Chance is drawn from them and not from positions, so that one phrasing more
    or less leaves the chances of all others as they were, and what is learnt nearly so.
    """

    features: NDArray[np.uint64]
    texts: NDArray[np.uint64]


def _mixed(marks: NDArray[np.uint64], salt: int) -> NDArray[np.uint64]:
    """Numbers that look random and depend on mark and salt alone (the finishing steps of SplitMix64)."""
    mixed = marks + np.uint64((salt + 1) * 0x9E3779B97F4A7C15 % 2**64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))


def _learn(  # scipy carries no types
    matrix: Any, wanted: NDArray[np.int64], readings: int, marks: _Marks, chance: int
) -> tuple[Weights, Weights, Weights]:
    """One learner: multinomial logistic regression through a narrow middle, by AdaGrad with one pace per feature."""
    from scipy.sparse import csr_matrix

    count, width = matrix.shape
    table = np.random.default_rng(chance).standard_normal((1 << 16, WIDTH), dtype=np.float32) * np.float32(0.05)
    meanings = table[(_mixed(marks.features, chance) & np.uint64(0xFFFF)).astype(np.int64)]
    sides = np.zeros((WIDTH, readings), dtype=np.float32)
    bias = np.zeros(readings, dtype=np.float32)
    pace_in, pace_out = np.full((width, 1), 1e-6, dtype=np.float32), np.full((1, readings), 1e-6, dtype=np.float32)
    for turn in range(ROUNDS):
        step = np.float32(STEP * (1 - turn / ROUNDS))
        salt = chance * ROUNDS + turn
        order = np.argsort(_mixed(marks.texts, salt), kind="stable")
        of_text, of_feature = _mixed(marks.texts, ~salt & 0xFFFF), _mixed(marks.features, salt)
        for start in range(0, count, BATCH):
            some = order[start : start + BATCH]
            part = matrix[some]
            drawn = _mixed(np.repeat(of_text[some], np.diff(part.indptr)) ^ of_feature[part.indices], salt) >> np.uint64(40)
            shown = (drawn >= FORGOTTEN * 2**24).astype(np.float32) / np.float32(1 - FORGOTTEN)
            touched, columns = np.unique(part.indices, return_inverse=True)
            given = csr_matrix((part.data * shown, columns, part.indptr), shape=(len(some), len(touched)))
            meaning = given @ meanings[touched]
            belief = meaning @ sides + bias
            belief -= belief.max(axis=1, keepdims=True)
            np.exp(belief, out=belief)
            belief /= belief.sum(axis=1, keepdims=True)
            belief[np.arange(len(some)), wanted[some]] -= 1  # now what is to be unlearnt
            slope_out = meaning.T @ belief
            slope_in = given.T @ (belief @ sides.T)
            pace_out += (slope_out * slope_out).mean(axis=0, keepdims=True)
            pace_in[touched] += (slope_in * slope_in).mean(axis=1, keepdims=True)
            sides -= step * slope_out / np.sqrt(pace_out)
            meanings[touched] -= step * slope_in / np.sqrt(pace_in[touched])
            bias -= np.float32(0.01) * step * belief.sum(axis=0)
    return meanings, sides, bias


def _counted(stems: Sequence[str]) -> list[tuple[NDArray[np.uint32], NDArray[np.int64]]]:
    """For each kind of feature the marks of those in a text, ascending, and how often each is met."""
    return [np.unique(_marks(names), return_counts=True) for names in features(stems)]


def _vector(
    counted: Sequence[tuple[NDArray[np.uint32], NDArray[np.int64]]], marks: NDArray[np.uint32], idf: Weights
) -> tuple[NDArray[np.int64], Weights]:
    """Columns and tf-idf values of a text, each kind of feature scaled to length one. Features that were not learnt are left out."""
    columns, values = [], []
    for wanted, counts in counted:
        at = np.searchsorted(marks, wanted)
        is_known = marks[np.minimum(at, len(marks) - 1)] == wanted
        at = at[is_known]
        value = (1 + np.log(counts[is_known])) * idf[at]
        columns.append(at)
        values.append((value / (np.linalg.norm(value) or 1.0)).astype(np.float32))
    return np.concatenate(columns), np.concatenate(values)
