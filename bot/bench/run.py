"""The whole bench in one run: which parts, in which order, and where the questions come from."""

import sys
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path

from bot.bench.figures import Report
from bot.settings import Settings
from bot.usecases.evaluate import examples_of

LASTING = 60
"""How many times as long as other loads the steady load lasts: ten minutes unless told otherwise."""


def questions_of(knowledge: Path) -> list[str]:
    """The example questions that nothing is tuned on, in the order of the files."""
    files = sorted((knowledge / "uji").glob("*-uji.yaml"))
    return [example.question for file in files for example in examples_of(file.name, file.read_bytes())]


def bench(settings: Settings, parts: Collection[str], rounds: int, sizes: Sequence[int], seconds: float) -> Report:
    """Runs the parts, tells how it goes on standard error, and returns what was measured. Raises Failed when a process does not start."""
    from bot.app import clock, open_library
    from bot.bench.retrieval import compare_retrieval, whole_search
    from bot.bench.scaling import compare_processes, endure
    from bot.bench.telegram import compare_load, compare_start

    knowledge = settings.knowledge
    report, questions = Report(), questions_of(knowledge)
    with tempfile.TemporaryDirectory(prefix="netral-bench-") as name:
        folder = Path(name)

        def starts(part: str, what: str) -> bool:
            if part in parts:
                print(f"({part}) {what} ...", file=sys.stderr, flush=True)
            return part in parts

        if starts("a", "against the echo bot"):
            compare_load(report, folder, questions, rounds, seconds)
        if starts("b", f"retrieval at {', '.join(map(str, sizes))}x"):
            compare_retrieval(report, folder, knowledge, questions, sizes, rounds, seconds)
            whole_search(report, open_library(settings).shelf.searcher, clock().date(), questions, rounds)
        if starts("c", "processes on PostgreSQL"):
            compare_processes(report, folder, questions, rounds, seconds)
        if starts("d", "start and rest"):
            compare_start(report, folder, questions, rounds)
        if starts("e", f"{LASTING * seconds:g} s of steady load"):
            endure(report, folder, questions, LASTING * seconds)
    return report
