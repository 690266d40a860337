"""The measuring itself is measured: known answers give known figures."""

from bot.core.registers import Example
from bot.core.vocabulary import Verdict
from bot.usecases.ask import Asking
from bot.usecases.baselines import BUILDERS, measure
from bot.usecases.evaluate import compare, examples_of, judge, tell
from bot.usecases.library import Library
from tests.conftest import NOW
from tests.fakes import MemoryLog


def example(question: str, rule: str, verdict: str, pair: str | None = None) -> Example:
    return Example(question=question, rules=(rule,), verdict=Verdict(verdict), pair=pair)


def test_figures_count_what_came_of_each_example(library: Library) -> None:
    asking = Asking(library, MemoryLog(), lambda: NOW)
    given = [
        example("boleh gak like postingan paslon?", "like-komentar-share", "dilarang", "p1"),
        example("boleh gak like postingan paslon ya?", "hak-pilih", "boleh", "p1"),
        Example(question="mobil dinas buat mudik lebaran boleh gak", kind="hukum-lain"),
    ]
    figures = judge(asking, given)
    assert [j.is_answered for j in figures.inside] == [True, False]
    assert [j.is_first for j in figures.inside] == [True, False]
    assert [j.is_wrong_verdict for j in figures.inside] == [False, True]
    assert [j.is_wrong_permission for j in figures.inside] == [False, False]
    assert figures.flipped_pairs() == (1, 1)
    assert [j.outcome for j in figures.outside] == ["decline"]
    assert "50.0%" in tell(figures, misses=3)


def test_csv_and_yaml_say_the_same() -> None:
    yaml = b"uji:\n  - tanya: boleh like?\n    aturan: [like-komentar-share, follow-akun-calon]\n    putusan: dilarang\n"
    table = b"tanya,aturan,putusan,di_luar\nboleh like?,like-komentar-share follow-akun-calon,dilarang,\n"
    assert examples_of("a.yaml", yaml) == examples_of("a.csv", table)


def test_plain_searches_are_measured_on_the_same_phrasings(small_library: Library) -> None:
    given = [example("apakah ASN boleh menyukai unggahan calon", "suka-unggahan", "dilarang"), Example(question="assalamualaikum", kind="sapaan")]
    measured = measure(small_library.shelf.rulebook, given, NOW.date())
    assert [base.name for base in measured] == list(BUILDERS)
    for base in measured:
        assert [(j.rule, j.verdict, j.is_first) for j in base.figures.inside] == [("suka-unggahan", "dilarang", True)]
        assert [j.outcome for j in base.figures.outside] == ["decline"]
    table = compare(
        judge(Asking(small_library, MemoryLog(), lambda: NOW), given), {base.name: (base.figures, base.milliseconds) for base in measured}
    )
    assert len(table.splitlines()) == 2 + len(BUILDERS)
