"""A file somebody sends in, to documents of the rulebook: one YAML file or a zip of them. Trusts nothing about it."""

import io
import lzma
import re
import struct
import zipfile
import zlib
from fnmatch import fnmatch
from pathlib import PurePosixPath

from bot.core.assembly import KINDS, Documents
from bot.core.problem import Problem
from bot.core.reading import MAX_BYTES, read

MAX_UPLOAD = 4_000_000
"""Bytes of a file as sent; the whole rulebook zipped is a quarter of that."""
MAX_FILES = 200
MAX_UNPACKED = 30_000_000
LEFT_ASIDE = ("_skema/", "README.md", "PERUBAHAN.md", "contoh-aturan.yaml", "__MACOSX/")
"""What lies in the folder beside the rulebook itself, and what a Mac adds to a zip."""
UNSEEN = (".DS_Store", "Thumbs.db", "desktop.ini")
"""What a computer adds to a zip unasked."""
_AROUND = re.compile(r"^(?:[\w ()-]+/)?knowledge/")
"""The folders that a zip of the folder, or of the unpacked /unduh, has around the documents."""
_UNREADABLE = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(NotImplementedError, RuntimeError, EOFError, OSError, ValueError),
)
FOLDERS = {"aturan": "aturan/", "sumber": "sumber/", "uji": "uji/"}
"""First key of a file → the folder it belongs in, when its name does not say."""


def belongs(path: str) -> bool:
    """True for the path of a file that a rulebook may hold, in letters that every file system takes."""
    return bool(re.fullmatch(r"([\w-]+/)?[\w-][\w.-]*", path, re.ASCII)) and any(
        fnmatch(path, pattern) and path.count("/") == pattern.count("/") for pattern in KINDS
    )


def documents_in(name: str, raw: bytes, live: Documents) -> tuple[dict[str, bytes], list[Problem]]:
    """The documents in an uploaded file, by their path in the rulebook, and what cannot be used."""
    if len(raw) > MAX_UPLOAD:
        return {}, [_problem(name, f"Berkas terlalu besar: {len(raw) // 1000} kB.", f"Kirim paling banyak {MAX_UPLOAD // 1_000_000} MB.")]
    if name.lower().endswith(".zip"):
        return _from_zip(name, raw)
    if name.lower().endswith((".yaml", ".yml")):
        return _from_yaml(name, raw, live)
    return {}, [_problem(name, "Jenis berkas ini tidak dikenal.", "Kirim berkas .yaml, atau .zip berisi berkas .yaml.")]


def _from_zip(name: str, raw: bytes) -> tuple[dict[str, bytes], list[Problem]]:
    documents: dict[str, bytes] = {}
    problems: list[Problem] = []
    total = 0
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            members = [member for member in archive.infolist() if not member.filename.endswith("/")]  # is_dir() breaks on a member without a name
            if len(members) > MAX_FILES:
                return {}, [_problem(name, f"Zip berisi {len(members)} berkas.", f"Paling banyak {MAX_FILES} berkas.")]
            for member in members:
                path = _AROUND.sub("", member.filename)
                if path.startswith(LEFT_ASIDE) or member.filename.startswith("__MACOSX/") or path.endswith(UNSEEN):
                    continue
                if not belongs(path):
                    problems.append(
                        _problem(f"{name}/{member.filename[:80]}", "Berkas ini bukan bagian buku aturan.", "Hapus dari zip, atau periksa foldernya.")
                    )
                    continue
                if path in documents:
                    problems.append(_problem(f"{name}/{path}", "Berkas ini ada dua kali di dalam zip.", "Sisakan satu."))
                    continue
                with archive.open(member) as file:
                    content = file.read(MAX_BYTES + 1)  # what a header claims about the size is not believed
                total += len(content)
                if len(content) > MAX_BYTES or total > MAX_UNPACKED:
                    return {}, [_problem(f"{name}/{path}", "Isi zip terlalu besar.", "Kirim hanya berkas buku aturan.")]
                documents[path] = content
    except _UNREADABLE as error:
        return {}, [_problem(name, f"Zip tidak dapat dibuka ({type(error).__name__}).", "Buat lagi zip-nya, tanpa kata sandi.")]
    if not documents and not problems:
        problems.append(_problem(name, "Zip ini kosong.", "Masukkan berkas .yaml buku aturan."))
    return documents, problems


def _from_yaml(name: str, raw: bytes, live: Documents) -> tuple[dict[str, bytes], list[Problem]]:
    """A single file, where a file of that name stands, else where its first key says."""
    stem = re.sub(r" ?\(\d+\)$", "", PurePosixPath(name).stem)  # phones number what they download twice
    known = [path for path in live if PurePosixPath(path).name.lower() == f"{stem}.yaml".lower()]
    if len(known) == 1:
        return {known[0]: raw}, []
    if f"{stem}.yaml" in KINDS:
        return {f"{stem}.yaml": raw}, []
    reading = read(name, raw[: MAX_BYTES + 1])
    keys = set(reading.value) if isinstance(reading.value, dict) else set()
    found = [folder for key, folder in FOLDERS.items() if key in keys]
    if len(found) == 1:
        safe = re.sub(r"[^a-z0-9_-]", "", stem.lower()) or "baru"
        return {f"{found[0]}{safe}.yaml": raw}, []
    if reading.problems:
        return {}, reading.problems
    fix = "Pakai nama berkas yang sudah ada, atau mulai dengan `topik:`/`aturan:`, `sumber:` atau `uji:`."
    return {}, [_problem(name, "Tidak jelas ini berkas buku aturan yang mana.", fix)]


def _problem(file: str, what: str, fix: str) -> Problem:
    return Problem(file, 0, 0, "", what, fix)
