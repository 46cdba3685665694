"""How healthy the pipelines are, how long they stay broken, and which checks stop people."""

import duckdb
import polars as pl

from queries.counted import counted, with_waiting
from queries.slice import Slice
from queries.withhold import Rule, withhold


def ci_health(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Success, flakiness, re-runs, queue and duration of pipelines."""
    rules = [
        Rule("queue_seconds_median", "queue_count", 6),
        Rule("duration_seconds_median", "duration_count", 6),
        Rule("duration_seconds_p90", "duration_count", 36),
    ]
    return withhold(counted(con, "ci_health", part), rules).drop("period_end", strict=False)


def time_to_green(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Hours that a pipeline stays broken on a default branch; those still broken are not left out."""
    frame = counted(con, "time_to_green", part).drop("period_end", strict=False)
    frame = with_waiting(
        con, frame, part, durations="green_durations", column="green_hours_median", waiting="open_count"
    )
    return withhold(frame, [Rule("green_hours_median", "mended_count", 6)])


def control_friction(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Per control: runs that it stopped, and hours until the change got through; early and late after its start."""
    frame = counted(con, "control_friction", part).drop("period_end", strict=False)
    return withhold(frame, [Rule("blocked_hours_median", "passed_count", 6)])
