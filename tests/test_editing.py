"""Editing one entry of the rulebook touches that entry's lines and no other byte."""

import random
from difflib import SequenceMatcher

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.editing import CannotEdit, put, remove
from bot.core.layout import layout
from bot.core.patch import Patch
from bot.core.reading import Path, Value, read
from tests.small import KNOWLEDGE, RULES

FILES = sorted(KNOWLEDGE.rglob("*.yaml"))
SMALLEST = {path: path.read_bytes() for path in FILES if path.stat().st_size < 30_000}
QUICK = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])

SAMPLE = b"""\
# kepala berkas
aturan:
  # tentang satu
  - id: satu
    judul: Judul satu # catatan di ujung
    frasa:
      - 'frasa: satu'
      # tentang frasa dua
      - frasa dua

      - "frasa tiga"
    untuk: [pns, 'pppk']
    versi:
      2026-01-02:
        putusan: boleh
        jawab: Baris pertama
          dan lanjutannya.
        # tentang dasar
        dasar:
          - sumber: a
            # di dalam dasar
            isi: b
          - sumber: c
        sanksi: null
    cabang: []

  - {id: dua, judul: "Judul dua", untuk: [pns]}
  # ekor berkas
"""


def value(raw: bytes) -> Value:
    reading = read("a.yaml", raw)
    assert not reading.problems, reading.problems
    return reading.value


def changed(old: bytes, new: bytes) -> tuple[list[bytes], list[bytes]]:
    """The lines that went and the lines that came."""
    a, b = old.splitlines(keepends=True), new.splitlines(keepends=True)
    went: list[bytes] = []
    came: list[bytes] = []
    for name, i, i_end, j, j_end in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if name != "equal":
            went += a[i:i_end]
            came += b[j:j_end]
    return went, came


def entries(tree: Value, path: Path = ()) -> list[Path]:
    """The path of every entry of a tree."""
    inner = list(tree.items()) if isinstance(tree, dict) else list(enumerate(tree)) if isinstance(tree, list) else []
    return [path, *(p for step, item in inner for p in entries(item, (*path, step)))]


def at(tree: Value, path: Path) -> Value:
    for step in path:
        tree = tree[step]  # type: ignore[index,call-overload]
    return tree


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_the_same_value_changes_nothing_wherever_it_is_put(file) -> None:
    raw = file.read_bytes()
    text = raw.decode()
    root = layout(text)
    tree = value(raw)
    assert root is not None
    assert root.value == tree
    patch = Patch(text, root)
    for path in entries(tree):
        patch.change(patch.find(path), at(tree, path))
    assert patch.result() == text
    assert put(raw, next(iter(entries(tree)[1:])), at(tree, entries(tree)[1])) == raw


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_every_text_is_found_where_it_stands(file) -> None:
    text = file.read_text(encoding="utf-8")
    root = layout(text)
    assert root is not None
    nodes = [root]
    while nodes:
        node = nodes.pop()
        nodes += [entry.node for entry in node.entries]
        if node.style == "plain" and node.value is not None:
            assert " ".join(text[node.start : node.end].split()) == " ".join(str(node.value).split())
        assert all(text[entry.after - 1] == ":" if entry.key else entry.flow or text[entry.start] == "-" for entry in node.entries)


def test_one_changed_wording_is_one_changed_line() -> None:
    path = ("aturan", 0, "versi", "2026-01-02", "jawab")
    new = put(RULES.encode(), path, "Boleh: tetapi hati-hati.")
    went, came = changed(RULES.encode(), new)
    assert came == [b"        jawab: 'Boleh: tetapi hati-hati.'\n"]
    assert len(went) == 1
    assert at(value(new), path) == "Boleh: tetapi hati-hati."


def test_a_folded_wording_becomes_one_line_and_its_neighbours_stay() -> None:
    new = put(SAMPLE, ("aturan", 0, "versi", "2026-01-02", "jawab"), "Pendek.")
    assert changed(SAMPLE, new) == ([b"        jawab: Baris pertama\n", b"          dan lanjutannya.\n"], [b"        jawab: Pendek.\n"])


def test_a_comment_behind_a_changed_value_stays() -> None:
    assert b"    judul: Lain # catatan di ujung\n" in put(SAMPLE, ("aturan", 0, "judul"), "Lain")


@pytest.mark.parametrize("index", range(4))
def test_an_added_phrasing_is_one_added_line(index: int) -> None:
    rule = value(SAMPLE)["aturan"][0]  # type: ignore[index,call-overload]
    phrasings = [*rule["frasa"]]
    phrasings.insert(index, "frasa baru")
    new = put(SAMPLE, ("aturan", 0), {**rule, "frasa": phrasings})
    assert changed(SAMPLE, new) == ([], [b"      - frasa baru\n"])
    assert at(value(new), ("aturan", 0, "frasa")) == phrasings


