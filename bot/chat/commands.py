"""The slash commands, and the menu that lists them."""

import html
from dataclasses import fields
from zoneinfo import ZoneInfo

from telegram import BotCommand, InlineKeyboardMarkup, Update

from bot.chat import render, taps
from bot.chat.courtesy import Context, Courtesies, Handler, language_of_user
from bot.chat.sending import send
from bot.core.messages import Language, Teller, long_day
from bot.core.rulebook import Rulebook
from bot.core.vocabulary import SourceStatus
from bot.usecases.ask import Asking
from bot.usecases.library import Library
from bot.usecases.ports import Clock, Row
from bot.usecases.receipts import Receipts

MENU = ("start", "topik", "tanya", "cek", "bantuan", "privasi", "sumber", "kontak")
MENU_ENGLISH = ("start", "topik", "tanya", "cek", "help", "privacy", "sumber", "kontak")
EXAMPLES = (
    "like-komentar-share",
    "hadir-kampanye-pasif",
    "foto-dengan-calon-hajatan",
    "suami-istri-calon-mendampingi",
    "mobil-dinas-kampanye",
    "dengar-visi-misi",
)
"""Six rules offered at /start: those people ask about most."""


class Commands:
    """Handlers for the commands."""

    def __init__(self, asking: Asking, receipts: Receipts, library: Library, clock: Clock, courtesies: Courtesies) -> None:
        self._asking = asking
        self._receipts = receipts
        self._library = library
        self._clock = clock
        self._courtesies = courtesies

    async def on_start(self, update: Update, context: Context) -> None:
        message = update.message
        if message is None:
            return
        language = language_of_user(update)
        payload = context.args[0] if context.args else ""
        card = self._asking.card(payload, language=language) if payload else None
        tell = Teller(self._rulebook, language)
        if card:
            await send(context.bot, message.chat_id, render.card_html(card), render.card_buttons(card, tell))
            return
        rules = [rule for rule in map(self._rulebook.resolve, EXAMPLES) if rule]
        names = [(rule.title_english if language == "en" else rule.title, rule.id) for rule in rules]
        rows = [[render.button(name, taps.CARD, rule_id, english=language == "en")] for name, rule_id in names]
        rows.append([render.button(tell("tombol-topik"), taps.TOPICS, english=language == "en")])
        await send(context.bot, message.chat_id, tell("mulai"), InlineKeyboardMarkup(rows))

    async def on_topics(self, update: Update, context: Context) -> None:
        if update.message is None:
            return
        language = language_of_user(update)
        tell = Teller(self._rulebook, language)
        await send(context.bot, update.message.chat_id, tell("topik-judul"), render.topics_buttons(self._rulebook, language == "en"))

    async def on_privacy(self, update: Update, context: Context) -> None:
        message = update.message
        if message is None:
            return
        tell = Teller(self._rulebook, language_of_user(update))
        rows = [await self._asking.row(token) for token in self._courtesies.last_rows.get(message.chat_id) or ()]
        shown = "\n\n".join(row_text(row, tell) for row in rows if row) or tell("privasi-kosong")
        await send(context.bot, message.chat_id, f"{tell('privasi')}\n<pre>{html.escape(shown)}</pre>")

    async def on_sources(self, update: Update, context: Context) -> None:
        message = update.message
        if message is None:
            return
        language = language_of_user(update)
        tell = Teller(self._rulebook, language)
        used = {cite.source for rule in self._rulebook.rules.values() for version in rule.versions.values() if version for cite in version.basis}
        rows = [source for source in self._rulebook.sources.values() if source.id in used and source.status is not SourceStatus.REPEALED]
        newest = max((source.as_of for source in rows), default=self._clock().date())
        lines = [tell("sumber-judul", tanggal=long_day(newest, language))]
        for source in rows:
            line = f"• {html.escape(source.number)}: {html.escape(source.title)}"
            if sum(len(line) + 1 for line in lines) + len(line) > render.MAX_TEXT:
                lines.append("…")
                break
            lines.append(line)
        await send(context.bot, message.chat_id, "\n".join(lines))

    async def on_receipt(self, update: Update, context: Context) -> None:
        message = update.message
        if message is None:
            return
        language = language_of_user(update)
        tell = Teller(self._rulebook, language)
        receipt = await self._receipts.look_up("".join(context.args or ()), language)
        if receipt is None:
            await send(context.bot, message.chat_id, tell("cek-tak-ada"))
            return
        note = tell("cek-kini" if receipt.is_current else "cek-dulu", tanggal=long_day(receipt.since, language))
        buttons = render.card_buttons(receipt.card, tell) if receipt.is_current else None
        await send(context.bot, message.chat_id, render.card_html(receipt.card, note), buttons)

    def says(self, key: str) -> Handler:
        """A handler that answers with one of the fixed texts."""

        async def handler(update: Update, context: Context) -> None:
            if update.message is not None:
                await send(context.bot, update.message.chat_id, Teller(self._rulebook, language_of_user(update))(key))

        return handler

    @property
    def _rulebook(self) -> Rulebook:
        return self._library.shelf.rulebook


def menu(rulebook: Rulebook, language: Language) -> list[BotCommand]:
    """The command menu in one language."""
    tell = Teller(rulebook, language)
    return [BotCommand(name, tell(f"perintah-{name}")) for name in (MENU_ENGLISH if language == "en" else MENU)]


def row_text(row: Row, tell: Teller) -> str:
    """A row of the log, in words: every column that holds something, but for the random token."""
    names = dict(pair.split("=", 1) for pair in tell("privasi-kolom").split(", "))
    values = {field.name: getattr(row, field.name) for field in fields(row) if field.name != "token"}
    values["hour"] = row.hour.astimezone(ZoneInfo("Asia/Jakarta")).strftime("%Y-%m-%d %H.00 WIB")
    return "\n".join(f"{names.get(name, name)}: {'✓' if value is True else value}" for name, value in values.items() if value)
