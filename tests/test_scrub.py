"""Only words of the rulebook survive; whoever is named in a question is not."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.scrub import HOLE, Scrubber
from bot.core.text import split
from bot.usecases.library import Library


@pytest.mark.parametrize(
    ("text", "leak"),
    [
        ("NIP saya 198501012010011001 boleh like?", "1985"),
        ("nip 19850101 201001 1 001 boleh like?", "19850101"),
        ("NIK 6271010101850001", "6271"),
        ("hubungi 0812-3456-7890 ya", "0812"),
        ("wa +62 812 3456 7890", "812"),
        ("email budi.santoso@kota.go.id boleh?", "budi"),
        ("akun @budi_keren like paslon", "keren"),
        ("lihat t.me/budikeren", "budikeren"),
        ("mobil B 1234 XYZ dipakai kampanye", "1234"),
        ("Pak Budi Santoso kepala dinas kampanye", "santoso"),
        ("nama saya Zulkarnaen Hidayatullah boleh like", "zulkarnaen"),
        ("zulkarnaen hidayatullah boleh like paslon", "zulkarnaen"),
        ("SAYA ZULKARNAEN boleh?", "zulkarnaen"),
        ("rek 1234567890 bank", "1234567890"),
        ("atasan saya imam pratama kepala puskesmas bandung", "imam"),
        ("saya budi dari dinas kesehatan semarang", "semarang"),
        ("ketua kpu slamet ikut kampanye", "slamet"),
        ("pak amin camat di solo ikut kampanye", "amin"),
        ("pak amin camat di solo ikut kampanye", "solo"),
        ("guru di desa suka maju", "suka"),
        ("bu bunga ikut kampanye", "bunga"),
    ],
)
def test_an_identifier_does_not_survive(library: Library, text: str, leak: str) -> None:
    assert leak not in library.shelf.scrubber.scrub(text).text


def test_the_rest_of_the_question_does(library: Library) -> None:
    assert library.shelf.scrubber.scrub("Saya Zulkarnaen, boleh like postingan paslon?").text == f"saya {HOLE} boleh like postingan paslon"


def test_masking_for_search_keeps_unknown_words(library: Library) -> None:
    assert "spnaduk" in library.shelf.scrubber.scrub("boleh pasang spnaduk? NIP 198501012010011001").masked
    assert "1985" not in library.shelf.scrubber.scrub("boleh pasang spnaduk? NIP 198501012010011001").masked


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # the names package warms up on first use
@given(st.text(max_size=200))
def test_every_word_that_survives_is_a_word_of_the_vocabulary(text: str) -> None:
    known = {"boleh", "calon"}
    kept = Scrubber(known.__contains__).scrub(text).text
    assert set(split(kept.replace(HOLE, " "))) <= known


@pytest.mark.parametrize(
    "text", ["Saya PNS, boleh like postingan paslon?", "Apakah Camat boleh hadir", "pemilu 2024-2029", "Bolehkah Bupati kampanye"]
)
def test_offices_and_years_are_nobody(library: Library, text: str) -> None:
    assert not library.shelf.scrubber.scrub(text).had_identifier
    assert HOLE not in library.shelf.scrubber.scrub(text).masked
