"""A metric against the period before, or the same a year ago, and whether the change is more than noise.

One row per figure, so that a share, a count and a median stand beside each other with what can be said of each.
"""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import duckdb
import polars as pl

from queries import metrics, trends
from queries.clock import clock
from queries.counted import sql_of
from queries.errors import UsageError
from queries.readmodel import frame as read
from queries.slice import Slice, keys, period_start
from queries.trends import Change

AGAINST = ("before", "year")
_ENDS = ("_low", "_high")
_CENSUS = ("_team_count", "_model_count", "_product_count", "people_count", "headcount")
"""Counts of things that are each seen once: their difference is a fact and no estimate."""
Row = dict[str, Any]
Weeks = tuple[list[float], list[float]]
_NO_WEEKS: Weeks = ([], [])
_MEDIANS = ("_median", "_p75", "_p90", "_median_shipped")


def compare(con: duckdb.DuckDBPyConnection, name: str, part: Slice, against: str) -> pl.DataFrame:
    """Per group, period and figure: `value`, `value_before`, `change`, its 95 % range, and `is_clear`.

    Without periods the window is held against the one of the same length right before it (`before`) or the same days a
    year ago (`year`); by a period, each against the one before it or that of a year ago. `is_clear` is null where
    nobody can tell, and `withheld` says why. Raises UsageError for a metric that knows no time, or without a window.
    """
    if against not in AGAINST:
        raise UsageError(f"cannot compare with '{against}'; use one of {', '.join(AGAINST)}")
    if name not in metrics.METRICS:
        raise UsageError(f"unknown metric '{name}'; there are {', '.join(metrics.METRICS)}")
    if sql_of(name).header.get("compare") != "yes":
        raise UsageError(f"{name} is compared with no other period; use --since and --until for each")
    if part.by == "all" and not part.since:
        raise UsageError("a comparison needs a window: name its first day with --since, or a period with --by")
    if part.by == "all":
        return _windows(con, name, part, against)
    return _periods(con, name, part, against)


def earlier(since: date, until: date, against: str) -> tuple[date, date]:
    """The window to compare with: right before, or a year ago."""
    return (since - (until - since), since) if against == "before" else (_year_before(since), _year_before(until))


def first_day(con: duckdb.DuckDBPyConnection, name: str) -> date | None:
    """From when on the records of a metric are known; before it nobody knows of anything, which is no zero."""
    needed = sql_of(name).listed("needs")
    found = read(
        con, "select max(first_day) as day from marts.horizon where record in (select unnest($r))", {"r": [*needed]}
    )
    return found["day"][0]  # type: ignore[no-any-return]


def judge(column: str, then: Row, now: Row, weeks: Weeks) -> Change | None:
    """What can be said of one figure of two rows; None where one of them has no value.

    `weeks` are the figure's weekly values in both windows, earlier first: what a median is judged by.
    """
    before, value = then.get(column), now.get(column)
    if value is None or before is None:
        return None
    before_low, before_high, low, high = (row.get(column + end) for row in (then, now) for end in _ENDS)
    if before_low is not None and before_high is not None and low is not None and high is not None:
        is_share = column.endswith("_ratio")
        return trends.of_intervals(before, (before_low, before_high), value, (low, high), is_share)
    if column.endswith(_CENSUS):
        return Change(before, value, value != before)
    if column.endswith("_count"):
        return trends.of_counts(before, value)
    if column.endswith(_MEDIANS):
        return trends.of_weeks(before, value, *weeks)
    return Change(before, value, None)


def _windows(con: duckdb.DuckDBPyConnection, name: str, part: Slice, against: str) -> pl.DataFrame:
    assert part.since is not None
    now = clock(con)
    part = replace(part, until=part.until or now.tomorrow)
    since, until = earlier(part.since or now.today, part.until or now.tomorrow, against)
    then = replace(part, since=since, until=until)
    known_from = first_day(con, name)
    reason = f"the data begins on {known_from}" if known_from is None or since < known_from else None
    group = keys(sql_of(name), part)
    answer = metrics.ask(con, name, part)
    rows, figures = _by_key(answer, group), _figures(answer, group)
    rows_before = {} if reason else _by_key(metrics.ask(con, name, then), group)
    if not reason and part.until and now.tomorrow < part.until:
        reason = "the window is not over"
    weekly = [] if reason else [_weekly(con, name, one, group) for one in (then, part)]
    found = []
    for key in rows_before | rows:
        place, pair = dict(zip(group, key, strict=True)), (rows_before.get(key, {}), rows.get(key, {}))
        for column in figures:
            weeks = (weekly[0].get((key, column), []), weekly[1].get((key, column), [])) if weekly else _NO_WEEKS
            found.append(_line(place, column, pair, weeks, reason))
    return _table(found, group)


