"""Nonsense by the thousand into what reads files and questions: it may refuse, never break. `fuzzing` tells how to try more of it."""

import datetime as dt
import io
import re
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import unified_diff
from operator import mul

from hypothesis import example, given
from hypothesis import strategies as st

from bot.chat.courtesy import Courtesies
from bot.chat.deliveries import Deliveries
from bot.chat.questions import Questions
from bot.chat.taps import MAX_BYTES as MAX_TAP
from bot.core.answer import MAX_CARD, compose, plain
from bot.core.assembly import SINGLE, Assembly, assemble
from bot.core.messages import Teller
from bot.core.problem import Problem
from bot.core.reading import MAX_BYTES, MAX_DEPTH, Value, read
from bot.core.rulebook import Notice
from bot.core.scrub import HOLE, MAX_KEPT, NAMES
from bot.core.text import split
from bot.usecases.ask import Asking
from bot.usecases.library import Library, Shelf, _with_notice
from bot.usecases.uploads import MAX_UNPACKED, belongs, documents_in
from bot.usecases.watch import Watch
from tests.conftest import NOW
from tests.emulator import checked_buttons, plain_text, utf16_length
from tests.fakes import MemoryLog
from tests.fuzzing import DOCUMENTS, PIECES, RULE_FILE, fuzz
from tests.small import RULES

# --- the reader of YAML, and what is made of it ---

ODD = (
    *("\x00", "\x07", "\x1b[31m", "\x7f", "\x85", "\u2028", "\ufeff", "\ufffe", "\u200b", "\u202e", "é", "😀", "\t", "\r", "\r\n", "\n", " "),
    *("&a ", "*a", "!!python/object/apply:os.system [x]", "!x ", "? ", "- ", ": ", ":", "# ", "'", '"', "|", ">-", "%YAML 9.9", "---", "...", "<<: "),
    *("`", "@", "[", "{", "]", "}", "[" * 20, "{a: " * 20, "- " * 20, "[[[x]]]", "{a: {b: c}}", "[]", "{}", "~", "null", '""', "''", "dicabut"),
    *("boleh", "hindari", "9" * 30, "9" * 5000, "-1", "0x1F", "1e999", ".nan", "0001-01-01", "9999-12-31", "2026-02-30", "1700000000"),
    *("٢٠٢٦-٠١-٠٢", "x" * 3000),
    *('"\\0"', '"\\uD800"', '"\\x1b"', "{tautan}", "{0.__class__}", "<script>", "<b>", "aturan:", "topik: masa", "id: hak-pilih", "versi:", "frasa:"),
)
"""What stands in files that nobody would write on purpose, and in those that somebody would."""


class File:
    """A file of the rulebook after some slips, shown as what is not as it was."""

    def __init__(self, name: str, raw: bytes) -> None:
        self.name = name
        self.raw = raw

    def __repr__(self) -> str:
        before, after = (raw.decode().splitlines() for raw in (DOCUMENTS[self.name], self.raw))
        return f"{self.name}: {[line[:80] for line in unified_diff(before, after, n=0, lineterm='') if line[0] in '+-@'][2:20]}"


def without(name: str, pattern: str) -> File:
    """A file that lacks what the pattern finds in it."""
    text, found = re.subn(pattern, "", DOCUMENTS[name].decode(), count=1)
    assert found
    return File(name, text.encode())


@st.composite
def spoilt(draw: st.DrawFn, names: Sequence[str]) -> File:
    """A file with a few slips, from a swapped value to a line of nonsense."""
    name = draw(st.sampled_from(names))
    lines = DOCUMENTS[name].decode().splitlines(keepends=True)
    for _ in range(draw(st.integers(1, 4))):
        at, other = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
        odd = draw(st.sampled_from(ODD) | st.text(max_size=6))
        match draw(st.sampled_from(("odd", "value", "odd", "value", "drop", "twice", "indent", "swap", "key", "line", "cut", "ends"))):
            case "odd":
                column = draw(st.integers(0, len(lines[at])))
                lines[at] = lines[at][:column] + odd + lines[at][column:]
            case "value":
                lines[at] = re.sub(r"((?:: |- )(?!.*: )).*", lambda found, odd=odd: found[1] + odd, lines[at], count=1)
            case "drop" if len(lines) > 1:
                del lines[at : at + draw(st.integers(1, 8))]
                lines = lines or ["\n"]
            case "twice":
                lines[other:other] = lines[at : at + draw(st.integers(1, 30))]
            case "indent":
                lines[at] = " " * draw(st.integers(0, 20)) + lines[at].lstrip(" ")
            case "swap":
                lines[at], lines[other] = lines[other], lines[at]
            case "key":
                lines[at] = re.sub(r"\w+(?=:)", re.sub(r"\W", "", lines[other])[:12] or "x", lines[at], count=1)
            case "line":
                lines.insert(at, odd + "\n")
            case "cut":
                lines = [*lines[:at], lines[at][: draw(st.integers(0, len(lines[at])))]]
            case "ends":
                lines = [line.replace("\n", draw(st.sampled_from(("\r\n", "\r", "\x85", "\n\n")))) for line in lines]
    return File(name, "".join(lines).encode())


