"""Four plain searches over the same phrasings, to measure ours against. Each takes the best phrasing's rule and always answers.

Knows nothing of branches that ask back or of silence by doubt: a message is declined only when a phrasing of a
non-question is the best match.
"""

import logging
import re
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from bot.core.answer import verdict_on
from bot.core.phrasings import OUTSIDE, texts_of
from bot.core.registers import Example
from bot.core.rulebook import Rulebook
from bot.usecases.evaluate import Figures, Judged

Best = Callable[[str], int]
"""A question to the number of the phrasing that matches best."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """A measured search: its figures, and milliseconds a question."""

    name: str
    figures: Figures
    milliseconds: float


def measure(rulebook: Rulebook, examples: Sequence[Example], day: date) -> list[Baseline]:
    """All baselines on the same examples. A library that is not installed is left out."""
    texts = [text for *_, text in texts_of(rulebook)]
    found = []
    for name, build in BUILDERS.items():
        try:
            best = build(texts)
        except ImportError:
            continue
        started = time.perf_counter()
        figures = _judge(rulebook, examples, day, best)
        found.append(Baseline(name, figures, 1000 * (time.perf_counter() - started) / max(1, len(examples))))
    return found


def _judge(rulebook: Rulebook, examples: Iterable[Example], day: date, best: Best) -> Figures:
    documents = texts_of(rulebook)
    figures = Figures()
    for example in examples:
        label, owner, branch_id, _ = documents[best(example.question)]
        rule = rulebook.rules.get(label)
        branch = rulebook.rules[owner].branch(branch_id) if branch_id and label == owner else None
        verdict = verdict_on(rulebook, rule, day, branch) if rule else None
        wrong = verdict is not None and example.verdict is not None and verdict is not example.verdict
        permits = wrong and verdict is not None and verdict.permits and example.verdict is not None and not example.verdict.permits
        right = label in example.rules
        outcome = "decline" if label.startswith(OUTSIDE) else "answer"
        figures.judged.append(Judged(example, outcome, rule.id if rule else None, verdict, right, right, right, wrong, permits))
    return figures


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _rank_bm25(texts: Sequence[str]) -> Best:
    from rank_bm25 import BM25Okapi

    index = BM25Okapi([text.lower().split() for text in texts])
    return lambda question: int(np.argmax(index.get_scores(question.lower().split())))


def _bm25s(texts: Sequence[str]) -> Best:
    import bm25s

    logging.getLogger("bm25s").setLevel(logging.ERROR)  # it tells of every question without a known word
    index = bm25s.BM25()
    index.index(bm25s.tokenize(list(texts), stopwords=None, show_progress=False), show_progress=False)

    def best(question: str) -> int:
        tokens = bm25s.tokenize([question], stopwords=None, show_progress=False)
        numbers, _ = index.retrieve(tokens, k=1, show_progress=False)
        return int(numbers[0, 0])

    return best


def _fts5(texts: Sequence[str]) -> Best:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE phrasings USING fts5(text)")
    connection.executemany("INSERT INTO phrasings(rowid, text) VALUES (?, ?)", enumerate(texts, 1))

    def best(question: str) -> int:
        wanted = " OR ".join(f'"{word}"' for word in dict.fromkeys(_words(question))) or '"-"'
        row = connection.execute("SELECT rowid FROM phrasings WHERE phrasings MATCH ? ORDER BY bm25(phrasings) LIMIT 1", (wanted,)).fetchone()
        return row[0] - 1 if row else 0

    return best


def _tfidf(texts: Sequence[str]) -> Best:
    from sklearn.feature_extraction.text import TfidfVectorizer

    machine = TfidfVectorizer(token_pattern=r"\w+", sublinear_tf=True)  # noqa: S106 - a pattern of words, no secret
    index = machine.fit_transform(texts).T.tocsr()
    return lambda question: int(np.argmax((machine.transform([question]) @ index).toarray()))


BUILDERS: dict[str, Callable[[Sequence[str]], Best]] = {
    "rank-bm25, kata apa adanya": _rank_bm25,
    "bm25s": _bm25s,
    "SQLite FTS5": _fts5,
    "TF-IDF": _tfidf,
}
"""Name → builder of an index over phrasings."""
