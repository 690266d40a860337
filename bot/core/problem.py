"""A content mistake as a value: where it is, what is wrong, what to do. Told to HR in Indonesian, never raised."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

Severity = Literal["galat", "peringatan"]
"""`galat` blocks publishing; `peringatan` is shown and lets it through."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in one file. `line` and `column` count from 1; 0 means the file as a whole."""

    file: str
    line: int
    column: int
    field: str
    what: str
    fix: str
    severity: Severity = "galat"

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        field = f" [{self.field}]" if self.field else ""
        return f"{place}: {self.severity}{field}: {self.what} → {self.fix}"


def quoted(problem: Problem, documents: Mapping[str, bytes]) -> str:
    """The very line a Problem points at, for people who have no editor open; empty when there is none."""
    lines = documents.get(problem.file, b"").decode("utf-8", "replace").splitlines()
    return lines[problem.line - 1].strip() if 0 < problem.line <= len(lines) else ""


def did_you_mean(word: str, known: "list[str] | set[str]") -> str:
    """The sentence "maksud Anda …?" for the nearest known word, or an empty text when none is near."""
    near = get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f" Maksud Anda `{near[0]}`?" if near else ""
