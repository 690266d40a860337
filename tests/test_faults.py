"""Processes that are killed, stopped and several at once, against the real program. Each test is a row of numbers.

`make test` prints the rows as a table at the end; tests/test_weather.py adds its own.
"""

import asyncio
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from bot.app import opened
from bot.chat.application import CONCURRENT
from bot.chat.deliveries import LEASE
from bot.settings import Settings, database_url
from bot.storage.folder import read_folder
from bot.usecases.publishing import Published
from tests.crowd import QUESTIONS, Crowd, Record, an_emulator, logged, message_json, wait_logged
from tests.door import new_database, rows
from tests.emulator import Emulator
from tests.program import SECRET, free_port, running

__all__ = ["an_emulator"]  # a fixture is found by its name here


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
            update = message_json(number, chat, QUESTIONS[number % 3])
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
            answer = client.post(door, json=message_json(5_000 + number, chat, QUESTIONS[0]), headers={"X-Telegram-Bot-Api-Secret-Token": SECRET})
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
