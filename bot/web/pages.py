"""The public pages: ask, answer, browse, permalinks. Works without script; questions travel by POST and are never in a URL."""

import re
from collections.abc import Awaitable, Callable
from html import escape
from pathlib import Path

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.core.answer import SECTIONS, Card, Teller, long_day, section
from bot.core.messages import Language
from bot.core.rulebook import Rulebook
from bot.usecases.ask import Asking
from bot.usecases.library import Library
from bot.usecases.ports import Clock, Feedback
from bot.usecases.receipts import Receipts

HERE = Path(__file__).parent
MAX_BODY = 16_384
FEEDBACK: dict[str, Feedback] = {
    "suka": "suka",
    "tidak-suka": "tidak-suka",
    "salah": "salah",
    "kurang-jelas": "kurang-jelas",
    "beda-kasus": "beda-kasus",
}
_ALLOWED = re.compile(r"&lt;(/?(?:b|i))&gt;")


class Pages:
    """Renders pages from the live rulebook. Every public method is a Starlette endpoint."""

    def __init__(self, asking: Asking, receipts: Receipts, library: Library, clock: Clock) -> None:
        self._asking = asking
        self._receipts = receipts
        self._library = library
        self._clock = clock
        self._templates = Environment(
            loader=PackageLoader("bot.web"), autoescape=select_autoescape(default=True, default_for_string=True), trim_blocks=True, lstrip_blocks=True
        )

    def routes(self) -> list[BaseRoute]:
        """All public addresses."""
        return [
            Route("/", self.home, methods=["GET"]),
            Route("/", self.ask, methods=["POST"]),
            Route("/masukan", self.feedback, methods=["POST"]),
            Route("/aturan/{rule}", self.rule),
            Route("/topik", self.topics),
            Route("/topik/{topic}", self.topic),
            Route("/cek", self.receipt),
            Route("/sumber", self.sources),
            Route("/privasi", self.text("privasi")),
            Route("/bantuan", self.text("bantuan")),
            Route("/kontak", self.text("kontak")),
            Mount("/static", StaticFiles(directory=HERE / "static"), name="static"),
        ]

    async def home(self, request: Request) -> Response:
        return self._page("ask.html", parts=())

    async def ask(self, request: Request) -> Response:
        form = await request.form(max_files=0, max_fields=5, max_part_size=MAX_BODY)
        question = str(form.get("tanya", "")).strip()
        if not question:
            return self._page("ask.html", parts=())
        reply = self._asking.ask(question, "web")
        await self._asking.record(reply)
        shown = [{"part": part, "card": self._card(part.card)} for part in reply.parts]
        return self._page("ask.html", reply.language, parts=shown, reply=reply)

    async def feedback(self, request: Request) -> Response:
        form = await request.form(max_files=0, max_fields=5, max_part_size=MAX_BODY)
        value = FEEDBACK.get(str(form.get("nilai", "")))
        language: Language = "en" if form.get("bahasa") == "en" else "id"
        if value is None:
            raise HTTPException(400)
        token = str(form.get("kode", ""))[:16]
        kept = await self._asking.feedback(token, value)
        tell = Teller(self._rulebook, language)
        if not kept:
            return self._page("thanks.html", language, token="", message=tell("masukan-hilang"))
        if value == "tidak-suka":
            return self._page("thanks.html", language, token=token, message=tell("alasan"))
        return self._page("thanks.html", language, token="", message=tell("terima-kasih"))

    async def rule(self, request: Request) -> Response:
        rule = self._rulebook.resolve(request.path_params["rule"])
        language: Language = "en" if request.query_params.get("bahasa") == "en" else "id"
        if rule is None:
            raise HTTPException(404)
        if rule.id != request.path_params["rule"]:
            return RedirectResponse(f"/aturan/{rule.id}", status_code=308)
        card = self._asking.card(rule.id, request.query_params.get("cabang"), language)
        if card is None:
            raise HTTPException(404)
        return self._page("rule.html", language, shown=self._card(card), printing="cetak" in request.query_params)

    async def receipt(self, request: Request) -> Response:
        language: Language = "en" if request.query_params.get("bahasa") == "en" else "id"
        tell = Teller(self._rulebook, language)
        code = request.query_params.get("kode", "")[:40]
        receipt = await self._receipts.look_up(code, language) if code else None
        if receipt is None:
            return self._page("receipt.html", language, shown=None, code=code, note=tell("cek-tak-ada") if code else "")
        note = tell("cek-kini" if receipt.is_current else "cek-dulu", tanggal=long_day(receipt.since, language))
        # The sections come from the live rulebook, so an old card is shown without them.
        shown = self._card(receipt.card) if receipt.is_current else {"card": receipt.card, "sections": []}
        return self._page("receipt.html", language, shown=shown, code=code, note=note)

    async def topics(self, request: Request) -> Response:
        day = self._clock().date()
        groups = [(topic, [r for r in self._rulebook.in_topic(topic.id) if r.version_on(day)]) for topic in self._rulebook.topics.values()]
        return self._page("topics.html", groups=[group for group in groups if group[1]])

    async def topic(self, request: Request) -> Response:
        topic = self._rulebook.topics.get(request.path_params["topic"])
        if topic is None:
            raise HTTPException(404)
        day = self._clock().date()
        return self._page("topics.html", groups=[(topic, [r for r in self._rulebook.in_topic(topic.id) if r.version_on(day)])])

    async def sources(self, request: Request) -> Response:
        versions = [v for rule in self._rulebook.rules.values() for v in rule.versions.values() if v]
        used = {cite.source for v in versions for cite in v.basis} | {p.source for v in versions for p in v.positions}
        used |= {article.source for v in versions for article in v.articles}
        return self._page("sources.html", sources=[source for source in self._rulebook.sources.values() if source.id in used])

    def text(self, key: str) -> Callable[[Request], Awaitable[Response]]:
        """An endpoint that shows one of the fixed texts."""

        async def endpoint(request: Request) -> Response:
            language: Language = "en" if request.query_params.get("bahasa") == "en" else "id"
            body = Teller(self._rulebook, language)(key)
            if key == "privasi":
                body = body.rsplit("\n\n", 1)[0]  # the last line announces a row that only a chat can show
            return self._page("text.html", language, body=few_tags(body))

        return endpoint

    async def problem(self, request: Request, error: Exception) -> Response:
        """The page for an HTTP error that has a plain explanation."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        key = {413: "web-terlalu-besar", 404: "web-tak-ada"}.get(status, "web-galat")
        return self._page("text.html", status=status, body=few_tags(Teller(self._rulebook, "id")(key)))

    @property
    def _rulebook(self) -> Rulebook:
        return self._library.shelf.rulebook

    def _card(self, card: Card | None) -> dict[str, object] | None:
        """A card with its sections opened, since a page has room for them."""
        if card is None:
            return None
        rule = self._rulebook.rules[card.rule]
        branch = rule.branch(card.branch) if card.branch else None
        day = self._clock().date()
        sections = [
            (name, section(self._rulebook, rule, day, name, branch=branch, language=card.language)) for name in SECTIONS if name in card.sections
        ]
        return {"card": card, "sections": sections}

    def _page(self, template: str, language: Language = "id", *, status: int = 200, **values: object) -> HTMLResponse:
        tell = Teller(self._rulebook, language)
        rulebook = self._rulebook
        html = self._templates.get_template(template).render(tell=tell, language=language, rulebook=rulebook, few_tags=few_tags, **values)
        return HTMLResponse(html, status)


def few_tags(text: str) -> Markup:
    """A fixed text with bold and italics kept and everything else escaped; line breaks stay."""
    return Markup(_ALLOWED.sub(r"<\1>", escape(text, quote=False)).replace("\n", "<br>\n"))  # noqa: S704 - escaped on this very line
