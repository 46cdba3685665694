"""Files into numbered rows: CSV, JSON lines (both also compressed) and Parquet, one row at a time whatever the size.

A row comes as its line number in the file (as an editor shows it; Parquet: from 1) with its values by column, nulls
left out, or with the reason why it could not be read, in which case its content is withheld: its columns may be
shifted, and a name could stand where none is looked for.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterable, Iterator
from math import isnan
from pathlib import Path
from typing import IO, Any

from pydantic_core import from_json

from ingest.errors import SourceError

LONGEST_LINE = 16_000_000
"""Characters of one line; more is no export but damage, and would fill the memory."""

CHUNK_ROWS = 5_000

Row = tuple[int, dict[str, Any] | str]
"""A row's number with its values, or with the reason why it has none."""

Columns = Callable[[list[str]], None]
"""Called with a file's column names before its first row; raises SourceError to refuse the file."""


class Damaged(SourceError):
    """The file's content ends or breaks where it should not; the rows before that were given."""


class Unreadable(SourceError):
    """The disk or a writer got in the way, so that another try may fare better; the rows before that were given."""


def read(file: Path, columns: Columns) -> Iterator[Row]:
    """The rows of a file, chosen by its suffix.

    Raises SourceError when the file is refused as a whole, Damaged or Unreadable when only its beginning could be read;
    the text does not name the file.
    """
    name = file.name.lower()
    try:
        if name.endswith(".parquet"):
            yield from _parquet(file, columns)
        else:
            with _opened(file) as stream:
                if name.removesuffix(".gz").removesuffix(".zst").endswith(".csv"):
                    yield from _csv(_lines(stream, "a header row"), columns)
                else:
                    yield from _jsonl(_lines(stream, "a JSON object a line"))
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise Damaged(f"the gzip data is damaged ({error}); export it again") from None
    except OSError as error:
        if name.endswith(".zst") and not error.errno:
            # the disk's own errors have a number; those of the decompression have none
            raise Damaged(f"the zstd data is damaged ({error}); export it again") from None
        raise Unreadable(f"cannot be read ({error.strerror or error})") from None


def _opened(file: Path) -> IO[bytes] | gzip.GzipFile | io.BufferedReader:
    """The content of a file, decompressed piece by piece as it is read."""
    if file.name.lower().endswith(".gz"):
        return gzip.open(file, "rb")
    if file.name.lower().endswith(".zst"):
        # only here, since it costs memory and time that a run without it need not spend
        import pyarrow as pa

        return io.BufferedReader(pa.input_stream(str(file), compression="zstd"), 1 << 16)
    return file.open("rb")


def _lines(stream: IO[bytes] | gzip.GzipFile | io.BufferedReader, expected: str) -> Iterator[str]:
    number = 0
    while line := stream.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE:
            raise Damaged(f"line {number} is longer than {LONGEST_LINE:,} bytes; export it again")
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise Damaged(
                f"line {number} is not UTF-8 (byte 0x{line[error.start]:02x}); save it as UTF-8 and export it again"
            ) from None
    if not number:
        raise SourceError(f"is empty: expected {expected}; export it again or remove it")


def _csv(lines: Iterable[str], columns: Columns) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_LINE)
    reader = csv.reader(lines, strict=True)
    try:
        header = [name.strip() for name in next(reader)]
    except (StopIteration, csv.Error):
        raise SourceError("its first line is no header row; export it again") from None
    columns(header)
    number = reader.line_num
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "unexpected end of data" in str(error) or "field limit" in str(error):
                raise Damaged(f"a quote opened in line {number} is never closed; what follows was not read") from None
            yield number, f"is not valid CSV ({error}); content withheld"
            continue
        if not any(cells):
            continue
        if len(cells) != len(header):
            yield number, f"has {len(cells)} fields where the header has {len(header)}; content withheld"
        else:
            yield number, {name: text for name, cell in zip(header, cells, strict=True) if (text := cell.strip())}


def _jsonl(lines: Iterable[str]) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        if line.isspace():
            continue
        try:
            value = from_json(line)
        except ValueError:
            yield number, "is not valid JSON; content withheld"
            continue
        if isinstance(value, dict):
            yield number, {name: cell for name, cell in value.items() if _present(cell)}
        else:
            yield number, "is no JSON object; content withheld"


def _parquet(file: Path, columns: Columns) -> Iterator[Row]:
    # only here, since it costs memory and time that a run without Parquet need not spend
    import pyarrow as pa
    from pyarrow import parquet

    if not file.stat().st_size:
        raise SourceError("is empty: expected a Parquet file; export it again or remove it")
    try:
        with parquet.ParquetFile(file) as table:
            columns(table.schema_arrow.names)
            number = 0
            for batch in table.iter_batches(batch_size=CHUNK_ROWS):
                for row in pa.Table.from_batches([batch]).cast(_plain(batch.schema), safe=False).to_pylist():
                    number += 1
                    yield number, {name: cell for name, cell in row.items() if _present(cell)}
    except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            # the disk's own; Arrow calls bad bytes an OSError too, without a number
            raise
        raise Damaged(f"is no intact Parquet file ({str(error).splitlines()[0]}); export it again") from None


def _plain(schema: Any) -> Any:
    """Times in whole microseconds, which is what Python and staging hold, and binary as the text that it is."""
    import pyarrow as pa

    def plain(kind: Any) -> Any:
        if pa.types.is_timestamp(kind):
            return pa.timestamp("us", kind.tz)
        return pa.string() if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) else kind

    return pa.schema([field.with_type(plain(field.type)) for field in schema])


def _present(cell: Any) -> bool:
    """Null, NaN and blank text mean that nothing is there, as an empty cell of CSV does."""
    if isinstance(cell, str):
        return bool(cell) and not cell.isspace()
    return cell is not None and not (isinstance(cell, float) and isnan(cell))
