"""Working time of a Dutch office: working hours on an axis without nights, weekends and holidays, and back to UTC."""

from bisect import bisect_right
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate, pairwise
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Amsterdam")
DAY_HOURS = 8.0
_SUMMER_HOURS = 6.0
_QUIET_HOURS = 1.5

# Share of a day's work done by each local hour: a slow start, a dip at lunch, a slow end.
_CLOCK = ((0.0, 8.4), (0.08, 9.1), (0.47, 12.2), (0.53, 13.2), (0.93, 16.9), (1.0, 18.2))


@lru_cache
def easter(year: int) -> date:
    """Easter Sunday: the Sunday after the church's full moon on or after 21 March (Gregorian calendar)."""
    century, golden = year // 100, year % 19
    epact = (19 * golden + century - century // 4 - (8 * century + 13) // 25 + 15) % 30
    if epact == 29 or (epact == 28 and golden > 10):
        epact -= 1
    full_moon = date(year, 3, 21) + timedelta(days=epact)
    return full_moon + timedelta(days=(6 - full_moon.weekday()) % 7 or 7)


@lru_cache
def holidays(year: int) -> frozenset[date]:
    """Days on which nobody in the office works."""
    kings_day = date(year, 4, 27)
    movable = (easter(year) + timedelta(days=days) for days in (-2, 1, 39, 40, 50))
    return frozenset(
        {
            date(year, 1, 1),
            kings_day - timedelta(days=1) if kings_day.weekday() == 6 else kings_day,
            date(year, 12, 25),
            date(year, 12, 26),
            *movable,
        }
    )


def capacity_hours(day: date) -> float:
    """Hours that an average person works on that day."""
    if day.weekday() >= 5 or day in holidays(day.year):
        return 0.0
    if (day.month, day.day) >= (12, 20) or (day.month, day.day) <= (1, 2):
        return _QUIET_HOURS
    return _SUMMER_HOURS if (7, 15) <= (day.month, day.day) <= (8, 25) else DAY_HOURS


class Calendar:
    """Turns working hours since `first` into naive UTC instants and back; it reaches from `first` to `last`."""

    def __init__(self, first: date, last: date) -> None:
        every = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        self.days = [day for day in every if capacity_hours(day) > 0]
        self._hours = [capacity_hours(day) for day in self.days]
        self._before = [0.0, *accumulate(self._hours)]
        self._midnight = [_midnight(day) for day in self.days]

    def at(self, hours: float) -> datetime:
        """The instant after that many working hours, to the second; held within the calendar."""
        hours = min(max(hours, 0.0), self._before[-1] - 1e-6)
        number = bisect_right(self._before, hours) - 1
        share = (hours - self._before[number]) / self._hours[number]
        return self._midnight[number] + timedelta(seconds=round(3600 * _along(share, _CLOCK)))

    def hours(self, instant: datetime) -> float:
        """Working hours until an instant: those of a night or weekend are the ones of the evening before."""
        number = bisect_right(self._midnight, instant) - 1
        if number < 0:
            return 0.0
        clock = (instant - self._midnight[number]).total_seconds() / 3600
        share = _along(clock, tuple((hour, done) for done, hour in _CLOCK))
        return self._before[number] + share * self._hours[number]

    def is_holiday(self, instant: datetime) -> bool:
        day = local(instant).date()
        return day in holidays(day.year)


def local(instant: datetime) -> datetime:
    """A naive UTC instant as wall-clock time of the office."""
    return instant.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZONE)


def _midnight(day: date) -> datetime:
    """The UTC instant at which an office clock that is not set back or forth that day would show 00:00."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZONE)
    return noon.astimezone(ZoneInfo("UTC")).replace(tzinfo=None) - timedelta(hours=12)


def _along(value: float, knots: tuple[tuple[float, float], ...]) -> float:
    """Linear interpolation through the knots, flat outside."""
    for (left, low), (right, high) in pairwise(knots):
        if value <= right:
            return low + max(value - left, 0.0) / (right - left) * (high - low)
    return knots[-1][1]
