"""Which part of the data a reader looks at: from the URL to days, and to the slice that a metric understands.

Pure; app/filterbar.py shows it.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import quote, urlencode

from app import words
from queries.comparison import earlier
from queries.metrics import METRICS
from queries.slice import Slice, period_start

PERIODS: dict[str, tuple[str, int] | None] = {
    "Last 4 weeks": ("week", 4),
    "Last 3 months": ("month", 3),
    "Last 6 months": ("month", 6),
    "Last 12 months": ("month", 12),
    "All data": None,
}
"""Label -> how many whole weeks or months go back from the running one. Labels stand in the URL, so they stay short."""
USUAL = "Last 6 months"
GRAINS: dict[str, str | None] = {"Automatic": None, "Weeks": "week", "Months": "month"}
PATHS: dict[str, str | None] = {
    "Any path": None,
    "Through the platform": "platform",
    "Round the platform": "off_platform",
    "Path unknown": "unknown",
}
COMPARED = {"The period before": "before", "A year ago": "year"}
EARLIER = {"before": "the period before", "year": "a year ago"}
"""What a window is compared with, as it stands in a sentence."""
ENVIRONMENT = "production"
_NOUNS = {
    "period": "period",
    "by": "step in time",
    "path": "path",
    "compare": "comparison",
    "team": "team",
    "domain": "domain",
}


@dataclass(frozen=True)
class Filters:
    """What the reader chose: teams as team_ids, none of them meaning all; `by` and `path` None where left open."""

    period: str = USUAL
    by: str | None = None
    team: tuple[str, ...] = ()
    domain: tuple[str, ...] = ()
    path: str | None = None
    compare: str = "before"


@dataclass(frozen=True)
class Window:
    """Reporting days from `since` up to, not including, `until`, drawn by week or month.

    `before` are the first day and the day after the last of the window to compare with; None where the data does not
    reach back so far.
    """

    since: date
    until: date
    before: tuple[date, date] | None
    by: str

    @property
    def length(self) -> timedelta:
        return self.until - self.since


def labels(names: Mapping[str, str]) -> dict[str, str]:
    """Label -> team_id. The label is the team's name, with its id where another team is called the same."""
    twice = {name for name, count in Counter(names.values()).items() if count > 1}
    return {f"{name} ({team})" if name in twice else name: team for team, name in names.items()}


def strangers(given: Mapping[str, Sequence[str]], known: Mapping[str, Collection[str]]) -> list[str]:
    """One sentence for each URL parameter that holds values which are not among the known ones, and are left out."""
    notices = []
    for key, choices in known.items():
        missing = [f"“{_short(value)}”" for value in given.get(key, ()) if value not in choices]
        if missing:
            more = [f"{len(missing) - 3} more"] if len(missing) > 3 else []
            names = words.listed([*missing[:3], *more])
            notices.append(f"The link names a {_NOUNS[key]} that is not here, so it is left out: {names}.")
    return notices


def address(page: str, filters: Filters, by_team: Mapping[str, str]) -> str:
    """Where a link leads that opens a page with these filters; `by_team` maps team_id to label."""
    given = {
        "period": [] if filters.period == USUAL else [filters.period],
        "by": [label for label, by in GRAINS.items() if by == filters.by and by],
        "path": [label for label, path in PATHS.items() if path == filters.path and path],
        "team": [by_team[team] for team in filters.team],
        "domain": list(filters.domain),
        "compare": [label for label, against in COMPARED.items() if against == filters.compare != "before"],
    }
    return f"{page}?{urlencode(given, doseq=True, quote_via=quote)}".removesuffix("?")


def window(filters: Filters, today: date, first_day: date | None) -> Window:
    """The days that a period means: whole weeks or months and the running one, never before the data begins.

    `today` is the day of the newest event, `first_day` that of the oldest.
    """
    until = today + timedelta(days=1)
    first = min(first_day or today, today)
    since = max(_start(PERIODS[filters.period], today) or first, first)
    before = earlier(since, until, filters.compare)
    # weeks while they still fit side by side, months once they would crowd
    usual = "week" if until - since <= timedelta(days=125) else "month"
    return Window(since, until, before if before[0] >= first else None, filters.by or usual)


def _start(back: tuple[str, int] | None, today: date) -> date | None:
    if back is None:
        return None
    unit, count = back
    if unit == "week":
        return period_start(today, "week") - timedelta(weeks=count)
    months = today.year * 12 + today.month - 1 - count
    return date(months // 12, months % 12 + 1, 1)


def part(
    name: str,
    filters: Filters,
    window: Window,
    first: date | None,
    *,
    by: str = "all",
    group: tuple[str, ...] = (),
    costly: tuple[str, ...] | None = None,
) -> Slice:
    """The slice for a metric: the window, and those filters that the metric knows.

    `first` is the day from which its records are known: before it nobody knows of anything, which is no zero.
    """
    since = max(window.since, first) if first and first < window.until else window.since
    return Slice(by, group, since, window.until, _where(name, filters), costly)


def part_before(
    name: str, filters: Filters, window: Window, first: date | None, costly: tuple[str, ...] | None = None
) -> Slice | None:
    """The same for the window before, or None where the records do not reach back so far."""
    if window.before is None or (first and window.before[0] < first):
        return None
    return Slice("all", (), *window.before, _where(name, filters), costly)


def unused(name: str, filters: Filters) -> list[str]:
    """The filters that are set and that a metric cannot follow, in words."""
    chosen = _conditions(filters)
    return [_WORDS[column] for column in chosen if column not in METRICS[name].dimensions]


_WORDS = {"team_id": "team", "domain": "domain", "path": "path"}


def _conditions(filters: Filters) -> dict[str, tuple[str, ...]]:
    path = (filters.path,) if filters.path else ()
    found = {"team_id": filters.team, "domain": filters.domain, "path": path}
    return {column: values for column, values in found.items() if values}


def _where(name: str, filters: Filters) -> dict[str, tuple[str, ...]]:
    return {column: values for column, values in _conditions(filters).items() if column in METRICS[name].dimensions}


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}..."
