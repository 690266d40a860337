"""One database, SQLite or PostgreSQL: its tables, how it is opened, how it is brought up to date."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

metadata = sa.MetaData()

MISSED = (
    "(outcome = 'decline' AND kind = 'tidak-ada' OR outcome = 'clarify' AND (band = 'rendah' OR chosen = 'bukan-semuanya')"
    " OR feedback IN ('salah', 'kurang-jelas', 'beda-kasus', 'tidak-suka'))"
)
"""Rows that need somebody's eye. Index and query say it in the same words, so that the database sees that they are the same."""

questions = sa.Table(
    "questions",
    metadata,
    sa.Column("token", sa.String(16), primary_key=True),
    sa.Column("hour", sa.DateTime(timezone=True), nullable=False, index=True),
    sa.Column("question", sa.String(300), nullable=False),
    sa.Column("outcome", sa.String(10), nullable=False),
    sa.Column("kind", sa.String(36)),
    sa.Column("rule", sa.String(36), index=True),
    sa.Column("branch", sa.String(16)),
    sa.Column("verdict", sa.String(20)),
    sa.Column("options", sa.String(160), nullable=False),
    sa.Column("band", sa.String(8), nullable=False),
    sa.Column("version", sa.String(16), nullable=False),
    sa.Column("channel", sa.String(16), nullable=False),
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("feedback", sa.String(16)),
    sa.Column("chosen", sa.String(60)),
    sa.Column("repeat", sa.Boolean(), nullable=False, server_default=sa.false()),
    sa.Index("ix_questions_missed", "hour", sqlite_where=sa.text(MISSED), postgresql_where=sa.text(MISSED)),
)
"""Every column there is: what is not here cannot be stored. A test holds the list against the privacy page."""

handled = sa.Table(
    "handled",
    metadata,
    sa.Column("mark", sa.String(24), primary_key=True),
    sa.Column("until", sa.DateTime(timezone=True), nullable=False, index=True),
    sa.Column("logged", sa.Boolean(), nullable=False),
    sa.Column("done", sa.Boolean(), nullable=False),
    sqlite_with_rowid=False,
)
"""Messages in hand and done, for two to three days. `mark` is an HMAC of Telegram's running number: of no chat, no user, no row."""

rulebooks = sa.Table(
    "rulebooks",
    metadata,
    sa.Column("version", sa.String(16), primary_key=True),
    sa.Column("since", sa.Date(), nullable=False),
    sa.Column("documents", sa.LargeBinary(), nullable=False),
)

staff = sa.Table(
    "staff",
    metadata,
    sa.Column("key", sa.String(24), primary_key=True),
    sa.Column("name", sa.String(40)),
    sa.Column("role", sa.String(10)),
)
"""`key` is an HMAC: no Telegram id stands in the database."""

codes = sa.Table(
    "codes",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("purpose", sa.String(8), nullable=False),
    sa.Column("key", sa.String(24), nullable=False),
    sa.Column("role", sa.String(10)),
    sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("key", sa.String(24), nullable=False),
    sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("number", sa.Integer(), primary_key=True),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("key", sa.String(24), nullable=False),
    sa.Column("name", sa.String(40), nullable=False),
    sa.Column("action", sa.String(40), nullable=False),
    sa.Column("detail", sa.String(300), nullable=False),
)

editions = sa.Table(
    "editions",
    metadata,
    sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
    sa.Column("version", sa.String(16), nullable=False),
    sa.Column("folder", sa.String(16), nullable=False),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("author", sa.String(40), nullable=False),
    sa.Column("reason", sa.String(300), nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
)
"""What was published. The number is chosen by who publishes, so two at once cannot both have it."""

drafts = sa.Table(
    "drafts",
    metadata,
    sa.Column("owner", sa.String(24), primary_key=True),
    sa.Column("author", sa.String(40), nullable=False),
    sa.Column("base", sa.Integer(), nullable=False),
    sa.Column("folder", sa.String(16), nullable=False),
    sa.Column("revision", sa.Integer(), nullable=False),
    sa.Column("changed", sa.LargeBinary(), nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
)

approvals = sa.Table(
    "approvals",
    metadata,
    sa.Column("owner", sa.String(24), primary_key=True),
    sa.Column("approver", sa.String(24), primary_key=True),
    sa.Column("revision", sa.Integer(), nullable=False),
)

notices = sa.Table(
    "notices",
    metadata,
    sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
    sa.Column("content", sa.Text(), nullable=False),
)

cells = sa.Table(
    "cells",
    metadata,
    sa.Column("week", sa.Date(), primary_key=True),
    sa.Column("channels", sa.String(64), primary_key=True),
    sa.Column("family", sa.String(8), primary_key=True),
    sa.Column("path", sa.String(160), primary_key=True),
    sa.Column("count", sa.Integer(), nullable=False),
)
"""What was released of each week: no cell holds fewer than `counted_weeks.k` questions. The exact counts are never stored."""

counted_weeks = sa.Table(
    "counted_weeks",
    metadata,
    sa.Column("week", sa.Date(), primary_key=True),
    sa.Column("k", sa.Integer(), nullable=False),
)

claims = sa.Table(
    "claims",
    metadata,
    sa.Column("job", sa.String(20), primary_key=True),
    sa.Column("day", sa.Date(), primary_key=True),
)
"""Which process does a daily job: whoever writes the row first."""

review_decisions = sa.Table(
    "review_decisions",
    metadata,
    sa.Column("key", sa.String(16), primary_key=True),
    sa.Column("text", sa.String(300), nullable=False),
    sa.Column("members", sa.Text(), nullable=False),
    sa.Column("verdict", sa.String(8), nullable=False),
    sa.Column("day", sa.Date(), nullable=False),
)

subscriptions = sa.Table("subscriptions", metadata, sa.Column("key", sa.String(24), primary_key=True))

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_SECONDS = timedelta(seconds=5).total_seconds()


def open_engine(url: str) -> AsyncEngine:
    """An engine for a database address. For SQLite the folder is made and WAL is switched on."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_async_engine(url, pool_pre_ping=True, pool_size=5, max_overflow=5)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(url, connect_args={"timeout": BUSY_SECONDS})

    @sa.event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: sa.engine.interfaces.DBAPIConnection, _: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")  # readers never wait for the writer
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA secure_delete=ON")  # a purged question leaves no bytes behind
        cursor.close()

    return engine


async def ping(engine: AsyncEngine) -> None:
    """Returns when the database has answered; raises what the driver raises when it is away."""
    async with engine.connect() as connection:
        await connection.execute(sa.text("SELECT 1"))


async def migrate(engine: AsyncEngine) -> None:
    """Brings the tables up to the newest migration. Safe to run again and from several processes at once."""
    async with locked(engine) as connection:
        await connection.run_sync(upgrade)


@contextlib.asynccontextmanager
async def locked(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A transaction that only one process has at a time: whoever comes second waits here."""
    async with engine.connect() as connection:
        # Any constant number would do as the lock's name.
        lock = "SELECT pg_advisory_xact_lock(727002)" if connection.dialect.name == "postgresql" else "BEGIN IMMEDIATE"
        await connection.execute(sa.text(lock))
        yield connection
        await connection.commit()


def upgrade(connection: sa.Connection, revision: str = "head") -> None:
    """Runs the migrations up to one of them, inside the connection's transaction."""
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def alembic_config() -> Config:
    """Where the migrations are."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def migrate_now(url: str) -> None:
    """`migrate` for the command line."""

    async def run() -> None:
        engine = open_engine(url)
        try:
            await migrate(engine)
        finally:
            await engine.dispose()

    asyncio.run(run())
