"""The warehouse: staging, watermarks and the run log in one DuckDB file that only the holder of the lock opens."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cached_property
from pathlib import Path
from string import Template
from types import TracebackType
from typing import Any, Self

import duckdb
import polars as pl

from ingest import layout
from ingest.errors import LandingError, LockHeld
from ingest.records import RECORDS

FILE = "warehouse.duckdb"
LIMITS: dict[str, str | bool | int | float | list[str]] = {"memory_limit": "128MB", "threads": 1}
"""Batches are small: more threads or memory would not load them faster, only crowd out the rest of the machine."""
DISK_FAILURES = (
    duckdb.IOException,
    duckdb.FatalException,
    duckdb.OutOfMemoryException,
    duckdb.TransactionException,
    duckdb.SerializationException,
)
"""What DuckDB raises when a file cannot be written or read."""
_HERE = Path(__file__).parent
_STATEMENTS: dict[str, str] = dict(
    re.findall(r"^-- name: (\w+)\n(.*?)(?=^-- name: |\Z)", (_HERE / "warehouse.sql").read_text("utf-8"), re.M | re.S)
)
_LAYOUT = layout.read((_HERE / "staging.sql").read_text("utf-8"), _STATEMENTS["layout"])
_TYPES: dict[str, pl.DataType] = {
    "VARCHAR": pl.String(),
    "VARCHAR[]": pl.List(pl.String()),
    "TIMESTAMP": pl.Datetime("us"),
    "BOOLEAN": pl.Boolean(),
    "INTEGER": pl.Int32(),
    "BIGINT": pl.Int64(),
    "DOUBLE": pl.Float64(),
}
REJECTED = {"source": pl.String, "record": pl.String, "file": pl.String, "row_number": pl.Int64} | {
    "reason": pl.String,
    "content": pl.String,
}
LOADED = (
    *(f"staging.{noun}" for noun in (*RECORDS, "rejected", "coverage")),
    *("meta.raw_file", "meta.watermark", "meta.event", "meta.repository"),
)
"""The tables that raw files fill: all but the log of runs."""


class Warehouse:
    """An open warehouse. What changes it runs inside `transaction`, so that a crash leaves all of it or nothing."""

    def __init__(self, data: Path, read_only: bool = False, name: str = FILE) -> None:
        self.file = data / name
        with self._guard():
            if not read_only and not self.file.exists():
                self._make()
            self._con = self._connect(self.file, read_only)

    def _make(self) -> None:
        # DuckDB writes the head of a new file in steps, and one that is killed amid them is no database any more
        draft = self.file.with_name(f"{self.file.name}.tmp")
        for leftover in (draft, draft.with_name(f"{draft.name}.wal")):
            leftover.unlink(missing_ok=True)
        self._connect(draft, read_only=False).close()
        draft.rename(self.file)

    def _connect(self, file: Path, read_only: bool) -> duckdb.DuckDBPyConnection:
        con = duckdb.connect(str(file), read_only=read_only, config=LIMITS)
        if not read_only:
            con.begin()
            con.execute((_HERE / "staging.sql").read_text("utf-8"))
            con.execute(_STATEMENTS["layout"])
            con.commit()
            different = layout.difference(_LAYOUT, con.execute(_STATEMENTS["columns"]).fetchall())
            if different:
                con.close()
                # what the file holds more would be lost
                raise LandingError(
                    f"{self.file}: was made by another version of Uptake ({different}); run that one, or move the file "
                    "away, since the next run makes it anew from raw"
                )
        return con

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._con.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. Raises LandingError when the file cannot be written, with nothing changed."""
        with self._guard():
            self._con.begin()
            try:
                yield
                self._con.commit()
            except BaseException:
                # a commit that failed on a full disk has closed the database already; its log rolls it back
                with suppress(duckdb.Error):
                    self._con.rollback()
                raise

    def upsert(self, noun: str, batch: pl.DataFrame) -> int:
        """Inserts or replaces records by their key; returns how many are new or differ. Keys must be unique in it."""
        columns = self.schemas[noun]
        keys = ["source", *RECORDS[noun].key]
        fields = RECORDS[noun].model_fields
        # only by equality does DuckDB pass over the parts of the history in which no key of the batch can be
        same = {
            name: "=" if name == "source" or fields[name].is_required() else "is not distinct from" for name in keys
        }
        statement = Template(_STATEMENTS["upsert"]).substitute(
            noun=noun,
            same_key=" and ".join(f"old.{name} {word} new.{name}" for name, word in same.items()),
            differs=" or ".join(f"old.{name} is distinct from new.{name}" for name in columns if name not in keys)
            or "false",
        )
        with self._registered("batch", batch):
            return int(self._one(statement)[0])

    @cached_property
    def schemas(self) -> dict[str, dict[str, pl.DataType]]:
        """The columns of each staging table with the frame types that fit them."""
        return {noun: self._schema(noun) for noun in RECORDS}

    def _schema(self, noun: str) -> dict[str, pl.DataType]:
        table = self._con.table(f"staging.{noun}")
        return {name: _TYPES[str(kind)] for name, kind in zip(table.columns, table.types, strict=True)}

    def reject(self, source: str, read_anew: Iterable[str], rejects: pl.DataFrame) -> None:
        """Forgets what was rejected at the places that were read anew, then adds the rejected rows, each once."""
        self._run(_STATEMENTS["clear_rejected"], {"source": source, "files": list(read_anew)})
        with self._registered("rejects", rejects):
            self._run(_STATEMENTS["reject"])

    def cover(self, source: str, nouns: Iterable[str]) -> None:
        """Notes that the source delivers these records, even when it has no row of them."""
        self._run(_STATEMENTS["cover"], {"source": source, "records": list(nouns)})

    def events(self, source: str, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], set[str]]:
        """What is kept of these records: (noun, id) -> the events as JSON."""
        kept: dict[tuple[str, str], set[str]] = {}
        names = list(wanted)
        if names:
            asked = {"source": source, "records": [noun for noun, _ in names], "ids": [name for _, name in names]}
            for noun, name, content in self._run(_STATEMENTS["events"], asked).fetchall():
                kept.setdefault((noun, name), set()).add(content)
        return kept

    def keep_events(self, source: str, told: Mapping[tuple[str, str], Iterable[str]]) -> None:
        """Keeps events by their record, each once."""
        rows = [(source, noun, name, content) for (noun, name), events in told.items() for content in events]
        if rows:
            schema = dict.fromkeys(("source", "record", "id", "content"), pl.String)
            with self._registered("told", pl.DataFrame(rows, schema=schema, orient="row")):
                self._run(_STATEMENTS["keep_events"])

    def retract(self, source: str, noun: str, ids: list[str]) -> None:
        """Removes records by their id, as staging holds it."""
        statement = Template(_STATEMENTS["retract"]).substitute(noun=noun, id=RECORDS[noun].ids[0])
        self._run(statement, {"source": source, "ids": ids})

    def forget_part(self, source: str, noun: str, name: str | None) -> None:
        """Removes the records whose key begins with this name, or all of the source."""
        statement = Template(_STATEMENTS["forget_part"]).substitute(noun=noun, column=RECORDS[noun].key[0])
        self._run(statement, {"source": source, "name": name})

    def mark(self, source: str, marks: Mapping[str, Any]) -> None:
        """Sets where the source left off."""
        if marks:
            values = [json.dumps(value, sort_keys=True) for value in marks.values()]
            self._run(_STATEMENTS["mark"], {"source": source, "keys": list(marks), "values": values})

    def marks(self, source: str) -> dict[str, Any]:
        """Where the source left off, by key; what was set to None is forgotten."""
        rows = self._run(_STATEMENTS["marks"], {"source": source}).fetchall()
        return {key: mark for key, value in rows if (mark := json.loads(value)) is not None}

    def rename(self, source: str, names: Mapping[str, str]) -> None:
        """Brings rows of repositories that have another name now under it, and keeps the names (by id)."""
        if not names:
            return
        asked = {"source": source, "ids": list(names), "names": list(names.values())}
        for noun in (noun for noun, record in RECORDS.items() if "repo" in record.model_fields):
            self._run(Template(_STATEMENTS["rename"]).substitute(noun=noun), asked)
        self._run(_STATEMENTS["keep_names"], asked)

    def record_raw_file(self, **entry: Any) -> None:
        """Notes a raw file as loaded, in the transaction that loads it; the names are the columns of meta.raw_file."""
        self._run(_STATEMENTS["record_raw_file"], entry)

    def raw_files(self) -> dict[str, int]:
        """The raw files that are loaded: name -> number."""
        return dict(self._run(_STATEMENTS["raw_files"]).fetchall())

    def forget(self, sources: list[str]) -> None:
        """Empties everything of these sources but the run log, in one transaction; a replay fills it again."""
        with self.transaction():
            for table in LOADED:
                statement = Template(_STATEMENTS["forget"]).substitute(table=table)
                self._run(statement, {"sources": sources})

    def restore(self, snapshot: Path) -> None:
        """Takes in all that another warehouse was loaded with. Of these sources nothing may be here."""
        self._run(Template(_STATEMENTS["attach"]).substitute(file=str(snapshot).replace("'", "''")))
        try:
            with self.transaction():
                for table in LOADED:
                    self._run(Template(_STATEMENTS["restore"]).substitute(table=table))
        finally:
            self._run(_STATEMENTS["detach"])

    def meaning(self, source: str) -> dict[str, Any] | None:
        """The settings that what is loaded of the source was read by, as `mean` was told; None before that."""
        row = self._run(_STATEMENTS["meaning"], {"source": source}).fetchone()
        return json.loads(row[0]) if row else None

    def mean(self, source: str, settings: Mapping[str, Any]) -> None:
        """Keeps the settings that the source is read by from here on."""
        self._run(_STATEMENTS["mean"], {"source": source, "content": json.dumps(settings)})

    def refers(self, source: str, start: str) -> bool:
        """Whether a record of the source refers to an id that begins so."""
        asked = {"source": source, "start": start}
        columns = ((noun, column) for noun, record in RECORDS.items() for column in record.refs)
        statements = (Template(_STATEMENTS["refers"]).substitute(noun=noun, column=column) for noun, column in columns)
        return any(self._run(statement, asked).fetchone() != (0,) for statement in statements)

    def sources(self) -> set[str]:
        """The names of all sources that anything is loaded of."""
        return {name for (name,) in self._run(_STATEMENTS["sources"]).fetchall()}

    def next_run(self) -> int:
        """The number of the run to come."""
        return int(self._one(_STATEMENTS["next_run"])[0])

    def log_run(self, **entry: Any) -> None:
        """Adds a line to the run log; the names are the columns of meta.run."""
        self._run(_STATEMENTS["log_run"], entry)

    def runs(self, last: int) -> list[dict[str, Any]]:
        """The log of the last runs, newest first, one entry per source."""
        return self._rows(_STATEMENTS["runs"], {"last": last})

    def last_runs(self) -> dict[str, tuple[datetime, datetime | None, str | None]]:
        """Per source: its last ingest, its last one without fault, and the message of the last."""
        rows = self._run(_STATEMENTS["last_runs"]).fetchall()
        return {source: (last, success, message) for source, last, success, message in rows}

    def row_counts(self) -> dict[str, dict[str, int]]:
        """source -> record -> rows, for each record that the source has delivered, 0 included."""
        counts: dict[str, dict[str, int]] = {}
        for source, record in self._run(_STATEMENTS["coverage"]).fetchall():
            counts.setdefault(source, {})[record] = 0
        for noun in RECORDS:
            statement = Template(_STATEMENTS["row_counts"]).substitute(noun=noun)
            for source, count in self._run(statement).fetchall():
                counts.setdefault(source, {})[noun] = count
        return counts

    def rejected_counts(self) -> dict[str, int]:
        """source -> rows now in staging.rejected."""
        return dict(self._run(_STATEMENTS["rejected_counts"]).fetchall())

    def _run(self, statement: str, parameters: Mapping[str, Any] | None = None) -> duckdb.DuckDBPyConnection:
        with self._guard():
            return self._con.execute(statement, dict(parameters or {}))

    @contextmanager
    def _guard(self) -> Iterator[None]:
        try:
            yield
        except (*DISK_FAILURES, OSError) as error:
            cause = str(error).splitlines()[0]
            if "Could not set lock" in cause:
                raise LockHeld(f"{self.file}: is open in another program; close it and run again") from None
            raise LandingError(
                f"{self.file}: cannot be read or written ({cause}); free space or mend permissions and run again; "
                "a damaged one can be moved away, since the next run makes it anew from raw"
            ) from None

    @contextmanager
    def _registered(self, name: str, frame: pl.DataFrame) -> Iterator[None]:
        self._con.register(name, _Stream(frame))
        try:
            yield
        finally:
            self._con.unregister(name)

    def _one(self, statement: str) -> tuple[Any, ...]:
        row = self._run(statement).fetchone()
        if row is None:
            raise LandingError(f"{self.file}: gave no answer; it may be damaged: run `uptake replay`")
        return row

    def _rows(self, statement: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        cursor = self._run(statement, parameters)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


class _Stream:
    """A frame as nothing but an Arrow stream: DuckDB would import pyarrow for a frame, 45 MB that it does not need."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._frame.__arrow_c_stream__(requested_schema)
