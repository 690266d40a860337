"""Two people changed the same rulebook: what both did is kept, and where they touched the same lines somebody must choose.

Works on lines, so comments, order and every kind of file are merged alike. Knows no field of the rulebook.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

Side = Literal["kita", "mereka", "keduanya"]
"""Whose lines stay where both changed them; both, for two entries added at one place."""
Lines = list[bytes]
"""Lines with their ends, as bytes: what is merged comes out as it went in, whatever its encoding."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Lines that both sides changed. `number` counts conflicts within the file from 1; `where` names the entry they stand in."""

    file: str
    number: int
    where: str
    base: str
    ours: str
    theirs: str

    @property
    def key(self) -> str:
        """Names the conflict in a form: `aturan/masa.yaml#2`."""
        return f"{self.file}#{self.number}"


@dataclass(frozen=True, slots=True)
class Merge:
    """What both sides come to. `open` are the conflicts nobody has decided; there the documents hold our side."""

    documents: dict[str, bytes]
    conflicts: tuple[Conflict, ...]
    open: tuple[Conflict, ...]


def merge(base: Mapping[str, bytes], ours: Mapping[str, bytes], theirs: Mapping[str, bytes], choices: Mapping[str, Side] | None = None) -> Merge:
    """Brings two sets of documents together that grew from one. `choices` decides conflicts by their key."""
    decided = choices or {}
    documents: dict[str, bytes] = {}
    conflicts: list[Conflict] = []
    for file in sorted({*base, *ours, *theirs}):
        was, we, they = base.get(file), ours.get(file), theirs.get(file)
        if they in (we, was):
            kept = we
        elif we == was:
            kept = they
        elif we is None or they is None:
            # One side removed the file, the other changed it: that cannot be settled by lines.
            conflict = Conflict(file, 1, "", _text(was), _text(we), _text(they))
            conflicts.append(conflict)
            kept = they if decided.get(conflict.key) == "mereka" else we
        else:
            kept, found = _merge_lines(file, was or b"", we, they, decided)
            conflicts.extend(found)
        if kept is not None:
            documents[file] = kept
    return Merge(documents, tuple(conflicts), tuple(conflict for conflict in conflicts if conflict.key not in decided))


def _merge_lines(file: str, was: bytes, we: bytes, they: bytes, decided: Mapping[str, Side]) -> tuple[bytes, list[Conflict]]:
    base, ours, theirs = was.splitlines(keepends=True), we.splitlines(keepends=True), they.splitlines(keepends=True)
    written: Lines = []
    conflicts: list[Conflict] = []
    for at_base, at_ours, at_theirs in _regions(base, ours, theirs):
        before, mine, yours = base[at_base], ours[at_ours], theirs[at_theirs]
        if yours in (mine, before):
            written += mine
        elif mine == before:
            written += yours
        else:
            texts = (_text(b"".join(before)), _text(b"".join(mine)), _text(b"".join(yours)))
            conflict = Conflict(file, len(conflicts) + 1, _entry(written + mine), *texts)
            conflicts.append(conflict)
            side = decided.get(conflict.key)
            written += yours if side == "mereka" else [*mine, *yours] if side == "keduanya" else mine
    return b"".join(written), conflicts


def _regions(base: Lines, ours: Lines, theirs: Lines) -> Iterator[tuple[slice, slice, slice]]:
    """Cuts the three texts into runs that belong together: alternately what changed, and what all three share."""
    a = b = c = 0
    for start, at_ours, at_theirs, size in _shared(base, ours, theirs):
        if (start, at_ours, at_theirs) != (a, b, c):
            yield slice(a, start), slice(b, at_ours), slice(c, at_theirs)
        if size:
            yield slice(start, start + size), slice(at_ours, at_ours + size), slice(at_theirs, at_theirs + size)
        a, b, c = start + size, at_ours + size, at_theirs + size


def _shared(base: Lines, ours: Lines, theirs: Lines) -> Iterator[tuple[int, int, int, int]]:
    """(base, ours, theirs, length) of every run of lines that both sides kept; ends with an empty one at the end of all."""
    one = SequenceMatcher(None, base, ours, autojunk=False).get_matching_blocks()
    two = SequenceMatcher(None, base, theirs, autojunk=False).get_matching_blocks()
    i = j = 0
    while i < len(one) and j < len(two):
        first, second = one[i], two[j]
        start, end = max(first.a, second.a), min(first.a + first.size, second.a + second.size)
        if start < end:
            yield start, first.b + start - first.a, second.b + start - second.a, end - start
        if first.a + first.size < second.a + second.size:
            i += 1
        else:
            j += 1
    yield len(base), len(ours), len(theirs), 0


def _entry(lines: Lines) -> str:
    """The id of the entry that the last of these lines belongs to."""
    found = next((match for line in reversed(lines) if (match := re.match(r"\s*- \{?(?:id|kata|tanya): ([^,}]+)", _text(line)))), None)
    return found[1].strip() if found else ""


def _text(raw: bytes | None) -> str:
    return (raw or b"").decode("utf-8", "replace")
