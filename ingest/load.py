"""Raw file -> staging: parse its pages, prefix ids, upsert, set the marks and note the file, all in one transaction.

A crash before the commit leaves the file pending, and the next run loads it: recovery and replay are this same path.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from pydantic_core import to_json

from ingest.raw import RawFile
from ingest.records import RECORDS, Record
from ingest.source import Page, Rejected, Source
from ingest.warehouse import REJECTED, Warehouse


@dataclass
class Loaded:
    """What went in: pages, records received, rows of staging that are new or differ, rows rejected."""

    pages: int = 0
    received: int = 0
    rows: int = 0
    rejected: int = 0

    def __iadd__(self, other: "Loaded") -> "Loaded":
        self.pages += other.pages
        self.received += other.received
        self.rows += other.rows
        self.rejected += other.rejected
        return self


@dataclass
class _Batch:
    """The content of a raw file, sorted by what becomes of it; of records the last copy of a key stands."""

    pages: int = 0
    received: int = 0
    records: dict[str, dict[tuple[Any, ...], Record]] = field(default_factory=dict)
    rejected: list[tuple[str, Rejected]] = field(default_factory=list)
    read_anew: set[str] = field(default_factory=set)
    covered: set[str] = field(default_factory=set)
    marks: dict[str, Any] = field(default_factory=dict)

    def add(self, page: Page, source: Source) -> None:
        self.pages += 1
        self.marks.update(page.marks)
        self.covered.update({page.kind} & RECORDS.keys())
        if page.starts:
            self.read_anew.add(page.place)
            self.rejected = [(kind, row) for kind, row in self.rejected if row.place != page.place]
        self.rejected.extend((page.kind, row) for row in page.rejected)
        for parsed in source.parse(page):
            if isinstance(parsed, Rejected):
                self.rejected.append((page.kind, parsed))
                continue
            self.received += 1
            values = parsed.__dict__
            same = self.records.setdefault(parsed.noun, {})
            same[tuple(values[name] for name in parsed.key)] = parsed
        self.covered.update(self.records)


def load(warehouse: Warehouse, source: Source, file: RawFile, names: Collection[str]) -> Loaded:
    """Loads a raw file once. `names` are all configured sources: references may carry the prefix of any of them.

    Raises DamagedRaw when the file cannot be read back and LandingError when the warehouse cannot be written; either
    way nothing of it is loaded.
    """
    batch = _Batch()
    for page in file.pages():
        batch.add(page, source)
    counts = Loaded(batch.pages, batch.received, 0, len(batch.rejected))
    with warehouse.transaction():
        for noun, records in batch.records.items():
            frame = _frame(noun, list(records.values()), warehouse.schema(noun), source.name, names)
            counts.rows += warehouse.upsert(noun, frame)
        warehouse.reject(source.name, batch.read_anew, _rejects(source.name, batch.rejected))
        warehouse.cover(source.name, sorted(batch.covered))
        warehouse.mark(source.name, batch.marks)
        warehouse.record_raw_file(
            name=file.name,
            source=source.name,
            number=file.number,
            page_count=counts.pages,
            row_count=counts.received,
            rejected_count=counts.rejected,
        )
    return counts


def _frame(
    noun: str, records: list[Record], schema: dict[str, pl.DataType], source: str, names: Collection[str]
) -> pl.DataFrame:
    """Records as a frame shaped like their staging table, ids with the source's name in front."""
    record = RECORDS[noun]
    values = [row.__dict__ for row in records]
    columns: dict[str, list[Any]] = {"source": [source] * len(records)}
    for name in schema:
        if name == "source":
            continue
        column = [row[name] for row in values]
        if name in record.ids:
            column = [own_id(value, source) for value in column]
        elif name in record.refs:
            column = [_reference(value, source, names) for value in column]
        columns[name] = column
    frame = pl.DataFrame(columns, schema=schema)
    # two ids that differ only by the prefix are one; the later stands
    return frame.unique(["source", *record.key], keep="last", maintain_order=True)


def own_id(value: str | None, source: str) -> str | None:
    """`7` of source gh becomes `gh:7`; an id that says so already stays."""
    return value if value is None or value.startswith(f"{source}:") else f"{source}:{value}"


def _reference(value: Any, source: str, names: Collection[str]) -> Any:
    """A reference keeps the name of the source that it points into, and else points into its own."""
    if isinstance(value, list):
        return [_reference(item, source, names) for item in value]
    if value is None:
        return None
    prefix, colon, _ = value.partition(":")
    return value if colon and prefix in names else f"{source}:{value}"


def _rejects(source: str, rejected: list[tuple[str, Rejected]]) -> pl.DataFrame:
    rows = [
        (source, kind, row.place, row.row, row.reason, None if row.content is None else to_json(row.content).decode())
        for kind, row in rejected
    ]
    return pl.DataFrame(rows, schema=REJECTED, orient="row")
