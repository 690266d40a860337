"""HR admins keep the rulebook from Telegram: the real program as a process, a file in, a preview, a reason, the next answer; and an attacker."""

import asyncio
import html
import io
import itertools
import re
import sqlite3
import statistics
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from bot.core.assembly import version_of
from bot.storage.archive import DatabaseArchive
from bot.storage.database import migrate, open_engine
from bot.storage.editions import REMOVED, DatabaseEditions
from bot.storage.folder import read_folder
from bot.usecases.library import pack
from bot.usecases.ports import Edition
from bot.usecases.uploads import MAX_UPLOAD
from tests.emulator import Emulator, File, SentMessage, User
from tests.program import ROOT, Program, running
from tests.small import small_documents
from tests.test_working_day import NEW_WORDS, OLD_WORDS, VOTING, VOTING_FILE, desk_at, published
from tests.test_working_day import asked as web_answer

ADMINS = tuple(User(770010000 + number, f"Ratnawulan{number}", f"ratna{number}_rahasia") for number in range(100))
REVIEWER = User(770020001, "Wahyuningsih", "wahyu_rahasia")
STRANGER = User(770030001, "Bramantyo", "bram_rahasia")
ENVIRONMENT = {"ADMIN_IDS": ",".join(str(admin.id) for admin in ADMINS), "REVIEWER_IDS": str(REVIEWER.id)}
FILE = "aturan/kecil.yaml"
LIKE, VOTE, RALLY = "boleh gak like postingan paslon", "apakah ASN boleh mencoblos di TPS", "boleh gak datang ke kampanye"
WHISPER = "catatan-kecil-antara-kita"
"""Stands in comments of files that are refused or discarded."""

Bot = tuple[Emulator, Program]
_admins, _chats = iter(ADMINS), itertools.count(6000)


def hired() -> User:
    """An admin nobody has met: floods, drafts and messages of one test do not reach another."""
    return next(_admins)


async def publish_small(folder: Path) -> None:
    """Leaves a database in which somebody has published a rulebook of three rules over the deployed folder."""
    engine = open_engine(f"sqlite+aiosqlite:///{folder}/netral.sqlite3")
    await migrate(engine)
    documents, now = small_documents(), datetime.now(UTC)
    await DatabaseArchive(engine).keep(version_of(documents), now.date(), pack(documents))
    deployed = version_of(read_folder(ROOT / "knowledge"))
    await DatabaseEditions(engine).add(Edition(1, version_of(documents), deployed, "terbit", "Tim", "awal", now))
    await engine.dispose()


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    folder = tmp_path_factory.mktemp("penyunting")
    asyncio.run(publish_small(folder))
    with Emulator() as emulator, running(folder, emulator, **ENVIRONMENT) as program:
        yield emulator, program


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, library: object) -> Iterator[Bot]:
    """The program with the rulebook it is delivered with."""
    with Emulator() as emulator, running(tmp_path_factory.mktemp("utuh"), emulator, **ENVIRONMENT) as program:
        yield emulator, program


# --- what somebody does in Telegram ---


def tell(bot: Bot, text: str, user: User, reply_to: SentMessage | None = None) -> SentMessage:
    """What the bot answers to somebody who writes in private."""
    bot[0].say(text, chat=user.id, user=user, reply_to=reply_to)
    return bot[0].next_message(user.id, timeout=20)


def ask(bot: Bot, question: str) -> str:
    """What anybody else is answered now."""
    chat = next(_chats)
    bot[0].say(question, chat=chat)
    return bot[0].next_message(chat, timeout=20).text


def send(bot: Bot, user: User, name: str, content: bytes, *, said_size: int | None = None, told_size: int | None = None) -> SentMessage:
    """The first that the bot says to a file."""
    bot[0].send_document(name, content, chat=user.id, user=user, said_size=said_size, told_size=told_size)
    return bot[0].next_message(user.id, timeout=20)


def preview(bot: Bot, user: User, name: str, content: bytes) -> SentMessage:
    """The preview of a file that was sent in."""
    message = send(bot, user, name, content)
    bot[0].wait_for(lambda: message.edits, timeout=120)
    return message


def tap(bot: Bot, message: SentMessage, button: str, user: User) -> str:
    """The words that pop up after a tap; empty when none do."""
    query = bot[0].tap(message, button, user)
    return str(
        bot[0].wait_for(lambda: [p for m, p in bot[0].calls if m == "answerCallbackQuery" and p["callback_query_id"] == query])[0].get("text", "")
    )


def why(bot: Bot, message: SentMessage, user: User) -> SentMessage:
    """The question for the reason, after the tap on "Terbitkan …"."""
    assert tap(bot, message, "Terbitkan", user) == ""
    return bot[0].next_message(user.id)


def names(message: SentMessage) -> list[str]:
    return [button["text"] for row in message.buttons for button in row]


