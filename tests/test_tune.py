"""Tuning on a rulebook of three rules: it never makes things dearer, never builds an index, and knows which lines to change."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.core import thresholds as module
from bot.core.registers import Example
from bot.core.thresholds import Thresholds
from bot.core.vocabulary import Verdict
from bot.storage.cache import FileCache
from bot.usecases.library import Library
from bot.usecases.tune import STEPS, Tuned, Tuner, cost, rewritten, tell_tuned
from tests.conftest import NOW
from tests.small import KNOWLEDGE, small_documents

EXAMPLES = [
    Example(question="boleh gak like postingan paslon?", rules=("suka-unggahan",), verdict=Verdict.FORBIDDEN, pair="p1"),
    Example(question="boleh gak like postingan akun KPU?", rules=("suka-unggahan",), verdict=Verdict.ALLOWED, pair="p1"),
    Example(question="nonton kampanye di lapangan boleh?", rules=("hadir-kampanye",), verdict=Verdict.AVOID),
    Example(question="PNS boleh nyoblos di TPS?", rules=("hak-pilih",), verdict=Verdict.ALLOWED),
    Example(question="mobil dinas buat mudik lebaran boleh gak", kind="hukum-lain"),
]


@pytest.fixture(scope="module")
def three_rules(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Three rules and all that is outside: how sure a machine is depends on how much there is that it could be."""
    library = Library(FileCache(tmp_path_factory.mktemp("cache")))
    library.load(small_documents() | {"di-luar.yaml": (KNOWLEDGE / "di-luar.yaml").read_bytes()})
    return library


def test_it_finds_nothing_dearer_and_builds_nothing_again(three_rules: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.core.search.train", lambda *_: pytest.fail("learnt again"))
    monkeypatch.setattr("bot.core.weighing.BM25", lambda *_: pytest.fail("indexed again"))
    tuner = Tuner(three_rules, NOW)
    tuned = tuner.search(EXAMPLES)
    assert tuned.tried > len(STEPS)
    assert tuned.cost_after == cost(tuner.figures(tuned.after, EXAMPLES)) <= tuned.cost_before
    assert tuned.before == three_rules.shelf.searcher.thresholds  # what serves is untouched
    assert tuned == tuner.search(EXAMPLES)


def test_bad_thresholds_are_mended(three_rules: Library) -> None:
    shy = three_rules.decided_by(replace(Thresholds(), silence=0.05))
    tuned = Tuner(shy, NOW).search(EXAMPLES)
    assert tuned.cost_after < tuned.cost_before
    assert tuned.after != tuned.before
    assert "silence" in tell_tuned(tuned)


def test_a_mistake_costs_what_the_asker_pays(three_rules: Library) -> None:
    tuner = Tuner(three_rules, NOW)
    silent = tuner.figures(replace(Thresholds(), silence=0.0), EXAMPLES)
    assert cost(silent) == 4.0
    opposite = [example.model_copy(update={"verdict": Verdict.FORBIDDEN, "pair": None}) for example in EXAMPLES[3:4]]
    assert cost(tuner.figures(Thresholds(), opposite)) == 10.0


def test_the_lines_of_the_thresholds_are_rewritten_and_nothing_else() -> None:
    source = Path(module.__file__).read_text(encoding="utf-8")
    old = Thresholds()
    text = rewritten(source, Tuned(old, replace(old, floor=0.123, silence=4.5), 2.0, 1.0, 9))
    changed = [line for line, before in zip(text.splitlines(), source.splitlines(), strict=True) if line != before]
    assert changed == ["    floor: float = 0.123", "    silence: float = 4.5"]
    assert all(rewritten(source, Tuned(old, replace(old, **{name: 9.5}), 1, 1, 1)) != source for name in STEPS)
    with pytest.raises(ValueError, match="floor"):
        rewritten("", Tuned(old, replace(old, floor=0.123), 2.0, 1.0, 9))
