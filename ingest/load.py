"""Raw file -> staging: parse its pages, prefix ids, upsert, set the marks and note the file, all in one transaction.

A crash before the commit leaves the file pending, and the next run loads it: recovery and replay are this same path.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from pydantic_core import from_json, to_json

from ingest.raw import RawFile
from ingest.records import RECORDS, Record
from ingest.source import Assembling, Event, Named, Page, Rejected, Source
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
    """The content of a raw file, sorted by what becomes of it. Frames, not records: those take ten times the memory."""

    source: Source
    names: Collection[str]
    schemas: Mapping[str, Mapping[str, pl.DataType]]
    counts: Loaded = field(default_factory=Loaded)
    frames: dict[str, list[pl.DataFrame]] = field(default_factory=dict)
    rejected: list[tuple[str, Rejected]] = field(default_factory=list)
    read_anew: set[str] = field(default_factory=set)
    covered: set[str] = field(default_factory=set)
    marks: dict[str, Any] = field(default_factory=dict)
    events: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    unmade: dict[str, list[str]] = field(default_factory=dict)
    called: dict[str, str] = field(default_factory=dict)
    forgets: list[tuple[str, str | None]] = field(default_factory=list)

    def add(self, page: Page) -> None:
        self.counts.pages += 1
        self.forgets.extend((noun, own_id(name, self.source.name)) for noun, name in page.forgets)
        self.marks.update(page.marks)
        self.covered.update({page.kind} & RECORDS.keys())
        if page.starts:
            self.read_anew.add(page.place)
            self.rejected = [(kind, row) for kind, row in self.rejected if row.place != page.place]
        self.rejected.extend((page.kind, row) for row in page.rejected)
        records: dict[str, list[Record]] = {}
        for parsed in self.source.parse(page) if page.items else ():
            if isinstance(parsed, Rejected):
                self.rejected.append((page.kind, parsed))
            elif isinstance(parsed, Named):
                self.called[parsed.id] = parsed.name
            elif isinstance(parsed, Event):
                self.events.setdefault((parsed.noun, parsed.id), set()).add(_as_text(parsed.content))
            else:
                records.setdefault(parsed.noun, []).append(parsed)
        self._take(records)

    def assemble(self, known: Mapping[tuple[str, str], set[str]]) -> None:
        """Makes records of the events that came, together with those that are `known` of the same records."""
        if not isinstance(self.source, Assembling):
            return
        records: dict[str, list[Record]] = {}
        for (noun, name), events in self.events.items():
            place = f"{self.source.name}/{noun}/{name}"
            self.read_anew.add(place)
            self.covered.add(noun)
            told = [from_json(text) for text in sorted(events | known.get((noun, name), set()))]
            made = list(self.source.assemble(noun, place, told))
            found = [each for each in made if not isinstance(each, Rejected)]
            records.setdefault(noun, []).extend(found)
            self.rejected.extend((noun, each) for each in made if isinstance(each, Rejected))
            if not found:
                # what fewer events made of it before must not stay
                self.unmade.setdefault(noun, []).append(str(own_id(name, self.source.name)))
        self._take({noun: rows for noun, rows in records.items() if rows})

    def _take(self, records: Mapping[str, list[Record]]) -> None:
        for noun, rows in records.items():
            self.counts.received += len(rows)
            frame = _frame(rows, self.schemas[noun], self.source.name, self.names)
            self.frames.setdefault(noun, []).append(frame)

    def newest(self) -> Iterator[tuple[str, pl.DataFrame]]:
        """Per record one frame with the last copy of each key."""
        for noun, frames in self.frames.items():
            yield noun, pl.concat(frames).unique(["source", *RECORDS[noun].key], keep="last", maintain_order=True)


def load(warehouse: Warehouse, source: Source, file: RawFile, names: Collection[str]) -> Loaded:
    """Loads a raw file once. `names` are all configured sources: references may carry the prefix of any of them.

    Raises DamagedRaw when the file cannot be read back and LandingError when the warehouse cannot be written; either
    way nothing of it is loaded.
    """
    batch = _Batch(source, names, warehouse.schemas)
    for page in file.pages():
        batch.add(page)
    batch.assemble(warehouse.events(source.name, list(batch.events)))
    counts = batch.counts
    counts.rejected = len(batch.rejected)
    with warehouse.transaction():
        # before the rows of this file: a new repository may have taken the old name
        warehouse.rename(source.name, batch.called)
        for noun, name in batch.forgets:
            warehouse.forget_part(source.name, noun, name)
        for noun, frame in batch.newest():
            counts.rows += warehouse.upsert(noun, frame)
        for noun, ids in batch.unmade.items():
            warehouse.retract(source.name, noun, ids)
        warehouse.keep_events(source.name, batch.events)
        warehouse.reject(source.name, batch.read_anew, _rejects(source.name, batch.rejected))
        warehouse.cover(source.name, sorted(batch.covered | batch.frames.keys()))
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


def _frame(rows: list[Record], schema: Mapping[str, pl.DataType], source: str, names: Collection[str]) -> pl.DataFrame:
    """Records of one kind as a frame shaped like their staging table, ids with the source's name in front."""
    record = type(rows[0])
    values = [row.__dict__ for row in rows]
    columns: dict[str, list[Any]] = {}
    for name, kind in schema.items():
        column = [source] * len(rows) if name == "source" else [row[name] for row in values]
        if name in record.ids:
            column = [own_id(value, source) for value in column]
        elif name in record.refs:
            column = [_reference(value, source, names) for value in column]
        # polars builds a column of lists row by row; by way of JSON it is ten times faster
        columns[name] = [_as_json(value) for value in column] if isinstance(kind, pl.List) else column
    lists = {name: kind for name, kind in schema.items() if isinstance(kind, pl.List)}
    frame = pl.DataFrame(columns, schema={**schema, **dict.fromkeys(lists, pl.String())})
    return frame.with_columns(pl.col(name).str.json_decode(kind) for name, kind in lists.items())


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
        # a number that no column holds is that of a damaged item: it cannot be found by it anyway
        (source, kind, row.place, row.row if abs(row.row) < 2**63 else 0, row.reason, _as_json(row.content))
        for kind, row in rejected
    ]
    return pl.DataFrame(rows, schema=REJECTED, orient="row")


def _as_json(value: Any) -> str | None:
    return None if value is None else to_json(value).decode()


def _as_text(content: Mapping[str, Any]) -> str:
    """The same text for the same content, whatever the order of its keys."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False)
