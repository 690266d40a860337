"""The rulebook's door in Telegram: a file sent in becomes a draft; buttons preview, publish and discard it.

Buttons carry the key of exactly what was previewed, so any process serves them and nothing else can be published by them.
"""

import contextlib
import html
import io
import logging
import re
from collections.abc import Sequence
from pathlib import PurePath

from telegram import Document, ForceReply, InlineKeyboardButton, InlineKeyboardMarkup, InputFile, Message, Update
from telegram.error import BadRequest, NetworkError
from telegram.ext import filters

from bot.chat import render
from bot.chat.courtesy import Context
from bot.chat.sending import edit, is_expected, send
from bot.chat.taps import EDITORS, Tap
from bot.core.answer import headline
from bot.core.assembly import Documents
from bot.core.messages import Teller
from bot.core.problem import Problem, quoted
from bot.core.rulebook import Rulebook
from bot.usecases.access import Access, Member
from bot.usecases.flips import Flip, Said, title_of
from bot.usecases.library import Library, pack, unpack
from bot.usecases.ports import Clock, Draft
from bot.usecases.publishing import Preview, Published, Publishing, Refused, Waiting
from bot.usecases.spreadsheet import workbook
from bot.usecases.uploads import MAX_UPLOAD

log = logging.getLogger(__name__)

SHOWN = 12
"""Problems, flips and changes named in a message; the web shows all of them."""

PUBLISH, DISCARD, PREVIEW = "terbit", "buang", "lihat"
_KEY = re.compile(r"#([0-9a-f]{8})\b")


class _Reason(filters.MessageFilter):
    """A reply to our question why a draft is to be published."""

    def filter(self, message: Message) -> bool:
        asked = message.reply_to_message
        return bool(asked and asked.from_user and asked.from_user.id == message.get_bot().id and _KEY.search(asked.text or ""))


REASON = _Reason()


