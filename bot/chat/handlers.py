"""The one list of what the bot reacts to, in order, and the reason for the order."""

from telegram.ext import Application, CallbackQueryHandler, CommandHandler, InlineQueryHandler, MessageHandler, filters

from bot.chat.buttons import Buttons
from bot.chat.commands import Commands
from bot.chat.courtesy import Courtesies
from bot.chat.questions import Questions
from bot.usecases.ask import Asking
from bot.usecases.library import Library
from bot.usecases.ports import Clock

UPDATES = ("message", "edited_message", "callback_query", "inline_query")
"""The only kinds of update we ask Telegram for."""


def register(application: Application, asking: Asking, library: Library, clock: Clock) -> None:  # type: ignore[type-arg]  # six variables that say nothing
    """Adds every handler. The first that fits wins, so the narrow ones come first."""
    courtesies = Courtesies(library)
    commands = Commands(asking, library, clock, courtesies)
    questions = Questions(asking, library, courtesies)
    buttons = Buttons(asking, library, clock)
    new, edited = filters.UpdateType.MESSAGE, filters.UpdateType.EDITED_MESSAGE
    typed = filters.ChatType.PRIVATE & filters.TEXT & ~filters.FORWARDED & ~filters.COMMAND
    add, guard = application.add_handler, courtesies.guard

    add(CommandHandler("start", guard(commands.on_start), new))
    add(CommandHandler("topik", guard(commands.on_topics), new))
    add(CommandHandler("tanya", guard(questions.on_ask_command), new))
    add(CommandHandler(["bantuan", "help"], guard(commands.says("bantuan")), new))
    add(CommandHandler(["privasi", "privacy"], guard(commands.on_privacy), new))
    add(CommandHandler("sumber", guard(commands.on_sources), new))
    add(CommandHandler("kontak", guard(commands.says("kontak")), new))
    add(CallbackQueryHandler(buttons.on_tap))
    add(InlineQueryHandler(questions.on_inline))
    add(MessageHandler(typed & new, guard(questions.on_question)))
    add(MessageHandler(typed & edited, guard(questions.on_edited)))
    # In groups only a reply to one of our messages is meant for us; anything else is other people's talk.
    add(MessageHandler(filters.ChatType.GROUPS & filters.TEXT & filters.REPLY & ~filters.COMMAND & new, guard(questions.on_group_reply)))
    # Last: what is left in private (photos, voice, stickers, forwarded texts, unknown commands) gets a kind word.
    add(MessageHandler(filters.ChatType.PRIVATE & new, guard(commands.says("teks-saja"))))
