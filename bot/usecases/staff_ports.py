"""What access needs from storage, as shapes. Holds keys, hashes and chosen names; no Telegram id, code or secret fits in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

Role = Literal["admin", "peninjau"]
Purpose = Literal["masuk", "undang"]


@dataclass(frozen=True, slots=True)
class StaffRow:
    """Somebody who chose a name or took an invitation. `role` is None for those whose role stands in the environment."""

    key: str
    name: str | None
    role: Role | None


@dataclass(frozen=True, slots=True)
class Code:
    """A one-time link. `key` is whom it lets in ("masuk") or who invited ("undang", with the role that is offered)."""

    hash: str
    purpose: Purpose
    key: str
    role: Role | None
    expires: datetime


@dataclass(frozen=True, slots=True)
class KeptSession:
    """A browser that entered. `hash` is that of the cookie."""

    hash: str
    key: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit trail: who (as called then), what, and about what."""

    at: datetime
    key: str
    name: str
    action: str
    detail: str


class StaffStore(Protocol):
    """Where members, codes, sessions and the trail are kept. What takes an `entry` writes it in the same transaction, or fails whole."""

    async def find(self, key: str) -> StaffRow | None: ...

    async def rows(self) -> list[StaffRow]: ...

    async def set_name(self, key: str, name: str, entry: Entry) -> None:
        """Leaves the role as it is: a name chosen while the role is taken away must not bring it back."""
        ...

    async def set_role(self, key: str, role: Role, entry: Entry) -> None: ...

    async def dismiss(self, key: str, entry: Entry) -> bool:
        """Takes an invited role, with every session and code of the key. False, and nothing changed, when there was none."""
        ...

    async def add_code(self, code: Code, entry: Entry | None) -> None: ...

    async def take_code(self, digest: str, purpose: Purpose) -> Code | None:
        """The code, gone with this very call: of any number of callers at once exactly one gets it."""
        ...

    async def open_session(self, session: KeptSession, entry: Entry) -> None: ...

    async def find_session(self, digest: str) -> KeptSession | None: ...

    async def close_session(self, digest: str) -> None: ...

    async def close_all(self, key: str, entry: Entry) -> None:
        """Ends every session of a key and voids its links to enter."""
        ...

    async def purge(self, now: datetime) -> None:
        """Forgets codes and sessions that have expired."""
        ...

    async def write(self, entry: Entry) -> None: ...

    async def trail(self, limit: int) -> list[Entry]:
        """The newest entries, newest first."""
        ...
