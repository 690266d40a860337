"""The office door: a one-time link becomes a session cookie, and every page and form behind it asks here who is there.

Keeps no address. A form counts only with the session's own word in it, sent from a page of ours.
"""

import hmac
import time
from collections import deque
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.usecases.access import Access, Role, Session
from bot.web.body import MAX_BODY, form_in
from bot.web.view import View

WINDOW_SECONDS = 60
MAX_FAILURES = 20
"""Failed tries in a minute, by everybody together: to count for each address would mean to keep addresses."""


class Doorkeeper:
    """Lets staff in and out. One per process."""

    def __init__(self, access: Access, secure: bool, now: Callable[[], float] = time.monotonic) -> None:
        """`secure` is whether browsers reach us by https; the cookie is then sent by https only and bound to this host."""
        self._access = access
        self._secure = secure
        self._now = now
        self._failures: deque[float] = deque(maxlen=MAX_FAILURES)
        self.cookie = "__Host-netral" if secure else "netral"

    def routes(self, view: View) -> list[BaseRoute]:
        """The addresses by which staff enter and leave."""

        async def explain(request: Request) -> Response:
            return view.page("kelola/masuk.html", step="cara")

        async def offer(request: Request) -> Response:
            # Only shows a button: chat programs open links by themselves to preview them, and must not use the code up.
            return view.page("kelola/masuk.html", step="tombol")

        async def enter(request: Request) -> Response:
            _require_own_page(request)
            self._require_calm()
            secret = await self._access.enter(request.path_params["code"])
            if secret is None:
                self._failures.append(self._now())
                return view.page("kelola/masuk.html", status=403, step="basi")
            await self._access.leave(request.cookies.get(self.cookie, ""))
            response = RedirectResponse("/kelola", 303)
            response.set_cookie(self.cookie, secret, path="/", secure=self._secure, httponly=True, samesite="strict")
            return response

        async def leave(request: Request) -> Response:
            await self.form(request)
            await self._access.leave(request.cookies.get(self.cookie, ""))
            return self.without_cookie(RedirectResponse("/masuk", 303))

        return [
            Route("/masuk", explain, methods=["GET"]),
            Route("/masuk/{code}", offer, methods=["GET"]),
            Route("/masuk/{code}", enter, methods=["POST"]),
            Route("/keluar", leave, methods=["POST"]),
        ]

    async def session(self, request: Request, role: Role = "peninjau") -> Session:
        """Who asks for a page. Raises HTTPException: 401 for nobody, 403 for a member without the role."""
        session = await self._access.session(request.cookies.get(self.cookie, ""))
        if session is None:
            raise HTTPException(401)
        if not session.member.may(role):
            raise HTTPException(403)
        return session

    async def form(
        self, request: Request, role: Role = "peninjau", *, max_fields: int = 100, max_files: int = 0, largest: int = MAX_BODY
    ) -> tuple[Session, FormData]:
        """Who sent a form, and what is in it. Raises HTTPException: as `session`, and 403 for a form that is not of this session's pages."""
        _require_own_page(request)
        session = await self.session(request, role)
        sent = await form_in(request, max_fields=max_fields, max_files=max_files, largest=largest)
        if not hmac.compare_digest(str(sent.get("csrf", "")).encode(errors="replace"), session.csrf.encode()):
            await sent.close()
            raise HTTPException(403)
        return session, sent

    def without_cookie(self, response: Response) -> Response:
        """The response, which also makes the browser forget the session."""
        response.delete_cookie(self.cookie, path="/", secure=self._secure, httponly=True, samesite="strict")
        return response

    def _require_calm(self) -> None:
        """Raises HTTPException 429 after too many wrong codes."""
        if len(self._failures) == MAX_FAILURES and self._now() - self._failures[0] < WINDOW_SECONDS:
            raise HTTPException(429)


def _require_own_page(request: Request) -> None:
    """Raises HTTPException 403 for what another site made a browser send."""
    fetched_from = request.headers.get("sec-fetch-site")
    if fetched_from is not None:
        if fetched_from not in ("same-origin", "none"):
            raise HTTPException(403)
        return
    # Older browsers, and plain http in an office network. Our pages send no referrer, which makes their Origin "null".
    origin = request.headers.get("origin", "null")
    try:
        host = urlsplit(origin).netloc
    except ValueError:
        raise HTTPException(403) from None
    if origin != "null" and host != request.headers.get("host"):
        raise HTTPException(403)
