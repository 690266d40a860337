"""The public pages: ask, answer, browse, permalinks. Works without script; questions travel by POST and are never in a URL."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.core.messages import Language, Teller
from bot.usecases.ask import Asking
from bot.usecases.ports import Clock, Feedback
from bot.usecases.watch import Watch
from bot.web.body import form_in
from bot.web.view import View, few_tags

HERE = Path(__file__).parent
FEEDBACK: dict[str, Feedback] = {
    "suka": "suka",
    "tidak-suka": "tidak-suka",
    "salah": "salah",
    "kurang-jelas": "kurang-jelas",
    "beda-kasus": "beda-kasus",
}


class Pages:
    """Renders pages from the live rulebook. Every public method is a Starlette endpoint."""

    def __init__(self, asking: Asking, view: View, clock: Clock, watch: Watch | None = None) -> None:
        self._watch = watch or Watch()
        self._asking = asking
        self._view = view
        self._clock = clock

    def routes(self) -> list[BaseRoute]:
        """All public addresses."""
        return [
            Route("/", self.home, methods=["GET"]),
            Route("/", self.ask, methods=["POST"]),
            Route("/masukan", self.feedback, methods=["POST"]),
            Route("/aturan/{rule}", self.rule),
            Route("/topik", self.topics),
            Route("/topik/{topic}", self.topic),
            Route("/sumber", self.sources),
            Route("/privasi", self.text("privasi")),
            Route("/bantuan", self.text("bantuan")),
            Route("/kontak", self.text("kontak")),
            Mount("/static", StaticFiles(directory=HERE / "static"), name="static"),
        ]

    async def home(self, request: Request) -> Response:
        return self._view.page("ask.html", parts=())

    async def ask(self, request: Request) -> Response:
        form = await form_in(request, max_fields=5)
        question = str(form.get("tanya", "")).strip()
        if not question:
            return self._view.page("ask.html", parts=())
        with self._watch.timed("web"):
            reply = self._asking.ask(question, "web")
            await self._asking.record(reply)
        shown = [{"part": part, "card": self._view.card(part.card)} for part in reply.parts]
        return self._view.page("ask.html", reply.language, parts=shown, reply=reply)

    async def feedback(self, request: Request) -> Response:
        form = await form_in(request, max_fields=5)
        value = FEEDBACK.get(str(form.get("nilai", "")))
        language: Language = "en" if form.get("bahasa") == "en" else "id"
        if value is None:
            raise HTTPException(400)
        token = str(form.get("kode", ""))[:16]
        kept = await self._asking.feedback(token, value)
        tell = Teller(self._view.rulebook, language)
        if not kept:
            return self._view.page("thanks.html", language, token="", message=tell("masukan-hilang"))
        if value == "tidak-suka":
            return self._view.page("thanks.html", language, token=token, message=tell("alasan"))
        return self._view.page("thanks.html", language, token="", message=tell("terima-kasih"))

    async def rule(self, request: Request) -> Response:
        rule = self._view.rulebook.resolve(request.path_params["rule"])
        language: Language = "en" if request.query_params.get("bahasa") == "en" else "id"
        if rule is None:
            raise HTTPException(404)
        if rule.id != request.path_params["rule"]:
            return RedirectResponse(f"/aturan/{rule.id}", status_code=308)
        card = self._asking.card(rule.id, request.query_params.get("cabang"), language)
        if card is None:
            raise HTTPException(404)
        return self._view.page("rule.html", language, shown=self._view.card(card), printing="cetak" in request.query_params)

    async def topics(self, request: Request) -> Response:
        day = self._clock().date()
        groups = [(topic, [r for r in self._view.rulebook.in_topic(topic.id) if r.version_on(day)]) for topic in self._view.rulebook.topics.values()]
        return self._view.page("topics.html", groups=[group for group in groups if group[1]])

    async def topic(self, request: Request) -> Response:
        topic = self._view.rulebook.topics.get(request.path_params["topic"])
        if topic is None:
            raise HTTPException(404)
        day = self._clock().date()
        return self._view.page("topics.html", groups=[(topic, [r for r in self._view.rulebook.in_topic(topic.id) if r.version_on(day)])])

    async def sources(self, request: Request) -> Response:
        versions = [v for rule in self._view.rulebook.rules.values() for v in rule.versions.values() if v]
        used = {cite.source for v in versions for cite in v.basis} | {p.source for v in versions for p in v.positions}
        used |= {article.source for v in versions for article in v.articles}
        return self._view.page("sources.html", sources=[source for source in self._view.rulebook.sources.values() if source.id in used])

    def text(self, key: str) -> Callable[[Request], Awaitable[Response]]:
        """An endpoint that shows one of the fixed texts."""

        async def endpoint(request: Request) -> Response:
            language: Language = "en" if request.query_params.get("bahasa") == "en" else "id"
            body = Teller(self._view.rulebook, language)(key)
            if key == "privasi":
                body = body.rsplit("\n\n", 1)[0]  # the last line announces a row that only a chat can show
            return self._view.page("text.html", language, body=few_tags(body))

        return endpoint

    async def problem(self, request: Request, error: Exception) -> Response:
        """The page for an HTTP error that has a plain explanation."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        if status in (401, 403, 429):
            return self._view.page("kelola/tolak.html", status=status, refused=status)
        key = {413: "web-terlalu-besar", 404: "web-tak-ada"}.get(status, "web-galat")
        return self._view.page("text.html", status=status, body=few_tags(Teller(self._view.rulebook, "id")(key)))
