"""A metric against the period before and a year ago: which windows meet, and when a change is more than noise."""

import math
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pytest

from queries import comparison, metrics, sqlfile, trends
from queries.errors import UsageError
from queries.slice import Slice
from tests.queries.conftest import END, Simulated
from tests.queries.world import Rows, read_model

PROD = {"repo": "acme/fraud", "environment": "production", "status": "succeeded", "cause": "human_change"}
START = datetime(2025, 4, 7, 10)
"""A Monday; the data goes on for 60 weeks, to 31 May 2026."""


def world() -> Rows:
    """Eight deployments a week for thirty weeks, then fourteen; a quarter fails at first, then half."""
    made: list[dict[str, Any]] = []
    for week in range(60):
        for n in range(8 if week < 30 else 14):
            at = START + timedelta(weeks=week, days=n % 5, hours=n // 5)
            failed = n % 5 == 0 if week < 30 else n % 2 == 0
            made.append(
                {**PROD, "deployment_id": f"w{week}-{n}", "created_at": at, "finished_at": at + timedelta(minutes=30)}
                | {"status": "failed" if failed else "succeeded"}
            )
    changes = [
        {
            "change_id": row["deployment_id"],
            "repo": row["repo"],
            "merged_at": row["created_at"],
            # a day's work at first, three later
            "first_commit_at": row["created_at"] - timedelta(days=1 if week_of(row) < 30 else 3, minutes=n % 7),
            "shipped_in": row["deployment_id"],
        }
        for n, row in enumerate(made)
        if row["status"] == "succeeded"
    ]
    return {"deployment": made, "change": changes}


def week_of(row: dict[str, Any]) -> int:
    return int((row["created_at"] - START).days // 7)


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    return read_model(world(), now=datetime(2026, 6, 1, 6))


def figures(
    con: duckdb.DuckDBPyConnection, name: str, against: str, since: date, until: date, **more: Any
) -> dict[str, dict[str, Any]]:
    part = Slice(since=since, until=until, **more)
    return {row["figure"]: row for row in comparison.compare(con, name, part, against).to_dicts()}


def monday(week: int) -> date:
    return START.date() + timedelta(weeks=week)


def test_the_window_before_is_as_long_and_ends_where_this_one_begins(con: duckdb.DuckDBPyConnection) -> None:
    """Weeks 30 to 37 against 22 to 29: 64 attempts then, 112 now; a quarter of them failed then, half now."""
    found = figures(con, "deployment_failure_rate", "before", monday(30), monday(38))
    assert (found["attempt_count"]["value_before"], found["attempt_count"]["value"]) == (64, 112)
    ratio = found["failure_ratio"]
    assert (ratio["value_before"], ratio["value"], ratio["change"]) == (0.25, 0.5, 0.25)
    # Newcombe's method 10 by hand: Wilson of 16/64 is 0.1601 to 0.3682, of 56/112 0.4089 to 0.5911
    assert (ratio["change_low"], ratio["change_high"]) == (
        pytest.approx(0.25 - (0.0911**2 + 0.1182**2) ** 0.5, abs=1e-3),
        pytest.approx(0.25 + (0.0911**2 + 0.0899**2) ** 0.5, abs=1e-3),
    )
    assert ratio["is_clear"] is True and ratio["withheld"] is None
    assert found["attempt_count"]["is_clear"] is True


def test_what_stays_the_same_is_within_noise(con: duckdb.DuckDBPyConnection) -> None:
    for name in ("deployment_failure_rate", "deployment_frequency", "lead_time"):
        for figure, row in figures(con, name, "before", monday(14), monday(22)).items():
            assert row["is_clear"] in {False, None}, (name, figure)


def test_a_few_cases_more_or_less_are_within_noise(con: duckdb.DuckDBPyConnection) -> None:
    """Two failed of 8, then 7 of 14: the interval of the difference reaches below 0, so nobody may call it worse."""
    row = figures(con, "deployment_failure_rate", "before", monday(30), monday(31))["failure_ratio"]
    assert (row["value_before"], row["value"], row["is_clear"]) == (0.25, 0.5, False)
    assert row["change_low"] < 0 < row["change"] < row["change_high"]


def conditional(before: int, now: int) -> float:
    """Two-sided p of two Poisson counts of one rate, added up term by term: of their sum each has a half."""
    total = before + now
    chances = [
        math.exp(math.lgamma(total + 1) - math.lgamma(k + 1) - math.lgamma(total - k + 1)) for k in range(total + 1)
    ]
    as_far = [chance for k, chance in enumerate(chances) if abs(2 * k - total) >= abs(now - before)]
    return math.fsum(as_far) / 2**total


def test_a_count_is_clear_only_where_the_exact_test_says_so() -> None:
    missed = []
    for before in range(70):
        for now in range(70):
            change, p = trends.of_counts(before, now), conditional(before, now)
            assert change.low is not None and change.high is not None
            assert change.low <= now - before <= change.high
            if change.is_clear:
                assert p < 0.05 and (change.low > 0 or change.high < 0), (before, now)
            elif p < 0.035 and abs(now - before) >= 0.1 * before:
                missed.append((before, now))
    assert missed == []
    assert [trends.of_counts(*pair).is_clear for pair in ((0, 4), (0, 5), (0, 6), (9, 20), (20, 9))] == [
        False,
        False,
        True,
        False,
        False,
    ]


def test_medians_are_judged_by_their_weeks(con: duckdb.DuckDBPyConnection) -> None:
    """24.5 hours at first, 72.5 later; eight weeks a side tell, three do not."""
    row = figures(con, "lead_time", "before", monday(30), monday(38))["lead_time_hours_median"]
    assert row["value_before"] == pytest.approx(24.55, abs=0.06) and row["value"] == pytest.approx(72.55, abs=0.06)
    assert row["is_clear"] is True
    row = figures(con, "lead_time", "before", monday(30), monday(33))["lead_time_hours_median"]
    assert (row["is_clear"], row["withheld"]) == (None, "too few weeks to tell it from chance")


def test_a_mean_is_judged_by_its_interval(con: duckdb.DuckDBPyConnection) -> None:
    row = figures(con, "deployment_frequency", "before", monday(30), monday(38))["deployments_per_week"]
    assert (row["value_before"], row["value"], row["is_clear"]) == (6, 7, True)


def test_a_year_ago_is_the_same_days(con: duckdb.DuckDBPyConnection) -> None:
    found = figures(con, "deployment_failure_rate", "year", date(2026, 4, 7), date(2026, 5, 5))
    alone = metrics.ask(con, "deployment_failure_rate", Slice(since=date(2025, 4, 7), until=date(2025, 5, 5)))
    assert found["attempt_count"]["value_before"] == alone["attempt_count"][0] == 32
    assert comparison.earlier(date(2024, 2, 29), date(2024, 3, 31), "year") == (date(2023, 2, 28), date(2023, 3, 31))


def test_each_period_meets_the_one_before_it_or_that_of_a_year_ago(con: duckdb.DuckDBPyConnection) -> None:
    for by, since, until, against, before in (
        ("month", date(2026, 4, 1), date(2026, 6, 1), "before", [date(2026, 3, 1), date(2026, 4, 1)]),
        ("month", date(2026, 5, 1), date(2026, 6, 1), "year", [date(2025, 5, 1)]),
        ("quarter", date(2026, 1, 1), date(2026, 4, 1), "before", [date(2025, 10, 1)]),
        ("week", monday(55), monday(57), "before", [monday(54), monday(55)]),
        ("week", monday(55), monday(57), "year", [monday(3), monday(4)]),
        ("day", monday(55), monday(55) + timedelta(days=1), "year", [monday(3)]),
    ):
        answer = comparison.compare(con, "deployment_count", Slice(by, (), since, until), against)
        mine = answer.filter(answer["figure"] == "deployment_count").sort("period")
        whole = metrics.ask(con, "deployment_count", Slice(by, (), before[0], until))
        counts = dict(zip(whole["period"], whole["deployment_count"], strict=True))
        assert mine["value_before"].to_list() == [counts[start] for start in before], (by, against)
        assert mine["period"].min() == since


def test_where_the_data_does_not_reach_there_is_nothing_to_compare_with(con: duckdb.DuckDBPyConnection) -> None:
    row = figures(con, "deployment_count", "before", date(2025, 4, 21), date(2025, 5, 12))["deployment_count"]
    assert (row["value_before"], row["is_clear"], row["withheld"]) == (None, None, "the data begins on 2025-04-07")
    row = figures(con, "deployment_count", "year", date(2026, 1, 1), date(2026, 3, 1))["deployment_count"]
    assert row["value_before"] is None and row["value"] > 0


def test_a_window_that_still_runs_is_not_judged(con: duckdb.DuckDBPyConnection) -> None:
    row = figures(con, "deployment_count", "before", date(2026, 5, 1), date(2026, 7, 1))["deployment_count"]
    assert (row["is_clear"], row["withheld"]) == (None, "the window is not over")
    answer = comparison.compare(con, "deployment_count", Slice("quarter", (), date(2026, 4, 1)), "before")
    assert answer["withheld"].unique().to_list() == ["the period is not over"]


def test_a_group_that_stopped_is_still_there() -> None:
    early = {**PROD, "deployment_id": "e", "created_at": "2026-05-04 09:00", "finished_at": "2026-05-04 10:00"}
    late = {**PROD, "deployment_id": "l", "created_at": "2026-06-01 09:00", "finished_at": "2026-06-01 10:00"}
    con = read_model({"deployment": [early | {"repo": "acme/old"}, late, late | {"deployment_id": "n"}]})
    part = Slice(group=("repo",), since=date(2026, 5, 18), until=date(2026, 6, 1))
    found = comparison.compare(con, "deployment_count", part, "before").to_dicts()
    assert [(row["repo"], row["value"], row["value_before"]) for row in found][-1] == ("acme/old", None, 1)
    assert {row["withheld"] for row in found} == {"nothing to compare with"}


@pytest.mark.parametrize("name", metrics.METRICS)
def test_every_metric_compares_or_says_why_not(name: str, simulated: Simulated) -> None:
    part = Slice(since=END - timedelta(days=60), until=END - timedelta(days=10))
    if sqlfile.folder("metrics")[name].header.get("compare") == "yes":
        for against in comparison.AGAINST:
            answer = comparison.compare(simulated.con, name, part, against)
            assert len(answer) and answer.filter(answer["value"].is_not_null()).height
            # nothing is left without a verdict and without a reason
            assert not answer.filter(answer["is_clear"].is_null() & answer["withheld"].is_null()).height
        assert len(comparison.compare(simulated.con, name, Slice(by="month"), "before"))
    else:
        with pytest.raises(UsageError, match="is compared with no other period"):
            comparison.compare(simulated.con, name, part, "before")


def test_questions_that_mean_nothing_are_refused(con: duckdb.DuckDBPyConnection) -> None:
    for name, part, against, said in (
        ("deployment_count", Slice(), "before", "needs a window"),
        ("deployment_count", Slice(by="week"), "yesterday", "use one of before, year"),
        ("deployments", Slice(by="week"), "year", "unknown metric 'deployments'"),
    ):
        with pytest.raises(UsageError, match=said):
            comparison.compare(con, name, part, against)


def test_the_interval_of_a_difference_is_newcombe_s() -> None:
    """Newcombe 1998, table II (a), method 10: 56/70 less 48/80 is 0.2, 0.0524 to 0.3339."""
    change = trends.of_ratios(48, 80, 56, 70)
    assert change is not None and change.is_clear
    assert (change.low, change.high) == (pytest.approx(0.0524, abs=1e-4), pytest.approx(0.3339, abs=1e-4))
