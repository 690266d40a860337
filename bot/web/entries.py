"""The editors' pages about single entries: find a rule, change it in a form, see its card; every other file likewise, or as text.

What is saved goes into the editor's own draft. A form that somebody else has overtaken is shown again with both versions.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from fnmatch import fnmatch

from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.core.answer import Card, compose, plain
from bot.core.editing import CannotEdit, put, remove
from bot.core.problem import Problem
from bot.core.reading import MAX_BYTES, Path, Value, dotted, read
from bot.core.rulebook import Rule, Rulebook, SourceFile
from bot.usecases.access import Session
from bot.usecases.product import Product
from bot.usecases.publishing import Refused, Work
from bot.usecases.uploads import belongs
from bot.web.contents import SECTIONS, Entry, address_of, digest, find, is_about, name_in, names_in, told
from bot.web.fields import beside
from bot.web.forms import form
from bot.web.login import Doorkeeper
from bot.web.posted import MAX_FIELDS, read_form
from bot.web.view import View

ASKED_DAYS = 30
LEAST_SHOWN = 5
"""Questions below which a count is not shown: few askers could be guessed."""


class EntryPages:
    """Rules and other entries. Every public method but `routes` is an endpoint."""

    def __init__(self, product: Product, door: Doorkeeper, view: View) -> None:
        self._publishing = product.publishing
        self._access = product.access
        self._asking = product.asking
        self._library = product.library
        self._clock = product.clock
        self._door = door
        self._view = view

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/kelola", self.rules, methods=["GET"]),
            Route("/kelola/berkas", self.files, methods=["GET"]),
            Route("/kelola/berkas/{file:path}", self.file, methods=["GET"]),
            Route("/kelola/teks/{file:path}", self.text, methods=["GET"]),
            Route("/kelola/teks/{file:path}", self.save_text, methods=["POST"]),
            Route("/kelola/butir/{rule}", self.rule, methods=["GET"]),
            Route("/kelola/isi/{file:path}", self.entry, methods=["GET"]),
            Route("/kelola/isi/{file:path}", self.save, methods=["POST"]),
        ]

    async def rules(self, request: Request) -> Response:
        """All rules, searched by words in title, id or topic."""
        session = await self._door.session(request)
        sought = request.query_params.get("cari", "").lower().split()
        order = request.query_params.get("urut", "")
        rulebook, day = self._library.shelf.rulebook, self._clock().date()
        asked = await self._asking.asked_since(self._clock() - timedelta(days=ASKED_DAYS))
        rows = []
        for rule in rulebook.rules.values():
            topic = rulebook.topics[rule.topic].name
            if all(word in f"{rule.id} {rule.title} {topic}".lower() for word in sought):
                version = rule.version_on(day)
                paused = rulebook.notice.pauses(rule.id)
                rows.append((rule, topic, version, asked.get(rule.id, 0), rule.review_due < day, paused))
        if order == "ditanya":
            rows.sort(key=lambda row: -row[3])
        elif order == "tinjau":
            rows.sort(key=lambda row: row[0].review_due)
        files = sorted(name for name in (await self._publishing.work(session.member.key)).documents if name.startswith("aturan/"))
        drafts = await self._publishing.drafts()
        return self._view.page(
            "kelola/aturan.html",
            session=session,
            rows=rows,
            sought=" ".join(sought),
            order=order,
            least=LEAST_SHOWN,
            days=ASKED_DAYS,
            files=files,
            drafts=drafts,
        )

    async def files(self, request: Request) -> Response:
        session = await self._door.session(request)
        work = await self._publishing.work(session.member.key)
        groups = [(s.label, [name for name in sorted(work.documents) if fnmatch(name, s.pattern)]) for s in SECTIONS[1:]]
        return self._view.page("kelola/berkas.html", session=session, groups=[group for group in groups if group[1]], changed=_changed(work))

    async def file(self, request: Request) -> Response:
        """The entries of one file."""
        session = await self._door.session(request)
        work, file = await self._publishing.work(session.member.key), request.path_params["file"]
        if file not in work.documents:
            raise HTTPException(404)
        sought = request.query_params.get("cari", "").lower()
        value = read(file, work.documents[file]).value
        lists = []
        for section in (s for s in SECTIONS if fnmatch(file, s.pattern)):
            names = [name for name in names_in(value, section) if sought in name.lower()]
            lists.append((section, [(name, address_of(file, section, name)) for name in names[:500]], len(names), address_of(file, section, "")))
        return self._view.page("kelola/isi-berkas.html", session=session, file=file, lists=lists, sought=sought)

    async def rule(self, request: Request) -> Response:
        """Leads from a rule's id to its form."""
        session = await self._door.session(request)
        work, name = await self._publishing.work(session.member.key), request.path_params["rule"]
        for file in sorted(work.documents):
            if file.startswith("aturan/") and name in names_in(read(file, work.documents[file]).value, SECTIONS[0]):
                return RedirectResponse(address_of(file, SECTIONS[0], name), 303)
        raise HTTPException(404)

    async def entry(self, request: Request) -> Response:
        session = await self._door.session(request)
        work = await self._publishing.work(session.member.key)
        entry = find(work, request.path_params["file"], request.query_params.get("di", ""), request.query_params.get("butir", ""))
        return await self._entry_page(session, work, entry, entry.value, saved="tersimpan" in request.query_params)

    async def save(self, request: Request) -> Response:
        session, sent = await self._door.form(request, "admin", max_fields=MAX_FIELDS, largest=MAX_BYTES)
        work = await self._publishing.work(session.member.key)
        entry = find(work, request.path_params["file"], request.query_params.get("di", ""), request.query_params.get("butir", ""))
        posted = {key: str(value) for key, value in sent.items() if key not in ("csrf", "asal", "hapus")}
        try:
            typed = read_form(entry.section.model, posted, entry.value)
        except ValueError as error:
            return await self._entry_page(session, work, entry, entry.value, trouble=str(error), status=400)
        if str(sent.get("asal", "")) != entry.mark:
            return await self._entry_page(session, work, entry, typed, overtaken=True, status=409)
        raw = work.documents[entry.file]
        gone = sent.get("hapus") == "ya" and entry.value is not None
        name = name_in(typed, entry.section) if entry.section.name else entry.name or str(sent.get("#nama", "")).strip()
        if not gone and (not name or name in entry.others):
            field = entry.section.name or "nama"
            trouble = (
                f"`{name}` sudah ada di berkas ini; pilih `{field}` lain."
                if name
                else f"Isi dulu `{field}`: tanpa itu butir ini tidak dapat dicari lagi."
            )
            return await self._entry_page(session, work, entry, typed, trouble=f"{trouble} Belum ada yang disimpan.", status=400)
        try:
            path = entry.path if entry.value is not None or entry.section.name else (*entry.path[:-1], name)
            changed = await asyncio.to_thread(remove, raw, path) if gone else await asyncio.to_thread(put, raw, path, typed)
        except CannotEdit as error:
            return await self._entry_page(
                session,
                work,
                entry,
                typed,
                trouble=f"Bentuk berkas ini tidak dapat diubah lewat formulir ({error}). Pakai halaman teksnya.",
                status=409,
            )
        result = await self._publishing.save(session.member.key, session.member.name, {entry.file: changed}, work.revision)
        if isinstance(result, Refused):
            return await self._entry_page(session, work, entry, typed, refused=result, status=409)
        await self._access.note(session.member, "hapus-butir" if gone else "ubah-butir", f"{entry.file}: {entry.name or name}")
        return RedirectResponse(f"/kelola/berkas/{entry.file}" if gone else address_of(entry.file, entry.section, name) + "&tersimpan", 303)

    async def new_rule(self, session: Session, phrase: str) -> Response:
        """The form of a new rule, begun with how people asked for it."""
        work = await self._publishing.work(session.member.key)
        file = next(name for name in sorted(work.documents) if name.startswith("aturan/"))
        today = self._clock().date()
        begun: Value = {"frasa": [phrase], "ditinjau": today.isoformat(), "tinjau_lagi": (today + timedelta(days=180)).isoformat()}
        return await self._entry_page(session, work, find(work, file, "aturan", ""), begun)

    async def text(self, request: Request) -> Response:
        session = await self._door.session(request)
        work, file = await self._publishing.work(session.member.key), request.path_params["file"]
        if file not in work.documents and not belongs(file):
            raise HTTPException(404)
        raw = work.documents.get(file, b"")
        return await self._text_page(session, work, file, raw, saved="tersimpan" in request.query_params)

    async def save_text(self, request: Request) -> Response:
        session, sent = await self._door.form(request, "admin", largest=MAX_BYTES)
        work, file = await self._publishing.work(session.member.key), request.path_params["file"]
        if file not in work.documents and not belongs(file):
            raise HTTPException(404)
        before = work.documents.get(file, b"")
        text = str(sent.get("teks", "")).replace("\r\n", "\n")
        raw = (text if b"\r\n" not in before else text.replace("\n", "\r\n")).encode()
        if str(sent.get("asal", "")) != digest(before):
            return await self._text_page(session, work, file, raw, overtaken=True, status=409)
        result = await self._publishing.save(session.member.key, session.member.name, {file: raw}, work.revision)
        if isinstance(result, Refused):
            return await self._text_page(session, work, file, raw, refused=result, status=409)
        await self._access.note(session.member, "ubah-teks", file)
        return RedirectResponse(f"/kelola/teks/{file}?tersimpan", 303)

    async def _text_page(
        self,
        session: Session,
        work: Work,
        file: str,
        raw: bytes,
        *,
        saved: bool = False,
        overtaken: bool = False,
        refused: Refused | None = None,
        status: int = 200,
    ) -> Response:
        problems = await asyncio.to_thread(told, [p for p in await self._problems(session, work) if p.file == file], work.documents)
        return self._view.page(
            "kelola/teks.html",
            status=status,
            session=session,
            file=file,
            text=raw.decode("utf-8", "replace"),
            mark=digest(work.documents.get(file, b"")),
            problems=problems,
            saved=saved,
            overtaken=overtaken,
            refused=refused,
        )

    async def _entry_page(
        self,
        session: Session,
        work: Work,
        entry: Entry,
        value: Value,
        *,
        saved: bool = False,
        overtaken: bool = False,
        trouble: str = "",
        refused: Refused | None = None,
        status: int = 200,
    ) -> Response:
        fields = form(entry.section.model, value)
        problems = [] if entry.value is None else [p for p in await self._problems(session, work) if p.file == entry.file]
        mine = [p for p in problems if is_about(p, entry)]
        rulebook = _with_sources(self._library.shelf.rulebook, work)
        return self._view.page(
            "kelola/butir.html",
            status=status,
            session=session,
            entry=entry,
            fields=fields,
            messages=beside(mine, fields, entry.path),
            elsewhere=len(problems) - len(mine),
            registers={"sumber": [(s.id, s.number) for s in rulebook.sources.values()], "aturan": [(r.id, r.title) for r in rulebook.rules.values()]},
            card=self._card(rulebook, value) if entry.section.model is Rule else None,
            plain=plain,
            saved=saved,
            overtaken=overtaken,
            trouble=trouble,
            refused=refused,
            differences=_differences(entry.value, value) if overtaken else [],
        )

    def _card(self, rulebook: Rulebook, value: Value) -> Card | None:
        """The card of a rule as typed; None while it is not whole."""
        try:
            rule = Rule.model_validate({**value, "topik": next(iter(rulebook.topics))} if isinstance(value, dict) else value)
            return compose(replace(rulebook, rules={**rulebook.rules, rule.id: rule}), rule, self._clock().date())
        except (ValidationError, KeyError, TypeError):
            return None

    async def _problems(self, session: Session, work: Work) -> Sequence[Problem]:
        """The Problems of the editor's draft; none without one."""
        return await self._publishing.problems(session.member.key) if work.draft else ()


