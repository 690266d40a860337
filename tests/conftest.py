"""What tests share: the real rulebook, learnt once; a small rulebook that a test may break; a clock that stands still."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.core.assembly import Documents
from bot.storage.cache import FileCache
from bot.storage.folder import read_folder
from bot.usecases.ask import Asking
from bot.usecases.library import Library
from tests.small import small_documents

ROOT = Path(__file__).parent.parent
NOW = datetime(2026, 11, 21, 10, 42, 17, tzinfo=ZoneInfo("Asia/Jakarta"))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def documents() -> Documents:
    """The rulebook folder as it is."""
    return read_folder(ROOT / "knowledge")


@pytest.fixture(scope="session")
def library(documents: Documents) -> Library:
    """The whole rulebook. Learning it takes seconds, so what was learnt is kept between runs."""
    library = Library(FileCache(ROOT / ".pytest_cache" / "netral"))
    library.load(documents)
    return library


@pytest.fixture(scope="session")
def small_library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """A rulebook of three rules, for tests of everything but matching."""
    library = Library(FileCache(tmp_path_factory.mktemp("cache")))
    library.load(small_documents())
    return library


@pytest.fixture
def now() -> Iterator[datetime]:
    return NOW


@pytest.fixture
def asking(library: Library) -> Asking:
    """Answers from the whole rulebook, and keeps the rows in memory."""
    from tests.fakes import MemoryLog

    return Asking(library, MemoryLog(), lambda: NOW)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The numbers of tests/test_faults.py as a table."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, [])]
    told = [value for report in reports for name, value in report.user_properties if name == "fault"]
    if told:
        terminalreporter.section("faults")
        terminalreporter.write_line(f"{'fault':60} {'sent':>5} {'answered':>9} {'twice':>6} {'logged':>7} {'lost':>5}")
        for fault, sent, answered, twice, logged, lost in told:
            terminalreporter.write_line(f"{fault:60} {sent:5} {answered:9} {twice:6} {logged:7} {lost:5}")
