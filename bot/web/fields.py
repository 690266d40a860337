"""Form fields as values: what stands where, under which name, and which problems belong beside it. Knows no model and no HTML."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.core.problem import Problem
from bot.core.reading import Path, dotted
from bot.web.shapes import Kind

NEW = "+"
"""The step of a map's item that is not there yet."""
KEY, DROP, REPEAL = "#kunci", "#hapus", "#dicabut"
"""Last steps of names that are no keys of the rulebook: the key of a map's item, and two boxes to tick."""


@dataclass(frozen=True, slots=True)
class Input:
    """One thing to fill in. `lines` is a list of texts, one a line; its `max_length` is left to the server."""

    kind: Kind
    name: str
    path: Path
    label: str
    hint: str = ""
    value: str = ""
    is_required: bool = False
    max_length: int | None = None
    choices: tuple[str, ...] = ()
    lowest: int | None = None
    highest: int | None = None
    options_from: str = ""
    """The register whose ids are offered while typing: `sumber`, `aturan` or none."""

    @property
    def id(self) -> str:
        return element_id(self.name)

    @property
    def rows(self) -> int:
        """How many lines of a text field show its value on a phone."""
        return max(3, min(14, sum(1 + len(line) // 45 for line in self.value.split("\n")) + (self.kind == "lines")))

    @property
    def is_english(self) -> bool:
        last = str(self.path[-1]) if self.path else ""
        return "inggris" in last or last == "en"


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that belong together. An item of a list or map may also have a key, and boxes to tick: out with it; repealed."""

    name: str
    path: Path
    label: str
    parts: "tuple[Part, ...]"
    hint: str = ""
    is_required: bool = True
    key: Input | None = None
    drop: str = ""
    repeal: str = ""
    is_repealed: bool = False
    is_folded: bool = False

    @property
    def id(self) -> str:
        return element_id(self.name)

    def holds(self, names: Iterable[str]) -> bool:
        """True when one of the names is in here, so that it must not be folded away."""
        return any(name == self.name or name.startswith(f"{self.name}/") for name in names)


@dataclass(frozen=True, slots=True)
class Groups:
    """A list or map of groups: those that are there, and one without content to add another."""

    name: str
    path: Path
    label: str
    items: tuple[Group, ...]
    blank: Group
    hint: str = ""
    is_required: bool = False

    @property
    def id(self) -> str:
        return element_id(self.name)


Part = Input | Group | Groups


def name_of(path: Path) -> str:
    """The name under which a path is posted: its steps with `/` between them."""
    return "/".join(
        re.sub(r"[%/#+]", lambda sign: f"%{ord(sign[0]):02X}", step) if isinstance(step, str) and step != NEW else str(step) for step in path
    )


def key_of(step: str) -> str:
    """The key that one step of a name stands for."""
    return re.sub(r"%(25|2F|23|2B)", lambda sign: chr(int(sign[1], 16)), step)


def element_id(name: str) -> str:
    """An HTML id for a name: no spaces, and usable in an address after `#`."""
    return "f." + re.sub(r"[^a-zA-Z0-9_-]", lambda sign: "." if sign[0] == "/" else f":{ord(sign[0]):x}:", name)


def inputs(part: Part) -> Iterator[Input]:
    """Every field of a form, in the order in which it is read. Boxes to tick belong to their groups."""
    match part:
        case Input():
            yield part
        case Group():
            yield from (part.key,) if part.key else ()
            for inner in part.parts:
                yield from inputs(inner)
        case Groups():
            for group in (*part.items, part.blank):
                yield from inputs(group)


def groups(part: Part) -> Iterator[Group | Groups]:
    """Every group and list of groups of a form, the form itself first."""
    if isinstance(part, Group | Groups):
        yield part
        for inner in part.parts if isinstance(part, Group) else (*part.items, part.blank):
            yield from groups(inner)


def beside(problems: Iterable[Problem], whole: Group, at: Path = ()) -> dict[str, list[str]]:
    """Problems sorted to the fields they are about: field name → messages. `at` is where the entry stands in its file.

    What is about no field of the form, or about another entry, is under the empty name.
    """
    places = {dotted((*at, *part.path)): part.name for part in (*inputs(whole), *groups(whole))}
    found: dict[str, list[str]] = {}
    for problem in problems:
        place = problem.field
        while place and place not in places:
            place = place[: max(place.rfind("."), place.rfind("["), 0)]
        if not place:
            found.setdefault("", []).append(str(problem))
            continue
        line = re.fullmatch(re.escape(place) + r"\[(\d+)\]", problem.field)
        said = f"{problem.what} → {problem.fix}"
        found.setdefault(places[place], []).append(f"Baris {line[1]}: {said}" if line else said)
    return found