def test_a_phrasing_is_appended_at_the_index_behind_the_last() -> None:
    new = put(RULES.encode(), ("aturan", 0, "frasa", 3), "kena sanksi tidak # kalau suka")
    assert changed(RULES.encode(), new) == ([], [b"      - 'kena sanksi tidak # kalau suka'\n"])


def test_a_removed_phrasing_takes_its_own_comment_and_no_other() -> None:
    new = remove(SAMPLE, ("aturan", 0, "frasa", 1))
    assert changed(SAMPLE, new) == ([b"      # tentang frasa dua\n", b"      - frasa dua\n"], [])
    assert changed(SAMPLE, remove(SAMPLE, ("aturan", 0, "frasa", 0))) == ([b"      - 'frasa: satu'\n"], [])


def test_a_new_version_stands_below_the_others() -> None:
    old = at(value(RULES.encode()), ("aturan", 0, "versi", "2026-01-02"))
    assert isinstance(old, dict)
    new = put(RULES.encode(), ("aturan", 0, "versi", "2027-02-01"), {**old, "jawab": "Kini boleh."})
    assert changed(RULES.encode(), new)[0] == []
    assert b"        keyakinan: tinggi\n      2027-02-01:\n        putusan: dilarang\n        jawab: Kini boleh.\n" in new
    assert remove(new, ("aturan", 0, "versi", "2027-02-01")) == RULES.encode()


def test_a_repeal_is_one_line() -> None:
    new = put(RULES.encode(), ("aturan", 0, "versi", "2027-02-01"), "dicabut")
    assert changed(RULES.encode(), new) == ([], [b"      2027-02-01: dicabut\n"])


def test_a_branch_comes_and_goes() -> None:
    branch = {"id": "baru", "bila": "fakta", "frasa": ["satu dua"]}
    new = put(RULES.encode(), ("aturan", 0, "cabang", 1), branch)
    lines = [b"      - id: baru\n", b"        bila: fakta\n", b"        frasa:\n", b"          - satu dua\n"]
    assert changed(RULES.encode(), new) == ([], lines)
    assert remove(new, ("aturan", 0, "cabang", 1)) == RULES.encode()


def test_the_last_branch_leaves_an_empty_list_and_the_first_one_fills_it() -> None:
    empty = remove(RULES.encode(), ("aturan", 0, "cabang", 0))
    assert b"    cabang: []\n" in empty
    filled = put(SAMPLE, ("aturan", 0, "cabang"), [{"id": "x"}])
    assert changed(SAMPLE, filled) == ([b"    cabang: []\n"], [b"    cabang:\n", b"      - id: x\n"])


def test_a_rule_is_appended_as_its_neighbours_are_written() -> None:
    rule = at(value(RULES.encode()), ("aturan", 2))
    assert isinstance(rule, dict)
    new = put(RULES.encode(), ("aturan", 3), {**rule, "id": "baru"})
    assert changed(RULES.encode(), new)[0] == []
    assert new.startswith(RULES.encode() + b"  - id: baru\n")
    assert new.endswith(RULES.encode()[-300:])
    assert b"    untuk: [pns, pppk]\n" in new[len(RULES) :]
    assert b"inggris: Yes, and keep it secret.\n" in new[len(RULES) :]
    assert remove(new, ("aturan", 3)) == RULES.encode()


def test_rules_with_blank_lines_between_keep_them_between() -> None:
    raw = (KNOWLEDGE / "aturan/masa.yaml").read_bytes()
    rules = at(value(raw), ("aturan",))
    assert isinstance(rules, list)
    new = put(raw, ("aturan", len(rules)), {"id": "baru", "judul": "Baru"})
    assert new == raw + b"\n  - id: baru\n    judul: Baru\n"
    assert remove(new, ("aturan", len(rules))) == raw
    gone = remove(raw, ("aturan", 0))
    assert raw.endswith(gone[-1000:])
    assert b"\n\n\n" not in gone


def test_what_is_appended_stands_before_the_comments_at_the_end_of_the_file() -> None:
    new = put(SAMPLE, ("aturan", 2), {"id": "tiga", "untuk": ["a, b"]})
    assert new.endswith(b"\n  - {id: tiga, untuk: ['a, b']}\n  # ekor berkas\n")


