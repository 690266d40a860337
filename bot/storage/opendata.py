"""The open data as an SQLite file: released cells, and a table that says what they are."""

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import date

from bot.usecases.disclosure import Cell
from bot.usecases.exports import OPEN_HEAD, open_row


def open_database(released: Iterable[tuple[date, Cell]], about: Mapping[str, str]) -> bytes:
    """The bytes of a new database. `about` are pairs for the table `tentang`: k, licence, explanation."""
    with closing(sqlite3.connect(":memory:")) as connection:
        columns = ", ".join(f"{name} {'INTEGER' if name == 'jumlah' else 'TEXT'} NOT NULL" for name in OPEN_HEAD)
        connection.execute(f"CREATE TABLE sel ({columns}, PRIMARY KEY (minggu, saluran, bagian, kunci)) WITHOUT ROWID")
        connection.execute("CREATE TABLE tentang (nama TEXT PRIMARY KEY, isi TEXT NOT NULL) WITHOUT ROWID")
        connection.executemany("INSERT INTO sel VALUES (?, ?, ?, ?, ?)", (open_row(week, cell) for week, cell in released))
        connection.executemany("INSERT INTO tentang VALUES (?, ?)", about.items())
        connection.commit()
        return connection.serialize()
