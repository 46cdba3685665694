"""What most metrics share: running the SQL of a slice, quiet and running periods, medians of what still waits."""

from collections.abc import Callable
from datetime import date

import duckdb
import polars as pl

from queries import sqlfile
from queries.calendar import dense, mark_partial
from queries.clock import clock
from queries.readmodel import frame as frame_of
from queries.slice import Slice, keys, period_start, query
from queries.statistics import kaplan_meier_median

Answer = Callable[[duckdb.DuckDBPyConnection, Slice], pl.DataFrame]
"""What every metric is: a read model and a slice in, a frame out."""


def sql_of(name: str) -> sqlfile.SqlFile:
    """The SQL file of a metric, or of a part of one."""
    return sqlfile.folder("metrics")[name]


def delivered(con: duckdb.DuckDBPyConnection) -> set[str]:
    """The kinds of record that a source delivers, be it none: of the others 0 would be a guess."""
    return set(frame_of(con, "select record from marts.horizon")["record"])


def last_day(con: duckdb.DuckDBPyConnection, file: sqlfile.SqlFile) -> date:
    """Up to when the sources of a metric speak: until then a quiet week is a zero, after it nobody knows."""
    needed = [*file.listed("needs"), ""][0]
    found = frame_of(
        con, "select last_day from marts.horizon where record = $needed and last_day is not null", {"needed": needed}
    )
    return found["last_day"][0] if len(found) else clock(con).today


def counted(con: duckdb.DuckDBPyConnection, name: str, part: Slice) -> pl.DataFrame:
    """Runs a metric's SQL and, by a period, adds the periods in which nothing happened: counts 0, the rest null.

    By a period it also adds `is_partial`, and `period_end` (exclusive) for functions that need it, which drop it.
    """
    file = sql_of(name)
    frame, columns = query(file, part).run(con), keys(file, part)
    if part.by != "all":
        group = [column for column in columns if column != "period"]
        until = clock(con).window_end(part.until, last_day(con, file))
        since = part.since and period_start(part.since, part.by)
        frame = dense(frame, group, column="period", by=part.by, since=since, until=until)
    if columns:
        frame = frame.sort(columns, nulls_last=True)
    return frame if part.by == "all" else mark_partial(frame, part, clock(con).clock_day)


def with_waiting(
    con: duckdb.DuckDBPyConnection, frame: pl.DataFrame, part: Slice, *, durations: str, column: str, waiting: str
) -> pl.DataFrame:
    """Replaces a median by one that takes what still waits as longer than so far (Kaplan-Meier).

    `durations` names the SQL file that counts them, `column` the median and `waiting` the count of those that wait.
    Where none waits both medians are the same, and the ordinary one stays. Where too many wait there is none, and
    `withheld` says so.
    """
    if frame.is_empty() or frame[waiting].sum() == 0:
        return frame
    columns = keys(sql_of(durations), part)
    medians = kaplan_meier_median(query(sql_of(durations), part).run(con), columns)
    if columns:
        frame = frame.join(medians, on=columns, how="left", nulls_equal=True)
    else:
        median = medians["median"][0] if len(medians) else None
        frame = frame.with_columns(median=pl.lit(median, dtype=pl.Float64))
    undecided = (pl.col(waiting) > 0) & pl.col("median").is_null() & pl.col(column).is_not_null()
    reason = pl.when(undecided).then(pl.lit(f"{column} is not known yet: too many still wait"))
    return frame.with_columns(
        pl.when(pl.col(waiting) > 0).then(pl.col("median")).otherwise(pl.col(column)).alias(column), withheld=reason
    ).drop("median")