def test_a_topic_on_one_line_is_edited_inside_its_line() -> None:
    raw = (KNOWLEDGE / "topik.yaml").read_bytes()
    went, came = changed(raw, put(raw, ("topik", 2, "keterangan"), "Foto, pose."))
    assert len(went) == 1
    assert came == [went[0].replace(b'"Foto bersama calon, pose jari, latar atribut."', b'"Foto, pose."')]
    went, came = changed(raw, put(raw, ("topik", 1, "nama"), "Media, grup"))
    assert came == [went[0].replace(b"nama: Media sosial dan grup", b"nama: 'Media, grup'")]


def test_a_list_in_brackets_keeps_the_quotes_of_what_stays() -> None:
    new = put(SAMPLE, ("aturan", 0, "untuk"), ["cpns", "pns", "pppk"])
    assert changed(SAMPLE, new)[1] == [b"    untuk: [cpns, pns, 'pppk']\n"]
    assert b'{id: dua, judul: "Judul dua", untuk: [pns], alias: [x]}' in put(SAMPLE, ("aturan", 1, "alias"), ["x"])
    assert b"  - {id: dua, untuk: [pns]}\n" in remove(SAMPLE, ("aturan", 1, "judul"))


def test_comments_above_and_inside_survive_a_change_of_the_whole_rule() -> None:
    rule = at(value(SAMPLE), ("aturan", 0))
    assert isinstance(rule, dict)
    version = {"putusan": "hindari", "jawab": "Jangan.", "dasar": [{"sumber": "a", "isi": "lain"}], "contoh": "Bu Sari."}
    new = put(SAMPLE, ("aturan", 0), {**rule, "judul": "Lain", "versi": {"2026-01-02": version}})
    assert [line for line in SAMPLE.splitlines() if b"#" in line and b"judul" not in line] == [
        line for line in new.splitlines() if b"#" in line and b"judul" not in line
    ]
    assert at(value(new), ("aturan", 0, "versi")) == {"2026-01-02": version}


def test_many_lines_are_written_as_a_block_or_on_one_line_in_braces() -> None:
    raw = (KNOWLEDGE / "di-luar.yaml").read_bytes()
    new = put(raw, ("jenis", 0, "jawab"), "Satu.\n\nDua:\n  tiga")
    assert b"    jawab: |-\n      Satu.\n\n      Dua:\n        tiga\n    jawab_inggris: >-\n" in new
    new = put(SAMPLE, ("aturan", 1, "judul"), "Satu.\nDua.")
    assert b'{id: dua, judul: "Satu.\\nDua.", untuk: [pns]}' in new
    assert at(value(put(SAMPLE, ("aturan", 0, "judul"), "Satu\nDua")), ("aturan", 0, "judul")) == "Satu\nDua"


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_the_missing_last_one_and_the_byte_order_mark_stay(end: bytes, last: bool, mark: bytes) -> None:
    raw = mark + (RULES.encode() if last else RULES.encode().removesuffix(b"\n")).replace(b"\n", end)
    new = put(raw, ("aturan", 0, "versi", "2027-02-01"), {"putusan": "boleh", "jawab": "Satu\ndua"})
    new = put(new, ("aturan", 3), {"id": "x"})
    assert new.startswith(mark)
    assert new.endswith(end) == last
    assert new.count(b"\n") == new.count(end)
    assert remove(remove(new, ("aturan", 3)), ("aturan", 0, "versi", "2027-02-01")) == raw


def test_a_key_without_a_value_gets_one() -> None:
    assert put(b"a:\nb: 1\n", ("a",), "x") == b"a: x\nb: 1\n"
    assert put(b"a: # catatan\nb: ~\n", ("b",), ["x"]) == b"a: # catatan\nb:\n  - x\n"
    assert put(b"a: [x]\nb: 1\n", ("a",), None) == b"a: null\nb: 1\n"


def test_a_comment_sign_inside_a_text_is_not_a_comment_of_the_next_key() -> None:
    raw = b"a: |\n  # bukan catatan\nb: x\nc: y\n"
    assert remove(raw, ("b",)) == b"a: |\n  # bukan catatan\nc: y\n"


def test_exotic_layout_is_written_anew_item_by_item() -> None:
    raw = b"aturan:\n  - ? id\n    : satu\n    ? judul\n    : x\n  - id: dua\n"
    assert put(raw, ("aturan", 0, "judul"), "y\nz").endswith(b"\n  - id: dua\n")
    assert at(value(put(raw, ("aturan", 0, "judul"), "y\nz")), ("aturan", 0)) == {"id": "satu", "judul": "y\nz"}
    raw = b"a:\n  - b: x\n    # catatan\n    c: y\n  - d\n"
    assert at(value(remove(raw, ("a", 0, "b"))), ("a",)) == [{"c": "y"}, "d"]


