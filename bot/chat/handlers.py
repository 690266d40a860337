"""The one list of what the bot reacts to, in order, and the reason for the order."""

from typing import Any, TypeAlias

from telegram import Chat, Message
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, InlineQueryHandler, MessageHandler, filters

from bot.chat import taps
from bot.chat.buttons import Buttons
from bot.chat.commands import Commands
from bot.chat.courtesy import Courtesies
from bot.chat.deliveries import Deliveries
from bot.chat.editors import REASON, Editors
from bot.chat.questions import Questions
from bot.chat.reports import Reports
from bot.chat.selfcheck import SelfCheck
from bot.chat.staff import INVITATION, Staff
from bot.usecases.product import Product

UPDATES = ("message", "edited_message", "callback_query", "inline_query")
"""The only kinds of update we ask Telegram for."""


TelegramApplication: TypeAlias = Application[Any, Any, Any, Any, Any, Any]
"""The library's own defaults for bot, context, three kinds of data and job queue: nothing here depends on them."""


class ReplyToUs(filters.MessageFilter):
    """A reply to one of the bot's own messages."""

    def filter(self, message: Message) -> bool:
        answered = message.reply_to_message
        return bool(answered and answered.from_user and answered.from_user.id == message.get_bot().id)


class Addressed(filters.MessageFilter):
    """A command that is meant for us: any in private, only `/command@our_name` in groups."""

    def filter(self, message: Message) -> bool:
        return message.chat.type == Chat.PRIVATE or f"@{message.get_bot().username}".lower() in (message.text or "").split()[0].lower()


def register(application: TelegramApplication, product: Product, reports: Reports, deliveries: Deliveries, public_url: str | None, site: str) -> None:
    """Adds every handler. The first that fits wins, so the narrow ones come first."""
    asking, library, clock = product.asking, product.library, product.clock
    courtesies = Courtesies(library)
    commands = Commands(asking, product.receipts, library, clock, courtesies)
    questions = Questions(asking, library, courtesies, deliveries)
    buttons = Buttons(asking, library, clock)
    check = SelfCheck(library, clock, public_url)
    staff = Staff(product, deliveries, application.bot.token, site, commands.says("perintah-asing"))
    editors = Editors(product.publishing, product.access, library, clock, site)
    new, edited = filters.UpdateType.MESSAGE, filters.UpdateType.EDITED_MESSAGE
    typed = filters.ChatType.PRIVATE & filters.TEXT & ~filters.FORWARDED & ~filters.COMMAND
    add, guard, ours = application.add_handler, courtesies.guard, Addressed()

    # Before the ordinary /start, which would take an invitation for a rule that is gone.
    add(CommandHandler("start", guard(staff.on_invited), new & filters.ChatType.PRIVATE & filters.Regex(INVITATION)))
    add(CommandHandler("start", guard(commands.on_start), new & ours))
    add(CommandHandler("topik", guard(commands.on_topics), new & ours))
    add(CommandHandler("tanya", guard(questions.on_ask_command), (new | edited) & ours))
    add(CommandHandler(["bantuan", "help"], guard(commands.says("bantuan")), new & ours))
    add(CommandHandler(["privasi", "privacy"], guard(commands.on_privacy), new & ours))
    add(CommandHandler("sumber", guard(commands.on_sources), new & ours))
    add(CommandHandler("cek", guard(check.on_command), new & ours, has_args=False))
    add(CommandHandler("cek", guard(commands.on_receipt), new & ours))
    add(CommandHandler("kontak", guard(commands.says("kontak")), new & ours))
    for name, handler in staff.handlers().items():
        # Only in private, where nobody else sees a link or a role.
        add(CommandHandler(name, guard(handler), new & filters.ChatType.PRIVATE))
    alone = new & filters.ChatType.PRIVATE
    add(CommandHandler("perbarui", guard(staff.only("admin", editors.explain)), alone))
    add(CommandHandler("laporan", guard(staff.only("peninjau", reports.report)), alone))
    add(CommandHandler("unduh", guard(staff.only("peninjau", editors.download)), alone))
    add(MessageHandler(alone & filters.Document.ALL & ~filters.FORWARDED, guard(staff.only("admin", editors.receive, commands.says("teks-saja")))))
    add(MessageHandler(typed & new & REASON, guard(staff.only("admin", editors.publish, questions.on_question))))
    add(CallbackQueryHandler(staff.only("admin", editors.tapped, buttons.on_tap), pattern=f"^{taps.EDITORS}:"))
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
