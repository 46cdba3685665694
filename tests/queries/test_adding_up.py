"""What holds of every metric whatever the data: windows and groups add up, filters commute, any combination answers."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queries import metrics
from queries.errors import UsageError
from queries.slice import PERIODS, Slice, keys, period_end
from queries.sqlfile import folder
from tests.queries.conftest import END, START, Simulated

ADDITIVE = {
    "deployment_count": ["deployment_count"],
    "change_fail_rate": ["deployment_count", "failed_count", "linked_count", "inferred_count"],
    "deployment_failure_rate": ["attempt_count", "failed_count"],
    "lead_time": ["change_count", "measured_count", "unlinked_count", "waiting_count", "negative_count"],
    "lead_time_distribution": ["change_count", "waiting_count"],
    "recovery_time": ["recovered_count", "open_count"],
    "recovery_distribution": ["recovered_count", "open_count"],
    "rework_rate": ["deployment_count", "rework_count"],
    "ci_health": [
        *("run_count", "success_count", "failure_count", "timed_out_count", "cancelled_count", "rerun_count"),
        *("flaky_count", "first_count", "queue_count", "duration_count"),
    ],
    "time_to_green": ["mended_count", "open_count", "failure_count"],
    "control_friction": [
        "run_count",
        "blocked_count",
        "passed_count",
        "open_count",
        "early_run_count",
        "late_run_count",
    ],
    "adoption_share": ["platform_count", "known_path_count", "unknown_path_count"],
    "time_to_first_deployment": ["team_count", "deployed_count", "waiting_count"],
    "heroics": [
        *(
            "deployment_count",
            "off_hours_count",
            "fix_count",
            "fix_off_hours_count",
            "known_deployer_count",
            "gap_count",
        ),
    ],
}
"""Counts of what has one day and one group each; what is counted once each (teams, models) does not add up."""
TIMELESS = {
    "adoption_funnel": [
        *(
            "eligible_count",
            "onboarded_count",
            "first_run_count",
            "first_deployment_count",
            "habitual_count",
            "lapsed_count",
        ),
    ],
    "retention": ["team_count", "active_count"],
}
"""Counts of teams as of now, by which groups pool although there are no windows."""
RATIOS = {
    "change_fail_rate": [("change_fail_ratio", "failed_count", "deployment_count")],
    "deployment_failure_rate": [("failure_ratio", "failed_count", "attempt_count")],
    "rework_rate": [("rework_ratio", "rework_count", "deployment_count")],
    "ci_health": [
        ("success_ratio", "success_count", "run_count"),
        ("rerun_ratio", "rerun_count", "run_count"),
        ("flaky_ratio", "flaky_count", "run_count"),
    ],
    "control_friction": [("blocked_ratio", "blocked_count", "run_count")],
    "adoption_share": [("platform_ratio", "platform_count", "known_path_count")],
    "heroics": [
        ("off_hours_ratio", "off_hours_count", "deployment_count"),
        ("fix_off_hours_ratio", "fix_off_hours_count", "fix_count"),
    ],
}
OVERRIDING = {"environment_class", "is_bot", "cause", "link_method"}
"""Columns by which a metric leaves something out unless they are asked for."""
DAYS = st.dates(START - timedelta(days=10), END + timedelta(days=10))
QUICK = settings(max_examples=6, deadline=None, derandomize=True)


def counts(con: duckdb.DuckDBPyConnection, name: str, part: Slice) -> dict[str, int]:
    return metrics.ask(con, name, part).select(pl.col((ADDITIVE | TIMELESS)[name]).sum()).row(0, named=True)


@pytest.mark.parametrize("name", ADDITIVE)
def test_counts_of_two_windows_add_up_to_those_of_both(name: str, simulated: Simulated) -> None:
    @QUICK
    @given(st.lists(DAYS, min_size=3, max_size=3, unique=True).map(sorted))
    def holds(days: list[date]) -> None:
        first, middle, last = days
        early = counts(simulated.con, name, Slice(since=first, until=middle))
        late = counts(simulated.con, name, Slice(since=middle, until=last))
        whole = counts(simulated.con, name, Slice(since=first, until=last))
        assert {column: early[column] + late[column] for column in whole} == whole

    holds()


@pytest.mark.parametrize("name", ADDITIVE)
@pytest.mark.parametrize("by", ["day", "week", "month", "quarter"])
def test_counts_of_periods_add_up_to_the_whole_without_a_gap(name: str, by: str, simulated: Simulated) -> None:
    since, until = date(2025, 11, 12), date(2026, 3, 31)
    answer = metrics.ask(simulated.con, name, Slice(by=by, since=since, until=until))
    whole = counts(simulated.con, name, Slice(since=since, until=until))
    assert sum(whole.values()) > 0
    assert answer.select(pl.col(ADDITIVE[name]).sum()).row(0, named=True) == whole
    periods = answer["period"].unique().sort().to_list()
    assert all(period_end(one, by) == following for one, following in pairwise(periods))
    assert periods[0] <= since and period_end(periods[-1], by) >= until


@pytest.mark.parametrize("name", ADDITIVE | TIMELESS)
def test_groups_pool_to_the_whole(name: str, simulated: Simulated) -> None:
    whole = counts(simulated.con, name, Slice())
    assert sum(whole.values()) > 0
    for dimension in set(metrics.METRICS[name].dimensions) - OVERRIDING:
        assert counts(simulated.con, name, Slice(group=(dimension,))) == whole, dimension


@pytest.mark.parametrize("name", RATIOS)
def test_a_ratio_is_its_counts_and_no_mean_of_ratios(name: str, simulated: Simulated) -> None:
    answer = metrics.ask(simulated.con, name, Slice(by="month", group=("team_id",)))
    assert len(answer) > 20
    for row in answer.iter_rows(named=True):
        for ratio, above, below in RATIOS[name]:
            assert row[ratio] == (pytest.approx(row[above] / row[below]) if row[below] else None)
            assert (row[f"{ratio}_low"] is None) == (row[below] == 0)
            assert row[below] == 0 or row[f"{ratio}_low"] <= row[ratio] + 1e-9 <= row[f"{ratio}_high"] + 2e-9


@pytest.mark.parametrize("name", metrics.METRICS)
def test_filters_commute_and_a_filter_is_a_group_alone(name: str, simulated: Simulated) -> None:
    # a place on a curve is no group: what lies before it counts in it
    dimensions = [column for column in metrics.METRICS[name].dimensions if column != "day_count"]
    both = (dimensions[0], dimensions[min(2, len(dimensions) - 1)])
    file = folder("metrics")[name]
    table = metrics.ask(simulated.con, name, Slice(group=both))
    for row in table.sample(min(4, len(table)), seed=1).iter_rows(named=True):
        first, second = ((column, (_asked(row[column]),)) for column in both)
        one = metrics.ask(simulated.con, name, Slice(where=dict([first, second])))
        other = metrics.ask(simulated.con, name, Slice(where=dict([second, first])))
        assert one.equals(other)
        always = keys(file, Slice())
        alone = [found for found in one.to_dicts() if all(found[key] == row[key] for key in always)]
        assert len(alone) == 1
        for column in set(one.columns) & set(table.columns) - NOT_PER_GROUP.get(name, set()) - {"withheld"}:
            expected = pytest.approx(row[column], rel=1e-9) if isinstance(row[column], float) else row[column]
            assert alone[0][column] == expected, (column, row)


def _asked(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


NOT_PER_GROUP = {
    "adoption_share": {"eligible_team_count"},
    "pain_overlap": {"pain_share", "attention_share"},
}
"""Columns that speak of more than their group, so that they are no part of the comparison."""


@pytest.mark.parametrize("name", metrics.METRICS)
def test_every_combination_of_period_group_and_filter_answers_or_says_why_not(name: str, simulated: Simulated) -> None:
    """Each column with a period, each period with a column, alone or with the next one, filtered by what is there."""
    dimensions = metrics.METRICS[name].dimensions
    window = {"since": date(2025, 12, 1), "until": date(2026, 2, 15)}
    for n in range(max(len(dimensions), len(PERIODS))):
        by, column = PERIODS[n % len(PERIODS)], dimensions[n % len(dimensions)]
        group = (column,) if n % 2 else tuple(dict.fromkeys((column, dimensions[(n + 1) % len(dimensions)])))
        try:
            answer = metrics.ask(simulated.con, name, Slice(by, group, **window))
        except UsageError as error:
            assert "\n" not in str(error) and len(str(error)) < 300
            continue
        grain = [key for key in keys(folder("metrics")[name], Slice(by, group)) if key in answer.columns]
        assert {*group} <= {*grain}
        assert answer.select(grain).is_duplicated().sum() == 0, (by, group)
        for value in answer[column].unique(maintain_order=True).to_list()[:1]:
            part = Slice(by, group, **window, where={column: (_asked(value),)})
            only = metrics.ask(simulated.con, name, part)[column].unique().to_list()
            assert only in ([value], []), (by, group, value)
