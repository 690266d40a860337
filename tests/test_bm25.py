"""The inverted index gives the package's numbers."""

import random

import numpy as np
import pytest

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
