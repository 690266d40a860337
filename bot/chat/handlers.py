"""The one list of what the bot reacts to, in order, and the reason for the order."""

from telegram import Chat, Message
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, InlineQueryHandler, MessageHandler, filters

from bot.chat import taps
from bot.chat.buttons import Buttons
from bot.chat.commands import Commands
from bot.chat.courtesy import Courtesies
from bot.chat.questions import Questions
from bot.chat.selfcheck import SelfCheck
from bot.usecases.ask import Asking
from bot.usecases.library import Library
from bot.usecases.ports import Clock
from bot.usecases.receipts import Receipts

UPDATES = ("message", "edited_message", "callback_query", "inline_query")
"""The only kinds of update we ask Telegram for."""


class ReplyToUs(filters.MessageFilter):
    """A reply to one of the bot's own messages."""

    def filter(self, message: Message) -> bool:
        answered = message.reply_to_message
        return bool(answered and answered.from_user and answered.from_user.id == message.get_bot().id)


class Addressed(filters.MessageFilter):
    """A command that is meant for us: any in private, only `/command@our_name` in groups."""

    def filter(self, message: Message) -> bool:
        return message.chat.type == Chat.PRIVATE or f"@{message.get_bot().username}".lower() in (message.text or "").split()[0].lower()


def register(application: Application, asking: Asking, receipts: Receipts, library: Library, clock: Clock, public_url: str | None) -> None:  # type: ignore[type-arg]  # six variables that say nothing
    """Adds every handler. The first that fits wins, so the narrow ones come first."""
    courtesies = Courtesies(library)
    commands = Commands(asking, receipts, library, clock, courtesies)
    questions = Questions(asking, library, courtesies)
    buttons = Buttons(asking, library, clock)
    check = SelfCheck(library, clock, public_url)
    new, edited = filters.UpdateType.MESSAGE, filters.UpdateType.EDITED_MESSAGE
    typed = filters.ChatType.PRIVATE & filters.TEXT & ~filters.FORWARDED & ~filters.COMMAND
    add, guard, ours = application.add_handler, courtesies.guard, Addressed()

    add(CommandHandler("start", guard(commands.on_start), new & ours))
    add(CommandHandler("topik", guard(commands.on_topics), new & ours))
    add(CommandHandler("tanya", guard(questions.on_ask_command), (new | edited) & ours))
    add(CommandHandler(["bantuan", "help"], guard(commands.says("bantuan")), new & ours))
    add(CommandHandler(["privasi", "privacy"], guard(commands.on_privacy), new & ours))
    add(CommandHandler("sumber", guard(commands.on_sources), new & ours))
    add(CommandHandler("cek", guard(check.on_command), new & ours, has_args=False))
    add(CommandHandler("cek", guard(commands.on_receipt), new & ours))
    add(CommandHandler("kontak", guard(commands.says("kontak")), new & ours))
    add(CallbackQueryHandler(check.on_tap, pattern=f"^{taps.SELF_CHECK}:"))
    add(CallbackQueryHandler(buttons.on_tap))
    add(InlineQueryHandler(questions.on_inline))
    add(MessageHandler(typed & new, guard(questions.on_question)))
    add(MessageHandler(typed & edited, guard(questions.on_edited)))
    # In groups only a reply to one of our messages is meant for us; anything else is other people's talk.
    add(MessageHandler(filters.ChatType.GROUPS & filters.TEXT & ~filters.COMMAND & new & ReplyToUs(), guard(questions.on_group_reply)))
    # Last: what is left in private gets a kind word; what Telegram itself says (pinned, joined …) gets none.
    add(MessageHandler(filters.ChatType.PRIVATE & filters.COMMAND & new, guard(commands.says("perintah-asing"))))
    add(MessageHandler(filters.ChatType.PRIVATE & filters.FORWARDED & new, guard(commands.says("terusan"))))
    add(MessageHandler(filters.ChatType.PRIVATE & ~filters.StatusUpdate.ALL & new, guard(commands.says("teks-saja"))))
