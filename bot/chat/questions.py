"""Questions in Telegram: private text, edits, replies to a card, groups, inline. Translates to the use case and back."""

import html

from telegram import (
    Chat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputTextMessageContent,
    LinkPreviewOptions,
    Message,
    Update,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest

from bot.chat import render, taps
from bot.chat.courtesy import Context, Courtesies, language_of_user
from bot.chat.sending import edit, is_expected, send
from bot.chat.taps import Tap
from bot.core.answer import Teller, rule_code
from bot.core.rulebook import Rulebook
from bot.core.search import Found
from bot.usecases.ask import Asking, Reply
from bot.usecases.library import Library
from bot.usecases.ports import Channel


class Questions:
    """Handlers for everything that asks."""

    def __init__(self, asking: Asking, library: Library, courtesies: Courtesies) -> None:
        self._asking = asking
        self._library = library
        self._courtesies = courtesies

    async def on_question(self, update: Update, context: Context) -> None:
        message = update.message
        if message is None or not message.text:
            return
        reply = self._asking.ask(message.text, "telegram", about=self._card_replied_to(message, context))
        await self._answer(message, context, reply)

    async def on_edited(self, update: Update, context: Context) -> None:
        message = update.edited_message
        if message is None or not message.text:
            return
        reply = self._asking.ask(message.text, "telegram", about=self._card_replied_to(message, context))
        await self._answer(message, context, reply, self._courtesies.answers.get((message.chat_id, message.message_id)))

    async def on_group_reply(self, update: Update, context: Context) -> None:
        message = update.message
        ours = message.reply_to_message if message else None
        if message is None or not message.text or ours is None or ours.from_user is None or ours.from_user.id != context.bot.id:
            return
        reply = self._asking.ask(message.text, "telegram-grup", about=self._card_replied_to(message, context))
        await self._answer(message, context, reply)

    async def on_ask_command(self, update: Update, context: Context) -> None:
        message = update.message
        if message is None:
            return
        question = " ".join(context.args or ())
        if not question:
            await send(context.bot, message.chat_id, Teller(self._rulebook, language_of_user(update))("tanya-kosong"))
            return
        channel: Channel = "telegram" if message.chat.type == Chat.PRIVATE else "telegram-grup"
        await self._answer(message, context, self._asking.ask(question, channel, about=self._card_replied_to(message, context)))

    async def _answer(self, message: Message, context: Context, reply: Reply, answered: int | None = None) -> None:
        """Sends the answer, or edits the one that was sent before; then writes the anonymous row."""
        tell = Teller(self._rulebook, reply.language)
        in_group = message.chat.type != Chat.PRIVATE
        text, buttons = self._shown(reply, tell, in_group, context.bot.username)
        sent = None
        if answered is None or not await edit(context.bot, message.chat_id, answered, text, buttons):
            # In a group the asker is not quoted: the answer is for everyone who reads it.
            sent = await send(context.bot, message.chat_id, text, buttons, None if in_group else message.message_id)
        if not in_group:
            self._courtesies.last_rows.put(message.chat_id, reply.parts[0].row.token)
            if sent is not None:
                self._courtesies.answers.put((message.chat_id, message.message_id), sent.message_id)
        await self._asking.record(reply)

    def _shown(self, reply: Reply, tell: Teller, in_group: bool, username: str) -> tuple[str, InlineKeyboardMarkup | None]:
        notes = ([tell("tersamar")] if reply.had_identifier else []) + ([tell("grup")] if in_group else [])
        buttons: InlineKeyboardMarkup | None
        if len(reply.parts) > 1:
            text, buttons = render.parts_html(reply.parts, tell), render.parts_buttons(reply.parts)
        else:
            part = reply.parts[0]
            if part.card:
                runner_up = part.result.runner_up if isinstance(part.result, Found) else None
                text = render.card_html(part.card)
                buttons = render.card_buttons(part.card, tell, part.row.token, self._rulebook.rules.get(runner_up) if runner_up else None)
            elif part.options:
                text, buttons = html.escape(tell("maksud-anda")), render.option_buttons(part.options, tell, part.row.token)
            else:
                text = html.escape(part.reply)
                buttons = InlineKeyboardMarkup([[InlineKeyboardButton(tell("tombol-topik"), callback_data=Tap(taps.TOPICS).data())]])
        if in_group:
            link = InlineKeyboardButton(tell("tombol-pribadi"), url=f"https://t.me/{username}?start=grup")
            buttons = InlineKeyboardMarkup([*(buttons.inline_keyboard if buttons else ()), (link,)])
        return "\n\n".join([text, *(html.escape(note) for note in notes)]), buttons

    def _card_replied_to(self, message: Message, context: Context) -> str | None:
        """The rule of the card a message replies to, read from the card itself: its buttons, else its receipt code."""
        card = message.reply_to_message
        if card is None or card.from_user is None or card.from_user.id != context.bot.id:
            return None
        for row in card.reply_markup.inline_keyboard if card.reply_markup else ():
            for button in row:
                tap = Tap.parse(str(button.callback_data or ""))
                if tap and tap.action in render.SECTION_TAPS and self._rulebook.resolve(tap.rule):
                    return tap.rule
        words = (card.text or "").replace("-", " ").split()
        codes = {rule_code(rule.id): rule.id for rule in self._rulebook.rules.values()}
        return next((codes[word] for word in reversed(words) if word in codes), None)

    async def on_inline(self, update: Update, context: Context) -> None:
        query = update.inline_query
        if query is None or len(query.query.strip()) < 4:
            return
        # Asked at every key stroke, so it is not logged: it would count one question many times.
        reply = self._asking.ask(query.query, "telegram")
        tell = Teller(self._rulebook, reply.language)
        wanted = [(p.card.rule, p.card.branch) for p in reply.parts if p.card] + [(o.rule, o.branch) for p in reply.parts for o in p.options]
        results = []
        for number, (rule, branch) in enumerate(wanted[:5]):
            card = self._asking.card(rule, branch, reply.language)
            if card:
                content = InputTextMessageContent(render.card_html(card), ParseMode.HTML, link_preview_options=LinkPreviewOptions(is_disabled=True))
                title = tell("inline-judul", putusan=card.headline, judul=card.title)
                results.append(
                    InlineQueryResultArticle(f"{self._rulebook.version}-{number}", title, content, description=card.blocks[0].lines[0][:200])
                )
        try:
            await query.answer(results, cache_time=30, is_personal=False)
        except BadRequest as error:
            if not is_expected(error):
                raise

    @property
    def _rulebook(self) -> Rulebook:
        return self._library.shelf.rulebook
