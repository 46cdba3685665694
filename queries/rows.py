"""The fact rows behind a figure."""

from collections.abc import Mapping
from datetime import date

import duckdb
import polars as pl

from queries import sqlfile
from queries.errors import UsageError
from queries.readmodel import many
from queries.slice import Slice, conditions_of

FACTS: dict[str, sqlfile.SqlFile] = {
    # survey answers are people's; they leave only as metrics, with small groups hidden
    name: file
    for name, file in sqlfile.folder("facts").items()
    if "time" in file.header
}


def fact_rows(
    con: duckdb.DuckDBPyConnection,
    name: str,
    since: date | None = None,
    until: date | None = None,
    where: Mapping[str, tuple[str, ...]] | None = None,
) -> pl.DataFrame:
    """Rows of a fact, oldest first, whose time (the header names the column) lies in the window of reporting days.

    Raises UsageError for an unknown fact or column.
    """
    if name not in FACTS:
        raise UsageError(f"unknown fact '{name}'; there are {', '.join(FACTS)}")
    file = FACTS[name]
    for column in where or {}:
        if column not in file.columns:
            raise UsageError(f"fact {name} has no column '{column}'; it has {', '.join(file.columns)}")
    time = file.header["time"]
    local = f"local_day({time}, (select timezone from marts.clock))"
    conditions, parameters = conditions_of(Slice(since=since, until=until, where=where or {}), local)
    condition = " and ".join(conditions) or "true"
    order = ", ".join([time, *file.listed("grain")])
    return many(con, f"from {file.table} where {condition} order by {order}", parameters)
