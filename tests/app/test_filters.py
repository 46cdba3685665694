"""From the URL to a window of days and back."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import filters
from app.filters import Filters
from queries.metrics import METRICS
from queries.slice import query
from queries.sqlfile import folder

TODAY, FIRST = date(2026, 11, 22), date(2025, 5, 24)
KNOWN = {"period": filters.PERIODS, "team": {"Churn": "s:t1", "Fraud": "s:t2"}, "domain": ["Risk"]}
any_filters = st.builds(
    Filters,
    period=st.sampled_from(list(filters.PERIODS)),
    by=st.sampled_from(list(filters.GRAINS.values())),
    team=st.lists(st.sampled_from(["s:t1", "s:t2"]), unique=True).map(tuple),
    domain=st.lists(st.sampled_from(["Risk", "Sales"]), unique=True).map(tuple),
    path=st.sampled_from(list(filters.PATHS.values())),
    compare=st.sampled_from(list(filters.COMPARED.values())),
)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"period": ["3y"]}, "period that is not here, so it is left out: “3y”"),
        ({"team": ["Churn", "<b>"]}, "team that is not here, so it is left out: “<b>”"),
        ({"domain": ["a", "b", "c", "d", "e"]}, "“a”, “b”, “c” and 2 more"),
        ({"domain": ["x" * 200]}, "x..."),
        ({"period": [""]}, "“”"),
    ],
)
def test_what_a_link_names_and_is_not_there_is_said_briefly(given: dict[str, list[str]], said: str) -> None:
    notices = filters.strangers(given, KNOWN)
    assert len(notices) == 1 and said in notices[0] and len(notices[0]) < 160


def test_a_link_that_is_fine_needs_no_words() -> None:
    assert filters.strangers({"period": ["All data"], "team": ["Churn", "Fraud"], "utm": ["x"]}, KNOWN) == []


def test_teams_of_one_name_are_told_apart_by_their_id() -> None:
    assert filters.labels({"s:t1": "Churn", "s:t2": "Churn", "s:t3": "Fraud"}) == {
        "Churn (s:t1)": "s:t1",
        "Churn (s:t2)": "s:t2",
        "Fraud": "s:t3",
    }


@pytest.mark.parametrize(
    ("period", "since"),
    [
        ("Last 4 weeks", date(2026, 10, 19)),
        ("Last 3 months", date(2026, 8, 1)),
        ("Last 6 months", date(2026, 5, 1)),
        ("Last 12 months", date(2025, 11, 1)),
        ("All data", FIRST),
    ],
)
def test_a_period_is_whole_weeks_or_months_and_the_running_one(period: str, since: date) -> None:
    window = filters.window(Filters(period=period), TODAY, FIRST)
    assert (window.since, window.until) == (since, date(2026, 11, 23))


@given(
    any_filters,
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    st.none() | st.integers(0, 2000),
)
def test_windows_lie_in_the_data_and_the_one_before_is_as_long(chosen: Filters, today: date, days: int | None) -> None:
    first = None if days is None else today - timedelta(days=days)
    window = filters.window(chosen, today, first)
    assert (first or today) <= window.since < window.until == today + timedelta(days=1)
    if window.before:
        since, until = window.before
        assert since >= (first or today)
        if chosen.compare == "before":
            assert (until, until - since) == (window.since, window.until - window.since)
        else:
            # the same days of the year before, give or take the one of a leap year
            assert abs((window.since - since).days - 365) <= 1 and abs((window.until - until).days - 365) <= 1


def test_months_are_drawn_by_month_and_weeks_by_week_unless_asked_otherwise() -> None:
    assert [filters.window(Filters(period=p), TODAY, FIRST).by for p in list(filters.PERIODS)[:4]] == [
        "week",
        "week",
        "month",
        "month",
    ]
    assert filters.window(Filters(by="week"), TODAY, FIRST).by == "week"


@settings(deadline=None)
@given(any_filters, st.sampled_from([name for name in METRICS if "survey_id" not in METRICS[name].dimensions]))
def test_every_metric_gets_a_slice_that_it_understands_and_says_what_it_cannot_follow(
    chosen: Filters, name: str
) -> None:
    window = filters.window(chosen, TODAY, FIRST)
    part = filters.part(name, chosen, window, None)
    assert query(folder("metrics")[name], part).parameters["since"] == window.since
    set_filters = sum(map(bool, (chosen.team, chosen.domain, chosen.path)))
    assert len(part.where) + len(filters.unused(name, chosen)) == set_filters


def test_a_metric_begins_with_its_own_records_and_compares_only_what_they_reach() -> None:
    window = filters.window(Filters(), TODAY, FIRST)
    late = date(2026, 8, 3)
    assert filters.part("deployment_count", Filters(), window, late).since == late
    assert filters.part("deployment_count", Filters(), window, FIRST).since == window.since
    assert filters.part_before("deployment_count", Filters(), window, late) is None
    before = filters.part_before("deployment_count", Filters(), window, FIRST)
    assert before is not None and (before.since, before.until) == window.before
    assert filters.part("deployment_count", Filters(), window, TODAY + timedelta(days=9)).since == window.since
