"""The officials' pages: what was asked and what was not answered, as the disclosure rule lets it out; and what to do about a miss."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.core.editing import CannotEdit
from bot.core.scrub import HOLE
from bot.usecases.access import Session
from bot.usecases.charts import NAMES, chart
from bot.usecases.clarifications import proposals
from bot.usecases.dashboard import Dashboard
from bot.usecases.exports import Table, as_csv, as_workbook, tables
from bot.usecases.phrase import add_outside, add_to_rule
from bot.usecases.product import Product
from bot.usecases.publishing import Refused
from bot.usecases.queue import Group
from bot.usecases.review import CHANNELS
from bot.usecases.weeks import LENGTHS, monday_of
from bot.web.entries import EntryPages
from bot.web.login import Doorkeeper
from bot.web.view import View

Draw = Callable[..., Awaitable[bytes]]
"""Runs a drawing function elsewhere, so that answering never waits for a picture."""

OLDEST = date(2020, 1, 1)
"""No week before this can be looked at: there was no bot."""

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ReviewPages:
    """Every public method but `routes` is an endpoint, and asks the doorkeeper first."""

    def __init__(self, product: Product, door: Doorkeeper, view: View, entries: EntryPages, draw: Draw) -> None:
        self._review = product.review
        self._queue = product.queue
        self._publishing = product.publishing
        self._access = product.access
        self._clock = product.clock
        self._open_data = product.open_data
        self._door = door
        self._view = view
        self._entries = entries
        self._draw = draw

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/tinjau", self.dashboard, methods=["GET"]),
            Route("/tinjau/grafik/{name}.svg", self.chart, methods=["GET"]),
            Route("/tinjau/unduh/{name}", self.download, methods=["GET"]),
            Route("/tinjau/antrean", self.queue, methods=["GET"]),
            Route("/tinjau/antrean/{key}", self.act, methods=["POST"]),
        ]

    async def dashboard(self, request: Request) -> Response:
        session = await self._door.session(request)
        board, weeks, channel, ending = await self._board(request)
        if board is None:
            return self._view.page("tinjau/kosong.html", session=session)
        here = {"minggu": str(weeks), **({"saluran": channel} if channel else {}), **({"akhir": str(ending)} if ending else {})}
        proposed = proposals(board, self._view.rulebook, self._clock().date())
        return self._view.page(
            "tinjau/papan.html",
            session=session,
            board=board,
            tables={table.name: table for table in tables(board, proposed)},
            proposals=proposed,
            lengths=LENGTHS,
            channels=CHANNELS,
            address=lambda **changes: "/tinjau?" + urlencode({k: v for k, v in {**here, **changes}.items() if v}),
            query=urlencode(here),
            newest=await self._review.newest(),
            printing="cetak" in request.query_params,
        )

    async def chart(self, request: Request) -> Response:
        await self._door.session(request)
        name = next((name for name in NAMES if name == request.path_params["name"]), None)
        board, *_ = await self._board(request)
        if name is None or board is None:
            raise HTTPException(404)
        # A picture of its own, with styles of its own; it runs nothing.
        return Response(
            await self._draw(chart, name, board, "sempit" in request.query_params),
            media_type="image/svg+xml",
            headers={"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"},
        )

    async def download(self, request: Request) -> Response:
        session = await self._door.session(request)
        name = request.path_params["name"]
        board, *_ = await self._board(request)
        if board is None:
            raise HTTPException(404)
        if name in ("tinjauan.csv", "tinjauan.xlsx"):
            found = tables(board, proposals(board, self._view.rulebook, self._clock().date()))
            content, kind = await asyncio.to_thread(_file, name, found)
        elif name == "data-terbuka.csv":
            content, kind = await self._open_data.table(), "text/csv"
        elif name == "data-terbuka.sqlite3":
            content, kind = await self._open_data.database(), "application/vnd.sqlite3"
        else:
            raise HTTPException(404)
        await self._access.note(session.member, "unduh-tinjauan", name)
        return Response(content, media_type=kind, headers={"content-disposition": f"attachment; filename={name}"})

    async def queue(self, request: Request) -> Response:
        return await self._queue_page(await self._door.session(request), done=request.query_params.get("selesai", ""))

    async def act(self, request: Request) -> Response:
        """One step: to a rule's phrasings, to a new rule, out of scope, or never again."""
        session, form = await self._door.form(request)
        group = await self._queue.find(request.path_params["key"])
        if group is None:
            return await self._queue_page(session, trouble="Kelompok itu sudah tidak ada di antrean.", status=404)
        deed = str(form.get("aksi", ""))
        if deed in ("abaikan", "selesai"):
            await self._queue.decide(group.key, "abaikan" if deed == "abaikan" else "selesai")
            await self._access.note(session.member, f"antrean-{deed}", group.key)
            return RedirectResponse(f"/tinjau/antrean?selesai={deed}", 303)
        if not session.member.may("admin"):
            raise HTTPException(403)
        if deed == "aturan-baru":
            return await self._entries.new_rule(session, _phrase(group))
        return await self._into_draft(session, group, deed, str(form.get("aturan", "")).strip(), str(form.get("jenis", "")))

    async def _into_draft(self, session: Session, group: Group, deed: str, rule: str, kind: str) -> Response:
        work = await self._publishing.work(session.member.key)
        try:
            if deed == "frasa":
                name, changed = rule, await asyncio.to_thread(add_to_rule, work.documents, self._view.rulebook, rule, _phrase(group))
            elif deed == "di-luar":
                name, changed = kind, await asyncio.to_thread(add_outside, work.documents, kind, _phrase(group))
            else:
                raise HTTPException(400)
        except (KeyError, CannotEdit):
            return await self._queue_page(session, trouble="Aturan atau jenis itu tidak ada, jadi tidak ada yang berubah.", status=400)
        result = await self._publishing.save(session.member.key, session.member.name, changed, work.revision)
        if isinstance(result, Refused):
            return await self._queue_page(session, said=f"tolak-{result.why}", status=409)
        await self._access.note(session.member, f"antrean-{deed}", f"{name}: {group.key}")
        return RedirectResponse("/kelola/rancangan", 303)

    async def _queue_page(self, session: Session, *, done: str = "", trouble: str = "", said: str = "", status: int = 200) -> Response:
        board = await self._queue.board()
        return self._view.page("tinjau/antrean.html", status=status, session=session, board=board, done=done, trouble=trouble, said=said)

    async def _board(self, request: Request) -> tuple[Dashboard | None, int, str | None, date | None]:
        """The dashboard that the address asks for; odd values mean the usual ones."""
        given = request.query_params
        weeks = int(given["minggu"]) if given.get("minggu", "") in map(str, LENGTHS) else 4
        channel = given.get("saluran") if given.get("saluran") in CHANNELS else None
        try:
            day = date.fromisoformat(given.get("akhir", ""))
        except ValueError:
            day = date.min
        ending = monday_of(day) if day > OLDEST else None
        return await self._review.dashboard(weeks, channel, ending), weeks, channel, ending


def _file(name: str, found: Sequence[Table]) -> tuple[bytes, str]:
    return (as_csv(found).encode("utf-8-sig"), "text/csv") if name.endswith("csv") else (as_workbook(found), XLSX)


def _phrase(group: Group) -> str:
    return " ".join(group.text.replace(HOLE, " ").split())