def key_in(message: SentMessage) -> str:
    """The key that the buttons of a preview carry."""
    data = next(button["callback_data"] for row in message.buttons for button in row if "callback_data" in button)
    return str(data.split(":")[2])


def offer(message: SentMessage, data: str) -> SentMessage:
    """The message with a button that the bot never made, as a patched app can send it."""
    return replace(message, buttons=[[{"text": "Terbitkan (palsu)", "callback_data": data}]])


def document(message: SentMessage) -> File:
    assert message.file is not None
    return message.file


def download(bot: Bot, user: User) -> tuple[File, File]:
    """The zip and the workbook of /unduh."""
    return document(tell(bot, "/unduh", user)), document(bot[0].next_message(user.id))


def live(bot: Bot, user: User) -> dict[str, bytes]:
    """The rulebook in force, as /unduh gives it."""
    with zipfile.ZipFile(io.BytesIO(download(bot, user)[0][1])) as archive:
        return {name.removeprefix("knowledge/"): archive.read(name) for name in archive.namelist()}


def changed(bot: Bot, user: User, *pairs: tuple[str, str], file: str = FILE) -> bytes:
    """A file of the rulebook in force with some of its texts replaced; each must be there exactly once."""
    text = live(bot, user)[file].decode()
    for old, new in pairs:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
        text = text.replace(old, new)
    return text.encode()


