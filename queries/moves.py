"""What each team should do first: the slowest link of its chain, and what is missing in it."""

from dataclasses import replace
from datetime import timedelta

import duckdb
import polars as pl

from queries.clock import clock
from queries.counted import delivered, sql_of
from queries.delivery import lead_time
from queries.slice import Slice, keys, query

RECENT_DAYS = 180
LONG_HOURS = 24.0
"""A link whose median is below this is no reason to act."""
LINKS = ("coding", "review", "deploy")
_ASKED = {"coding": "smaller changes", "review": "review", "deploy": "CI/CD"}
_WAY = {
    "coding": "from the first commit until a change is opened",
    "review": "until a change is approved and merged",
    "deploy": "from merge to production",
}


def first_move(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Per team: the move, why, and the slowest measured link with its hours."""
    part = replace(part, by="all")
    file = sql_of("first_move")
    frame = query(file, replace(part, since=None, until=None)).run(con).sort(keys(file, part), nulls_last=True)
    frame = frame.with_columns(pl.col("missing").fill_null(pl.lit([], dtype=pl.List(pl.String))))
    frame = frame.join(_links(con, part), on="team_id", how="left", nulls_equal=True)
    found = [_move(row) for row in frame.iter_rows(named=True)]
    said = {name: [one[place] for one in found] for place, name in enumerate(("move", "reason", "link", "link_hours"))}
    kinds = {"move": pl.String, "reason": pl.String, "link": pl.String, "link_hours": pl.Float64}
    order = [*(name for name in keys(file, part)), *file.columns]
    return frame.with_columns(
        *(pl.Series(name, values, dtype=kinds[name]) for name, values in said.items()),
        pl.col("change_count").fill_null(0) if "change" in delivered(con) else pl.col("change_count"),
    ).select(order)


def _links(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """The medians of the three links by team, where at least 6 changes carry them."""
    recent = part if part.since or part.until else replace(part, since=clock(con).today - timedelta(days=RECENT_DAYS))
    where = {name: values for name, values in part.where.items() if name == "team_id"}
    medians = tuple(f"{link}_hours_median" for link in LINKS)
    of_teams = Slice(group=("team_id",), since=recent.since, until=recent.until, where=where, costly=medians)
    return lead_time(con, of_teams).select(
        "team_id", "change_count", *(pl.col(median).alias(median.removesuffix("_median")) for median in medians)
    )


def _move(row: dict[str, object]) -> tuple[str, str, str | None, float | None]:
    missing = set(row["missing"])  # type: ignore[call-overload]
    known = {link: hours for link in LINKS if isinstance(hours := row[f"{link}_hours"], float)}
    slowest = max(known, key=known.__getitem__, default=None)
    hours = known[slowest] if slowest else None
    if "version control" in missing:
        return "version control", "nothing can be reviewed, built or taken back without it", slowest, hours
    slow = slowest is not None and hours is not None and hours > LONG_HOURS
    why = f"the slowest link is the way {_WAY[slowest]}: half take more than {hours:.0f} hours" if slow else ""  # type: ignore[index]
    if slow and slowest == "deploy":
        return "CI/CD", why, slowest, hours
    if "monitoring" in missing:
        return "monitoring", "production is opaque: nothing tells the team before its users do", slowest, hours
    if "CI/CD" in missing:
        return "CI/CD", "every build and deployment is made by hand", slowest, hours
    if slow and slowest:
        return _ASKED[slowest], why, slowest, hours
    if slowest:
        return "none", "no link takes more than a day, and nothing is declared missing", slowest, hours
    return "measure first", "fewer than 6 changes reached production, and nothing is declared missing", None, None
