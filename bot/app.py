"""The composition root: settings → storage → use cases → edges, in the order they start and stop. Holds the only clock."""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import uvicorn
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.routing import BaseRoute

from bot.core.assembly import Documents
from bot.jobs import DrawingRoom, follow, tend
from bot.settings import Settings
from bot.storage.archive import DatabaseArchive
from bot.storage.cache import FileCache
from bot.storage.counts import DatabaseCounts, DatabaseLedger
from bot.storage.database import migrate, open_engine
from bot.storage.editions import DatabaseDrafts, DatabaseEditions
from bot.storage.folder import read_folder
from bot.storage.misses import DatabaseMisses
from bot.storage.opendata import open_database
from bot.storage.questions import DatabaseLog
from bot.storage.staff import DatabaseStaff
from bot.storage.subscriptions import DatabaseSubscriptions
from bot.usecases.access import LOCAL, Access, key_of
from bot.usecases.ask import Asking
from bot.usecases.digest import Digest
from bot.usecases.library import Library, unpack
from bot.usecases.opendata import OpenData
from bot.usecases.product import Product
from bot.usecases.publishing import Publishing
from bot.usecases.queue import ReviewQueue
from bot.usecases.receipts import Receipts
from bot.usecases.review import Review
from bot.usecases.upkeep import Upkeep

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
    product: Product
    upkeep: Upkeep


def open_library(settings: Settings) -> Library:
    """The rulebook of the folder, ready to answer. Raises NoRulebook with every Problem, FileNotFoundError without a folder."""
    library = Library(FileCache(_data_folder(settings) / "cache"))
    library.load(read_folder(settings.knowledge))
    return library


async def live_documents(settings: Settings) -> Documents:
    """What serves: the documents published last, or the folder when nothing was ever published."""
    engine = open_engine(settings.database)
    try:
        await migrate(engine)
        latest = await DatabaseEditions(engine).latest()
        kept = await DatabaseArchive(engine).find(latest.version) if latest else None
        return unpack(kept[1]) if kept else read_folder(settings.knowledge)
    finally:
        await engine.dispose()


def open_access(settings: Settings, engine: AsyncEngine) -> Access:
    """Who may: the ids of the environment as keys. Without Telegram, whoever can read the terminal is the admin."""
    if settings.token is None:
        return Access(DatabaseStaff(engine), frozenset({LOCAL}), frozenset(), clock)
    admins = frozenset(key_of(settings.token, one) for one in settings.admins)
    reviewers = frozenset(key_of(settings.token, one) for one in settings.reviewers)
    return Access(DatabaseStaff(engine), admins, reviewers, clock)


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Parts]:
    """Storage and use cases, opened and closed in order."""
    engine = open_engine(settings.database)
    try:
        await migrate(engine)
        library, archive, questions = Library(FileCache(_data_folder(settings) / "cache")), DatabaseArchive(engine), DatabaseLog(engine)
        editions, drafts = DatabaseEditions(engine), DatabaseDrafts(engine)
        publishing = Publishing(library, editions, drafts, archive, questions, clock, settings.approvals, settings.k_anonymity)
        await publishing.start(await asyncio.to_thread(read_folder, settings.knowledge))
        access, counts, ledger = open_access(settings, engine), DatabaseCounts(engine), DatabaseLedger(engine)
        review = Review(counts, library, clock)
        product = Product(
            library=library,
            asking=Asking(library, questions, clock),
            receipts=Receipts(library, archive, clock),
            access=access,
            publishing=publishing,
            review=review,
            queue=ReviewQueue(DatabaseMisses(engine), library, clock, settings.retention_days, settings.k_anonymity),
            digest=Digest(review, DatabaseSubscriptions(engine), ledger, access, library, clock),
            open_data=OpenData(counts, open_database, settings.k_anonymity),
            clock=clock,
        )
        yield Parts(settings, engine, product, Upkeep(ledger, library, clock, settings.retention_days, settings.k_anonymity))
    finally:
        await engine.dispose()


async def serve(settings: Settings, host: str) -> None:
    """Answers on the web, and in Telegram when there is a token, until a signal comes. `host` is the address to listen on."""
    # The edges are heavy; `netral check` and `netral ask` do without them.
    from bot.chat.application import TelegramEdge
    from bot.web.office import office
    from bot.web.pages import Pages
    from bot.web.selfcheck import SelfCheckPages
    from bot.web.site import build
    from bot.web.view import View
    from bot.web.webhook import webhook

    pool = DrawingRoom()
    async with opened(settings) as parts:
        product = parts.product
        telegram: TelegramEdge | None = None
        doors: list[BaseRoute] = []
        if settings.token:
            site_url = settings.public_url or f"http://127.0.0.1:{settings.port}"
            staff = {key_of(settings.token, one): one for one in settings.admins | settings.reviewers}
            telegram = TelegramEdge(settings.token, settings.api_base, product, settings.public_url, site_url, pool.draw, staff)
            if settings.public_url and settings.webhook_secret:
                doors.append(webhook(settings.webhook_secret, telegram.handle))

        async def ready() -> bool:
            return product.library.is_ready and await _database_answers(parts) and (telegram is None or telegram.is_up)

        view = View(product.library, clock)
        doors.extend(SelfCheckPages(product.receipts, view, clock).routes())
        is_secure = (settings.public_url or "").startswith("https://")
        doors.extend(office(product, view, pool.draw, lambda: telegram.name if telegram else None, secure=is_secure))
        site = build(Pages(product.asking, view, clock), ready, doors)
        config = uvicorn.Config(
            site,
            host=host,
            port=settings.port,
            access_log=False,  # an access log would join addresses with questions
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )

        async def greet(url: str) -> None:
            print(f"Tanya Netral siap. Tanya di {url}/  (Ctrl+C untuk berhenti)", flush=True)
            local = await product.access.member(LOCAL)
            if local and not settings.token:
                # The one secret that is ever printed: there is no Telegram to send it by. It works once, for ten minutes.
                print(f"Masuk sebagai admin: {settings.public_url or url}/masuk/{await product.access.login_code(local)}", flush=True)

        server = Server(config, greet)
        jobs = [
            asyncio.create_task(follow(product.publishing), name="follow"),
            asyncio.create_task(tend(parts.upkeep, product.digest, lambda: telegram.deliver if telegram and telegram.is_up else None), name="upkeep"),
        ]
        try:
            if telegram:
                telegram.start(f"{settings.public_url}/telegram" if settings.public_url else None, settings.webhook_secret)
            await server.serve()
        finally:
            product.publishing.stop()
            for job in jobs:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)
            pool.close()
            if telegram:
                await telegram.stop()


class Server(uvicorn.Server):
    """uvicorn, that says in plain words where to ask once it listens."""

    def __init__(self, config: uvicorn.Config, greet: Callable[[str], Awaitable[None]]) -> None:
        """`greet` is told the address on this machine."""
        super().__init__(config)
        self._greet = greet

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's, but without raising the signal again at the end: Telegram and the database close after us."""
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in self.servers:
            for one in listener.sockets:
                await self._greet(f"http://127.0.0.1:{one.getsockname()[1]}")
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
