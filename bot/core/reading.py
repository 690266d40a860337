"""Strict YAML: text in, plain dicts, lists and texts out, with the place of each. Knows no field of the rulebook.

Reads parser events one by one, so nothing is resolved, expanded or built: an alias, an anchor or a tag is a Problem
before it costs anything. The only value that is interpreted is an unquoted empty, `~` or `null`: it is absent.
"""

import re
from dataclasses import dataclass, field
from typing import NoReturn, TypeAlias

import yaml

from bot.core.problem import Problem

MAX_BYTES = 2_000_000
MAX_DEPTH = 16
MAX_NODES = 200_000

Value: TypeAlias = "str | list[Value] | dict[str, Value] | None"
Path: TypeAlias = tuple[str | int, ...]
Place: TypeAlias = tuple[int, int]

# The C parser is ten times faster; a wheel without it still reads, only slower.
_LOADER: type = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(slots=True)
class Reading:
    """What one file says. `value` is None when the file could not be read; `places` maps a path to line and column."""

    file: str
    value: Value = None
    places: dict[Path, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: Path) -> Place:
        """Line and column of a path, or of its nearest ancestor that is written down."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, (0, 0))

    def problem(self, path: Path, what: str, fix: str, *, warning: bool = False) -> Problem:
        """A Problem that points at a path of this file."""
        line, column = self.place(path)
        return Problem(self.file, line, column, dotted(path), what, fix, "peringatan" if warning else "galat")


def dotted(path: Path) -> str:
    """`('aturan', 2, 'versi')` as people read it: `aturan[3].versi`."""
    text = ""
    for step in path:
        text += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def read(file: str, raw: bytes) -> Reading:
    """Reads one YAML document. Never raises: whatever is wrong with the bytes is in `problems`."""
    reading = Reading(file)
    text = _decode(reading, raw)
    if text is None:
        return reading
    events = yaml.parse(text, Loader=_LOADER)
    builder = _Builder(reading)
    try:
        for number, event in enumerate(events):
            if number > MAX_NODES:
                builder.stop(event, "Isi berkas terlalu banyak.", "Pecah menjadi beberapa berkas per topik.")
            builder.take(event)
    except _Stop:
        reading.value = None
    except yaml.MarkedYAMLError as error:
        reading.value = None
        # What was opened and never closed is told where it was opened, not at the end of the file.
        unclosed = error.context_mark is not None and ("end of stream" in (error.problem or "") or "expected ','" in (error.problem or ""))
        mark = error.context_mark if unclosed else error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        lines, problem = text.splitlines(), error.problem or ""
        quoted = _open_quote(lines, line)
        if quoted:
            # The next quote in the file closed it, in the middle of another text: what is wrong there is wrong because of here.
            (line, column), problem = quoted, UNCLOSED
        line = min(line, len(lines))  # an end that comes too early is told at the last line there is
        what, fix = _explain(problem, lines[line - 1] if 0 < line <= len(lines) else "")
        reading.problems.append(Problem(file, line, column, "", what, fix))
    except yaml.YAMLError as error:
        reading.value = None
        reading.problems.append(
            Problem(file, 0, 0, "", f"Berkas tidak terbaca sebagai YAML ({type(error).__name__}).", "Simpan ulang sebagai teks UTF-8.")
        )
    return reading


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class _Stop(Exception):
    """The file is hostile or hopeless; its Problem is already noted."""


def _decode(reading: Reading, raw: bytes) -> str | None:
    if len(raw) > MAX_BYTES:
        what = f"Berkas terlalu besar: {len(raw):,} bita, paling banyak {MAX_BYTES:,}."
        reading.problems.append(Problem(reading.file, 0, 0, "", what, "Pecah menjadi beberapa berkas per topik."))
        return None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        reading.problems.append(Problem(reading.file, line, 1, "", "Ada bita yang bukan teks UTF-8.", "Simpan ulang sebagai teks biasa (UTF-8)."))
        return None
    odd = _CONTROL.search(text)
    if odd is not None:
        line = text.count("\n", 0, odd.start()) + 1
        what = f"Ada huruf kendali yang tidak terlihat (kode {ord(odd[0])})."
        reading.problems.append(Problem(reading.file, line, 1, "", what, "Hapus huruf itu atau ketik ulang barisnya."))
        return None
    return text


class _Builder:
    """Hangs parser events into dicts and lists, and stops at the first thing that has no place in a rulebook."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._documents = 0
        # Each open container: its value, its path, and the key that waits for a value.
        self._open: list[tuple[list[Value] | dict[str, Value], Path, str | None]] = []

    def take(self, event: yaml.Event) -> None:
        """One event. Raises _Stop, with its Problem noted, when the file must not be read further."""
        match event:
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    self.stop(event, "Ada lebih dari satu dokumen (baris `---`).", "Hapus baris `---` atau pisahkan berkasnya.")
            case yaml.AliasEvent():
                self.stop(event, "Tanda `*` (rujukan YAML) tidak dipakai di sini.", "Tulis isinya, atau beri tanda petik bila itu teks.")
            case yaml.ScalarEvent() | yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                if event.anchor:
                    self.stop(event, "Tanda `&` (jangkar YAML) tidak dipakai di sini.", "Hapus, atau beri tanda petik bila itu teks.")
                if event.tag:
                    self.stop(event, f"Tanda `!` (`{event.tag[:40]}`) tidak dipakai di sini.", "Hapus, atau beri tanda petik bila itu teks.")
                box, path, key = self._open[-1] if self._open else (None, (), None)
                if isinstance(box, dict) and key is None:
                    self._key(event, box, path)
                else:
                    self._value(event)
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                self._open.pop()
            case _:
                pass

    def stop(self, event: yaml.Event, what: str, fix: str) -> NoReturn:
        """Notes the Problem at an event and gives the file up."""
        line, column = _place(event)
        self._reading.problems.append(Problem(self._reading.file, line, column, "", what, fix))
        raise _Stop

    def _key(self, event: yaml.Event, box: dict[str, Value], path: Path) -> None:
        if not isinstance(event, yaml.ScalarEvent):
            self.stop(event, "Kunci harus berupa satu kata.", "Tulis `kunci: isi`.")
        here = (*path, event.value)
        if event.value in box:
            line, column = _place(event)
            what = f"Kunci `{event.value}` ditulis dua kali (yang pertama di baris {self._reading.places[here][0]})."
            self._reading.problems.append(Problem(self._reading.file, line, column, dotted(here), what, "Gabungkan keduanya, hapus satu."))
        else:
            self._reading.places[here] = _place(event)
        self._open[-1] = (box, path, event.value)

    def _value(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            absent = event.style in (None, "") and event.value in ("", "~", "null")
            self._hang(event, None if absent else event.value)
            return
        if len(self._open) >= MAX_DEPTH:
            self.stop(event, f"Susunan terlalu dalam (lebih dari {MAX_DEPTH} tingkat).", "Sederhanakan susunannya.")
        new: list[Value] | dict[str, Value] = [] if isinstance(event, yaml.SequenceStartEvent) else {}
        self._open.append((new, self._hang(event, new), None))

    def _hang(self, event: yaml.Event, value: Value) -> Path:
        """Puts a value under the open container and returns its path."""
        if not self._open:
            self._reading.value = value
            return ()
        box, path, key = self._open[-1]
        if isinstance(box, list):
            box.append(value)
            here: Path = (*path, len(box) - 1)
            self._reading.places[here] = _place(event)
            return here
        assert key is not None  # a dict without a waiting key takes a key first
        here = (*path, key)
        if key not in box:  # a second equal key is a Problem already; the first one stays
            box[key] = value
            if isinstance(value, str):  # a list or a group is found by its key, which already has its place
                self._reading.places[here] = _place(event)
        self._open[-1] = (box, path, None)
        return here


def _place(event: yaml.Event) -> Place:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (0, 0)


UNCLOSED = "unexpected end of stream"
_OPENS = re.compile(r"""^\s*(?:- )?(?:[\w-]+:\s+)?(["'])""")
_ENTRY = re.compile(r"^\s*(?:- |[\w-]+:(?:\s|$))")


FAR = 400
"""Lines above a fault in which an open quote is looked for."""


def _open_quote(lines: list[str], line: int) -> Place | None:
    """Where a quote was opened that the next quote closed on this line, several keys or entries further down; None when none was."""
    entries = _ENTRY.match(lines[line - 1]) is not None if 0 < line <= len(lines) else False
    for number in range(min(line, len(lines)) - 1, max(0, line - FAR), -1):
        here = lines[number - 1]
        opened = _OPENS.match(here)
        if opened is not None:
            mark = opened[1]
            rest = here[opened.end() :].replace("''" if mark == "'" else '\\"', "")
            if entries and mark not in rest and not any(mark in other for other in lines[number : line - 1]):
                return number, opened.start(1) + 1
        entries = entries or _ENTRY.match(here) is not None
    return None


_EXPLANATIONS = (
    ("found character '\\t'", "Ada tab di awal baris.", "Ganti tab dengan spasi."),
    ("cannot start any token", "Ada huruf yang tidak boleh mengawali isi (tab, @, ` atau %).", "Beri tanda petik di kedua ujung isi."),
    ("mapping values are not allowed", "Ada titik dua di dalam isi.", 'Beri tanda petik: kunci: "isi: yang memuat titik dua".'),
    ("could not find expected ':'", "Setelah kunci harus ada titik dua dan spasi.", "Tulis `kunci: isi`, atau rapikan indentasinya."),
    ("expected <block end>", "Indentasi tidak sejajar dengan baris di atasnya.", "Sejajarkan dengan butir atau kunci saudaranya."),
    ("unexpected end of stream", "Tanda petik dibuka tetapi tidak ditutup.", "Tambahkan tanda petik penutup."),
    ("expected ',' or ']'", "Kurung siku dibuka tetapi tidak ditutup, atau kurang koma.", "Tulis [satu, dua, tiga]."),
    ("expected ',' or '}'", "Kurung kurawal tidak ditutup.", "Beri tanda petik bila itu teks."),
    ("unknown escape character", "Tanda \\ di dalam petik dua punya arti khusus.", "Pakai petik tunggal '…'."),
    ("block sequence entries are not allowed", "Tanda `-` tidak boleh ada di sini.", "Pindahkan butir ke baris baru di bawah kuncinya."),
    ("did not find expected key", "Indentasi tidak sejajar atau isi setelah tanda petik.", "Periksa tanda petik dan spasi di awal baris."),
    ("did not find expected '-' indicator", "Butir ini tidak diawali `- ` atau tidak sejajar.", "Awali dengan `- ` dan sejajarkan."),
)


def _explain(problem: str, line: str) -> tuple[str, str]:
    shown = f" Barisnya: `{line.strip()[:80]}`." if line.strip() else ""
    for needle, what, fix in _EXPLANATIONS:
        if needle in problem:
            return what + shown, fix
    return f"Susunan YAML keliru ({problem})." + shown, "Bandingkan dengan contoh-aturan.yaml."
