"""What most metrics share: running the SQL of a slice, quiet and running periods, medians of what still waits."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import duckdb
import polars as pl

from queries import sqlfile
from queries.calendar import dense, mark_partial
from queries.clock import clock
from queries.readmodel import once
from queries.slice import Slice, costly_of, keys, narrowed, period_start, query
from queries.waiting import waiting_quantiles
from queries.withhold import LEAST, quantile_rules, withhold

Answer = Callable[[duckdb.DuckDBPyConnection, Slice], pl.DataFrame]
"""What every metric is: a read model and a slice in, a frame out."""


QUANTILES = {"median": 0.5, "p75": 0.75, "p90": 0.9}
"""How the quantiles of a duration are called, and the share of cases that each holds."""


_HORIZON = "select record, last_day from marts.horizon"


def sql_of(name: str) -> sqlfile.SqlFile:
    """The SQL file of a metric, or of a part of one."""
    return sqlfile.folder("metrics")[name]


def delivered(con: duckdb.DuckDBPyConnection) -> set[str]:
    """The kinds of record that a source delivers, be it none: of the others 0 would be a guess."""
    return set(once(con, _HORIZON)["record"])


def last_day(con: duckdb.DuckDBPyConnection, file: sqlfile.SqlFile) -> date:
    """Up to when the sources of a metric speak: until then a quiet week is a zero, after it nobody knows."""
    needed = [*file.listed("needs"), ""][0]
    found: date | None = dict(once(con, _HORIZON).rows()).get(needed)
    return found or clock(con).today


def counted(con: duckdb.DuckDBPyConnection, name: str, part: Slice, *, summed: Slice | None = None) -> pl.DataFrame:
    """Runs a metric's SQL and, by a period, adds the periods in which nothing happened: counts 0, the rest null.

    By a period it also adds `is_partial`, and `period_end` (exclusive) for functions that need it, which drop it.
    `summed` is the slice that the SQL adds up, where that is another which holds the same cases. What can be added up
    from days is.
    """
    file = sql_of(name)
    frame, columns = query(daily(name, part) or file, summed or part).run(con), keys(file, part)
    if part.by != "all":
        group = [column for column in columns if column != "period"]
        until = clock(con).window_end(part.until, last_day(con, file))
        since = part.since and period_start(part.since, part.by)
        frame = dense(frame, group, column="period", by=part.by, since=since, until=until)
    if columns:
        frame = frame.sort(columns, nulls_last=True)
    return frame if part.by == "all" else mark_partial(frame, part, clock(con).clock_day)


def daily(name: str, part: Slice) -> sqlfile.SqlFile | None:
    """The SQL that adds a metric up from days, where there is one that knows the slice's columns."""
    file = sqlfile.folder("metrics").get(f"{name}_daily")
    if file is None or not {*part.group, *part.where} <= {*file.listed("dimensions")}:
        return None
    costly = costly_of(sql_of(name))
    return None if costly and part.costly != () else file


def with_waiting(
    con: duckdb.DuckDBPyConnection, name: str, part: Slice, *, durations: str, stem: str, ended: str, waiting: str
) -> pl.DataFrame:
    """`counted` with quantiles that take what still waits as longer than so far (Kaplan-Meier).

    `durations` names the SQL file that lists them, `stem` the quantiles (`<stem>_median`, `_p75`, `_p90`), `ended` and
    `waiting` the counts of those that are over and those that wait. Where no group holds both they are the ordinary
    quantiles, which SQL gives. Where too few are over or too many wait there is none, and `withheld` says so.
    """
    file, rules = sql_of(name), quantile_rules(stem, ended)
    given = [f"{stem}_{end}" for end in QUANTILES]
    asked = costly_of(file) if part.costly is None else part.costly
    ends = [end for end in QUANTILES if f"{stem}_{end}" in asked]
    frame = counted(con, name, replace(part, costly=tuple(one for one in asked if one not in given)))
    if not ends:
        return withhold(frame, rules)
    columns = keys(file, part)
    shares = {f"{stem}_{end}": QUANTILES[end] for end in ends}
    if frame.select((pl.col(waiting).fill_null(0) > 0) & (pl.col(ended) > 0)).to_series().any():
        lives = query(sql_of(durations), replace(part, costly=None)).cases(con)
        found = waiting_quantiles(lives, columns, shares)
    else:
        found = narrowed(query(file, replace(part, costly=tuple(shares))), [*columns, *shares]).run(con)
    frame = frame.join(found, on=columns, how="left", nulls_equal=True) if columns else frame.hstack(found)
    order = [*columns, *file.columns]
    frame = frame.select(*[one for one in order if one in frame.columns], pl.exclude(order))
    undecided = [
        pl.when((pl.col(waiting) > 0) & pl.col(f"{stem}_{end}").is_null() & (pl.col(ended) >= LEAST[end])).then(
            pl.lit(f"{stem}_{end} is not known yet: too many still wait")
        )
        for end in ends
    ]
    reason = pl.concat_str(undecided, separator="; ", ignore_nulls=True)
    return withhold(frame.with_columns(withheld=pl.when(reason != "").then(reason)), rules)
