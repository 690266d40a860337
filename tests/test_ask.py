"""One question in, one honest answer out, and a row that knows nobody."""

import inspect
from datetime import UTC
from pathlib import Path

import pytest

from bot.core.result import Close, Found, Nothing
from bot.storage.cache import FileCache
from bot.usecases.ask import Asking
from bot.usecases.library import Library, NoRulebook
from bot.usecases.watch import Watch
from tests.conftest import NOW
from tests.fakes import BrokenLog, MemoryLog
from tests.small import small_documents, with_rules


@pytest.mark.parametrize(
    ("question", "rule", "verdict"),
    [
        ("boleh gak saya like postingan paslon?", "like-komentar-share", "dilarang"),
        ("mobil plat merah dipake nganter massa kampanye, boleh?", "mobil-dinas-kampanye", "dilarang"),
        ("apakah PNS masih punya hak pilih?", "asn-punya-hak-pilih", "boleh"),
        ("datang ke kampanye cuma nonton dari jauh gpp kan", "hadir-kampanye-pasif", "hindari"),
        ("Can I like a candidate's post on Instagram?", "like-komentar-share", "dilarang"),
    ],
)
def test_a_question_finds_its_rule(asking: Asking, question: str, rule: str, verdict: str) -> None:
    part = asking.ask(question, "web").parts[0]
    assert isinstance(part.result, Found)
    assert (part.row.rule, part.row.verdict) == (rule, verdict)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("halo", "sapaan"),
        ("selamat pagi min", "sapaan"),
        ("makasih ya", "terima-kasih"),
        ("kamu ini siapa", "tentang-bot"),
        ("asdfgh qwerty zxcvb", "acak"),
        ("kampanye", "terlalu-pendek"),
        ("a" * 1600, "terlalu-panjang"),
        ("", "kosong"),
        ("我可以参加集会吗", "bahasa-lain"),
        ("mobil dinas buat mudik lebaran boleh gak", "hukum-lain"),
        ("resep rendang padang dong", "bukan-pemilu"),
    ],
)
def test_what_is_no_question_of_neutrality_is_declined_for_what_it_is(asking: Asking, message: str, kind: str) -> None:
    part = asking.ask(message, "web").parts[0]
    assert isinstance(part.result, Nothing)
    assert part.row.kind == kind
    assert part.reply


def test_a_row_knows_the_hour_and_not_the_minute(asking: Asking) -> None:
    row = asking.ask("boleh like postingan paslon?", "web").parts[0].row
    assert row.hour.astimezone(UTC).minute == 0
    assert row.hour.second == 0


def test_no_identity_can_be_passed_in() -> None:
    assert set(inspect.signature(Asking.ask).parameters) == {"self", "text", "channel", "about", "language"}


async def test_a_log_that_is_away_costs_the_row_and_not_the_answer(library: Library) -> None:
    watch = Watch()
    asking = Asking(library, BrokenLog(), lambda: NOW, watch)
    reply = asking.ask("boleh like postingan paslon?", "web")
    await asking.record(reply)
    assert reply.parts[0].card is not None
    assert watch.sum("netral_faults_total", kind="row-lost") == 1


async def test_what_is_stored_is_what_privacy_shows(library: Library) -> None:
    log = MemoryLog()
    asking = Asking(library, log, lambda: NOW)
    reply = asking.ask("saya Zulkarnaen, boleh like postingan paslon?", "web")
    await asking.record(reply)
    row = await asking.row(reply.rows[0].token)
    assert row == reply.rows[0]
    assert row is not None
    assert "ulkarnaen" not in row.question


def test_tokens_are_random(asking: Asking) -> None:
    assert len({asking.ask("halo", "web").rows[0].token for _ in range(50)}) == 50


