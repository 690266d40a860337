"""What anybody may download: the released cells, whole, and a word on what they are. Nothing else ever goes into these files."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import date

from bot.usecases.disclosure import Cell
from bot.usecases.exports import open_csv
from bot.usecases.review_ports import Counts

ToDatabase = Callable[[Iterable[tuple[date, Cell]], Mapping[str, str]], bytes]
"""Makes a database file of released cells and a description."""


class OpenData:
    """The aggregates-only download, as CSV and as a database."""

    def __init__(self, counts: Counts, to_database: ToDatabase, k: int) -> None:
        self._counts = counts
        self._to_database = to_database
        self._k = k

    async def table(self) -> bytes:
        """All released cells as CSV."""
        return (await asyncio.to_thread(open_csv, await self._counts.released(date.min, date.max))).encode()

    async def database(self) -> bytes:
        """The same as an SQLite file that explains itself."""
        about = {
            "k": str(self._k),
            "isi": "Jumlah pertanyaan per minggu. Tiap angka memuat paling sedikit k pertanyaan; kunci * adalah gabungan yang tidak dirinci.",
            "lisensi": "CC0",
        }
        return await asyncio.to_thread(self._to_database, await self._counts.released(date.min, date.max), about)
