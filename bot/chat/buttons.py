"""Pressed buttons. What a button means is in its data, so any process can serve it and an old one still works or says so."""

import html
from typing import Literal

from telegram import Chat, InlineKeyboardMarkup, Message, Update
from telegram.error import BadRequest

from bot.chat import render, taps
from bot.chat.courtesy import Context, language_of_user
from bot.chat.sending import edit, is_expected
from bot.chat.taps import Tap
from bot.core.answer import Card
from bot.core.messages import Teller
from bot.core.rulebook import Rulebook
from bot.core.sections import Block, section
from bot.usecases.ask import Asking
from bot.usecases.library import Library
from bot.usecases.ports import Clock, Feedback

VALUES: dict[str, Feedback] = {
    taps.LIKE: "suka",
    taps.DISLIKE: "tidak-suka",
    taps.WRONG: "salah",
    taps.UNCLEAR: "kurang-jelas",
    taps.OTHER_CASE: "beda-kasus",
}


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
        tell = Teller(self._rulebook, ("en" if tap.english else "id") if tap else language_of_user(update))
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

        async def show(text: str, buttons: InlineKeyboardMarkup) -> None:
            if message.chat.type != Chat.PRIVATE:
                text, buttons = render.for_group(text, buttons, tell, context.bot.username)
            await edit(context.bot, message.chat_id, message.message_id, text, buttons)

        match tap.action:
            case taps.TOPICS:
                await show(tell("topik-judul"), render.topics_buttons(self._rulebook, tell.language == "en"))
                return ""
            case taps.TOPIC:
                page = self._topic(tap, tell)
                if page:
                    await show(*page)
                return "" if page else tell("tombol-lama")
            case taps.NONE_OF_THESE:
                await self._asking.chose(tap.token, "bukan-semuanya")
                await show(tell("bukan-semuanya"), render.to_topics(tell))
                return ""
            case _:
                pass
        card = self._asking.card(tap.rule, tap.branch or None, tell.language)
        if card is None:
            return tell("tombol-lama")
        match tap.action:
            case taps.CARD | taps.OPTION:
                if tap.action == taps.OPTION:
                    await self._asking.chose(tap.token, f"{tap.rule} {tap.branch}".strip())
                await show(render.card_html(card), render.card_buttons(card, tell, tap.token))
                return ""
            case action if action in render.SECTION_TAPS:
                await show(render.section_html(card, self._section(card, action)), render.section_buttons(card, tell, tap.token))
                return ""
            case action if action in VALUES:
                kept = await self._asking.feedback(tap.token, VALUES[action])
                more: Literal["why", "done"] = "why" if action == taps.DISLIKE else "done"
                await show(render.card_html(card), render.card_buttons(card, tell, tap.token, feedback=more))
                return tell("masukan-hilang" if not kept else "alasan" if more == "why" else "terima-kasih")
            case _:
                return tell("tombol-lama")

    def _section(self, card: Card, action: str) -> tuple[Block, ...]:
        rule = self._rulebook.rules[card.rule]
        branch = rule.branch(card.branch) if card.branch else None
        return section(self._rulebook, rule, self._clock().date(), render.SECTION_TAPS[action], branch=branch, language=card.language)

    def _topic(self, tap: Tap, tell: Teller) -> tuple[str, InlineKeyboardMarkup] | None:
        """One page of a topic; None when there is no such page."""
        topic = self._rulebook.topics.get(tap.rule)
        rules = [rule for rule in self._rulebook.in_topic(tap.rule) if rule.version_on(self._clock().date())]
        page = int(tap.branch) if tap.branch.isdecimal() else 0
        pages = -(-len(rules) // render.PER_PAGE)
        if topic is None or page >= pages:
            return None
        name = html.escape(topic.name_english if tell.language == "en" else topic.name)
        return tell("topik-isi", topik=name, halaman=page + 1, jumlah=pages), render.topic_buttons(rules, tap.rule, page, tell)

    @property
    def _rulebook(self) -> Rulebook:
        return self._library.shelf.rulebook
