"""The office door, through the real application: who gets in, with what, and what is refused."""

import re
from collections.abc import AsyncIterator
from datetime import datetime

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.usecases.access import SESSION_LIFE, Access, Member
from bot.usecases.ask import Asking
from bot.usecases.library import Library
from bot.web.login import MAX_FAILURES, WINDOW_SECONDS, Doorkeeper
from bot.web.pages import Pages
from bot.web.site import HEADERS, build
from bot.web.staff import StaffPages
from bot.web.view import View
from tests.conftest import NOW
from tests.fakes import MemoryLog, MemoryStaff, well

ADMIN, REVIEWER = Member("ada", "Staf ada", "admin"), Member("rini", "Staf rini", "peninjau")
CSRF = re.compile(r'name="csrf" value="([^"]+)"')


class House:
    """The site, its clocks, and browsers that come to it."""

    def __init__(self, library: Library, *, secure: bool = False) -> None:
        self.now: datetime = NOW
        self.seconds = 0.0
        self.store = MemoryStaff()
        self.access = Access(self.store, frozenset({"ada"}), frozenset({"rini"}), lambda: self.now)
        self.door = Doorkeeper(self.access, secure, lambda: self.seconds)
        self.bot_name: str | None = "TanyaNetralBot"
        view = View(library, lambda: NOW)
        staff = StaffPages(self.access, self.door, view, lambda: self.bot_name)

        async def deed(request: Request) -> Response:
            session, sent = await self.door.form(request, "admin")
            return PlainTextResponse(f"{session.member.name}: {sent['isi']}")

        doors = [Route("/kelola/uji", deed, methods=["POST"]), *self.door.routes(view), *staff.routes()]
        self.site = build(Pages(Asking(library, MemoryLog(), lambda: NOW), view, lambda: NOW), well, doors)
        self.address = "https://uji" if secure else "http://uji"
        self.browsers: list[httpx.AsyncClient] = []

    def browser(self) -> httpx.AsyncClient:
        """A browser nobody has entered with."""
        self.browsers.append(httpx.AsyncClient(transport=httpx.ASGITransport(self.site, raise_app_exceptions=False), base_url=self.address))
        return self.browsers[-1]

    async def entered(self, member: Member) -> httpx.AsyncClient:
        """A browser in which a member is at work."""
        browser = self.browser()
        assert (await browser.post(f"/masuk/{await self.access.login_code(member)}")).status_code == 303
        return browser


@pytest.fixture
async def house(small_library: Library) -> AsyncIterator[House]:
    house = House(small_library)
    yield house
    for browser in house.browsers:
        await browser.aclose()


async def csrf(browser: httpx.AsyncClient) -> str:
    found = CSRF.search((await browser.get("/kelola/saya")).text)
    assert found
    return found[1]


async def test_a_link_preview_does_not_use_the_code_up(house: House) -> None:
    browser, address = house.browser(), f"/masuk/{await house.access.login_code(ADMIN)}"
    for _ in range(3):
        page = await browser.get(address)
        assert page.status_code == 200
        assert "set-cookie" not in page.headers
        assert (await browser.head(address)).status_code == 200
    assert (await browser.post(address)).headers["location"] == "/kelola"
    assert (await browser.get("/kelola/saya")).status_code == 200


async def test_a_link_works_once(house: House) -> None:
    address = f"/masuk/{await house.access.login_code(ADMIN)}"
    assert (await house.browser().post(address)).status_code == 303
    again = await house.browser().post(address)
    assert again.status_code == 403
    assert "set-cookie" not in again.headers


@pytest.mark.parametrize("secure", [False, True])
async def test_the_cookie_cannot_be_read_by_script_or_sent_from_elsewhere(small_library: Library, secure: bool) -> None:
    house = House(small_library, secure=secure)
    async with house.browser() as browser:
        given = (await browser.post(f"/masuk/{await house.access.login_code(ADMIN)}")).headers["set-cookie"]
        assert (await browser.get("/kelola/saya")).status_code == 200
    name, *flags = given.replace("; ", ";").split(";")
    assert name.startswith("__Host-netral=" if secure else "netral=")
    assert {flag.lower() for flag in flags} == {"httponly", "path=/", "samesite=strict"} | ({"secure"} if secure else set())


