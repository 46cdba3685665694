"""What most metrics share: running the SQL of a slice, quiet and running periods, medians of what still waits."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import duckdb
import polars as pl

from queries import sqlfile
from queries.calendar import dense, mark_partial
from queries.clock import clock
from queries.readmodel import frame as frame_of
from queries.slice import Slice, keys, period_start, query
from queries.statistics import kaplan_meier
from queries.withhold import LEAST, quantile_rules, withhold

Answer = Callable[[duckdb.DuckDBPyConnection, Slice], pl.DataFrame]
"""What every metric is: a read model and a slice in, a frame out."""


QUANTILES = {"median": 0.5, "p75": 0.75, "p90": 0.9}
"""How the quantiles of a duration are called, and the share of cases that each holds."""


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


def counted(con: duckdb.DuckDBPyConnection, name: str, part: Slice, *, summed: Slice | None = None) -> pl.DataFrame:
    """Runs a metric's SQL and, by a period, adds the periods in which nothing happened: counts 0, the rest null.

    By a period it also adds `is_partial`, and `period_end` (exclusive) for functions that need it, which drop it.
    `summed` is the slice that the SQL adds up, where that is another which holds the same cases.
    """
    file = sql_of(name)
    frame, columns = query(file, summed or part).run(con), keys(file, part)
    if part.by != "all":
        group = [column for column in columns if column != "period"]
        until = clock(con).window_end(part.until, last_day(con, file))
        since = part.since and period_start(part.since, part.by)
        frame = dense(frame, group, column="period", by=part.by, since=since, until=until)
    if columns:
        frame = frame.sort(columns, nulls_last=True)
    return frame if part.by == "all" else mark_partial(frame, part, clock(con).clock_day)


def with_waiting(
    con: duckdb.DuckDBPyConnection,
    frame: pl.DataFrame,
    part: Slice,
    *,
    durations: str,
    stem: str,
    ended: str,
    waiting: str,
) -> pl.DataFrame:
    """Replaces quantiles by those that take what still waits as longer than so far (Kaplan-Meier).

    `durations` names the SQL file that counts them, `stem` the quantiles (`<stem>_median`, `_p75`, `_p90`), `ended` and
    `waiting` the counts of those that are over and those that wait. Where none waits the ordinary quantiles stay. Where
    too few are over or too many wait there is none, and `withheld` says so.
    """
    rules = quantile_rules(stem, ended)
    ends = [end for end in QUANTILES if f"{stem}_{end}" in frame.columns]
    if not ends or frame.is_empty() or frame[waiting].sum() == 0:
        return withhold(frame, rules)
    columns = keys(sql_of(durations), part)
    shares = {f"_{end}": QUANTILES[end] for end in ends}
    lives = query(sql_of(durations), replace(part, quantiles=None)).run(con)
    if columns:
        concerned = frame.filter(pl.col(waiting) > 0).select(columns)
        lives = lives.join(concerned, on=columns, how="semi", nulls_equal=True)
    quantiles = kaplan_meier(lives, columns, shares)
    frame = (
        frame.join(quantiles, on=columns, how="left", nulls_equal=True)
        if columns
        else frame.join(quantiles, how="cross")
        if len(quantiles)
        else frame.with_columns(pl.lit(None, dtype=pl.Float64).alias(end) for end in shares)
    )
    waits = pl.col(waiting) > 0
    undecided = [
        pl.when(waits & pl.col(f"_{end}").is_null() & (pl.col(ended) >= LEAST[end])).then(
            pl.lit(f"{stem}_{end} is not known yet: too many still wait")
        )
        for end in ends
    ]
    reason = pl.concat_str(undecided, separator="; ", ignore_nulls=True)
    known = [
        pl.when(waits).then(pl.col(f"_{end}")).otherwise(pl.col(f"{stem}_{end}")).alias(f"{stem}_{end}") for end in ends
    ]
    frame = frame.with_columns(*known, withheld=pl.when(reason != "").then(reason)).drop(list(shares))
    return withhold(frame, rules)
