"""Keeps what is slow to learn in files beside the database. Losing the folder costs seconds, nothing else."""

import contextlib
import os
import tempfile
from pathlib import Path

KEPT = 4
"""Files kept: the live version, the one before, and room for drafts."""


class FileCache:
    """Implements `usecases.ports.Cache`. Unwritable folders are as good as empty ones."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> bytes | None:
        path = self._folder / key
        with contextlib.suppress(OSError):
            os.utime(path)  # what is used stays, however many drafts come and go
        try:
            return path.read_bytes()
        except OSError:
            return None

    def put(self, key: str, value: bytes) -> None:
        with contextlib.suppress(OSError):  # a full or read-only disk: the next start learns again
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._folder)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(value)
                Path(name).replace(self._folder / key)
            finally:
                Path(name).unlink(missing_ok=True)  # what a full disk cut short is not left lying about
            for old in sorted(self._folder.glob("learnt-*"), key=lambda path: -path.stat().st_mtime)[KEPT:]:
                old.unlink(missing_ok=True)
