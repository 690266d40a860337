"""Two sets of changes brought together without loss, and what differs between two rulebooks told by rule."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.changes import RuleChange, changes, file_changes
from bot.core.merging import Conflict, Merge, Side, merge
from bot.core.rulebook import Rule, Rulebook
from bot.core.vocabulary import SourceStatus, Verdict
from bot.usecases.library import Library
from tests.conftest import NOW

DAY = NOW.date()
FILE = "aturan/a.yaml"
NEXT_MONTH = date(2026, 12, 20)

# Few different lines, so that texts repeat themselves as a rulebook does; one is no UTF-8, one ends as on Windows.
LINES = st.sampled_from([b"a\n", b"b\n", b"  - id: satu\n", b"\n", b"c\r\n", b"\xff\n", "d\u2028d\n".encode()])
TEXTS = st.builds(lambda lines, end: b"".join(lines) + end, st.lists(LINES, max_size=8), st.sampled_from([b"", b"", b"z"]))
DOCUMENTS = st.dictionaries(st.sampled_from([FILE, "topik.yaml"]), TEXTS)


def texts(conflict: Conflict) -> tuple[str, str, str]:
    return conflict.base, conflict.ours, conflict.theirs


def one(base: str, ours: str, theirs: str, choices: Mapping[str, Side] | None = None) -> Merge:
    return merge({FILE: base.encode()}, {FILE: ours.encode()}, {FILE: theirs.encode()}, choices)


# --- merging ---


@given(DOCUMENTS, DOCUMENTS)
def test_what_only_one_side_changed_is_taken_whole(base: dict[str, bytes], other: dict[str, bytes]) -> None:
    assert merge(base, other, base) == Merge(other, (), ())
    assert merge(base, base, other) == Merge(other, (), ())
    assert merge(base, other, other) == Merge(other, (), ())


@given(DOCUMENTS, DOCUMENTS, DOCUMENTS)
def test_who_is_called_ours_makes_no_difference(base: dict[str, bytes], ours: dict[str, bytes], theirs: dict[str, bytes]) -> None:
    here, there = merge(base, ours, theirs), merge(base, theirs, ours)
    assert [(c.key, texts(c)) for c in here.conflicts] == [(c.key, (c.base, c.theirs, c.ours)) for c in there.conflicts]
    everywhere: dict[str, Side] = {conflict.key: "mereka" for conflict in there.conflicts}
    assert here.documents == merge(base, theirs, ours, everywhere).documents


@given(DOCUMENTS, DOCUMENTS, DOCUMENTS, st.data())
def test_conflicts_keep_their_keys_and_texts_while_others_are_decided(
    base: dict[str, bytes], ours: dict[str, bytes], theirs: dict[str, bytes], data: st.DataObject
) -> None:
    before = merge(base, ours, theirs)
    keys = [conflict.key for conflict in before.conflicts]
    assert len(set(keys)) == len(keys)
    choices: dict[str, Side] = data.draw(st.dictionaries(st.sampled_from(keys), st.sampled_from(["kita", "mereka"]))) if keys else {}
    after = merge(base, ours, theirs, choices)
    assert [(c.key, texts(c)) for c in after.conflicts] == [(c.key, texts(c)) for c in before.conflicts]
    assert [conflict.key for conflict in after.open] == [key for key in keys if key not in choices]


@given(DOCUMENTS, DOCUMENTS, DOCUMENTS)
def test_undecided_conflicts_hold_our_side(base: dict[str, bytes], ours: dict[str, bytes], theirs: dict[str, bytes]) -> None:
    left = merge(base, ours, theirs)
    ours_everywhere: dict[str, Side] = {conflict.key: "kita" for conflict in left.conflicts}
    decided = merge(base, ours, theirs, ours_everywhere)
    assert left.documents == decided.documents
    assert decided.open == ()


@st.composite
def grown(draw: st.DrawFn) -> tuple[list[bytes], list[bytes], list[bytes]]:
    """A text of lines that are all different, and two that grew from it: lines taken out, marked lines put in."""
    base = [b"%d\n" % number for number in range(draw(st.integers(0, 12)))]

    def side(mark: bytes) -> list[bytes]:
        lines: list[bytes] = []
        for place in range(len(base) + 1):
            lines += [b"%s%d.%d\n" % (mark, place, number) for number in range(draw(st.sampled_from([0, 0, 0, 1, 2])))]
            if place < len(base) and draw(st.integers(0, 4)):
                lines.append(base[place])
        return lines

    return base, side(b"kita"), side(b"mereka")


@given(grown())
def test_no_line_of_either_side_is_lost_and_none_that_one_side_removed_comes_back(lines: tuple[list[bytes], list[bytes], list[bytes]]) -> None:
    base, ours, theirs = lines
    merged = merge(*({FILE: b"".join(side)} for side in lines))
    written = merged.documents[FILE].splitlines(keepends=True)
    disputed = [set(text.encode().splitlines(keepends=True)) for c in merged.conflicts for text in (c.ours, c.theirs)]
    for line in {*ours, *theirs} - set(base):
        assert line in written or any(line in text for text in disputed)
        assert written.count(line) <= 1
    for line in base:
        kept = (line in ours) + (line in theirs)
        if kept == 2:
            assert line in written
        elif not any(line in text for text in disputed):
            assert line not in written


def test_changes_far_apart_are_joined() -> None:
    merged = one("a\nb\nc\nd\n", "A\nb\nc\nd\n", "a\nb\nc\nD\n")
    assert merged == Merge({FILE: b"A\nb\nc\nD\n"}, (), ())


def test_the_same_line_changed_twice_names_the_entry_it_stands_in() -> None:
    base = "aturan:\n  - id: satu\n    jawab: a\n  - id: dua\n    jawab: b\n"
    merged = one(base, base.replace("jawab: b", "jawab: kita"), base.replace("jawab: b", "jawab: mereka"))
    assert merged.conflicts == (Conflict(FILE, 1, "dua", "    jawab: b\n", "    jawab: kita\n", "    jawab: mereka\n"),)


def test_choices_decide_each_conflict_by_itself() -> None:
    base, ours, theirs = "a\n-\nb\n", "a1\n-\nb1\n", "a2\n-\nb2\n"
    keys = [conflict.key for conflict in one(base, ours, theirs).conflicts]
    assert keys == [f"{FILE}#1", f"{FILE}#2"]
    assert one(base, ours, theirs, {keys[0]: "mereka", keys[1]: "kita"}) == Merge({FILE: b"a2\n-\nb1\n"}, one(base, ours, theirs).conflicts, ())
    assert one(base, ours, theirs, {keys[1]: "mereka"}).documents == {FILE: b"a1\n-\nb2\n"}
    assert one(base, ours, theirs, {"aturan/lain.yaml#1": "mereka"}).documents == {FILE: b"a1\n-\nb1\n"}


@pytest.mark.parametrize(("choice", "kept"), [("kita", {}), ("mereka", {FILE: b"b\n"})])
def test_a_file_removed_here_and_changed_there_is_a_conflict(choice: Side, kept: dict[str, bytes]) -> None:
    merged = merge({FILE: b"a\n"}, {}, {FILE: b"b\n"})
    assert [texts(conflict) for conflict in merged.open] == [("a\n", "", "b\n")]
    assert merge({FILE: b"a\n"}, {}, {FILE: b"b\n"}, {merged.open[0].key: choice}).documents == kept


def test_bytes_that_are_no_text_come_out_as_they_went_in() -> None:
    merged = merge({FILE: b"a\n-\n\xff\xfe\n-\nb\n"}, {FILE: b"A\n-\n\xff\xfe\n-\nb\n"}, {FILE: b"a\n-\n\xff\xfe\n-\nB\n"})
    assert merged.documents == {FILE: b"A\n-\n\xff\xfe\n-\nB\n"}


# --- what differs ---


@pytest.fixture(scope="module")
def rulebook(library: Library) -> Rulebook:
    return library.shelf.rulebook


def a_rule(rulebook: Rulebook, verdict: Verdict, *, with_branch: bool = False) -> Rule:
    """The first rule of the real rulebook with that verdict today, and with a branch that permits nothing if wanted."""
    found = (rule for rule in rulebook.rules.values() if (v := rule.version_on(DAY)) and v.verdict is verdict)
    return next(rule for rule in found if not with_branch or any(not branch.verdict.permits for branch in rule.branches))


def with_rule(rulebook: Rulebook, rule: Rule) -> Rulebook:
    return replace(rulebook, rules={**rulebook.rules, rule.id: rule})


def said_anew(rule: Rule, **values: object) -> Rule:
    """The rule with other values in the version of today."""
    start, version = rule.start_on(DAY), rule.version_on(DAY)
    assert start is not None
    assert version is not None
    return rule.model_copy(update={"versions": {**rule.versions, start: version.model_copy(update=values)}})


def test_a_rulebook_does_not_differ_from_itself(rulebook: Rulebook) -> None:
    assert changes(rulebook, rulebook, DAY) == ()


def test_a_new_wording_is_told_by_its_field_and_loosens_nothing(rulebook: Rulebook) -> None:
    rule = a_rule(rulebook, Verdict.FORBIDDEN)
    (change,) = changes(rulebook, with_rule(rulebook, said_anew(rule, answer="Lain.")), DAY)
    assert change == RuleChange(
        rule.id, rule.title, "ubah", (f"versi {rule.start_on(DAY)}: jawab",), basis_moved=False, before=change.before, after=change.before
    )
    assert not change.loosens


def test_a_verdict_that_permits_more_stands_on_top(rulebook: Rulebook) -> None:
    stricter, freer = a_rule(rulebook, Verdict.ALLOWED), a_rule(rulebook, Verdict.FORBIDDEN)
    new = with_rule(with_rule(rulebook, said_anew(stricter, verdict=Verdict.FORBIDDEN)), said_anew(freer, verdict=Verdict.CONDITIONAL))
    found = changes(rulebook, new, DAY)
    assert [(change.rule, change.loosens) for change in found] == [(freer.id, True), (stricter.id, False)]
    assert (found[0].before, found[0].after) == (Verdict.FORBIDDEN, Verdict.CONDITIONAL)
    assert [(change.rule, change.loosens) for change in changes(new, rulebook, DAY)] == [(stricter.id, True), (freer.id, False)]


def test_a_branch_that_permits_more_loosens_though_the_rule_stays(rulebook: Rulebook) -> None:
    rule = a_rule(rulebook, Verdict.FORBIDDEN, with_branch=True)
    freer = tuple(branch.model_copy(update={"verdict": Verdict.ALLOWED}) for branch in rule.branches)
    (change,) = changes(rulebook, with_rule(rulebook, rule.model_copy(update={"branches": freer})), DAY)
    assert (change.fields, change.before, change.after, change.loosens) == (("cabang",), Verdict.FORBIDDEN, Verdict.FORBIDDEN, True)
    (back,) = changes(with_rule(rulebook, rule.model_copy(update={"branches": freer})), rulebook, DAY)
    assert not back.loosens


def test_a_new_branch_loosens_only_when_it_permits_what_the_rule_did_not(rulebook: Rulebook) -> None:
    source = next(rule for rule in rulebook.rules.values() if rule.branches).branches[0]
    for verdict, expected in ((Verdict.FORBIDDEN, True), (Verdict.ALLOWED, False)):
        rule = a_rule(rulebook, verdict)
        added = (*rule.branches, source.model_copy(update={"id": "baru-sekali", "verdict": Verdict.ALLOWED}))
        (change,) = changes(rulebook, with_rule(rulebook, rule.model_copy(update={"branches": added})), DAY)
        assert change.loosens is expected


def test_a_rule_that_is_gone_and_one_that_is_new_are_told(rulebook: Rulebook) -> None:
    rule = a_rule(rulebook, Verdict.ALLOWED)
    without = replace(rulebook, rules={name: kept for name, kept in rulebook.rules.items() if name != rule.id})
    assert [(c.rule, c.kind, c.after, c.loosens) for c in changes(rulebook, without, DAY)] == [(rule.id, "hilang", None, False)]
    assert [(c.rule, c.kind, c.before, c.loosens) for c in changes(without, rulebook, DAY)] == [(rule.id, "baru", None, True)]


def test_a_version_of_next_month_is_told_and_changes_no_verdict_of_today(rulebook: Rulebook) -> None:
    rule = a_rule(rulebook, Verdict.FORBIDDEN)
    later = rule.model_copy(update={"versions": {**rule.versions, NEXT_MONTH: None}})
    (change,) = changes(rulebook, with_rule(rulebook, later), DAY)
    assert change.before == change.after == Verdict.FORBIDDEN
    (then,) = changes(rulebook, with_rule(rulebook, later), NEXT_MONTH)
    assert (then.before, then.after) == (Verdict.FORBIDDEN, None)
    assert changes(rulebook, with_rule(rulebook, said_anew(rule)), DAY) == ()


def test_a_source_that_is_repealed_names_every_rule_that_stands_on_it_and_no_other(rulebook: Rulebook) -> None:
    used = {cite.source for rule in rulebook.rules.values() for version in rule.versions.values() if version for cite in version.basis}
    source = rulebook.sources[min(used)]
    repealed = replace(rulebook, sources={**rulebook.sources, source.id: source.model_copy(update={"status": SourceStatus.REPEALED})})
    expected = {r.id for r in rulebook.rules.values() if any(c.source == source.id for v in r.versions.values() if v for c in v.basis)}
    found = changes(rulebook, repealed, DAY)
    assert {change.rule for change in found} == expected
    assert all(change.basis_moved for change in found)


def test_a_file_diff_names_what_is_new_gone_and_changed() -> None:
    found = file_changes({"a": b"1\n2\n", "b": b"x\n", "c": b"y\n"}, {"a": b"1\n3\n", "c": b"y\n", "d": b"\xff\n"})
    assert list(found) == ["a", "b", "d"]
    assert "-2" in found["a"].splitlines()
    assert "+3" in found["a"].splitlines()
    assert "+++ dihapus" in found["b"]
    assert "--- tidak ada" in found["d"]
