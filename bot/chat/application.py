"""The Telegram application: how it is built, how it starts and stops, and the one place where its faults end."""

import asyncio
import logging
import secrets
import time
import traceback

from telegram import Update
from telegram.error import BadRequest, Conflict, Forbidden, NetworkError, TelegramError
from telegram.ext import AIORateLimiter, ApplicationBuilder, ContextTypes

from bot.chat.commands import menu
from bot.chat.deliveries import Deliveries, Narrow, Polled
from bot.chat.handlers import UPDATES, TelegramApplication, register
from bot.chat.reports import Draw, Reports
from bot.chat.sending import is_expected, send
from bot.core.messages import Language, Teller
from bot.usecases.dashboard import Dashboard
from bot.usecases.health import Telegram
from bot.usecases.product import Product

log = logging.getLogger(__name__)

CONCURRENT = 16
"""Updates handled at once: enough to hide a slow Bot API, few enough that a burst does not collapse."""

RETRIES = 3
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
DEAF_SECONDS = 35.0
"""The library tries again after 30 seconds at most: when that long nothing failed, it hears."""


class TelegramEdge:
    """Runs the conversation on Telegram, by polling or by webhook."""

    def __init__(self, token: str, api_base: str, product: Product, public_url: str | None, site: str, draw: Draw, chats: dict[str, int]) -> None:
        """`site` is where links to the web pages lead; `public_url` is the same, or None when only this machine can open it."""
        builder = ApplicationBuilder().token(token).base_url(f"{api_base}/bot").base_file_url(f"{api_base}/file/bot")
        self._watch = product.watch
        self._deliveries = Deliveries(token, product.journal, product.clock, product.watch)
        queue = Narrow(CONCURRENT)
        self._polled = Polled(self._deliveries, CONCURRENT, queue, product.watch)
        builder.update_queue(queue).concurrent_updates(self._polled).connect_timeout(10).read_timeout(20).write_timeout(20).pool_timeout(
            10
        ).get_updates_read_timeout(40)
        # No pace of our own over all chats: answers go to those who ask, and Telegram says itself (429) when they are too many.
        builder.rate_limiter(AIORateLimiter(overall_max_rate=0, max_retries=RETRIES))
        self.application: TelegramApplication = builder.build()
        self._library = product.library
        self._task: asyncio.Task[None] | None = None
        self.is_up = False
        self._deaf_at = float("-inf")
        self._reports = Reports(product.review, product.digest, product.library, draw, chats, site)
        register(self.application, product, self._reports, self._deliveries, public_url, site)
        self.application.add_error_handler(self._on_error)

    def state(self) -> Telegram:
        """How it stands with Telegram right now."""
        if not self.is_up:
            return "starting"
        if self.application.updater is None or not self.application.updater.running:
            return "webhook"
        return "deaf" if time.monotonic() - self._deaf_at < DEAF_SECONDS else "polling"

    @property
    def name(self) -> str | None:
        """The bot's name in Telegram; None until Telegram has told it."""
        return self.application.bot.username if self.is_up else None

    def start(self, webhook_url: str | None, secret: str | None) -> None:
        """Begins in the background: Telegram being away must not keep the web page from answering."""
        self._task = asyncio.create_task(self._come_up(webhook_url, secret), name="telegram")

    async def stop(self) -> None:
        """Lets the updates in hand finish, then closes."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self.application.updater is not None and self.application.updater.running:
            await self.application.updater.stop()
        await self._polled.shutdown()
        if self.application.running:
            await self.application.stop()
        await self.application.shutdown()

    async def deliver(self, key: str, text: str, board: Dashboard) -> None:
        """Sends the Monday digest to one person."""
        await self._reports.deliver(self.application.bot, key, text, board)

    async def handle(self, update: dict[str, object]) -> bool:
        """Handles one update from the webhook; False when Telegram must send it again."""
        try:
            parsed = Update.de_json(update, self.application.bot)
            numbers = (parsed.update_id, *(one.id for one in (parsed.effective_chat, parsed.effective_user) if one))
            if not all(isinstance(number, int) for number in numbers):
                raise TypeError("what should be a number is none")  # noqa: TRY301 - it is one more unknown shape
        except Exception as error:  # noqa: BLE001 - the library believes whatever it is sent, and stumbles in many ways
            self._watch.updates.labels("unreadable").inc()
            log.warning("an update of an unknown shape was left aside (%s)", type(error).__name__)
            return True
        if not self.application.running:
            return False
        result = await self._deliveries.handle(parsed, self.application.process_update(parsed), alone=False)
        return result in ("handled", "duplicate")

    async def _come_up(self, webhook_url: str | None, secret: str | None) -> None:
        wait = FIRST_WAIT
        while True:
            try:
                await self.application.initialize()
                if not self.application.running:
                    await self.application.start()
                await self._receive(webhook_url, secret)
            except Exception as error:  # noqa: BLE001 - whatever it was, staying silent for good would be worse than trying again
                self._watch.faults.labels("telegram-start").inc()
                log.warning("telegram not reachable (%s); next try in %.0f s", type(error).__name__, wait)
                await asyncio.sleep(wait)
                wait = min(2 * wait, LONGEST_WAIT)
            else:
                break
        self.is_up = True
        log.info("telegram is up (%s)", "webhook" if webhook_url else "polling")
        await self._introduce()

    async def _receive(self, webhook_url: str | None, secret: str | None) -> None:
        bot, updater = self.application.bot, self.application.updater
        if webhook_url:
            await bot.set_webhook(webhook_url, allowed_updates=UPDATES, secret_token=secret, max_connections=CONCURRENT)
            return
        assert updater is not None  # the builder makes one unless told otherwise
        await bot.delete_webhook()
        if not updater.running:
            await updater.start_polling(allowed_updates=UPDATES, bootstrap_retries=5, error_callback=self._on_polling_fault)

    async def _introduce(self) -> None:
        """Tells Telegram the commands and the profile, in both languages. Cosmetic, so a refusal is only noted."""
        bot, rulebook = self.application.bot, self._library.shelf.rulebook
        try:
            languages: tuple[tuple[Language, str | None], ...] = (("id", None), ("en", "en"))
            for language, code in languages:
                tell = Teller(rulebook, language)
                await bot.set_my_commands(menu(rulebook, tell.language), language_code=code)
                await bot.set_my_description(tell("profil")[:512], language_code=code)
                await bot.set_my_short_description(tell("profil-singkat")[:120], language_code=code)
        except TelegramError as error:
            log.warning("profile not updated: %s", type(error).__name__)

    async def _on_error(self, update: object, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Every fault of a handler ends here: a sentence for the user, type and place for the operator, nothing else."""
        error = context.error
        if isinstance(error, BadRequest) and is_expected(error):
            return
        if isinstance(error, Forbidden):
            log.info("a chat has blocked the bot")
            return
        if isinstance(update, Update) and self._deliveries.failed(update, error):
            self._watch.faults.labels("not-sent").inc()
            log.warning("bot api not well (%s): the update is tried again", type(error).__name__)
            return
        self._watch.faults.labels("handler").inc()
        code = secrets.token_hex(3)
        place = traceback.extract_tb(error.__traceback__)[-1] if error and error.__traceback__ else None
        where = f"{place.name}:{place.lineno}" if place else "?"
        log.error("fault %s: %s at %s", code, type(error).__name__, where)
        if isinstance(error, NetworkError) or not isinstance(update, Update) or update.effective_chat is None:
            return
        try:
            await send(context.bot, update.effective_chat.id, Teller(self._library.shelf.rulebook, "id")("gagal", kode=code))
        except TelegramError as second:
            log.warning("fault %s: the user could not be told (%s)", code, type(second).__name__)

    def _on_polling_fault(self, error: TelegramError) -> None:
        self._deaf_at = time.monotonic()
        if isinstance(error, Conflict):
            self._watch.faults.labels("two-pollers").inc()
            log.error("another program polls with the same token: stop one of the two")
        else:
            self._watch.faults.labels("polling").inc()
            log.warning("polling interrupted: %s", type(error).__name__)
