"""The environment to one frozen Settings: every fault told at once, secrets hidden whenever it is shown."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

DEFAULT_DATABASE = "sqlite+aiosqlite:///data/netral.sqlite3"
DEFAULT_API = "https://api.telegram.org"
LEVELS = ("INFO", "DEBUG", "WARNING", "ERROR")
VARIABLES: dict[str, str] = {
    "TELEGRAM_BOT_TOKEN": "Token from BotFather. Without it only the web page answers.",
    "TELEGRAM_API_BASE": "A Bot API server other than Telegram's.",
    "ADMIN_IDS": "Telegram ids of HR admins, separated by commas.",
    "REVIEWER_IDS": "Telegram ids of reviewers, separated by commas.",
    "PUBLISH_APPROVALS": "How many different admins must approve a change of the rulebook; 1 unless set.",
    "DATABASE_URL": "SQLAlchemy address of the database; postgres:// is understood.",
    "PORT": "Port of the web pages.",
    "PUBLIC_URL": "Public https address; set it to receive updates by webhook instead of polling.",
    "WEBHOOK_SECRET": "Secret that Telegram sends with each webhook call; required with PUBLIC_URL.",
    "LOG_LEVEL": "DEBUG, INFO, WARNING or ERROR.",
    "LOG_FORMAT": "text, or json for one object a line.",
    "METRICS_TOKEN": "Word that Prometheus must send to read /metrics; without it there is no such page.",
    "EPHEMERAL_DISK": "yes where the host wipes the disk at restart: a database in a file is then refused.",
    "RETENTION_DAYS": "Days that a question is kept before only counts remain.",
    "K_ANONYMITY": "Like questions from which a number or a text is shown.",
}
"""Every variable the program reads, for help texts and for the test of the README."""


class BadSettings(Exception):
    """The environment has faults; `faults` tells all of them, one sentence each, no secret in any."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says, checked. Fields that hold secrets are left out of its repr."""

    token: str | None = field(default=None, repr=False)
    api_base: str = DEFAULT_API
    admins: frozenset[int] = field(default=frozenset(), repr=False)
    reviewers: frozenset[int] = field(default=frozenset(), repr=False)
    database: str = field(default=DEFAULT_DATABASE, repr=False)
    port: int = 8000
    public_url: str | None = None
    webhook_secret: str | None = field(default=None, repr=False)
    log_level: str = "INFO"
    approvals: int = 1
    knowledge: Path = Path("knowledge")
    retention_days: int = 90
    k_anonymity: int = 5
    log_format: str = "text"
    metrics_token: str | None = field(default=None, repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that must never be printed."""
        password = urlsplit(self.database).password
        return tuple(secret for secret in (self.token, self.webhook_secret, self.metrics_token, password) if secret)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Reads the variables. Raises BadSettings with every fault."""
        faults: list[str] = []

        def get(name: str) -> str:
            return environment.get(name, "").strip()

        def one_of(name: str, *allowed: str) -> str:
            """One of a few words, the first unless set."""
            given = next((word for word in allowed if word.lower() == get(name).lower()), allowed[0])
            if get(name) and given.lower() != get(name).lower():
                faults.append(f"{name} must be one of {', '.join(allowed)}.")
            return given

        token = get("TELEGRAM_BOT_TOKEN") or None
        if token and not re.fullmatch(r"\d+:[\w-]{10,}", token):
            faults.append("TELEGRAM_BOT_TOKEN does not look like a token (digits, a colon, letters).")
        base = get("TELEGRAM_API_BASE").rstrip("/") or DEFAULT_API
        if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", base):
            faults.append("TELEGRAM_API_BASE must be an address such as http://127.0.0.1:8081.")
        public = get("PUBLIC_URL").rstrip("/") or None
        if public and not re.fullmatch(r"https?://[^\s/]+(/\S*)?", public):
            faults.append("PUBLIC_URL must be an address such as https://netral.example.go.id.")
        secret = get("WEBHOOK_SECRET") or None
        if secret and not re.fullmatch(r"[\w-]{16,256}", secret):
            faults.append("WEBHOOK_SECRET needs 16 to 256 letters, digits, _ or -.")
        if public and token and not secret:
            faults.append("PUBLIC_URL is set, so WEBHOOK_SECRET is needed (16 to 256 letters, digits, _ or -).")
        port = get("PORT") or "8000"
        if not port.isdecimal() or not port.isascii() or not 0 <= int(port) <= 65535:
            faults.append("PORT must be a number from 0 to 65535.")
        level, style = one_of("LOG_LEVEL", *LEVELS), one_of("LOG_FORMAT", "text", "json")
        try:
            database = database_url(get("DATABASE_URL") or DEFAULT_DATABASE)
        except ValueError as error:
            faults.append(f"DATABASE_URL {error}")
            database = DEFAULT_DATABASE
        if one_of("EPHEMERAL_DISK", "no", "yes") == "yes" and database.startswith("sqlite"):
            faults.append("DATABASE_URL names a file, but EPHEMERAL_DISK says that files are lost at restart: give the address of a PostgreSQL.")
        word = get("METRICS_TOKEN") or None
        if word and not re.fullmatch(r"[\w-]{16,256}", word):
            faults.append("METRICS_TOKEN needs 16 to 256 letters, digits, _ or -.")
        approvals = one_of("PUBLISH_APPROVALS", "1", "2", "3")
        for name in ("ADMIN_IDS", "REVIEWER_IDS"):
            if not re.fullmatch(r"[\d,\s]*", get(name)):
                faults.append(f"{name} must be numbers separated by commas.")
        days, k = get("RETENTION_DAYS") or "90", get("K_ANONYMITY") or "5"
        if not _is_within(days, 21, 365):
            faults.append("RETENTION_DAYS must be a number from 21 to 365: a week is counted when it has ended.")
        if not _is_within(k, 3, 50):
            faults.append("K_ANONYMITY must be a number from 3 to 50.")
        if faults:
            raise BadSettings(faults)
        return cls(
            token,
            base,
            _ids(get("ADMIN_IDS")),
            _ids(get("REVIEWER_IDS")),
            database,
            int(port),
            public,
            secret,
            level,
            int(approvals),
            retention_days=int(days),
            k_anonymity=int(k),
            log_format=style,
            metrics_token=word,
        )


def database_url(given: str) -> str:
    """The address with the driver we carry. Raises ValueError, without the address, on any other kind."""
    try:
        parsed = urlsplit(given)
        _ = parsed.port  # raises on a port that is no number
    except ValueError:
        raise ValueError("is not an address that can be read (is a sign in the password not written as %xx?).") from None
    if parsed.scheme.startswith("postgres") and not parsed.hostname and "host=" not in parsed.query:
        raise ValueError("names no host.")
    for start, driver in (("postgres://", "postgresql+psycopg://"), ("postgresql://", "postgresql+psycopg://"), ("sqlite://", "sqlite+aiosqlite://")):
        if given.startswith(start):
            return driver + given[len(start) :]
    if given.startswith(("postgresql+psycopg://", "sqlite+aiosqlite://")):
        return given
    raise ValueError("must start with sqlite:///, postgres:// or postgresql://.")


def _is_within(text: str, low: int, high: int) -> bool:
    return text.isascii() and text.isdecimal() and low <= int(text) <= high


def _ids(text: str) -> frozenset[int]:
    return frozenset(int(part) for part in re.split(r"[,\s]+", text) if part)
