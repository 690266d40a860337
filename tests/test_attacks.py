"""An attacker's day at the office door: the whole site as the program builds it, its own database, and everything somebody hostile may send."""

import gc
import io
import re
import stat
import struct
import time
import zipfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

import httpx
import pytest
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.routing import Route

from bot.app import Parts, clock, opened
from bot.settings import Settings
from bot.storage.database import metadata
from bot.storage.staff import DatabaseStaff
from bot.usecases.access import Entry, Member, key_of
from bot.usecases.uploads import MAX_FILES
from bot.web.office import office
from bot.web.pages import Pages
from bot.web.selfcheck import SelfCheckPages
from bot.web.site import HEADERS, MAX_OFFICE_BODY, build
from bot.web.view import View
from tests.fakes import well
from tests.small import RULES, small_documents

TOKEN = "123456:abcdefghijklmnop"
FILE = "aturan/kecil.yaml"
CSRF = re.compile(r'name="csrf" value="([^"]+)"')
FILLED = {"file": FILE, "rule": "hak-pilih", "number": "1", "name": "buku-aturan.zip", "code": "x" * 32}
"""What stands in an address where a route has a parameter; one that is not named here is 1."""
REVIEWERS_MAY = {"/keluar", "/kelola/saya/nama", "/kelola/saya/keluar-semua", "/kelola/coba"}
"""Forms that reviewers may send besides those of the review; every other one, also one that is added later, must refuse them."""
REVIEW = ("/kelola/tinjauan", "/kelola/antrean")
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


class Castle:
    """The site as `bot.app` builds it, with an admin and a reviewer who have gone in."""

    def __init__(self, site: Starlette, parts: Parts) -> None:
        self.site = site
        self.product = parts.product
        self.engine = parts.engine
        self._open: list[httpx.AsyncClient] = []

    def stranger(self) -> httpx.AsyncClient:
        self._open.append(httpx.AsyncClient(transport=httpx.ASGITransport(self.site, raise_app_exceptions=False), base_url="http://uji", timeout=60))
        return self._open[-1]

    async def entered(self, number: int) -> httpx.AsyncClient:
        browser = self.stranger()
        assert (await browser.post(f"/masuk/{await self.code(number)}")).status_code == 303
        return browser

    async def member(self, number: int) -> Member:
        member = await self.product.access.member(key_of(TOKEN, number))
        assert member
        return member

    async def code(self, number: int) -> str:
        """A fresh one-time code to go in with."""
        return await self.product.access.login_code(await self.member(number))

    async def everything(self) -> dict[str, list[tuple[object, ...]]]:
        """Every row of every table."""
        async with self.engine.connect() as connection:
            return {table.name: [tuple(row) for row in await connection.execute(sa.select(table))] for table in metadata.sorted_tables}

    def forms(self) -> list[str]:
        """Every office address that takes a form."""
        return [_address(route) for route in self.site.routes if isinstance(route, Route) and "POST" in (route.methods or ()) and _is_office(route)]

    def pages(self) -> list[str]:
        """Every office address that shows a page."""
        return [_address(route) for route in self.site.routes if isinstance(route, Route) and "GET" in (route.methods or ()) and _is_office(route)]

    async def upload(self, browser: httpx.AsyncClient, name: str, raw: bytes) -> httpx.Response:
        sent = {"csrf": await word(browser)}
        return await browser.post("/kelola/rancangan/unggah", data=sent, files={"berkas": (name, raw)})

    async def close(self) -> None:
        for browser in self._open:
            await browser.aclose()


def _is_office(route: Route) -> bool:
    return route.path.startswith(("/kelola", "/keluar"))


