"""Which part of the data a question is about, and how that becomes SQL. The only place where SQL is put together."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb
import polars as pl

from queries.errors import UsageError
from queries.readmodel import frame, many, shared
from queries.sqlfile import SqlFile

_QUANTILE = re.compile(r"_(median|p75|p90)(_|$)")
_GROUP = re.compile(r"^( *)/\* group \*/\n", re.MULTILINE)
# what stands in a column that holds no text, by its name: units stand in names
_KINDS = {
    re.compile("^is_"): "boolean",
    re.compile("_at$"): "timestamp",
    re.compile("_(hours|seconds|count)$"): "double",
}
_EXAMPLES = {"boolean": "true or false", "timestamp": "a time such as 2026-01-31T09:00:00Z", "double": "a number"}
PERIODS = ("day", "week", "month", "quarter", "all")


@dataclass(frozen=True)
class Slice:
    """A part of the data: by which period, grouped by which columns, from `since` until `until` (exclusive), where
    columns have one of the given values. An empty text among the values stands for "none given".

    `costly` names the costly columns that are wanted, None all of them: a quantile sorts all its cases and a distinct
    count collects them, which is most of the cost of a question, so a page asks for those that it shows.
    """

    by: str = "all"
    group: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    costly: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.by not in PERIODS:
            raise UsageError(f"unknown period '{self.by}'; use one of {', '.join(PERIODS)}")
        if self.since and self.until and self.until <= self.since:
            raise UsageError(f"--until {self.until} is not after --since {self.since}; --until is exclusive")


@dataclass(frozen=True)
class Query:
    """SQL that runs in the read model as it stands, and the values that are bound to it."""

    sql: str
    parameters: dict[str, Any]

    def run(self, con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
        """Runs it, where the answer is short."""
        return frame(con, self.sql, self.parameters)

    def cases(self, con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
        """Runs it, where the answer has a row a case."""
        return many(con, self.sql, self.parameters)

    def shared(self, con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
        """The same, where several questions of a page stand on these cases."""
        return shared(con, self.sql, self.parameters)


def keys(file: SqlFile, part: Slice) -> list[str]:
    """The columns that an answer is grouped by, in order: period, what the metric always has, what was asked."""
    always = file.listed("always_by")
    return [*(["period"] if part.by != "all" else []), *always, *(name for name in part.group if name not in always)]


def query(file: SqlFile, part: Slice) -> Query:
    """The metric's SQL for a part of the data.

    Raises UsageError when a column is not among the metric's dimensions.
    """
    allowed = file.listed("dimensions")
    for name in (*part.group, *part.where):
        if name not in allowed:
            raise UsageError(f"{file.name} has no column '{name}' to group or filter by; it has {', '.join(allowed)}")
    columns = [
        f"cast(date_trunc('{part.by}', day) as date) as period" if name == "period" else name
        for name in keys(file, part)
    ]
    conditions, parameters = conditions_of(part, "day")
    for clause in file.header.get("defaults", "").split(";"):
        name, _, values = clause.strip().partition("=")
        # asking for a column overrides what is left out of it by default; naming a survey is asking for that survey
        chosen = {*part.where, *part.group} | ({"survey_rank"} if "survey_id" in part.where else set())
        if name == "survey_rank" and name not in chosen and (part.since or part.until):
            conditions.append(_newest_within(file, replace(part, where={})))
        elif name and name not in chosen:
            conditions.append(f"{name} in ({', '.join(_literal(value) for value in values.split(','))})")
    sql = _GROUP.sub(lambda found: "".join(f"{found[1]}{column},\n" for column in columns), file.body)
    sql = sql.replace(" /* and where */", "".join(f"\n    and {condition}" for condition in conditions))
    return Query(_without(sql, unwanted(file, part)), parameters)


def narrowed(asked: Query, columns: list[str]) -> Query:
    """The same question for some of its columns; DuckDB computes no other."""
    inner = "".join(f"    {line}\n" for line in asked.sql.splitlines())
    return replace(asked, sql=f"select {', '.join(columns)}\nfrom (\n{inner})")


def _newest_within(file: SqlFile, window: Slice) -> str:
    """The condition that leaves the newest survey of a window, by the first table that the metric reads."""
    table, (conditions, _) = re.findall(r"\bmarts\.\w+", file.body)[0], conditions_of(window, "day")
    return f"survey_rank = (select min(survey_rank) from {table} where {' and '.join(conditions)})"


def costly_of(file: SqlFile) -> tuple[str, ...]:
    """The quantiles that a metric has, and what else its header calls costly."""
    return tuple(name for name in file.columns if _QUANTILE.search(name) or name in file.listed("costly"))


def unwanted(file: SqlFile, part: Slice) -> list[str]:
    """The costly columns of a metric that a slice does without.

    Raises UsageError when it wants one that the metric does not have.
    """
    if part.costly is None:
        return []
    there = costly_of(file)
    for name in part.costly:
        if name not in there:
            raise UsageError(f"{file.name} has no costly column '{name}'; it has {', '.join(there) or 'none'}")
    return [name for name in there if name not in part.costly]


def _without(sql: str, columns: list[str]) -> str:
    """The same SQL without these columns; DuckDB then computes nothing for them."""
    if not columns:
        return sql
    inner = "".join(f"    {line}\n" if line else "\n" for line in sql.splitlines())
    return f"select columns(lambda name: name not in ({', '.join(map(_literal, columns))}))\nfrom (\n{inner})"


def conditions_of(part: Slice, time_column: str) -> tuple[list[str], dict[str, Any]]:
    """The slice's window and filters as conditions over named columns, with their bound values."""
    conditions: list[str] = []
    parameters: dict[str, Any] = {}
    if part.since:
        conditions.append(f"{time_column} >= $since")
        parameters["since"] = part.since
    if part.until:
        conditions.append(f"{time_column} < $until")
        parameters["until"] = part.until
    for name, values in part.where.items():
        kind = next((kind for pattern, kind in _KINDS.items() if pattern.search(name)), "varchar")
        parameters[name] = [_read(name, kind, value) for value in values if value or kind == "varchar"]
        column = f"cast({name} as varchar)" if kind == "varchar" else name
        tests = [f"{column} in (select unnest(cast(${name} as {kind}[])))"]
        if name.endswith("_id") and any(":" not in value for value in values):
            # ids carry their source's name; people leave it out
            tests.append(f"bare({name}) in (select unnest(cast(${name} as varchar[])))")
        if "" in values:
            tests.append(f"{name} is null")
        conditions.append(tests[0] if len(tests) == 1 else f"({' or '.join(tests)})")
    return conditions, parameters