def _differences(now: Value, typed: Value) -> list[tuple[str, str, str]]:
    """Place, what stands there now and what was typed, for everything in which two values of an entry differ."""
    ours, theirs = dict(_leaves(typed, ())), dict(_leaves(now, ()))
    return [
        (dotted(path), theirs.get(path, ""), ours.get(path, "")) for path in dict.fromkeys((*theirs, *ours)) if theirs.get(path) != ours.get(path)
    ]


def _leaves(value: Value, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, list) and any(isinstance(inner, dict) for inner in value):
        for i, inner in enumerate(value):
            yield from _leaves(inner, (*path, i))
    else:
        yield path, "\n".join(map(str, value)) if isinstance(value, list) else value or ""


def _with_sources(rulebook: Rulebook, work: Work) -> Rulebook:
    """The live rulebook with the sources that a draft has registered or changed."""
    sources = dict(rulebook.sources)
    for file in (name for name in _changed(work) if fnmatch(name, "sumber/*.yaml")):
        try:
            sources |= {source.id: source for source in SourceFile.model_validate(read(file, work.documents[file]).value).sources}
        except ValidationError:
            continue  # told as a Problem
    return replace(rulebook, sources=sources)


def _changed(work: Work) -> set[str]:
    return {name for name, content in work.documents.items() if work.live.get(name) != content}
