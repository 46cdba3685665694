"""A read model in memory from a few records: how tests of queries begin."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from ingest.records import RECORDS
from queries import build
from queries.definitions import Definitions

STAGING = Path(build.__file__).parent.parent / "ingest" / "staging.sql"
NOW = datetime(2026, 6, 30, 12, tzinfo=UTC).replace(tzinfo=None)


def read_model(
    records: dict[str, list[dict[str, Any]]], definitions: Definitions | None = None, now: datetime = NOW
) -> duckdb.DuckDBPyConnection:
    """Staging filled with validated records (source `s`, ids as given), facts and marts built on it."""
    con = duckdb.connect()
    con.execute(STAGING.read_text("utf-8"))
    for noun, rows in records.items():
        con.execute("insert into staging.coverage values ('s', ?)", [noun])
        for row in rows:
            values = RECORDS[noun].model_validate(row).model_dump()
            places = ", ".join("?" * (len(values) + 1))
            con.execute(
                f"insert into staging.{noun} (source, {', '.join(values)}) values ({places})", ["s", *values.values()]
            )
    build.populate(con, definitions or Definitions(), now)
    return con
