"""The composition root: settings → storage → use cases → edges, in the order they start and stop. Holds the only clock."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import uvicorn
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.routing import BaseRoute

from bot.settings import Settings
from bot.storage.archive import DatabaseArchive
from bot.storage.cache import FileCache
from bot.storage.database import migrate, open_engine
from bot.storage.folder import read_folder
from bot.storage.questions import DatabaseLog
from bot.usecases.ask import Asking
from bot.usecases.library import Library
from bot.usecases.receipts import Receipts

log = logging.getLogger(__name__)

ZONE = ZoneInfo("Asia/Jakarta")
DRAIN_SECONDS = 8
"""How long answers in hand may take after SIGTERM; hosts kill after ten."""


def clock() -> datetime:
    """Now, in the zone the rulebook's dates are meant in."""
    return datetime.now(ZONE)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a running program is made of, for the command line and for tests."""

    settings: Settings
    engine: AsyncEngine
    library: Library
    asking: Asking
    receipts: Receipts


def open_library(settings: Settings) -> Library:
    """The rulebook of the folder, ready to answer. Raises NoRulebook with every Problem, FileNotFoundError without a folder."""
    library = Library(FileCache(_data_folder(settings) / "cache"))
    library.load(read_folder(settings.knowledge))
    return library


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Parts]:
    """Storage and use cases, opened and closed in order."""
    engine = open_engine(settings.database)
    try:
        await migrate(engine)
        library = await asyncio.to_thread(open_library, settings)
        archive = DatabaseArchive(engine)
        shelf = library.shelf
        await archive.keep(shelf.rulebook.version, clock().date(), shelf.documents)
        yield Parts(settings, engine, library, Asking(library, DatabaseLog(engine), clock), Receipts(library, archive, clock))
    finally:
        await engine.dispose()


async def serve(settings: Settings, host: str) -> None:
    """Answers on the web, and in Telegram when there is a token, until a signal comes. `host` is the address to listen on."""
    # The edges are heavy; `netral check` and `netral ask` do without them.
    from bot.chat.application import TelegramEdge
    from bot.web.pages import Pages
    from bot.web.selfcheck import SelfCheckPages
    from bot.web.site import build
    from bot.web.view import View
    from bot.web.webhook import webhook

    async with opened(settings) as parts:
        telegram: TelegramEdge | None = None
        doors: list[BaseRoute] = []
        if settings.token:
            telegram = TelegramEdge(settings.token, settings.api_base, parts.asking, parts.receipts, parts.library, clock, settings.public_url)
            if settings.public_url and settings.webhook_secret:
                doors.append(webhook(settings.webhook_secret, telegram.handle))

        async def ready() -> bool:
            return parts.library.is_ready and await _database_answers(parts) and (telegram is None or telegram.is_up)

        view = View(parts.library, clock)
        doors.extend(SelfCheckPages(parts.receipts, view, clock).routes())
        site = build(Pages(parts.asking, view, clock), ready, doors)
        config = uvicorn.Config(
            site,
            host=host,
            port=settings.port,
            access_log=False,  # an access log would join addresses with questions
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
        server = Server(config)
        try:
            if telegram:
                telegram.start(f"{settings.public_url}/telegram" if settings.public_url else None, settings.webhook_secret)
            await server.serve()
        finally:
            if telegram:
                await telegram.stop()


class Server(uvicorn.Server):
    """uvicorn, that says in plain words where to ask once it listens."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's, but without raising the signal again at the end: Telegram and the database close after us."""
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list | None = None) -> None:  # type: ignore[type-arg]  # uvicorn's own signature
        await super().startup(sockets)
        for listener in self.servers:
            for socket in listener.sockets:
                print(f"Tanya Netral siap. Tanya di http://127.0.0.1:{socket.getsockname()[1]}/  (Ctrl+C untuk berhenti)", flush=True)
                return


async def _database_answers(parts: Parts) -> bool:
    try:
        async with asyncio.timeout(2):
            await DatabaseLog(parts.engine).count()
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        log.warning("database does not answer: %s", type(error).__name__)
        return False
    return True


def _data_folder(settings: Settings) -> Path:
    """Where files of our own may lie: beside the SQLite file, else in ./data."""
    url = make_url(settings.database)
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        return Path(url.database).parent
    return Path("data")
