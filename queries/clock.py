"""Up to when the data speaks. Nothing here asks the machine for the time: the read model knows when it was built."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import duckdb

from queries.readmodel import once
from queries.slice import period_start


@dataclass(frozen=True)
class Clock:
    """The row of marts.clock: `today` is the reporting day of the newest event, `clock_day` that of the build."""

    as_of: datetime
    today: date
    clock_day: date
    timezone: str
    has_incidents: bool
    sees_off_platform: bool
    is_simulated: bool
    organisation: str
    min_group: int
    provisional_days: int

    @property
    def tomorrow(self) -> date:
        """The first day after the newest event."""
        return self.today + timedelta(days=1)

    @property
    def final_before(self) -> date:
        """Failure rates of periods that end after this day are provisional."""
        return self.today - timedelta(days=self.provisional_days)

    def window_end(self, until: date | None, last_day: date) -> date:
        """Where a window ends that was asked to end at `until`: not in the future, and by default with the data.

        `last_day` is up to when the rows in question are known: one source may speak longer than another.
        """
        return min(until, self.clock_day + timedelta(days=1)) if until else last_day + timedelta(days=1)

    def whole_weeks(self, until: date | None, last_day: date) -> date:
        """The Monday after the last week that is over and lies within the window.

        The week of the newest row counts once the build's clock is past it: an export that ends on a Friday is whole.
        """
        over = period_start(self.clock_day, "week")
        if until:
            return min(period_start(until, "week"), over)
        return min(period_start(last_day, "week") + timedelta(days=7), over)


def clock(con: duckdb.DuckDBPyConnection) -> Clock:
    """Reads the clock of a read model."""
    return Clock(**once(con, "from marts.clock").row(0, named=True))
