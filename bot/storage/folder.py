"""Reads and writes the rulebook folder. Knows paths, not content."""

from pathlib import Path

from bot.core.assembly import Documents
from bot.core.reading import MAX_BYTES

NOT_LOADED = ("contoh-aturan.yaml",)
"""Files in the folder that are for people only."""


def read_folder(folder: Path) -> Documents:
    """Every .yaml (and mistaken .yml) under the folder: relative path with forward slashes → bytes.

    A file over the size limit is cut one byte past it, so that a 50 MB file costs 2 MB and still is told as a Problem.
    Raises FileNotFoundError when the folder is not there.
    """
    if not folder.is_dir():
        raise FileNotFoundError(folder)
    documents: dict[str, bytes] = {}
    for path in sorted(path for path in folder.rglob("*.y*ml") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        if name not in NOT_LOADED and not name.startswith(("_", ".")):
            with path.open("rb") as file:
                documents[name] = file.read(MAX_BYTES + 1)
    return documents


def write_folder(folder: Path, documents: Documents) -> int:
    """Writes documents that differ from what is there, removes those that are no more; how many of both.

    Files that are already equal keep their bytes and date.
    """
    gone = read_folder(folder).keys() - documents.keys() if folder.is_dir() else set()
    for name in gone:
        (folder / name).unlink()
    written = len(gone)
    for name, content in documents.items():
        path = folder / name
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            written += 1
    return written
