"""Documents to one Rulebook, or to every Problem that stands in the way. Knows file kinds, not their content rules.

Stages: read (YAML) → shape (fields) → meaning (checks). A file that fails a stage is left out of the next, and then
nothing is called missing, so one slip does not drown the reader in follow-on errors.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from typing import TypeVar

from pydantic import BaseModel

from bot.core import checks
from bot.core.messages import REQUIRED, placeholders
from bot.core.problem import Problem, did_you_mean
from bot.core.reading import Reading, read
from bot.core.registers import Example, Message, Moment, OutsideKind, Person, Source, Topic
from bot.core.rulebook import (
    CalendarFile,
    ExampleFile,
    GlossaryFile,
    MessageFile,
    OutsideFile,
    Rule,
    Rulebook,
    RuleFile,
    SanctionFile,
    SelfCheckFile,
    SourceFile,
    TopicFile,
)
from bot.core.shaping import shape

KINDS: dict[str, type[BaseModel]] = {
    "aturan/*.yaml": RuleFile,
    "sumber/*.yaml": SourceFile,
    "uji/*.yaml": ExampleFile,
    "topik.yaml": TopicFile,
    "sanksi.yaml": SanctionFile,
    "glosarium.yaml": GlossaryFile,
    "kalender.yaml": CalendarFile,
    "pesan.yaml": MessageFile,
    "di-luar.yaml": OutsideFile,
    "cek.yaml": SelfCheckFile,
}
"""File pattern under knowledge/ → what the file may hold."""

SINGLE = ("topik.yaml", "sanksi.yaml", "glosarium.yaml", "kalender.yaml", "pesan.yaml", "di-luar.yaml")
"""Files without which there is no rulebook."""

T = TypeVar("T", Rule, Source, Topic, OutsideKind, Person, Moment)
M = TypeVar("M", bound=BaseModel)

Documents = Mapping[str, bytes]
"""Path under knowledge/, with forward slashes → its bytes."""


@dataclass(frozen=True, slots=True)
class Assembly:
    """What came of the documents. `rulebook` is None when a Problem of severity `galat` stands in the way."""

    rulebook: Rulebook | None
    problems: tuple[Problem, ...]
    examples: tuple[Example, ...] = ()

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Only the Problems that block."""
        return tuple(problem for problem in self.problems if problem.severity == "galat")


@dataclass(slots=True)
class Shaped:
    """The files that read well, by pattern, each with its reading so that checks can point at lines."""

    files: dict[str, list[tuple[Reading, BaseModel]]] = field(default_factory=dict)

    def all(self, model: type[BaseModel]) -> list[tuple[Reading, BaseModel]]:
        return [pair for pairs in self.files.values() for pair in pairs if isinstance(pair[1], model)]


def messages_of(documents: Documents) -> Mapping[str, Message]:
    """Only the fixed sentences; none when their file cannot be read."""
    reading = read("pesan.yaml", documents.get("pesan.yaml", b""))
    model, _ = shape(MessageFile, reading)
    return model.messages if isinstance(model, MessageFile) else {}


def version_of(documents: Documents) -> str:
    """Eight hex digits that name this exact set of documents."""
    digest = hashlib.sha256()
    for name in sorted(documents):
        digest.update(name.encode() + b"\0" + documents[name] + b"\0")
    return digest.hexdigest()[:8]


