"""What the fuzz tests share: one profile, a rulebook that is read quickly, odd words, and the whole program but for its sockets.

The same examples every time; `FUZZ=20` tries twenty times as many, and others each time.
"""

import io
import itertools
import json
import logging
import os
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest
from hypothesis import HealthCheck, settings
from telegram.request import BaseRequest, RequestData

from bot import logs
from bot.app import clock, opened
from bot.chat.application import TelegramEdge
from bot.settings import Settings
from bot.storage.folder import write_folder
from bot.usecases.access import key_of
from bot.web.office import office
from bot.web.pages import Pages
from bot.web.selfcheck import SelfCheckPages
from bot.web.site import build
from bot.web.view import View
from bot.web.webhook import SECRET_HEADER, webhook
from tests.door import new_database
from tests.emulator import Emulator, Refused
from tests.fakes import well
from tests.small import KNOWLEDGE, RULES, small_documents
from tests.test_attacks import TOKEN, Castle, word

TIMES = int(os.environ.get("FUZZ", "1"))
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
PROFILE = settings(derandomize=TIMES == 1, database=None, deadline=None, suppress_health_check=SLOW)


def fuzz(examples: int) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """The one profile of all fuzz tests, with so many examples."""
    return settings(PROFILE, max_examples=examples * TIMES)


def slim_documents() -> dict[str, bytes]:
    """The small rulebook with every kind of file, short enough to be read hundreds of times."""
    documents = small_documents() | {"cek.yaml": (KNOWLEDGE / "cek.yaml").read_bytes()}
    documents["uji/kecil.yaml"] = b"uji:\n  - tanya: boleh suka unggahan paslon di grup?\n    aturan: [suka-unggahan]\n    putusan: dilarang\n"
    documents["di-luar.yaml"] = re.sub(rb"(\n    frasa:(?:\n      - .*){2})(?:\n      - .*)*", rb"\1", documents["di-luar.yaml"])
    for name in ("sumber/hukum.yaml", "sumber/pernyataan.yaml", "glosarium.yaml"):
        head, *entries = re.split(r"(?m)^(?=  - )", documents[name].decode())
        used = re.compile("|".join(f"id: {source}\n" for source in re.findall(r"sumber: (.*)", RULES)))
        kept = [entry for i, entry in enumerate(entries) if i % 30 == 0 or used.search(entry) or entry is entries[-1]]
        documents[name] = (head + "".join(kept)).encode()
    return documents


DOCUMENTS = slim_documents()
RULE_FILE = "aturan/kecil.yaml"

PIECES = (
    *("boleh", "gak", "like", "postingan paslon", "PNS", "hadir kampanye", "kalau", "dan kalau", "hak pilih", "the candidate post", "what if"),
    *("tidak", "Pak Budi", "Zulkarnaen", "bu", "pak", "desa", "solo", "NIP 198501012010011001", "0812-3456-7890", "a@b.co", "@", "t.me/x"),
    *("B 1234 XYZ", "no rek", "?", "!", ".", "-", "--", "\n", "\n\n", "\n- ", "\n1. ", "2)", "•", "…", "'", '"', "&", "<b>", "</b>", "<"),
    *("&amp;", "{kode}", "%s", "/", ":", "²", "Ⅷ", "\u200b", "\u200d", "\u202e", "\u2066", "\ufeff", "\u0301" * 5, "e\u0301", "\u0130", "ß", "ﷺ"),
    *("１２３４５６７", "٠١٢٣٤٥٦٧٨٩", "𝟙𝟚𝟛𝟜𝟝𝟞", "אסור", "我可以", "\x00", "\x1c", "\x85", "\u2028", "\u3000", "\U0010ffff", "\ue000", "kmpnye"),
    *("bolehhhhhh", "teman2", "foto-foto-an", "a-a-a-a", "123456", "1 2 3 4 5 6 7 8"),
)
"""Words and signs of which questions are made, and some that are in none."""

SECRET = "rahasia-yang-cukup-panjang"
ADMIN, REVIEWER, STRANGER = 1, 2, 777000111
MARK = "Bisikan7f3a"
"""Stands in whatever is sent, and must stand nowhere else."""


