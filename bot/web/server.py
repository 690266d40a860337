"""The web server, as a part of a larger program: it says when it listens, and leaves the last word of a stop to others."""

import contextlib
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from types import FrameType

import uvicorn


class Server(uvicorn.Server):
    """uvicorn, that says in plain words where to ask once it listens."""

    def __init__(self, config: uvicorn.Config, greet: Callable[[str], Awaitable[None]]) -> None:
        """`greet` is told the address on this machine."""
        super().__init__(config)
        self._greet = greet
        self.asked_to_stop_at = float("inf")
        """When a signal came, in seconds that only run forward."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.asked_to_stop_at = min(self.asked_to_stop_at, time.monotonic())
        super().handle_exit(sig, frame)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's, but without raising the signal again at the end: Telegram and the database close after us."""
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in self.servers:
            for one in listener.sockets:
                await self._greet(f"http://127.0.0.1:{one.getsockname()[1]}")
                return
