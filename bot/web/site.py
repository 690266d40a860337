"""The web application: pages, health, the webhook door, and what every response carries. Logs no address and no question."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.usecases.access import NotAllowed
from bot.usecases.health import State
from bot.usecases.uploads import MAX_UPLOAD
from bot.web.body import MAX_BODY
from bot.web.pages import Pages

log = logging.getLogger(__name__)

MAX_WEBHOOK_BODY = 1_048_576
MAX_OFFICE_BODY = MAX_UPLOAD + 100_000
"""Editors send whole files of the rulebook."""
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "x-frame-options": "DENY",
}

BEHIND_TLS = {"strict-transport-security": "max-age=31536000"}
"""Once seen over https, never again without it."""

Look = Callable[[], Awaitable[State]]


def build(pages: Pages, look: Look, extra: Sequence[BaseRoute] = (), *, secure: bool = False) -> Starlette:
    """The application. `look` tells whether questions can be answered and logged; `extra` are the edges' own doors.

    `secure` says that people reach it by https.
    """

    async def healthz(request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(request: Request) -> Response:
        state = await look()
        told = "; ".join((*state.obstacles, *state.hints))
        said = "siap" if state.is_ready else "belum siap"
        return PlainTextResponse(f"{said}: {told}\n" if told else f"{said}\n", 200 if state.is_ready else 503)

    async def fault(request: Request, error: Exception) -> Response:
        # Type and place only: the message of an exception may hold what somebody typed.
        log.error("web fault: %s in %s", type(error).__name__, request.scope.get("endpoint", "?"))
        return await pages.problem(request, error)

    async def not_allowed(request: Request, error: Exception) -> Response:
        # A role that went away between the page and the deed.
        return await pages.problem(request, HTTPException(403))

    routes = [Route("/healthz", healthz), Route("/readyz", readyz), *extra, *pages.routes()]
    return Starlette(
        routes=routes,
        middleware=[Middleware(CarryHeaders, HEADERS | BEHIND_TLS if secure else HEADERS), Middleware(LimitBody)],
        exception_handlers={HTTPException: pages.problem, NotAllowed: not_allowed, Exception: fault},
    )


class CarryHeaders:
    """Adds the security headers to every response."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message.get("headers", [])}
                extra = [(name, value) for name, value in self._headers if name not in given]
                message = {**message, "headers": [*message.get("headers", []), *extra]}
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


class LimitBody:
    """Refuses bodies that are larger than the address can need, before they are read."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        limit = MAX_WEBHOOK_BODY if path == "/telegram" else MAX_OFFICE_BODY if path.startswith("/kelola/") else MAX_BODY
        size = dict(scope["headers"]).get(b"content-length", b"0")
        if not size.isdigit() or len(size) > len(str(limit)) or int(size) > limit:
            await PlainTextResponse("terlalu besar\n", 413)(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise HTTPException(413)
            return message

        await self._app(scope, counted, send)
