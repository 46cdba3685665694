"""Who to call: teams that went quiet, wait for their first deployment, or are new. Pure: rows in, words out."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import polars as pl

from app import words

NEW_DAYS = 31
"""So long a team is called new."""
Row = Mapping[str, Any]


def went_quiet(teams: pl.DataFrame) -> pl.DataFrame:
    """Teams with no change through the platform for longer than their own rhythm allows, the latest to stop first."""
    return teams.filter(pl.col("lapsed_count") > 0).sort(["lapsed_day", "team_id"], descending=[True, False])


def still_waiting(teams: pl.DataFrame) -> pl.DataFrame:
    """Teams that were onboarded and have not deployed to production through the platform, the longest wait first."""
    waiting = (pl.col("onboarded_count") > 0) & (pl.col("first_deployment_count") == 0)
    return teams.filter(waiting).sort(["onboarded_day", "team_id"])


def new(teams: pl.DataFrame, today: date) -> pl.DataFrame:
    """Teams that were onboarded or deployed for the first time in the last month, the latest first."""
    since = today - timedelta(days=NEW_DAYS)
    latest = pl.max_horizontal(
        *(pl.when(pl.col(day) > since).then(pl.col(day)) for day in ("onboarded_day", "first_deployment_day"))
    )
    return (
        teams.with_columns(_latest=latest)
        .filter(pl.col("_latest").is_not_null())
        .sort(["_latest", "team_id"], descending=[True, False])
        .drop("_latest")
    )


def why_quiet(row: Row, today: date) -> str:
    """Last deployment, how long ago, against the team's own rhythm."""
    last = row["last_deployment_day"]
    said = f"Last deployed {words.day(last)}, {words.plural((today - last).days, 'day')} ago"
    gap = row["usual_gap_days"]
    if gap is None:
        return f"{said}; it deployed too seldom to have a rhythm of its own."
    times = (today - last).days / max(gap, 1)
    often = f"{said}; before that a change came every {words.plural(gap, 'day')}" if gap > 1 else (
        f"{said}; before that a change came every day"
    )  # fmt: skip
    return f"{often}, so this is {'twice' if round(times) == 2 else f'{words.number(round(times))} times'} as long."


def why_waiting(row: Row, today: date, median: float | None) -> str:
    """How long a team has waited since it was onboarded, against the others."""
    days = (today - row["onboarded_day"]).days
    said = f"Onboarded {words.day(row['onboarded_day'])}, {words.plural(days, 'day')} ago"
    seen = "; pipelines have run through the platform" if row["first_run_count"] else "; nothing has run yet"
    # a median below 0 comes of teams that deployed before they were onboarded, and helps nobody who waits
    known = median is not None and median > 0
    usual = f". Half of the teams take {words.plural(round(median or 0), 'day')}" if known else ""
    return f"{said}{seen}{usual}."


def why_new(row: Row, today: date) -> str:
    """What happened lately."""
    since = today - timedelta(days=NEW_DAYS)
    events = (("onboarded", row["onboarded_day"]), ("first production deployment", row["first_deployment_day"]))
    happened = [f"{what} {words.day(day)}" for what, day in events if day is not None and day > since]
    return words.sentence(words.listed(happened))


def of_one(row: Row) -> str:
    """The same of one team as a verb with its object: "deploys through it nearly every week"."""
    said = {
        "went quiet": "deployed through it and went quiet",
        "deploys nearly every week": "deploys through it nearly every week",
        "deploys": "deploys through it, though not in most weeks",
        "has run something": "has run something on it, but deployed nothing to production",
        "onboarded": "is onboarded, and nothing has run on it yet",
        "not yet": "does not use it yet",
    }
    return said[stage(row)]


def stage(row: Row) -> str:
    """The furthest that a team has come, and whether it has stopped."""
    if row["lapsed_count"]:
        return "went quiet"
    if row["habitual_count"]:
        return "deploys nearly every week"
    if row["first_deployment_count"]:
        return "deploys"
    if row["first_run_count"]:
        return "has run something"
    return "onboarded" if row["onboarded_count"] else "not yet"
