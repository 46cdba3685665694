"""Who uses the platform, who stayed and who went quiet."""

from dataclasses import replace

import duckdb
import polars as pl

from queries.clock import Clock, clock
from queries.counted import counted, sql_of, with_waiting
from queries.slice import Slice, keys, query
from queries.statistics import kaplan_meier_share
from queries.withhold import quantile_rules, withhold


def adoption_share(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Deployments through the platform over all of known path, and active over eligible teams.

    Adds eligible_team_count: teams that could use the platform by the end of the period; null where the grouping is
    not by team or domain, since eligibility belongs to teams.
    """
    frame, now = counted(con, "adoption_share", part), clock(con)
    if not now.sees_off_platform:
        ratios = [name for name in frame.columns if name.startswith("platform_ratio")]
        reason = "no deployment round the platform was ever seen, so a share cannot be told from not looking"
        frame = frame.with_columns(
            *(pl.lit(None).cast(pl.Float64).alias(name) for name in ratios), withheld=pl.lit(reason)
        )
    return _with_eligible(con, frame, part, now).drop("period_end", strict=False)


def adoption_funnel(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Teams at each stage up to now, and the first day of each; a funnel has no periods, so the window is ignored."""
    return _as_of_now(con, "adoption_funnel", part)


def retention(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Per month of first deployment and month since: teams, and those active again. Its periods are its months."""
    whole = replace(part, by="all")
    return query(sql_of("retention"), whole).run(con).sort(keys(sql_of("retention"), whole), nulls_last=True)


def time_to_first_deployment(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Days from being onboarded to the first production deployment; teams that still wait are not left out."""
    frame = counted(con, "time_to_first_deployment", part).drop("period_end", strict=False)
    return with_waiting(
        con,
        frame,
        part,
        durations="first_durations",
        stem="first_days",
        ended="deployed_count",
        waiting="waiting_count",
    )


def first_deployment_curve(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Share of teams that have deployed so many days after being onboarded; as of now, so the window is ignored."""
    name = "first_deployment_curve"
    frame = _as_of_now(con, name, part)
    curve = kaplan_meier_share(
        frame, [key for key in keys(sql_of(name), replace(part, by="all")) if key != "day_count"]
    )
    counts = ["at_risk_count", "deployed_count", "waiting_count"]
    ratios = ["deployed_ratio", "deployed_ratio_low", "deployed_ratio_high"]
    return curve.select(*[key for key in frame.columns if key not in counts], *counts, *ratios)


def capability_coverage(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Teams by what they have of each surface, declared and seen; as of now, so the window is ignored."""
    frame = _as_of_now(con, "capability_coverage", part)
    return withhold(frame, quantile_rules("tactical_days", "dated_count"))


def _as_of_now(con: duckdb.DuckDBPyConnection, name: str, part: Slice) -> pl.DataFrame:
    """The answer of a metric that has no periods."""
    now = replace(part, by="all", since=None, until=None)
    columns = keys(sql_of(name), now)
    frame = query(sql_of(name), now).run(con)
    return frame.sort(columns, nulls_last=True) if columns else frame


def _with_eligible(con: duckdb.DuckDBPyConnection, frame: pl.DataFrame, part: Slice, now: Clock) -> pl.DataFrame:
    """Counts the teams that were eligible by the end of each row's period."""
    if not {*part.group, *part.where} <= {"team_id", "domain"}:
        return frame.with_columns(eligible_team_count=pl.lit(None).cast(pl.Int64))
    group = list(part.group)
    teams = query(sql_of("eligible_team"), Slice(group=part.group, where=part.where)).run(con)
    last = pl.col("period_end") if part.by != "all" else pl.lit(min(part.until or now.tomorrow, now.tomorrow))
    rows = frame.with_columns(_last=last).with_row_index("_row")
    eligible = rows.join(teams, on=group, how="left", nulls_equal=True) if group else rows.join(teams, how="cross")
    counted = (
        eligible.filter(pl.col("eligible_day") < pl.col("_last"))
        .group_by("_row")
        .agg(eligible_team_count=pl.col("team_count").sum())
    )
    return (
        rows.join(counted, on="_row", how="left")
        .with_columns(pl.col("eligible_team_count").fill_null(0).cast(pl.Int64))
        .sort("_row")
        .drop("_row", "_last")
    )
