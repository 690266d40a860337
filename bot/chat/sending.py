"""Messages out to Telegram, through its faults: a refused form is sent once more as plain text, expected refusals pass."""

import logging
import re
from html import unescape

from telegram import Bot, InlineKeyboardMarkup, LinkPreviewOptions, Message, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden

log = logging.getLogger(__name__)

_TAG = re.compile(r"<[^>]+>")
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
EXPECTED = ("message is not modified", "query is too old", "query id is invalid", "message to edit not found", "message can't be edited")
"""Telegram's words for faults that leave the user with what they wanted, or with nothing to be done."""


async def send(bot: Bot, chat: int, html: str, buttons: InlineKeyboardMarkup | None = None, reply_to: int | None = None) -> Message | None:
    """Sends a message; None when the user has blocked the bot."""
    quote = ReplyParameters(reply_to, allow_sending_without_reply=True) if reply_to else None
    try:
        try:
            return await bot.send_message(
                chat, html, parse_mode=ParseMode.HTML, reply_markup=buttons, reply_parameters=quote, link_preview_options=_NO_PREVIEW
            )
        except BadRequest as error:
            if not _is_parse_fault(error):
                raise
            log.warning("telegram refused the form of a message; sent as plain text")
            return await bot.send_message(chat, plain(html), reply_markup=buttons, reply_parameters=quote, link_preview_options=_NO_PREVIEW)
    except Forbidden:
        log.info("a chat has blocked the bot")
        return None


async def edit(bot: Bot, chat: int, message: int, html: str, buttons: InlineKeyboardMarkup | None = None) -> bool:
    """Edits a message in place; False when it is gone or cannot be edited any more."""
    try:
        try:
            await bot.edit_message_text(html, chat, message, parse_mode=ParseMode.HTML, reply_markup=buttons, link_preview_options=_NO_PREVIEW)
        except BadRequest as error:
            if not _is_parse_fault(error):
                raise
            log.warning("telegram refused the form of a message; edited as plain text")
            await bot.edit_message_text(plain(html), chat, message, reply_markup=buttons, link_preview_options=_NO_PREVIEW)
    except BadRequest as error:
        if not is_expected(error):
            raise
        return "not modified" in str(error).lower()
    except Forbidden:
        return False
    return True


def plain(html: str) -> str:
    """Our own HTML without its tags."""
    return unescape(_TAG.sub("", html))


def is_expected(error: BadRequest) -> bool:
    """True for the refusals that double taps, old buttons and deleted messages bring."""
    words = str(error).lower()
    return any(expected in words for expected in EXPECTED)


def _is_parse_fault(error: BadRequest) -> bool:
    return "can't parse entities" in str(error).lower()
