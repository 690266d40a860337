"""Who may do what in the office: roles, invitations, one-time links, sessions, and the trail of what was done.

Knows people by an opaque key only. A role is looked up anew at every action, so taking it away ends everything at once.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

from bot.usecases.ports import Clock
from bot.usecases.staff_ports import Code, Entry, KeptSession, Role, StaffStore

__all__ = [
    "INVITATION_LIFE",
    "LOCAL",
    "LOGIN_LIFE",
    "SESSION_LIFE",
    "Access",
    "Colleague",
    "Entry",
    "Member",
    "NotAllowed",
    "Role",
    "Session",
    "key_of",
]

LOCAL = "lokal"
"""The key of whoever started the program on this machine, when there is no Telegram."""

LOGIN_LIFE = timedelta(minutes=10)
INVITATION_LIFE = timedelta(hours=24)
SESSION_LIFE = timedelta(hours=12)
MAX_NAME = 40
MAX_DETAIL = 300
MAX_SECRET = 128
"""Characters of a code or secret worth looking up; ours have 32 and 43."""

_NAME = re.compile(r"[\w.,'’()-]+(?: [\w.,'’()-]+)*")


class NotAllowed(Exception):
    """The member lacks the role for this, now."""


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody with a role. `key` says nothing by itself; `name` is the one they chose."""

    key: str
    name: str
    role: Role

    def may(self, role: Role) -> bool:
        """True when this member can do what a role can; an admin can do all that a reviewer can."""
        return self.role in ("admin", role)


@dataclass(frozen=True, slots=True)
class Session:
    """A browser in which a member is at work. `csrf` is the word every form of this session must carry."""

    member: Member
    csrf: str


@dataclass(frozen=True, slots=True)
class Colleague:
    """A member in the list of staff. One who is fixed stands in the environment and cannot be removed here."""

    member: Member
    is_fixed: bool


