"""Programs under the bench: started, timed, weighed and stopped, each a process of its own with an environment of its own."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TOKEN = "42:BenchBenchBenchBenchBenchBenchBench123"  # noqa: S105 - the load server takes any
SECRET = "rahasia-webhook-untuk-bangku"  # noqa: S105 - known to the two sides of the bench only
PATIENCE = 120.0
"""Seconds until a start counts as failed."""


class Failed(Exception):
    """A process under the bench did not do its part; the message says which and how."""


@dataclass
class Server:
    """A running load server, seen from the bench."""

    url: str

    def state(self) -> dict[str, Any]:
        return self._call("GET", "state", None, 5)

    def load(self, **order: Any) -> dict[str, Any]:
        """Runs one load; see LoadServer.load."""
        return self._call("POST", "load", order, order["seconds"] + 60)

    def _call(self, method: str, what: str, body: object, timeout: float) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/bench/{what}", data, method=method)  # noqa: S310 - our own process
        with urllib.request.urlopen(request, timeout=timeout) as answer:  # noqa: S310 - as above
            result: dict[str, Any] = json.load(answer)
            return result


@dataclass
class Bot:
    """A running bot. `started` is the monotonic time, in seconds, just before its process began."""

    process: subprocess.Popen[bytes]
    name: str
    url: str
    started: float

    def memory(self) -> float:
        """Resident memory now, in MB (2^20 bytes)."""
        return resident(self.process.pid)


def resident(pid: int | str, field: str = "VmRSS") -> float:
    """A line of /proc/PID/status in MB (2^20 bytes); VmHWM is the most there ever was."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith(f"{field}:")).split()[1]) / 1024


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def load_server(folder: Path, questions: Sequence[str]) -> Iterator[Server]:
    """A load server that asks these questions."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"questions-{len(questions)}.json"
    file.write_text(json.dumps(list(questions)), encoding="utf-8")
    port = free_port()
    server = Server(f"http://127.0.0.1:{port}")
    with _process(["bot.bench.server", str(port), str(file)], {}, folder / f"server-{port}.txt") as process:
        wait_for(server.state, process, "the load server")
        yield server


@contextlib.contextmanager
def bot(command: Sequence[str], folder: Path, server: Server, *, webhook: bool = False, database: str | None = None) -> Iterator[Bot]:
    """`python -m COMMAND` with the environment of a bot. Its data lie in `folder`, which must be its own, unless `database` is given."""
    folder.mkdir(parents=True, exist_ok=True)
    shared = Path("data/cache").absolute()  # what is learnt is kept from run to run: every start is a warm one
    shared.mkdir(parents=True, exist_ok=True)
    if not (folder / "cache").exists():
        (folder / "cache").symlink_to(shared)
    url = f"http://127.0.0.1:{free_port()}"
    variables = {"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_BASE": server.url, "PORT": url.rsplit(":", 1)[1], "LOG_LEVEL": "INFO"}
    variables |= {"DATABASE_URL": database or f"sqlite:///{folder}/netral.sqlite3"}
    if webhook:
        variables |= {"PUBLIC_URL": url, "WEBHOOK_SECRET": SECRET}
    started = time.monotonic()
    with _process(command, variables, folder / "output.txt") as process:
        yield Bot(process, command[0], url, started)


@contextlib.contextmanager
def _process(command: Sequence[str], variables: dict[str, str], output: Path) -> Iterator[subprocess.Popen[bytes]]:
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "HOME", "XDG_RUNTIME_DIR", "OPENBLAS_NUM_THREADS") if name in os.environ}
    with output.open("wb") as file:
        process = subprocess.Popen([sys.executable, "-m", *command], env=kept | variables, stdout=file, stderr=subprocess.STDOUT)  # noqa: S603 - our own modules
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_for(ready: Callable[[], object], process: subprocess.Popen[bytes], name: str) -> None:
    """Returns once `ready` gives something true. Raises Failed when the process ends before, or after PATIENCE seconds."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Failed(f"{name} ended with code {process.returncode}")
        with contextlib.suppress(OSError):
            if ready():
                return
        time.sleep(0.02)
    raise Failed(f"{name} was not ready within {PATIENCE:.0f} s")