def _address(route: Route) -> str:
    return re.sub(r"\{(\w+)(:\w+)?\}", lambda found: FILLED.get(found[1], "1"), route.path)


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all databases, so that the small rulebook is learnt once."""
    folder = tmp_path_factory.mktemp("benteng")
    for name, content in small_documents().items():
        path = folder / "knowledge" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


@asynccontextmanager
async def _built(learnt: Path, name: str) -> AsyncIterator[Castle]:
    database = f"sqlite+aiosqlite:///{learnt}/{name}.sqlite3"
    settings = Settings(token=TOKEN, admins=frozenset({1, 3}), reviewers=frozenset({2}), database=database, knowledge=learnt / "knowledge")
    async with opened(settings) as parts:
        product, view = parts.product, View(parts.product.library, clock)

        async def draw(*_: object) -> bytes:
            return b""

        doors = [*SelfCheckPages(product.receipts, view, clock).routes(), *office(product, view, draw, lambda: "TanyaNetralBot", secure=False)]
        castle = Castle(build(Pages(product.asking, view, clock), well, doors), parts)
        yield castle
        await castle.close()


@pytest.fixture
async def castle(learnt: Path, tmp_path: Path) -> AsyncIterator[Castle]:
    async with _built(learnt, tmp_path.name) as castle:
        yield castle


@pytest.fixture(scope="module")
async def standing(learnt: Path) -> AsyncIterator[Castle]:
    """One castle for all attacks after which nothing may have changed but who has gone in."""
    async with _built(learnt, "berdiri") as castle:
        yield castle


async def word(browser: httpx.AsyncClient) -> str:
    found = CSRF.search((await browser.get("/kelola/saya")).text)
    assert found
    return found[1]


@contextmanager
def bounded(seconds: float = 2, megabytes: int = 100) -> Iterator[None]:
    """Holds what is done to so much work of the processor, and so much more memory at its peak."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # the peak is measured from here on
    before, start = _memory("VmRSS"), time.process_time()
    yield
    took, grown = time.process_time() - start, _memory("VmHWM") - before
    assert took < seconds, f"{took:.1f} s"
    assert grown < megabytes, f"{grown} MB"