def zipped(documents: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in documents.items():
            archive.writestr(name, content)
    return out.getvalue()


def drafts(bot: Bot) -> list[str]:
    """The rule file in each draft that waits."""
    found = []
    for (block,) in bot[1].query("SELECT changed FROM drafts"):
        with zipfile.ZipFile(io.BytesIO(block)) as archive:
            found += [archive.read(name).decode(errors="replace") for name in archive.namelist() if name == FILE]
    return found


def editions(bot: Bot) -> list[tuple[str, str]]:
    """Who published and why, the newest first."""
    return bot[1].query("SELECT author, reason FROM editions ORDER BY number DESC")  # type: ignore[return-value]


# --- who may ---


def test_to_everybody_else_the_door_does_not_exist(bot: Bot) -> None:
    unknown = tell(bot, "/perintahyangtidakada", STRANGER)
    for user, commands in ((STRANGER, ("/perbarui", "/unduh", "/unduh semua")), (REVIEWER, ("/perbarui",))):
        for command in commands:
            answer = tell(bot, command, user)
            assert (answer.html, answer.buttons, answer.reply_to, answer.prompt) == (unknown.html, unknown.buttons, unknown.reply_to, {})


def test_a_file_of_somebody_else_is_answered_like_a_photo_and_never_fetched(bot: Bot) -> None:
    emulator, program = bot
    emulator.send_photo(chat=STRANGER.id, user=STRANGER)
    kind_word = emulator.next_message(STRANGER.id)
    seen = len(emulator.calls)
    for user in (STRANGER, REVIEWER):
        for name, size in (("kecil.yaml", None), ("x.zip", None), ("besar.zip", 300_000_000)):
            answer = send(bot, user, name, f"# {WHISPER}\n".encode(), said_size=size)
            assert (answer.html, answer.buttons, answer.reply_to) == (kind_word.html, kind_word.buttons, kind_word.reply_to)
    assert not [method for method, _ in emulator.calls[seen:] if method == "getFile"]
    assert program.query("SELECT 1 FROM drafts") == []


def test_the_way_is_explained_to_an_admin(bot: Bot) -> None:
    admin = hired()
    answer = tell(bot, "/perbarui", admin)
    assert "/unduh" in answer.text
    assert f"{bot[1].url}/kelola" in answer.text
    assert answer.buttons == []


def test_a_reviewer_downloads_what_an_admin_downloads(bot: Bot) -> None:
    (name, packed), (sheet, _) = download(bot, REVIEWER)
    assert re.fullmatch(r"buku-aturan-[0-9a-f]{8}\.zip", name)
    assert sheet == name.replace(".zip", ".xlsx")
    assert packed == download(bot, hired())[0][1]


def test_in_a_group_the_door_is_closed_for_admins_too(bot: Bot) -> None:
    emulator, admin, group = bot[0], hired(), -770040
    for command in ("/perbarui@TanyaNetralBot", "/unduh@TanyaNetralBot"):
        emulator.say(command, chat=group, chat_type="supergroup", user=admin)
    emulator.send_document("kecil.yaml", b"x", chat=group, chat_type="supergroup", user=admin)
    emulator.say("/topik@TanyaNetralBot", chat=group, chat_type="supergroup", user=admin)
    emulator.next_message(group)
    time.sleep(0.3)
    assert len(emulator.messages[group]) == 1


def test_a_forwarded_file_is_not_taken_for_the_admins_own(bot: Bot) -> None:
    admin = hired()
    bot[0].send_document("kecil.yaml", b"topik: x\n", chat=admin.id, user=admin, forwarded=True)
    assert "Pesan terusan" in bot[0].next_message(admin.id).text
    assert "menunggu" not in tell(bot, "/perbarui", admin).text


# --- a working day ---


def test_a_changed_wording_is_previewed_explained_and_answers_the_next_question(bot: Bot) -> None:
    admin = hired()
    tell(bot, "/nama Bu Ratna", admin)
    for _ in range(5):  # asked lately by enough people, so the report asks it again
        assert "DILARANG" in ask(bot, LIKE)
    bot[0].wait_for(lambda: len(bot[1].query("SELECT 1 FROM questions WHERE rule = 'suka-unggahan'")) >= 5)
    file = changed(
        bot,
        admin,
        ("putusan: dilarang\n        jawab: Jangan menyukai unggahan calon.", "putusan: boleh\n        jawab: Silakan menyukai & <b>lihat</b>."),
    )
    message = preview(bot, admin, "kecil.yaml", file)
    assert "1 berkas, 1 aturan berubah" in message.text
    assert "⚠️ Menyukai unggahan calon (ubah): dilarang → boleh" in message.text
    assert re.search(rf"1 dari \d+ pertanyaan akan dijawab lain\n• ⚠️ “{LIKE}”: .*DILARANG.* → .*BOLEH", message.text)
    assert names(message) == ["Terbitkan …", "Buang", "Lihat semuanya di web"]
    assert "Jangan menyukai" in ask(bot, LIKE), "a draft must not answer"
    question = why(bot, message, admin)
    assert question.prompt["force_reply"] is True
    assert 1 <= len(question.prompt["input_field_placeholder"]) <= 64
    assert f"#{key_in(message)}" in question.text
    before = editions(bot)
    answer = tell(bot, "surat edaran  baru\n3 Maret", admin, question)
    assert "Terbit: edisi 2" in answer.text
    assert "Silakan menyukai & <b>lihat</b>." in ask(bot, LIKE)
    assert editions(bot) == [("Bu Ratna", "surat edaran baru 3 Maret"), *before]
    assert bot[1].query("SELECT 1 FROM drafts") == []
    trail = bot[1].query("SELECT action, detail FROM audit WHERE name = 'Bu Ratna' ORDER BY number")
    assert [action for action, _ in trail if action != "nama"] == ["unduh", "unggah", "terbitkan"]
    # The buttons of what is published already do nothing more, and do not claim to.
    for button in ("Terbitkan", "Buang"):
        assert "sudah tidak ada" in tap(bot, message, button, admin)
    assert "Rancangan dibuang" not in message.text
    assert "sudah tidak ada" in tell(bot, "sekali lagi dengan alasan", admin, question).text
    assert len(editions(bot)) == len(before) + 1


def test_a_zip_of_several_files_becomes_one_draft(bot: Bot) -> None:
    admin = hired()
    documents = live(bot, admin)
    documents[FILE] = documents[FILE].replace(b"jawab: Sebaiknya jangan datang.", b"jawab: Sebaiknya tinggal di rumah.")
    documents["pesan.yaml"] = documents["pesan.yaml"].replace(b"Perintah itu tidak saya kenal.", b"Perintah itu asing bagi saya.")
    extra = {"PERUBAHAN.md": b"x", "_skema/aturan.json": b"{}", ".DS_Store": b"x"}
    message = preview(bot, admin, "buku aturan.zip", zipped({f"knowledge/{name}": content for name, content in (documents | extra).items()}))
    assert "2 berkas, 1 aturan berubah" in message.text
    assert "Hadir di kampanye (ubah): versi 2026-01-02: jawab" in message.text
    assert "Terbit" in tell(bot, "kalimat lebih halus", admin, why(bot, message, admin)).text
    assert "tinggal di rumah" in ask(bot, RALLY)
    assert "asing bagi saya" in tell(bot, "/perintahyangtidakada", STRANGER).text


def test_what_was_downloaded_changes_nothing_when_it_is_sent_back(bot: Bot) -> None:
    admin = hired()
    name, packed = download(bot, admin)[0]
    message = preview(bot, admin, name, packed)
    assert "0 berkas, 0 aturan berubah" in message.text
    before = editions(bot)
    assert "sama dengan yang berlaku" in tell(bot, "tanpa perubahan", admin, why(bot, message, admin)).text
    assert editions(bot) == before


def test_every_mistake_is_told_with_its_line_and_nothing_can_be_published(bot: Bot) -> None:
    admin = hired()
    pairs = (
        ("judul: Memilih di TPS", "judul: Memilih di TPS <b>&"),  # no mistake, but it must not break the message
        ("        putusan: boleh\n        jawab: Boleh, rahasiakan", "        putusan: bolehh\n        jawab: Boleh, rahasiakan"),
        ("          - sumber: uu-7-2017", "          - sumber: uu-7-2071"),
        ("    terkait: [suka-unggahan]", "    terkait: [suka-unggahann]"),
        ("        sebab_hindari: diperdebatkan", "        sebab_hindari: entah <i>"),
        ("    judul_inggris: Voting\n", "    judul_ingris: Voting\n"),
    )
    broken = changed(bot, admin, *pairs)
    lines = broken.decode().splitlines()
    message = preview(bot, admin, "kecil.yaml", broken)
    told = re.findall(rf"• {re.escape(FILE)}:(\d+) .* → .*\n(.+)", message.text)
    wrong = ("putusan: bolehh", "sebab_hindari: entah <i>", "judul_ingris: Voting")
    assert {needle for needle in wrong if any(needle in line for _, line in told)} == set(wrong)
    assert all(lines[int(number) - 1].strip()[:100] == line for number, line in told)
    assert f"{len(told)} galat" in message.text
    assert names(message) == ["Pratinjau", "Buang", "Lihat semuanya di web"]
    # Whoever publishes all the same is told that there are errors.
    key, before = key_in(message), editions(bot)
    question = why(bot, offer(message, f"e:terbit:{key}:i"), admin)
    refused = tell(bot, "paksa saja", admin, question)
    assert "Masih ada galat" in refused.text
    assert "Pratinjau" in names(refused)
    assert editions(bot) == before
    # With these corrected, those that hung on them are found.
    later = preview(bot, admin, "kecil.yaml", changed(bot, admin, *pairs[2:4]))
    assert {line.strip() for _, line in re.findall(r":(\d+) .*\n(.+)", later.text)} == {"- sumber: uu-7-2071", "terkait: [suka-unggahann]"}
    assert "0 aturan berubah" in preview(bot, admin, "kecil.yaml", changed(bot, admin)).text


def test_more_mistakes_than_a_message_holds_are_counted(bot: Bot) -> None:
    admin = hired()
    rules = "".join(f"  - id: aturan-{number}\n    {'x' * 30}: {'<&>' * 300}\n" for number in range(40))
    message = preview(bot, admin, "banyak.yaml", f"topik: media-sosial\naturan:\n{rules}".encode())
    assert re.search(r"\d{2,} galat", message.text)
    assert message.text.count("• aturan/banyak.yaml:") >= 3
    assert "Terbitkan …" not in names(message)


@pytest.mark.parametrize(
    "text",
    [
        "aturan: &a [*a, *a]\n",
        "aturan: !!python/object/apply:os.system ['true']\n",
        "aturan: " + "[" * 5000 + "\n",
        "aturan:\n  - " + "a: " * 2000 + "\n",
        'topik: "' + "x" * 100_000 + '"\naturan: []\n',
        "aturan: []\n" + "kunci-yang-sangat-panjang-sekali" * 300 + ": 1\n" * 2,
        "aturan: []\n\x00",
        "topik: media-sosial\naturan: [\n",
    ],
)
def test_a_hostile_yaml_is_only_told(bot: Bot, text: str) -> None:
    admin = hired()
    for name in ("kecil.yaml", "baru-sekali.yaml"):
        message = send(bot, admin, name, text.encode())
        if "Rancangan disimpan" in message.text:
            bot[0].wait_for(lambda message=message: message.edits, timeout=30)
        assert "galat" in message.text or "tidak dapat dipakai" in message.text
        assert message.text.count("•") >= 1, "at least the first mistake is told"
        assert "Terbitkan …" not in names(message)
    assert "boleh" in ask(bot, VOTE).lower()


def test_a_draft_waits_and_is_thrown_away_with_a_tap(bot: Bot) -> None:
    admin = hired()
    file = changed(bot, admin, ("Boleh, rahasiakan pilihan Anda.", f"Boleh, jangan cerita. # {WHISPER}"))
    message = preview(bot, admin, "kecil.yaml", file)
    waiting = tell(bot, "/perbarui", admin)
    assert "1 berkas berubah" in waiting.text
    assert names(waiting) == ["Pratinjau", "Buang", "Lihat semuanya di web"]
    assert tap(bot, waiting, "Pratinjau", admin) == ""
    bot[0].wait_for(lambda: waiting.edits, timeout=60)
    assert waiting.text == message.text
    assert names(waiting)[0] == "Terbitkan …"
    assert tap(bot, message, "Buang", admin) == ""
    bot[0].wait_for(lambda: "Rancangan dibuang" in message.text)
    assert message.buttons == []
    assert not [text for text in drafts(bot) if WHISPER in text]
    assert "rahasiakan" in ask(bot, VOTE)
    assert "menunggu" not in tell(bot, "/perbarui", admin).text
    assert "sudah tidak ada" in tap(bot, waiting, "Terbitkan", admin)


def test_a_button_under_an_old_preview_neither_publishes_nor_throws_away(bot: Bot) -> None:
    admin = hired()
    old = preview(bot, admin, "kecil.yaml", changed(bot, admin, ("Boleh, rahasiakan", "Boleh. Rahasiakan")))
    asked = why(bot, old, admin)
    new = preview(bot, admin, "kecil.yaml", changed(bot, admin, ("Boleh, rahasiakan", "Boleh! Rahasiakan")))
    old_key, before, sent = key_in(old), editions(bot), len(bot[0].messages[admin.id])
    assert key_in(new) != old_key
    for action in ("buang", "terbit"):
        assert "sudah berubah" in tap(bot, offer(old, f"e:{action}:{old_key}:i"), f"e:{action}:{old_key}:i", admin)
    assert len(bot[0].messages[admin.id]) == sent, "nobody was asked for a reason"
    assert [text for text in drafts(bot) if "Boleh! Rahasiakan" in text], "the draft is still there"
    # The reason for the old one comes too late.
    late = tell(bot, "alasan yang baik", admin, asked)
    assert "sudah berubah" in late.text
    assert editions(bot) == before
    # And from the words there is a way on.
    assert "Pratinjau" in names(old)
    assert "Pratinjau" in names(late)
    tap(bot, old, "Pratinjau", admin)
    bot[0].wait_for(lambda: "Terbitkan …" in names(old), timeout=60)
    assert key_in(old) == key_in(new)
    tap(bot, new, "Buang", admin)


@pytest.mark.parametrize("reason", ["a", "ok", "  . ", "\n\n"])
def test_a_reason_that_says_nothing_is_asked_for_again(bot: Bot, reason: str) -> None:
    admin = hired()
    message = preview(bot, admin, "kecil.yaml", changed(bot, admin, ("Menyukai unggahan calon", f"Menyukai unggahan calon {len(editions(bot))}")))
    question, before = why(bot, message, admin), editions(bot)
    assert "Tulis alasannya dulu" in tell(bot, reason, admin, question).text
    again = bot[0].next_message(admin.id)
    assert again.prompt["force_reply"] is True
    assert editions(bot) == before
    assert "Terbit" in tell(bot, "penomoran judul", admin, again).text
    assert editions(bot)[0][1] == "penomoran judul"


def test_a_very_long_reason_is_kept_short(bot: Bot) -> None:
    admin = hired()
    message = preview(bot, admin, "kecil.yaml", changed(bot, admin, ("judul_inggris: Voting", "judul_inggris: Voting today")))
    assert "Terbit" in tell(bot, "alasan " * 500, admin, why(bot, message, admin)).text
    assert 200 < len(editions(bot)[0][1]) <= 300


# --- two at once ---


def test_of_two_admins_the_second_is_told_and_nothing_is_lost(bot: Bot) -> None:
    first, second = hired(), hired()
    theirs = preview(
        bot, second, "kecil.yaml", changed(bot, second, ("bolehkah PNS hadir di rapat umum calon", "bolehkah PNS hadir di rapat akbar calon"))
    )
    ours = preview(bot, first, "kecil.yaml", changed(bot, first, ("Yes, and keep it secret.", "Yes; keep it secret.")))
    asked = why(bot, theirs, second)
    assert "Terbit" in tell(bot, "bahasa Inggris", first, why(bot, ours, first)).text
    before = editions(bot)
    refused = tell(bot, "frasa baru", second, asked)
    assert "sudah berubah" in refused.text
    assert "sudah berubah" in tap(bot, theirs, "Terbitkan", second)
    assert editions(bot) == before
    tap(bot, refused, "Pratinjau", second)
    bot[0].wait_for(lambda: "Terbitkan …" in names(refused), timeout=60)
    assert "1 berkas, 1 aturan berubah" in refused.text, "only their own change, on top of the other's"
    assert "Terbit" in tell(bot, "frasa baru", second, why(bot, refused, second)).text
    served = live(bot, first)[FILE].decode()
    assert "rapat akbar" in served
    assert "Yes; keep it secret." in served


def test_the_same_line_changed_twice_is_told_and_cannot_be_published(bot: Bot) -> None:
    first, second = hired(), hired()
    theirs = preview(bot, second, "kecil.yaml", changed(bot, second, ("jalan_aman: Simak siaran debat.", "jalan_aman: Simak radio.")))
    ours = preview(bot, first, "kecil.yaml", changed(bot, first, ("jalan_aman: Simak siaran debat.", "jalan_aman: Simak televisi.")))
    asked = why(bot, theirs, second)
    tell(bot, "televisi", first, why(bot, ours, first))
    before = editions(bot)
    assert "baris yang juga diubah orang lain" in tell(bot, "radio saja", second, asked).text
    waiting = tell(bot, "/perbarui", second)
    tap(bot, waiting, "Pratinjau", second)
    bot[0].wait_for(lambda: "baris yang juga diubah orang lain" in waiting.text)
    assert "Terbitkan …" not in names(waiting)
    again = send(bot, second, "kecil.yaml", changed(bot, second))
    assert "baris yang juga diubah orang lain" in again.text
    assert any("/kelola/rancangan" in button.get("url", "") for row in again.buttons for button in row)
    assert editions(bot) == before
    tap(bot, waiting, "Buang", second)
    bot[0].wait_for(lambda: "Rancangan dibuang" in waiting.text)


def test_with_four_eyes_a_second_admin_must_agree(tmp_path: Path) -> None:
    asyncio.run(publish_small(tmp_path))
    one, two = hired(), hired()
    with Emulator() as emulator, running(tmp_path, emulator, PUBLISH_APPROVALS="2", **ENVIRONMENT) as program:
        bot = emulator, program
        tell(bot, "/nama Pak Dua", two)
        message = preview(bot, one, "kecil.yaml", changed(bot, one, ("Boleh, rahasiakan pilihan Anda.", "Boleh, simpan sendiri.")))
        key = key_in(message)
        for _ in range(2):
            question = why(bot, message, one)
            assert "1 dari 2" in tell(bot, "kalimat lebih jelas", one, question).text, "the same eyes twice are two eyes"
        assert "sudah tidak ada" in tell(bot, "setuju saja", two, question).text, "a reply approves only one's own draft"
        assert "rahasiakan" in ask(bot, VOTE)
        link = re.search(r"https?://\S+/masuk/[\w-]+", tell(bot, "/masuk", two).text)
        assert link
        with httpx.Client(trust_env=False, headers={"origin": program.url}) as browser:
            browser.post(link[0])
            overview = browser.get(f"{program.url}/kelola/rancangan").text
            owner = re.search(r"/kelola/rancangan\?pemilik=([0-9a-f]+)", overview)
            assert owner
            page = browser.get(f"{program.url}/kelola/rancangan", params={"pemilik": owner[1]}).text
            csrf = re.search(r'name="csrf" value="(\w+)"', page)
            assert csrf
            form = {"csrf": csrf[1], "pemilik": owner[1], "kunci": key, "alasan": "sudah saya baca"}
            assert browser.post(f"{program.url}/kelola/rancangan/terbitkan", data=form).status_code == 303
        assert "simpan sendiri" in ask(bot, VOTE)
        assert editions(bot)[0] == ("Pak Dua", "sudah saya baca")


# --- an attacker's day ---


def test_a_forged_tap_does_nothing(bot: Bot) -> None:
    admin = hired()
    message = preview(bot, admin, "kecil.yaml", changed(bot, admin, ("like postingan akun resmi KPU boleh gak", "like akun resmi KPU boleh gak")))
    key, before = key_in(message), editions(bot)
    other = hired()
    for user, words in ((STRANGER, "sudah tidak ada"), (REVIEWER, "sudah tidak ada"), (other, "sudah tidak ada")):
        own = tell(bot, "/bantuan", user)
        sent, shown = len(bot[0].messages[user.id]), own.html
        for action in ("terbit", "buang", "lihat", "", "x"):
            data = f"e:{action}:{key}:i"
            assert words in tap(bot, offer(own, data), data, user)
        time.sleep(0.3)
        assert len(bot[0].messages[user.id]) == sent
        assert own.html == shown
    for data in ("e:", "e:terbit", f"e:terbit:{key}:", "e:terbit::i", "e:x:y:i", f"e:{'x' * 50}:i"):
        tap(bot, offer(message, data), data, admin)
    assert editions(bot) == before
    assert [text for text in drafts(bot) if "like akun resmi KPU" in text]
    tap(bot, message, "Buang", admin)


def test_a_forged_reply_is_only_a_question(bot: Bot) -> None:
    admin, other = hired(), hired()
    message = preview(
        bot, admin, "kecil.yaml", changed(bot, admin, ("menyukai unggahan KPU tentang jadwal pemilu", "menyukai unggahan KPU soal jadwal pemilu"))
    )
    question, before = why(bot, message, admin), editions(bot)
    for user in (STRANGER, REVIEWER):
        answer = tell(bot, VOTE, user, replace(question, chat_id=user.id))
        assert "BOLEH" in answer.text.splitlines()[0], "answered as to anybody"
    assert "sudah tidak ada" in tell(bot, VOTE, other, replace(question, chat_id=other.id)).text
    # A text of the admin's own that looks like our question is not our question.
    own = {"message_id": 5, "date": int(time.time()), "chat": {"id": admin.id, "type": "private"}, "from": admin.json(), "text": question.text}
    sent = len(bot[0].messages[admin.id])
    body = {"message_id": 6, "date": int(time.time()), "chat": own["chat"], "from": admin.json(), "text": VOTE, "reply_to_message": own}
    bot[0].raw({"message": body})
    assert "BOLEH" in bot[0].next_message(admin.id, after=sent).text.splitlines()[0]
    # Forwarded, and as a command, a reply is no reason either.
    bot[0].say("alasan orang lain", chat=admin.id, user=admin, reply_to=question, forwarded=True)
    assert "Pesan terusan" in bot[0].next_message(admin.id).text
    assert "/bantuan" in tell(bot, "/tidakada alasan", admin, question).text
    assert editions(bot) == before
    assert "Terbit" in tell(bot, "singkat saja", admin, question).text


@pytest.mark.parametrize(
    ("size", "said", "told", "fetched"),
    [
        (MAX_UPLOAD + 1, None, None, False),
        (10, 300_000_000, None, False),
        (MAX_UPLOAD + 1, 10, None, False),
        (21 * 1024 * 1024, 10, None, False),
        (21 * 1024 * 1024, 0, 10, False),
        (MAX_UPLOAD + 1, 10, 10, True),
    ],
)
def test_a_large_file_is_refused_whatever_is_said_of_its_size(bot: Bot, size: int, said: int | None, told: int | None, fetched: bool) -> None:
    admin, before = hired(), len(bot[0].fetched)
    answer = send(bot, admin, "kecil.yaml", b"#" * size, said_size=said, told_size=told)
    assert "terlalu besar" in answer.text
    assert "4 MB" in answer.text
    assert (len(bot[0].fetched) > before) is fetched
    assert "menunggu" not in tell(bot, "/perbarui", admin).text


def test_a_file_that_cannot_be_fetched_is_told(bot: Bot) -> None:
    admin = hired()
    for method, status, words in (("getFile", 500, "Internal Server Error"), ("getFile", 400, "Bad Request: wrong file_id")):
        bot[0].fail(method, status, words)
        assert "gangguan" in send(bot, admin, "kecil.yaml", b"x").text
    assert "menunggu" not in tell(bot, "/perbarui", admin).text


WHOLE = zipped({FILE: b"aturan: []\n" * 500})
HOSTILE_ZIPS: dict[str, Callable[[], bytes]] = {
    "bomb": lambda: zipped({f"aturan/{number}.yaml": bytes(2_000_000) for number in range(60)}),
    "one-large": lambda: zipped({FILE: bytes(200_000_000)}),
    "traversal": lambda: zipped({"../../../tmp/x.yaml": WHISPER.encode(), FILE: b"aturan: []\n"}),
    "absolute": lambda: zipped({"/etc/cron.d/x.yaml": b"x"}),
    "backslash": lambda: zipped({"..\\..\\x.yaml": b"x"}),
    "many": lambda: zipped({f"aturan/{number}.yaml": b"" for number in range(5000)}),
    "damaged": lambda: WHOLE[:60] + bytes(20) + WHOLE[80:],
    "cut": lambda: WHOLE[: len(WHOLE) // 2],
    "no-zip": lambda: b"PK\x03\x04 bukan zip",
    "of-the-draft": lambda: zipped({REMOVED: b"topik.yaml"}),
    "nested": lambda: zipped({"dalam.zip": WHOLE}),
    "bad-name": lambda: zipped({"aturan/<b>&\n.yaml": b"x"}),
}
"""What it is → how to make it, when its turn has come: some are large."""


@pytest.mark.parametrize("kind", HOSTILE_ZIPS)
def test_a_hostile_zip_is_refused_whole(bot: Bot, kind: str) -> None:
    admin = hired()
    answer = send(bot, admin, "buku.zip", HOSTILE_ZIPS[kind]())
    assert "tidak dapat dipakai" in answer.text
    assert "• buku.zip" in answer.text
    assert names(answer) == []
    assert "menunggu" not in tell(bot, "/perbarui", admin).text
    assert not Path("/tmp/x.yaml").exists()


def test_a_strange_file_name_is_shown_and_not_obeyed(bot: Bot) -> None:
    admin = hired()
    for name in ("<b>x</b>.pdf", "x" * 3000 + ".pdf", "../../../etc/passwd", "\u202efdp.yaml.exe"):
        answer = send(bot, admin, name, f"# {WHISPER}".encode())
        assert "tidak dikenal" in answer.text
        assert html.escape(name[:100], quote=False) in answer.html or name[:100] in answer.text


def test_nobody_is_named_and_no_refused_or_discarded_text_is_left(bot: Bot) -> None:
    """Comes last of those that share the program: what all of them have left behind."""
    emulator, program = bot
    on_disk = b"".join(path.read_bytes() for path in program.folder.rglob("*") if path.is_file() and "cache" not in path.parts).lower()
    people = [word for user in (*ADMINS, REVIEWER, STRANGER) for word in (str(user.id), user.first_name, user.username)]
    for leak in (*people, WHISPER, "setuju saja", "tergesa", emulator.token):
        assert leak.lower().encode() not in on_disk
        assert leak.lower() not in program.output().lower()
    for word in ("Traceback", "aturan:", "jawab", "alasan", ".yaml", ".zip"):
        assert word not in program.output()
    # What is packed does not show in the bytes: every block of every table is opened.
    connection = sqlite3.connect(f"file:{program.database}?mode=ro", uri=True)
    try:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        values = [value for table in tables for row in connection.execute(f"SELECT * FROM {table}") for value in row]
    finally:
        connection.close()
    opened = 0
    for value in values:
        if isinstance(value, bytes) and value.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(value)) as archive:
                assert not [name for name in archive.namelist() if WHISPER.encode() in archive.read(name)]
            opened += 1
    assert opened >= 5


# --- the rulebook as it is delivered ---


def test_the_download_reads_back_to_the_very_bytes_of_the_folder(whole: Bot) -> None:
    admin = hired()
    (_, packed), (_, sheet) = download(whole, admin)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
        got = {name: archive.read(name) for name in archive.namelist()}
    assert got == {f"knowledge/{name}": content for name, content in read_folder(ROOT / "knowledge").items()}
    with zipfile.ZipFile(io.BytesIO(sheet)) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist() if name.startswith("xl/worksheets/sheet")}
    assert len(parts) == 3
    for text in parts.values():
        assert "<f>" not in text
        assert "<f " not in text
        assert "hyperlink" not in text
        assert set(re.findall(r'<c [^>]*?t="(\w+)"', text)) == {"s"}


