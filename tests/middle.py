"""A rulebook of some thirty real rules, cut out of the real folder line by line: for tests of the editors' doors, where the matching
of all rules against all questions would only take time.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from bot.core.assembly import Documents
from bot.storage.folder import write_folder
from tests.small import with_few_phrasings

KEPT = frozenset(
    """
    asn-punya-hak-pilih golput ajak-orang-tidak-memilih sebut-pilihan-ke-orang-lain diskusi-politik-di-rumah dipaksa-atasan-sebut-pilihan
    apa-itu-netralitas mengapa-netral dasar-hukum beda-pemilu-pilkada
    sebelum-penetapan-calon masa-tenang hari-pemungutan-suara jadwal-pemilu-berikut
    like-komentar-share twibbon-bingkai-profil hadir-kampanye-pasif dengar-visi-misi bahan-kampanye-murah pose-jari-simbol
    suami-istri-calon-mendampingi anggota-pengurus-parpol cpns-pppk-mau-nyalon pns-maju-pilkades pppk-sama-aturannya tni-polri
    lulus-cpns-belum-nip undang-calon-narasumber
    """.split()
)
"""The first rules of two files, whatever the self-check leads to, what tests ask about, and every rule that stands on one certain law."""
EVERY = 10
"""Of the examples that belong to no rule, one in so many is kept."""
ENTRY = re.compile(r"^(?=  - )", re.MULTILINE)


def some_documents(documents: Documents) -> dict[str, bytes]:
    """The real documents with only these rules, without what points to others. Every other line of a rule stays as it is."""
    cut: dict[str, bytes] = {"di-luar.yaml": with_few_phrasings(documents["di-luar.yaml"])}
    for name, content in documents.items():
        if not name.startswith(("aturan/", "uji/")):
            cut.setdefault(name, content)
            continue
        head, *entries = ENTRY.split(content.decode())
        kept = list(_rules(entries) if name.startswith("aturan/") else _examples(entries))
        if kept:
            cut[name] = (head + "".join(kept)).encode()
    return cut


def _rules(entries: list[str]) -> Iterator[str]:
    for entry in entries:
        name = re.match(r"  - id: (\S+)", entry)
        if name and name[1] in KEPT:
            without = re.sub(r"^        lihat: (\S+)\n", lambda see: see[0] if see[1] in KEPT else "", entry, flags=re.MULTILINE)
            yield re.sub(r"^    terkait: \[(.*)\]$", _related, without, flags=re.MULTILINE)


def _related(found: re.Match[str]) -> str:
    return f"    terkait: [{', '.join(name for name in found[1].split(', ') if name in KEPT)}]"


def _examples(entries: list[str]) -> Iterator[str]:
    for number, entry in enumerate(entries):
        names = re.search(r"^    aturan: \[(.*)\]$", entry, re.MULTILINE)
        if KEPT.issuperset(names[1].split(", ")) if names else number % EVERY == 0:
            yield entry


def middle_folder(at: Path, documents: Documents) -> Path:
    """Writes the cut as the folder `knowledge` of a deployed program; where to start that program."""
    write_folder(at / "knowledge", some_documents(documents))
    return at
