"""Five searches over the same texts behind one shape: built from texts, asked with text, answering the numbers of the ten best.

Each is fed the way its own documentation feeds it: its natural tokenizer, scores by its own BM25.
"""

import logging
import re
import sqlite3
from collections.abc import Callable, Sequence

import numpy as np

from bot.core.bm25 import BM25
from bot.core.rulebook import Rulebook
from bot.core.text import Lexicon

TOP = 10
"""Texts that a query brings, best first."""

Query = Callable[[str], list[int]]
"""A question to the numbers of at most TOP texts."""
Build = Callable[[Sequence[str], Rulebook], Query]


def ours(texts: Sequence[str], rulebook: Rulebook) -> Query:
    """The bot's own: its reading of Indonesian (slang, typos, stems), then its BM25."""
    lexicon = Lexicon(rulebook.glossary, texts)
    index = BM25(lexicon.read(text).polar for text in texts)
    return lambda question: index.best(lexicon.read(question).polar, TOP)[0].tolist()


def rank_bm25(texts: Sequence[str], _: Rulebook) -> Query:
    """The package most used for BM25 in Python, as its README shows it."""
    from rank_bm25 import BM25Okapi

    index = BM25Okapi([text.lower().split() for text in texts])

    def query(question: str) -> list[int]:
        scores = index.get_scores(question.lower().split())
        best = np.argpartition(scores, -TOP)[-TOP:]
        return [int(number) for number in best[np.argsort(-scores[best])]]

    return query


def bm25s(texts: Sequence[str], _: Rulebook) -> Query:
    """Scores computed at indexing time, in sparse matrices; its numba backend is another dependency and is not used."""
    import bm25s as library

    logging.getLogger("bm25s").setLevel(logging.ERROR)  # it tells of every question without a known word
    index = library.BM25()
    index.index(library.tokenize(list(texts), stopwords=None, show_progress=False), show_progress=False)

    def query(question: str) -> list[int]:
        tokens = library.tokenize([question], stopwords=None, show_progress=False)
        numbers, _ = index.retrieve(tokens, k=TOP, show_progress=False)
        return [int(number) for number in numbers[0]]

    return query


def fts5(texts: Sequence[str], _: Rulebook) -> Query:
    """SQLite's full-text table, in memory, any of the question's words."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE phrasings USING fts5(text)")
    connection.executemany("INSERT INTO phrasings(rowid, text) VALUES (?, ?)", enumerate(texts, 1))
    wanted = f"SELECT rowid FROM phrasings WHERE phrasings MATCH ? ORDER BY rank LIMIT {TOP}"  # noqa: S608 - a number of ours

    def query(question: str) -> list[int]:
        words = " OR ".join(f'"{word}"' for word in dict.fromkeys(_words(question))) or '"-"'
        return [row[0] - 1 for row in connection.execute(wanted, (words,))]

    return query


def tantivy(texts: Sequence[str], _: Rulebook) -> Query:
    """A search engine in Rust, in memory, one segment, any of the question's words."""
    import tantivy as library

    fields = library.SchemaBuilder()
    fields.add_text_field("text", stored=False)
    fields.add_integer_field("number", stored=True, fast=True)
    schema = fields.build()
    index = library.Index(schema)
    writer = index.writer(heap_size=500_000_000, num_threads=1)
    for number, text in enumerate(texts):
        writer.add_document(library.Document(text=text, number=number))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def query(question: str) -> list[int]:
        words = [library.Query.term_query(schema, "text", word) for word in dict.fromkeys(_words(question))]
        found = searcher.search(library.Query.boolean_query([(library.Occur.Should, word) for word in words]), TOP, count=False)
        return [searcher.doc(address)["number"][0] for _, address in found.hits]

    return query


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


INDEXES: dict[str, Build] = {"ours": ours, "rank-bm25": rank_bm25, "bm25s": bm25s, "SQLite FTS5": fts5, "tantivy": tantivy}
"""Name → how it is built."""
