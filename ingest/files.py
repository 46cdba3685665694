"""The `files` source: a folder, file, glob or bucket of exports: `<noun>*.csv`, `.jsonl` (both also `.gz` or `.zst`),
`.parquet` or `.xlsx`.

A file with an unknown or missing column is refused as a whole and named. JSON lines have no common header, so there a
row with an unknown key is refused by itself. What no column is known for is never written, not even as rejected.
A file that has not changed since it was last read is skipped; a changed one is read whole again. One that is damaged is
loaded as far as it goes, and named in every run until it is mended.
"""

import json
import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from ingest import readers, workbooks
from ingest.bucket import Bucket
from ingest.draft import Draft
from ingest.errors import SourceError
from ingest.folder import Folder, Found, Place, digest, unchanged
from ingest.reasons import reason
from ingest.records import RECORDS, Record
from ingest.scrub import contactless, is_address, scrub
from ingest.settings import FilesSettings, S3Path
from ingest.source import Fault, Hasher, Page, Rejected, Watermark

if TYPE_CHECKING:
    from ingest.http import Http

ACCEPTED = (".csv", ".csv.gz", ".csv.zst", ".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet", ".xlsx")
# what a person could take for data that is loaded, when it is not
DATA_LIKE = (".csv", ".jsonl", ".parquet", ".gz", ".tsv", ".ndjson", ".xls", ".xlsx", ".zip", ".zst", ".bz2", ".xz")
_NOUN = re.compile(rf"({'|'.join(sorted(RECORDS, key=len, reverse=True))})s?(?![a-z])")


