"""The form of an entry shows all of it, and an unchanged form gives back the very same entry."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jinja2 import Environment, PackageLoader, select_autoescape
from pydantic import BaseModel

from bot.core.problem import Problem
from bot.core.reading import Value, read
from bot.core.registers import Election, Message, OutsideKind, Person, Source, Term, Tier, Topic
from bot.core.rulebook import Rule, RuleFile, SanctionFile
from bot.core.vocabulary import Entry
from bot.web.fields import Group, Groups, Input, beside, groups, inputs, key_of, name_of
from bot.web.forms import form
from bot.web.posted import MAX_FIELDS, read_form
from tests.small import KNOWLEDGE, RULES

QUICK = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
KINDS: list[tuple[str, str, type[BaseModel]]] = [
    ("aturan/*.yaml", "aturan", Rule),
    ("contoh-aturan.yaml", "aturan", Rule),
    ("sumber/*.yaml", "sumber", Source),
    ("glosarium.yaml", "istilah", Term),
    ("pesan.yaml", "pesan", Message),
    ("kalender.yaml", "pemilihan", Election),
    ("topik.yaml", "topik", Topic),
    ("sanksi.yaml", "tingkat", Tier),
    ("di-luar.yaml", "jenis", OutsideKind),
    ("cek.yaml", "siapa", Person),
]
RULE: dict[str, Value] = read("a", RULES.encode()).value["aturan"][0]  # type: ignore[assignment,index,call-overload]
AVOIDED: dict[str, Value] = read("a", RULES.encode()).value["aturan"][1]  # type: ignore[assignment,index,call-overload]
TEMPLATES = Environment(loader=PackageLoader("bot.web"), autoescape=select_autoescape(default=True), trim_blocks=True, lstrip_blocks=True)


def browser(form: Group) -> dict[str, str]:
    """What a browser posts for a form that nobody touched."""
    posted = {}
    for field in inputs(form):
        value = field.value
        if field.kind in ("text", "lines"):
            value = value.removeprefix("\n").replace("\n", "\r\n")
        elif field.kind == "choice":
            assert value in field.choices
        elif field.kind == "date":
            value = value if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) else ""
        elif field.kind == "number":
            value = value if value.isdecimal() else ""
        else:
            value = value.replace("\n", "")
        assert field.name not in posted
        posted[field.name] = value
    for group in groups(form):
        if isinstance(group, Group) and group.is_repealed:
            posted[group.repeal] = "ya"
    return posted


def fill(value: Value, model: type[BaseModel] = Rule, **typed: str) -> Value:
    """The entry after somebody typed into fields, named with `__` for `/`."""
    posted = browser(form(model, value))
    for name, text in typed.items():
        posted[name.replace("__", "/").replace("_2026_01_02", "2026-01-02").replace("NEW", "+").replace("BOX_", "#")] = text
    return read_form(model, posted, value)


@pytest.mark.parametrize(("pattern", "key", "model"), KINDS, ids=lambda value: str(getattr(value, "__name__", value)))
def test_an_unchanged_form_gives_back_the_same_entry(pattern: str, key: str, model: type[BaseModel]) -> None:
    entries = 0
    for file in KNOWLEDGE.glob(pattern):
        held = read(file.name, file.read_bytes()).value[key]  # type: ignore[index,call-overload]
        for entry in held.values() if isinstance(held, dict) else held:
            assert read_form(model, browser(form(model, entry)), entry) == entry
            entries += 1
    assert entries


def test_a_whole_file_is_a_form_too() -> None:
    for name, model in (("sanksi.yaml", SanctionFile), ("aturan/umum.yaml", RuleFile)):
        value = read(name, (KNOWLEDGE / name).read_bytes()).value
        assert read_form(model, browser(form(model, value)), value) == value


def test_an_empty_form_gives_an_empty_entry() -> None:
    assert read_form(Rule, browser(form(Rule))) == {}


def field(name: str, value: Value = None, model: type[BaseModel] = Rule) -> Input:
    return next(f for f in inputs(form(model, value)) if f.name == name)


def test_fields_are_of_the_kind_that_suits_them() -> None:
    version = "versi/2026-01-02"
    found = {f.name: f for f in inputs(form(Rule, RULE))}
    assert found["judul"].kind == "line"
    assert found["judul"].max_length == 80
    assert found[f"{version}/jawab"].kind == "text"
    assert found[f"{version}/putusan"].choices == ("", "boleh", "boleh-bersyarat", "info", "konsultasi", "hindari", "dilarang")
    assert not found[f"{version}/sebab_hindari"].is_required
    assert found["ditinjau"].kind == "date"
    assert found["frasa"].kind == "lines"
    assert found["frasa"].value.split("\n") == RULE["frasa"]
    assert (found[f"{version}/artikel/0/paragraf"].kind, found[f"{version}/artikel/0/paragraf"].highest) == ("number", 200)
    assert found[f"{version}/dasar/1/sumber"].options_from == "sumber"
    assert found["terkait"].options_from == found["cabang/0/lihat"].options_from == "aturan"
    assert field("digantikan_oleh", None, Source).options_from == "sumber"
    assert found[f"{version}/#kunci"].value == "2026-01-02"
    assert not any("topik" in name for name in found)
    assert found[f"{version}/sebab_hindari"].label == "Sebab hindari"
    assert "Paling panjang 80 huruf" in found["judul"].hint
    assert "tiap butir paling panjang 120 huruf" in found[f"{version}/boleh_bila"].hint
    assert "paling banyak 3" in found[f"{version}/boleh_bila"].hint


def test_no_text_meant_for_programmers_is_a_hint() -> None:
    for model in Entry.__subclasses__():
        for part in (*inputs(form(model)), *groups(form(model))):
            assert not model.__doc__ or model.__doc__.split("\n")[0] != part.hint
            assert "sanction" not in part.hint
            assert "news" not in part.hint


def test_what_a_browser_would_drop_is_shown_as_plain_text() -> None:
    assert field("ditinjau", {"ditinjau": "segera"}).kind == "line"
    assert field("jenis", {"jenis": "lain"}, Term).choices[-1] == "lain"
    assert field("judul", {"judul": "satu\ndua"}).kind == "text"
    assert fill({"versi": {"kapan-kapan": "dicabut"}, "ditinjau": "segera", "judul": "a\nb"}) == {
        "versi": {"kapan-kapan": "dicabut"},
        "ditinjau": "segera",
        "judul": "a\nb",
    }


def test_line_ends_and_spaces_are_tidied() -> None:
    new = fill(RULE, judul="  Judul baru ", frasa=" satu frasa \r\n\r\n dua frasa\r\n")
    assert new == {**RULE, "judul": "Judul baru", "frasa": ["satu frasa", "dua frasa"]}


def test_what_was_written_with_spaces_stays_so_until_it_is_changed() -> None:
    old: Value = {"judul": " a ", "frasa": ["x\ny", "z "], "alias": [], "cabang": None, "topik": "umum"}
    assert fill(old) == old
    assert fill(old, frasa="x y\nlain") == {**old, "frasa": ["x\ny", "lain"]}  # type: ignore[dict-item]


def test_an_emptied_optional_field_is_left_out() -> None:
    new = fill(RULE, versi___2026_01_02__contoh="")
    assert "contoh" not in new["versi"]["2026-01-02"]  # type: ignore[index,call-overload,operator]
    assert "frasa_inggris" not in fill(RULE, frasa_inggris="")  # type: ignore[operator]


def test_the_blank_group_adds_an_item() -> None:
    new = fill(AVOIDED, versi___2026_01_02__dasar__1__sumber="uu-7-2017")
    assert new["versi"]["2026-01-02"]["dasar"][1:] == [{"sumber": "uu-7-2017"}]  # type: ignore[index,call-overload]


def test_a_new_item_without_what_it_needs_is_kept_for_the_checks() -> None:
    new = fill(AVOIDED, versi___2026_01_02__dasar__1__pasal="Ps. 2")
    assert new["versi"]["2026-01-02"]["dasar"][1:] == [{"pasal": "Ps. 2"}]  # type: ignore[index,call-overload]


def test_an_item_goes_when_emptied_or_ticked() -> None:
    for typed in (
        {"versi___2026_01_02__pandangan__0__BOX_hapus": "ya"},
        dict.fromkeys((f"versi___2026_01_02__pandangan__0__{k}" for k in AVOIDED["versi"]["2026-01-02"]["pandangan"][0]), ""),
    ):  # type: ignore[index,call-overload]
        new = fill(AVOIDED, **typed)
        assert [p["siapa"] for p in new["versi"]["2026-01-02"]["pandangan"]] == ["Bawaslu RI"]  # type: ignore[index,call-overload]
    assert "cabang" not in fill(RULE, cabang__0__BOX_hapus="ya")  # type: ignore[operator]


def test_a_version_is_added_repealed_moved_and_removed() -> None:
    new = fill(RULE, versi__NEW__BOX_kunci="2027-02-01", versi__NEW__putusan="boleh", versi__NEW__jawab="Boleh.")
    assert new["versi"]["2027-02-01"] == {"putusan": "boleh", "jawab": "Boleh."}  # type: ignore[index,call-overload]
    new = fill(RULE, versi__NEW__BOX_kunci="2027-02-01", versi__NEW__BOX_dicabut="ya")
    assert new == {**RULE, "versi": {**RULE["versi"], "2027-02-01": "dicabut"}}  # type: ignore[dict-item]
    assert fill(new) == new
    assert fill(new, **{"versi__2027-02-01__BOX_hapus": "ya"}) == RULE
    assert list(fill(RULE, versi___2026_01_02__BOX_kunci="2026-03-01")["versi"]) == ["2026-03-01"]  # type: ignore[index,call-overload,arg-type]


def test_two_equal_dates_or_none_lose_nothing_and_are_no_dates() -> None:
    new = fill(RULE, versi__NEW__BOX_kunci="2026-01-02", versi__NEW__jawab="Boleh.")
    assert new["versi"] == {**RULE["versi"], "2026-01-02 (ganda)": {"jawab": "Boleh."}}  # type: ignore[index,call-overload,dict-item]
    assert fill(RULE, versi__NEW__jawab="Boleh.")["versi"][""] == {"jawab": "Boleh."}  # type: ignore[index,call-overload]


def test_the_newest_version_is_open_and_the_older_ones_are_folded() -> None:
    versions = next(p for p in form(Rule, {"versi": {"2026-01-02": {}, "2027-01-01": {}}}).parts if isinstance(p, Groups) and p.name == "versi")
    assert [(item.label, item.is_folded) for item in versions.items] == [("Versi 2027-01-01", False), ("Versi 2026-01-02", True)]


def test_a_problem_stands_beside_the_field_that_it_names() -> None:
    def problem(field: str) -> Problem:
        return Problem("aturan/a.yaml", 3, 1, field, "Keliru.", "Betulkan.")

    at = ("aturan", 3)
    here = ["judul", "versi.2026-01-02.dasar[1].sumber", "versi.2026-01-02.dasar", "frasa[2]", "kunci_asing", "versi.2030-01-01"]
    found = beside([*(problem(f"aturan[4].{name}") for name in here), problem("aturan[5].judul"), problem("")], form(Rule, RULE), at)
    assert found["judul"] == found["versi/2026-01-02/dasar/0/sumber"] == found["versi/2026-01-02/dasar"] == found["versi"] == ["Keliru. → Betulkan."]
    assert found["frasa"] == ["Baris 2: Keliru. → Betulkan."]
    assert [text.startswith("aturan/a.yaml:3") for text in found[""]] == [False, True, True]


class Page(HTMLParser):
    """What the tests look at in a rendered form."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs)
        self.tags.append((tag, dict(attrs)))

    def all(self, *names: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag in names]


