"""How healthy the pipelines are, how long they stay broken, and which checks stop people."""

from dataclasses import replace

import duckdb
import polars as pl

from queries.counted import QUANTILES, counted, sql_of, with_waiting
from queries.readmodel import once
from queries.slice import Slice, costly_of, keys, narrowed, query
from queries.statistics import counted_quantiles
from queries.withhold import quantile_rules, withhold


def ci_health(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Success, flakiness, re-runs, queue and duration of pipelines; from whole weeks where they add up to the slice."""
    # the quantiles of what is counted by week know workflows alone
    wants_quantiles = part.costly is None or part.costly
    weeks = _in_weeks(con, part, "ci_seconds" if wants_quantiles else "ci_health_weekly")
    frame = counted(con, "ci_health", part) if weeks is None else _from_weeks(con, part, weeks)
    rules = [*quantile_rules("queue_seconds", "queue_count"), *quantile_rules("duration_seconds", "duration_count")]
    return withhold(frame, rules).drop("period_end", strict=False)


_EXTENT = {
    "ci_week": "select min(first_day), max(last_day) from marts.ci_week",
    "control_week": "select min(first_day), max(last_day) from marts.control_week",
}


def _in_weeks(con: duckdb.DuckDBPyConnection, part: Slice, weekly: str, mart: str = "ci_week") -> Slice | None:
    """The slice with its ends left out where no run lies beyond; None where it is no sum of whole weeks and months, or
    the `weekly` SQL lacks one of its columns.
    """
    if part.by == "day" or not {*part.group, *part.where} <= {*sql_of(weekly).listed("dimensions")}:
        return None
    first, last = once(con, _EXTENT[mart]).row(0)
    if first is None:
        return None
    since = part.since if part.since and part.since > first else None
    until = part.until if part.until and part.until <= last else None
    whole = all(day.day == 1 or day.weekday() == 0 for day in (since, until) if day)
    return replace(part, since=since, until=until) if whole else None


def _from_weeks(con: duckdb.DuckDBPyConnection, part: Slice, weeks: Slice) -> pl.DataFrame:
    file, counts = sql_of("ci_health"), replace(weeks, costly=None)
    frame, columns = counted(con, "ci_health_weekly", part, summed=counts), keys(file, part)
    wanted = [name for name in file.columns if part.costly is None or name in part.costly]
    for measure in ("queue", "duration"):
        shares = {f"{measure}_seconds_{end}": share for end, share in QUANTILES.items()}
        shares = {name: share for name, share in shares.items() if name in wanted}
        if shares:
            values = query(sql_of("ci_seconds"), replace(counts, where={**counts.where, "measure": (measure,)}))
            found = counted_quantiles(values.cases(con), columns, shares)
            frame = (
                frame.join(found, on=columns, how="left", nulls_equal=True)
                if columns
                else frame.join(found, how="cross")
            )
    order = [*columns, *file.columns, "period_end", "is_partial"]
    return frame.select(name for name in order if name in frame.columns)


def time_to_green(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Hours that a pipeline stays broken on a default branch; those still broken are not left out."""
    frame = with_waiting(
        con,
        "time_to_green",
        part,
        stem="green_hours",
        ended="mended_count",
        waiting="open_count",
    )
    return frame.drop("period_end", strict=False)


def control_friction(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Per control: runs that it stopped, and hours until the change got through; early and late after its start."""
    weeks = _in_weeks(con, part, "control_friction_weekly", "control_week")
    frame = counted(con, "control_friction", part) if weeks is None else _friction_from_weeks(con, part, weeks)
    return withhold(frame, quantile_rules("blocked_hours", "passed_count")).drop("period_end", strict=False)


def _friction_from_weeks(con: duckdb.DuckDBPyConnection, part: Slice, weeks: Slice) -> pl.DataFrame:
    file, counts = sql_of("control_friction"), replace(weeks, costly=None)
    frame, columns = counted(con, "control_friction_weekly", part, summed=counts), keys(file, part)
    wanted = [name for name in costly_of(file) if part.costly is None or name in part.costly]
    if wanted:
        quantiles = narrowed(query(file, replace(weeks, costly=tuple(wanted))), [*columns, *wanted]).run(con)
        frame = frame.join(quantiles, on=columns, how="left", nulls_equal=True)
    order = [*columns, *file.columns, "period_end", "is_partial"]
    return frame.select(name for name in order if name in frame.columns)


def pipeline_hours(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Hours that runs took, by how they ended, and hours that they waited; from whole weeks where they add up."""
    weeks = _in_weeks(con, part, "pipeline_hours_weekly")
    name = "pipeline_hours" if weeks is None else "pipeline_hours_weekly"
    frame = counted(con, name, part, summed=weeks).drop("period_end", strict=False)
    # a period that counted no run is known to have taken no hours
    return frame.with_columns(pl.col("^.*_hours$").fill_null(0.0))
