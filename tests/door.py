"""A door between the bot and its PostgreSQL that a test can shut, or behind which nobody answers."""

import contextlib
import select
import socket
import threading
from pathlib import Path
from typing import Literal, Self
from urllib.parse import parse_qs, urlsplit

import psycopg

State = Literal["open", "shut", "silent"]


class Door:
    """Passes bytes to the server while it is open. `shut`: connections are refused. `silent`: taken, but nothing comes back."""

    def __init__(self, server: str) -> None:
        """`server` is the address of a PostgreSQL, by TCP or by its socket file."""
        self._server = urlsplit(server.replace("postgresql+psycopg://", "postgresql://"))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._pairs: set[tuple[socket.socket, socket.socket | None]] = set()
        self._state: State = "open"
        self._lock = threading.Lock()
        self._ends = False
        self._thread = threading.Thread(target=self._accept)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends = True
        with contextlib.suppress(OSError):
            socket.create_connection(self._listener.getsockname(), 1).close()
        self._thread.join()
        self._listener.close()
        self._drop()

    def address(self, database: str) -> str:
        """Of a database behind the door."""
        return f"postgresql://{self._server.username or 'postgres'}@127.0.0.1:{self._listener.getsockname()[1]}/{database}"

    def turn(self, state: State) -> None:
        """Opens it or shuts it; connections that stand are torn, or fall silent."""
        with self._lock:
            self._state = state
        if state != "silent":
            self._drop()

    def _drop(self) -> None:
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            for one in pair:
                if one is not None:
                    with contextlib.suppress(OSError):
                        one.shutdown(socket.SHUT_RDWR)
                    one.close()

    def _accept(self) -> None:
        while True:
            came, _ = self._listener.accept()
            if self._ends or self._state == "shut":
                came.close()
                if self._ends:
                    return
                continue
            to = None if self._state == "silent" else self._reach()
            with self._lock:
                self._pairs.add((came, to))
            if to is not None:
                for source, target in ((came, to), (to, came)):
                    threading.Thread(target=self._pass, args=(source, target), daemon=True).start()

    def _reach(self) -> socket.socket:
        folder = parse_qs(self._server.query).get("host", [""])[0]
        if folder:
            to = socket.socket(socket.AF_UNIX)
            to.connect(str(next(Path(folder).glob(".s.PGSQL.*[0-9]"))))
            return to
        return socket.create_connection((self._server.hostname, self._server.port or 5432))

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            while True:
                ready, _, _ = select.select([source], [], [], 0.05)
                if self._state == "silent" or not ready:
                    continue
                data = source.recv(65536)
                if not data:
                    break
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)


def new_database(server: str, name: str) -> None:
    """An empty database, made anew."""
    with psycopg.connect(server.replace("postgresql+psycopg://", "postgresql://"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name}")


def rows(address: str, sql: str) -> list[tuple]:
    """What a database says."""
    with psycopg.connect(address, autocommit=True) as connection:
        return connection.execute(sql).fetchall()
