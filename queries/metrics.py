"""The metrics: one typed function each, from a read model and a slice to a frame. Page, command line and deck ask here.

Every answer has the columns that it is grouped by, then those that its SQL file names; by a period it also has `period`
(its first day) and `is_partial` (it still runs, or the window cuts it). A value that the data cannot carry is null, and
`withheld` says why.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

import duckdb
import polars as pl

from queries import hiding, pains, sqlfile
from queries.calendar import dense, first_whole_week, mark_partial
from queries.clock import Clock, clock
from queries.errors import UsageError
from queries.readmodel import frame as frame_of
from queries.slice import Slice, keys, period_start, query
from queries.statistics import kaplan_meier_median
from queries.withhold import Rule, unmeasured, withhold

Answer = Callable[[duckdb.DuckDBPyConnection, Slice], pl.DataFrame]


@dataclass(frozen=True)
class Metric:
    """What a metric is called, asks and means, what it can be grouped by, and the function that answers."""

    name: str
    question: str
    definition: str
    version: int
    dimensions: tuple[str, ...]
    columns: dict[str, str]
    answer: Answer


def deployment_count(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Succeeded production deployments, and the distinct models and products among those through the platform."""
    return _counted(con, "deployment_count", part)


def deployment_failure_rate(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Failed over failed and succeeded attempts."""
    return _counted(con, "deployment_failure_rate", part)


def change_fail_rate(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Succeeded deployments that had to be repaired, over all; null, never 0, where no source gives incidents."""
    frame = _counted(con, "change_fail_rate", part)
    now = clock(con)
    last = pl.col("period_end") if part.by != "all" else pl.lit(min(part.until or now.tomorrow, now.tomorrow))
    frame = frame.with_columns(is_provisional=last > now.final_before)
    if not now.has_incidents:
        prefixes = ("failed", "linked", "inferred", "change_fail")
        unmeasured = [name for name in frame.columns if name.startswith(prefixes)]
        frame = frame.with_columns(pl.lit(None).cast(frame.schema[name]).alias(name) for name in unmeasured)
        frame = frame.with_columns(withheld=pl.lit("not measured: no source delivers incidents"))
    return frame.drop("period_end", strict=False)


def deployment_frequency(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Days with a production change per whole week (median, weeks without any included), and changes per week.

    Columns after the keys: days_per_week_median, deployments_per_week, deployment_count, week_count.
    """
    if part.by == "day":
        raise UsageError("deployment_frequency counts whole weeks; use --by week, month, quarter or all")
    file = _file("deployment_frequency")
    since = part.since and first_whole_week(part.since)
    until = clock(con).whole_weeks(part.until, _last_day(con, file))
    weekly_part = replace(part, by="all", since=since if since and since < until else None, until=until)
    weekly = query(file, weekly_part).run(con).filter(pl.col("week") < until)
    if since:
        weekly = weekly.filter(pl.col("week") >= since)
    weeks = dense(weekly, keys(file, weekly_part), column="week", by="week", since=since, until=until)
    if part.by != "all":
        weeks = weeks.with_columns(
            period=pl.col("week").map_elements(lambda day: period_start(day, part.by), return_dtype=pl.Date)
        )
    columns = keys(file, part)
    frame = weeks.group_by(columns).agg if columns else weeks.select
    answer = frame(
        days_per_week_median=pl.col("day_count").median(),
        deployments_per_week=pl.col("deployment_count").cast(pl.Float64).mean(),
        deployment_count=pl.col("deployment_count").sum(),
        week_count=pl.len(),
    )
    return answer.sort(columns, nulls_last=True) if columns else answer


def lead_time(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Hours from first commit to production, its three parts, and how many changes are left out of them."""
    frame = _counted(con, "lead_time", part, finish=False)
    columns = keys(_file("lead_time"), part)
    if not frame.is_empty() and frame["waiting_count"].sum() > 0:
        durations = query(_file("lead_time_durations"), part).run(con)
        medians = kaplan_meier_median(durations, columns)
        joined = frame.join(medians, on=columns, how="left", nulls_equal=True) if columns else _beside(frame, medians)
        # without a change that waits both medians are the same; only where some wait does the curve decide
        frame = joined.with_columns(
            pl.when(pl.col("waiting_count") > 0)
            .then(pl.col("median_hours"))
            .otherwise(pl.col("lead_time_hours_median"))
            .alias("lead_time_hours_median")
        ).drop("median_hours")
    rules = [
        Rule("lead_time_hours_median", "measured_count", 6),
        Rule("lead_time_hours_median_shipped", "measured_count", 6),
        Rule("lead_time_hours_p75", "measured_count", 13),
        Rule("lead_time_hours_p90", "measured_count", 36),
        Rule("coding_hours_median", "coding_count", 6),
        Rule("review_hours_median", "review_count", 6),
        Rule("deploy_hours_median", "change_count", 6),
    ]
    withheld = withhold(frame, rules)
    undecided = pl.col("lead_time_hours_median").is_null() & pl.col("lead_time_hours_median_shipped").is_not_null()
    reason = pl.when(undecided).then(pl.lit("lead_time_hours_median is not known yet: too many changes still wait"))
    withheld = withheld.with_columns(withheld=pl.concat_str([reason, "withheld"], separator="; ", ignore_nulls=True))
    withheld = withheld.with_columns(withheld=pl.when(pl.col("withheld") != "").then(pl.col("withheld")))
    return _finish(con, withheld, "lead_time", part)


def ci_health(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Success, flakiness, re-runs, queue and duration of pipelines."""
    rules = [
        Rule("queue_seconds_median", "queue_count", 6),
        Rule("duration_seconds_median", "duration_count", 6),
        Rule("duration_seconds_p90", "duration_count", 36),
    ]
    frame = withhold(_counted(con, "ci_health", part, finish=False), rules)
    return _finish(con, frame, "ci_health", part)


def adoption_share(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Deployments through the platform over all of known path, and active over eligible teams.

    Adds eligible_team_count: teams that could use the platform by the end of the period; null where the grouping is
    not by team or domain, since eligibility belongs to teams.
    """
    frame, now = _counted(con, "adoption_share", part), clock(con)
    if not now.sees_off_platform:
        ratios = [name for name in frame.columns if name.startswith("platform_ratio")]
        reason = "no deployment round the platform was ever seen, so a share cannot be told from not looking"
        frame = frame.with_columns(
            *(pl.lit(None).cast(pl.Float64).alias(name) for name in ratios), withheld=pl.lit(reason)
        )
    return _with_eligible(con, frame, part, now).drop("period_end", strict=False)


def pain(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Per pain point and survey: respondents, share affected and mean severity, groups under the floor hidden."""
    file, columns = _file("pain"), keys(_file("pain"), part)
    frame = pains.with_severity_interval(query(file, part).run(con).sort(columns, nulls_last=True))
    view = hiding.view_of({*part.group, *part.where})
    about = {name: values for name, values in part.where.items() if name not in hiding.PEOPLE}
    asked = query(file, replace(part, by="all", group=view)).run(con)
    cells = query(file, replace(part, by="all", group=view, where=about)).run(con)
    return hiding.hide_small(frame, columns, view, cells=cells, asked=asked, floor=clock(con).min_group)


def pain_overlap(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Per pain point: users' pain against the platform's priority, and the quadrant; the newest survey unless named."""
    frame = query(_file("pain_overlap"), replace(part, by="all")).run(con)
    answer = pains.with_quadrant(frame, clock(con).min_group)
    return answer if "initiative" in _delivered(con) else pains.without_roadmap(answer)


def overlap_index(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """One row per survey: how far the platform's attention lies where the pain is, and where the rest goes."""
    return query(_file("overlap_index"), replace(part, by="all")).run(con)


def _delivered(con: duckdb.DuckDBPyConnection) -> set[str]:
    """The kinds of record that a source delivers, be it none: of the others 0 would be a guess."""
    return set(frame_of(con, "select record from marts.horizon")["record"])


def _last_day(con: duckdb.DuckDBPyConnection, file: sqlfile.SqlFile) -> date:
    """Up to when the sources of a metric's mart speak: until then a quiet week is a zero, after it nobody knows."""
    mart = file.body.partition("from marts.")[2].split()[0]
    found = frame_of(
        con, "select last_day from marts.horizon where record = $mart and last_day is not null", {"mart": mart}
    )
    return found["last_day"][0] if len(found) else clock(con).today


def _file(name: str) -> sqlfile.SqlFile:
    return sqlfile.folder("metrics")[name]


def _counted(con: duckdb.DuckDBPyConnection, name: str, part: Slice, *, finish: bool = True) -> pl.DataFrame:
    """Runs a metric's SQL and, by a period, adds the periods in which nothing happened: counts 0, the rest null."""
    file = _file(name)
    frame, columns = query(file, part).run(con), keys(file, part)
    if part.by != "all":
        group = [column for column in columns if column != "period"]
        until = clock(con).window_end(part.until, _last_day(con, file))
        since = part.since and period_start(part.since, part.by)
        frame = dense(frame, group, column="period", by=part.by, since=since, until=until)
    if columns:
        frame = frame.sort(columns, nulls_last=True)
    return _finish(con, frame, name, part) if finish else frame


def _finish(con: duckdb.DuckDBPyConnection, frame: pl.DataFrame, name: str, part: Slice) -> pl.DataFrame:
    """Marks partial periods; keeps `period_end` for the functions that need it, which drop it."""
    if part.by == "all":
        return frame
    frame = mark_partial(frame, part, clock(con).clock_day)
    return frame if name in {"change_fail_rate", "adoption_share"} else frame.drop("period_end")


def _beside(frame: pl.DataFrame, medians: pl.DataFrame) -> pl.DataFrame:
    median = medians["median_hours"][0] if len(medians) else None
    return frame.with_columns(median_hours=pl.lit(median, dtype=pl.Float64))


def _with_eligible(con: duckdb.DuckDBPyConnection, frame: pl.DataFrame, part: Slice, now: Clock) -> pl.DataFrame:
    """Counts the teams that were eligible by the end of each row's period."""
    if not {*part.group, *part.where} <= {"team_id", "domain"}:
        return frame.with_columns(eligible_team_count=pl.lit(None).cast(pl.Int64))
    group = list(part.group)
    teams = query(_file("eligible_team"), Slice(group=part.group, where=part.where)).run(con)
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


@cache
def _metrics() -> dict[str, Metric]:
    answers: list[Answer] = [
        deployment_count,
        deployment_frequency,
        lead_time,
        change_fail_rate,
        deployment_failure_rate,
        ci_health,
        adoption_share,
        pain,
        pain_overlap,
        overlap_index,
    ]
    return {answer.__name__: _describe(answer) for answer in answers}


def _describe(answer: Answer) -> Metric:
    file = _file(answer.__name__)
    header = file.header
    dimensions = file.listed("dimensions")
    return Metric(
        file.name, header["question"], header["definition"], int(header["version"]), dimensions, file.columns, answer
    )


METRICS: dict[str, Metric] = _metrics()


def ask(con: duckdb.DuckDBPyConnection, name: str, part: Slice) -> pl.DataFrame:
    """Answers a metric by name; without a source of the records that it needs, with nulls and the reason, never with 0.

    Raises UsageError when there is none of that name, or it has no such column.
    """
    if name not in METRICS:
        raise UsageError(f"unknown metric '{name}'; there are {', '.join(METRICS)}")
    answer = METRICS[name].answer(con, part)
    missing = [record for record in _file(name).listed("needs") if record not in _delivered(con)]
    return unmeasured(answer, keys(_file(name), part), missing) if missing else answer


def shown_sql(name: str, part: Slice) -> str:
    """The SQL that a metric runs for a slice, to be shown to a person; it runs in the read model as it stands."""
    return query(_file(name), part).sql
