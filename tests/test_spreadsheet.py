"""The workbook people read and print: complete, and nothing in it can run."""

import io
import re
import zipfile
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree as ET

import pytest

from bot.core.rulebook import Rulebook
from bot.usecases.library import Library
from bot.usecases.spreadsheet import RULE_HEAD, workbook
from tests.conftest import NOW

DAY = NOW.date()
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
Rows = list[list[str]]


def sheets(raw: bytes) -> dict[str, Rows]:
    """The texts of every sheet by its name, as a program reads them. Fails on any cell that is not plain text."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        assert archive.testzip() is None
        shared = ["".join(item.itertext()) for item in ET.fromstring(archive.read("xl/sharedStrings.xml"))]
        names = [sheet.attrib["name"] for sheet in ET.fromstring(archive.read("xl/workbook.xml")).iter(f"{MAIN}sheet")]
        found: dict[str, Rows] = {}
        for number, name in enumerate(names, 1):
            rows: Rows = []
            for row in ET.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml")).iter(f"{MAIN}row"):
                texts = {}
                for cell in row.iter(f"{MAIN}c"):
                    value = cell.find(f"{MAIN}v")
                    assert cell.find(f"{MAIN}f") is None, cell.attrib
                    assert value is None or cell.attrib.get("t") == "s", cell.attrib
                    column = re.match("[A-Z]+", cell.attrib["r"])
                    assert column
                    texts[column[0]] = shared[int(value.text or "")] if value is not None else ""
                rows.append([texts.get(chr(ord("A") + at), "") for at in range(len(rows[0]) if rows else len(texts))])
            found[name] = rows
        assert not [part for part in archive.namelist() if re.search("external|vba|macro|connections|_rels/sheet", part, re.IGNORECASE)]
    return found


@pytest.fixture(scope="module")
def rulebook(library: Library) -> Rulebook:
    return library.shelf.rulebook


def test_every_rule_branch_and_source_has_a_row_and_no_cell_is_a_formula(rulebook: Rulebook) -> None:
    found = sheets(workbook(rulebook, DAY))
    assert list(found) == ["Aturan", "Cabang", "Sumber"]
    assert tuple(found["Aturan"][0]) == RULE_HEAD
    assert [row[0] for row in found["Aturan"][1:]] == list(rulebook.rules)
    assert [(row[0], row[1]) for row in found["Cabang"][1:]] == [(rule.id, branch.id) for rule in rulebook.rules.values() for branch in rule.branches]
    assert [row[0] for row in found["Sumber"][1:]] == list(rulebook.sources)


def test_no_cell_shows_a_word_of_the_program(rulebook: Rulebook) -> None:
    cells = {cell for rows in sheets(workbook(rulebook, DAY)).values() for row in rows for cell in row}
    assert not {cell for cell in cells if re.fullmatch(r"None|True|False|nan|\w+\.[A-Z_]+|<.*>|\(.*,\)", cell)}


def test_a_row_says_what_the_rule_says(rulebook: Rulebook) -> None:
    rule = rulebook.rules["like-komentar-share"]
    version = rule.version_on(DAY)
    assert version is not None
    row = dict(zip(RULE_HEAD, next(row for row in sheets(workbook(rulebook, DAY))["Aturan"] if row[0] == rule.id), strict=True))
    assert (row["Judul"], row["Putusan"], row["Jawab"]) == (rule.title, "dilarang", version.answer)
    assert row["Sejak"] == str(rule.start_on(DAY))
    assert row["Dasar"].splitlines()[0].startswith(rulebook.sources[version.basis[0].source].number)
    assert row["Peninjau"] == rule.reviewer


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "=cmd|'/c calc'!A0",
        "+1",
        "-1",
        "@SUM(A1)",
        "{=A1}",
        "https://contoh.id/",
        "internal:Sumber!A1",
        "1.10",
        "2027-01-01",
        "TRUE",
        "<b>&amp;</b>",
        "\u0001",
    ],
)
def test_whatever_somebody_wrote_stays_a_text(rulebook: Rulebook, text: str) -> None:
    rule = rulebook.rules["like-komentar-share"].model_copy(update={"title": text, "reviewer": text})
    few = replace(rulebook, rules={rule.id: rule})
    row = sheets(workbook(few, DAY))["Aturan"][1]
    assert (row[2], row[12]) == ((text, text) if text.isprintable() else ("_x0001_", "_x0001_"))


def test_a_rule_that_is_not_in_force_says_so(rulebook: Rulebook) -> None:
    rows = sheets(workbook(rulebook, date(1999, 1, 1)))["Aturan"][1:]
    assert len(rows) == len(rulebook.rules)
    assert {row[3] for row in rows} == {"tidak berlaku"}
    assert all(row[10] for row in rows), "reviewed is told all the same"
