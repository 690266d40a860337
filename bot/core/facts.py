"""Which decisive fact a question states, if any: for each rule a small machine learnt from its branches' phrasings.

The ranker says which rule; this says which branch of it. It reads word pairs too, so that "tidak ikut yel-yel" and
"ikut yel-yel" stay apart. Features are hashed into a fixed number of cells, which keeps two hundred machines small.
"""

import io
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CELLS = 1 << 13
PLAIN = ""
"""The label of a question that states none of the facts."""

UNSEEN = 6.0
"""Rarity of a word that no phrasing holds."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Per rule: labels (branch ids, and PLAIN) and weights of shape (CELLS + 1, labels); the last row is the bias."""

    machines: Mapping[str, tuple[tuple[str, ...], NDArray[np.float16]]]

    def scores(self, rule: str, stems: Sequence[str], idf: Mapping[str, float]) -> dict[str, float]:
        """A margin per label; empty for a rule without branches. `idf` is the rarity of words, the same as in learning."""
        machine = self.machines.get(rule)
        if machine is None:
            return {}
        labels, weights = machine
        cells, values = _vector(stems, idf)
        margins = weights[cells].astype(np.float32).T @ values + weights[-1]
        return {label: float(margin) for label, margin in zip(labels, margins, strict=True)}

    def to_bytes(self) -> bytes:
        """All machines as one portable block."""
        out = io.BytesIO()
        names = list(self.machines)
        arrays = {f"w{i}": self.machines[name][1] for i, name in enumerate(names)}
        words = "\n".join(" ".join([name, *self.machines[name][0]]) for name in names)
        np.savez(out, allow_pickle=False, words=np.frombuffer(words.encode(), dtype=np.uint8), **arrays)
        return out.getvalue()

    @classmethod
    def from_bytes(cls, block: bytes) -> "Facts":
        """Reads what `to_bytes` wrote. Raises ValueError or KeyError on anything else; never unpickles."""
        with np.load(io.BytesIO(block), allow_pickle=False) as stored:
            machines = {}
            for i, line in enumerate(stored["words"].tobytes().decode().split("\n")):
                name, *labels = line.split(" ")
                machines[name] = (tuple(labels), stored[f"w{i}"])
            return cls(machines)


def learn(examples: Mapping[str, Sequence[tuple[Sequence[str], str]]], idf: Mapping[str, float]) -> Facts:
    """Learns from (stems, branch id or PLAIN) pairs per rule. Rules with a single label get no machine."""
    # Heavy and needed only here, as in the ranker.
    from scipy.sparse import csr_matrix
    from sklearn.svm import LinearSVC

    machines = {}
    for rule, pairs in examples.items():
        labels = sorted({label for _, label in pairs})
        if len(labels) < 2:
            continue
        rows, cells, values = [0], [], []
        for stems, _ in pairs:
            at, weight = _vector(stems, idf)
            cells.append(at)
            values.append(weight)
            rows.append(rows[-1] + len(at))
        matrix = csr_matrix((np.concatenate(values), np.concatenate(cells), rows), shape=(len(pairs), CELLS))
        # Branches have a handful of phrasings, the rule itself dozens: weigh them alike.
        machine = LinearSVC(C=2.0, class_weight="balanced", random_state=0).fit(matrix, [label for _, label in pairs])
        coefficients, bias = machine.coef_, machine.intercept_
        if len(labels) == 2:
            coefficients, bias = np.vstack([-coefficients, coefficients]), np.array([-bias[0], bias[0]])
        machines[rule] = (tuple(str(label) for label in machine.classes_), np.vstack([coefficients.T, bias[None, :]]).astype(np.float16))
    return Facts(machines)


def _vector(stems: Sequence[str], idf: Mapping[str, float]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Hashed cells and values: words and neighbouring pairs by rarity, and runs of four letters; each kind of length one."""
    words: dict[int, float] = {}
    letters: dict[int, float] = {}
    rare = [idf.get(stem, UNSEEN) for stem in stems]
    for stem, weight in zip(stems, rare, strict=True):
        _add(words, stem.encode(), weight)
        bordered = f"_{stem}_".encode()
        for start in range(len(bordered) - 3):
            _add(letters, b"#" + bordered[start : start + 4], 1.0)
    for i in range(len(stems) - 1):
        _add(words, f"{stems[i]} {stems[i + 1]}".encode(), (rare[i] + rare[i + 1]) / 2)
    cells, values = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.float32)]
    for kind in (words, letters):
        if kind:
            value = np.fromiter(kind.values(), dtype=np.float32, count=len(kind))
            cells.append(np.fromiter(kind.keys(), dtype=np.int64, count=len(kind)))
            values.append((value / np.linalg.norm(value)).astype(np.float32))
    return np.concatenate(cells), np.concatenate(values)


def _add(counts: dict[int, float], feature: bytes, weight: float) -> None:
    cell = zlib.crc32(feature) % CELLS
    counts[cell] = counts.get(cell, 0.0) + weight