def test_questions_are_answered_while_a_preview_is_made_and_then_with_the_new_wording(whole: Bot) -> None:
    emulator, admin, chat = whole[0], hired(), next(_chats)
    file = "aturan/media-sosial-1.yaml"
    text = live(whole, admin)[file].decode()
    start = text.index("putusan: dilarang", text.index("id: twibbon-bingkai-profil"))
    wording = "putusan: hindari\n        sebab_hindari: kesimpulan\n        jawab: Sebaiknya foto polos saja.\n"
    edited = text[:start] + wording + text[text.index("        boleh_bila:", start) :]
    message = send(whole, admin, "media-sosial-1.yaml", edited.encode())
    assert "Sedang memeriksa" in message.text
    waits: list[float] = []
    while not message.edits and len(waits) < 60:
        # The admin's own questions too: every fourth.
        user, where = (admin, admin.id) if len(waits) % 4 == 3 else (User(), chat)
        before, asked = len(emulator.messages[where]), time.monotonic()
        emulator.say("boleh gak datang ke kampanye cuma nonton?", chat=where, user=user)
        emulator.wait_for(lambda where=where, before=before: len(emulator.messages[where]) > before, timeout=30)
        waits.append(emulator.messages[where][before].sent_at - asked)
        chat = next(_chats)
        time.sleep(0.2)
    assert len(waits) >= 3, "the preview was there before anything could be measured"
    assert statistics.median(waits) < 2, waits
    assert max(waits) < 5, waits
    print(f"{len(waits)} questions during the preview: median {statistics.median(waits):.2f} s, longest {max(waits):.2f} s")
    emulator.wait_for(lambda: message.edits, timeout=200)
    assert "Twibbon atau bingkai foto profil bergambar calon atau partai (ubah): dilarang → hindari" in message.text
    flips = re.search(r"(\d+) dari (\d+) pertanyaan akan dijawab lain", message.text)
    assert flips
    assert 0 < int(flips[1]) < int(flips[2])
    assert int(flips[2]) > 1000
    assert "Terbit" in tell(whole, "kalimat lebih pendek", admin, why(whole, message, admin)).text
    answer = ask(whole, "pasang twibbon paslon boleh ga")
    assert "HINDARI" in answer.splitlines()[0]
    assert "foto polos" in answer


