"""Short-lived courtesies no answer depends on, in memory only: pace, order, and which answer belongs to which message.

Chat numbers are keys here and nowhere else; nothing of this is written, logged or handed to a use case.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterable
from datetime import datetime
from typing import Any, Generic, TypeVar

from telegram import Update
from telegram.ext import ContextTypes

from bot.chat.flood import FloodGate
from bot.chat.sending import send
from bot.core.messages import Language, Teller
from bot.usecases.library import Library
from bot.usecases.ports import Row

Context = ContextTypes.DEFAULT_TYPE
Handler = Callable[[Update, Context], Coroutine[Any, Any, None]]
K = TypeVar("K")
V = TypeVar("V")

REMEMBERED = 2_000


class Memory(Generic[K, V]):
    """A dictionary that forgets its oldest entries."""

    def __init__(self, size: int = REMEMBERED) -> None:
        self._kept: OrderedDict[K, V] = OrderedDict()
        self._size = size

    def get(self, key: K) -> V | None:
        return self._kept.get(key)

    def put(self, key: K, value: V) -> None:
        self._kept[key] = value
        self._kept.move_to_end(key)
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)


class Courtesies:
    """One per running bot."""

    def __init__(self, library: Library) -> None:
        self.answers: Memory[tuple[int, int], int] = Memory()
        """(chat, question) → our answer: an edited question edits its answer."""
        self.last_rows: Memory[int, tuple[str, ...]] = Memory()
        """chat → random tokens of the rows its last message left, for /privasi."""
        self._asked: Memory[tuple[int, str], datetime] = Memory()
        self._library = library
        self._gate = FloodGate()
        self._admitted: Memory[int, bool] = Memory()
        self._turns: Memory[int, asyncio.Lock] = Memory()

    def repeats(self, chat: int, rows: Iterable[Row]) -> frozenset[str]:
        """Tokens of the rows that ask what this chat asked before in the same hour: the same rule, or the same text."""
        again = set()
        for row in rows:
            keys = [(chat, key) for key in (row.question, f"/{row.rule}" if row.rule else "") if key]
            if any(self._asked.get(key) == row.hour for key in keys):
                again.add(row.token)
            for key in keys:
                self._asked.put(key, row.hour)
        return frozenset(again)

    def guard(self, handler: Handler) -> Handler:
        """The handler, one message of a chat at a time and no faster than a person types."""

        async def guarded(update: Update, context: Context) -> None:
            message = update.effective_message
            if message is None:
                return
            # What was let through once and comes again, because its answer could not be sent, does not pay a second time.
            admitted = "yes" if self._admitted.get(update.update_id) else self._gate.admit(message.chat_id)
            if admitted == "warn":
                await send(context.bot, message.chat_id, Teller(self._library.shelf.rulebook, language_of_user(update))("pelan"))
            if admitted != "yes":
                return
            self._admitted.put(update.update_id, value=True)
            turn = self._turns.get(message.chat_id) or asyncio.Lock()
            self._turns.put(message.chat_id, turn)
            async with turn:
                await handler(update, context)

        return guarded


def language_of_user(update: Update) -> Language:
    """English for people whose Telegram is in English, Indonesian for all others and for nobody."""
    user = update.effective_user
    return "en" if user and (user.language_code or "").startswith("en") else "id"
