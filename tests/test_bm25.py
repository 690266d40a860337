"""The inverted index gives the package's numbers."""

import random

import numpy as np
import pytest

from bot.core import bm25
from bot.core.bm25 import BM25, PositiveIdfBM25
from bot.usecases.library import Library


def test_scores_equal_the_package_on_the_real_rulebook(library: Library) -> None:
    documents = [list(document.stems) for document in library.shelf.searcher._documents]
    package, ours = PositiveIdfBM25(documents), BM25(documents)
    chooser = random.Random(7)
    for _ in range(25):
        query = [word for document in chooser.sample(documents, 2) for word in document] + ["kata-asing"]
        assert np.max(np.abs(package.get_scores(query) - ours.scores(query))) < 1e-9


def test_a_word_in_half_of_the_documents_still_counts() -> None:
    index = BM25([["a", "b"], ["a", "c"], ["d"], ["e"]])
    assert index.scores(["a"])[0] > 0
    assert index.scores(["a"])[2] == 0


def test_a_repeated_word_counts_as_often_as_in_the_package() -> None:
    documents = [["a", "a", "b"], ["b"], ["c", "a"]]
    assert np.allclose(BM25(documents).scores(["a", "a", "b"]), PositiveIdfBM25(documents).get_scores(["a", "a", "b"]))


@pytest.mark.parametrize("documents", [[], [[]], [[], []]])
def test_an_empty_corpus_scores_nothing(documents: list[list[str]]) -> None:
    assert BM25(documents).scores(["a"]).sum() == 0


@pytest.mark.parametrize("small", [0, 10**9])
def test_the_best_are_the_best_of_all_scores_whichever_way_they_are_added(small: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bm25, "SMALL", small)
    chooser = random.Random(3)
    documents = [[f"w{int(80 * chooser.random() ** 2)}" for _ in range(chooser.randrange(9))] for _ in range(3000)]
    index, package = BM25(documents), PositiveIdfBM25(documents)
    for most in (1, 10, 200):
        query = [f"w{chooser.randrange(90)}" for _ in range(5)]
        scores = index.scores(query)
        assert np.max(np.abs(scores - package.get_scores(query))) < 1e-9
        numbers, found = index.best(query, most)
        assert numbers.tolist() == sorted(np.flatnonzero(scores).tolist(), key=lambda number: (-scores[number], number))[:most]
        assert found.tolist() == scores[numbers].tolist()


def test_a_query_of_unknown_words_has_no_best() -> None:
    assert BM25([["a"], ["b"]]).best(["c"], 3)[0].tolist() == []
