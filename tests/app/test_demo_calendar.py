"""The working time of the simulated office."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.demo.calendar import Calendar, capacity_hours, easter, holidays, local

CALENDAR = Calendar(date(2025, 1, 1), date(2026, 12, 31))


EASTERS = """
2000-04-23 2008-03-23 2024-03-31 2025-04-20 2038-04-25 2049-04-18 1954-04-18 1981-04-19
"""


@pytest.mark.parametrize("day", [date.fromisoformat(day) for day in EASTERS.split()])
def test_easter(day: date) -> None:
    assert easter(day.year) == day


def test_dutch_holidays() -> None:
    assert {date(2026, 4, 6), date(2026, 4, 27), date(2026, 5, 14), date(2026, 5, 25), date(2026, 12, 25)} <= holidays(
        2026
    )
    assert date(2025, 4, 26) in holidays(2025)
    assert date(2025, 4, 27) not in holidays(2025)


@given(st.floats(0, 3400))
def test_there_and_back(hours: float) -> None:
    instant = CALENDAR.at(hours)
    assert CALENDAR.hours(instant) == pytest.approx(hours, abs=0.01)
    assert capacity_hours(local(instant).date()) > 0
    assert 8 <= local(instant).hour < 19


@given(st.floats(0, 3400), st.floats(0, 100))
def test_later_work_is_later_on_the_clock(hours: float, more: float) -> None:
    assert CALENDAR.at(hours) <= CALENDAR.at(hours + more)


def test_a_weekend_holds_no_work() -> None:
    friday_evening, monday_morning = datetime(2026, 3, 6, 20), datetime(2026, 3, 9, 6)
    assert CALENDAR.hours(friday_evening) == CALENDAR.hours(monday_morning)
