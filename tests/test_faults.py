"""What Telegram, databases, disks, clocks and killed processes do, against the real program. Each test is a row of numbers.

`make test` prints the rows as a table at the end.
"""

import asyncio
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from bot.app import opened
from bot.chat.application import CONCURRENT
from bot.chat.deliveries import LEASE
from bot.settings import Settings, database_url
from bot.storage.folder import read_folder
from bot.usecases.publishing import Published
from tests.door import Door, new_database, rows
from tests.emulator import Emulator
from tests.program import ROOT, SECRET, Program, free_port, running

QUESTIONS = ("boleh gak saya like postingan paslon?", "boleh pasang twibbon paslon di foto profil?", "apakah ASN boleh mencoblos di TPS?")
Record = Callable[[str, object], None]


@dataclass
class Crowd:
    """People who each ask once, in a chat of their own."""

    emulator: Emulator
    first: int = 700_000
    sent: int = 0

    def ask(self, count: int) -> None:
        for _ in range(count):
            self.emulator.say(QUESTIONS[self.sent % len(QUESTIONS)], chat=self.first + self.sent)
            self.sent += 1

    @property
    def answers(self) -> Counter[int]:
        """Chat → verdicts it was shown."""
        chats = range(self.first, self.first + self.sent)
        return Counter({chat: sum("BOLEH" in m.text or "DILARANG" in m.text for m in list(self.emulator.messages[chat])) for chat in chats})

    @property
    def unanswered(self) -> int:
        return sum(not count for count in self.answers.values())

    @property
    def answered_twice(self) -> int:
        return sum(count > 1 for count in self.answers.values())

    def wait(self, left: int = 0, timeout: float = 60) -> None:
        """Until no more than so many are unanswered."""
        self.emulator.wait_for(lambda: self.unanswered <= left, timeout)

    def note(self, record: Record, fault: str, logged: int, lost: int = 0) -> None:
        """The row of numbers for the table."""
        record("fault", (fault, self.sent, self.sent - self.unanswered, self.answered_twice, logged, lost))


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


def logged(program: Program) -> int:
    return int(program.query("SELECT count(*) FROM questions")[0][0])


def wait_logged(program: Program, count: int, timeout: float = 15) -> None:
    deadline = time.monotonic() + timeout
    while logged(program) < count and time.monotonic() < deadline:
        time.sleep(0.05)
    assert logged(program) == count


@pytest.mark.parametrize("way", ["webhook", "polling"])
def test_killed_under_load_and_started_again_it_answers_everybody_and_logs_each_once(
    way: str, emulator: Emulator, tmp_path: Path, office_folder: Path, record_property: Record
) -> None:
    crowd, port = Crowd(emulator), free_port()
    with running(tmp_path, emulator, start_in=office_folder, webhook=way == "webhook", port=port) as program:
        crowd.ask(60)
        crowd.wait(left=40)
        program.process.send_signal(signal.SIGKILL)
        program.process.wait()
    answered_before = crowd.sent - crowd.unanswered
    assert answered_before < crowd.sent, "nothing was in hand any more when it was killed"
    with running(tmp_path, emulator, start_in=office_folder, webhook=way == "webhook", port=port) as program:
        # By webhook Telegram sends again what was not confirmed; what the dead process had in hand is free after its lease.
        # By polling what had been fetched and was in hand is gone: no more than may be in hand at once.
        crowd.wait(left=0 if way == "webhook" else CONCURRENT, timeout=LEASE.total_seconds() + 40)
        time.sleep(1)
        lost = crowd.unanswered
        crowd.note(record_property, f"kill -9 under load, {way}", logged(program), lost)
        assert lost == 0 or way == "polling"
        assert logged(program) <= crowd.sent
        assert logged(program) >= crowd.sent - lost
        # An answer that was out but not yet written down comes twice: nobody can ask Telegram whether it was sent.
        assert crowd.answered_twice <= (1 if way == "webhook" else CONCURRENT)


def test_on_postgresql_two_processes_share_the_load_and_one_of_them_is_killed(
    emulator: Emulator, tmp_path: Path, office_folder: Path, postgres_url: str, record_property: Record
) -> None:
    new_database(postgres_url, "dua")
    address = postgres_url.replace("+psycopg", "").replace("/postgres?", "/dua?")
    ports = (free_port(), free_port())
    folders = (tmp_path / "a", tmp_path / "b")
    for folder in folders:
        folder.mkdir()
    sent: dict[int, int] = {}
    with (
        running(folders[0], emulator, start_in=office_folder, webhook=True, port=ports[0], DATABASE_URL=address) as one,
        running(folders[1], emulator, start_in=office_folder, webhook=True, port=ports[1], DATABASE_URL=address) as other,
        ThreadPoolExecutor(8) as telegram,
        httpx.Client(trust_env=False, timeout=10) as client,
    ):
        emulator.webhook_url = "http://127.0.0.1:9/"  # the test itself plays the side of Telegram that knocks

        def deliver(number: int) -> None:
            """Knocks at one door, then at the other, until somebody says 200; some knock twice at once."""
            chat = 800_000 + number
            update = _message(number, chat, QUESTIONS[number % 3])
            for attempt in range(200):
                try:
                    door = f"http://127.0.0.1:{ports[(number + attempt) % 2]}/telegram"
                    status = client.post(door, json=update, headers={"X-Telegram-Bot-Api-Secret-Token": SECRET}).status_code
                except httpx.HTTPError:
                    status = 0
                sent[number] = attempt
                if status == 200:
                    return
                time.sleep(0.2)
            raise AssertionError(f"update {number} was never taken")

        work = [telegram.submit(deliver, number % 80) for number in range(100)]  # the first twenty come twice
        emulator.wait_for(lambda: sum(bool(emulator.messages[800_000 + n]) for n in range(80)) >= 30, 30)
        one.process.kill()
        for task in work:
            task.result(60)
        assert other.process.poll() is None
        answers = [sum("BOLEH" in m.text or "DILARANG" in m.text for m in emulator.messages[800_000 + n]) for n in range(80)]
        in_log = rows(address, "SELECT count(*) FROM questions")[0][0]
        twice = sum(count > 1 for count in answers)
        record_property("fault", ("one of two processes killed, 20 updates sent twice", 80, sum(map(bool, answers)), twice, in_log, 80 - in_log))
        assert all(answers)
        assert in_log == 80
        assert twice <= 8, "no more than the killed one had in hand"