class Api(BaseRequest):
    """The Bot API without a network between."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    @property
    def read_timeout(self) -> float:
        return 5

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def do_request(self, url: str, method: str, request_data: RequestData | None = None, *_: object, **__: object) -> tuple[int, bytes]:
        token, name = url.removeprefix("http://api/bot").split("/")
        try:
            result = self._emulator._perform(token, name, json.loads(json.dumps(request_data.parameters if request_data else {})))
        except Refused as refusal:
            return refusal.status, json.dumps({"ok": False, "description": refusal.description}).encode()
        except (TypeError, ValueError, KeyError):
            return 400, b'{"ok": false, "description": "Bad Request: chat not found"}'
        return 200, json.dumps({"ok": True, "result": result}).encode()


class House:
    """The program, with an admin in the office."""

    def __init__(self, castle: "Fort", emulator: Emulator, log: io.StringIO) -> None:
        self.castle = castle
        self.emulator = emulator
        self.log = log
        self.numbers = itertools.count(1)
        self.admin = castle.stranger()
        self.csrf = ""

    def __repr__(self) -> str:
        return "House"

    async def enter(self) -> None:
        """The admin comes in (again)."""
        self.admin = await self.castle.entered(ADMIN)
        self.csrf = await word(self.admin)

    def forget(self) -> None:
        """Leaves the log empty."""
        self.log.seek(0)
        self.log.truncate()

    async def deliver(self, body: bytes) -> int:
        """What the webhook answers."""
        self.forget()
        headers = {SECRET_HEADER: SECRET, "content-type": "application/json"}
        return (await self.castle.stranger_once("/telegram", body, headers)).status_code

    def assert_calm(self, *, without: tuple[str, ...] = (MARK,)) -> None:
        """Nothing of what was sent is in the log, and rows can still be written."""
        said = self.log.getvalue().lower()
        assert not any(word.lower() in said for word in without), said
        assert not self.castle.product.journal.is_away, said

    def faults(self) -> float:
        return self.castle.product.watch.sum("netral_faults_total")


class Fort(Castle):
    """The castle, which lets strangers come again and again."""

    async def stranger_once(self, address: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
        if not self._open:
            self.stranger()
        return await self._open[0].post(address, content=body, headers=headers)


@contextmanager
def logged(*secrets: str) -> Iterator[io.StringIO]:
    """Everything the program logs, set up as it sets itself up, at the level that tells most."""
    root, text = logging.getLogger(), io.StringIO()
    before = [(logger, logger.level) for logger in (root, *map(logging.getLogger, logs.QUIET))]
    handlers = root.handlers[:]
    logs.set_up("DEBUG", secrets)
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(text)
    try:
        yield text
    finally:
        root.handlers[:] = handlers
        for logger, level in before:
            logger.setLevel(level)


@pytest.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("rumah")
    write_folder(folder / "knowledge", DOCUMENTS)
    new_database(postgres_url, "acak")
    database = postgres_url.replace("/postgres?", "/acak?")
    settings = Settings(token=TOKEN, admins=frozenset({ADMIN}), reviewers=frozenset({REVIEWER}), database=database, knowledge=folder / "knowledge")

    async def draw(*_: object) -> bytes:
        return b""

    with logged(TOKEN, SECRET) as log, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        async with opened(settings) as parts:
            product, view, emulator = parts.product, View(parts.product.library, clock), Emulator(TOKEN)
            edge = TelegramEdge(TOKEN, "http://api", product, None, "http://uji", draw, {key_of(TOKEN, ADMIN): ADMIN})
            edge.application.bot._request = (Api(emulator), Api(emulator))
            await edge.application.initialize()
            await edge.application.start()
            doors = [webhook(SECRET, edge.handle, product.watch), *SelfCheckPages(product.receipts, view, clock).routes()]
            doors += office(product, view, draw, lambda: "TanyaNetralBot", secure=False)
            castle = Fort(build(Pages(product.asking, view, clock), well, doors), parts)
            house = House(castle, emulator, log)
            await house.enter()
            yield house
            await castle.close()
            await edge.stop()
