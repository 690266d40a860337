"""From values to HTML: the templates, and what every page of ours is given. Knows no address."""

import re
from html import escape

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup
from starlette.responses import HTMLResponse

from bot.core.answer import Card
from bot.core.messages import Language, Teller
from bot.core.rulebook import Rulebook
from bot.core.sections import SECTIONS, section
from bot.usecases.library import Library
from bot.usecases.ports import Clock

_ALLOWED = re.compile(r"&lt;(/?(?:b|i))&gt;")


class View:
    """Renders templates with the live rulebook at hand."""

    def __init__(self, library: Library, clock: Clock) -> None:
        self._library = library
        self._clock = clock
        self._templates = Environment(
            loader=PackageLoader("bot.web"), autoescape=select_autoescape(default=True, default_for_string=True), trim_blocks=True, lstrip_blocks=True
        )

    @property
    def rulebook(self) -> Rulebook:
        """The live rulebook."""
        return self._library.shelf.rulebook

    def page(self, template: str, language: Language = "id", *, status: int = 200, **values: object) -> HTMLResponse:
        """A whole page from one of the templates."""
        tell = Teller(self.rulebook, language)
        html = self._templates.get_template(template).render(tell=tell, language=language, rulebook=self.rulebook, few_tags=few_tags, **values)
        return HTMLResponse(html, status)

    def card(self, card: Card | None) -> dict[str, object] | None:
        """A card with its sections opened, since a page has room for them."""
        if card is None:
            return None
        rule = self.rulebook.rules[card.rule]
        branch = rule.branch(card.branch) if card.branch else None
        day = self._clock().date()
        sections = [
            (name, section(self.rulebook, rule, day, name, branch=branch, language=card.language)) for name in SECTIONS if name in card.sections
        ]
        return {"card": card, "sections": sections}


def few_tags(text: str) -> Markup:
    """A fixed text with bold and italics kept and everything else escaped; line breaks stay."""
    return Markup(_ALLOWED.sub(r"<\1>", escape(text, quote=False)).replace("\n", "<br>\n"))  # noqa: S704 - escaped on this very line
