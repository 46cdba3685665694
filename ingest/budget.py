"""How many requests a host still bears, as its answers tell; known to all threads that ask it."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from ingest.answers import LONGEST_WAIT, Response, is_number

FAMILIES = ("X-RateLimit-", "RateLimit-")
"""What the names of the headers begin with: at GitHub and Azure DevOps, and at GitLab."""

MOMENTS = 1_000_000_000
"""Providers tell when a limit begins anew in epoch seconds; a smaller number is how long that takes."""


@dataclass(frozen=True)
class Spent:
    """No more requests are to be made until a moment, by the monotonic clock; `line` says why."""

    line: str
    until: float

    @property
    def wait(self) -> float:
        """Seconds that this still lasts."""
        return self.until - time.monotonic()


class Budget:
    """`reserve` is the share of a limit that is left to others who ask with the same token."""

    def __init__(self, reserve: float) -> None:
        self._reserve = reserve
        self._spent: dict[str, Spent] = {}

    def note(self, kind: str, response: Response, now: float) -> None:
        """Reads what is left for requests of a kind, since those of another may have a limit of their own.

        `now` is the time in epoch seconds where the server does not tell.
        """
        now = response.date or now
        for family in FAMILIES:
            told = [response.headers.get(family + name, "") for name in ("Limit", "Remaining", "Reset")]
            if all(is_number(text) for text in told):
                limit, left, reset = map(int, told)
                wait = min(reset - now if reset > MOMENTS else reset, LONGEST_WAIT)
                if left <= self._reserve * limit and wait > 0:
                    self.hold(kind, self._line(limit, left, now + wait), wait + 1)
                return

    def hold(self, kind: str, line: str, wait: float) -> None:
        """No more requests of a kind for so many seconds."""
        self._spent[kind] = Spent(line, time.monotonic() + wait)

    def ease(self, kind: str) -> None:
        self._spent.pop(kind, None)

    def spent(self, kind: str) -> Spent | None:
        """What stands against another request of a kind."""
        spent = self._spent.get(kind)
        return spent if spent and spent.wait > 0 else None

    def _line(self, limit: int, left: int, reset: float) -> str:
        kept = f", which reserve = {self._reserve:g} keeps for others" if self._reserve else ""
        return f"{left:,} of {limit:,} requests are left{kept}; resets at {datetime.fromtimestamp(reset, UTC):%H:%MZ}"