def test_two_processes_take_over_a_publication_within_seconds_while_they_answer(
    emulator: Emulator, tmp_path: Path, office_folder: Path, postgres_url: str, record_property: Record
) -> None:
    new_database(postgres_url, "terbit")
    address = postgres_url.replace("+psycopg", "").replace("/postgres?", "/terbit?")
    ports, folders = (free_port(), free_port()), (tmp_path / "a", tmp_path / "b")
    for folder in folders:
        folder.mkdir()
    old, new = "Jangan like, komentar, atau membagikan", "Jangan sekali-kali menyukai, mengomentari, atau membagikan"
    with (
        running(folders[0], emulator, webhook=True, port=ports[0], start_in=office_folder, DATABASE_URL=address),
        running(folders[1], emulator, webhook=True, port=ports[1], start_in=office_folder, DATABASE_URL=address),
        httpx.Client(trust_env=False, timeout=10) as client,
        ThreadPoolExecutor(1) as office,
    ):
        emulator.webhook_url = "http://127.0.0.1:9/"
        told: list[tuple[float, int, bool]] = []

        def ask(number: int) -> None:
            side, chat = number % 2, 810_000 + number
            door = f"http://127.0.0.1:{ports[side]}/telegram"
            answer = client.post(door, json=_message(5_000 + number, chat, QUESTIONS[0]), headers={"X-Telegram-Bot-Api-Secret-Token": SECRET})
            assert answer.status_code == 200
            (message,) = emulator.messages[chat]
            told.append((time.monotonic(), side, new in message.text))
            assert new in message.text or old in message.text

        work = office.submit(lambda: asyncio.run(_publish(address, office_folder / "knowledge", old, new)))
        number = 0
        while not work.done() or {side for _, side, is_new in told if is_new} != {0, 1}:
            assert not work.done() or time.monotonic() - work.result() < 10, "a publication takes ten seconds to reach a process"
            ask(number)
            number += 1
            time.sleep(0.05)
        seconds = max(min(at for at, side, is_new in told if is_new and side == which) for which in (0, 1)) - work.result()
        count = rows(address, "SELECT count(*) FROM questions")[0][0]
        record_property("fault", (f"a publication while two processes answer ({seconds:.1f} s)", number, len(told), 0, count, number - count))
        assert count == number
        for which in (0, 1):
            news = [is_new for _, side, is_new in told if side == which]
            assert news == sorted(news), "once new, never old again"


async def _publish(address: str, knowledge: Path, old: str, new: str) -> float:
    """Publishes a changed wording as a third program would; when it was published, in seconds that only run forward."""
    async with opened(Settings(database=database_url(address), knowledge=knowledge)) as parts:
        publishing, documents = parts.product.publishing, read_folder(knowledge)
        name = next(name for name, content in documents.items() if name.startswith("aturan/") and old.encode() in content)
        await publishing.save("ada", "Ada", {name: documents[name].replace(old.encode(), new.encode())}, 0)
        preview = await publishing.preview("ada")
        assert preview is not None
        assert isinstance(await publishing.publish("ada", preview.key, "Ada", "ada", "kata yang lebih tegas"), Published)
        return time.monotonic()


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


@pytest.mark.parametrize("way", ["webhook", "polling"])
def test_a_stop_under_load_loses_nothing(way: str, emulator: Emulator, tmp_path: Path, office_folder: Path, record_property: Record) -> None:
    crowd, port = Crowd(emulator), free_port()
    with running(tmp_path, emulator, start_in=office_folder, webhook=way == "webhook", port=port) as program:
        crowd.ask(60)
        crowd.wait(left=40)
    assert program.process.returncode == 0
    with running(tmp_path, emulator, start_in=office_folder, webhook=way == "webhook", port=port) as program:
        crowd.wait(timeout=60)
        wait_logged(program, crowd.sent)
        crowd.note(record_property, f"SIGTERM under load, {way}", logged(program))
        assert crowd.answered_twice == 0


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


def _message(number: int, chat: int, text: str) -> dict[str, object]:
    person = {"id": chat, "is_bot": False, "first_name": "Zulkarnaen", "language_code": "id"}
    place = {"id": chat, "type": "private", "first_name": "Zulkarnaen"}
    return {"update_id": 90_000 + number, "message": {"message_id": 1, "date": int(time.time()), "chat": place, "from": person, "text": text}}
