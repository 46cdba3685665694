"""A read model in memory from a few records: how tests of queries begin."""

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from ingest.records import RECORDS
from queries import build, sqlfile
from queries.definitions import Definitions

STAGING = Path(build.__file__).parent.parent / "ingest" / "staging.sql"
NOW = datetime(2026, 6, 30, 12, tzinfo=UTC).replace(tzinfo=None)

Rows = dict[str, list[dict[str, Any]]]


def read_model(
    records: Rows, definitions: Definitions | None = None, now: datetime = NOW, only: Collection[str] = ()
) -> duckdb.DuckDBPyConnection:
    """Staging filled with validated records, facts and marts built on it; with `only`, those and what they read.

    Ids stand as given. A noun without rows is delivered but empty; one that is not named was never delivered. A row's
    `source` is `s` unless it says so. A row with `times: n` stands for n rows, in whose texts `{i}` is 1 to n (format
    codes such as `{i:02d}` work).
    """
    con = duckdb.connect()
    con.execute(STAGING.read_text("utf-8"))
    for noun, rows in records.items():
        written = [one for row in rows for one in _repeated(row)]
        for source in {row.get("source", "s") for row in written} or {"s"}:
            con.execute("insert into staging.coverage values (?, ?)", [source, noun])
        if written:
            _insert(con, noun, written)
    if only:
        _populate_some(con, definitions or Definitions(), now, only)
    else:
        build.populate(con, definitions or Definitions(), now)
    return con


def _populate_some(
    con: duckdb.DuckDBPyConnection, definitions: Definitions, now: datetime, only: Collection[str]
) -> None:
    """As build.populate, with fewer tables: a case asks one question, and a hundred cases build a hundred models."""
    con.execute((sqlfile.FOLDER / "macros.sql").read_text("utf-8"))
    build._settings(con, definitions, now)
    wanted, reading = set[str](), {"marts.clock", "marts.horizon", *only}
    tables = {file.table: file for schema in ("facts", "marts") for file in sqlfile.folder(schema).values()}
    while reading:
        wanted |= reading
        reading = {name for table in reading for name in tables[table].listed("reads") if name in tables} - wanted
    for schema in ("facts", "marts"):
        con.execute(f"create schema {schema}")
        for table in build.in_order(sqlfile.folder(schema)):
            if table in wanted:
                con.execute(f"create table {table} as {tables[table].body}")


def _insert(con: duckdb.DuckDBPyConnection, noun: str, rows: list[dict[str, Any]]) -> None:
    values = []
    for row in rows:
        given = dict(row)
        values.append({"source": given.pop("source", "s")} | RECORDS[noun].model_validate(given).model_dump())
    con.register("given", pl.DataFrame(values, infer_schema_length=None))
    con.execute(f"insert into staging.{noun} by name from given")
    con.unregister("given")


def _repeated(row: dict[str, Any]) -> list[dict[str, Any]]:
    if "times" not in row:
        return [row]
    kept = {name: value for name, value in row.items() if name != "times"}
    return [
        {name: value.format(i=i) if isinstance(value, str) else value for name, value in kept.items()}
        for i in range(1, row["times"] + 1)
    ]
