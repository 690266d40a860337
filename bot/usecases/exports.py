"""The review as tables, and tables as CSV and as a workbook. Holds what the dashboard shows and nothing else."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import xlsxwriter

from bot.usecases.clarifications import Proposal
from bot.usecases.dashboard import Dashboard, Figure, Ranking
from bot.usecases.disclosure import Cell
from bot.usecases.spreadsheet import PLAIN

Value = str | int | None
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
OPEN_HEAD = ("minggu", "saluran", "bagian", "kunci", "jumlah")


@dataclass(frozen=True, slots=True)
class Table:
    """One table behind one chart. None is a number that is not shown."""

    name: str
    head: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


def tables(board: Dashboard, proposals: Sequence[Proposal] = ()) -> tuple[Table, ...]:
    """Everything on the page, in its order."""
    figures = (
        ("Pertanyaan", board.questions),
        ("Dijawab", board.answered),
        ("Ditanya balik", board.clarified),
        ("Tidak dijawab", board.declined),
        ("Tidak disukai", board.disliked),
    )
    return (
        Table(
            "Ringkasan", ("Angka", "Periode ini", "Pasti", "Periode sebelumnya", "Pasti"), tuple(_figure(name, figure) for name, figure in figures)
        ),
        Table("Minggu", ("Mulai Senin", "Pertanyaan"), tuple((str(week), count) for week, count in board.weeks)),
        Table("Hari", ("Tanggal", "Pertanyaan"), tuple((str(day), count) for day, count in board.days)),
        Table("Jam", ("Hari", *(f"{hour:02}" for hour in range(24))), tuple((name, *row) for name, row in zip(DAYS, board.hours, strict=True))),
        Table(
            "Bagian hari",
            ("Hari", *(f"{hour:02}-{hour + 3:02}" for hour in range(0, 24, 4))),
            tuple((name, *row) for name, row in zip(DAYS, board.parts, strict=True)),
        ),
        _ranked("Aturan", board.rules, ("Aturan", "Judul", "Topik", "Pertanyaan")),
        _ranked("Topik", board.topics, ("Topik", "Nama", "Kategori SKB", "Pertanyaan")),
        _ranked("Putusan", board.verdicts, ("Putusan", "Nama", "", "Pertanyaan")),
        _ranked("Di luar", board.kinds, ("Jenis", "Nama", "", "Pertanyaan")),
        _ranked("Tertukar", board.pairs, ("Pasangan", "Judul", "", "Pertanyaan")),
        Table(
            "Tahapan",
            ("Tahap", "Minggu", "Pertanyaan", "Aturan", "Judul", "Pertanyaan tentang aturan"),
            tuple((s.stage, s.weeks, s.questions, line.key, line.name, line.count) for s in board.stages for line in s.rules.lines),
        ),
        Table("Jarang ditanya", ("Aturan", "Judul", "Topik"), tuple((line.key, line.name, line.note) for line in board.silent)),
        Table("Tinjau lagi", ("Aturan", "Judul", "Tanggal", "Pertanyaan"), tuple((d.rule, d.title, str(d.due), d.count) for d in board.due)),
        Table(
            "Perlu diperjelas",
            ("Aturan", "Judul", "Putusan", "Pertanyaan", "Jawaban kini", "Pandangan", "Dasar"),
            tuple((p.rule, p.title, p.verdict, p.asked, p.answer, "\n".join(p.positions), "\n".join(p.basis)) for p in proposals),
        ),
    )


def _figure(name: str, figure: Figure) -> tuple[Value, ...]:
    before = figure.before
    said = {True: "ya", False: "sekurang-kurangnya"}
    return (name, figure.now.value, said[figure.now.is_exact], before.value if before else None, said[before.is_exact] if before else None)


def _ranked(name: str, ranking: Ranking, head: tuple[str, ...]) -> Table:
    rows: list[tuple[Value, ...]] = [(line.key, line.name, line.note, line.count) for line in ranking.lines]
    if ranking.rest:
        rows.append(("*", "tidak dirinci", "", ranking.rest))
    return Table(name, head, tuple(rows))


def as_csv(found: Iterable[Table]) -> str:
    """All tables in one file, the first column telling which; no cell can run as a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for table in found:
        writer.writerow(safe(value) for value in ("tabel", *table.head))
        for row in table.rows:
            writer.writerow(safe(value) for value in (table.name, *row))
    return out.getvalue()


def as_workbook(found: Iterable[Table]) -> bytes:
    """An .xlsx file, a sheet a table; numbers are numbers, all else is text."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, PLAIN) as book:
        bold, wrap = book.add_format({"bold": True, "bottom": 1}), book.add_format({"text_wrap": True, "valign": "top"})
        for table in found:
            sheet = book.add_worksheet(table.name)
            sheet.freeze_panes(1, 1)
            for column, title in enumerate(table.head):
                longest = max((len(str(row[column])) for row in table.rows), default=0)
                sheet.set_column(column, column, min(max(len(title), longest, 6) + 2, 60), wrap)
                sheet.write_string(0, column, title, bold)
            for number, row in enumerate(table.rows, 1):
                for column, value in enumerate(row):
                    if isinstance(value, int):
                        sheet.write_number(number, column, value)
                    elif value is not None:
                        sheet.write_string(number, column, value)
    return out.getvalue()


def open_csv(released: Iterable[tuple[date, Cell]]) -> str:
    """The released cells as they are: open data."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(OPEN_HEAD)
    for week, cell in released:
        writer.writerow(safe(value) for value in open_row(week, cell))
    return out.getvalue()


def open_row(week: date, cell: Cell) -> tuple[str, str, str, str, int]:
    """One line of the open data, in the order of OPEN_HEAD."""
    return str(week), cell.channels, cell.family, "/".join(cell.path), cell.count


def safe(value: Value) -> Value:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(DANGEROUS) else value