class Editors:
    """What admins do with the rulebook in Telegram. Every method is given the member, whose role was looked up for this very call."""

    def __init__(self, publishing: Publishing, access: Access, library: Library, clock: Clock, site: str) -> None:
        self._publishing = publishing
        self._access = access
        self._library = library
        self._clock = clock
        self._site = site

    async def explain(self, update: Update, context: Context, member: Member) -> None:
        """/perbarui: how a file is sent in, and the draft that waits."""
        if update.message is None:
            return
        tell = self._tell()
        work = await self._publishing.work(member.key)
        waiting = tell("perbarui-menunggu", jumlah=len(work.draft.changed)) if work.draft else ""
        buttons = self._buttons(work.key, tell, publish=False) if work.draft else None
        await send(context.bot, update.message.chat_id, f"{tell('perbarui', tautan=html.escape(self._site))}\n\n{waiting}".strip(), buttons)

    async def download(self, update: Update, context: Context, member: Member) -> None:
        """/unduh: the live rulebook, to edit (zip) and to read (xlsx)."""
        if update.message is None:
            return
        shelf = self._library.shelf
        version = shelf.rulebook.version
        documents = {f"knowledge/{name}": content for name, content in unpack(shelf.documents).items()}
        files = ((f"buku-aturan-{version}.zip", pack(documents)), (f"buku-aturan-{version}.xlsx", workbook(shelf.rulebook, self._clock().date())))
        for name, content in files:
            await context.bot.send_document(update.message.chat_id, InputFile(io.BytesIO(content), name))
        await self._access.note(member, "unduh", version)

    async def receive(self, update: Update, context: Context, member: Member) -> None:
        """A file becomes a draft; what it would change is shown in the message that announces it."""
        message = update.message
        if message is None or message.document is None:
            return
        tell, chat = self._tell(), message.chat_id
        name = message.document.file_name or ""
        try:
            raw = await _fetched(message.document)
        except NetworkError as error:
            log.warning("a file could not be fetched (%s)", type(error).__name__)
            await send(context.bot, chat, tell("gagal", kode="unggah"))
            return
        if raw is None:
            await send(context.bot, chat, tell("unggah-terlalu-besar", batas=MAX_UPLOAD // 1_000_000))
            return
        result = await self._publishing.upload(member.key, member.name, name, raw)
        await self._access.note(member, "unggah", f"{PurePath(name).suffix[:8]}, {len(raw)} byte")
        if isinstance(result, Refused):
            await self._refuse(member, result, context, chat, tell)
        elif not isinstance(result, Draft):
            await send(context.bot, chat, _cut(f"{tell('unggah-ditolak')}\n\n{_problems(result, {name: raw})}"))
        else:
            notice = await send(context.bot, chat, tell("unggah-diperiksa"))
            self._show_later(member, update, context, chat, notice.message_id if notice else None)

    async def tapped(self, update: Update, context: Context, member: Member) -> None:
        """A button under a preview."""
        query = update.callback_query
        if query is None:
            return
        tap, message = Tap.parse(query.data or ""), query.message
        toast = self._tell()("tombol-lama")
        try:
            if tap is not None and isinstance(message, Message):
                toast = await self._tapped(tap, message, member, update, context)
        finally:
            try:
                await query.answer(toast[:200] or None)
            except BadRequest as error:
                if not is_expected(error):
                    raise

    async def _tapped(self, tap: Tap, message: Message, member: Member, update: Update, context: Context) -> str:
        """Does what a button says; returns the words of the toast, or nothing."""
        tell, chat = self._tell(), message.chat_id
        work = await self._publishing.work(member.key)
        if work.draft is None:
            return tell("tolak-tidak-ada")
        if tap.rule == PREVIEW:
            self._show_later(member, update, context, chat, message.message_id)
            return ""
        if work.key != tap.branch:
            # Neither published nor thrown away unseen; the words speak of a preview, so here is the way to it.
            with contextlib.suppress(BadRequest):  # it may stand there already, or be too old to change
                await message.edit_reply_markup(self._buttons(work.key, tell, publish=False))
            return tell("tolak-berubah")
        if tap.rule == DISCARD:
            await self._publishing.discard(member.key, member.name)
            await self._access.note(member, "buang-rancangan", tap.branch)
            await edit(context.bot, chat, message.message_id, tell("rancangan-dibuang"))
        elif tap.rule == PUBLISH:
            await self._ask_reason(chat, context, tap.branch, tell)
        return ""

    async def publish(self, update: Update, context: Context, member: Member) -> None:
        """The reply to "why?" publishes what that message names."""
        message = update.message
        question = message.reply_to_message if message else None
        key = _KEY.search((question.text or "") if question else "")
        if message is None or key is None:
            return
        tell = self._tell()
        result = await self._publishing.publish(member.key, key[1], member.name, member.key, message.text or "")
        match result:
            case Published():
                await self._access.note(member, "terbitkan", f"edisi {result.edition.number}: {result.edition.reason}")
                answer = tell("diterbitkan", nomor=result.edition.number, versi=result.edition.version)
            case Waiting():
                await self._access.note(member, "setujui", key[1])
                answer = tell("menunggu-persetujuan", ada=result.approvals, perlu=result.needed)
            case Refused():
                await self._refuse(member, result, context, message.chat_id, tell)
                if result.why == "alasan":
                    await self._ask_reason(message.chat_id, context, key[1], tell)
                return
        await send(context.bot, message.chat_id, html.escape(answer))

    async def _ask_reason(self, chat: int, context: Context, key: str, tell: Teller) -> None:
        prompt = ForceReply(input_field_placeholder=tell("alasan-contoh")[:64])
        await context.bot.send_message(chat, tell("alasan-tanya", kode=f"#{key}"), reply_markup=prompt)

    async def _refuse(self, member: Member, refused: Refused, context: Context, chat: int, tell: Teller) -> None:
        """Tells why nothing was changed, with the way to the draft when that is what must be looked at."""
        work = await self._publishing.work(member.key)
        buttons = self._buttons(work.key, tell, publish=False) if work.draft and refused.why != "alasan" else None
        await send(context.bot, chat, html.escape(tell(f"tolak-{refused.why}")), buttons)

    def _show_later(self, member: Member, update: Update, context: Context, chat: int, message_id: int | None) -> None:
        """Makes the preview beside the chat's turn: it takes many seconds, in which the admin's own questions are answered too."""
        context.application.create_task(self._show(member, context, chat, message_id), update)

    async def _show(self, member: Member, context: Context, chat: int, message_id: int | None) -> None:
        """The preview of a member's draft, in the message that announced it."""
        tell = self._tell()
        work = await self._publishing.work(member.key)
        if work.conflicts:
            text, buttons = tell("tolak-bentrok"), self._buttons(work.key, tell, publish=False)
        else:
            preview = await self._publishing.preview(member.key)
            assert preview is not None  # without a limit of patience it waits
            text = self._preview_html(preview, work.documents, tell)
            buttons = self._buttons(preview.key, tell, publish=preview.shelf is not None)
        if message_id is None or not await edit(context.bot, chat, message_id, text, buttons):
            await send(context.bot, chat, text, buttons)

    def _preview_html(self, preview: Preview, documents: Documents, tell: Teller) -> str:
        if preview.shelf is None:
            head = tell("pratinjau-galat", jumlah=len(preview.errors))
            return _cut(f"<b>{html.escape(head)}</b>\n\n{_problems(preview.errors, documents)}")
        lines = [f"<b>{html.escape(tell('pratinjau-judul', berkas=len(preview.files), aturan=len(preview.changes)))}</b>"]
        for change in preview.changes[:SHOWN]:
            marks = ("⚠️ " if change.loosens else "") + ("⚖️ " if change.basis_moved else "")
            verdicts = f"{change.before or '–'} → {change.after or '–'}" if change.before != change.after else ", ".join(change.fields[:4])
            lines.append(f"• {marks}{html.escape(change.title)} ({html.escape(change.kind)}): {html.escape(verdicts)}")
        lines += ["", f"<b>{html.escape(tell('pratinjau-balik', jumlah=len(preview.flips), soal=preview.questions))}</b>"]
        lines += [self._flip_html(flip, preview) for flip in preview.flips[:SHOWN]]
        warnings = [problem for problem in preview.problems if problem.severity == "peringatan"]
        if warnings:
            lines += ["", f"<b>{html.escape(tell('pratinjau-peringatan', jumlah=len(warnings)))}</b>", _problems(warnings[:3], documents)]
        return _cut("\n".join(lines))

    def _flip_html(self, flip: Flip, preview: Preview) -> str:
        assert preview.shelf is not None  # flips are only counted when there is a shelf
        old, new = self._library.shelf.rulebook, preview.shelf.rulebook

        def words(said: Said, rulebook: Rulebook) -> str:
            verdict = headline(rulebook, said.verdict, "id") if said.verdict else said.outcome
            return f"{verdict} {title_of(rulebook, said)}".strip()

        mark = "⚠️ " if flip.loosens else ""
        return f"• {mark}“{html.escape(flip.question[:120])}”: {html.escape(words(flip.before, old)[:90])} → <b>{html.escape(words(flip.after, new)[:90])}</b>"

    def _buttons(self, key: str, tell: Teller, *, publish: bool) -> InlineKeyboardMarkup:
        def button(name: str, action: str) -> InlineKeyboardButton:
            return render.button(tell(name), EDITORS, action, key)

        first = [button("tombol-terbitkan", PUBLISH)] if publish else [button("tombol-pratinjau", PREVIEW)]
        return InlineKeyboardMarkup(
            [[*first, button("tombol-buang", DISCARD)], [InlineKeyboardButton(tell("tombol-buka-web"), url=f"{self._site}/kelola/rancangan")]]
        )

    def _tell(self) -> Teller:
        return Teller(self._library.shelf.rulebook, "id")


async def _fetched(document: Document) -> bytes | None:
    """The file's bytes; None when it is larger than a rulebook can be. What Telegram says about the size is checked again."""
    if (document.file_size or 0) > MAX_UPLOAD:
        return None
    try:
        file = await document.get_file()
    except BadRequest as error:
        if "too big" in str(error).lower():  # Telegram's own limit, for a document that came without a size
            return None
        raise
    if (file.file_size or 0) > MAX_UPLOAD:
        return None
    raw = bytes(await file.download_as_bytearray())
    return raw if len(raw) <= MAX_UPLOAD else None


def _problems(problems: Sequence[Problem], documents: Documents) -> str:
    lines = []
    for problem in problems[:SHOWN]:
        place = f"{problem.file}:{problem.line}" if problem.line else problem.file
        line = quoted(problem, documents)
        lines.append(
            f"• <b>{html.escape(place[:120])}</b> {html.escape(problem.what[:300])} → {html.escape(problem.fix[:300])}"
            + (f"\n<code>{html.escape(line[:100])}</code>" if line else "")
        )
    if len(problems) > SHOWN:
        lines.append(f"… +{len(problems) - SHOWN}")
    return "\n".join(lines)


def _cut(text: str) -> str:
    """At most what a message holds, cut between lines so that no tag is left open."""
    while len(text) > render.MAX_TEXT:
        text = text.rsplit("\n", 1)[0]
    return text
