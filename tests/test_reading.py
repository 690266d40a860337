"""Strict YAML: nothing is expanded or guessed, and every mistake has a place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.reading import MAX_BYTES, read


@pytest.mark.parametrize("text", ["no", "off", "12:30", "010", "1.10", "2026-01-02", "yes", "1e3"])
def test_every_value_is_text(text: str) -> None:
    assert read("a.yaml", f"a: {text}".encode()).value == {"a": text}


@pytest.mark.parametrize("text", ["a:", "a: ~", "a: null"])
def test_an_unquoted_empty_value_is_absent(text: str) -> None:
    assert read("a.yaml", text.encode()).value == {"a": None}


def test_a_quoted_null_is_text() -> None:
    assert read("a.yaml", b"a: 'null'").value == {"a": "null"}


def test_a_place_is_known_for_every_value_and_key() -> None:
    reading = read("a.yaml", b"a:\n  - b: satu\n    c: dua\n")
    assert reading.place(("a", 0, "c")) == (3, 8)
    assert reading.place(("a", 0, "tidak-ada")) == (2, 5)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: 2\na: 3\n", 3),
        ("a: &x 1\n", 1),
        ("b: 1\na: *x\n", 2),
        ("a: !!python/object/apply:os.system ['true']\n", 1),
        ("a:\n\t- b\n", 2),
        ("a: b: c\n", 1),
        ('a: 1\nb: "tidak ditutup\n', 2),
        ("a: [1, 2\n", 1),
        ("---\na: 1\n---\nb: 2\n", 3),
        ("? [a]\n: b\n", 1),
        ("a: 1\nb: @c\n", 2),
        ("a: \x07\n", 1),
    ],
)
def test_a_mistake_is_one_problem_on_its_line(text: str, line: int) -> None:
    problems = read("a.yaml", text.encode()).problems
    assert [problem.line for problem in problems] == [line]
    assert problems[0].what
    assert problems[0].fix


def test_bytes_that_are_not_text_are_a_problem() -> None:
    assert read("a.yaml", b"a: 1\nb: \xff\xfe").problems[0].line == 2


def test_an_alias_bomb_costs_nothing() -> None:
    bomb = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 9))
    assert read("a.yaml", bomb.encode()).problems[0].line == 1


def test_a_file_that_is_too_large_is_refused_unread() -> None:
    assert read("a.yaml", b"x" * (MAX_BYTES + 1)).problems[0].line == 0


@pytest.mark.parametrize("text", ["[" * 5000, "{a: " * 5000, "- " * 5000, "a: [" + "[], " * 250_000 + "]"])
def test_deep_and_wide_files_are_refused(text: str) -> None:
    assert read("a.yaml", text.encode()).problems


@given(st.binary(max_size=300))
def test_no_bytes_make_it_raise(raw: bytes) -> None:
    reading = read("a.yaml", raw)
    assert reading.value is None or not any(p.line < 0 for p in reading.problems)


@given(st.text(alphabet="ab:-[]{}&*!|>'\"#%@`, \n\t?~\\", max_size=80))
def test_no_yaml_like_text_makes_it_raise(text: str) -> None:
    read("a.yaml", text.encode())


@pytest.mark.parametrize("mark", ['"', "'"])
def test_a_quote_that_was_never_closed_is_told_where_it_was_opened_even_when_a_later_quote_closed_it(mark: str) -> None:
    text = f"topik: a\naturan:\n  - id: x\n    judul: {mark}petik terbuka\n    frasa:\n      - satu\n      - kata {mark}siap pak{mark} saja\n      - tiga\n"
    reading = read("a.yaml", text.encode())
    assert [(problem.line, "tidak ditutup" in problem.what) for problem in reading.problems] == [(4, True)]