def page(shown: Group, messages: dict[str, list[str]] | None = None) -> tuple[str, Page]:
    source = '{% import "kelola/form.html" as borang %}{{ borang.fields(form, messages) }}{{ borang.datalists(registers) }}'
    html = TEMPLATES.from_string(source).render(form=shown, messages=messages or {}, registers={"sumber": [("uu-7-2017", "Pemilu")], "aturan": []})
    return html, Page(html)


def test_every_field_is_labelled_described_and_posted_as_the_form_says() -> None:
    shown = form(Rule, AVOIDED)
    _, found = page(shown, {"judul": ["Terlalu panjang."], "cabang/0": ["x"], "versi/2026-01-02/dasar": ["y"]})
    ids = [a["id"] for _, a in found.tags if "id" in a]
    assert len(set(ids)) == len(ids)
    assert not any(re.search(r"\s", str(i)) for i in ids)
    controls = found.all("input", "select", "textarea")
    assert {c["name"] for c in controls if c.get("type") != "checkbox"} == {f.name for f in inputs(shown)}
    assert {c["id"] for c in controls} == {label["for"] for label in found.all("label")}
    assert all(i in ids for _, a in found.tags for i in str(a.get("aria-describedby") or "").split())
    assert [c["name"] for c in controls if c.get("aria-invalid")] == ["judul"]
    assert [d for d in found.all("details") if "open" in d]
    assert len(found.all("fieldset")) == len(found.all("legend")) > 5
    assert {c["list"] for c in controls if c.get("list")} == {"daftar-sumber", "daftar-aturan"} == {d["id"] for d in found.all("datalist")}
    assert not found.all("script")


