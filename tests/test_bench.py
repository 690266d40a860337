"""The bench measures what it says: small runs give every figure, a lost message is a fault, a made rulebook is no copy."""

import asyncio
import json
import math
from pathlib import Path

import pytest

from bot.bench import retrieval
from bot.bench.corpus import enlarged
from bot.bench.figures import Aim, Figure, Report, percentile, spread
from bot.bench.indexes import INDEXES, TOP
from bot.bench.retrieval import compare_retrieval
from bot.bench.run import questions_of
from bot.bench.server import LoadServer
from bot.bench.telegram import THEIRS, check, measured, side
from bot.core.assembly import Documents
from bot.core.phrasings import texts_of
from bot.storage.folder import write_folder
from bot.usecases.library import Library
from tests.conftest import ROOT
from tests.small import small_documents


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.95, 95), (0.99, 99), (1, 100), (0, 1)])
def test_a_percentile_is_one_of_the_values(share: float, value: int) -> None:
    assert percentile(range(100, 0, -1), share) == value


def test_a_percentile_of_nothing_is_no_number() -> None:
    assert math.isnan(percentile([], 0.5))


def test_aims_are_judged_on_the_median_of_rounds() -> None:
    assert Figure("x", "ms", [1, 9, 1], [2, 2, 2], Aim("ratio", "below", 1)).met is True
    assert Figure("x", "ms", [5, 6, 9], [2, 2, 2], Aim("difference", "most", 3)).met is False
    assert Figure("x", "MB", [201], aim=Aim("ours", "most", 200)).met is False
    assert Figure("x", "MB", [201]).met is None
    with pytest.raises(ValueError):
        Figure("x", "ms", [1, 2], [1]).ratios  # noqa: B018 - a round of one side was lost
    assert spread([3, 1, 2]) == "2 (1-3)"


def test_a_report_is_readable_by_people_and_machines() -> None:
    report = Report({"(z) speed": [Figure("query", "ms", [1, 2], [2, 2], Aim("ratio", "below", 1))]}, ["quiet"], [])
    assert "0.75 (0.5-1)" in report.tables()
    assert "note: quiet" in report.tables()
    assert json.loads(report.as_json())["sections"]["(z) speed"][0]["ratios"] == [0.5, 1.0]


def test_a_made_rulebook_has_the_size_asked_for_and_no_copies() -> None:
    texts = sorted(set(questions_of(ROOT / "knowledge")))
    made = list(enlarged(texts, 5))
    assert len(made) == len(set(made)) == 5 * len(texts)
    assert made[: len(texts)] == texts
    assert made == list(enlarged(texts, 5))
    known = {word for text in texts for word in text.split()}
    novel = [word for text in made for word in text.split() if word not in known]
    assert 0 < len(set(novel)) < len(novel)  # new words, and some of them again


@pytest.mark.parametrize("name", INDEXES)
def test_every_index_finds_a_text_by_its_own_words(name: str, small_library: Library) -> None:
    if name == "tantivy":
        pytest.importorskip("tantivy")
    rulebook = small_library.shelf.rulebook
    texts = [f"{text} nomor{number}" for number, (*_, text) in enumerate(texts_of(rulebook))]
    query = INDEXES[name](texts, rulebook)
    found = query(texts[3])
    assert found[0] == 3
    assert len(found) <= TOP
    assert query("zzz") is not None


def test_retrieval_gives_every_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrieval, "INDEXES", {name: INDEXES[name] for name in ("ours", "SQLite FTS5")})
    documents: Documents = small_documents()
    write_folder(tmp_path / "knowledge", documents)
    report = Report()
    compare_retrieval(report, tmp_path, tmp_path / "knowledge", questions_of(ROOT / "knowledge")[:40], [1, 3], 1, 0.05)
    one, three, growth = report.sections.values()
    assert [figure.what for figure in one] == [f"{what}, against SQLite FTS5" for what in ("query", "build", "memory")]
    assert one[0].ratios[0] > 0
    assert three[0].ratios[0] > 0
    assert [figure.what for figure in growth] == ["ours, 1x to 3x", "SQLite FTS5, 1x to 3x"]


@pytest.mark.parametrize("webhook", [False, True])
def test_a_load_gives_every_figure_and_loses_nothing(tmp_path: Path, webhook: bool) -> None:
    report = Report()
    with side(THEIRS, tmp_path, ["satu", "dua"], report, webhook=webhook) as echo:
        figures = measured(echo, echo, 1, 0.3)
    assert [figure.what.split()[0] for figure in figures] == ["throughput", "p50", "p95", "p99", "memory"]
    assert all(figure.ratios[0] > 0 for figure in figures)
    assert report.faults == []


def test_a_lost_message_is_counted_and_is_a_fault() -> None:
    result = asyncio.run(LoadServer(["satu"]).load({"seconds": 0.01, "count": 3, "patience": 0.01}))
    assert (result["sent"], result["answered"]) == (3, 0)
    report = Report()
    check(report, "a bot", result)
    assert "3 sent, 0 answered" in report.tables()
