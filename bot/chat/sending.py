"""Messages out to Telegram, through its faults: a refused form is sent once more as plain text, expected refusals pass."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from html import unescape
from typing import TypeVar

import httpx
from telegram import Bot, InlineKeyboardMarkup, LinkPreviewOptions, Message, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden, NetworkError, TimedOut

T = TypeVar("T")
WAITS = (0.5, 2.0)
"""Seconds before the second and the third try."""

log = logging.getLogger(__name__)

_TAG = re.compile(r"<[^>]+>")
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
EXPECTED = ("message is not modified", "query is too old", "query id is invalid", "message to edit not found", "message can't be edited")
"""Telegram's words for faults that leave the user with what they wanted, or with nothing to be done."""


async def send(bot: Bot, chat: int, html: str, buttons: InlineKeyboardMarkup | None = None, reply_to: int | None = None) -> Message | None:
    """Sends a message; None when the user has blocked the bot."""
    quote = ReplyParameters(reply_to, allow_sending_without_reply=True) if reply_to else None

    async def attempt(text: str, mode: str | None) -> Message:
        return await bot.send_message(chat, text, mode, reply_markup=buttons, reply_parameters=quote, link_preview_options=_NO_PREVIEW)

    try:
        try:
            return await _again(lambda: attempt(html, ParseMode.HTML))
        except BadRequest as error:
            if not _is_parse_fault(error):
                raise
            log.warning("telegram refused the form of a message; sent as plain text")
            return await _again(lambda: attempt(plain(html), None))
    except Forbidden:
        log.info("a chat has blocked the bot")
        return None


async def edit(bot: Bot, chat: int, message: int, html: str, buttons: InlineKeyboardMarkup | None = None) -> bool:
    """Edits a message in place; False when it is gone or cannot be edited any more."""

    async def attempt(text: str, mode: str | None) -> Message | bool:
        return await bot.edit_message_text(text, chat, message, parse_mode=mode, reply_markup=buttons, link_preview_options=_NO_PREVIEW)

    try:
        try:
            await _again(lambda: attempt(html, ParseMode.HTML))
        except BadRequest as error:
            if not _is_parse_fault(error):
                raise
            log.warning("telegram refused the form of a message; edited as plain text")
            await _again(lambda: attempt(plain(html), None))
    except BadRequest as error:
        if not is_expected(error):
            raise
        return "not modified" in str(error).lower()
    except Forbidden:
        return False
    return True


async def _again(attempt: Callable[[], Awaitable[T]]) -> T:
    """Tries once more, twice, when the Bot API was not well. A time-out is not tried again: the message may have arrived."""
    for wait in WAITS:
        try:
            return await attempt()
        except NetworkError as error:
            if isinstance(error, BadRequest) or may_have_arrived(error):
                raise
            log.warning("bot api not well (%s); trying again", type(error).__name__)
            await asyncio.sleep(wait)
    return await attempt()


def may_have_arrived(error: Exception) -> bool:
    """True for a time-out after which the message may be there. One for want of a connection has sent nothing."""
    return isinstance(error, TimedOut) and not isinstance(error.__cause__, (httpx.ConnectTimeout, httpx.PoolTimeout))


def plain(html: str) -> str:
    """Our own HTML without its tags."""
    return unescape(_TAG.sub("", html))


def is_expected(error: BadRequest) -> bool:
    """True for the refusals that double taps, old buttons and deleted messages bring."""
    words = str(error).lower()
    return any(expected in words for expected in EXPECTED)


def _is_parse_fault(error: BadRequest) -> bool:
    return "can't parse entities" in str(error).lower()
