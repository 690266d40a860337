"""Databases that come and go, full disks, a Bot API that is not well, against the real program. Each test is a row of numbers."""

import os
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.crowd import QUESTIONS, Crowd, Record, an_emulator, logged, wait_logged
from tests.door import Door, new_database, rows
from tests.emulator import Emulator
from tests.program import ROOT, SECRET, Program, free_port, running

__all__ = ["an_emulator"]  # a fixture is found by its name here


@pytest.mark.parametrize("how", ["shut", "silent"])
def test_with_the_database_gone_answers_go_on_and_the_rows_are_written_when_it_is_back(
    how: str, emulator: Emulator, tmp_path: Path, office_folder: Path, postgres_url: str, record_property: Record
) -> None:
    new_database(postgres_url, "pergi")
    direct = postgres_url.replace("+psycopg", "").replace("/postgres?", "/pergi?")
    crowd = Crowd(emulator)
    with (
        Door(postgres_url) as door,
        running(tmp_path, emulator, start_in=office_folder, webhook=True, DATABASE_URL=door.address("pergi"), METRICS_TOKEN=SECRET) as program,
    ):
        crowd.ask(10)
        crowd.wait()
        door.turn("shut" if how == "shut" else "silent")
        crowd.ask(30)
        crowd.wait()
        web = httpx.post(program.url, data={"tanya": QUESTIONS[0]}, trust_env=False, timeout=10)
        assert 'class="card dilarang"' in web.text
        ready = httpx.get(f"{program.url}/readyz", trust_env=False, timeout=10)
        assert (ready.status_code, "menunggu" in ready.text) == (200, True)
        figures = httpx.get(f"{program.url}/metrics", headers={"Authorization": f"Bearer {SECRET}"}, trust_env=False).text
        assert "netral_database_away 1.0" in figures
        door.turn("open")
        deadline = time.monotonic() + 20
        while (count := rows(direct, "SELECT count(*) FROM questions")[0][0]) < 41 and time.monotonic() < deadline:
            time.sleep(0.1)
        crowd.note(record_property, f"database gone ({how}) for 30 questions and one on the web", count - 1, crowd.sent + 1 - count)
        assert count == crowd.sent + 1
        assert crowd.answered_twice == 0
        assert rows(direct, "SELECT count(*) FROM handled WHERE NOT done") == [(0,)]


def test_a_start_waits_for_its_database(emulator: Emulator, tmp_path: Path, office_folder: Path, postgres_url: str) -> None:
    new_database(postgres_url, "nanti")
    with Door(postgres_url) as door:
        door.turn("shut")
        with ThreadPoolExecutor(1) as later:
            later.submit(lambda: (time.sleep(3), door.turn("open")))
            with running(tmp_path, emulator, start_in=office_folder, webhook=True, DATABASE_URL=door.address("nanti")) as program:
                assert "database not there yet" in program.output()
                emulator.say(QUESTIONS[0])
                assert "DILARANG" in emulator.next_message(timeout=10).text


def test_on_a_full_disk_answers_go_on_and_the_rows_are_written_when_there_is_room(
    emulator: Emulator, tmp_path: Path, office_folder: Path, record_property: Record
) -> None:
    crowd = Crowd(emulator)
    with running(tmp_path, emulator, start_in=office_folder, webhook=True) as program:
        crowd.ask(5)
        crowd.wait()
        wait_logged(program, 5)
        # The nearest thing to a full disk that needs no rights: files may not grow any more.
        resource.prlimit(program.process.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        crowd.ask(20)
        crowd.wait()
        assert httpx.get(f"{program.url}/readyz", trust_env=False).status_code == 200
        assert logged(program) == 5
        resource.prlimit(program.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        wait_logged(program, crowd.sent)
        crowd.note(record_property, "disk full for 20 questions", logged(program))
        assert program.query("PRAGMA integrity_check") == [("ok",)]


FAULTS: dict[str, Callable[[Emulator], None]] = {
    "429, wait a second": lambda emulator: emulator.fail("sendMessage", 429, "Too Many Requests: retry after 1", retry_after=1, times=5),
    "502 in a row": lambda emulator: emulator.fail("sendMessage", 502, "Bad Gateway", times=12),
    "connections reset": lambda emulator: emulator.drop("sendMessage", times=6),
    "half a response": lambda emulator: emulator.cut("sendMessage", times=4),
    "slow": lambda emulator: emulator.slow("sendMessage", 0.5, times=10),
}


@pytest.fixture(scope="module", params=["webhook", "polling"])
def bot(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, office_folder: Path) -> Iterator[tuple[str, Emulator, Program]]:
    with (
        Emulator() as emulator,
        running(tmp_path_factory.mktemp("cuaca"), emulator, start_in=office_folder, webhook=request.param == "webhook") as program,
    ):
        yield request.param, emulator, program


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_ails_the_bot_api_everybody_is_answered_in_the_end(fault: str, bot: tuple[str, Emulator, Program], record_property: Record) -> None:
    way, emulator, program = bot
    before, crowd = logged(program), Crowd(emulator, first=600_000 + 1000 * list(FAULTS).index(fault))
    FAULTS[fault](emulator)
    crowd.ask(20)
    crowd.wait(timeout=60)
    wait_logged(program, before + crowd.sent)
    crowd.note(record_property, f"Bot API: {fault}, {way}", logged(program) - before)
    # An answer that was delivered while its receipt was lost cannot be told from one that was not: it may come twice.
    assert crowd.answered_twice <= (4 if fault == "half a response" else 0)


def test_a_damaged_database_is_told_and_left_as_it_is(tmp_path: Path, office_folder: Path) -> None:
    file = tmp_path / "netral.sqlite3"
    file.write_bytes(b"SQLite format 3\0" + os.urandom(8192))
    before = file.read_bytes()
    ended = _run_once(tmp_path)
    assert ended.returncode == 2
    assert "bot restore" in ended.stderr
    assert file.read_bytes() == before


def test_a_database_damaged_while_it_runs_costs_no_answer(emulator: Emulator, tmp_path: Path, office_folder: Path, record_property: Record) -> None:
    crowd = Crowd(emulator)
    with running(tmp_path, emulator, start_in=office_folder, webhook=True) as program:
        crowd.ask(5)
        crowd.wait()
        wait_logged(program, 5)
        with closing(sqlite3.connect(program.database)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with program.database.open("r+b") as file:
            file.write(os.urandom(16_384))
        crowd.ask(10)
        crowd.wait()
        ready = httpx.get(f"{program.url}/readyz", trust_env=False)
        crowd.note(record_property, "database file damaged while running", 5, 10)
        assert "menunggu" in ready.text
    assert "rows lost, 10 since the start" in program.output()


def _run_once(folder: Path) -> subprocess.CompletedProcess[str]:
    variables = {"PATH": os.environ["PATH"], "PORT": str(free_port()), "DATABASE_URL": f"sqlite:///{folder}/netral.sqlite3", "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-m", "bot", "run"], cwd=ROOT, env=variables, capture_output=True, text=True, timeout=60, check=False)
