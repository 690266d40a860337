"""Hand-made stand-ins for what lies outside."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bot.usecases.health import State
from bot.usecases.ports import Claim, Feedback, Once, Row
from bot.usecases.staff_ports import Code, Entry, KeptSession, Purpose, Role, StaffRow


@dataclass(frozen=True)
class Mark:
    """How far a message is."""

    until: datetime
    logged: bool = False
    done: bool = False


class MemoryLog:
    """A question log in a dictionary; held against the same contract as the database."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.marks: dict[str, Mark] = {}

    async def add(self, *rows: Row, once: Once | None = None) -> bool:
        if once:
            mark = self.marks.get(once.mark, Mark(once.at))
            if mark.logged:
                return False
            self.marks[once.mark] = replace(mark, logged=True, done=once.answered)
        new = [row for row in rows if row.token not in self.rows]
        self.rows |= {row.token: row for row in new}
        return bool(new)

    async def claim(self, mark: str, now: datetime, lease: timedelta, *, alone: bool) -> Claim:
        known = self.marks.get(mark)
        if known and known.done:
            return "done"
        if known and known.until > now and not alone:
            return "busy"
        self.marks[mark] = replace(known or Mark(now), until=now + lease)
        return "ours"

    async def finish(self, mark: str, now: datetime) -> None:
        self.marks[mark] = replace(self.marks.get(mark, Mark(now)), done=True)

    async def release(self, mark: str, now: datetime) -> None:
        self.marks[mark] = replace(self.marks[mark], until=now)

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

    async def asked_since(self, since: datetime) -> Mapping[str, int]:
        return Counter(row.rule for row in self.rows.values() if row.rule and row.hour >= since)

    async def has(self, row: Row) -> bool:
        return any((r.hour, r.channel, r.question) == (row.hour, row.channel, row.question) for r in self.rows.values())

    async def lately(self, limit: int, least: int) -> list[str]:
        newest = sorted(self.rows.values(), key=lambda row: row.hour, reverse=True)
        often = Counter(row.question for row in newest if not row.repeat)
        return [text for text in dict.fromkeys(row.question for row in newest) if often[text] >= least][:limit]


async def well() -> State:
    """A program that lacks nothing."""
    return State()


class BrokenLog(MemoryLog):
    """A database that is away."""

    async def add(self, *rows: Row, once: Once | None = None) -> bool:
        raise ConnectionError("away")


class MemoryArchive:
    """Rulebooks that served, in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[date, bytes]] = {}

    async def keep(self, version: str, since: date, documents: bytes) -> None:
        self.kept.setdefault(version, (since, documents))

    async def find(self, version: str) -> tuple[date, bytes] | None:
        return self.kept.get(version)


class MemoryStaff:
    """Staff, codes, sessions and the trail in dictionaries; held against the same contract as the database."""

    def __init__(self) -> None:
        self.staff: dict[str, StaffRow] = {}
        self.codes: dict[str, Code] = {}
        self.sessions: dict[str, KeptSession] = {}
        self.entries: list[Entry] = []

    async def find(self, key: str) -> StaffRow | None:
        return self.staff.get(key)

    async def rows(self) -> list[StaffRow]:
        return list(self.staff.values())

    async def set_name(self, key: str, name: str, entry: Entry) -> None:
        self.staff[key] = replace(self.staff.get(key, StaffRow(key, None, None)), name=name)
        self.entries.append(entry)

    async def set_role(self, key: str, role: Role, entry: Entry) -> None:
        self.staff[key] = replace(self.staff.get(key, StaffRow(key, None, None)), role=role)
        self.entries.append(entry)

    async def dismiss(self, key: str, entry: Entry) -> bool:
        if key not in self.staff or self.staff[key].role is None:
            return False
        del self.staff[key]
        self.sessions = {digest: session for digest, session in self.sessions.items() if session.key != key}
        self.codes = {digest: code for digest, code in self.codes.items() if code.key != key}
        self.entries.append(entry)
        return True

    async def add_code(self, code: Code, entry: Entry | None) -> None:
        self.codes[code.hash] = code
        if entry:
            self.entries.append(entry)

    async def take_code(self, digest: str, purpose: Purpose) -> Code | None:
        return self.codes.pop(digest) if digest in self.codes and self.codes[digest].purpose == purpose else None

    async def open_session(self, session: KeptSession, entry: Entry) -> None:
        self.sessions[session.hash] = session
        self.entries.append(entry)

    async def find_session(self, digest: str) -> KeptSession | None:
        return self.sessions.get(digest)

    async def close_session(self, digest: str) -> None:
        self.sessions.pop(digest, None)

    async def close_all(self, key: str, entry: Entry) -> None:
        self.sessions = {digest: session for digest, session in self.sessions.items() if session.key != key}
        self.codes = {digest: code for digest, code in self.codes.items() if (code.key, code.purpose) != (key, "masuk")}
        self.entries.append(entry)

    async def purge(self, now: datetime) -> None:
        self.sessions = {digest: session for digest, session in self.sessions.items() if session.expires > now}
        self.codes = {digest: code for digest, code in self.codes.items() if code.expires > now}

    async def write(self, entry: Entry) -> None:
        self.entries.append(entry)

    async def trail(self, limit: int) -> list[Entry]:
        return self.entries[::-1][:limit]
