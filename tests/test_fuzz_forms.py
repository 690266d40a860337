"""Nonsense by the thousand into forms, addresses and headers: each is answered, shown as text, and counts only with the word of its session.

The house is that of `fuzzing`.
"""

from urllib.parse import quote, quote_plus, urlencode

import httpx
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.routing import Route

from bot.core.reading import read
from bot.core.rulebook import Notice, Rule
from bot.usecases.access import key_of
from bot.web.contents import SECTIONS, Entry, digest
from bot.web.fields import inputs
from bot.web.forms import form
from tests.fuzzing import ADMIN, DOCUMENTS, PIECES, RULE_FILE, House, fuzz, house
from tests.test_attacks import EVIL, TOKEN, _address

__all__ = ["house"]  # a fixture is found by its name here

Fields = list[tuple[str, str]]


FORMS: dict[str, tuple[str, ...]] = {
    "/keluar": (),
    "/kelola/saya/nama": ("nama",),
    "/kelola/saya/keluar-semua": (),
    "/kelola/staf/undang": ("peran",),
    "/kelola/staf/keluarkan": ("kunci",),
    "/kelola/rancangan/terbitkan": ("pemilik", "kunci", "alasan"),
    "/kelola/rancangan/buang": ("pemilik",),
    "/kelola/rancangan/putuskan": ("pemilik", f"pilih:{EVIL}", f"pilih:{RULE_FILE}"),
    "/kelola/rancangan/unggah": ("berkas",),
    "/kelola/riwayat/1/pulihkan": (),
    "/kelola/coba": ("tanya", "hari", "dari"),
    "/kelola/papan": ("dijeda", "spanduk", "spanduk_inggris", "tutup"),
    f"/kelola/teks/{RULE_FILE}": ("teks", "asal"),
    f"/kelola/isi/{RULE_FILE}": (
        *("id", "judul", "frasa", "untuk", "terkait", "ditinjau", "#nama", "hapus", "versi/2026-01-02/jawab", "versi/2026-01-02/#kunci"),
        *("versi/+/#kunci", "versi/+/#dicabut", "versi/2026-01-02/dasar/0/pasal", "versi/2026-01-02/#hapus", "cabang/0/id", "cabang/9/frasa"),
        *("cabang/99999/id"),
    ),
    "/tinjau/antrean/1": ("aksi", "aturan", "jenis"),
}
"""Every form of the office, and the fields it looks at."""
OTHERS = ("csrf", "_charset_", "", "x" * 200, EVIL, "nilai", "bahasa", "kode")
VALUES = (
    *("", EVIL, "ya", "suka", "tidak-suka", "en", "admin", "peninjau", "berlaku", "frasa", "di-luar", "aturan-baru", "abaikan", "kita", "hak-pilih"),
    *("folder", "boleh like postingan paslon?", "0001-01-01", "9999-12-31", "2026-02-30", "-1", "9" * 400, "a" * 15_000, "\x00", "x\x00y", "\ud7ff"),
    *("\U0010ffff", "%00", "\r\n\r\n", "😀" * 50, "topik: masa\naturan: []\n", "&a [*a]", "[" * 50, "../../etc/passwd", "e3b0c44298fc1c14", "0" * 8),
    *("${7*7}", "{{7*7}}", "' OR 1=1 --"),
)


def fields(*names: str) -> st.SearchStrategy[Fields]:
    """Fields of a form, mostly of these names; a name may stand there twice."""
    said = st.sampled_from(VALUES) | st.text(max_size=20) | st.lists(st.sampled_from(PIECES), max_size=9).map(" ".join)
    other = st.tuples(st.sampled_from(OTHERS) | st.text(max_size=8), said)
    return st.lists(st.tuples(st.sampled_from(names), said) | other if names else other, max_size=8)


KINDS = (*["form"] * 7, "multipart", "multipart", "file", "nul", "cut", "charset", "json", "none", "odd")
CHARSETS = ("utf-8", "utf-16", "utf-7", "unicode_escape", "raw_unicode_escape", "undefined", "idna", "punycode", "rot13", "hex", "zlib", "x" * 50, "")
NAMED = "?di=aturan&butir=hak-pilih"
QUERIES = ("", NAMED, NAMED, "?di=aturan&butir=", f"?di={quote_plus(EVIL)}&butir={quote_plus(EVIL)}", "?di=aturan&butir=%00", "?%00=%ff&pemilik=%00")
HOW = st.tuples(st.sampled_from(KINDS), st.sampled_from(CHARSETS))