async def test_every_office_page_carries_every_header_and_no_secret_in_an_address(house: House) -> None:
    browser = await house.entered(ADMIN)
    secret = browser.cookies["netral"]
    for path in ("/masuk", "/masuk/x", "/kelola/saya", "/kelola/staf", "/kelola/jejak"):
        page = await browser.get(path)
        assert page.status_code == 200
        assert {name: page.headers[name] for name in HEADERS} == HEADERS
        assert secret not in page.text
        assert "<script" not in page.text
        assert not any("csrf" in address for address in re.findall(r'(?:href|action)="([^"]*)"', page.text))


async def test_nobody_gets_in_without_a_session(house: House) -> None:
    stranger = house.browser()
    for path in ("/kelola/saya", "/kelola/staf", "/kelola/jejak"):
        page = await stranger.get(path)
        assert page.status_code == 401
        assert "/masuk" in page.text
    for path in ("/keluar", "/kelola/saya/nama", "/kelola/staf/undang", "/kelola/staf/keluarkan", "/kelola/uji"):
        assert (await stranger.post(path, data={"csrf": "x"})).status_code == 401


@pytest.mark.parametrize("forged", ["x", "a" * 32, "a" * 5000, "ada", "'; DROP TABLE sessions; --"])
async def test_a_forged_session_is_none(house: House, forged: str) -> None:
    await house.entered(ADMIN)
    assert (await house.browser().get("/kelola/saya", headers={"cookie": f"netral={forged}"})).status_code == 401


async def test_a_session_expires(house: House) -> None:
    browser = await house.entered(ADMIN)
    house.now += SESSION_LIFE
    assert (await browser.get("/kelola/saya")).status_code == 401


async def test_a_form_needs_the_word_of_its_own_session(house: House) -> None:
    browser, other = await house.entered(ADMIN), await house.entered(ADMIN)
    for sent in ({}, {"csrf": ""}, {"csrf": "salah"}, {"csrf": "\u2603"}, {"csrf": await csrf(other)}):
        assert (await browser.post("/kelola/uji", data=sent | {"isi": "x"})).status_code == 403
    assert (await browser.post("/kelola/uji", json={"csrf": await csrf(browser)})).status_code == 403
    fine = await browser.post("/kelola/uji", data={"csrf": await csrf(browser), "isi": "x"})
    assert (fine.status_code, fine.text) == (200, "Staf ada: x")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "https://jahat.example"}, 403),
        ({"origin": "http://uji.jahat.example"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site", "origin": "http://uji"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": "null"}, 403),
        ({"sec-fetch-site": "same-origin", "origin": "null"}, 200),
        ({"origin": "http://uji"}, 200),
        ({"origin": "null"}, 200),
    ],
)
async def test_a_form_from_another_site_is_refused_even_with_the_right_word(house: House, headers: dict[str, str], status: int) -> None:
    browser = await house.entered(ADMIN)
    sent = {"csrf": await csrf(browser), "isi": "x"}
    assert (await browser.post("/kelola/uji", data=sent, headers=headers)).status_code == status
    entering = await house.browser().post(f"/masuk/{await house.access.login_code(ADMIN)}", headers=headers)
    assert entering.status_code == (303 if status == 200 else 403)


async def test_a_reviewer_is_refused_at_every_admin_action(house: House) -> None:
    browser = await house.entered(REVIEWER)
    word = {"csrf": await csrf(browser)}
    for path in ("/kelola/staf", "/kelola/jejak"):
        assert (await browser.get(path)).status_code == 403
    for path, sent in (("/kelola/staf/undang", {"peran": "admin"}), ("/kelola/staf/keluarkan", {"kunci": "ada"}), ("/kelola/uji", {"isi": "x"})):
        assert (await browser.post(path, data=word | sent)).status_code == 403
    assert house.store.codes == {}
    assert (await browser.post("/kelola/saya/nama", data=word | {"nama": "Rini"})).status_code == 303


