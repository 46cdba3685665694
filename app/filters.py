"""Which part of the data a reader looks at: from the URL to days, and to the slice that a metric understands.

Pure; app/filterbar.py shows it. Every value has its default, and only what differs from it stands in the URL.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from app import words
from queries.metrics import METRICS
from queries.slice import Slice, period_start

PERIODS = {
    "4w": "Last 4 weeks",
    "3m": "Last 3 months",
    "6m": "Last 6 months",
    "12m": "Last 12 months",
    "all": "All data",
}
GRAINS = {"auto": "Automatic", "week": "Weeks", "month": "Months"}
PATHS = {
    "any": "Any path",
    "platform": "Through the platform",
    "off_platform": "Round the platform",
    "unknown": "Path unknown",
}
ENVIRONMENT = "production"
Params = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Filters:
    """What the reader chose. Teams are team_ids; no team or domain chosen means all of them."""

    period: str = "6m"
    by: str = "auto"
    team: tuple[str, ...] = ()
    domain: tuple[str, ...] = ()
    path: str = "any"


KEYS = ("period", "by", "team", "domain", "path")
_CHOICES: dict[str, Mapping[str, str]] = {"period": PERIODS, "by": GRAINS, "path": PATHS}


@dataclass(frozen=True)
class Window:
    """Reporting days from `since` up to, not including, `until`, drawn by week or month.

    `before_since` begins the window of the same length right before it; None where the data does not reach back so far.
    """

    since: date
    until: date
    before_since: date | None
    by: str

    @property
    def length(self) -> timedelta:
        return self.until - self.since


def params(filters: Filters) -> Params:
    """The URL parameters that say what was chosen."""
    found: Params = {}
    for key in KEYS:
        value = getattr(filters, key)
        if value != getattr(Filters(), key):
            found[key] = value if isinstance(value, tuple) else (value,)
    return found


def parse(
    given: Mapping[str, Sequence[str]], teams: Collection[str], domains: Collection[str]
) -> tuple[Filters, list[str]]:
    """Filters from URL parameters, and one sentence for each value that means nothing here and is left out."""
    notices = []
    plain: dict[str, str] = {}
    for key, choices in _CHOICES.items():
        values = given.get(key, ())
        if values and values[-1] in choices:
            plain[key] = values[-1]
        elif values:
            notices.append(
                f"The link names no known {_NOUNS[key]} (“{_short(values[-1])}”), so the usual one is shown."
            )
    several = {key: tuple(dict.fromkeys(given.get(key, ()))) for key in ("team", "domain")}
    known, more = known_only(Filters(**plain, **several), teams, domains)  # type: ignore[arg-type]
    return known, notices + more


_NOUNS = {"period": "period", "by": "step in time", "path": "path"}


def known_only(filters: Filters, teams: Collection[str], domains: Collection[str]) -> tuple[Filters, list[str]]:
    """Without teams and domains that are not in the data, and one sentence for each kind that was left out."""
    notices = []
    for noun, chosen, known in (("team", filters.team, teams), ("domain", filters.domain, domains)):
        strangers = [f"“{_short(value)}”" for value in chosen if value not in known]
        if strangers:
            more = [f"{len(strangers) - 3} more"] if len(strangers) > 3 else []
            names = words.listed([*strangers[:3], *more])
            notices.append(f"Not in the data, so left out of the filter: {noun} {names}.")
    team = tuple(value for value in filters.team if value in teams)
    domain = tuple(value for value in filters.domain if value in domains)
    return replace(filters, team=team, domain=domain), notices


def window(filters: Filters, today: date, first_day: date | None) -> Window:
    """The days that a period means: whole weeks or months and the running one, never before the data begins.

    `today` is the day of the newest event, `first_day` that of the oldest.
    """
    until = today + timedelta(days=1)
    first = min(first_day or today, today)
    if filters.period == "all":
        since = first
    elif filters.period == "4w":
        since = period_start(today, "week") - timedelta(weeks=4)
    else:
        since = _months_back(today, int(filters.period.removesuffix("m")))
    since = max(since, first)
    before = since - (until - since)
    return Window(since, until, before if before >= first else None, _grain(filters, until - since))


def part(name: str, filters: Filters, window: Window, *, by: str = "all", group: tuple[str, ...] = ()) -> Slice:
    """The slice for a metric: the window, and those filters that the metric knows."""
    return Slice(by, group, window.since, window.until, _where(name, filters))


def part_before(name: str, filters: Filters, window: Window) -> Slice | None:
    """The same for the window before, or None where the data does not reach back so far."""
    if window.before_since is None:
        return None
    return Slice("all", (), window.before_since, window.since, _where(name, filters))


def unused(name: str, filters: Filters) -> list[str]:
    """The filters that are set and that a metric cannot follow, in words."""
    chosen = _conditions(filters)
    return [_WORDS[column] for column in chosen if column not in METRICS[name].dimensions]


_WORDS = {"team_id": "team", "domain": "domain", "path": "path"}


def _conditions(filters: Filters) -> dict[str, tuple[str, ...]]:
    found = {
        "team_id": filters.team,
        "domain": filters.domain,
        "path": (filters.path,) if filters.path != "any" else (),
    }
    return {column: values for column, values in found.items() if values}


def _where(name: str, filters: Filters) -> dict[str, tuple[str, ...]]:
    return {column: values for column, values in _conditions(filters).items() if column in METRICS[name].dimensions}


def _grain(filters: Filters, length: timedelta) -> str:
    if filters.by != "auto":
        return filters.by
    # weeks while they still fit side by side, months once they would crowd
    return "week" if length <= timedelta(days=125) else "month"


def _months_back(today: date, months: int) -> date:
    """The first day of the month that lies so many months before the running one."""
    count = today.year * 12 + today.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}..."