def encoded(fields: Fields, how: tuple[str, str]) -> tuple[bytes, str]:
    """The body of a form and the type it is said to be."""
    kind, charset = how
    form = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in fields).encode()
    if kind in ("form", "json", "none", "odd"):
        return form, {"form": "application/x-www-form-urlencoded", "json": "application/json", "none": "", "odd": "multipart/form-data"}[kind]
    file = {"file": '; filename="kecil.yaml"', "nul": '; filename="kecil.\x00aml"'}.get(kind, "")
    parts = [f'--b0\r\nContent-Disposition: form-data; name="{n}"{file if n != "csrf" else ""}\r\n\r\n{v}\r\n' for n, v in fields]
    body = "".join([*parts, "--b0--\r\n"]).encode()
    if kind == "charset":
        body = body.replace(b"\xed\x9f\xbf", b"\\ud800")
    said = f"; charset={charset}" if kind == "charset" else ""
    return body[: len(body) // 2] if kind == "cut" else body, f"multipart/form-data; boundary=b0{said}"


def untouched() -> dict[str, Fields]:
    """What the forms of an untouched file carry, so that what is typed over it is looked at."""
    value = read(RULE_FILE, DOCUMENTS[RULE_FILE]).value
    assert isinstance(value, dict)
    rule = value["aturan"][2]
    shown = [(field.name, field.value) for field in inputs(form(Rule, rule))]
    entry = Entry(RULE_FILE, SECTIONS[0], "hak-pilih", ("aturan", 2), rule, frozenset())
    return {"/kelola/isi": [("asal", entry.mark), *shown], "/kelola/teks": [("asal", digest(DOCUMENTS[RULE_FILE]))]}


UNTOUCHED = untouched()


def assert_harmless(answer: httpx.Response, log: str) -> None:
    assert answer.status_code < 500, (answer.status_code, log)
    if answer.headers.get("content-type", "").startswith("text/html"):
        assert "<script" not in answer.text
        assert "<img src=x" not in answer.text
    assert "alert(" not in log


@fuzz(250)
@given(address=st.sampled_from(("/", "/masukan")), filled=fields("tanya", "tanya", "kode", "nilai"), how=HOW)
@example(address="/masukan", filled=[("nilai", "suka"), ("kode", "\x00")], how=("form", ""))
@example(address="/masukan", filled=[("nilai", "suka"), ("kode", "\ud7ff")], how=("charset", "unicode_escape"))
@example(address="/", filled=[("tanya", "boleh \ud7ff like?")], how=("charset", "unicode_escape"))
@example(address="/", filled=[("tanya", "boleh?")], how=("charset", "undefined"))
async def test_whatever_form_a_stranger_sends_it_is_answered_and_shown_as_text(
    house: House, address: str, filled: Fields, how: tuple[str, str]
) -> None:
    house.forget()
    body, said = encoded(filled, how)
    assert_harmless(await house.castle.stranger_once(address, body, {"content-type": said} if said else {}), house.log.getvalue())
    house.assert_calm()


PAGES = (
    *("/kelola", "/kelola/berkas", "/kelola/berkas/", "/kelola/teks/", "/kelola/isi/", f"/kelola/isi/{RULE_FILE}", "/kelola/butir/", "/kelola/coba"),
    *("/kelola/rancangan", "/kelola/riwayat/", "/kelola/papan", "/kelola/unduh/", "/kelola/staf", "/kelola/jejak", "/tinjau", "/tinjau/grafik/"),
    *("/tinjau/antrean", "/", "/cek", "/aturan/", "/topik/", "/masuk/"),
)
FORM = st.sampled_from(sorted(FORMS)).flatmap(lambda address: st.tuples(st.just(address), fields(*FORMS[address])))


@fuzz(500)
@given(filled=FORM, query=st.sampled_from(QUERIES), how=HOW, knows_word=st.sampled_from((True, True, True, False)))
@example(filled=("/kelola/rancangan/putuskan", [("pemilik", "\x00")]), query="", how=("form", ""), knows_word=True)
@example(filled=("/kelola/rancangan/unggah", [("berkas", "x")]), query="", how=("nul", ""), knows_word=True)
@example(filled=("/kelola/staf/keluarkan", [("kunci", "\x00")]), query="", how=("form", ""), knows_word=True)
async def test_whatever_form_an_admin_sends_it_is_answered_and_none_counts_without_its_word(
    house: House, filled: tuple[str, Fields], query: str, how: tuple[str, str], knows_word: bool
) -> None:
    address, typed = filled
    begun = next((fields for start, fields in UNTOUCHED.items() if address.startswith(start)), [])
    secret = [("csrf", house.csrf)] if knows_word else []
    body, said = encoded([*secret, *begun, *(field for field in typed if field[0] != "csrf" or not secret)], how)
    before = None if knows_word else await house.castle.everything()
    house.forget()
    answer = await house.admin.post(address + query, content=body, headers={"content-type": said} if said else {})
    assert_harmless(answer, house.log.getvalue())
    house.assert_calm()
    if before is not None:
        assert answer.status_code in (400, 403, 413), (address, answer.status_code)
        assert await house.castle.everything() == before
    else:
        if answer.headers.get("location", "/kelola/rancangan") != "/kelola/rancangan":  # there a preview would be learnt
            assert_harmless(await house.admin.get(answer.headers["location"]), house.log.getvalue())
        await tidy(house, address)


def test_every_form_of_the_office_is_tried(house: House) -> None:
    posted = {_address(route) for route in house.castle.site.routes if isinstance(route, Route) and "POST" in (route.methods or ())}
    assert posted == {*FORMS, "/", "/masukan", "/telegram", "/masuk/" + "x" * 32}


async def tidy(house: House, address: str) -> None:
    """The house as it was before a form."""
    publishing = house.castle.product.publishing
    await publishing.discard(key_of(TOKEN, ADMIN))
    if house.castle.product.library.shelf.rulebook.notice != Notice():
        await publishing.serving.post(Notice())
    if address in ("/keluar", "/kelola/saya/keluar-semua"):
        await house.enter()


HEADERS = st.dictionaries(
    st.sampled_from(("origin", "sec-fetch-site", "cookie", "content-length", "content-type", "x-telegram-bot-api-secret-token", "referer", "host")),
    st.sampled_from(
        ("http://[", "http://uji", "null", "", "x" * 300, "netral=;=", "netral=\xff", "-1", "9" * 5000, "multipart/form-data; boundary=", EVIL)
    ),
    max_size=3,
)


@fuzz(80)
@given(address=st.sampled_from(("/", "/masukan", "/telegram", "/keluar", "/kelola/coba", "/masuk/x")), headers=HEADERS)
@example(address="/keluar", headers={"origin": "http://["})
@example(address="/", headers={"content-length": "9" * 5000})
async def test_whatever_headers_come_there_is_an_answer(house: House, address: str, headers: dict[str, str]) -> None:
    sent = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    house.forget()
    answer = await house.castle.stranger().post(address, content=b"tanya=x", headers=sent)
    assert_harmless(answer, house.log.getvalue())
    house.assert_calm()


PARTS = (
    *("pemilik", "cari", "urut", "di", "butir", "baru", "minggu", "saluran", "akhir", "kode", "siapa", "masa", "topik", "k", "cabang", "bahasa"),
    *("selesai", "cetak", "tambah"),
)
PLACES = (
    *("", "0", "-1", "9" * 30, "\x00", "..", EVIL, "hak-pilih", "suka-unggahan", RULE_FILE, "kpu", "pns", "luar", "media-sosial", "0001-01-01"),
    *("9999-12-31", "AAAAA-00000000"),
)


@fuzz(250)
@given(
    address=st.sampled_from(PAGES),
    more=st.just("") | st.sampled_from(PLACES) | st.text(max_size=6),
    query=st.lists(st.tuples(st.sampled_from(PARTS), st.sampled_from(PLACES) | st.text(max_size=6)), max_size=4),
)
@example(address="/kelola/riwayat/", more="9" * 30, query=[])
@example(address="/kelola/rancangan", more="", query=[("pemilik", "\x00")])
async def test_whatever_address_is_asked_for_there_is_a_page(house: House, address: str, more: str, query: Fields) -> None:
    house.forget()
    answer = await house.admin.get(address + quote(more) + "?" + urlencode(query))
    assert_harmless(answer, house.log.getvalue())
    house.assert_calm()