async def test_a_removed_member_loses_the_running_session_at_once(house: House) -> None:
    joined = await house.access.accept(await house.access.invite(ADMIN, "admin"), "b2")
    assert joined
    theirs, ours = await house.entered(joined), await house.entered(ADMIN)
    assert (await theirs.get("/kelola/staf")).status_code == 200
    assert (await ours.post("/kelola/staf/keluarkan", data={"csrf": await csrf(ours), "kunci": "b2"})).status_code == 303
    assert (await theirs.get("/kelola/staf")).status_code == 401
    assert "b2" not in house.store.staff


async def test_a_role_that_goes_between_the_check_and_the_deed_is_refused_in_plain_words(house: House) -> None:
    browser = await house.entered(ADMIN)
    word = await csrf(browser)
    house.access.allowed = Access(MemoryStaff(), frozenset(), frozenset(), lambda: NOW).allowed  # type: ignore[method-assign]
    page = await browser.post("/kelola/staf/undang", data={"csrf": word, "peran": "admin"})
    assert page.status_code == 403
    assert "<main" in page.text


async def test_too_many_wrong_links_close_the_door_for_a_minute(house: House) -> None:
    browser = house.browser()
    for n in range(MAX_FAILURES):
        assert (await browser.post(f"/masuk/salah-{n}")).status_code == 403
    code = await house.access.login_code(ADMIN)
    assert (await browser.post(f"/masuk/{code}")).status_code == 429
    house.seconds += WINDOW_SECONDS
    assert (await browser.post(f"/masuk/{code}")).status_code == 303


async def test_leaving_ends_the_session_and_takes_the_cookie(house: House) -> None:
    browser = await house.entered(ADMIN)
    secret, word = browser.cookies["netral"], await csrf(browser)
    assert (await browser.post("/keluar")).status_code == 403
    left = await browser.post("/keluar", data={"csrf": word})
    assert left.headers["location"] == "/masuk"
    assert "netral" not in browser.cookies
    assert (await house.browser().get("/kelola/saya", headers={"cookie": f"netral={secret}"})).status_code == 401


async def test_leaving_everywhere_ends_the_other_devices_too(house: House) -> None:
    here, there, colleague = await house.entered(ADMIN), await house.entered(ADMIN), await house.entered(REVIEWER)
    assert (await here.post("/kelola/saya/keluar-semua", data={"csrf": await csrf(here)})).status_code == 303
    assert [(await one.get("/kelola/saya")).status_code for one in (here, there, colleague)] == [401, 401, 200]


async def test_entering_again_ends_the_session_before(house: House) -> None:
    browser = await house.entered(ADMIN)
    before = browser.cookies["netral"]
    await browser.post(f"/masuk/{await house.access.login_code(ADMIN)}")
    assert browser.cookies["netral"] != before
    assert await house.access.session(before) is None


async def test_an_invitation_is_shown_once_and_the_trail_tells_of_it_without_its_code(house: House) -> None:
    browser = await house.entered(ADMIN)
    page = await browser.post("/kelola/staf/undang", data={"csrf": await csrf(browser), "peran": "peninjau"})
    found = re.search(r"https://t\.me/TanyaNetralBot\?start=undang-([\w-]+)", page.text)
    assert found
    assert await house.access.accept(found[1], "b2")
    assert found[1] not in (await browser.get("/kelola/staf")).text
    trail = (await browser.get("/kelola/jejak")).text
    assert "terima-undangan" in trail
    assert found[1] not in trail
    assert (await browser.post("/kelola/staf/undang", data={"csrf": await csrf(browser), "peran": "raja"})).status_code == 400
    house.bot_name = None
    assert (await browser.post("/kelola/staf/undang", data={"csrf": await csrf(browser), "peran": "admin"})).status_code == 400


async def test_a_name_is_shown_as_text_and_odd_ones_are_refused(house: House) -> None:
    browser = await house.entered(ADMIN)
    odd = await browser.post("/kelola/saya/nama", data={"csrf": await csrf(browser), "nama": "<b>Ada</b>"})
    assert odd.status_code == 400
    assert "<b>Ada" not in odd.text
    assert (await browser.post("/kelola/saya/nama", data={"csrf": await csrf(browser), "nama": "Bu Ada"})).status_code == 303
    assert "Bu Ada" in (await browser.get("/kelola/saya")).text
