"""Who uses the platform, who stayed and who went quiet."""

from dataclasses import replace

import duckdb
import polars as pl

from queries.clock import Clock, clock
from queries.counted import counted, sql_of, with_waiting
from queries.readmodel import once
from queries.slice import Slice, keys, query
from queries.statistics import with_ratio_interval
from queries.waiting import kaplan_meier_share
from queries.withhold import quantile_rules, withhold


def adoption_share(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Deployments through the platform over all of known path, active over eligible teams, people over headcount.

    Eligible is who could use the platform by the end of the period. Null where the grouping is not by team or domain,
    since eligibility belongs to teams.
    """
    frame, now = counted(con, "adoption_share", part), clock(con)
    if not now.sees_off_platform:
        ratios = [name for name in frame.columns if name.startswith("platform_ratio")]
        reason = "no deployment round the platform was ever seen, so a share cannot be told from not looking"
        frame = frame.with_columns(
            *(pl.lit(None).cast(pl.Float64).alias(name) for name in ratios), withheld=pl.lit(reason)
        )
    frame = _with_people(con, _with_eligible(con, frame, part, now), part)
    return _without_few(frame, now.min_group).drop("period_end", strict=False)


def adoption_funnel(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Teams at each stage up to now, and the first day of each; a funnel has no periods, so the window is ignored."""
    return _as_of_now(con, "adoption_funnel", part)


def retention(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Per month of first deployment and month since: teams, and those active again. Its periods are its months."""
    whole = replace(part, by="all")
    return query(sql_of("retention"), whole).run(con).sort(keys(sql_of("retention"), whole), nulls_last=True)


def time_to_first_deployment(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Days from being onboarded to the first production deployment; teams that still wait are not left out."""
    frame = with_waiting(
        con,
        "time_to_first_deployment",
        part,
        stem="first_days",
        ended="deployed_count",
        waiting="waiting_count",
    )
    return frame.drop("period_end", strict=False)


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


def surface_key(capability: pl.Expr) -> pl.Expr:
    """What makes spellings of a surface one: version_control is "version control", ci-cd is "ci/cd".

    The macro of the same name does this in SQL.
    """
    spelling = capability.str.strip_chars().str.to_lowercase()
    return spelling.str.replace("^ci[ _/-]?cd$", "ci/cd").str.replace_all("[ _-]+", " ")


def _as_of_now(con: duckdb.DuckDBPyConnection, name: str, part: Slice) -> pl.DataFrame:
    """The answer of a metric that has no periods."""
    now = replace(part, by="all", since=None, until=None)
    columns = keys(sql_of(name), now)
    frame = query(sql_of(name), now).run(con)
    return frame.sort(columns, nulls_last=True) if columns else frame


def _with_eligible(con: duckdb.DuckDBPyConnection, frame: pl.DataFrame, part: Slice, now: Clock) -> pl.DataFrame:
    """Counts the teams, and the people in them, that were eligible by the end of each row's period."""
    if not {*part.group, *part.where} <= {"team_id", "domain"}:
        unknown = pl.lit(None).cast(pl.Int64)
        return frame.with_columns(eligible_team_count=unknown, people_count=unknown, eligible_headcount=unknown)
    group = list(part.group)
    teams = query(sql_of("eligible_team"), Slice(group=part.group, where=part.where)).run(con)
    last = pl.col("period_end") if part.by != "all" else pl.lit(min(part.until or now.tomorrow, now.tomorrow))
    rows = frame.with_columns(_last=last).with_row_index("_row")
    eligible = rows.join(teams, on=group, how="left", nulls_equal=True) if group else rows.join(teams, how="cross")
    counted = (
        eligible.filter(pl.col("eligible_day") < pl.col("_last"))
        .group_by("_row")
        .agg(
            pl.col("team_count").sum().alias("eligible_team_count"),
            pl.col("headcount").sum().alias("eligible_headcount"),
        )
    )
    return (
        rows.join(counted, on="_row", how="left")
        .with_columns(
            pl.col("eligible_team_count").fill_null(0).cast(pl.Int64),
            # people are counted after these
            people_count=pl.lit(None).cast(pl.Int64),
            eligible_headcount=pl.when(pl.col("eligible_headcount") > 0).then(pl.col("eligible_headcount")),
        )
        .sort("_row")
        .drop("_row", "_last")
    )


def _with_people(con: duckdb.DuckDBPyConnection, frame: pl.DataFrame, part: Slice) -> pl.DataFrame:
    """Counts the people seen in each row's period; null where no headcount is known, or nobody is ever named."""
    names = once(con, "select count(*) > 0 as any_named from marts.platform_user")["any_named"][0]
    if names and frame["eligible_headcount"].count():
        columns = keys(sql_of("platform_people"), part)
        seen = query(sql_of("platform_people"), replace(part, costly=None)).run(con).rename({"people_count": "_seen"})
        rows = frame.join(seen, on=columns, how="left", nulls_equal=True, maintain_order="left") if columns else None
        frame = rows if rows is not None else frame.join(seen, how="cross")
        known = pl.col("eligible_headcount").is_not_null()
        frame = frame.with_columns(people_count=pl.when(known).then(pl.col("_seen").fill_null(0))).drop("_seen")
    return with_ratio_interval(frame, "people_ratio", "people_count", "eligible_headcount")


def _without_few(frame: pl.DataFrame, floor: int) -> pl.DataFrame:
    """Holds back who of few people uses the platform, and a share that a headcount out of date makes more than all."""
    few = pl.col("eligible_headcount") < floor
    more = pl.col("people_count") > pl.col("eligible_headcount")
    reason = (
        pl.when(few)
        .then(pl.lit(f"people_count needs a headcount of {floor}"))
        .when(more)
        .then(pl.lit("people_ratio is not shown: more people were seen than the teams have"))
    )
    given = [pl.col("withheld")] if "withheld" in frame.columns else []
    text = pl.concat_str([*given, reason], separator="; ", ignore_nulls=True)
    ratios = [name for name in frame.columns if name.startswith("people_ratio")]
    return frame.with_columns(
        pl.when(~few).then(pl.col("people_count")).alias("people_count"),
        *(pl.when(~few & ~more).then(pl.col(name)).alias(name) for name in ratios),
        withheld=pl.when(text != "").then(text),
    )
