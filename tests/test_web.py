"""The ask page and its neighbours, through the real application."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from bot.usecases.ask import Asking
from bot.usecases.library import Library
from bot.usecases.receipts import Receipts
from bot.usecases.watch import Watch
from bot.web.pages import Pages
from bot.web.selfcheck import SelfCheckPages
from bot.web.site import HEADERS, build
from bot.web.view import View, few_tags
from bot.web.webhook import SECRET_HEADER, webhook
from tests.conftest import NOW
from tests.fakes import MemoryArchive, MemoryLog, well

SECRET = "rahasia-yang-cukup-panjang"


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog()


@pytest.fixture
def updates() -> list[dict[str, object]]:
    return []


@pytest.fixture
async def web(library: Library, log: MemoryLog, updates: list[dict[str, object]]) -> AsyncIterator[httpx.AsyncClient]:
    async def handle(update: dict[str, object]) -> bool:
        updates.append(update)
        return True

    asking = Asking(library, log, lambda: NOW)
    view = View(library, lambda: NOW)
    check = SelfCheckPages(Receipts(library, MemoryArchive(), lambda: NOW), view, lambda: NOW)
    site = build(Pages(asking, view, lambda: NOW), well, [webhook(SECRET, handle, Watch()), *check.routes()])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(site, raise_app_exceptions=False), base_url="http://uji") as client:
        yield client


async def test_the_page_asks_and_answers_without_script(web: httpx.AsyncClient, log: MemoryLog) -> None:
    page = await web.get("/")
    assert "<script" not in page.text
    answer = await web.post("/", data={"tanya": "boleh gak like postingan paslon?"})
    assert answer.status_code == 200
    assert 'class="card dilarang"' in answer.text
    assert [row.rule for row in log.rows.values()] == ["like-komentar-share"]


async def test_a_question_never_stands_in_an_address(web: httpx.AsyncClient) -> None:
    page = await web.get("/")
    assert re.findall(r'<form method="(\w+)"', page.text) == ["post"]
    assert "spanduk di pagar" not in (await web.get("/", params={"tanya": "boleh pasang spanduk di pagar?"})).text


async def test_what_is_typed_is_shown_as_text(web: httpx.AsyncClient) -> None:
    answer = await web.post("/", data={"tanya": "<script>alert(1)</script> boleh like postingan paslon?"})
    assert "<script" not in answer.text


async def test_every_rule_has_a_permalink_a_branch_view_and_a_print_view(web: httpx.AsyncClient, library: Library) -> None:
    for rule in list(library.shelf.rulebook.rules.values())[::12]:
        assert (await web.get(f"/aturan/{rule.id}")).status_code == 200
        printed = await web.get(f"/aturan/{rule.id}?cetak")
        assert "<details open>" in printed.text or "<details" not in printed.text
        for branch in rule.branches[:1]:
            assert branch.when in (await web.get(f"/aturan/{rule.id}?cabang={branch.id}")).text.replace("&#39;", "'").replace("&#34;", '"')


@pytest.mark.parametrize(
    "path", ["/topik", "/topik/media-sosial", "/sumber", "/cek", "/privasi", "/bantuan", "/kontak", "/healthz", "/readyz", "/static/style.css"]
)
async def test_every_page_answers_with_every_header(web: httpx.AsyncClient, path: str) -> None:
    page = await web.get(path)
    assert page.status_code == 200
    assert set(HEADERS) <= set(page.headers)


async def test_the_topic_index_names_every_rule(web: httpx.AsyncClient, library: Library) -> None:
    page = (await web.get("/topik")).text
    assert all(f"/aturan/{rule_id}" in page for rule_id in library.shelf.rulebook.rules)


@pytest.mark.parametrize("path", ["/aturan/tidak-ada", "/topik/tidak-ada", "/tidak/ada"])
async def test_a_missing_page_says_so_in_plain_words(web: httpx.AsyncClient, path: str) -> None:
    page = await web.get(path)
    assert page.status_code == 404
    assert "<h1>" in page.text or "<main" in page.text


async def test_bodies_past_the_limit_are_refused(web: httpx.AsyncClient) -> None:
    assert (await web.post("/", data={"tanya": "a" * 40_000})).status_code == 413

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"tanya=" + b"a" * 1000

    sent = await web.post("/", content=endless(), headers={"content-type": "application/x-www-form-urlencoded"})
    assert sent.status_code == 413


async def test_feedback_reaches_its_row_and_a_foreign_value_does_not(web: httpx.AsyncClient, log: MemoryLog) -> None:
    answer = await web.post("/", data={"tanya": "boleh gak like postingan paslon?"})
    token = re.search(r'name="kode" value="([^"]+)"', answer.text)
    assert token
    assert (await web.post("/masukan", data={"kode": token[1], "nilai": "kurang-jelas"})).status_code == 200
    assert log.rows[token[1]].feedback == "kurang-jelas"
    assert (await web.post("/masukan", data={"kode": token[1], "nilai": "x"})).status_code == 400


async def test_an_english_question_gets_an_english_page(web: httpx.AsyncClient) -> None:
    answer = await web.post("/", data={"tanya": "Can I like a candidate's post on Instagram?"})
    assert '<html lang="en">' in answer.text
    assert "FORBIDDEN" in answer.text


async def test_the_webhook_wants_its_secret_and_a_json_object(web: httpx.AsyncClient, updates: list[dict[str, object]]) -> None:
    assert (await web.post("/telegram", json={"update_id": 1})).status_code == 403
    assert (await web.post("/telegram", json={"update_id": 1}, headers={SECRET_HEADER: "salah"})).status_code == 403
    assert (await web.post("/telegram", content=b"{", headers={SECRET_HEADER: SECRET})).status_code == 400
    assert (await web.post("/telegram", json=[1], headers={SECRET_HEADER: SECRET})).status_code == 400
    assert (await web.post("/telegram", content=b"[" * 100_000, headers={SECRET_HEADER: SECRET})).status_code == 400
    assert (await web.post("/telegram", json={"update_id": 1}, headers={SECRET_HEADER: SECRET})).status_code == 200
    assert updates == [{"update_id": 1}]


def test_fixed_texts_keep_bold_and_italics_and_nothing_else() -> None:
    assert few_tags("<b>a</b> <i>b</i> <script>x</script>\nc") == "<b>a</b> <i>b</i> &lt;script&gt;x&lt;/script&gt;<br>\nc"
