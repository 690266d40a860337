"""What the files of the rulebook consist of, for forms and addresses: runs of entries, single entries, and where a Problem is mended."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from urllib.parse import urlencode

from pydantic import BaseModel
from starlette.exceptions import HTTPException

from bot.core.assembly import Documents
from bot.core.problem import Problem
from bot.core.reading import Path, Value, read
from bot.core.registers import Election, Example, Message, Moment, OutsideKind, Person, Source, Term, Tier, Topic
from bot.core.rulebook import Rule
from bot.usecases.publishing import Work

MAX_TOLD, MAX_QUOTED = 200, 200
"""Problems on one page, and letters of the line that each quotes."""


@dataclass(frozen=True, slots=True)
class Section:
    """A run of entries in a kind of file. `name` is the field an entry is known by; none when entries stand under their names."""

    pattern: str
    container: str
    model: type[BaseModel]
    name: str | None
    label: str


SECTIONS = (
    Section("aturan/*.yaml", "aturan", Rule, "id", "Aturan"),
    Section("sumber/*.yaml", "sumber", Source, "id", "Sumber"),
    Section("glosarium.yaml", "istilah", Term, "kata", "Istilah"),
    Section("pesan.yaml", "pesan", Message, None, "Kalimat tetap"),
    Section("kalender.yaml", "pemilihan", Election, "id", "Pemilihan"),
    Section("di-luar.yaml", "jenis", OutsideKind, "id", "Jenis di luar cakupan"),
    Section("sanksi.yaml", "tingkat", Tier, None, "Tingkat sanksi"),
    Section("topik.yaml", "topik", Topic, "id", "Topik"),
    Section("cek.yaml", "siapa", Person, "id", "Cek mandiri: siapa"),
    Section("cek.yaml", "masa", Moment, "id", "Cek mandiri: kapan"),
    Section("uji/*.yaml", "uji", Example, "tanya", "Pertanyaan uji"),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry in a file: where it stands, and what it says. `value` is None for one that is not there yet."""

    file: str
    section: Section
    name: str
    path: Path
    value: Value
    others: frozenset[str]
    """Names that are taken in the same run."""

    @property
    def mark(self) -> str:
        """A fingerprint of what the form was made from."""
        return hashlib.sha256(json.dumps(self.value, ensure_ascii=False).encode()).hexdigest()[:16]

    @property
    def address(self) -> str:
        return address_of(self.file, self.section, self.name)


@dataclass(frozen=True, slots=True)
class Told:
    """A Problem as pages tell it: with the very line it points at, the entry it is in, and the page where that can be mended."""

    problem: Problem
    line: str
    entry: str
    address: str


def find(work: Work, file: str, container: str, name: str) -> Entry:
    """The entry of that name, or a new one when the name is empty. Raises HTTPException 404 for what is not there."""
    section = next((s for s in SECTIONS if fnmatch(file, s.pattern) and s.container == container), None)
    raw = work.documents.get(file)
    value = read(file, raw).value if raw is not None else None
    entries = value.get(container) if isinstance(value, dict) else None
    if section is None or entries is None:
        raise HTTPException(404)
    if isinstance(entries, list):
        names = names_in(value, section)
        if not name:
            return Entry(file, section, "", (container, len(entries)), None, frozenset(names))
        if name in names:
            return Entry(file, section, name, (container, names.index(name)), entries[names.index(name)], frozenset(names) - {name})
    elif isinstance(entries, dict):
        if not name:
            return Entry(file, section, "", (container, ""), None, frozenset(entries))
        if name in entries:
            return Entry(file, section, name, (container, name), entries[name], frozenset())
    raise HTTPException(404)


def told(problems: Sequence[Problem], documents: Documents) -> list[Told]:
    """Problems as pages tell them, errors first; of very many only the first."""
    values, lines = {}, {}
    found = []
    for problem in sorted(problems, key=lambda problem: problem.severity != "galat")[:MAX_TOLD]:
        file, raw = problem.file, documents.get(problem.file, b"")
        if file not in values:
            values[file], lines[file] = read(file, raw).value, raw.decode("utf-8", "replace").splitlines()
        line = lines[file][problem.line - 1].strip()[:MAX_QUOTED] if 0 < problem.line <= len(lines[file]) else ""
        step = re.match(r"(\w+)(?:\[(\d+)\]|\.([^.\[]+))", problem.field)
        section = next((s for s in SECTIONS if step and s.container == step[1] and fnmatch(file, s.pattern)), None)
        names = names_in(values[file], section) if section else []
        name = (step[3] or names[int(step[2]) - 1]) if step and (step[3] or int(step[2]) <= len(names)) else ""
        found.append(Told(problem, line, name, address_of(file, section, name) if section and name else f"/kelola/teks/{file}"))
    return found


def names_in(value: Value, section: Section) -> list[str]:
    entries = value.get(section.container) if isinstance(value, dict) else None
    if isinstance(entries, dict):
        return list(entries)
    return [name_in(entry, section) or f"#{i + 1}" for i, entry in enumerate(entries if isinstance(entries, list) else ())]


def name_in(entry: Value, section: Section) -> str:
    name = entry.get(section.name) if isinstance(entry, dict) and section.name else ""
    return name if isinstance(name, str) else ""


def address_of(file: str, section: Section, name: str) -> str:
    return f"/kelola/isi/{file}?{urlencode({'di': section.container, 'butir': name})}"


def is_about(problem: Problem, entry: Entry) -> bool:
    step = entry.path[-1]
    start = f"{entry.path[0]}[{step + 1}]" if isinstance(step, int) else f"{entry.path[0]}.{step}"
    return problem.field == start or problem.field.startswith((f"{start}.", f"{start}["))


def digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:16]