class Files:
    """Reads what others export. Its marks are one per file: size, mtime_ns and sha256 of what was read, and `damaged`
    with the fault where the content breaks off."""

    def __init__(self, settings: FilesSettings, hasher: Hasher) -> None:
        self.name = settings.name
        path = settings.path
        self._place: Place = Bucket(settings, path) if isinstance(path, S3Path) else Folder(settings.name, path)
        self._ignore = frozenset(settings.ignore)
        self._hash = hasher

    def fetch(self, http: "Http | None", since: Watermark) -> Iterator[Page | Fault]:
        """Pages of the files that changed, the oldest first, so that the newest copy of an id is the one that stays.

        Raises SourceError when the folder is not there.
        """
        files = sorted(self._place.files(DATA_LIKE), key=_age)
        if not files and not since.marks:
            yield Fault(f"{self.name}: {self._place} holds no file to read; {_names()}")
        for file in files:
            if not _is_readable(file.key):
                yield Fault(f"{self.name}/{file.key}: matches no record; {_names()}")
                continue
            mark = since.marks.get(file.key, {})
            try:
                yield from self._changed(file, mark)
            except OSError as error:
                cause = error.strerror or error
                yield Fault(f"{self.name}/{file.key}: cannot be read ({cause}); make it readable, or remove it")

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
            files = self._place.files(DATA_LIKE)
        except SourceError as error:
            yield str(error)
            return
        if not files:
            yield f"{self.name}: {self._place} holds no file to read; {_names()}"
        for file in files:
            if not _is_readable(file.key):
                yield f"{self.name}/{file.key}: matches no record; {_names()}"

    def _parse_singly(self, record: type[Record], page: Page) -> Iterator[Record | Rejected]:
        for index, item in enumerate(page.items):
            try:
                yield record.model_validate(item)
            except ValidationError as error:
                yield Rejected(page.place, page.row(index), contactless(reason(error)), contactless(item))

    def _changed(self, file: Found, mark: dict[str, Any]) -> Iterator[Page | Fault]:
        """The pages of a file whose content is not that of its mark; it is only looked at when size or time differ."""
        version = file.version()
        if not unchanged(version, mark):
            with file.local() as path:
                state = {**version, "sha256": digest(path)}
                if state["sha256"] != mark.get("sha256"):
                    yield from self._pages(file, path, state)
                    return
        if "damaged" in mark:
            yield Fault(f"{self.name}/{file.key}: {mark['damaged']}")

    def _pages(self, file: Found, path: Path, state: dict[str, Any]) -> Iterator[Page | Fault]:
        """The tables of a file as pages, its mark on the last when all could be read."""
        try:
            tables = self._tables(file.key, path)
        except SourceError as error:
            yield Fault(f"{self.name}/{file.key}: {error}")
            return
        is_whole = True
        for number, table in enumerate(tables, 1):
            is_last = number == len(tables)
            is_whole &= yield from self._table(file, table, state, {file.key: state} if is_last and is_whole else {})

    def _tables(self, key: str, path: Path) -> list["_Table"]:
        """What a file holds: one table, or several where it is a workbook that is named by no record."""
        place, noun = f"{self.name}/{key}", _noun(key)
        if not key.lower().endswith(".xlsx"):
            return [_Table(place, noun, partial(readers.read, path))] if noun else []
        if noun:
            return [_Table(place, noun, partial(workbooks.rows, path, None))]
        found = [(sheet, _NOUN.match(sheet.strip().lower())) for sheet in workbooks.sheets(path)]
        strange = [sheet for sheet, match in found if not match and sheet not in self._ignore]
        if strange or not any(match for _, match in found):
            hint = f"; {_IGNORE_HINT.format(_listed(strange))}" if strange else ""
            raise SourceError(f"sheet {_quoted(strange)} matches no record, nor does the workbook's name{hint}")
        named = [(sheet, match[1]) for sheet, match in found if match]
        return [_Table(f"{place}/{sheet}", noun, partial(workbooks.rows, path, sheet)) for sheet, noun in named]

    def _table(
        self, file: Found, table: "_Table", state: dict[str, Any], marks: dict[str, Any]
    ) -> Generator[Page | Fault, None, bool]:
        """A table as pages. One that is refused or cannot be read to its end ends in a Fault, and returns False."""
        record = RECORDS[table.noun]
        draft = Draft(table.noun, table.place)
        try:
            for number, row in table.reading(lambda columns: _accept(columns, record, self._ignore)):
                self._keep(draft, record, number, row)
                if draft.is_full:
                    yield draft.page()
                    draft = draft.next()
            if file.version() != {name: state[name] for name in state if name != "sha256"}:
                raise readers.Unreadable("was changed while it was read; it is read again next time")
            yield draft.page(marks)
        except SourceError as error:
            if isinstance(error, readers.Damaged) and draft.follows_rows:
                # the same bytes would break off at the same place: landing them in every run would only fill the disk
                yield draft.page({file.key: {**state, "damaged": str(error)}})
            elif draft.size:
                yield draft.page()
            yield Fault(f"{table.place}: {error}")
            return False
        return True

    def _keep(self, draft: Draft, record: type[Record], number: int, row: dict[str, Any] | str) -> None:
        """Puts a row into the draft, cut to known columns, persons hashed and text scrubbed, or among its rejected."""
        if isinstance(row, str):
            draft.reject(number, row, None)
            return
        columns = record.model_fields.keys()
        unknown = sorted(row.keys() - columns - self._ignore)
        known = row if row.keys() <= columns else {name: row[name] for name in row if name in columns}
        for column in record.people:
            if column in known and isinstance(known[column], str | int | float):
                known[column] = self._hash(str(known[column]))
            elif known.pop(column, None) is not None:
                draft.reject(number, f"{column}: is neither text nor number; content withheld", None)
                return
        for column in record.free_text:
            if isinstance(known.get(column), str):
                known[column] = scrub(known[column])
        response = known.get("response_id")
        # where a tool names its responses by who gave them
        if isinstance(response, str) and is_address(response):
            known["response_id"] = self._hash(response)
        if unknown:
            why = f"unknown key {_quoted(unknown)}; {_IGNORE_HINT.format(_listed(unknown))}"
            draft.reject(number, contactless(why), contactless(known))
        else:
            draft.accept(number, contactless(known) if _is_shifted(record, known) else known)


@dataclass(frozen=True)
class _Table:
    """The rows of one record; `reading` gives them, as `readers.read` does once it knows the file."""

    place: str
    noun: str
    reading: Callable[[readers.Columns], Iterator[readers.Row]]


_DIALLED = frozenset("+(0")
"""What phone numbers begin with, as people write them: to look into every row would take as long as to read it."""
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


def _is_shifted(record: type[Record], row: dict[str, Any]) -> bool:
    """Does a row hold what may reach a person, and is it none of the record's? Then it is where it does not belong."""
    texts = (cell for cell in row.values() if isinstance(cell, str) and ("@" in cell or cell[:1] in _DIALLED))
    if all(contactless(text) == text for text in texts):
        return False
    try:
        record.model_validate(row)
    except ValidationError:
        return True
    return False


def _age(file: Found) -> tuple[int, str]:
    """The second in which a file was written, then its name without ending: what is copied at once keeps its order.

    A file that cannot be looked at says so when it is read.
    """
    name = file.key.partition(".")[0]
    try:
        return file.version()["mtime_ns"] // 10**9, name
    except OSError:
        return 0, name


def _is_readable(key: str) -> bool:
    """A name that says which record its file holds, or that of a workbook, whose sheets may say so."""
    return _noun(key) is not None or key.lower().endswith(".xlsx")


def _noun(key: str) -> str | None:
    """The record that a file's name says it holds: the longest noun that it starts with."""
    name = Path(key).name.lower()
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
