"""How far back a source reads: the rules that all lists with a history share."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Self

from ingest.times import moment, stamp

FIRST_DAYS = 90
OVERLAP = timedelta(minutes=10)
"""Lists lag behind what happened: what began so shortly before the last reading is read again."""


@dataclass(frozen=True)
class Reach:
    """How far back a person wants to read: the config's `since`, and --since, both naive UTC."""

    configured: datetime | None
    floor: datetime | None

    @classmethod
    def of(cls, since: date | None, floor: datetime | None) -> Self:
        return cls(datetime.combine(since, time.min) if since else None, floor)

    def begin(self, since: str | None, seen: str | None, now: datetime) -> str:
        """From when to read a list that was read from `since` on, and completely up to `seen`."""
        first = self.configured or now - timedelta(days=FIRST_DAYS)
        # a time in the future was a damaged answer or a wrong clock: what happens until then must not be passed over
        begin = first if seen is None else min(moment(seen), now) - OVERLAP
        if since and self.configured and stamp(self.configured) < since:
            begin = min(begin, self.configured)
        return stamp(min(begin, self.floor) if self.floor else begin)

    def anew(self, since: str | None) -> bool:
        """Whether more is wanted than what is new, so that "nothing changed" is no answer."""
        return self.floor is not None or bool(since and self.configured and stamp(self.configured) < since)
