"""The door Telegram knocks on. Answers 200 only after the update was handled and logged, so that a crash means it is sent again."""

import hmac
import json
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.usecases.watch import Watch

Handle = Callable[[dict[str, object]], Awaitable[bool]]

SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - the header's name, not a secret


def webhook(secret: str, handle: Handle, watch: Watch) -> Route:
    """The route. `handle` takes one update as parsed JSON; False when it must be sent again."""

    async def receive(request: Request) -> Response:
        given = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(), secret.encode()):
            watch.faults.labels("webhook-secret").inc()
            return Response(status_code=403)
        try:
            update = json.loads(await request.body())
        except (ValueError, RecursionError):
            return Response(status_code=400)
        if not isinstance(update, dict):
            return Response(status_code=400)
        return Response(status_code=200 if await handle(update) else 503)

    return Route("/telegram", receive, methods=["POST"])
