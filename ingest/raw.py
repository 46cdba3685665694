"""Raw data: pages as JSON lines in data/raw/<source>/<day>/<number>.jsonl.gz, written once and never changed.

The number orders the files of a data folder, whatever the clock says. A file appears under its name only when it is
whole and on the disk; a run that is killed leaves at most a `.tmp`, which the next one removes.
"""

import gzip
import os
import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic_core import from_json, to_json

from ingest.errors import DamagedRaw, LandingError
from ingest.source import Page, Rejected

FILE_BYTES = 8_000_000
"""Of JSON before compression; then a file is closed and loaded, so that memory and lost work stay bounded."""

FOLDER = "raw"
SNAPSHOT_DRAFT = ".folding.duckdb"
"""A snapshot in the making; see retention.py."""
_NAME = re.compile(r"(\d{9,})\.jsonl\.gz")


@dataclass(frozen=True, order=True)
class RawFile:
    """A raw file on disk, ordered by its number. `name` is its path below the raw folder."""

    number: int
    source: str
    name: str
    path: Path

    def pages(self) -> Iterator[Page]:
        """The pages as landed. Raises DamagedRaw, naming the file, when they cannot be read back."""
        try:
            with gzip.open(self.path) as stream:
                for line in stream:
                    page = from_json(line)
                    rejected = tuple(Rejected(**row) for row in page["rejected"])
                    forgets = tuple((noun, name) for noun, name in page.get("forgets", ()))
                    yield Page(**{**page, "rejected": rejected, "forgets": forgets})
        except (OSError, EOFError, zlib.error, ValueError, TypeError, KeyError) as error:
            raise DamagedRaw(
                f"{self.path}: this raw file is damaged ({error}); restore it from a backup, "
                f"or move it away and run `uptake ingest {self.source} --full`"
            ) from None


def files(data: Path) -> list[RawFile]:
    """All raw files of a data folder in the order in which they were landed."""
    root = data / FOLDER
    return sorted(
        RawFile(int(match[1]), path.parts[-3], path.relative_to(root).as_posix(), path)
        for path in root.glob("*/*/*.jsonl.gz")
        if (match := _NAME.fullmatch(path.name))
    )


def tidy(data: Path) -> None:
    """Removes what a killed run left half-written. Only the holder of the lock may call it."""
    for source in (data / FOLDER).glob("*"):
        _remove_drafts(source)
        for half in source.glob(f"{SNAPSHOT_DRAFT}*"):
            half.unlink()


def _remove_drafts(source: Path) -> None:
    for path in source.glob("*/*.tmp"):
        path.unlink()


class Landing:
    """Writes the pages of one source into raw files; `numbers` gives each its place in the order of all."""

    def __init__(self, data: Path, source: str, numbers: Iterator[int]) -> None:
        self._root = data / FOLDER
        self._source = source
        self._numbers = numbers
        self._open: _Writing | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._open:
            self._open.abandon()
        # a signal may come between the making of a file and the keeping of its name
        _remove_drafts(self._root / self._source)

    def add(self, page: Page) -> RawFile | None:
        """Takes a page; gives the raw file that is thereby full and landed, or None. Raises LandingError."""
        try:
            if not self._open:
                self._open = _Writing(self._root, self._source, next(self._numbers))
            self._open.write(to_json(page))
            return self.close() if self._open.size >= FILE_BYTES else None
        except OSError as error:
            raise self._failed(error) from None

    def close(self) -> RawFile | None:
        """Lands the pages taken so far; None when there are none. Raises LandingError."""
        if not self._open:
            return None
        try:
            landed = self._open.land()
        except OSError as error:
            raise self._failed(error) from None
        self._open = None
        return landed

    def _failed(self, error: OSError) -> LandingError:
        return LandingError(
            f"{self._root}: raw data of {self._source} cannot be written ({error.strerror or error}); "
            "nothing half-written stays; free space or mend permissions and run again"
        )


class _Writing:
    """One raw file under its temporary name."""

    def __init__(self, root: Path, source: str, number: int) -> None:
        folder = root / source / datetime.now(UTC).strftime("%Y-%m-%d")
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{number:09d}.jsonl.gz"
        self._file = RawFile(number, source, path.relative_to(root).as_posix(), path)
        self._temporary = path.with_name(path.name + ".tmp")
        self._out = self._temporary.open("xb")
        # no name and no time in the header: the same pages give the same bytes
        self._gzip = gzip.GzipFile("", "wb", compresslevel=1, fileobj=self._out, mtime=0)
        self.size = 0

    def write(self, line: bytes) -> None:
        self._gzip.write(line)
        self._gzip.write(b"\n")
        self.size += len(line) + 1

    def land(self) -> RawFile:
        self._gzip.close()
        self._out.flush()
        os.fsync(self._out.fileno())
        self._out.close()
        self._temporary.rename(self._file.path)
        for folder in self._file.path.parents[:4]:
            sync_folder(folder)
        return self._file

    def abandon(self) -> None:
        # a full disk refuses the buffered rest too, but the file goes anyway
        with suppress(OSError):
            self._out.close()


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
