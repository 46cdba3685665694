"""The `files` source: a folder, file or glob of exports, `<noun>*.csv`, `.jsonl` (both also `.gz`) or `.parquet`.

A file with an unknown or missing column is refused as a whole and named. JSON lines have no common header, so there a
row with an unknown key is refused by itself. What no column is known for is never written, not even as rejected.
A file that has not changed since it was last read is skipped; a changed one is read whole again. One that is damaged is
loaded as far as it goes, and named in every run until it is mended.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from glob import has_magic
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from ingest import readers
from ingest.errors import SourceError
from ingest.reasons import reason
from ingest.records import RECORDS, Record
from ingest.settings import FilesSettings
from ingest.source import Fault, Hasher, Page, Rejected, Watermark

if TYPE_CHECKING:
    from ingest.http import Http

PAGE_ROWS = 5_000
PAGE_CHARACTERS = 4_000_000
"""A page ends at the one or the other, so that long texts do not fill the memory either."""
ACCEPTED = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".parquet")
# what a person could take for data that is loaded, when it is not
DATA_LIKE = (".csv", ".jsonl", ".parquet", ".gz", ".tsv", ".ndjson", ".xls", ".xlsx", ".zip", ".zst", ".bz2", ".xz")
_NOUN = re.compile(rf"({'|'.join(sorted(RECORDS, key=len, reverse=True))})s?(?![a-z])")


class Files:
    """Reads what others export. Its marks are one per file: size, mtime_ns and sha256 of what was read, and `damaged`
    with the fault where the content breaks off."""

    def __init__(self, settings: FilesSettings, hasher: Hasher) -> None:
        self.name = settings.name
        self._path = settings.path
        self._ignore = frozenset(settings.ignore)
        self._hash = hasher

    def fetch(self, http: "Http | None", since: Watermark) -> Iterator[Page | Fault]:
        """Pages of the files that changed, by name. Raises SourceError when the folder is not there."""
        files = self._files()
        if not files and not since.marks:
            yield Fault(f"{self.name}: {self._path} holds no file to read; {_names()}")
        for key, file in files:
            noun = _noun(file)
            if noun is None:
                yield Fault(f"{self.name}/{key}: matches no record; {_names()}")
                continue
            mark = since.marks.get(key, {})
            try:
                state = _state(file, mark)
            except OSError as error:
                yield Fault(f"{self.name}/{key}: cannot be read ({error.strerror or error})")
                continue
            if state["sha256"] != mark.get("sha256"):
                yield from self._pages(key, file, RECORDS[noun], state)
            elif "damaged" in mark:
                yield Fault(f"{self.name}/{key}: {mark['damaged']}")

    def parse(self, page: Page) -> Iterator[Record | Rejected]:
        """The rows as records: all at once where all are fine, else one by one so that a bad row stands alone."""
        record = RECORDS[page.kind]
        try:
            records = _many(record).validate_python(page.items)
        except ValidationError:
            yield from self._parse_singly(record, page)
        else:
            yield from records

    def check(self, http: "Http | None") -> Iterator[str]:
        """One line for each thing that keeps a file from being read; opens no file."""
        try:
            files = self._files()
        except SourceError as error:
            yield str(error)
            return
        if not files:
            yield f"{self.name}: {self._path} holds no file to read; {_names()}"
        for key, file in files:
            if _noun(file) is None:
                yield f"{self.name}/{key}: matches no record; {_names()}"

    def _parse_singly(self, record: type[Record], page: Page) -> Iterator[Record | Rejected]:
        for index, item in enumerate(page.items):
            try:
                yield record.model_validate(item)
            except ValidationError as error:
                yield Rejected(page.place, page.row(index), reason(error), item)

    def _files(self) -> list[tuple[str, Path]]:
        """The data files with the key of their mark (the path below the folder), by name. Raises SourceError."""
        try:
            return sorted(self._found())
        except OSError as error:
            raise SourceError(f"{self.name}: {error.filename}: cannot be read ({error.strerror})") from None

    def _found(self) -> Iterator[tuple[str, Path]]:
        path = self._path
        if path.is_dir():
            found, base = list(path.iterdir()), path
        elif path.exists():
            found, base = [path], path.parent
        elif has_magic(str(path)):
            base = next(parent for parent in path.parents if not has_magic(str(parent)))
            found = list(base.glob(path.relative_to(base).as_posix()))
        else:
            raise SourceError(f"{self.name}: {path}: no such folder or file; mend `path`, or make it")
        yield from ((file.relative_to(base).as_posix(), file) for file in found if _is_data(file))

    def _pages(self, key: str, file: Path, record: type[Record], state: dict[str, Any]) -> Iterator[Page | Fault]:
        """A file as pages, the mark on the last. One that is refused or cannot be read to its end ends in a Fault."""
        place = f"{self.name}/{key}"
        draft = _Draft(record, place)
        rows = readers.read(file, lambda columns: _accept(columns, record, self._ignore))
        try:
            for number, row in rows:
                self._keep(draft, record, number, row)
                if draft.is_full:
                    yield draft.page()
                    draft = _Draft(record, place, starts=False)
            if _stat(file) != {name: state[name] for name in ("size", "mtime_ns")}:
                raise readers.Unreadable("was changed while it was read; it is read again next time")
            yield draft.page({key: state})
        except SourceError as error:
            if isinstance(error, readers.Damaged) and draft.follows_rows:
                # the same bytes would break off at the same place: landing them in every run would only fill the disk
                yield draft.page({key: {**state, "damaged": str(error)}})
            elif draft.size:
                yield draft.page()
            yield Fault(f"{place}: {error}")

    def _keep(self, draft: "_Draft", record: type[Record], number: int, row: dict[str, Any] | str) -> None:
        """Puts a row into the draft, cut to known columns and with persons hashed, or among its rejected."""
        if isinstance(row, str):
            draft.reject(number, row, None)
            return
        unknown = sorted(row.keys() - draft.columns - self._ignore)
        known = row if row.keys() <= draft.columns else {name: row[name] for name in row if name in draft.columns}
        for column in record.people:
            if column in known and isinstance(known[column], str | int | float):
                known[column] = self._hash(str(known[column]))
            elif known.pop(column, None) is not None:
                draft.reject(number, f"{column}: is neither text nor number; content withheld", None)
                return
        if unknown:
            draft.reject(number, f"unknown key {_quoted(unknown)}; {_IGNORE_HINT.format(_listed(unknown))}", known)
        else:
            draft.accept(number, known)


class _Draft:
    """A page in the making."""

    def __init__(self, record: type[Record], place: str, starts: bool = True) -> None:
        self.columns = record.model_fields.keys()
        self._noun, self._place, self._starts = record.noun, place, starts
        self._items: list[dict[str, Any]] = []
        self._rows: list[int] = []
        self._rejected: list[Rejected] = []
        self._characters = 0

    @property
    def is_full(self) -> bool:
        return self.size >= PAGE_ROWS or self._characters >= PAGE_CHARACTERS

    @property
    def follows_rows(self) -> bool:
        """Has any row of the file been read, into this page or one before?"""
        return bool(self.size) or not self._starts

    @property
    def size(self) -> int:
        return len(self._items) + len(self._rejected)

    def accept(self, number: int, item: dict[str, Any]) -> None:
        self._items.append(item)
        self._characters += sum(len(cell) for cell in item.values() if isinstance(cell, str))
        self._rows.append(number)

    def reject(self, number: int, why: str, content: dict[str, Any] | None) -> None:
        self._rejected.append(Rejected(self._place, number, why, content))

    def page(self, marks: Mapping[str, Any] | None = None) -> Page:
        first = self._rows[0] if self._rows else 1
        follows = self._rows == list(range(first, first + len(self._rows)))
        return Page(
            kind=self._noun,
            place=self._place,
            items=self._items,
            first_row=first,
            marks=dict(marks or {}),
            rejected=tuple(self._rejected),
            rows=None if follows else self._rows,
            starts=self._starts,
        )


_IGNORE_HINT = "mend the export, or add ignore = [{}] to the source"


def _accept(columns: list[str], record: type[Record], ignore: frozenset[str]) -> None:
    """Refuses a file by its columns: SourceError names the first thing that is wrong."""
    fields = record.model_fields
    required = [name for name, field in fields.items() if field.is_required()]
    if not set(columns) & fields.keys():
        # the names are not shown: without a header row they are the first row's values
        hint = "; its columns must be separated by commas" if len(columns) == 1 else ""
        raise SourceError(f"its first line is no header row for {record.noun} ({', '.join(required)}, ...){hint}")
    twice = sorted({name for name in columns if columns.count(name) > 1} & fields.keys())
    if twice:
        raise SourceError(f"column {_quoted(twice[:1])} is there twice; keep one of them")
    unknown = sorted(set(columns) - fields.keys() - ignore)
    if unknown:
        raise SourceError(f"unknown column {_quoted(unknown)}; {_IGNORE_HINT.format(_listed(unknown))}")
    missing = [name for name in required if name not in columns]
    if missing:
        raise SourceError(f"column {_quoted(missing)} is missing; every {record.noun} needs it")


def _state(file: Path, mark: Mapping[str, Any]) -> dict[str, Any]:
    """The file's size, mtime_ns and sha256; its content is only read when the first two differ from its mark."""
    state = _stat(file)
    if state == {name: mark.get(name) for name in state}:
        return {**state, "sha256": mark.get("sha256")}
    with file.open("rb") as stream:
        return {**state, "sha256": hashlib.file_digest(stream, "sha256").hexdigest()}


def _stat(file: Path) -> dict[str, Any]:
    stat = file.stat()
    return {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns}


def _is_data(file: Path) -> bool:
    return not file.name.startswith(".") and file.name.lower().endswith(DATA_LIKE) and file.is_file()


def _noun(file: Path) -> str | None:
    """The record that a file's name says it holds: the longest noun that it starts with."""
    name = file.name.lower()
    found = _NOUN.match(name)
    return found[1] if found and name.endswith(ACCEPTED) else None


def _names() -> str:
    return f"files are named <record>*{{{','.join(ACCEPTED)}}} with record one of {', '.join(RECORDS)}"


def _quoted(names: list[str]) -> str:
    return ", ".join(repr(name[:60]) for name in names[:3])


def _listed(names: list[str]) -> str:
    return ", ".join(json.dumps(name[:60]) for name in names[:3])


@cache
def _many(record: type[Record]) -> TypeAdapter[list[Record]]:
    return TypeAdapter(list[record])  # type: ignore[valid-type]
