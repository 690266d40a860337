"""(b): our search beside four others, on the real rulebook and on it enlarged. Each index lives in a process of its own.

`python -m bot.bench.retrieval NAME TEXTS` is such a process: it builds, tells what that took, and answers the rounds it is given
on standard input. Rounds take turns and every round has questions of its own, so that no cache has seen them.
"""

import contextlib
import gc
import itertools
import json
import math
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from bot.bench.corpus import enlarged
from bot.bench.figures import Aim, Figure, Report
from bot.bench.indexes import INDEXES
from bot.bench.processes import Failed, resident
from bot.core.assembly import assemble
from bot.core.phrasings import texts_of
from bot.core.rulebook import Rulebook
from bot.core.search import Searcher
from bot.storage.folder import read_folder

WARM = 20
"""Questions asked before the clock starts; they are not timed ones."""
FEWEST = 3
"""Questions that even the slowest index answers in a round."""
OURS = "ours"


class Index:
    """One index in its process, seen from the bench."""

    def __init__(self, name: str, process: "subprocess.Popen[str]") -> None:
        """Waits until it is built. Raises Failed when it cannot be, as when its package is not installed."""
        self.name, self._process = name, process
        built = self._hear()
        self.build, self.memory = float(built["build"]), float(built["memory"])

    def ask(self, questions: Sequence[str], seconds: float) -> float:
        """Milliseconds a question, the mean over as many questions as go into the time, and three at least."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"questions": questions, "seconds": seconds}) + "\n")
        self._process.stdin.flush()
        return float(self._hear()["ms"])

    def _hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise Failed(f"the index {self.name} ended early")
        result: dict[str, Any] = json.loads(line)
        return result


@contextlib.contextmanager
def index(name: str, texts: Path, knowledge: Path) -> Iterator[Index]:
    """An index over a file of texts, one a line."""
    command = [sys.executable, "-m", "bot.bench.retrieval", name, str(texts), str(knowledge)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as process:  # noqa: S603 - our own
        try:
            yield Index(name, process)
        finally:
            process.kill()


def compare_retrieval(
    report: Report, folder: Path, knowledge: Path, questions: Sequence[str], sizes: Sequence[int], rounds: int, seconds: float
) -> None:
    """(b) Milliseconds from the text of a question to its ten best texts, build time, memory and growth, at each size."""
    rulebook = _rulebook(knowledge)
    texts = [text for *_, text in texts_of(rulebook)]
    shuffled = random.Random(11).sample(list(questions), len(questions))  # noqa: S311 - the same order in every run
    warm, asked = shuffled[:WARM], shuffled[WARM:]
    share = len(asked) // rounds
    took: dict[str, dict[int, list[float]]] = {name: {} for name in INDEXES}
    for size in sizes:
        file = folder / f"texts-{size}.txt"
        with file.open("w", encoding="utf-8") as out:
            out.writelines(f"{' '.join(text.split())}\n" for text in enlarged(texts, size))
        with contextlib.ExitStack() as stack:
            indexes = [stack.enter_context(index(name, file, knowledge)) for name in INDEXES]
            for one in indexes:
                one.ask(warm, seconds)
                took[one.name][size] = []
            for number in range(rounds):
                some = asked[number * share : (number + 1) * share]
                for one in indexes:
                    took[one.name][size].append(one.ask(some, seconds))
        file.unlink()
        ours, *others = indexes
        figures = [Figure(f"query, against {o.name}", "ms", took[OURS][size], took[o.name][size], Aim("ratio", "below", 1)) for o in others]
        figures += [Figure(f"build, against {o.name}", "s", [ours.build], [o.build]) for o in others]
        figures += [Figure(f"memory, against {o.name}", "MB", [ours.memory], [o.memory]) for o in others]
        report.sections[f"(b) {size}x the rulebook: {size * len(texts)} texts, question text to 10 best"] = figures
    report.sections["(b) growth: exponent of time over size (1 is linear)"] = [
        Figure(f"{name}, {small}x to {big}x", "", growth, aim=Aim("ours", "below", 1) if name == OURS else None)
        for small, big in itertools.pairwise(sizes)
        for name in INDEXES
        for growth in [_growth(took[name][small], took[name][big], big / small)]
    ]
    report.notes.append("(b) memory: what the process grew by for the index, once the texts it was built from are let go")
    report.notes.append("(b) ours includes reading Indonesian: slang, typos, affixes; every other index its own tokenizer")


def _growth(small: Sequence[float], big: Sequence[float], times: float) -> list[float]:
    return [math.log(b / a, times) for a, b in zip(small, big, strict=True)]


def whole_search(report: Report, searcher: Searcher, day: date, questions: Sequence[str], rounds: int) -> None:
    """For information: everything that stands between a question and its rule, at the real size."""
    parts = len(questions) // rounds
    took = []
    for number in range(rounds):
        started = time.perf_counter()
        for question in questions[number * parts : (number + 1) * parts]:
            searcher.search(question, day)
        took.append(1000 * (time.perf_counter() - started) / parts)
    report.sections["(b) the whole search at 1x: reading, BM25, ranker, decision"] = [Figure("search", "ms", took)]


def _rulebook(knowledge: Path) -> Rulebook:
    rulebook = assemble(read_folder(knowledge)).rulebook
    if rulebook is None:
        raise Failed("the rulebook has problems: see `python -m bot check`")
    return rulebook


def _serve(name: str, file: Path, knowledge: Path) -> None:
    """Builds one index and answers rounds until standard input ends."""
    rulebook = _rulebook(knowledge)
    gc.collect()
    before = resident("self")
    texts = file.read_text(encoding="utf-8").splitlines()
    started = time.perf_counter()
    query = INDEXES[name](texts, rulebook)
    build = time.perf_counter() - started
    del texts
    gc.collect()
    print(json.dumps({"build": build, "memory": resident("self") - before}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        took: list[float] = []
        for question in order["questions"]:
            if len(took) >= FEWEST and sum(took) > order["seconds"]:
                break
            started = time.perf_counter()
            query(question)
            took.append(time.perf_counter() - started)
        print(json.dumps({"ms": 1000 * statistics.mean(took)}), flush=True)


if __name__ == "__main__":
    _serve(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