class Access:
    """The one place that says who may."""

    def __init__(self, store: StaffStore, admins: frozenset[str], reviewers: frozenset[str], clock: Clock) -> None:
        self._store = store
        self._admins = admins
        self._reviewers = reviewers
        self._clock = clock

    async def member(self, key: str) -> Member | None:
        """The member with the role of this moment; None for everybody else."""
        row = await self._store.find(key)
        role = self._role(key, row.role if row else None)
        return Member(key, (row.name if row else None) or _unnamed(key), role) if role else None

    async def allowed(self, key: str, role: Role) -> Member:
        """The member, who may do what the role can. Raises NotAllowed."""
        member = await self.member(key)
        if member is None or not member.may(role):
            raise NotAllowed
        return member

    async def rename(self, member: Member, name: str) -> Member | None:
        """The member under a new name; None when the name is empty, too long or has odd signs in it. Raises NotAllowed."""
        before = await self.allowed(member.key, "peninjau")
        name = " ".join(name.split())
        if len(name) > MAX_NAME or not _NAME.fullmatch(name):
            return None
        await self._store.set_name(member.key, name, self._entry(before, "nama", f"menjadi {name}"))
        return Member(member.key, name, before.role)

    async def invite(self, by: Member, role: Role) -> str:
        """A code that makes one person a member within a day. Raises NotAllowed unless `by` is an admin."""
        by = await self.allowed(by.key, "admin")
        code = _secret()
        await self._store.purge(self._clock())
        made = Code(_digest(code), "undang", by.key, role, self._clock() + INVITATION_LIFE)
        await self._store.add_code(made, self._entry(by, "undang", role))
        return code

    async def accept(self, code: str, key: str) -> Member | None:
        """The new member; None when the code was used, is too old, was never given, or its maker is no admin any more."""
        known = await self.member(key)
        if known and known.role == "admin":
            return known  # an admin who tries a link out must not use it up
        taken = await self._store.take_code(_digest(code), "undang") if len(code) <= MAX_SECRET else None
        if taken is None or taken.role is None or taken.expires <= self._clock():
            return None
        maker = await self.member(taken.key)
        if maker is None or maker.role != "admin":
            return None
        joining = known or Member(key, _unnamed(key), taken.role)
        await self._store.set_role(key, taken.role, self._entry(joining, "terima-undangan", f"{taken.role}, diundang {maker.name}"))
        return await self.member(key)

    async def remove(self, by: Member, key: str) -> bool:
        """Takes an invited role, and with it sessions and links; False when nobody was invited so. Raises NotAllowed unless `by` is an admin."""
        by = await self.allowed(by.key, "admin")
        leaving = await self.member(key)
        return leaving is not None and await self._store.dismiss(key, self._entry(by, "keluarkan", f"{leaving.name} [{key[:4]}] ({leaving.role})"))

    async def staff(self) -> list[Colleague]:
        """Everybody with a role now: those of the environment, then the invited, by name."""
        rows = {row.key: row for row in await self._store.rows()}
        found: list[Colleague] = []
        for key in self._admins | self._reviewers | rows.keys():
            row = rows.get(key)
            invited = row.role if row else None
            role = self._role(key, invited)
            if role:
                # A reviewer of the environment who was invited as admin can still lose what the invitation gave.
                is_fixed = invited is None or key in self._admins
                found.append(Colleague(Member(key, (row.name if row else None) or _unnamed(key), role), is_fixed))
        return sorted(found, key=lambda one: (not one.is_fixed, one.member.name.casefold(), one.member.key))

    async def login_code(self, member: Member) -> str:
        """A code that opens one session within minutes. Raises NotAllowed when the role is gone."""
        await self.allowed(member.key, "peninjau")
        code = _secret()
        await self._store.purge(self._clock())
        await self._store.add_code(Code(_digest(code), "masuk", member.key, None, self._clock() + LOGIN_LIFE), None)
        return code

    async def enter(self, code: str) -> str | None:
        """The secret of a new session; None when the code was used, is too old, was never given, or the role is gone."""
        taken = await self._store.take_code(_digest(code), "masuk") if len(code) <= MAX_SECRET else None
        if taken is None or taken.expires <= self._clock():
            return None
        member = await self.member(taken.key)
        if member is None:
            return None
        secret = _secret()
        await self._store.open_session(KeptSession(_digest(secret), member.key, self._clock() + SESSION_LIFE), self._entry(member, "masuk", ""))
        return secret

    async def session(self, secret: str) -> Session | None:
        """The session of a cookie, with the role of this moment; None when it ended, is too old, was forged, or the role is gone."""
        kept = await self._store.find_session(_digest(secret)) if 0 < len(secret) <= MAX_SECRET else None
        if kept is None or kept.expires <= self._clock():
            return None
        member = await self.member(kept.key)
        # Made from the secret, so it is one of a kind for each session and need not be kept.
        return Session(member, hmac.new(secret.encode(), b"csrf", hashlib.sha256).hexdigest()[:32]) if member else None

    async def leave(self, secret: str) -> None:
        """Ends one session."""
        await self._store.close_session(_digest(secret))

    async def leave_everywhere(self, member: Member) -> None:
        """Ends every session of a member and voids links not yet used."""
        await self._store.close_all(member.key, self._entry(member, "keluar-semua", ""))

    async def note(self, member: Member, action: str, detail: str) -> None:
        """Writes one line of the audit trail. `detail` must hold nothing of a person who asked."""
        await self._store.write(self._entry(member, action, detail))

    async def trail(self, limit: int = 200) -> list[Entry]:
        """The newest lines of the audit trail, newest first."""
        return await self._store.trail(limit)

    def _role(self, key: str, invited: Role | None) -> Role | None:
        if key in self._admins:
            return "admin"
        return "peninjau" if invited is None and key in self._reviewers else invited

    def _entry(self, member: Member, action: str, detail: str) -> Entry:
        # A file may be called anything, but PostgreSQL holds no NUL.
        return Entry(self._clock(), member.key, member.name, action[:40], detail.replace("\x00", " ")[:MAX_DETAIL])


def key_of(token: str, telegram_id: int) -> str:
    """The key that stands for a Telegram id: 24 hex digits that nobody can turn back, or make, without the bot's token."""
    return hmac.new(token.encode(), str(telegram_id).encode(), hashlib.sha256).hexdigest()[:24]


def _unnamed(key: str) -> str:
    """What somebody is called who has not chosen a name."""
    return "Admin lokal" if key == LOCAL else f"Staf {key[:4]}"


def _secret() -> str:
    return secrets.token_urlsafe(24)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
