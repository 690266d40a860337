"""The rulebook tests itself: questions by people who had not seen the phrasings, and the phrasings themselves.

Floors stand a little under what was measured; the figures are printed by `python -m bot eval`.
"""

import pytest

from bot.core.assembly import Documents
from bot.core.phrasings import OUTSIDE
from bot.core.result import Close, Found
from bot.usecases.ask import Asking
from bot.usecases.evaluate import Figures, examples_of, judge
from bot.usecases.library import Library
from tests.conftest import NOW


@pytest.fixture(scope="module")
def unseen(asking_once: Asking, documents: Documents) -> Figures:
    names = (
        "uji/soal-uji.yaml",
        "uji/pasangan-uji.yaml",
        "uji/luar-uji.yaml",
        "uji/segar-uji.yaml",
        "uji/baru-uji.yaml",
        "uji/lanjut-uji.yaml",
        "uji/akhir-uji.yaml",
    )
    return judge(asking_once, [example for name in names for example in examples_of(name, documents[name])])


@pytest.fixture(scope="module")
def asking_once(library: Library) -> Asking:
    from tests.fakes import MemoryLog

    return Asking(library, MemoryLog(), lambda: NOW)


def test_the_right_rule_is_shown(unseen: Figures) -> None:
    assert len(unseen.inside) >= 2200
    assert sum(j.is_shown for j in unseen.inside) / len(unseen.inside) >= 0.97
    assert sum(j.is_first for j in unseen.inside) / len(unseen.inside) >= 0.93
    assert sum(j.is_answered for j in unseen.inside) / len(unseen.inside) >= 0.73  # to be right comes first: what is not sure is asked back


def test_a_wrong_verdict_is_rare_and_a_wrong_permission_rarer(unseen: Figures) -> None:
    assert sum(j.is_wrong_verdict for j in unseen.inside) / len(unseen.inside) <= 0.009
    assert sum(j.is_wrong_permission for j in unseen.inside) / len(unseen.inside) <= 0.003


def test_near_misses_are_not_taken_for_each_other(unseen: Figures) -> None:
    flipped, pairs = unseen.flipped_pairs()
    assert pairs == 330
    assert flipped <= 10


def test_what_is_out_of_scope_is_declined(unseen: Figures) -> None:
    assert len(unseen.outside) >= 500
    assert sum(j.outcome == "decline" for j in unseen.outside) / len(unseen.outside) >= 0.97


def test_indexed_phrasings_find_their_own_rule(library: Library) -> None:
    searcher = library.shelf.searcher
    documents = [d for d in searcher._documents if not d.label.startswith(OUTSIDE)][::15]
    texts = {d.stems: d for d in documents}
    found = 0
    for document in texts.values():
        result = searcher._decide(searcher.lexicon.read(" ".join(document.stems)), NOW.date())
        shown = [result.rule] if isinstance(result, Found) else [hit.rule for hit in result.options] if isinstance(result, Close) else []
        found += document.label in shown or document.owner in shown
    assert found / len(texts) >= 0.93


def test_nothing_in_the_rulebook_is_unreachable(library: Library) -> None:
    searcher, rulebook = library.shelf.searcher, library.shelf.rulebook
    reached = set()
    for rule in rulebook.rules.values():
        for text in (rule.title, *rule.phrasings):
            result = searcher.search(text, NOW.date())
            reached |= {result.rule} if isinstance(result, Found) else {hit.rule for hit in result.options} if isinstance(result, Close) else set()
            if rule.id in reached:
                break
    assert set(rulebook.rules) - reached == set()
