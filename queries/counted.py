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
from queries.slice import Slice, costly_of, keys, period_start, query
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
    con: duckdb.DuckDBPyConnection, name: str, part: Slice, *, stem: str, ended: str, waiting: str
) -> pl.DataFrame:
    """`counted` with quantiles that take what still waits as longer than so far (Kaplan-Meier).

    They are those of the metric's cases, one row each: of their `length`, called `<stem>_median`, `_p75` and `_p90`,
    and the ordinary ones of what further columns they have. `ended` and `waiting` count those that are over and those
    that wait. Where too few are over or too many wait there is none, and `withheld` says so.
    """
    file, rules = sql_of(name), quantile_rules(stem, ended)
    asked = costly_of(file) if part.costly is None else part.costly
    cases = sql_of(file.header["cases"])
    parts = [column for column in cases.columns if column not in {"length", "is_waiting"}]
    of_cases = {f"{column}_{end}": (column, share) for column in (stem, *parts) for end, share in QUANTILES.items()}
    wanted = [one for one in of_cases if one in asked]
    frame = counted(con, name, replace(part, costly=tuple(one for one in asked if one not in of_cases)))
    if not wanted:
        return withhold(frame, rules)
    columns, ends = keys(file, part), [end for end in QUANTILES if f"{stem}_{end}" in asked]
    found = waiting_quantiles(
        _cases(con, cases, part),
        columns,
        {f"{stem}_{end}": QUANTILES[end] for end in ends},
        {one: of_cases[one] for one in wanted if of_cases[one][0] != stem},
    )
    frame = frame.join(found, on=columns, how="left", nulls_equal=True) if columns else frame.hstack(found)
    order = [*columns, *file.columns]
    frame = frame.select(*[one for one in order if one in frame.columns], pl.exclude(order))
    undecided = [
        pl.when((pl.col(waiting) > 0) & pl.col(f"{stem}_{end}").is_null() & (pl.col(ended) >= LEAST[end])).then(
            pl.lit(f"{stem}_{end} is not known yet: too many still wait")
        )
        for end in ends
    ]
    reason = pl.concat_str(*undecided, pl.lit(None, dtype=pl.String), separator="; ", ignore_nulls=True)
    return withhold(frame.with_columns(withheld=pl.when(reason != "").then(reason)), rules)


_EVERY = {"day": "1d", "week": "1w", "month": "1mo", "quarter": "1q"}


def _cases(con: duckdb.DuckDBPyConnection, file: sqlfile.SqlFile, part: Slice) -> pl.DataFrame:
    """One row a case, with its day and what pages split by: the questions of a page that differ in these share it."""
    group = tuple(name for name in part.group if name not in file.listed("always_by"))
    cases = query(file, replace(part, by="all", group=group, costly=None)).shared(con)
    if part.by == "all" or cases.is_empty():
        return cases.with_columns(period=pl.col("day"))
    # cut by day, of which there are few, and not by case
    first, last = cases.select(first=pl.col("day").min(), last=pl.col("day").max()).row(0)
    periods = pl.date_range(first, last, eager=True).dt.truncate(_EVERY[part.by])
    return cases.with_columns(period=periods.gather((cases["day"] - first).dt.total_days()))
