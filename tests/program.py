"""The bot as its users meet it: a process of its own, with an environment of its own."""

import contextlib
import os
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.emulator import Emulator

ROOT = Path(__file__).parent.parent
SECRET = "rahasia-webhook-untuk-uji"


@dataclass
class Program:
    """A running bot."""

    process: subprocess.Popen[bytes]
    folder: Path
    url: str

    @property
    def database(self) -> Path:
        return self.folder / "netral.sqlite3"

    def query(self, sql: str) -> list[tuple]:
        """Rows of the bot's own database, read beside it."""
        connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=5)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def output(self) -> str:
        """Everything the process has printed so far."""
        return (self.folder / "output.txt").read_text(encoding="utf-8")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def give_what_was_learnt(cache: Path) -> None:
    """Lays what earlier tests and runs have learnt of their rulebooks into a cache, as links: it is large, and never written to."""
    cache.mkdir(parents=True, exist_ok=True)
    for learnt in (ROOT / ".pytest_cache").glob("*/learnt-*"):
        with contextlib.suppress(FileExistsError):
            (cache / learnt.name).symlink_to(learnt)


@contextlib.contextmanager
def running(
    folder: Path, emulator: Emulator | None = None, *, webhook: bool = False, port: int | None = None, start_in: Path = ROOT, **environment: str
) -> Iterator[Program]:
    """`python -m bot run` until it is ready; stopped with SIGTERM, which must end it within ten seconds.

    `start_in` holds the folder `knowledge` that the program is deployed with.
    """
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    variables = {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", "PORT": str(port), "DATABASE_URL": f"sqlite:///{folder}/netral.sqlite3"}
    variables |= {"PYTHONPATH": str(ROOT), "LOG_LEVEL": "INFO", "PYTHONWARNINGS": "error::ResourceWarning"}
    if emulator:
        variables |= {"TELEGRAM_BOT_TOKEN": emulator.token, "TELEGRAM_API_BASE": emulator.url}
    if webhook:
        variables |= {"PUBLIC_URL": url, "WEBHOOK_SECRET": SECRET}
    variables |= environment
    give_what_was_learnt(folder / "cache")
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen([sys.executable, "-m", "bot", "run"], cwd=start_in, env=variables, stdout=output, stderr=subprocess.STDOUT)
        program = Program(process, folder, url)
        try:
            _wait_until_ready(program)
            yield program
        finally:
            process.terminate()
            started = time.monotonic()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            assert time.monotonic() - started < 10, "SIGTERM took longer than a host waits"


def _wait_until_ready(program: Program, timeout: float = 60) -> None:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if program.process.poll() is not None:
            raise AssertionError(f"the program ended:\n{program.output()}")
        try:
            with urllib.request.urlopen(f"{program.url}/readyz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.02)
    raise AssertionError(f"not ready in {timeout} s:\n{program.output()}")
