"""What the figures say of a pain: the metric that it names, team by team, beside what people say and over time."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import duckdb
import polars as pl

from queries import adoption, delivery, pipelines
from queries.counted import Answer, sql_of
from queries.slice import Slice, costly_of, query
from queries.statistics import probability_as_many

LEAST_TEAMS = 4
"""With fewer measured teams there is no middle to compare with."""
CHANCE = 0.05
_BY_TEAM = ("team_id",)


@dataclass(frozen=True)
class Measure:
    """How a metric becomes one number per team, whether more of it is worse, and what it is in words."""

    answer: Callable[[duckdb.DuckDBPyConnection, Slice], pl.DataFrame]
    value: pl.Expr
    more_is_worse: bool
    unit: str


def _column(answer: Answer, name: str, unit: str, *, more_is_worse: bool = True) -> Measure:
    costly = tuple(one for one in costly_of(sql_of(answer.__name__)) if one == name)

    def of_column(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
        return answer(con, replace(part, costly=costly))

    return Measure(of_column, pl.col(name), more_is_worse, unit)


def _part(name: str, unit: str) -> Measure:
    """A measure that no metric gives by team."""

    def answer(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
        of_measure = Slice(group=part.group, since=part.since, until=part.until, where={"measure": (name,)})
        return query(sql_of("evidence"), of_measure).run(con)

    return Measure(answer, pl.col("amount"), True, unit)


def _friction(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    found = pipelines.control_friction(con, part).group_by("team_id")
    return found.agg(amount=pl.col("blocked_count").sum() / pl.col("run_count").sum())


_WAIT = _part("approval_wait", "hours that a deployment waits for approval")
_DETECTION = _part("detection", "share of incidents that a customer found first")
MEASURES: dict[str, Measure] = {
    "lead_time": _column(delivery.lead_time, "lead_time_hours_median", "hours from first commit to production"),
    "approval_wait": _WAIT,
    "approval_trust": _WAIT,
    "detection": _DETECTION,
    "monitoring": _DETECTION,
    "ci_health": _column(
        pipelines.ci_health, "success_ratio", "share of pipeline runs that succeed", more_is_worse=False
    ),
    "change_fail_rate": _column(delivery.change_fail_rate, "change_fail_ratio", "share of deployments that fail users"),
    "deployment_failure_rate": _column(
        delivery.deployment_failure_rate, "failure_ratio", "share of deployment attempts that fail"
    ),
    "recovery_time": _column(delivery.recovery_time, "recovery_hours_median", "hours until production works again"),
    "rework_rate": _column(delivery.rework_rate, "rework_ratio", "share of deployments that repair production"),
    "time_to_green": _column(pipelines.time_to_green, "green_hours_median", "hours that a pipeline stays broken"),
    "control_friction": Measure(_friction, pl.col("amount"), True, "share of runs that a check stops"),
    "deployment_frequency": _column(
        delivery.deployment_frequency, "deployments_per_week", "deployments a week", more_is_worse=False
    ),
    "time_to_first_deployment": _column(
        adoption.time_to_first_deployment, "first_days_median", "days from onboarding to the first deployment"
    ),
}
"""What a pain point may name as `evidence_metric`; `capability` with the name of a surface is another."""


def measure_of(name: str | None) -> Measure | None:
    """The measure that a pain names; None where it names none, or one that is not measured by team."""
    if name is None:
        return None
    word, _, surface = name.partition(" ")
    if word in {"capability", "capability_coverage"} and surface:
        return _capability(surface)
    return MEASURES.get(name)


def _capability(surface: str) -> Measure:
    def answer(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
        found = adoption.capability_coverage(con, Slice(group=part.group))
        meant = adoption.surface_key(pl.col("capability")) == adoption.surface_key(pl.lit(surface))
        known = found.filter(meant, pl.col("strategic_count") + pl.col("tactical_count") + pl.col("missing_count") > 0)
        return known.with_columns(amount=pl.col("missing_count") + 0.5 * pl.col("tactical_count"))

    return Measure(answer, pl.col("amount"), True, f"lack of {surface}: 1 missing, 0.5 a stopgap, 0 in place")


def by_team(con: duckdb.DuckDBPyConnection, measure: Measure, since: date, until: date) -> dict[str, float]:
    """Team -> what a measure says of it in a window, for the teams that it says anything of."""
    frame = measure.answer(con, Slice(group=_BY_TEAM, since=since, until=until))
    found = frame.select("team_id", measure.value.cast(pl.Float64).alias("value")).drop_nulls()
    return dict(zip(found["team_id"], found["value"], strict=True))


def verdict(affected: float, measured: float | None, middle: float | None, reach: float, *, more_is_worse: bool) -> str:
    """Whether a measurement confirms a claim: no better than the middle team where at least `reach` are affected."""
    if measured is None or middle is None:
        return "unmeasured"
    if affected < reach:
        return "no claim"
    better = measured < middle if more_is_worse else measured > middle
    return "contradicted" if better else "confirmed"


def leaning(more: int, of: int) -> int:
    """1 when more of so many than chance would have, -1 when fewer, else 0 (sign test)."""
    if of and probability_as_many(more, of, 0.5) <= CHANCE:
        return 1
    return -1 if of and probability_as_many(of - more, of, 0.5) <= CHANCE else 0
