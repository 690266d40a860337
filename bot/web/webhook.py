"""The door Telegram knocks on. Answers 200 only after the update was handled, so that a crash means it is sent again."""

import hmac
import json
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

Handle = Callable[[dict[str, object]], Awaitable[None]]

SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - the header's name, not a secret


def webhook(secret: str, handle: Handle) -> Route:
    """The route. `handle` takes one update as parsed JSON and returns when it is done with it."""

    async def receive(request: Request) -> Response:
        given = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(), secret.encode()):
            return Response(status_code=403)
        try:
            update = json.loads(await request.body())
        except (ValueError, RecursionError):
            return Response(status_code=400)
        if not isinstance(update, dict):
            return Response(status_code=400)
        await handle(update)
        return Response(status_code=200)

    return Route("/telegram", receive, methods=["POST"])
