"""A file somebody sends in, to documents of the rulebook: one YAML file or a zip of them. Trusts nothing about it."""

import io
import zipfile
from fnmatch import fnmatch
from pathlib import PurePosixPath

from bot.core.assembly import KINDS, Documents
from bot.core.problem import Problem
from bot.core.reading import MAX_BYTES, read

MAX_UPLOAD = 4_000_000
"""Bytes of a file as sent; the whole rulebook zipped is a quarter of that."""
MAX_FILES = 200
MAX_UNPACKED = 30_000_000
LEFT_ASIDE = ("_skema/", "README.md", "PERUBAHAN.md", "contoh-aturan.yaml")
"""What lies in the folder beside the rulebook itself."""
FOLDERS = {"aturan": "aturan/", "sumber": "sumber/", "uji": "uji/"}
"""First key of a file → the folder it belongs in, when its name does not say."""


def documents_in(name: str, raw: bytes, live: Documents) -> tuple[dict[str, bytes], list[Problem]]:
    """The documents in an uploaded file, by their path in the rulebook, and what cannot be used."""
    if len(raw) > MAX_UPLOAD:
        return {}, [_problem(name, f"Berkas terlalu besar: {len(raw) // 1000} kB.", f"Kirim paling banyak {MAX_UPLOAD // 1_000_000} MB.")]
    if name.lower().endswith(".zip"):
        return _from_zip(name, raw)
    if name.lower().endswith((".yaml", ".yml")):
        path = _place(PurePosixPath(name).name, raw, live)
        if path is None:
            fix = "Pakai nama berkas yang sudah ada, atau mulai dengan `topik:`/`aturan:`, `sumber:` atau `uji:`."
            return {}, [_problem(name, "Tidak jelas ini berkas buku aturan yang mana.", fix)]
        return {path: raw}, []
    return {}, [_problem(name, "Jenis berkas ini tidak dikenal.", "Kirim berkas .yaml, atau .zip berisi berkas .yaml.")]


def _from_zip(name: str, raw: bytes) -> tuple[dict[str, bytes], list[Problem]]:
    documents: dict[str, bytes] = {}
    problems: list[Problem] = []
    total = 0
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) > MAX_FILES:
                return {}, [_problem(name, f"Zip berisi {len(members)} berkas.", f"Paling banyak {MAX_FILES} berkas.")]
            for member in members:
                path = member.filename.removeprefix("knowledge/")
                if path.startswith(LEFT_ASIDE):
                    continue
                if path not in KINDS and not any(fnmatch(path, pattern) and path.count("/") == pattern.count("/") for pattern in KINDS):
                    problems.append(
                        _problem(f"{name}/{member.filename[:80]}", "Berkas ini bukan bagian buku aturan.", "Hapus dari zip, atau periksa foldernya.")
                    )
                    continue
                with archive.open(member) as file:
                    content = file.read(MAX_BYTES + 1)  # what a header claims about the size is not believed
                total += len(content)
                if len(content) > MAX_BYTES or total > MAX_UNPACKED:
                    return {}, [_problem(f"{name}/{path}", "Isi zip terlalu besar.", "Kirim hanya berkas buku aturan.")]
                documents[path] = content
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        return {}, [_problem(name, f"Zip tidak dapat dibuka ({type(error).__name__}).", "Buat lagi zip-nya, tanpa kata sandi.")]
    if not documents and not problems:
        problems.append(_problem(name, "Zip ini kosong.", "Masukkan berkas .yaml buku aturan."))
    return documents, problems


def _place(name: str, raw: bytes, live: Documents) -> str | None:
    """Where a single file belongs: where a file of that name stands, else where its first key says."""
    known = [path for path in live if PurePosixPath(path).name == name]
    if len(known) == 1:
        return known[0]
    if name in KINDS:
        return name
    value = read(name, raw[: MAX_BYTES + 1]).value
    keys = set(value) if isinstance(value, dict) else set()
    found = [folder for key, folder in FOLDERS.items() if key in keys]
    safe = "".join(c for c in name.lower() if c.isalnum() or c in "-_.") or "baru.yaml"
    return found[0] + safe.replace(".yml", ".yaml") if len(found) == 1 else None


def _problem(file: str, what: str, fix: str) -> Problem:
    return Problem(file, 0, 0, "", what, fix)
