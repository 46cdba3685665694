"""Files to read: those of a folder, a single one, or those that a glob finds."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from glob import has_magic
from pathlib import Path
from typing import Any, Protocol

from ingest.errors import SourceError


class Found(Protocol):
    """A file that a source may read. `key` is the name of its mark: its path below the folder or prefix."""

    @property
    def key(self) -> str: ...

    def version(self) -> dict[str, Any]:
        """What tells cheaply whether it has changed: size and time. Raises OSError."""
        ...

    def local(self) -> AbstractContextManager[Path]:
        """Its content as a file on this machine. Raises OSError."""
        ...


class Place(Protocol):
    """Where a source finds its files."""

    def files(self, suffixes: tuple[str, ...]) -> list[Found]:
        """Those whose name ends so, in whatever case, by their key. Raises SourceError."""
        ...


@dataclass(frozen=True)
class LocalFile:
    key: str
    path: Path

    def version(self) -> dict[str, Any]:
        stat = self.path.stat()
        return {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns}

    def local(self) -> AbstractContextManager[Path]:
        return nullcontext(self.path)


@dataclass(frozen=True)
class Folder:
    """`path` is a folder, a file or a glob; `source` is named in errors."""

    source: str
    path: Path

    def files(self, suffixes: tuple[str, ...]) -> list[Found]:
        try:
            return sorted(self._found(suffixes), key=lambda file: file.key)
        except OSError as error:
            raise SourceError(
                f"{self.source}: {error.filename}: cannot be read ({error.strerror}); mend its permissions"
            ) from None

    def __str__(self) -> str:
        return str(self.path)

    def _found(self, suffixes: tuple[str, ...]) -> Iterator[Found]:
        path = self.path
        if path.is_dir():
            found, base = list(path.iterdir()), path
        elif path.exists():
            found, base = [path], path.parent
        elif has_magic(str(path)):
            base = next(parent for parent in path.parents if not has_magic(str(parent)))
            try:
                found = list(base.glob(path.relative_to(base).as_posix()))
            except ValueError as error:
                raise SourceError(f"{self.source}: {path}: is no pattern of files ({error}); mend `path`") from None
        else:
            raise SourceError(f"{self.source}: {path}: no such folder or file; mend `path`, or make it")
        for file in found:
            if is_named(file.name, suffixes) and _is_there(file):
                yield LocalFile(_printable(file.relative_to(base).as_posix()), file)


def is_named(name: str, suffixes: tuple[str, ...]) -> bool:
    """Whether a file is no hidden one, nor what Excel puts beside an open workbook, and its name ends as given."""
    return not name.startswith((".", "~$")) and name.lower().endswith(suffixes)


def _is_there(path: Path) -> bool:
    """A file, or what should be one: a link that leads nowhere and a file that may not be looked at say so when they
    are read."""
    try:
        return path.is_file() or (path.is_symlink() and not path.exists())
    except OSError:
        return True


def _printable(name: str) -> str:
    """A name that can be written: what is no UTF-8 in it, or no character to show, comes as its code."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in name)


def unchanged(version: Mapping[str, Any], mark: Mapping[str, Any]) -> bool:
    """Whether a file is as it was when its mark was set; then its content need not be looked at."""
    return "sha256" in mark and all(mark.get(name) == value for name, value in version.items())


def digest(file: Path) -> str:
    """The sha256 of a file's content. Raises OSError."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
