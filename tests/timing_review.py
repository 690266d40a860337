"""How long the review takes at ten thousand, one and ten million rows, beside a plain count of the same table.

    python -m tests.timing_review [rows …]

Writes databases of up to four gigabytes into a temporary folder and removes them.
"""

import asyncio
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

from bot.storage.cache import FileCache
from bot.storage.counts import DatabaseCounts, DatabaseLedger
from bot.storage.database import migrate, open_engine
from bot.storage.folder import read_folder
from bot.storage.misses import DatabaseMisses
from bot.usecases.library import Library
from bot.usecases.queue import ReviewQueue
from bot.usecases.review import Review
from bot.usecases.upkeep import Upkeep
from tests.conftest import ROOT
from tests.simulate import write_sqlite
from tests.test_review import AFTER, K

SIZES = (10_000, 1_000_000, 10_000_000)
ROUNDS = 5


async def seconds(what: Callable[[], Awaitable[object]], rounds: int = ROUNDS) -> float:
    """Median of some rounds."""
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        await what()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


async def measure(rows: int, library: Library, folder: Path) -> None:
    """One line of the table."""
    path = folder / f"{rows}.sqlite3"
    engine = open_engine(f"sqlite+aiosqlite:///{path}")
    await migrate(engine)
    start = time.perf_counter()
    await asyncio.to_thread(write_sqlite, path, rows, library.shelf.rulebook)
    written = time.perf_counter() - start

    async def plain() -> None:
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("SELECT count(*) FROM questions").fetchone() == (rows,)

    start = time.perf_counter()
    await Upkeep(DatabaseLedger(engine), library, lambda: AFTER, 90, K).count()
    counted = time.perf_counter() - start
    review = Review(DatabaseCounts(engine), library, lambda: AFTER)
    cells = len(await DatabaseCounts(engine).released(AFTER.date().replace(month=1), AFTER.date()))
    half_year = await seconds(lambda: review.dashboard(26))
    month = await seconds(lambda: review.dashboard(4))
    count = await seconds(plain)
    queue = await seconds(lambda: ReviewQueue(DatabaseMisses(engine), library, lambda: AFTER, 90, K).board(), 1)
    await engine.dispose()
    size = path.stat().st_size / 2**20
    path.unlink()
    print(
        f"{rows:>11,} rows {size:7.0f} MB  written {written:6.1f} s  26 weeks counted {counted:6.2f} s  {cells:6} cells  count(*) {count * 1000:8.2f} ms"
        f"  26 weeks {half_year * 1000:6.1f} ms = {half_year / count:7.2f} counts  4 weeks {month * 1000:5.1f} ms = {month / count:6.2f} counts"
        f"  queue {queue:5.2f} s",
        flush=True,
    )


async def main(sizes: tuple[int, ...]) -> None:
    library = Library(FileCache(ROOT / ".pytest_cache" / "netral"))
    library.load(read_folder(ROOT / "knowledge"))
    with tempfile.TemporaryDirectory() as folder:
        for rows in sizes:
            await measure(rows, library, Path(folder))


if __name__ == "__main__":
    asyncio.run(main(tuple(map(int, sys.argv[1:])) or SIZES))