def _memory(line: str) -> int:
    found = re.search(rf"{line}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) // 1024


# --- who gets in ---


async def test_nobody_sees_or_does_anything_without_a_session(standing: Castle) -> None:
    before, stranger = await standing.everything(), standing.stranger()
    assert len(standing.pages()) >= 15
    assert len(standing.forms()) > 12
    for address in standing.pages():
        assert (await stranger.get(address)).status_code == 401, address
        assert (await stranger.head(address)).status_code == 401, address
    for address in standing.forms():
        assert (await stranger.post(address, data={"csrf": "x"})).status_code == 401, address
        assert (await stranger.post(address, files={"berkas": ("a.zip", b"x")})).status_code == 401, address
    assert await standing.everything() == before


async def test_no_office_address_takes_another_method(standing: Castle) -> None:
    admin = await standing.entered(1)
    before = await standing.everything()
    for address in {*standing.forms(), *standing.pages()}:
        for method in ("PUT", "PATCH", "DELETE", "TRACE"):
            assert (await admin.request(method, address)).status_code >= 400, (method, address)
    assert await standing.everything() == before


async def test_a_reviewer_is_refused_at_every_form_of_the_editors(standing: Castle) -> None:
    reviewer = await standing.entered(2)
    sent, before = {"csrf": await word(reviewer), "asal": "x", "alasan": "menyamar", "pemilik": key_of(TOKEN, 1)}, await standing.everything()
    tried = [address for address in standing.forms() if address not in REVIEWERS_MAY and not address.startswith(REVIEW)]
    assert len(tried) > 9
    for address in tried:
        for query in ("", "?di=aturan&butir=hak-pilih"):
            assert (await reviewer.post(address + query, data=sent)).status_code == 403, address
    assert (await standing.upload(reviewer, "kecil.yaml", RULES.encode())).status_code == 403
    for address in ("/kelola/rancangan", "/kelola/papan", "/kelola/staf", "/kelola/jejak"):
        assert (await reviewer.get(address)).status_code == 403, address
    assert await standing.everything() == before


async def test_a_form_without_its_own_sessions_word_changes_nothing(standing: Castle) -> None:
    admin, other = await standing.entered(1), await standing.entered(3)
    theirs, before = await word(other), await standing.everything()
    for address in standing.forms():
        for sent in ({}, {"csrf": ""}, {"csrf": theirs}, {"csrf": "\ud7ff" * 40}):
            assert (await admin.post(address, data={**sent, "alasan": "dari situs lain"})).status_code == 403, (address, sent)
        assert (await admin.post(f"{address}?csrf={await word(admin)}")).status_code == 403, "a word in the address is none"
        assert (await admin.post(address, json={"csrf": await word(admin)})).status_code == 403, address
        elsewhere = {"sec-fetch-site": "cross-site", "origin": "https://jahat.example"}
        assert (await admin.post(address, data={"csrf": await word(admin)}, headers=elsewhere)).status_code == 403, address
    assert await standing.everything() == before


@pytest.mark.parametrize("forged", ["x", "a" * 32, "a" * 100_000, "\x01", "' OR 1=1 --", "netral", "../../x", "%00"])
async def test_a_forged_session_opens_nothing(standing: Castle, forged: str) -> None:
    await standing.entered(1)
    for header in (f"netral={forged}", f"netral={forged}; netral={forged}x", f"__Host-netral={forged}"):
        with bounded():
            assert (await standing.stranger().get("/kelola", headers={"cookie": header})).status_code == 401


async def test_what_stands_in_the_database_opens_no_session(castle: Castle) -> None:
    """Somebody who has read a backup has no way in."""
    await castle.entered(1)
    await castle.code(1)
    found = {
        str(value) for rows in (await castle.everything()).values() for row in rows for value in row if isinstance(value, str) and len(value) > 10
    }
    assert len(found) >= 3
    for value in found:
        assert (await castle.stranger().get("/kelola", headers={"cookie": f"netral={quote(value)}"})).status_code == 401
    await castle.code(3)
    digests = [str(row[0]) for row in (await castle.everything())["codes"]]
    assert digests
    assert [(await castle.stranger().post(f"/masuk/{digest}")).status_code for digest in digests] == [403] * len(digests)


async def test_a_login_link_is_worth_nothing_the_second_time(castle: Castle) -> None:
    code = await castle.code(1)
    assert (await castle.stranger().post(f"/masuk/{code}")).status_code == 303
    replayed = await castle.stranger().post(f"/masuk/{code}")
    assert replayed.status_code == 403
    assert "set-cookie" not in replayed.headers
    invitation = await castle.product.access.invite(await castle.member(1), "admin")
    assert (await castle.stranger().post(f"/masuk/{invitation}")).status_code == 403, "an invitation is no login"


async def test_a_session_of_somebody_who_left_is_dead_in_every_copy(castle: Castle) -> None:
    admin = await castle.entered(1)
    stolen = {"cookie": f"netral={admin.cookies['netral']}"}
    assert (await castle.stranger().get("/kelola", headers=stolen)).status_code == 200
    await admin.post("/kelola/saya/keluar-semua", data={"csrf": await word(admin)})
    assert (await castle.stranger().get("/kelola", headers=stolen)).status_code == 401


# --- files ---


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def bomb(size: int) -> bytes:
    out, block = io.BytesIO(), bytes(1_000_000)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive, archive.open(FILE, "w", force_zip64=True) as member:
        for _ in range(size // len(block)):
            member.write(block)
    return out.getvalue()


def symlink() -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(FILE)
    member.create_system, member.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return member


def encrypted() -> bytes:
    raw = bytearray(zipped((FILE, RULES.encode())))
    raw[6] |= 1
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    return bytes(raw)


def lying() -> bytes:
    """Says in both of its headers that two megabytes and more are ten bytes."""
    size = 5_000_000
    return zipped((FILE, bytes(size))).replace(struct.pack("<L", size), struct.pack("<L", 10))


def greedy() -> bytes:
    """Asks for four gigabytes of memory to unpack a few bytes with."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr(FILE, RULES)
    raw = bytearray(out.getvalue())
    at = raw.index(b"PK\x03\x04") + 30 + len(FILE) + 4  # behind the local header: version, size of properties, lc/lp/pb
    raw[at + 1 : at + 5] = b"\xff\xff\xff\xff"
    return bytes(raw)


def deep(levels: int) -> bytes:
    raw = zipped((FILE, RULES.encode()))
    for _ in range(levels):
        raw = zipped(("lagi.zip", raw))
    return raw


ZIPS: dict[str, Callable[[], bytes]] = {
    "a bomb": lambda: bomb(1_000_000_000),
    "many bombs that share their bytes": lambda: zipped(*((f"aturan/{i}.yaml", bytes(1_900_000)) for i in range(150))),
    "up and out": lambda: zipped(("../../etc/passwd", b"x"), ("../../knowledge/../aturan/x.yaml", b"x"), ("aturan/../../x.yaml", b"x")),
    "from the root": lambda: zipped(("/etc/passwd", b"x"), ("/aturan/x.yaml", b"x"), ("C:/aturan/x.yaml", b"x")),
    "backslashes": lambda: zipped(("aturan\\..\\..\\x.yaml", b"x"), ("..\\x.yaml", b"x")),
    "odd signs": lambda: zipped(
        ("aturan/<script>.yaml", b"x"), ("aturan/a\r\nb.yaml", b"x"), ("aturan/\u202egpj.yaml", b"x"), ("aturan/ .yaml", b"x")
    ),
    "encrypted": encrypted,
    "nested": lambda: deep(3),
    "ten thousand": lambda: zipped(*((f"aturan/{i}.yaml", b"x") for i in range(10_000))),
    "one more than may be": lambda: zipped(*((f"aturan/{i}.yaml", b"x") for i in range(MAX_FILES + 1))),
    "a lie about its size": lying,
    "cut off": lambda: zipped((FILE, RULES.encode()))[:-30],
    "no zip": lambda: b"\x89PNG\r\n\x1a\n" + bytes(1000),
    "nothing": lambda: b"",
}


@pytest.mark.parametrize("kind", ZIPS)
async def test_a_hostile_zip_is_refused_and_nothing_is_kept_of_it(standing: Castle, kind: str) -> None:
    admin, raw = await standing.entered(1), ZIPS[kind]()
    with bounded():
        page = await standing.upload(admin, "aturan.zip", raw)
    assert page.status_code == 400
    assert "tidak dapat dipakai" in page.text
    assert (await standing.everything())["drafts"] == []


async def test_a_zip_that_asks_for_gigabytes_to_unpack_with_gets_none(castle: Castle) -> None:
    admin, raw = await castle.entered(1), greedy()
    with bounded():
        await castle.upload(admin, "aturan.zip", raw)


@pytest.mark.filterwarnings("ignore:Duplicate name")
async def test_two_members_of_one_name_are_told_and_a_link_is_only_its_text(castle: Castle) -> None:
    admin = await castle.entered(1)
    twice = await castle.upload(admin, "a.zip", zipped((FILE, RULES.encode()), (FILE, b"topik: lain\n")))
    assert twice.status_code == 400
    assert "dua kali" in twice.text
    await castle.upload(admin, "a.zip", zipped((symlink(), b"/etc/passwd")))
    text = (await admin.get(f"/kelola/teks/{FILE}")).text
    assert "/etc/passwd" in text
    assert "root:" not in text
    assert "Belum dapat diterbitkan" in (await admin.get("/kelola/rancangan")).text


LAUGHS = b"a: &a [ha, ha]\n" + b"".join(b"%c: &%c [*%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c]\n" % (c, c, *[c - 1] * 8) for c in range(98, 122))
YAMLS: dict[str, bytes] = {
    "a billion laughs": LAUGHS,
    "deep": b"a: " + b"[" * 200_000,
    "deep maps": b"{a: " * 100_000,
    "deep by indentation": b"".join(b" " * i + b"a:\n" for i in range(1_500)),
    "one long line": b"a: " + b"x" * 3_900_000,
    "python tag": RULES.replace("judul: Memilih di TPS", "judul: !!python/object/apply:os.system [echo x]").encode(),
    "python name": b"!!python/name:os.system\n",
    "NUL bytes": RULES.encode().replace(b"judul", b"ju\0dul"),
    "only NUL": bytes(1_000_000),
    "invalid UTF-8": RULES.encode().replace(b"Voting", b"V\xff\xfe\x80ting"),
    "UTF-16": RULES.encode("utf-16"),
    "very many keys": b"".join(b"k%d: 1\n" % i for i in range(250_000)),
    "one key again and again": b"a: 1\n" * 20_000,
    "very many documents": b"---\n" * 400_000,
    "very many comments": b"# x\n" * 480_000,
    "very many empty entries": b"topik: masa\naturan:\n" + b"  - {}\n" * 4_000,
    "control signs": RULES.replace("Voting", "V\x1b[31mting").encode(),
    "merge key": b"a: 1\n<<: {topik: masa}\naturan: []\n",
    "a date that is no text": b"topik: 2026-01-01\naturan: 2026-01-01\n",
    "a percent sign": b"%YAML 9.9\n---\n",
    "lone carriage returns": RULES.replace("\n", "\r").encode() + b"\x85\xe2\x80\xa8",
}


@pytest.mark.parametrize("kind", YAMLS)
async def test_hostile_yaml_is_told_as_problems_quickly_and_never_serves(castle: Castle, kind: str) -> None:
    admin, version = await castle.entered(1), castle.product.library.shelf.rulebook.version
    with bounded(3):  # the draft is diffed, checked twice by two pages, and its page rendered
        sent = await castle.upload(admin, "kecil.yaml", YAMLS[kind])
        assert sent.status_code in (303, 400), sent.text[-2000:]
        page = await admin.get("/kelola/rancangan")
        text = await admin.get(f"/kelola/teks/{FILE}")
    assert page.status_code == text.status_code == 200
    if sent.status_code == 303:
        assert "Belum dapat diterbitkan" in page.text
        assert 'class="galat"' in page.text
        assert f"{FILE}" in page.text
    assert len(page.text) < 5_000_000
    refused = await admin.post("/kelola/rancangan/terbitkan", data={"csrf": await word(admin), "kunci": _key(page.text), "alasan": "paksa terbit"})
    assert refused.status_code == 409
    assert castle.product.library.shelf.rulebook.version == version
    assert (await admin.get("/kelola/berkas")).status_code == 200
    assert (await admin.get(f"/kelola/berkas/{FILE}")).status_code == 200
    assert (await admin.get(f"/kelola/isi/{FILE}?di=aturan&butir=hak-pilih")).status_code in (200, 404)


def _key(page: str) -> str:
    found = re.search(r'name="kunci" value="([^"]+)"', page)
    return found[1] if found else "00000000"


async def test_two_million_keys_and_fifty_megabytes_are_refused_unread(standing: Castle) -> None:
    admin = await standing.entered(1)
    for raw in (b"".join(b"k%d: 1\n" % i for i in range(2_000_000)), b"a: " + b"x" * 50_000_000):
        with bounded(2, 250):  # httpx holds the body twice
            assert (await standing.upload(admin, "kecil.yaml", raw)).status_code == 413
    assert (await standing.everything())["drafts"] == []


@pytest.mark.parametrize(
    "address", ["/kelola/rancangan/unggah", f"/kelola/teks/{FILE}", f"/kelola/isi/{FILE}", "/masuk/x", "/keluar", "/", "/masukan", "/telegram"]
)
@pytest.mark.parametrize("is_told", [True, False], ids=["told", "chunked"])
async def test_two_hundred_megabytes_are_refused_before_they_are_read(standing: Castle, address: str, is_told: bool) -> None:
    admin = await standing.entered(1)
    headers = [(b"host", b"uji"), (b"cookie", f"netral={admin.cookies['netral']}".encode()), (b"content-type", b"application/x-www-form-urlencoded")]
    headers += [(b"content-length", b"200000000")] if is_told else []
    scope = {"type": "http", "method": "POST", "path": address, "raw_path": address.encode(), "query_string": b"", "headers": headers}
    scope |= {"http_version": "1.1", "scheme": "http", "server": ("uji", 80), "client": ("1.2.3.4", 1), "root_path": ""}
    read, answers, block = 0, [], b"a" * 100_000

    async def receive() -> dict[str, object]:
        nonlocal read
        read += len(block)
        return {"type": "http.request", "body": block, "more_body": read < 200_000_000}

    async def send(message: dict[str, object]) -> None:
        answers.append(message)

    with bounded():
        await standing.site(scope, receive, send)  # type: ignore[arg-type]
    assert answers[0]["status"] in (400, 413, 403, 404)
    assert read <= (0 if is_told else MAX_OFFICE_BODY + 2 * len(block))


@pytest.mark.parametrize(
    ("address", "body"),
    [
        (f"/kelola/isi/{FILE}?di=aturan&butir=hak-pilih", "&".join(f"k{i}=1" for i in range(300_000))),
        (f"/kelola/isi/{FILE}?di=aturan&butir=hak-pilih", "&".join(f"cabang/{i}/frasa=x" for i in range(4_900))),
        (f"/kelola/isi/{FILE}?di=aturan&butir=hak-pilih", "&".join(f"versi/{i}/%23kunci=2026-01-01&versi/{i}/jawab=x" for i in range(2_400))),
        (f"/kelola/isi/{FILE}?di=aturan&butir=hak-pilih", "&".join("/".join(["versi"] * 400) + f"/{i}=x" for i in range(400))),
        (f"/kelola/isi/{FILE}?di=aturan&butir=hak-pilih", "id=hak-pilih&frasa=" + "%0A".join(f"x{i}" for i in range(150_000))),
        ("/kelola/rancangan/putuskan", "&".join(f"pilih:{i}=kita" for i in range(300_000))),
        ("/kelola/papan", "dijeda=" + "+".join(f"a{i}" for i in range(3_000))),
        ("/kelola/coba", "hari=99999-99-99&tanya=" + "a" * 16_000),
    ],
)
async def test_a_form_of_monstrous_size_is_answered_quickly(castle: Castle, address: str, body: str) -> None:
    admin = await castle.entered(1)
    form = f"/kelola/isi/{FILE}?di=aturan&butir=hak-pilih"
    found = re.search(r'name="asal" value="([^"]+)"', (await admin.get(form)).text)
    assert found
    start = urlencode({"csrf": await word(admin), "asal": found[1]})
    with bounded(5):
        answer = await admin.post(address, content=f"{start}&{body}", headers={"content-type": "application/x-www-form-urlencoded"})
    assert answer.status_code < 500, answer.text[-2000:]
    assert (await admin.get("/kelola")).status_code == 200


# --- what is shown, and where one is led ---


async def test_what_somebody_wrote_is_text_on_every_page(castle: Castle) -> None:
    admin, budi = await castle.entered(1), castle.stranger()
    key = key_of(TOKEN, 1)
    await DatabaseStaff(castle.engine).set_name(key, EVIL[:40], Entry(clock(), key, EVIL[:40], EVIL[:40], EVIL))  # as if names were not checked
    title = EVIL.replace("'", "''")
    changed = RULES.replace("judul: Memilih di TPS", f"judul: '{title}'").replace("jawab: Boleh, rahasiakan pilihan Anda.", f"jawab: '{title}'")
    changed = changed.replace("pasal: Ps. 198", f"pasal: '{title}'").replace("inggris: Yes, and keep it secret.", f"inggris: '{title}'")
    assert (await castle.upload(admin, "kecil.yaml", changed.encode())).status_code == 303
    page = await admin.get("/kelola/rancangan")
    sent = {"csrf": await word(admin), "kunci": _key(page.text), "alasan": EVIL}
    assert (await admin.post("/kelola/rancangan/terbitkan", data=sent)).status_code == 303
    await admin.post("/kelola/papan", data={"csrf": sent["csrf"], "spanduk": EVIL, "spanduk_inggris": EVIL})
    await castle.upload(admin, "kecil.yaml", changed.replace("putusan: boleh\n", f"putusan: '{title}'\n").encode())
    seen = 0
    for address in [
        *castle.pages(),
        "/",
        "/aturan/hak-pilih",
        "/aturan/hak-pilih?bahasa=en",
        "/topik",
        "/sumber",
        "/cek",
        f"/kelola/isi/{FILE}?di=aturan&butir=hak-pilih",
    ]:
        for query in ("", urlencode(dict.fromkeys(("cari", "pemilik", "urut", "baru", "minggu", "butir", "di"), EVIL))):
            shown = await (budi if not address.startswith("/kelola") else admin).get(
                f"{address}{'&' if '?' in address else '?'}{query}" if query else address
            )
            assert shown.status_code < 500, address
            if not shown.headers.get("content-type", "").startswith("text/html"):
                continue
            assert not re.search("<script|<img", shown.text), address
            seen += "&lt;script&gt;" in shown.text
    assert seen > 10, "it is there to be seen"
    for address, form in (
        ("/kelola/coba", {"tanya": EVIL, "hari": EVIL}),
        ("/kelola/papan", {"dijeda": EVIL.replace(" ", "")}),
        ("/kelola/saya/nama", {"nama": EVIL}),
        (
            f"/kelola/isi/{FILE}?di=aturan&butir=hak-pilih",
            {"id": "hak-pilih", "judul": EVIL, "versi/2026-01-02/#kunci": EVIL, f"versi/{EVIL}/jawab": EVIL},
        ),
        (f"/kelola/teks/{FILE}", {"teks": EVIL}),
        ("/kelola/rancangan/terbitkan", {"alasan": EVIL, "pemilik": EVIL, "kunci": EVIL}),
        ("/kelola/rancangan/putuskan", {"pemilik": EVIL, f"pilih:{EVIL}": "kita"}),
    ):
        shown = await admin.post(address, data={"csrf": sent["csrf"], **form})
        assert shown.status_code < 500, address
        assert not re.search("<script|<img", shown.text), address
    shown = await castle.upload(admin, f"{EVIL}.yaml", b"x")
    assert shown.status_code == 400
    assert not re.search("<script|<img", shown.text)
    assert {name: shown.headers[name] for name in HEADERS} == HEADERS


async def test_no_address_puts_a_header_into_an_answer(castle: Castle) -> None:
    admin = await castle.entered(1)
    inserted = "%0d%0aX-Jahat:%201%0d%0a"
    names = (f"buku-aturan.zip{inserted}", f"{inserted}buku-aturan.zip", "..%2f..%2fnetral.sqlite3", "buku-aturan.zip%00", "BUKU-ATURAN.ZIP")
    for name in names:
        assert (await admin.get(f"/kelola/unduh/{name}")).status_code == 404, name
    for address in (
        f"/kelola/butir/{inserted}",
        f"/kelola/teks/{inserted}",
        f"/kelola/isi/{inserted}",
        f"/aturan/{inserted}",
        f"/masuk/{inserted}",
        f"/kelola?cari={inserted}",
    ):
        page = await admin.get(address)
        assert "x-jahat" not in page.headers
        assert page.status_code in (200, 401, 403, 404)
    for name in ("buku-aturan.zip", "buku-aturan.xlsx"):
        given = (await admin.get(f"/kelola/unduh/{name}")).headers
        assert re.fullmatch(r"attachment; filename=[\w.-]+", given["content-disposition"])
        assert given["x-content-type-options"] == "nosniff"


async def test_nobody_is_led_to_another_site(castle: Castle) -> None:
    admin = await castle.entered(1)
    away = "jahat.example"
    code = await castle.code(3)
    assert (await castle.stranger().post(f"/masuk/{code}?next=//{away}&kembali=https://{away}")).headers["location"] == "/kelola"
    for address in (
        f"//{away}",
        f"//{away}/",
        f"/{away}//",
        f"/kelola//{away}",
        f"/kelola/butir/%2f%2f{away}",
        f"/kelola/https://{away}/",
        f"/\\{away}",
        f"/kelola/?next=//{away}",
    ):
        page = await admin.get(f"http://uji{address}")
        assert page.status_code in (307, 401, 404), address
        assert re.fullmatch(r"(http://uji)?/(?![/\\]).*", page.headers.get("location", "/")), (address, page.headers["location"])
    sent = {"csrf": await word(admin), "next": f"//{away}", "pemilik": f"//{away}"}
    for address in castle.forms():
        where = (await admin.post(address, data=sent)).headers.get("location", "/")
        assert re.fullmatch(r"/(?![/\\]).*", where), (address, where)
        if address in ("/keluar", "/kelola/saya/keluar-semua"):
            admin = await castle.entered(1)
            sent["csrf"] = await word(admin)


@pytest.mark.parametrize(
    "path",
    [
        "../../etc/passwd",
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e/%2e%2e/etc/passwd",
        "/etc/passwd",
        "aturan/../../../etc/passwd",
        "aturan/%2e%2e/aturan/kecil.yaml",
        "aturan/..%5c..%5cx.yaml",
        "aturan/%00.yaml",
        "aturan/a%0ab.yaml",
        "aturan/.yaml",
        "aturan//x.yaml",
        "aturan/a/b.yaml",
        "aturan/%3Cscript%3E.yaml",
        "_skema/aturan.json",
        "~dihapus",
        "netral.sqlite3",
        "topik.yaml/",
        "TOPIK.YAML",
        "a" * 5000 + ".yaml",
    ],
)
async def test_an_address_leads_to_no_file_but_those_of_the_rulebook(standing: Castle, path: str) -> None:
    admin = await standing.entered(1)
    sent, before = {"csrf": await word(admin), "teks": "topik: x\n", "asal": "e3b0c44298fc1c14"}, await standing.everything()
    for page in ("teks", "isi", "berkas"):
        shown = await admin.get(f"/kelola/{page}/{path}?di=aturan&butir=hak-pilih")
        assert shown.status_code == 404, page
        assert "root:" not in shown.text
        if page != "berkas":
            assert (await admin.post(f"/kelola/{page}/{path}?di=aturan&butir=hak-pilih", data=sent)).status_code == 404, page
    assert await standing.everything() == before


async def test_a_code_that_is_guessed_closes_the_door_before_it_is_found(castle: Castle) -> None:
    stranger = castle.stranger()
    answers = [(await stranger.post(f"/masuk/{i:032}")).status_code for i in range(60)]
    assert set(answers) == {403, 429}
    assert answers.count(403) < 30
