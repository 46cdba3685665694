"""Dense calendars: a week in which nothing happened is a week, and counts."""

from datetime import date, timedelta

import polars as pl

from queries.slice import Slice, period_end, period_start


def dense(
    frame: pl.DataFrame, group: list[str], *, column: str, by: str, since: date | None, until: date
) -> pl.DataFrame:
    """Adds the periods that a group has no row for: its `_count` columns are 0 there, all others null.

    `column` holds the first day of each row's period. The calendar of a group starts at `since`, else at its first row,
    and ends with the last period that starts before `until`. Rows outside stay as they are.
    """
    if frame.is_empty() and (group or not since):
        return frame
    if group:
        starts = frame.group_by(group).agg(pl.col(column).min().alias("_from"))
    else:
        starts = frame.select(pl.col(column).min().alias("_from"))
    if since:
        starts = starts.with_columns(_from=pl.lit(since))
    first: date = min([*starts["_from"], until])
    calendar = pl.DataFrame({column: _starts(period_start(first, by), until, by)}, schema={column: pl.Date})
    grid = starts.join(calendar, how="cross").filter(pl.col(column) >= pl.col("_from")).drop("_from")
    on = [*group, column]
    filled = grid.join(frame, on=on, how="full", nulls_equal=True, coalesce=True)
    return filled.select(
        pl.col(name).fill_null(0) if name.endswith("_count") else pl.col(name) for name in frame.columns
    )


def mark_partial(frame: pl.DataFrame, part: Slice, clock_day: date) -> pl.DataFrame:
    """Adds `period_end` (exclusive) and `is_partial`: the period is not over, or the window cuts it."""
    ends = {start: period_end(start, part.by) for start in frame["period"].unique()}
    frame = frame.with_columns(period_end=pl.col("period").replace_strict(ends, return_dtype=pl.Date, default=None))
    cut = pl.col("period_end") > clock_day
    if part.since:
        cut = cut | (pl.col("period") < part.since)
    if part.until:
        cut = cut | (pl.col("period_end") > part.until)
    return frame.with_columns(is_partial=cut)


def first_whole_week(since: date) -> date:
    """The first Monday on or after a day."""
    return since + timedelta(days=-since.weekday() % 7)


def _starts(first: date, until: date, by: str) -> list[date]:
    starts = []
    while first < until:
        starts.append(first)
        first = period_end(first, by)
    return starts