def _read(name: str, kind: str, value: str) -> str | bool | float | datetime:
    """What a text means in a column of a kind, so that True finds what is printed as true, and -1 what is -1.0.

    Raises UsageError when it means none: nothing would ever be found.
    """
    if kind == "varchar":
        return value
    try:
        if kind == "boolean":
            return {"true": True, "1": True, "false": False, "0": False}[value.strip().lower()]
        if kind == "double":
            return float(value)
        moment = datetime.fromisoformat(value.strip())
    except (KeyError, ValueError):
        raise UsageError(f"--where {name}={value}: {name} is {_EXAMPLES[kind]}") from None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def period_end(start: date, by: str) -> date:
    """The first day after the period that starts on a day."""
    if by in {"day", "week"}:
        return start + timedelta(days=1 if by == "day" else 7)
    months = 1 if by == "month" else 3
    return date(start.year + (start.month - 1 + months) // 12, (start.month - 1 + months) % 12 + 1, 1)


def period_start(day: date, by: str) -> date:
    """The first day of the period that a day lies in; a week starts on Monday."""
    if by == "week":
        return day - timedelta(days=day.weekday())
    if by == "month":
        return day.replace(day=1)
    if by == "quarter":
        return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return day


def _literal(value: str) -> str:
    return value if value in {"true", "false"} or value.isdigit() else "'" + value.replace("'", "''") + "'"
