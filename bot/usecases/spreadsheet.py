"""The rulebook as a workbook to read and to print. Never read back: the YAML stays the one authoring format."""

import io
from collections.abc import Iterable, Sequence
from datetime import date

import xlsxwriter

from bot.core.rulebook import Rulebook

PLAIN = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
"""Every cell is text: what somebody wrote can never run as a formula."""

Row = Sequence[str]


def workbook(rulebook: Rulebook, day: date) -> bytes:
    """An .xlsx file with a sheet of rules as in force on a day, one of branches, one of sources."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, PLAIN) as book:
        bold, wrap = book.add_format({"bold": True, "bottom": 1}), book.add_format({"text_wrap": True, "valign": "top"})
        for name, head, widths, rows in (
            ("Aturan", RULE_HEAD, RULE_WIDTHS, _rules(rulebook, day)),
            ("Cabang", ("Aturan", "Cabang", "Bila", "Putusan", "Jawab", "Lihat"), (24, 16, 40, 16, 60, 24), _branches(rulebook)),
            (
                "Sumber",
                ("Id", "Jenis", "Nomor", "Judul", "Tanggal", "Penerbit", "Status", "Data per", "Tautan"),
                (24, 14, 30, 50, 12, 24, 12, 12, 50),
                _sources(rulebook),
            ),
        ):
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 1)
            for column, (title, width) in enumerate(zip(head, widths, strict=True)):
                sheet.set_column(column, column, width, wrap)
                sheet.write_string(0, column, title, bold)
            for number, row in enumerate(rows, 1):
                for column, text in enumerate(row):
                    sheet.write_string(number, column, text)
    return out.getvalue()


RULE_HEAD = (
    "Id",
    "Topik",
    "Judul",
    "Putusan",
    "Sejak",
    "Jawab",
    "Boleh bila",
    "Tidak boleh bila",
    "Dasar",
    "Keyakinan",
    "Ditinjau",
    "Tinjau lagi",
    "Peninjau",
)
RULE_WIDTHS = (26, 18, 36, 16, 12, 60, 44, 44, 44, 12, 12, 12, 24)


def _rules(rulebook: Rulebook, day: date) -> Iterable[Row]:
    for rule in rulebook.rules.values():
        version, start = rule.version_on(day), rule.start_on(day)
        topic = rulebook.topics[rule.topic].name if rule.topic in rulebook.topics else rule.topic
        ends = (str(rule.reviewed), str(rule.review_due), rule.reviewer)
        if version is None:
            yield (rule.id, topic, rule.title, "tidak berlaku", str(start or ""), "", "", "", "", "", *ends)
            continue
        basis = "\n".join(f"{rulebook.sources[c.source].number} {c.article or ''}".strip() for c in version.basis)
        limits = ("\n".join(version.allowed_if), "\n".join(version.forbidden_if))
        yield (rule.id, topic, rule.title, version.verdict, str(start), version.answer, *limits, basis, version.confidence, *ends)


def _branches(rulebook: Rulebook) -> Iterable[Row]:
    for rule in rulebook.rules.values():
        for branch in rule.branches:
            yield rule.id, branch.id, branch.when, branch.verdict, branch.answer, branch.see or ""


def _sources(rulebook: Rulebook) -> Iterable[Row]:
    for source in rulebook.sources.values():
        yield source.id, source.kind, source.number, source.title, source.dated, source.issuer, source.status, str(source.as_of), source.link or ""
