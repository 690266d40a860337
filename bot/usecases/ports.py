"""What the use cases need from outside, as shapes. No identity of an asker fits through any of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

Channel = Literal["telegram", "telegram-grup", "web", "baris-perintah"]
Outcome = Literal["answer", "clarify", "decline"]
Feedback = Literal["suka", "salah", "kurang-jelas", "beda-kasus", "tidak-suka"]
Clock = Callable[[], datetime]
"""The only way a use case learns the time; aware, in the office's zone."""


@dataclass(frozen=True, slots=True)
class Row:
    """One anonymous line of the log. `token` is random and ties feedback to the row, not to a person."""

    token: str
    hour: datetime
    question: str
    outcome: Outcome
    kind: str | None
    rule: str | None
    branch: str | None
    verdict: str | None
    options: str
    band: str
    version: str
    channel: Channel
    language: str
    feedback: str | None = None
    chosen: str | None = None


class QuestionLog(Protocol):
    """Where rows go. Every method may raise; callers answer the asker first."""

    async def add(self, row: Row) -> None: ...

    async def feedback(self, token: str, value: Feedback) -> bool:
        """False when the row is gone (purged)."""
        ...

    async def chose(self, token: str, choice: str) -> bool:
        """Notes which option or branch was taken after the answer; False when the row is gone."""
        ...

    async def find(self, token: str) -> Row | None: ...

    async def count(self) -> int: ...


class Archive(Protocol):
    """The rulebooks that have served, whole, so that an old answer can be shown again."""

    async def keep(self, version: str, since: date, documents: bytes) -> None: ...

    async def find(self, version: str) -> tuple[date, bytes] | None: ...


class Cache(Protocol):
    """Keeps what is slow to learn. A miss or a broken entry costs time, never an answer."""

    def get(self, key: str) -> bytes | None: ...

    def put(self, key: str, value: bytes) -> None: ...
