"""Hand-made stand-ins for what lies outside."""

from dataclasses import replace
from datetime import date

from bot.usecases.ports import Feedback, Row


class MemoryLog:
    """A question log in a dictionary; held against the same contract as the database."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}

    async def add(self, row: Row) -> None:
        self.rows[row.token] = row

    async def feedback(self, token: str, value: Feedback) -> bool:
        if token in self.rows:
            self.rows[token] = replace(self.rows[token], feedback=value)
        return token in self.rows

    async def chose(self, token: str, choice: str) -> bool:
        if token in self.rows:
            self.rows[token] = replace(self.rows[token], chosen=choice)
        return token in self.rows

    async def find(self, token: str) -> Row | None:
        return self.rows.get(token)

    async def count(self) -> int:
        return len(self.rows)


class BrokenLog(MemoryLog):
    """A database that is away."""

    async def add(self, row: Row) -> None:
        raise ConnectionError("away")


class MemoryArchive:
    """Rulebooks that served, in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[date, bytes]] = {}

    async def keep(self, version: str, since: date, documents: bytes) -> None:
        self.kept.setdefault(version, (since, documents))

    async def find(self, version: str) -> tuple[date, bytes] | None:
        return self.kept.get(version)
