"""Where received events wait until they are loaded: data/spool/<source>/, a file per request, whole or not there."""

import os
import secrets
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Lock

from pydantic_core import from_json, to_json

from ingest.errors import SourceError
from ingest.raw import sync_folder
from ingest.shapes import Item

FOLDER = "spool"
LARGEST = 1_000_000_000
"""Bytes that may wait in a spool; then it takes no more until they are loaded."""


class SpoolFull(Exception):
    """More waits than a spool may hold."""


class Spool:
    """Of one source. What it holds is cut to what may be kept, and persons are hashed."""

    def __init__(self, data: Path, source: str) -> None:
        self.folder = data / FOLDER / source
        self._size: int | None = None
        self._lock = Lock()

    def add(self, items: Iterable[Item]) -> None:
        """Puts events on the disk; when it returns, a power cut cannot take them. Raises OSError, SpoolFull."""
        content = b"".join(to_json(item) + b"\n" for item in items)
        self._make_room(len(content))
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{time.time_ns():020d}-{secrets.token_hex(4)}.jsonl"
        draft = path.with_suffix(".tmp")
        try:
            with draft.open("xb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            draft.rename(path)
        except OSError:
            draft.unlink(missing_ok=True)
            raise
        for folder in path.parents[:3]:
            sync_folder(folder)

    def names(self) -> list[str]:
        """The files that wait, oldest first."""
        return sorted(path.name for path in self.folder.glob("*.jsonl"))

    def read(self, name: str) -> Iterator[Item]:
        """The events of a file. Raises SourceError when it cannot be read back."""
        file = self.folder / name
        try:
            yield from [from_json(line) for line in file.read_bytes().splitlines()]
        except (OSError, ValueError) as error:
            raise SourceError(f"{file}: these received events cannot be read back ({error}); move it away") from None

    def remove(self, names: Iterable[str]) -> None:
        """Removes files, where they are still there."""
        for name in names:
            (self.folder / name).unlink(missing_ok=True)

    def tidy(self) -> None:
        """Removes what a killed receiver left half-written. Only before it receives again."""
        for path in self.folder.glob("*.tmp"):
            path.unlink(missing_ok=True)

    def _make_room(self, size: int) -> None:
        with self._lock:
            if self._size is None or self._size + size > LARGEST:
                self._size = sum(_size(path) for path in self.folder.glob("*.jsonl"))
            if self._size + size > LARGEST:
                raise SpoolFull
            self._size += size


def _size(path: Path) -> int:
    """In bytes; 0 when an ingest has just removed the file."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