def assemble(documents: Documents, spare: Mapping[str, Message] | None = None, *, checked: bool = False) -> Assembly:
    """Reads, shapes and checks all documents; tells every Problem in one go. Never raises on content.

    `spare` holds sentences that stand in where the documents, written for an older program, lack one or fill it otherwise.
    `checked` says that this very program has found nothing wrong with these very documents before: the checks, more than
    half of the time, are left out.
    """
    problems: list[Problem] = []
    shaped = Shaped()
    for name in sorted(documents):
        pattern = next((p for p in KINDS if fnmatch(name, p)), None)
        if pattern is None:
            known = [p for p in KINDS if "*" not in p]
            problems.append(
                Problem(
                    name,
                    0,
                    0,
                    "",
                    "Berkas ini tidak dikenal, jadi tidak dibaca." + did_you_mean(name, known),
                    "Periksa nama dan foldernya.",
                    "peringatan",
                )
            )
            continue
        reading = read(name, documents[name])
        problems.extend(reading.problems)
        if reading.value is None:
            if not reading.problems:
                problems.append(Problem(name, 1, 1, "", "Berkas kosong.", "Isi menurut contoh, atau hapus berkasnya."))
            continue
        model, found = shape(KINDS[pattern], reading)
        problems.extend(found)
        if model is not None:
            shaped.files.setdefault(pattern, []).append((reading, model))
    for name in SINGLE:
        if name not in documents:
            problems.append(Problem(name, 0, 0, "", f"Berkas {name} tidak ada.", "Kembalikan berkas itu dari versi sebelumnya."))
    failed = {problem.file for problem in problems if problem.severity == "galat"}
    broken = frozenset(name.split("/")[0] for name in failed)
    rulebook = _build(shaped, version_of(documents))
    if spare:
        fitting = {key: m for key, m in rulebook.messages.items() if key not in REQUIRED or placeholders(m.indonesian) == REQUIRED[key]}
        rulebook = replace(rulebook, messages={**spare, **fitting})
    examples = tuple(example for _, file in shaped.all(ExampleFile) if isinstance(file, ExampleFile) for example in file.examples)
    if not checked:
        problems.extend(checks.run(rulebook, _sites(shaped), broken=broken))
    blocked = any(problem.severity == "galat" for problem in problems)
    return Assembly(None if blocked else rulebook, tuple(sorted(problems)), examples)


def _build(shaped: Shaped, version: str) -> Rulebook:
    def only(model: type[M], empty: M) -> M:
        """The one file of its kind; an empty one stands in when it could not be read, which is a Problem already."""
        files = [file for _, file in shaped.all(model) if isinstance(file, model)]
        return files[0] if files else empty

    topics = only(TopicFile, TopicFile(topics=()))
    sanctions = only(SanctionFile, SanctionFile(tiers={}))
    glossary = only(GlossaryFile, GlossaryFile(terms=(), plain_words=(), question_words=(), political_words=()))
    calendar = only(CalendarFile, CalendarFile(elections=()))
    messages = only(MessageFile, MessageFile(messages={}))
    outside = only(OutsideFile, OutsideFile(kinds=()))
    self_check = only(SelfCheckFile, SelfCheckFile(people=(), moments=()))  # optional: rulebooks that served before it are still read
    order = {topic.id: i for i, topic in enumerate(topics.topics)}
    rules = [rule for _, file in shaped.all(RuleFile) if isinstance(file, RuleFile) for rule in file.rules]
    rules.sort(key=lambda rule: order.get(rule.topic, len(order)))
    return Rulebook(
        rules=_by_id(rules),
        sources=_by_id(source for _, file in shaped.all(SourceFile) if isinstance(file, SourceFile) for source in file.sources),
        topics=_by_id(topics.topics),
        tiers=sanctions.tiers,
        glossary=glossary,
        elections=calendar.elections,
        messages=messages.messages,
        outside=_by_id(outside.kinds),
        people=_by_id(self_check.people),
        moments=_by_id(self_check.moments),
        version=version,
    )


def _by_id(items: Iterable[T]) -> dict[str, T]:
    found: dict[str, T] = {}
    for item in items:
        found.setdefault(item.id, item)  # a second equal id is told by the checks
    return found


def _sites(shaped: Shaped) -> checks.Sites:
    """Where each rule, source, example and message stands, for the checks to point at."""
    return checks.Sites(
        rules=[(r, ("aturan", i), rule) for r, f in shaped.all(RuleFile) if isinstance(f, RuleFile) for i, rule in enumerate(f.rules)],
        sources=[(r, ("sumber", i), s) for r, f in shaped.all(SourceFile) if isinstance(f, SourceFile) for i, s in enumerate(f.sources)],
        examples=[(r, ("uji", i), e) for r, f in shaped.all(ExampleFile) if isinstance(f, ExampleFile) for i, e in enumerate(f.examples)],
        singles={r.file: r for pairs in shaped.files.values() for r, _ in pairs},
    )
