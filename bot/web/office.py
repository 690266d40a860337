"""All pages behind the office door, in one list."""

from collections.abc import Callable

from starlette.routing import BaseRoute

from bot.usecases.product import Product
from bot.web.editor import EditorPages
from bot.web.entries import EntryPages
from bot.web.login import Doorkeeper
from bot.web.review import Draw, ReviewPages
from bot.web.staff import StaffPages
from bot.web.view import View


def office(product: Product, view: View, draw: Draw, bot_name: Callable[[], str | None], *, secure: bool) -> list[BaseRoute]:
    """The routes. `secure` is whether browsers reach us by https, `bot_name` tells the bot's name in Telegram."""
    door = Doorkeeper(product.access, secure)
    entries = EntryPages(product, door, view)
    return [
        *door.routes(view),
        *entries.routes(),
        *EditorPages(product, door, view).routes(),
        *ReviewPages(product, door, view, entries, draw).routes(),
        *StaffPages(product.access, door, view, bot_name).routes(),
    ]
