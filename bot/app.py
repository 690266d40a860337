"""The composition root: settings → storage → use cases → edges, in the order they start and stop. Holds the only clock."""

import asyncio
import contextlib
import ctypes
import gc
import hashlib
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import uvicorn
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.routing import BaseRoute

from bot.core.assembly import Documents
from bot.jobs import DrawingRoom, follow, tend, write_what_waits
from bot.settings import Settings
from bot.storage.archive import DatabaseArchive
from bot.storage.cache import FileCache
from bot.storage.counts import DatabaseCounts, DatabaseLedger
from bot.storage.database import migrate, open_engine, ping
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
from bot.usecases.health import Health
from bot.usecases.library import Library, unpack
from bot.usecases.opendata import OpenData
from bot.usecases.product import Product
from bot.usecases.publishing import Publishing
from bot.usecases.queue import ReviewQueue
from bot.usecases.receipts import Receipts
from bot.usecases.review import Review
from bot.usecases.serving import Serving
from bot.usecases.upkeep import Upkeep
from bot.usecases.waiting import WaitingLog
from bot.usecases.watch import Watch

log = logging.getLogger(__name__)

ZONE = ZoneInfo("Asia/Jakarta")
DRAIN_SECONDS = 8
"""How long answers in hand may take after SIGTERM; hosts kill after ten."""
DATABASE_SECONDS = 60
"""How long a start waits for a database server that is not there yet."""


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
    library = Library(FileCache(_data_folder(settings) / "cache"), _program())
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
    engine, watch = open_engine(settings.database), Watch()
    try:
        await _wait_for_database(engine)
        library, archive, questions = (
            Library(FileCache(_data_folder(settings) / "cache"), _program(), _tidy),
            DatabaseArchive(engine),
            DatabaseLog(engine),
        )
        editions, drafts = DatabaseEditions(engine), DatabaseDrafts(engine)
        serving = Serving(library, editions, drafts, archive, clock)
        publishing = Publishing(serving, drafts, questions, clock, settings.approvals, settings.k_anonymity)
        await serving.start(await asyncio.to_thread(read_folder, settings.knowledge))
        _settle()
        journal = WaitingLog(questions)
        access, counts, ledger = open_access(settings, engine), DatabaseCounts(engine), DatabaseLedger(engine)
        review = Review(counts, library, clock)
        product = Product(
            library=library,
            asking=Asking(library, journal, clock, watch),
            receipts=Receipts(library, archive, clock),
            access=access,
            publishing=publishing,
            review=review,
            queue=ReviewQueue(DatabaseMisses(engine), library, clock, settings.retention_days, settings.k_anonymity),
            digest=Digest(review, DatabaseSubscriptions(engine), ledger, access, library, clock),
            open_data=OpenData(counts, open_database, settings.k_anonymity),
            journal=journal,
            watch=watch,
            health=Health(library, journal, lambda: ping(engine)),
            clock=clock,
        )
        _show_numbers(watch, journal, library)
        try:
            yield Parts(settings, engine, product, Upkeep(ledger, library, clock, settings.retention_days, settings.k_anonymity))
        finally:
            await journal.close()
    finally:
        await engine.dispose()


async def serve(settings: Settings, host: str) -> None:
    """Answers on the web, and in Telegram when there is a token, until a signal comes. `host` is the address to listen on."""
    # The edges are heavy; `netral check` and `netral ask` do without them.
    from bot.chat.application import TelegramEdge
    from bot.web.metrics import metrics
    from bot.web.office import office
    from bot.web.pages import Pages
    from bot.web.selfcheck import SelfCheckPages
    from bot.web.server import Server
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
            product.health.telegram = telegram.state
            if settings.public_url and settings.webhook_secret:
                doors.append(webhook(settings.webhook_secret, telegram.handle, product.watch))
        if settings.metrics_token:
            doors.append(metrics(settings.metrics_token, product.watch))

        view = View(product.library, clock)
        doors.extend(SelfCheckPages(product.receipts, view, clock).routes())
        is_secure = (settings.public_url or "").startswith("https://")
        doors.extend(office(product, view, pool.draw, lambda: telegram.name if telegram else None, secure=is_secure))
        site = build(Pages(product.asking, view, clock, product.watch), product.health.look, doors, secure=is_secure)
        config = uvicorn.Config(
            site,
            host=host,
            port=settings.port,
            access_log=False,  # an access log would join addresses with questions
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )

        server = Server(config, lambda url: _greet(product.access, settings, url))
        jobs = [
            asyncio.create_task(follow(product.publishing.serving), name="follow"),
            asyncio.create_task(write_what_waits(product.journal), name="write"),
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
                # What the web had in hand has taken its share of the time already.
                left = max(1.0, DRAIN_SECONDS - (time.monotonic() - server.asked_to_stop_at))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(left):
                        await telegram.stop()


async def _greet(access: Access, settings: Settings, url: str) -> None:
    print(f"Tanya Netral siap. Tanya di {url}/  (Ctrl+C untuk berhenti)", flush=True)
    local = await access.member(LOCAL)
    if local and not settings.token:
        # The one secret that is ever printed: there is no Telegram to send it by. It works once, for ten minutes.
        print(f"Masuk sebagai admin: {settings.public_url or url}/masuk/{await access.login_code(local)}", flush=True)


async def _wait_for_database(engine: AsyncEngine) -> None:
    """Brings the tables up to date as soon as the database answers. Raises its error when it does not within a minute."""
    until = time.monotonic() + DATABASE_SECONDS
    while True:
        try:
            await migrate(engine)
        except (OperationalError, InterfaceError) as error:
            if time.monotonic() > until or engine.dialect.name == "sqlite":
                raise
            log.warning("database not there yet (%s); trying again", type(error).__name__)
            await asyncio.sleep(1)
        else:
            return


def _show_numbers(watch: Watch, journal: WaitingLog, library: Library) -> None:
    """What others count, readable beside what the watch counts itself."""
    watch.gauge("netral_rows_waiting", "Writes that wait for the database", lambda: journal.waiting)
    watch.gauge("netral_rows_written", "Rows written since the start", lambda: journal.written)
    watch.gauge("netral_rows_dropped", "Rows lost since the start", lambda: journal.dropped)
    watch.gauge("netral_database_away", "1 while the database does not answer", lambda: journal.is_away)
    watch.gauge("netral_rulebooks_served", "Rulebooks taken into service since the start", lambda: library.installed)
    watch.gauge("netral_rules", "Rules of the live rulebook", lambda: len(library.shelf.rulebook.rules))


def _settle() -> None:
    """After the first rulebook is loaded: what stays is not searched for garbage any more, which would stop everything for a tenth of a second."""
    _tidy()
    gc.freeze()


def _tidy() -> None:
    """What reading a rulebook took goes back to the system: 30 MB after a start, hundreds after previews."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # only the C library of most Linux systems knows how
        ctypes.CDLL(None).malloc_trim(0)


def _program() -> str:
    """A name for exactly the code that checks rulebooks."""
    core = Path(__file__).parent / "core"
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(core.glob("*.py")))).hexdigest()


def _data_folder(settings: Settings) -> Path:
    """Where files of our own may lie: beside the SQLite file, else in ./data."""
    url = make_url(settings.database)
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        return Path(url.database).parent
    return Path("data")