def _periods(con: duckdb.DuckDBPyConnection, name: str, part: Slice, against: str) -> pl.DataFrame:
    group = keys(sql_of(name), part)
    since = part.since and _shifted(part.since, part.by, against)
    answer = metrics.ask(con, name, replace(part, since=since))
    rows, figures = _by_key(answer, group), _figures(answer, group)
    known_from = first_day(con, name)
    found = []
    for key, row in rows.items():
        start: date = row["period"]
        if part.since and start < period_start(part.since, part.by):
            continue
        place = _shifted(start, part.by, against)
        reason = None
        if row.get("is_partial"):
            reason = "the period is not over"
        elif known_from is None or place < known_from:
            reason = f"the data begins on {known_from}"
        then = rows.get((place, *key[1:]), {})
        columns = dict(zip(group, key, strict=True))
        found += [_line(columns, column, (then, row), _NO_WEEKS, reason) for column in figures]
    return _table(found, group)


def _line(place: Row, column: str, rows: tuple[Row, Row], weeks: Weeks, reason: str | None) -> Row:
    """One figure beside its earlier self; `rows` hold the earlier one first."""
    then, row = rows
    change = None if reason else judge(column, then, row, weeks)
    value, before = row.get(column), then.get(column)
    if not reason and change is None:
        reason = row.get("withheld") or then.get("withheld") or "nothing to compare with"
    elif not reason and change and change.is_clear is None:
        reason = "too few weeks to tell it from chance" if column.endswith(_MEDIANS) else "no test for this figure"
    return {
        **place,
        "figure": column,
        "value": None if value is None else float(value),
        "value_before": None if before is None else float(before),
        "change": None if value is None or before is None else float(value) - float(before),
        "change_low": change.low if change else None,
        "change_high": change.high if change else None,
        "is_clear": change.is_clear if change else None,
        "withheld": reason,
    }


def _table(found: list[Row], group: list[str]) -> pl.DataFrame:
    numbers = ("value", "value_before", "change", "change_low", "change_high")
    schema = dict.fromkeys(numbers, pl.Float64) | {"is_clear": pl.Boolean, "withheld": pl.String}
    if not found:
        return pl.DataFrame(schema={**dict.fromkeys(group, pl.String), "figure": pl.String, **schema})
    return pl.DataFrame(found, schema_overrides=schema, infer_schema_length=None)


def _by_key(answer: pl.DataFrame, group: list[str]) -> dict[tuple[Any, ...], Row]:
    return {tuple(row[name] for name in group): row for row in answer.iter_rows(named=True)}


def _figures(answer: pl.DataFrame, group: list[str]) -> list[str]:
    """The columns of an answer that are figures; their intervals stand beside them."""
    return [
        name
        for name, kind in answer.schema.items()
        if kind.is_numeric() and name not in group and not name.endswith(_ENDS)
    ]


def _weekly(
    con: duckdb.DuckDBPyConnection, name: str, part: Slice, group: list[str]
) -> dict[tuple[tuple[Any, ...], str], list[float]]:
    """The values of the whole weeks of a window, of each figure that is a median, by group and figure."""
    medians = [column for column in sql_of(name).columns if column.endswith(_MEDIANS)]
    found: dict[tuple[tuple[Any, ...], str], list[float]] = {}
    for row in metrics.ask(con, name, replace(part, by="week")).to_dicts() if medians else []:
        key = tuple(row[column] for column in group)
        for column in medians:
            if row.get(column) is not None and not row["is_partial"]:
                found.setdefault((key, column), []).append(row[column])
    return found


def _shifted(start: date, by: str, against: str) -> date:
    """The first day of the period to compare with. A year of days or weeks is 52 weeks, so that weekdays meet."""
    if by in {"day", "week"}:
        return start - timedelta(days={"day": 1, "week": 7}[by] if against == "before" else 364)
    months = 12 if against == "year" else {"month": 1, "quarter": 3}[by]
    place = start.year * 12 + start.month - 1 - months
    return date(place // 12, place % 12 + 1, 1) if start.day == 1 else _same_day(place, start.day)


def _year_before(day: date) -> date:
    """The same day of the year before; of 29 February the day before it."""
    return _same_day((day.year - 1) * 12 + day.month - 1, day.day)


def _same_day(month: int, day: int) -> date:
    """A day of a month counted from year 0, or the month's last where it has none such."""
    following = date((month + 1) // 12, (month + 1) % 12 + 1, 1)
    return date(month // 12, month % 12 + 1, min(day, (following - timedelta(days=1)).day))
