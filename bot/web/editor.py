"""The editors' pages about a draft as a whole: what it changes, publishing, history, the notice board, trying questions out.

Every endpoint asks the doorkeeper first and writes what it did to the trail. Works without script.
"""

import asyncio
from collections.abc import Mapping
from datetime import date
from pathlib import PurePath
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.core.merging import Side
from bot.core.problem import Problem
from bot.core.rulebook import Notice
from bot.usecases.access import Session
from bot.usecases.flips import asking_from, title_of
from bot.usecases.library import pack, unpack
from bot.usecases.ports import Draft
from bot.usecases.product import Product
from bot.usecases.publishing import Published, Refused, Waiting
from bot.usecases.serving import DEPLOY
from bot.usecases.spreadsheet import workbook
from bot.usecases.uploads import MAX_UPLOAD
from bot.web.contents import told
from bot.web.login import Doorkeeper
from bot.web.view import View

ZONE = ZoneInfo("Asia/Jakarta")
PATIENCE = 8.0
"""Seconds a page waits for a preview before it says that it is being made."""

SIDES: dict[str, Side] = {"kita": "kita", "mereka": "mereka", "keduanya": "keduanya"}


class EditorPages:
    """Drafts, editions, notices. Every public method but `routes` is an endpoint."""

    def __init__(self, product: Product, door: Doorkeeper, view: View) -> None:
        self._publishing = product.publishing
        self._access = product.access
        self._library = product.library
        self._clock = product.clock
        self._door = door
        self._view = view

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/kelola/rancangan", self.draft, methods=["GET"]),
            Route("/kelola/rancangan/terbitkan", self.publish, methods=["POST"]),
            Route("/kelola/rancangan/buang", self.discard, methods=["POST"]),
            Route("/kelola/rancangan/putuskan", self.decide, methods=["POST"]),
            Route("/kelola/rancangan/unggah", self.upload, methods=["POST"]),
            Route("/kelola/coba", self.attempt, methods=["GET", "POST"]),
            Route("/kelola/riwayat", self.history, methods=["GET"]),
            Route("/kelola/riwayat/{number:int}", self.edition, methods=["GET"]),
            Route("/kelola/riwayat/{number:int}/pulihkan", self.restore, methods=["POST"]),
            Route("/kelola/papan", self.board, methods=["GET"]),
            Route("/kelola/papan", self.post, methods=["POST"]),
            Route("/kelola/unduh/{name}", self.download, methods=["GET"]),
        ]

    # --- the draft ---

    async def draft(self, request: Request) -> Response:
        return await self._draft_page(await self._door.session(request, "admin"), request.query_params.get("pemilik", ""))

    async def publish(self, request: Request) -> Response:
        session, form = await self._door.form(request, "admin")
        owner = _owner(str(form.get("pemilik", "")), session)
        member = session.member
        result = await self._publishing.publish(owner, str(form.get("kunci", "")), member.name, member.key, str(form.get("alasan", "")))
        match result:
            case Published():
                await self._access.note(member, "terbitkan", f"edisi {result.edition.number}: {result.edition.reason}")
                return RedirectResponse(f"/kelola/riwayat/{result.edition.number}?baru", 303)
            case Waiting():
                await self._access.note(member, "setujui", f"rancangan {owner[:4]}")
                return await self._draft_page(session, owner, said="menunggu-persetujuan", values={"ada": result.approvals, "perlu": result.needed})
            case Refused():
                return await self._draft_page(session, owner, said=f"tolak-{result.why}", status=409, reason=str(form.get("alasan", "")))

    async def discard(self, request: Request) -> Response:
        session, form = await self._door.form(request, "admin")
        owner = _owner(str(form.get("pemilik", "")), session)
        if owner not in (session.member.key, DEPLOY):
            raise HTTPException(403)  # somebody else's work is theirs to throw away
        await self._publishing.discard(owner, session.member.name)
        await self._access.note(session.member, "buang-rancangan", owner[:6])
        return RedirectResponse("/kelola", 303)

    async def decide(self, request: Request) -> Response:
        session, form = await self._door.form(request, "admin", max_fields=400)
        owner = _owner(str(form.get("pemilik", "")), session)
        choices = {key.removeprefix("pilih:"): SIDES[str(value)] for key, value in form.items() if key.startswith("pilih:") and str(value) in SIDES}
        result = await self._publishing.decide(owner, choices)
        await self._access.note(session.member, "putuskan", f"{len(choices)} bentrok")
        if isinstance(result, Refused):
            return await self._draft_page(session, owner, said=f"tolak-{result.why}", status=409)
        return RedirectResponse(f"/kelola/rancangan?{urlencode({'pemilik': owner})}", 303)

    async def upload(self, request: Request) -> Response:
        session, form = await self._door.form(request, "admin", max_files=1, largest=MAX_UPLOAD + 1)
        file = form.get("berkas")
        if not isinstance(file, UploadFile):
            raise HTTPException(400)
        raw, name = await file.read(), file.filename or ""
        await form.close()
        result = await self._publishing.upload(session.member.key, session.member.name, name, raw)
        await self._access.note(session.member, "unggah", f"{PurePath(name).suffix[:8]}, {len(raw)} byte")
        if isinstance(result, Draft):
            return RedirectResponse("/kelola/rancangan", 303)
        if isinstance(result, Refused):
            return await self._draft_page(session, "", said=f"tolak-{result.why}", status=409)
        return await self._draft_page(session, "", refused=result, status=400)

    async def _draft_page(
        self,
        session: Session,
        owner: str,
        *,
        said: str = "",
        values: Mapping[str, object] | None = None,
        status: int = 200,
        reason: str = "",
        refused: list[Problem] | None = None,
    ) -> Response:
        owner = _owner(owner, session)
        work = await self._publishing.work(owner)
        preview = None
        if work.draft is not None and not work.conflicts:
            preview = await self._publishing.preview(owner, PATIENCE)
        drafts = await self._publishing.drafts()
        return self._view.page(
            "kelola/rancangan.html",
            status=status,
            session=session,
            owner=owner,
            mine=owner == session.member.key,
            work=work,
            preview=preview,
            waiting=work.draft is not None and not work.conflicts and preview is None,
            others=[draft for draft in drafts if draft.owner != owner],
            problems=await asyncio.to_thread(told, preview.problems, work.documents) if preview else [],
            refused=refused or [],
            old=self._library.shelf.rulebook,
            title_of=title_of,
            said=said,
            values=values or {},
            reason=reason,
            needed=self._publishing.approvals,
        )

    # --- trying questions out ---

    async def attempt(self, request: Request) -> Response:
        """Asks the draft or the live rulebook, on any day. The question comes by POST and is not kept."""
        session = await self._door.session(request, "peninjau")
        if request.method == "GET":
            return self._view.page("kelola/coba.html", session=session, day=self._clock().date(), question="", which="rancangan", shown=None)
        session, form = await self._door.form(request)
        question, which = str(form.get("tanya", ""))[:1500], "berlaku" if form.get("dari") == "berlaku" else "rancangan"
        try:
            day = date.fromisoformat(str(form.get("hari", "")))
        except ValueError:
            day = self._clock().date()
        shelf = self._library.shelf
        waiting = broken = False
        if which == "rancangan" and (await self._publishing.work(session.member.key)).draft is not None:
            preview = await self._publishing.preview(session.member.key, PATIENCE)
            waiting, broken = preview is None, preview is not None and preview.shelf is None
            shelf = preview.shelf if preview and preview.shelf else shelf
        shown = None
        if question.strip() and not waiting and not broken:
            shown = await asyncio.to_thread(asking_from(shelf, self._clock, day).ask, question, "web")
        return self._view.page(
            "kelola/coba.html",
            session=session,
            day=day,
            question=question,
            which=which,
            shown=shown,
            waiting=waiting,
            broken=broken,
            version=shelf.rulebook.version,
        )

    # --- what was published ---

    async def history(self, request: Request) -> Response:
        session = await self._door.session(request)
        editions = await self._publishing.serving.history(200)
        return self._view.page("kelola/riwayat.html", session=session, editions=[(e, f"{e.at.astimezone(ZONE):%Y-%m-%d %H.%M}") for e in editions])

    async def edition(self, request: Request) -> Response:
        session = await self._door.session(request)
        compared = await self._publishing.serving.compare(request.path_params["number"])
        if compared is None:
            raise HTTPException(404)
        edition, files = compared
        at = f"{edition.at.astimezone(ZONE):%Y-%m-%d %H.%M}"
        return self._view.page("kelola/edisi.html", session=session, edition=edition, at=at, files=files, fresh="baru" in request.query_params)

    async def restore(self, request: Request) -> Response:
        session, _ = await self._door.form(request, "admin")
        member, number = session.member, request.path_params["number"]
        work = await self._publishing.work(member.key)
        result = await self._publishing.restore(member.key, member.name, number, work.revision)
        await self._access.note(member, "pulihkan", f"edisi {number} ke rancangan")
        if isinstance(result, Refused):
            return await self._draft_page(session, "", said=f"tolak-{result.why}", status=409)
        return RedirectResponse("/kelola/rancangan", 303)

    async def download(self, request: Request) -> Response:
        session = await self._door.session(request)
        shelf = self._library.shelf
        version, name = shelf.rulebook.version, request.path_params["name"]
        if name == "buku-aturan.zip":
            content = pack({f"knowledge/{path}": raw for path, raw in unpack(shelf.documents).items()})
            kind = "application/zip"
        elif name == "buku-aturan.xlsx":
            content = await asyncio.to_thread(workbook, shelf.rulebook, self._clock().date())
            kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        else:
            raise HTTPException(404)
        await self._access.note(session.member, "unduh", f"{name} {version}")
        file = name.replace(".", f"-{version}.")
        return Response(content, media_type=kind, headers={"content-disposition": f"attachment; filename={quote(file)}"})

    # --- the notice board ---

    async def board(self, request: Request) -> Response:
        return self._board_page(await self._door.session(request, "admin"))

    async def post(self, request: Request) -> Response:
        session, form = await self._door.form(request, "admin")
        named = [name for name in str(form.get("dijeda", "")).split() if name]
        unknown = [name for name in named if self._library.shelf.rulebook.resolve(name) is None]
        if unknown:
            return self._board_page(session, unknown=unknown, typed=named, status=400)
        paused = frozenset(rule.id for name in named if (rule := self._library.shelf.rulebook.resolve(name)))
        notice = Notice(_line(form.get("spanduk")), _line(form.get("spanduk_inggris")), paused, form.get("tutup") == "ya")
        await self._publishing.serving.post(notice)
        await self._access.note(
            session.member,
            "papan",
            f"spanduk: {notice.banner[:80]}; dijeda: {', '.join(sorted(paused))[:120]}; tutup: {'ya' if notice.closed else 'tidak'}",
        )
        return self._board_page(session, done=True)

    def _board_page(
        self, session: Session, *, unknown: list[str] | None = None, typed: list[str] | None = None, done: bool = False, status: int = 200
    ) -> Response:
        notice = self._library.shelf.rulebook.notice
        paused = typed or sorted(notice.paused)
        return self._view.page("kelola/papan.html", status=status, session=session, notice=notice, paused=paused, unknown=unknown or [], done=done)


def _owner(given: str, session: Session) -> str:
    """Whose draft is meant; one's own unless told otherwise. Raises HTTPException 404 for what is nobody's key."""
    if not given.isprintable():
        raise HTTPException(404)
    return given[:24] or session.member.key


def _line(value: object) -> str:
    return " ".join(str(value or "").split())[:300]