def assert_told(problems: tuple[Problem, ...] | list[Problem], documents: dict[str, bytes]) -> None:
    """Each problem stands in a file that was given, at a line that it has, and says what to do."""
    for problem in problems:
        assert problem.file in documents or problem.file in SINGLE, problem
        text = documents.get(problem.file, b"").decode("utf-8", "replace")
        assert 0 <= problem.line <= max(1, len(text.splitlines())), (problem, text[-200:])
        assert problem.column >= 0, problem
        assert (problem.column > 0) == (problem.line > 0), problem
        assert problem.what.strip()
        assert problem.fix.strip()
        assert len(str(problem)) < 1500, problem


def depth(value: Value) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(depth, inner), default=0) if isinstance(value, (dict, list)) else 0


YAML_LIKE = st.lists(st.sampled_from((*ODD, *"abc:-[]{}&*!|>'\"#%@`,?~\\ \n", "a: ", "\n  ", "\n- ")), max_size=40).map("".join)


@fuzz(600)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode) | YAML_LIKE.map(str.encode))
def test_whatever_the_bytes_a_file_is_read_or_its_problems_are_told(raw: bytes) -> None:
    reading = read("a.yaml", raw)
    assert_told(reading.problems, {"a.yaml": raw})
    assert depth(reading.value) <= MAX_DEPTH
    for line, column in reading.places.values():
        assert line > 0
        assert column > 0


def assert_whole(assembly: Assembly, documents: dict[str, bytes]) -> None:
    """There is a rulebook or an error, and what there is can be shown."""
    assert_told(assembly.problems, documents)
    assert (assembly.rulebook is None) == bool(assembly.errors)
    if assembly.rulebook:
        for rule in assembly.rulebook.rules.values():
            for branch in (None, *rule.branches):
                for day in (NOW.date(), dt.date.min, dt.date.max):
                    card = compose(assembly.rulebook, rule, day, branch)
                    assert card is None or day != NOW.date() or len(plain(card)) <= MAX_CARD


@fuzz(240)
@given(spoilt([*sorted(DOCUMENTS), *[RULE_FILE] * len(DOCUMENTS)]))
@example(file=without("pesan.yaml", r"  putusan-dilarang: .*\n"))
@example(file=without("sanksi.yaml", r"  moral:\n(    .*\n)+"))
def test_a_rulebook_with_a_spoilt_file_assembles_or_says_why_not(file: File) -> None:
    documents = DOCUMENTS | {file.name: file.raw}
    assert_whole(assemble(documents), documents)


@fuzz(40)
@given(
    st.dictionaries(st.sampled_from([*DOCUMENTS, "aturan/a b.yaml", "", "x", "../topik.yaml"]), st.binary(max_size=20) | YAML_LIKE.map(str.encode))
)
def test_a_folder_of_anything_is_told(documents: dict[str, bytes]) -> None:
    assembly = assemble(documents)
    assert assembly.rulebook is None
    assert_told(assembly.problems, documents)


# --- a question ---

SIGNS = st.sampled_from(("", " ", "\u200b", "\n", "-"))
QUESTION = st.one_of(
    st.text(max_size=120),
    st.builds(str.join, SIGNS, st.lists(st.sampled_from(PIECES), max_size=30)),
    st.builds(mul, st.sampled_from(PIECES) | st.text(min_size=1, max_size=3), st.integers(50, 2000)),
    st.text(alphabet="?!.,;:-–…()[]{}<>/\\|@#$%^&*_+=~`'\" \n", max_size=400),
)
LONGEST = 2.0
"""Seconds of work that no single message is worth, on a slow machine."""


@dataclass(frozen=True)
class Held:
    """The library, with one shelf held fast."""

    shelf: Shelf


def scrubbed(library: Library, text: str) -> str:
    """What is kept of a text, after a look at whether it may be."""
    shelf = library.shelf
    kept = shelf.scrubber.scrub(text).text
    assert len(kept) <= MAX_KEPT
    for word in kept.split():
        if word != HOLE:
            assert all(shelf.searcher.lexicon.is_word(part) and part not in NAMES for part in word.split("-")), (word, text)
    assert not re.search(r"\d(?:\W*\d){5}", kept)
    return kept


@fuzz(300)
@given(text=QUESTION)
@example(text="the candidate post" * 50)  # row 300 letters on ends within a word
@example(text="NO:0")
def test_what_is_kept_of_any_text_is_known_words_and_scrubbing_it_again_changes_nothing(small_library: Library, text: str) -> None:
    kept = scrubbed(small_library, text)
    assert scrubbed(small_library, kept) == kept
    assert len(small_library.shelf.scrubber._finder) == 0, "nothing of what somebody wrote stays in memory"


