"""How far back a reading goes: the settings, what was read before, and what a person asks for."""

from datetime import date, datetime, timedelta

import pytest

from ingest.reach import Reach
from ingest.times import stamp

NOW = datetime(2026, 5, 4, 12)
OVERLAP = timedelta(minutes=10)


@pytest.mark.parametrize(
    ("configured", "floor", "since", "seen", "expected"),
    [
        (None, None, None, None, datetime(2026, 2, 3, 12)),
        (date(2026, 1, 1), None, None, None, datetime(2026, 1, 1)),
        (None, None, "2026-02-01T00:00:00Z", "2026-05-04T11:00:00Z", datetime(2026, 5, 4, 11) - OVERLAP),
        # the config now goes further back than what was read
        (date(2026, 1, 1), None, "2026-02-01T00:00:00Z", "2026-05-04T11:00:00Z", datetime(2026, 1, 1)),
        # it does not, to the second
        (date(2026, 2, 1), None, "2026-02-01T00:00:00Z", "2026-05-04T11:00:00Z", datetime(2026, 5, 4, 11) - OVERLAP),
        # what a person asks for is the least, and never the most
        (None, datetime(2026, 3, 1), "2026-02-01T00:00:00Z", "2026-05-04T11:00:00Z", datetime(2026, 3, 1)),
        (None, datetime(2026, 5, 4, 11, 59), None, "2026-05-04T11:00:00Z", datetime(2026, 5, 4, 11) - OVERLAP),
        # a damaged answer told of a time that is still to come
        (None, None, "2026-02-01T00:00:00Z", "9999-12-31T23:59:59Z", NOW - OVERLAP),
    ],
)
def test_where_a_reading_begins(
    configured: date | None, floor: datetime | None, since: str | None, seen: str | None, expected: datetime
) -> None:
    assert Reach.of(configured, floor).begin(since, seen, NOW) == stamp(expected)


def test_more_than_what_is_new_is_wanted_with_a_floor_or_an_older_config() -> None:
    since = "2026-02-01T00:00:00Z"
    assert Reach.of(None, NOW).anew(since)
    assert Reach.of(date(2026, 1, 1), None).anew(since)
    assert not Reach.of(date(2026, 2, 1), None).anew(since)
    assert not Reach.of(date(2026, 1, 1), None).anew(None)
    assert not Reach.of(None, None).anew(since)