@pytest.mark.parametrize("path", [("b",), ("a", 3), ("a", -1), ("a", "x"), ("a", 0, "x"), ("c", 0)])
def test_a_path_that_leads_nowhere_is_refused(path: Path) -> None:
    with pytest.raises(CannotEdit):
        remove(b"a: [x, y]\n", path)
    if path != ("b",):
        with pytest.raises(CannotEdit):
            put(b"a: [x, y]\n", path, "z")


@pytest.mark.parametrize("raw", [b"", b"a: b: c", b"a: &x y", b"\xff"])
def test_a_file_with_problems_is_refused(raw: bytes) -> None:
    with pytest.raises(CannotEdit):
        put(raw, ("a",), "z")


def test_what_no_file_can_hold_is_refused() -> None:
    with pytest.raises(CannotEdit):
        put(b"a: x\n", ("a",), "\ud800")


TEXTS = st.one_of(
    st.text(alphabet="ab :-#'\"[]{},&*!|>%@`?~\\\n\té🙂", max_size=12),
    st.text(max_size=8).filter(lambda text: text.encode(errors="replace").decode() == text),
    st.sampled_from(
        ["no", "null", "~", "", "2026-01-02", "- a", "a: b", "https://x.id/?a=1#b", " a", "a ", "\n", "a\n", "a\n\n", "---", "\u2028", "\x85"]
    ),
)
VALUES: st.SearchStrategy[Value] = st.recursive(
    st.one_of(TEXTS, st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=8,
)


@QUICK
@given(st.lists(VALUES, max_size=4), VALUES)
def test_any_value_can_be_written_and_read_back(items: list[Value], new: Value) -> None:
    raw = put(b"a: x\nb:\n  - c: y\n  - z\n# ekor\n", ("b", 0, "c"), new)
    raw = put(raw, ("b", 2), items)
    assert value(raw) == {"a": "x", "b": [{"c": new}, "z", items]}
    raw = put(b"a: {c: [y]}\n", ("a", "c", 1), new)
    assert value(raw) == {"a": {"c": ["y", new]}}


def _scrambled(tree: Value, rng: random.Random, texts: list[str]) -> Value:
    """A tree with a few things changed, added and taken away."""
    if isinstance(tree, dict):
        kept = {key: _scrambled(inner, rng, texts) for key, inner in tree.items() if rng.random() > 0.1}
        return kept if rng.random() > 0.2 else {**kept, "kunci_baru": rng.choice([rng.choice(texts), [rng.choice(texts)], {"x": rng.choice(texts)}])}
    if isinstance(tree, list):
        kept_items = [_scrambled(inner, rng, texts) for inner in tree if rng.random() > 0.1]
        if rng.random() < 0.3:
            kept_items.insert(rng.randint(0, len(kept_items)), rng.choice(texts))
        if rng.random() < 0.1:
            rng.shuffle(kept_items)
        return kept_items
    return rng.choice(texts) if rng.random() < 0.2 else tree


@QUICK
@given(st.sampled_from([*SMALLEST.values(), RULES.encode(), SAMPLE]), st.randoms(use_true_random=False), st.lists(TEXTS, min_size=1, max_size=5))
def test_an_edited_entry_reads_back_and_the_lines_outside_it_stay(raw: bytes, rng: random.Random, texts: list[str]) -> None:
    tree = value(raw)
    root = layout(raw.decode())
    assert root is not None
    places = [path for path in entries(tree) if len(path) > 1]
    path = rng.choice([p for p in places if len(p) == 2] if rng.random() < 0.5 else places)
    intended = _scrambled(at(tree, path), rng, texts)
    new = put(raw, path, intended)
    assert at(value(new), path) == intended
    entry = Patch(raw.decode(), root).find(path)
    above, below = raw.decode()[: entry.start].encode(), raw.decode()[entry.end :].encode()
    assert new.startswith(above)
    assert new.endswith(below)


@QUICK
@given(st.randoms(use_true_random=False), st.lists(TEXTS, min_size=1, max_size=5))
def test_an_edited_real_rule_reads_back_and_the_others_stay(rng: random.Random, texts: list[str]) -> None:
    raw = rng.choice(RULE_FILES)
    tree = value(raw)
    assert isinstance(tree, dict)
    rules = tree["aturan"]
    assert isinstance(rules, list)
    index = rng.randrange(len(rules))
    intended = _scrambled(rules[index], rng, texts)
    new = put(raw, ("aturan", index), intended)
    assert value(new) == {**tree, "aturan": [intended if i == index else rule for i, rule in enumerate(rules)]}


RULE_FILES = [(KNOWLEDGE / f"aturan/{name}.yaml").read_bytes() for name in ("masa", "umum", "pencalonan")]
