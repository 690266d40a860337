"""Cards: the right wording for the day, nothing stronger than its source, and short."""

from dataclasses import replace
from datetime import date

import pytest

from bot.core.answer import MAX_CARD, compose, plain, receipt, rule_code, verdict_on
from bot.core.assembly import assemble
from bot.core.rulebook import Rulebook
from bot.core.sections import section
from bot.core.vocabulary import SourceStatus, Verdict
from bot.usecases.library import Library
from tests.small import small_documents, with_rules

DAY = date(2026, 11, 21)


def book(documents: dict[str, bytes] | None = None) -> Rulebook:
    assembly = assemble(documents or small_documents())
    assert assembly.rulebook is not None, assembly.problems
    return assembly.rulebook


def test_the_verdict_stands_first() -> None:
    rulebook = book()
    card = compose(rulebook, rulebook.rules["suka-unggahan"], DAY)
    assert card is not None
    assert card.verdict is Verdict.FORBIDDEN
    assert plain(card).splitlines()[0] == card.headline


def test_a_branch_gives_its_own_verdict_and_names_the_fact() -> None:
    rulebook = book()
    rule = rulebook.rules["suka-unggahan"]
    card = compose(rulebook, rule, DAY, rule.branch("kpu"))
    assert card is not None
    assert (card.verdict, card.branch) == (Verdict.ALLOWED, "kpu")
    assert "milik KPU" in card.fact


def test_before_the_first_version_there_is_no_answer() -> None:
    rulebook = book()
    assert compose(rulebook, rulebook.rules["hak-pilih"], date(2026, 1, 1)) is None


NEXT = """        keyakinan: tinggi
      2027-02-14:
        putusan: konsultasi
        jawab: Tanyakan dulu.
        dasar:
          - sumber: uu-7-2017
        inggris: Ask first.
        keyakinan: tinggi
      2027-06-01: dicabut
    ditinjau: 2026-11-21
    tinjau_lagi: 2028-06-30
    peninjau: Tim penyusun
"""
LAST = "        inggris: Yes, and keep it secret.\n"


def test_a_new_version_takes_over_on_its_day_and_a_repeal_ends_it() -> None:
    old = LAST + "        keyakinan: tinggi\n    ditinjau: 2026-11-21\n    tinjau_lagi: 2027-06-30\n    peninjau: Tim penyusun\n"
    rulebook = book(with_rules(old, LAST + NEXT))
    rule = rulebook.rules["hak-pilih"]
    verdicts = [verdict_on(rulebook, rule, day) for day in (date(2027, 2, 13), date(2027, 2, 14), date(2027, 5, 31), date(2027, 6, 1))]
    assert verdicts == [Verdict.ALLOWED, Verdict.CONSULT, Verdict.CONSULT, None]


def test_past_its_review_date_a_rule_is_never_a_plain_verdict() -> None:
    rulebook = book()
    card = compose(rulebook, rulebook.rules["hak-pilih"], date(2027, 7, 1))
    assert card is not None
    assert card.verdict is Verdict.CONSULT
    assert rulebook.messages["putusan-kedaluwarsa"].indonesian in card.headline


def test_a_rule_on_a_repealed_source_is_never_a_plain_verdict() -> None:
    rulebook = book()
    repealed = rulebook.sources["uu-7-2017"].model_copy(update={"status": SourceStatus.REPEALED})
    changed = replace(rulebook, sources={**rulebook.sources, "uu-7-2017": repealed})
    assert verdict_on(changed, changed.rules["hak-pilih"], DAY) is Verdict.CONSULT


def test_contested_rules_say_so_and_name_the_safe_course() -> None:
    rulebook = book()
    rule = rulebook.rules["hadir-kampanye"]
    card = compose(rulebook, rule, DAY)
    assert card is not None
    text = plain(card)
    assert rulebook.messages["hindari-diperdebatkan"].indonesian in text
    assert "Simak siaran debat" in text
    assert "pandangan" in card.sections
    assert len(section(rulebook, rule, DAY, "pandangan")[0].lines) == 2


def test_sanctions_are_told_by_stage_and_by_status() -> None:
    rulebook = book()
    blocks = section(rulebook, rulebook.rules["suka-unggahan"], DAY, "sanksi")
    assert len(blocks) == 3
    assert [line.split(":")[0] for line in blocks[0].lines] == ["PNS", "CPNS", "PPPK"]


def test_the_stage_of_the_day_stands_with_the_sanction() -> None:
    rulebook = book()
    rule = rulebook.rules["suka-unggahan"]
    outside = section(rulebook, rule, DAY, "sanksi")[-1].lines[0]
    assert outside == rulebook.messages["tahap-tidak-ada"].indonesian
    assert rulebook.stages_on(date(2024, 10, 1))[0][1].kind == "kampanye"


def test_an_english_card_holds_no_indonesian_sentence() -> None:
    rulebook = book()
    card = compose(rulebook, rulebook.rules["hadir-kampanye"], DAY, language="en")
    assert card is not None
    assert "Better not attend." in plain(card)
    assert "Sebaiknya" not in plain(card)


def test_an_alias_still_resolves() -> None:
    rule = book().resolve("datang-kampanye")
    assert rule is not None
    assert rule.id == "hadir-kampanye"


def test_a_receipt_names_rule_and_version() -> None:
    rulebook = book()
    rule = rulebook.rules["hak-pilih"]
    assert receipt(rulebook, rule) == f"{rule_code('hak-pilih')}-{rulebook.version}"


def test_every_card_of_the_real_rulebook_is_short_and_has_its_law(library: Library) -> None:
    rulebook = library.shelf.rulebook
    for rule in rulebook.rules.values():
        for branch in (None, *rule.branches):
            for language in ("id", "en"):
                card = compose(rulebook, rule, DAY, branch, language)
                assert card is not None
                assert len(plain(card)) <= MAX_CARD, (rule.id, branch and branch.id, len(plain(card)))


@pytest.mark.parametrize("rule_id", ["hadir-kampanye-pasif", "debat-publik-hadir-langsung"])
def test_passive_attendance_is_shown_as_contested(library: Library, rule_id: str) -> None:
    rulebook = library.shelf.rulebook
    rule = rulebook.rules[rule_id]
    version = rule.version_on(DAY)
    assert version is not None
    assert version.verdict is Verdict.AVOID
    assert len({position.direction for position in version.positions}) > 1
