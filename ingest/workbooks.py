"""Excel workbooks (.xlsx) into numbered rows, one at a time; what unpacks to too much is refused before it is read.

The first row names the columns. Cells to the right of the named columns are not read, nor are hidden sheets. A formula
counts with the value that it had when the workbook was saved. A date is naive UTC.
"""

import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from ingest.errors import SourceError
from ingest.readers import Columns, Damaged, Row

UNPACKED = 500_000_000
"""Bytes of a whole workbook; an export of a million rows has fewer."""
HELD = 50_000_000
"""Bytes of each part that is not a sheet: such parts, as the texts that cells share, are held in memory."""
LAST_ROW = 1_048_576
"""Excel's own limit; a row with a larger number is damage, and reaching it would take for ever."""

WIDEST = 1_000
"""Columns; no record has so many, and each costs time in every row."""

ERRORS = frozenset({"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"})
# what the library lets through from a damaged workbook
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    SyntaxError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    RuntimeError,
)


def sheets(file: Path) -> list[str]:
    """The names of the sheets that can be seen. Raises SourceError when it is no workbook; OSError."""
    with _opened(file) as workbook:
        return [sheet.title for sheet in workbook.worksheets if sheet.sheet_state == "visible"]


def cells(file: Path) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """The cells of the first sheet that can be seen, by row, as wide as its widest row. Raises SourceError, OSError."""
    with _opened(file) as workbook:
        chosen = next((each for each in workbook.worksheets if each.sheet_state == "visible"), None)
        if chosen is None:
            raise SourceError("has no sheet to read; save it again with one")
        chosen.reset_dimensions()
        found = []
        for number, row in enumerate(chosen.iter_rows(max_col=WIDEST, values_only=True), 1):
            if number > LAST_ROW:
                raise Damaged(f"has more than {LAST_ROW:,} rows, which no workbook has; save it again")
            kept = [_plain(cell) if _filled(cell) else None for cell in row]
            while kept and kept[-1] is None:
                kept.pop()
            found.append((number, kept))
    width = max((len(row) for _, row in found), default=0)
    for number, row in found:
        yield number, (*row, *[None] * (width - len(row)))


def rows(file: Path, sheet: str | None, columns: Columns) -> Iterator[Row]:
    """The rows of a sheet, by default the first that can be seen. Raises SourceError as `readers.read` does."""
    with _opened(file) as workbook:
        seen = [each for each in workbook.worksheets if each.sheet_state == "visible"]
        chosen = next((each for each in seen if sheet in (None, each.title)), None)
        if chosen is None:
            raise SourceError("has no sheet to read; save it again with one")
        # what the file says of its own size is often wrong
        chosen.reset_dimensions()
        header = _header(chosen)
        columns([name for name in header if name])
        yield from _rows(chosen.iter_rows(min_row=2, max_col=len(header), values_only=True), header)


def _header(sheet: Any) -> list[str]:
    first = next(sheet.iter_rows(max_row=1, values_only=True), ())
    header = ["" if cell is None else str(cell).strip() for cell in first]
    while header and not header[-1]:
        header.pop()
    if not header:
        raise SourceError("is empty: expected a header row; export it again or remove it")
    if len(header) > WIDEST:
        raise SourceError(f"its first row is no header row: it has more than {WIDEST:,} columns")
    return header


def _rows(found: Iterator[tuple[Any, ...]], header: list[str]) -> Iterator[Row]:
    for number, cells in enumerate(found, 2):
        if number > LAST_ROW:
            raise Damaged(f"has more than {LAST_ROW:,} rows, which no workbook has; save it again")
        row = {name: _plain(cell) for name, cell in zip(header, cells, strict=False) if name and _filled(cell)}
        wrong = next((name for name, cell in row.items() if cell in ERRORS), None)
        if wrong:
            yield number, f"{wrong}: holds the Excel error {row[wrong]}; content withheld"
        elif row:
            yield number, row


def _filled(cell: Any) -> bool:
    return cell is not None and not (isinstance(cell, str) and not cell.strip())


def _plain(cell: Any) -> Any:
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, time | timedelta):
        return str(cell)
    if isinstance(cell, datetime):
        # Excel counts in days, so that a time is off by some microseconds
        return (cell + timedelta(microseconds=500)).replace(microsecond=0) if _near_second(cell) else cell
    return cell


def _near_second(moment: datetime) -> bool:
    return moment.microsecond < 500 or moment.microsecond > 999_500


@contextmanager
def _opened(file: Path) -> Iterator[Any]:
    # only here, since it costs time that a run without workbooks need not spend
    import openpyxl

    try:
        _bound(file)
        with warnings.catch_warnings():
            # of what it cannot keep when it saves a workbook, which is never done here
            warnings.simplefilter("ignore")
            workbook = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        try:
            yield workbook
        finally:
            workbook.close()
    except _DAMAGE as error:
        cause = " ".join(str(error).split())[:100] or type(error).__name__
        raise Damaged(f"is no intact Excel workbook ({cause}); save it again as .xlsx, without a password") from None


def _bound(file: Path) -> None:
    """Raises SourceError for a workbook that unpacks to more than one can be; it never unpacks to more than it says."""
    if not file.stat().st_size:
        raise SourceError("is empty: expected an Excel workbook; export it again or remove it")
    with zipfile.ZipFile(file) as parts:
        found = parts.infolist()
    held = max((part.file_size for part in found if not part.filename.startswith("xl/worksheets/")), default=0)
    if sum(part.file_size for part in found) > UNPACKED or held > HELD:
        raise SourceError(f"unpacks to more than {UNPACKED:,} bytes, or to too many texts; export it as CSV")
