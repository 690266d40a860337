"""What the use cases need from outside, as shapes. No identity of an asker fits through any of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, Protocol

from bot.core.rulebook import Notice

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
    repeat: bool = False
    """The same was asked there before in this hour: kept apart from all figures."""


@dataclass(frozen=True, slots=True)
class Once:
    """A mark under which rows are written at most once, however often their message comes. It names nobody.

    `answered` says that the answer is out, so that the message needs nothing more.
    """

    mark: str
    answered: bool
    at: datetime


Claim = Literal["ours", "busy", "done"]


class Unwritable(Exception):
    """The log is there, but will never take this row."""


class QuestionLog(Protocol):
    """Where rows go. Every method may raise; callers answer the asker first."""

    async def add(self, *rows: Row, once: Once | None = None) -> bool:
        """Writes the rows of one message, all or none; False when that was done before. Raises Unwritable for rows that do not fit."""
        ...

    async def feedback(self, token: str, value: Feedback) -> bool:
        """False when the row is gone (purged)."""
        ...

    async def chose(self, token: str, choice: str) -> bool:
        """Notes which option or branch was taken after the answer; False when the row is gone."""
        ...

    async def find(self, token: str) -> Row | None: ...

    async def count(self) -> int: ...

    async def asked_since(self, since: datetime) -> Mapping[str, int]:
        """How often each rule was the answer."""
        ...

    async def has(self, row: Row) -> bool:
        """True when the same text came by the same channel in the same hour."""
        ...

    async def lately(self, limit: int, least: int) -> list[str]:
        """The scrubbed texts asked last, newest first, each once; only those asked `least` times, repeats left out."""
        ...


class Marks(Protocol):
    """Which messages were taken in hand, by marks that name nobody: what comes again, to any process, is not handled again."""

    async def claim(self, mark: str, now: datetime, lease: timedelta, *, alone: bool) -> Claim:
        """`ours` for who may handle it now, `busy` while another has it in hand, `done` when it needs nothing more.

        What is not done when its lease has ended may be claimed again; `alone` says that nobody else can have it in hand.
        """
        ...

    async def finish(self, mark: str, now: datetime) -> None:
        """Nothing more is to be done."""
        ...

    async def release(self, mark: str, now: datetime) -> None:
        """It could not be handled; whoever gets it next may try."""
        ...


class Journal(QuestionLog, Marks, Protocol):
    """The log of questions, and what keeps it from saying one thing twice."""


class Archive(Protocol):
    """The rulebooks that have served, whole, so that an old answer can be shown again."""

    async def keep(self, version: str, since: date, documents: bytes) -> None: ...

    async def find(self, version: str) -> tuple[date, bytes] | None: ...


@dataclass(frozen=True, slots=True)
class Edition:
    """One publication. `version` names its documents in the archive; `folder` the deployed folder they grew from."""

    number: int
    version: str
    folder: str
    kind: Literal["folder", "terbit", "pulih"]
    author: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """Changes somebody is working on. `changed` maps a file to its new bytes, or to None when it is to be removed.

    `base` is the edition the changes grew from, `folder` the deployed folder they take account of; `revision` counts saves,
    so that a save over somebody else's is seen.
    """

    owner: str
    author: str
    base: int
    folder: str
    revision: int
    changed: Mapping[str, bytes | None]
    at: datetime


class Editions(Protocol):
    """What was published, in order, and what stands on the notice board. History is only ever added to."""

    async def latest(self) -> Edition | None: ...

    async def history(self, limit: int) -> list[Edition]: ...

    async def find(self, number: int) -> Edition | None: ...

    async def add(self, edition: Edition) -> bool:
        """Writes an edition under its number; False when that number is taken: somebody else was first."""
        ...

    async def notice(self) -> Notice: ...

    async def post(self, notice: Notice) -> None: ...


class Drafts(Protocol):
    """Unpublished changes, one set for each owner."""

    async def find(self, owner: str) -> Draft | None: ...

    async def all(self) -> list[Draft]: ...

    async def save(self, draft: Draft) -> bool:
        """Writes the draft as the revision after its own; False when another save came in between."""
        ...

    async def discard(self, owner: str) -> None: ...

    async def approve(self, owner: str, revision: int, approver: str) -> int:
        """Notes an approval of exactly that revision; how many different people have approved it now."""
        ...


class Cache(Protocol):
    """Keeps what is slow to learn. A miss or a broken entry costs time, never an answer."""

    def get(self, key: str) -> bytes | None: ...

    def put(self, key: str, value: bytes) -> None: ...
