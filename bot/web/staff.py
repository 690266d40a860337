"""The office pages about people: oneself, the staff, and the trail of what was done."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.usecases.access import Access, Role, Session
from bot.web.login import Doorkeeper
from bot.web.view import View

ZONE = ZoneInfo("Asia/Jakarta")
ROLES: dict[str, Role] = {"admin": "admin", "peninjau": "peninjau"}


class StaffPages:
    """Every public method but `routes` is an endpoint, and asks the doorkeeper first."""

    def __init__(self, access: Access, door: Doorkeeper, view: View, bot_name: Callable[[], str | None]) -> None:
        """`bot_name` tells the bot's name in Telegram, None while there is no Telegram: invitations lead there."""
        self._access = access
        self._door = door
        self._view = view
        self._bot_name = bot_name

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/kelola/saya", self.me, methods=["GET"]),
            Route("/kelola/saya/nama", self.rename, methods=["POST"]),
            Route("/kelola/saya/keluar-semua", self.leave_everywhere, methods=["POST"]),
            Route("/kelola/staf", self.staff, methods=["GET"]),
            Route("/kelola/staf/undang", self.invite, methods=["POST"]),
            Route("/kelola/staf/keluarkan", self.remove, methods=["POST"]),
            Route("/kelola/jejak", self.trail, methods=["GET"]),
        ]

    async def me(self, request: Request) -> Response:
        return self._view.page("kelola/saya.html", session=await self._door.session(request), wrong_name=None)

    async def rename(self, request: Request) -> Response:
        session, form = await self._door.form(request)
        name = str(form.get("nama", ""))
        if await self._access.rename(session.member, name) is None:
            return self._view.page("kelola/saya.html", status=400, session=session, wrong_name=name)
        return RedirectResponse("/kelola/saya", 303)

    async def leave_everywhere(self, request: Request) -> Response:
        session, _ = await self._door.form(request)
        await self._access.leave_everywhere(session.member)
        return self._door.without_cookie(RedirectResponse("/masuk", 303))

    async def staff(self, request: Request) -> Response:
        return await self._staff_page(await self._door.session(request, "admin"))

    async def invite(self, request: Request) -> Response:
        session, form = await self._door.form(request, "admin")
        role = ROLES.get(str(form.get("peran", "")))
        name = self._bot_name()
        if role is None or name is None:
            raise HTTPException(400)
        code = await self._access.invite(session.member, role)
        return await self._staff_page(session, link=f"https://t.me/{name}?start=undang-{code}", offered=role)

    async def remove(self, request: Request) -> Response:
        session, form = await self._door.form(request, "admin")
        await self._access.remove(session.member, str(form.get("kunci", ""))[:24])
        return RedirectResponse("/kelola/staf", 303)

    async def trail(self, request: Request) -> Response:
        session = await self._door.session(request, "admin")
        lines = [(f"{entry.at.astimezone(ZONE):%Y-%m-%d %H.%M}", entry) for entry in await self._access.trail(500)]
        return self._view.page("kelola/jejak.html", session=session, lines=lines)

    async def _staff_page(self, session: Session, link: str = "", offered: Role | None = None) -> Response:
        colleagues = await self._access.staff()
        can_invite = self._bot_name() is not None
        return self._view.page("kelola/staf.html", session=session, colleagues=colleagues, link=link, offered=offered, can_invite=can_invite)
