"""Words as people type them, and what search makes of them."""

import pytest

from bot.core.language import is_english, is_foreign
from bot.core.questions import parts_of
from bot.core.text import split
from bot.usecases.library import Library


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("bolehhhh ga like postingan paslon", "boleh tidak suka unggah pasangan calon"),
        ("teman2 saya", "teman saya"),
        ("foto-foto", "foto"),
        ("IG", "instagram"),
        ("mobil plat merah", "mobil dinas"),
        ("nyaleg", "mencalonkan"),
        ("gpp", "boleh"),
        ("kampanye kampanya", "kampanye kampanye"),
    ],
)
def test_slang_is_read_as_the_word_it_stands_for(library: Library, typed: str, meant: str) -> None:
    lexicon = library.shelf.searcher.lexicon
    assert lexicon.read(typed).stems == lexicon.read(meant).stems


@pytest.mark.parametrize(
    ("typed", "meant"), [("kampanyr", "kampanye"), ("spnaduk", "spanduk"), ("netralitsa", "netralitas"), ("deklarsai", "deklarasi")]
)
def test_a_slip_of_the_finger_is_repaired(library: Library, typed: str, meant: str) -> None:
    lexicon = library.shelf.searcher.lexicon
    assert lexicon.read(typed).stems == lexicon.read(meant).stems
    assert lexicon.read(typed).repaired


@pytest.mark.parametrize(("typed", "meant"), [("kmpnye", "kampanye"), ("dlrang", "dilarang"), ("atasn", "atasan"), ("mmbntu", "membantu")])
def test_a_word_without_its_vowels_is_read(library: Library, typed: str, meant: str) -> None:
    assert library.shelf.searcher.lexicon.read(typed).stems == library.shelf.searcher.lexicon.read(meant).stems


def test_a_known_word_is_never_repaired(library: Library) -> None:
    lexicon = library.shelf.searcher.lexicon
    for word in ("calon", "saksi", "sanksi", "partai", "pantai", "menang"):
        assert not lexicon.read(word).repaired or word == "pantai"


def test_addresses_and_handles_are_not_words() -> None:
    assert split("lihat https://contoh.id/a @budi a@b.id ya") == ["lihat", "ya"]


def test_a_story_stays_one_question() -> None:
    story = "Kemarin saya diajak teman. Saya cuma duduk di belakang. Kena sanksi gak?"
    assert [piece.text for piece in parts_of(story)] == [story]


def test_questions_in_one_message_are_parted() -> None:
    assert [p.text for p in parts_of("boleh like paslon? boleh pakai kaos partai ke pasar?")] == [
        "boleh like paslon?",
        "boleh pakai kaos partai ke pasar?",
    ]


def test_a_question_that_leans_is_known() -> None:
    assert [p.leans for p in parts_of("boleh hadir kampanye? kalau pakai kaos paslon gimana? kalau nonton?")] == [False, True, True]


def test_a_numbered_list_is_parted_without_question_marks() -> None:
    assert [p.text for p in parts_of("1. foto bareng calon di pesta\n2. share ke grup WA kantor")] == [
        "foto bareng calon di pesta",
        "share ke grup WA kantor",
    ]


@pytest.mark.parametrize("text", ["can I attend a rally", "may my wife campaign for her brother?", "is it allowed to like a post"])
def test_english_is_known(text: str) -> None:
    assert is_english(text)


@pytest.mark.parametrize(
    "text", ["boleh like status?", "saya PNS, boleh gak share story", "oleh ora nge-like postingane calon", "kenging teu abdi hadir"]
)
def test_indonesian_and_its_neighbours_are_not_english_nor_foreign(text: str) -> None:
    assert not is_english(text)
    assert not is_foreign(text)


@pytest.mark.parametrize(
    "text",
    [
        "¿Puedo asistir a un mitin de la campaña con mi familia?",
        "هل يجوز لي حضور الحملة",
        "我可以参加集会吗",
        "Darf ich mit meiner Frau auf die Wahlveranstaltung gehen?",
    ],
)
def test_other_languages_are_told_apart(text: str) -> None:
    assert is_foreign(text)
