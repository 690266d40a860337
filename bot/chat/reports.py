"""/laporan: the last weeks in words and one picture, and the Monday digest for those who ask for it."""

import html
import io
import logging
from collections.abc import Awaitable, Callable

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, InputFile, Update
from telegram.error import TelegramError

from bot.chat.courtesy import Context
from bot.chat.sending import send
from bot.core.messages import Teller
from bot.usecases.access import Member
from bot.usecases.charts import picture
from bot.usecases.dashboard import Dashboard
from bot.usecases.digest import Digest, digest_text
from bot.usecases.library import Library
from bot.usecases.review import Review

log = logging.getLogger(__name__)

WEEKS = {"": 4, "1": 1, "4": 4, "13": 13, "26": 26}
ON, OFF = "senin", "berhenti"
Draw = Callable[..., Awaitable[bytes]]


class Reports:
    """Every method but `deliver` is given a member, whose role was looked up for this very call."""

    def __init__(self, review: Review, digest: Digest, library: Library, draw: Draw, chats: dict[str, int], site: str) -> None:
        """`chats` are the private chats of those named in the environment, by key: nobody else's is known between messages."""
        self._review = review
        self._digest = digest
        self._library = library
        self._draw = draw
        self._chats = chats
        self._site = site

    async def report(self, update: Update, context: Context, member: Member) -> None:
        """/laporan [minggu] | senin | berhenti"""
        message = update.message
        if message is None:
            return
        tell = Teller(self._library.shelf.rulebook, "id")
        wanted = " ".join(context.args or ()).lower()
        if wanted in (ON, OFF):
            await send(context.bot, message.chat_id, tell(await self._subscribe(member, wanted)))
            return
        board = await self._review.dashboard(WEEKS[wanted]) if wanted in WEEKS else None
        if board is None:
            await send(context.bot, message.chat_id, tell("laporan-kosong" if wanted in WEEKS else "laporan-cara"))
            return
        await self._show(context.bot, message.chat_id, digest_text(board, tell), board, tell)

    async def deliver(self, bot: Bot, key: str, text: str, board: Dashboard) -> None:
        """Sends the digest to the person with that key; one who cannot be reached is noted and passed over."""
        chat = self._chats.get(key)
        if chat is None:
            return
        try:
            await self._show(bot, chat, text, board, Teller(self._library.shelf.rulebook, "id"))
        except TelegramError as error:
            log.warning("a digest was not delivered: %s", type(error).__name__)

    async def _subscribe(self, member: Member, wanted: str) -> str:
        if wanted == OFF:
            await self._digest.subscriptions.remove(member.key)
            return "laporan-berhenti"
        if member.key not in self._chats:
            return "laporan-senin-tidak-bisa"
        await self._digest.subscriptions.add(member.key)
        return "laporan-senin"

    async def _show(self, bot: Bot, chat: int, text: str, board: Dashboard, tell: Teller) -> None:
        title = tell("laporan-judul", mulai=board.period.first, sampai=board.period.end)
        try:
            drawn = await self._draw(picture, board, title)
            await bot.send_photo(chat, InputFile(io.BytesIO(drawn), "laporan.png"), caption=title)
        except Exception as error:  # noqa: BLE001 - whatever became of the picture, the words must come
            log.warning("a report went without its picture: %s", type(error).__name__)
        more = InlineKeyboardMarkup([[InlineKeyboardButton(tell("tombol-buka-web"), url=f"{self._site}/tinjau")]])
        await send(bot, chat, html.escape(text), more)
