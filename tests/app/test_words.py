"""Numbers, durations and foreign text as a reader meets them."""

import html
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import words

SPACE = "\u00a0"


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (0.617, "62 %"),
        (0.0939, "9.4 %"),
        (0.09, "9 %"),
        (0.0004, "under 1 %"),
        (0.9996, "over 99 %"),
        (0, "0 %"),
        (1, "100 %"),
        (None, "–"),
    ],
)
def test_a_share_never_rounds_to_all_or_nothing(ratio: float | None, text: str) -> None:
    assert words.share(ratio) == text.replace(" %", f"{SPACE}%")


@pytest.mark.parametrize(
    ("hours", "text"),
    [
        (0.4, "24 minutes"),
        (1 / 60, "1 minute"),
        (1, "1 hour"),
        (6.25, "6.2 hours"),
        (47.6, "48 hours"),
        (48, "2 days"),
        (258.6, "10.8 days"),
        (2400, "100 days"),
        (-3, "-3 hours"),
        (None, "–"),
    ],
)
def test_a_duration_is_said_in_the_unit_that_a_person_would_use(hours: float | None, text: str) -> None:
    assert words.duration(hours) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (37, "37"), (1487, "1,487"), (3.25, "3.2"), (1234.5, "1,234"), (2.04, "2"), (None, "–")],
)
def test_numbers(value: float | None, text: str) -> None:
    assert words.number(value) == text


def test_counted_nouns_and_lists() -> None:
    assert words.plural(0, "team") == "no teams"
    assert words.plural(1, "team") == "1 team"
    assert words.plural(2, "person", "people") == "2 people"
    assert words.plural(None, "team") == "an unknown number of teams"
    assert [words.listed(list("abc"[:n])) for n in range(4)] == ["", "a", "a and b", "a, b and c"]


def test_windows_name_their_last_day_and_the_year_once_where_it_is_the_same() -> None:
    assert words.days(date(2026, 5, 1), date(2026, 11, 23)) == "1 May to 22 Nov 2026"
    assert words.days(date(2025, 10, 7), date(2026, 5, 1)) == "7 Oct 2025 to 30 Apr 2026"
    assert words.days(date(2026, 5, 1), date(2026, 5, 2)) == "1 May 2026"


def test_instants_stand_in_the_reporting_time_zone() -> None:
    assert words.instant(datetime(2026, 11, 21, 23, 5), "Europe/Amsterdam") == "22 Nov 2026, 00:05"


@pytest.mark.parametrize(
    ("minutes", "text"), [(0, "just now"), (5, "5 minutes ago"), (180, "3 hours ago"), (60 * 72, "3 days ago")]
)
def test_ages(minutes: int, text: str) -> None:
    now = datetime(2026, 11, 21, 12)
    assert words.ago(datetime.fromtimestamp(now.timestamp() - 60 * minutes), now) == text


def test_reasons_are_said_without_column_names() -> None:
    assert words.withheld("lead_time_hours_median needs 6, has 4") == "too few changes: 4, and it takes 6"
    assert words.withheld("recovery_hours_p75 needs 13, has 0") == "no failures, and it takes 13"
    reason = "lead_time_hours_median is not known yet: too many changes still wait"
    assert words.withheld(reason) == "not known yet: too many changes still wait"
    assert words.withheld("not measured: no source delivers incidents") == "not measured: no source delivers incidents"
    assert words.withheld(None) == "nothing in this period to compute it from"


def test_a_column_is_refused_for_a_reason_of_its_own_only() -> None:
    reason = "people_count needs a headcount of 5; no source delivers incidents; lead_time_hours_p75 needs 13, has 7"
    assert words.reason_of(reason, "platform_ratio") == "no source delivers incidents"
    assert words.reason_of(reason, "lead_time_hours") == (
        "no source delivers incidents; lead_time_hours_p75 needs 13, has 7"
    )
    assert words.reason_of("people_count needs a headcount of 5", "platform_ratio") is None
    assert words.reason_of(None, "platform_ratio") is None


@given(st.text())
def test_foreign_text_comes_back_as_it_was_and_holds_no_markup(text: str) -> None:
    made = words.literal(text)
    # what html.escape makes harmless is the yardstick: a browser shows both the same
    assert html.unescape(made) == html.unescape(html.escape(text))
    assert not set(made) & set("<>\"'`*_[]()$:\\|~{}=!@/-.")


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.8812, "share of pipeline runs that succeed", "88\u00a0%"),
        (0.5, "lack of monitoring: 1 missing", "0.5"),
        (3.126, "deployments a week", "3.13"),
        (2.0, "deployments a week", "2"),
        (46.24, "hours that a deployment waits for approval", "46.2"),
        (1285.4, "hours from first commit to production", "1,285"),
        (None, "hours", "–"),
    ],
)
def test_an_amount_has_the_digits_that_matter_in_its_unit(value: float | None, unit: str, said: str) -> None:
    assert words.amount(value, unit) == said


def test_points_have_a_real_minus_and_no_sign_at_nought() -> None:
    assert words.points(-0.172, 0.021) == "\u221217 to +2 points"
    assert words.points(-0.001, 0.19) == "0 to +19 points"
