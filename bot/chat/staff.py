"""What staff do in Telegram: enter the office pages, invite, take a name, ask why. To everybody else these commands do not exist.

The only place where a Telegram id becomes a key; the id goes no further and is never written.
"""

import html
import re
from collections.abc import Awaitable, Callable

from telegram import Update

from bot.chat import render
from bot.chat.courtesy import Context, Handler, language_of_user
from bot.chat.deliveries import Deliveries
from bot.chat.sending import send
from bot.core.messages import Teller
from bot.usecases.access import Member, Role, key_of
from bot.usecases.explain import explain
from bot.usecases.product import Product
from bot.usecases.status import status

INVITATION = re.compile(r"^/start(?:@\w+)? undang-([\w-]{32})$")
"""The code's length keeps it apart from rules whose id begins alike: an id has 36 characters at most."""

ROLES: dict[str, Role] = {"": "peninjau", "peninjau": "peninjau", "admin": "admin"}

Deed = Callable[[Update, Context, Member], Awaitable[None]]


class Staff:
    """Handlers for the commands of admins and reviewers. `handlers` gives them by command."""

    def __init__(self, product: Product, deliveries: Deliveries, token: str, site: str, unknown: Handler) -> None:
        """`site` is the address of the web pages; `unknown` answers a command that does not exist."""
        self._product = product
        self._deliveries = deliveries
        self._access = product.access
        self._asking = product.asking
        self._library = product.library
        self._token = token
        self._site = site
        self._unknown = unknown

    def handlers(self) -> dict[str, Handler]:
        """Command → handler, which looks the role up each time."""
        return {
            "masuk": self.only("peninjau", self._enter),
            "undang": self.only("admin", self._invite),
            "nama": self.only("peninjau", self._rename),
            "kenapa": self.only("peninjau", self._explain),
            "status": self.only("admin", self._status),
        }

    async def on_invited(self, update: Update, context: Context) -> None:
        """/start with an invitation."""
        message, user = update.message, update.effective_user
        found = INVITATION.match(message.text or "") if message else None
        if message is None or user is None or found is None:
            return
        tell = self._teller(update)
        self._deliveries.is_deed(update)
        member = await self._access.accept(found[1], key_of(self._token, user.id))
        said = tell("staf-diterima", peran=tell(f"peran-{member.role}")) if member else tell("staf-undangan-basi")
        await send(context.bot, message.chat_id, said)

    def only(self, role: Role, deed: Deed, otherwise: Handler | None = None) -> Handler:
        """A handler for those with the role at this very moment; everybody else is answered by `otherwise`, as if there were none."""

        async def handler(update: Update, context: Context) -> None:
            user = update.effective_user
            member = await self._access.member(key_of(self._token, user.id)) if user else None
            if member is None or not member.may(role):
                await (otherwise or self._unknown)(update, context)
            else:
                self._deliveries.is_deed(update)
                await deed(update, context, member)

        return handler

    async def _enter(self, update: Update, context: Context, member: Member) -> None:
        link = f"{self._site}/masuk/{await self._access.login_code(member)}"
        await self._say(update, context, "staf-masuk", tautan=link)

    async def _invite(self, update: Update, context: Context, member: Member) -> None:
        role = ROLES.get(" ".join(context.args or ()).lower())
        if role is None:
            await self._say(update, context, "staf-undang-cara")
            return
        link = f"https://t.me/{context.bot.username}?start=undang-{await self._access.invite(member, role)}"
        await self._say(update, context, "staf-undang", peran=self._teller(update)(f"peran-{role}"), tautan=link)

    async def _rename(self, update: Update, context: Context, member: Member) -> None:
        renamed = await self._access.rename(member, " ".join(context.args or ()))
        await (self._say(update, context, "staf-nama", nama=renamed.name) if renamed else self._say(update, context, "staf-nama-cara"))

    async def _explain(self, update: Update, context: Context, member: Member) -> None:
        message = update.message
        question = (message.text or "").partition(" ")[2].strip() if message else ""
        if message is None or not question:
            await self._say(update, context, "staf-kenapa-cara")
            return
        # Never recorded: an admin who tries something out is not somebody asking.
        reply = self._asking.ask(question, "telegram")
        tell = self._teller(update)
        blocks = [f"<b>{html.escape(part.question[:300])}</b>\n" + html.escape("\n".join(explain(part, tell)), quote=False) for part in reply.parts]
        shown: list[str] = []
        for block in blocks:
            if shown and sum(len(earlier) + 2 for earlier in shown) + len(block) > render.MAX_TEXT:
                break
            shown.append(block)
        await send(context.bot, message.chat_id, "\n\n".join(shown))

    async def _status(self, update: Update, context: Context, member: Member) -> None:
        if update.message is not None:
            await send(context.bot, update.message.chat_id, html.escape(await status(self._product, self._teller(update)), quote=False))

    async def _say(self, update: Update, context: Context, key: str, **values: str) -> None:
        if update.message is not None:
            escaped = {name: html.escape(value) for name, value in values.items()}
            await send(context.bot, update.message.chat_id, self._teller(update)(key, **escaped))

    def _teller(self, update: Update) -> Teller:
        return Teller(self._library.shelf.rulebook, language_of_user(update))
