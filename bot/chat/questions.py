"""Questions in Telegram: private text, edits, replies to a card, groups, inline. Translates to the use case and back."""

import html

from telegram import (
    Chat,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputTextMessageContent,
    LinkPreviewOptions,
    Message,
    Update,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest

from bot.chat import render
from bot.chat.courtesy import Context, Courtesies, language_of_user
from bot.chat.deliveries import Deliveries
from bot.chat.sending import edit, is_expected, send
from bot.chat.taps import Tap
from bot.core.answer import rule_code
from bot.core.messages import Teller
from bot.core.result import Found
from bot.core.rulebook import Rulebook
from bot.usecases.ask import Asking, Reply
from bot.usecases.library import Library
from bot.usecases.ports import Channel


class Questions:
    """Handlers for everything that asks."""

    def __init__(self, asking: Asking, library: Library, courtesies: Courtesies, deliveries: Deliveries) -> None:
        self._asking = asking
        self._library = library
        self._courtesies = courtesies
        self._deliveries = deliveries

    async def on_question(self, update: Update, context: Context) -> None:
        message = update.message
        if message is None or not message.text:
            return
        reply = self._asking.ask(message.text, "telegram", about=self._card_replied_to(message, context))
        await self._answer(update, message, context, reply)

    async def on_edited(self, update: Update, context: Context) -> None:
        message = update.edited_message
        if message is None or not message.text:
            return
        reply = self._asking.ask(message.text, "telegram", about=self._card_replied_to(message, context))
        await self._answer(update, message, context, reply, self._courtesies.answers.get((message.chat_id, message.message_id)))

    async def on_group_reply(self, update: Update, context: Context) -> None:
        message = update.message
        if message is None or not message.text:
            return
        reply = self._asking.ask(message.text, "telegram-grup", about=self._card_replied_to(message, context))
        await self._answer(update, message, context, reply)

    async def on_ask_command(self, update: Update, context: Context) -> None:
        message = update.effective_message
        if message is None or message.text is None:
            return
        question = (message.text.split(maxsplit=1)[1:] or [""])[0]  # not context.args, which would lose the lines of a list
        if not question:
            await send(context.bot, message.chat_id, Teller(self._rulebook, language_of_user(update))("tanya-kosong"))
            return
        channel: Channel = "telegram" if message.chat.type == Chat.PRIVATE else "telegram-grup"
        reply = self._asking.ask(question, channel, about=self._card_replied_to(message, context))
        await self._answer(update, message, context, reply, self._courtesies.answers.get((message.chat_id, message.message_id)))

    async def _answer(self, update: Update, message: Message, context: Context, reply: Reply, answered: int | None = None) -> None:
        """Sends the answer, or edits the one that was sent before; then writes the anonymous row."""
        tell = Teller(self._rulebook, reply.language)
        in_group = message.chat.type != Chat.PRIVATE
        text, buttons = self._shown(reply, tell)
        if in_group:
            text, buttons = render.for_group(text, buttons, tell, context.bot.username)
        sent, is_out = None, False
        try:
            if answered is None or not await edit(context.bot, message.chat_id, answered, text, buttons):
                # In a group the asker is not quoted: the answer is for everyone who reads it.
                sent = await send(context.bot, message.chat_id, text, buttons, None if in_group else message.message_id)
            is_out = True
        finally:
            # Asked is asked, also when Telegram could not take the answer.
            repeats = self._courtesies.repeats(message.chat_id, reply.rows)
            is_new = await self._asking.record(reply, repeats, self._deliveries.once(update, answered=is_out))
            if is_out and is_new:
                self._deliveries.closed(update)
        if sent is not None:
            self._courtesies.answers.put((message.chat_id, message.message_id), sent.message_id)
        if not in_group:
            self._courtesies.last_rows.put(message.chat_id, tuple(part.row.token for part in reply.parts))

    def _shown(self, reply: Reply, tell: Teller) -> tuple[str, InlineKeyboardMarkup]:
        if len(reply.parts) > 1:
            text = render.parts_html(reply.parts, tell, reply.unanswered)
            buttons = render.parts_buttons(reply.parts, english=tell.language == "en")
        else:
            part = reply.parts[0]
            if part.card:
                runner_up = part.result.runner_up if isinstance(part.result, Found) else None
                text = render.card_html(part.card)
                buttons = render.card_buttons(part.card, tell, part.row.token, self._rulebook.rules.get(runner_up) if runner_up else None)
            elif part.options:
                text, buttons = html.escape(tell("maksud-anda")), render.option_buttons(part.options, tell, part.row.token)
            else:
                text, buttons = html.escape(part.reply), render.to_topics(tell)
        if reply.had_identifier:
            text += f"\n\n{html.escape(tell('tersamar'))}"
        return text, buttons

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
        words = (card.text or "").replace("-", " ").replace("(", " ").split()
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