def test_two_close_rules_with_different_verdicts_are_asked_back_or_answered_strictly(asking: Asking) -> None:
    for question in ("foto sama calon boleh?", "ikut acara partai", "pakai kaos", "grup WA calon"):
        part = asking.ask(question, "web").parts[0]
        if isinstance(part.result, Close):
            assert 2 <= len(part.options) <= 4
        elif part.card is not None:
            assert not part.card.verdict.permits, question


def test_a_broken_rulebook_keeps_the_old_one_serving(tmp_path) -> None:
    library = Library(FileCache(tmp_path))
    library.load(small_documents())
    version = library.shelf.rulebook.version
    assembly = library.load(with_rules("putusan: dilarang", "putusan: dilarng"))
    assert assembly.errors
    assert library.shelf.rulebook.version == version


def test_after_a_restart_with_a_broken_file_the_last_good_rulebook_serves(tmp_path) -> None:
    Library(FileCache(tmp_path)).load(small_documents())
    library = Library(FileCache(tmp_path))
    library.load(with_rules("putusan: dilarang", "putusan: dilarng"))
    assert len(library.shelf.rulebook.rules) == 3


def test_with_nothing_good_at_all_every_problem_is_told(tmp_path) -> None:
    with pytest.raises(NoRulebook) as raised:
        Library(FileCache(tmp_path)).load(with_rules("putusan: dilarang", "putusan: dilarng"))
    assert raised.value.assembly.errors


def test_a_damaged_cache_is_learnt_anew(tmp_path) -> None:
    Library(FileCache(tmp_path)).load(small_documents())
    for path in tmp_path.glob("learnt-*"):
        path.write_bytes(b"damaged")
    library = Library(FileCache(tmp_path))
    library.load(small_documents())
    assert library.is_ready
    assert not any(path.read_bytes() == b"damaged" for path in tmp_path.iterdir())  # and mended, so that it is learnt once


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ("kalau pakai mobil dinas?", "dilarang"),
        ("kalau cuma nonton?", "hindari"),
        ("sanksinya apa?", "hindari"),
        ("terus kalau PPPK?", "hindari"),
        ("boleh nyoblos di TPS?", "boleh"),
    ],
)
def test_a_reply_is_read_with_its_card_and_never_turned_around(asking: Asking, reply: str, verdict: str) -> None:
    part = asking.ask(reply, "web", about="hadir-kampanye-pasif").parts[0]
    if part.row.verdict is None:
        assert part.options  # asked back is honest; a permission is not
    else:
        assert part.row.verdict in {verdict, "info" if verdict == "boleh" else verdict}


@pytest.mark.parametrize("reply", ["makasih ya", "halo", "pns boleh poligami?"])
def test_a_reply_that_is_no_question_about_the_card_does_not_get_the_card(asking: Asking, reply: str) -> None:
    assert asking.ask(reply, "web", about="hadir-kampanye-pasif").parts[0].card is None


def test_a_list_keeps_every_item_and_its_order(asking: Asking) -> None:
    reply = asking.ask("1. boleh like postingan paslon\n2. boleh pinjam aula buat nikahan\n3. boleh nyoblos di TPS", "web")
    assert len(reply.parts) == 3
    assert reply.parts[0].row.rule == "like-komentar-share"


def test_what_this_program_found_good_is_not_checked_again_and_what_another_found_is(tmp_path: Path) -> None:
    documents, cache = small_documents(), FileCache(tmp_path)
    assert not Library(cache, "one").load(documents).problems
    kept = (tmp_path / "checked-good").read_text()
    assert not Library(cache, "one").load(documents).problems
    assert (tmp_path / "checked-good").read_text() == kept
    Library(cache, "other").load(documents)
    assert len((tmp_path / "checked-good").read_text().split()) == 2
    spoilt = with_rules("sumber: uu-7-2017", "sumber: tidak-ada")
    assert Library(cache, "one").prepare(spoilt)[1] is None
    with pytest.raises(NoRulebook):
        Library(FileCache(tmp_path / "empty"), "one").load(spoilt)
    assert len((tmp_path / "checked-good").read_text().split()) == 2
