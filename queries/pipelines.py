"""How healthy the pipelines are, how long they stay broken, and which checks stop people."""

import duckdb
import polars as pl

from queries.counted import counted, with_waiting
from queries.slice import Slice
from queries.withhold import quantile_rules, withhold


def ci_health(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Success, flakiness, re-runs, queue and duration of pipelines."""
    rules = [*quantile_rules("queue_seconds", "queue_count"), *quantile_rules("duration_seconds", "duration_count")]
    return withhold(counted(con, "ci_health", part), rules).drop("period_end", strict=False)


def time_to_green(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Hours that a pipeline stays broken on a default branch; those still broken are not left out."""
    frame = counted(con, "time_to_green", part).drop("period_end", strict=False)
    return with_waiting(
        con, frame, part, durations="green_durations", stem="green_hours", ended="mended_count", waiting="open_count"
    )


def control_friction(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Per control: runs that it stopped, and hours until the change got through; early and late after its start."""
    frame = counted(con, "control_friction", part).drop("period_end", strict=False)
    return withhold(frame, quantile_rules("blocked_hours", "passed_count"))