def test_what_somebody_wrote_cannot_become_markup() -> None:
    nasty = '"></textarea><script>x</script>'
    value: Value = {"judul": nasty, "frasa": [nasty], "versi": {nasty: {"jawab": nasty, "putusan": nasty}}, "cabang": [{"id": nasty}]}
    html, found = page(form(Rule, value), {"judul": [nasty]})
    assert "<script" not in html
    assert not found.all("script")
    assert fill(value) == value


@QUICK
@given(st.text(), st.text())
def test_any_key_survives_in_a_name(first: str, second: str) -> None:
    name = name_of((first, second)) if "+" not in (first, second) else ""
    assert not name or tuple(map(key_of, name.split("/"))) == (first, second)


NAMES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "versi",
                "dasar",
                "cabang",
                "frasa",
                "judul",
                "sumber",
                "jawab",
                "+",
                "#kunci",
                "#hapus",
                "#dicabut",
                "0",
                "9999",
                "2026-01-02",
                "",
                "%",
                "topik",
            ]
        ),
        st.text(max_size=4),
    ),
    min_size=1,
    max_size=6,
).map("/".join)
OLD = st.recursive(
    st.one_of(st.none(), st.text(max_size=5)),
    lambda i: st.one_of(st.lists(i, max_size=3), st.dictionaries(st.sampled_from([*RULE, "dasar", "2026-01-02", "+"]), i, max_size=4)),
)


@QUICK
@given(st.dictionaries(NAMES, st.text(max_size=30), max_size=12), OLD)
def test_nothing_that_is_posted_makes_it_raise(posted: dict[str, str], old: Value) -> None:
    value = read_form(Rule, posted, old)
    assert isinstance(value, dict)
    again = form(Rule, value)
    page(again)
    browser(again)


@QUICK
@given(st.dictionaries(st.sampled_from(list(browser(form(Rule, AVOIDED)))), st.text(max_size=30), max_size=8))
def test_a_form_shown_again_gives_what_was_typed(typed: dict[str, str]) -> None:
    value = read_form(Rule, {**browser(form(Rule, AVOIDED)), **typed}, AVOIDED)
    assert read_form(Rule, browser(form(Rule, value)), value) == value


def test_a_flood_of_fields_is_refused() -> None:
    with pytest.raises(ValueError, match="terlalu besar"):
        read_form(Rule, {str(i): "" for i in range(MAX_FIELDS + 1)})
