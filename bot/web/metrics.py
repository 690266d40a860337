"""The numbers for Prometheus, for those who know the word. Not public: even plain counts, read every second, tell of single people."""

import hmac

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.usecases.watch import Watch


def metrics(token: str, watch: Watch) -> Route:
    """The route; `token` is asked for as `Authorization: Bearer …`."""

    async def show(request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), f"Bearer {token}".encode()):
            return Response(status_code=403)
        return Response(watch.page(), media_type=CONTENT_TYPE_LATEST)

    return Route("/metrics", show, methods=["GET"])