@fuzz(300)
@given(text=st.text(max_size=200) | QUESTION)
@example(text="@" * 1500)
@example(text="a@" * 750)
def test_any_text_is_split_into_words_without_much_work(small_library: Library, text: str) -> None:
    started = time.process_time()
    words = split(text[:1500])
    read = small_library.shelf.searcher.lexicon.read(text[:1500])
    assert time.process_time() - started < LONGEST / 4
    assert all(re.fullmatch(r"[a-z0-9]+", word) for word in words)
    assert len(read.stems) == len(read.polar) >= len(read.content) >= len(read.unknown)


@fuzz(250)
@given(text=QUESTION, about=st.sampled_from((None, "suka-unggahan", "hadir-kampanye")), closed=st.booleans())
def test_any_message_gets_an_answer_that_telegram_takes(small_library: Library, text: str, about: str | None, closed: bool) -> None:
    held = Held(_with_notice(small_library.shelf, Notice("<Spanduk> & 'rapat'", "", frozenset({"hak-pilih"}), closed)))
    asking = Asking(held, MemoryLog(), lambda: NOW)
    questions = Questions(asking, held, Courtesies(held), Deliveries("1:x", MemoryLog(), lambda: NOW, Watch()))
    started = time.process_time()
    reply = asking.ask(text, "telegram", about=about)
    assert time.process_time() - started < LONGEST
    tell = Teller(small_library.shelf.rulebook, reply.language)
    html, buttons = questions._shown(reply, tell)
    assert 0 < utf16_length(plain_text(html)) <= 4096
    assert all(len(button["callback_data"].encode()) <= MAX_TAP for row in checked_buttons({"reply_markup": buttons.to_dict()}) for button in row)
    for part in reply.parts:
        assert [bool(part.card), bool(part.options), bool(part.reply)].count(True) == 1
        assert scrubbed(small_library, part.question) == part.row.question


# --- a zip ---

INSIDE = (RULE_FILE, "topik.yaml", "knowledge/uji/a.yaml", "../topik.yaml", "/etc/passwd", "aturan/", "README.md", "aturan/\u202ea.yaml", "a\\b", "")
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
BYTES = (b"\xff", b"\x00", b"\xff" * 4, b"\x00" * 4, b"\xff" * 8, b"\x01\x00\x04\x00", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07")


@st.composite
def zips(draw: st.DrawFn) -> bytes:
    """A zip with bytes overwritten, cut out or put in, most of them where its headers are."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in draw(st.lists(st.sampled_from(INSIDE), max_size=4, unique=True)):
            content = draw(st.sampled_from((b"", b"topik: []\n", RULES.encode(), bytes(5000))))
            archive.writestr(zipfile.ZipInfo(name), content, draw(st.sampled_from(METHODS)))
    raw = bytearray(out.getvalue())
    headers = [found.start() for found in re.finditer(rb"PK(?:\x01\x02|\x03\x04|\x05\x06)", raw)]
    for _ in range(draw(st.integers(0, 5))):
        at = draw(st.sampled_from(headers)) + draw(st.integers(0, 50)) if draw(st.booleans()) else draw(st.integers(0, len(raw)))
        new = draw(st.sampled_from(BYTES) | st.binary(max_size=8))
        raw[min(at, len(raw)) : at + draw(st.sampled_from((len(new), 0, len(new) + 1)))] = new
    return bytes(raw)


def without_a_name() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo(""), b"x")
    return out.getvalue()


@fuzz(400)
@given(zips() | st.binary(max_size=100).map(lambda raw: b"PK\x05\x06" + raw))
@example(without_a_name())
def test_a_mangled_zip_gives_documents_of_the_rulebook_or_problems(raw: bytes) -> None:
    documents, problems = documents_in("kiriman.zip", raw, DOCUMENTS)
    assert documents or problems
    assert all(belongs(path) and len(content) <= MAX_BYTES for path, content in documents.items())
    assert sum(map(len, documents.values())) <= MAX_UNPACKED
    for problem in problems:
        assert problem.what
        assert problem.fix
        assert len(problem.file) < 200


@fuzz(150)
@given(st.text(max_size=30), st.sampled_from((".yaml", ".yml", ".ZIP", ".YAML", "")), st.binary(max_size=30) | YAML_LIKE.map(str.encode))
def test_a_file_of_any_name_goes_to_a_place_in_the_rulebook_or_nowhere(name: str, kind: str, raw: bytes) -> None:
    documents, problems = documents_in(name + kind, raw, DOCUMENTS)
    assert bool(documents) != bool(problems)
    assert all(belongs(path) for path in documents)
