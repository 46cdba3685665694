"""How often, how fast and how well changes reach production: DORA's metrics, and what they cost the people."""

from dataclasses import replace

import duckdb
import polars as pl

from queries.calendar import dense, first_whole_week, mark_partial
from queries.clock import clock
from queries.counted import counted, daily, delivered, last_day, sql_of, with_waiting
from queries.errors import UsageError
from queries.slice import Slice, keys, period_start, query, unwanted
from queries.statistics import with_mean_interval
from queries.withhold import Rule, quantile_rules, withhold

NO_INCIDENTS = "not measured: no source delivers incidents"
PRODUCTION_CHANGES = ("human_change", "promotion", "config", "hotfix")
NO_CHANGES = "changes_per_deployment is not measured: no source delivers changes"


def deployment_count(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Succeeded production deployments, and the distinct models and products among those through the platform."""
    return counted(con, "deployment_count", part).drop("period_end", strict=False)


def deployment_frequency(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Days with a production change per whole week (median, weeks without any included), and changes per week.

    The interval of the mean takes the weeks as the cases.
    """
    if part.by == "day":
        raise UsageError("deployment_frequency counts whole weeks; use --by week, month, quarter or all")
    if "cause" in part.group and "cause" not in part.where:
        # to split the production changes by what they were for asks for no others; to name another does
        part = replace(part, where={**part.where, "cause": PRODUCTION_CHANGES})
    file = sql_of("deployment_frequency")
    since = part.since and first_whole_week(part.since)
    until = clock(con).whole_weeks(part.until, last_day(con, file))
    # of groups the weeks before count too: who deployed then and no longer does has weeks of none
    begin = since if since and since < until and not part.group else None
    # the SQL gives no quantile: those are of the weeks
    weekly_part = replace(part, by="all", since=begin, until=until, costly=())
    weekly = (
        query(daily(file.name, weekly_part) or file, replace(weekly_part, costly=None))
        .cases(con)
        .filter(pl.col("week") < until)
    )
    if since and not part.group:
        weekly = weekly.filter(pl.col("week") >= since)
    weeks = dense(weekly, keys(file, weekly_part), column="week", by="week", since=since, until=until)
    if since:
        weeks = weeks.filter(pl.col("week") >= since)
    if part.by != "all":
        weeks = weeks.with_columns(
            period=pl.col("week").map_elements(lambda day: period_start(day, part.by), return_dtype=pl.Date)
        )
    columns = keys(file, part)
    frame = weeks.group_by(columns).agg if columns else weeks.select
    answer = frame(
        days_per_week_median=pl.col("day_count").median(),
        days_per_week_p75=pl.col("day_count").quantile(0.75, "linear"),
        days_per_week_p90=pl.col("day_count").quantile(0.9, "linear"),
        deployments_per_week=pl.col("deployment_count").cast(pl.Float64).mean(),
        deviation=pl.col("deployment_count").cast(pl.Float64).std(),
        deployment_count=pl.col("deployment_count").sum(),
        week_count=pl.len(),
    )
    answer = with_mean_interval(answer, "deployments_per_week", "deviation", "week_count")
    if part.by != "all":
        answer = mark_partial(answer, part, clock(con).clock_day).drop("period_end")
    answer = answer.drop(unwanted(file, part))
    return answer.sort(columns, nulls_last=True) if columns else answer


def lead_time(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Hours from first commit to production, its three parts, and how many changes are left out of them."""
    frame = with_waiting(
        con,
        "lead_time",
        part,
        stem="lead_time_hours",
        ended="measured_count",
        waiting="waiting_count",
    )
    rules = [
        Rule("lead_time_hours_median_shipped", "measured_count", 6),
        *quantile_rules("coding_hours", "coding_count"),
        *quantile_rules("review_hours", "review_count"),
        *quantile_rules("deploy_hours", "change_count"),
    ]
    return withhold(frame, rules).drop("period_end", strict=False)


def lead_time_distribution(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Changes by the range of hours that their lead time falls into, and those that have waited so long."""
    return counted(con, "lead_time_distribution", part).drop("period_end", strict=False)


def change_fail_rate(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Succeeded deployments that had to be repaired, over all; null, never 0, where no source gives incidents."""
    frame = counted(con, "change_fail_rate", part)
    now = clock(con)
    last = pl.col("period_end") if part.by != "all" else pl.lit(min(part.until or now.tomorrow, now.tomorrow))
    frame = frame.with_columns(is_provisional=last > now.final_before)
    if not now.has_incidents:
        prefixes = ("failed", "linked", "inferred", "change_fail")
        unmeasured = [name for name in frame.columns if name.startswith(prefixes)]
        frame = frame.with_columns(pl.lit(None).cast(frame.schema[name]).alias(name) for name in unmeasured)
        frame = frame.with_columns(withheld=pl.lit(NO_INCIDENTS))
    return frame.drop("period_end", strict=False)


def deployment_failure_rate(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Failed over failed and succeeded attempts."""
    return counted(con, "deployment_failure_rate", part).drop("period_end", strict=False)


def recovery_time(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Hours from a deployment that led to a failure until production was whole again; open ones are not left out."""
    frame = with_waiting(
        con, "recovery_time", part, stem="recovery_hours", ended="recovered_count", waiting="open_count"
    ).drop("period_end", strict=False)
    if clock(con).has_incidents:
        return frame
    values = [name for name in frame.columns if name.startswith(("recover", "open"))]
    frame = frame.with_columns(pl.lit(None).cast(frame.schema[name]).alias(name) for name in values)
    return frame.with_columns(withheld=pl.lit(NO_INCIDENTS))


def recovery_distribution(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Failed deployments by the range of hours until production worked again, and those open so long."""
    frame = counted(con, "recovery_distribution", part).drop("period_end", strict=False)
    if clock(con).has_incidents:
        return frame
    unknown = [pl.lit(None).cast(pl.Int64).alias(name) for name in ("recovered_count", "open_count")]
    return frame.with_columns(*unknown, withheld=pl.lit(NO_INCIDENTS))


def rework_rate(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Unplanned production deployments over all that succeeded."""
    return counted(con, "rework_rate", part).drop("period_end", strict=False)


def heroics(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Work outside working hours, the weight on the busiest deployer, batch size and gaps; nothing about a person."""
    frame = counted(con, "heroics", part).drop("period_end", strict=False)
    frame = with_mean_interval(frame, "changes_per_deployment", "deviation", "deployment_count")
    if "change" not in delivered(con):
        unknown = [name for name in frame.columns if name.startswith("changes_per_deployment")]
        frame = frame.with_columns(
            *(pl.lit(None).cast(pl.Float64).alias(name) for name in unknown), withheld=pl.lit(NO_CHANGES)
        )
    rules = [
        *(
            Rule(f"busiest_deployer_ratio{end}", count, least)
            for end in ("", "_low", "_high")
            for count, least in (("deployer_count", 3), ("known_deployer_count", 13))
        ),
        *quantile_rules("gap_days", "gap_count"),
    ]
    return withhold(frame, rules)
