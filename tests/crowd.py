"""People who ask while things fail, and what became of their questions."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.emulator import Emulator
from tests.program import Program

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


@pytest.fixture(name="emulator")
def an_emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


def logged(program: Program) -> int:
    return int(program.query("SELECT count(*) FROM questions")[0][0])


def wait_logged(program: Program, count: int, timeout: float = 15) -> None:
    deadline = time.monotonic() + timeout
    while logged(program) < count and time.monotonic() < deadline:
        time.sleep(0.05)
    assert logged(program) == count


def message_json(number: int, chat: int, text: str) -> dict[str, object]:
    person = {"id": chat, "is_bot": False, "first_name": "Zulkarnaen", "language_code": "id"}
    place = {"id": chat, "type": "private", "first_name": "Zulkarnaen"}
    return {"update_id": 90_000 + number, "message": {"message_id": 1, "date": int(time.time()), "chat": place, "from": person, "text": text}}