@pytest.mark.browser
def test_the_whole_rulebook_is_mended_previewed_and_published_on_the_web_too(whole: Bot, tmp_path: Path) -> None:
    link = re.search(r"https?://\S+/masuk/[\w-]+", tell(whole, "/masuk", hired()).text)
    assert link
    desk = desk_at(whole[1], tmp_path)
    try:
        desk.browser.get(link[0])
        desk.settled().press("Masuk")
        assert OLD_WORDS in web_answer(desk)
        desk.open(f"/kelola/isi/{VOTING_FILE}?di=aturan&butir={VOTING}").change("versi/2026-01-02/jawab", OLD_WORDS, NEW_WORDS)
        desk.press("Simpan ke rancangan")
        assert OLD_WORDS in web_answer(desk), "a draft does not serve"
        desk.open("/kelola/rancangan")
        assert re.search(r"Jawaban yang berubah: 0 dari \d{4} pertanyaan", desk.text), "the flip report"
        assert "versi 2026-01-02: jawab" in desk.text, "what changed in which rule"
        removed, added = desk.diff()
        assert removed == f"{VOTING_FILE} -        jawab: {OLD_WORDS}" + removed.split(OLD_WORDS)[1]
        assert added == removed.replace(" -", " +", 1).replace(OLD_WORDS, NEW_WORDS), "one line of one file, and only these words of it"
        published(desk, "Kalimat pembuka diperjelas")
        assert NEW_WORDS in web_answer(desk)
    finally:
        desk.browser.quit()
