"""(a) and (d): this bot beside the echo bot, each on a load server of its own. Rounds take turns, so that noise hurts both."""

import contextlib
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.bench.figures import Aim, Figure, Report, percentile
from bot.bench.processes import SECRET, Bot, Server, bot, load_server, wait_for

OURS, THEIRS = ["bot", "run"], ["bot.bench.echo"]
HALF = 0.5
"""Offered load for latencies, as a share of the slower bot's throughput."""
REST = 1.0
"""Seconds of rest before memory is read."""


@dataclass(frozen=True)
class Side:
    """One bot and the load server that is its Telegram."""

    bot: Bot
    server: Server
    webhook: bool
    report: Report

    def load(self, **order: Any) -> dict[str, Any]:
        """One load; what was lost is a fault of the run."""
        doors = {"webhooks": [f"{self.bot.url}/telegram"], "secret": SECRET} if self.webhook else {}
        result = self.server.load(**order, **doors)
        check(self.report, f"{self.bot.name} ({'webhook' if self.webhook else 'polling'})", result)
        return result


def check(report: Report, name: str, result: dict[str, Any]) -> None:
    """Notes messages that got no answer, or more than one."""
    if result["answered"] != result["sent"] or result["extra"]:
        report.faults.append(f"{name}: {result['sent']} sent, {result['answered']} answered, {result['extra']} answers too many")


@contextlib.contextmanager
def side(command: list[str], folder: Path, questions: Sequence[str], report: Report, *, webhook: bool) -> Iterator[Side]:
    """A bot that has answered its first question."""
    with load_server(folder, questions) as server, bot(command, folder / "-".join(command), server, webhook=webhook) as started:
        wait_for(lambda: server.state()["webhook" if webhook else "polled"], started.process, command[0])
        one = Side(started, server, webhook, report)
        one.load(seconds=0.001, count=1)
        yield one


def compare_load(report: Report, folder: Path, questions: Sequence[str], rounds: int, seconds: float) -> None:
    """(a) Throughput, latency and memory, by polling and by webhook."""
    report.notes.append(f"(a) every question from a chat of its own; {len(questions)} questions; latency from the planned arrival to sendMessage")
    for webhook in (False, True):
        mode = "webhook" if webhook else "polling"
        with (
            side(OURS, folder / mode, questions, report, webhook=webhook) as ours,
            side(THEIRS, folder / mode, questions, report, webhook=webhook) as theirs,
        ):
            report.sections[f"(a) {mode}: ours with logging on, against the bare echo bot"] = measured(ours, theirs, rounds, seconds)


def measured(ours: Side, theirs: Side, rounds: int, seconds: float) -> list[Figure]:
    """Throughput, then latencies at one rate for both, then memory; loads take turns between the two."""
    both = (ours, theirs)
    for one in both:
        one.load(seconds=min(1.0, seconds))  # warm: connections, caches of stems
    full = [[one.load(seconds=seconds)["per_second"] for one in both] for _ in range(rounds)]
    rate = HALF * min(statistics.median(one) for one in zip(*full, strict=True))
    timed = [[one.load(seconds=seconds, rate=rate)["latencies"] for one in both] for _ in range(rounds)]
    figures = [Figure("throughput", "answers/s", [a for a, _ in full], [b for _, b in full], Aim("ratio", "least", 0.8))]
    for share in (0.5, 0.95, 0.99):
        values = [[percentile(one, share) for one in pair] for pair in timed]
        aim = Aim("difference", "most", 3.0) if share == 0.5 else None
        figures.append(Figure(f"p{100 * share:g} at {rate:.0f}/s", "ms", [a for a, _ in values], [b for _, b in values], aim))
    figures.append(Figure("memory after the load", "MB", [ours.bot.memory()], [theirs.bot.memory()]))
    return figures


def compare_start(report: Report, folder: Path, questions: Sequence[str], rounds: int) -> None:
    """(d) From the start of the process to the first answer, and memory at rest. What is learnt from the rulebook is in the cache."""
    with side(OURS, folder / "warm", questions, report, webhook=False):
        pass
    seconds: dict[str, list[float]] = {"ours": [], "theirs": []}
    memory: dict[str, list[float]] = {"ours": [], "theirs": []}
    for number in range(rounds):
        for name, command in (("ours", OURS), ("theirs", THEIRS)):
            # The question waits before the bot is there, so the first answer comes as early as it can.
            with load_server(folder, questions) as server, bot(command, folder / f"{name}-{number}", server) as started:
                result = server.load(seconds=0.001, count=1, patience=60)
                check(report, name, result)
                seconds[name].append(result["ended"] - started.started)
                time.sleep(REST)
                memory[name].append(started.memory())
    report.notes.append("(d) the learning cache is warm; the rulebook is read and indexed at every start")
    report.sections["(d) start and rest, against the bare echo bot"] = [
        Figure("start to first answer", "s", seconds["ours"], seconds["theirs"], Aim("ratio", "most", 2.0)),
        Figure("memory at rest", "MB", memory["ours"], memory["theirs"], Aim("ours", "most", 200.0)),
    ]
