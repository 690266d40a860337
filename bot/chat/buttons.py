"""Pressed buttons. What a button means is in its data, so any process can serve it and an old one still works or says so."""

import html
import logging

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message, Update
from telegram.error import BadRequest

from bot.chat import render, taps
from bot.chat.courtesy import Context, language_of_user
from bot.chat.sending import edit, is_expected
from bot.chat.taps import Tap
from bot.core.answer import Teller, section
from bot.core.messages import Language
from bot.core.rulebook import Rulebook
from bot.usecases.ask import Asking
from bot.usecases.library import Library
from bot.usecases.ports import Clock, Feedback

log = logging.getLogger(__name__)

REASONS: dict[str, Feedback] = {taps.WRONG: "salah", taps.UNCLEAR: "kurang-jelas", taps.OTHER_CASE: "beda-kasus"}


class Buttons:
    """The one handler for taps."""

    def __init__(self, asking: Asking, library: Library, clock: Clock) -> None:
        self._asking = asking
        self._library = library
        self._clock = clock

    async def on_tap(self, update: Update, context: Context) -> None:
        query = update.callback_query
        if query is None:
            return
        tap = Tap.parse(query.data or "")
        message = query.message if isinstance(query.message, Message) else None
        language = _language_of(message, update)
        tell = Teller(self._rulebook, language)
        toast = ""
        try:
            if tap is None or message is None:
                toast = tell("tombol-lama")
            else:
                toast = await self._tapped(tap, message, context, tell)
        finally:
            try:
                await query.answer(toast[:200] or None)
            except BadRequest as error:
                if not is_expected(error):
                    raise

    async def _tapped(self, tap: Tap, message: Message, context: Context, tell: Teller) -> str:
        """Does what a button says; returns the words of the toast, or nothing."""
        chat, number, bot = message.chat_id, message.message_id, context.bot
        match tap.action:
            case taps.TOPICS:
                await edit(bot, chat, number, tell("topik-judul"), render.topics_buttons(self._rulebook, tell.language == "en"))
                return ""
            case taps.TOPIC:
                return await self._show_topic(tap, message, context, tell)
            case taps.NONE_OF_THESE:
                await self._note(tap.token, "bukan-semuanya")
                rows = [[InlineKeyboardButton(tell("tombol-topik"), callback_data=Tap(taps.TOPICS).data())]]
                await edit(bot, chat, number, tell("bukan-semuanya"), InlineKeyboardMarkup(rows))
                return ""
            case _:
                pass
        card = self._asking.card(tap.rule, tap.branch or None, tell.language)
        if card is None:
            return tell("tombol-lama")
        if tap.action in render.SECTION_TAPS:
            rule = self._rulebook.rules[card.rule]
            branch = rule.branch(card.branch) if card.branch else None
            blocks = section(self._rulebook, rule, self._clock().date(), render.SECTION_TAPS[tap.action], branch=branch, language=tell.language)
            await edit(bot, chat, number, render.section_html(card, blocks), render.section_buttons(card, tell, tap.token))
            return ""
        match tap.action:
            case taps.CARD | taps.OPTION:
                if tap.action == taps.OPTION:
                    await self._note(tap.token, f"{tap.rule} {tap.branch}".strip())
                await edit(bot, chat, number, render.card_html(card), render.card_buttons(card, tell, tap.token))
                return ""
            case taps.LIKE:
                await self._judge(tap.token, "suka")
                await edit(bot, chat, number, render.card_html(card), render.card_buttons(card, tell, tap.token, feedback="done"))
                return tell("terima-kasih")
            case taps.DISLIKE:
                await self._judge(tap.token, "tidak-suka")
                await edit(bot, chat, number, render.card_html(card), render.card_buttons(card, tell, tap.token, feedback="why"))
                return tell("alasan")
            case taps.WRONG | taps.UNCLEAR | taps.OTHER_CASE:
                await self._judge(tap.token, REASONS[tap.action])
                await edit(bot, chat, number, render.card_html(card), render.card_buttons(card, tell, tap.token, feedback="done"))
                return tell("terima-kasih")
            case _:
                return tell("tombol-lama")

    async def _show_topic(self, tap: Tap, message: Message, context: Context, tell: Teller) -> str:
        topic = self._rulebook.topics.get(tap.rule)
        rules = [rule for rule in self._rulebook.in_topic(tap.rule) if rule.version_on(self._clock().date())]
        page = int(tap.branch) if tap.branch.isdecimal() else 0
        pages = -(-len(rules) // render.PER_PAGE)
        if topic is None or page >= pages:
            return tell("tombol-lama")
        name = html.escape(topic.name_english if tell.language == "en" else topic.name)
        text = tell("topik-isi", topik=name, halaman=page + 1, jumlah=pages)
        await edit(context.bot, message.chat_id, message.message_id, text, render.topic_buttons(rules, tap.rule, page, tell))
        return ""

    async def _judge(self, token: str, value: Feedback) -> None:
        try:
            await self._asking.feedback(token, value)
        except Exception as error:  # noqa: BLE001 - a log that is down must not cost the user the button
            log.error("feedback lost: %s", type(error).__name__)

    async def _note(self, token: str, choice: str) -> None:
        try:
            await self._asking.chose(token, choice)
        except Exception as error:  # noqa: BLE001 - a log that is down must not cost the user the button
            log.error("choice lost: %s", type(error).__name__)

    @property
    def _rulebook(self) -> Rulebook:
        return self._library.shelf.rulebook


def _language_of(message: Message | None, update: Update) -> Language:
    """The language the tapped card is written in; the user's own when it is no card."""
    words = (message.text or "") if message else ""
    return "en" if "Code " in words else "id" if "Kode " in words else language_of_user(update)
