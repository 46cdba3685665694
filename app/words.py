"""Numbers, durations and times in plain words, and the one function that makes foreign text harmless."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
_NEEDS = re.compile(r"(\w+) needs (\d+), has (\d+)")
_UNITS = re.compile(r"_(hours|seconds|days)(_|$)")
_COLUMN_IS = re.compile(r"^[a-z]+_[a-z0-9_]+ is ")
_COLUMN = re.compile(r"^[a-z]+_[a-z0-9_]+ (is|needs) ")
_NOUNS = {"lead_time": "changes", "coding": "changes", "review": "changes", "deploy": "changes"} | {
    "queue": "runs",
    "duration": "runs",
    "recovery": "failures",
    "green": "breaks",
    "blocked": "stopped runs",
    "gap": "deployments",
}
PATHS = {
    "platform": "through the platform",
    "off_platform": "round the platform",
    "unknown": "path unknown",
}
"""How a deployment went, as said to a person."""
CAUSES = {
    "human_change": "change",
    "retrain": "automatic retrain",
    "promotion": "promotion",
    "config": "configuration",
    "rollback": "rollback",
    "hotfix": "urgent fix",
    "redeploy": "the same again",
}
"""What a deployment was for."""


def literal(text: object) -> str:
    """Foreign text so that HTML, Markdown and Plotly show it as it stands: no tag, link, formula or colour comes of it.

    Every punctuation mark becomes a numeric entity, which all three show as a character and none reads as markup.
    """
    return _PUNCTUATION.sub(lambda match: f"&#{ord(match[0])};", str(text))


def number(value: float | None) -> str:
    """1,487 or 3.2; a dash where there is none."""
    if value is None:
        return "–"
    if float(value).is_integer() or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}".removesuffix(".0")


def amount(value: float | None, unit: str) -> str:
    """A value in a unit that stands beside it: a share as 88 %, anything else with the digits that matter."""
    if value is None or unit.startswith("share"):
        return share(value)
    return number(round(value, 2)) if abs(value) >= 10 else f"{value:.2f}".rstrip("0").removesuffix(".")


def points(low: float, high: float) -> str:
    """The range of a difference of two shares: −17 to +2 points."""
    ends = (round(100 * end) for end in (low, high))
    return " to ".join(f"{end:+d}".replace("-", "\u2212") if end else "0" for end in ends) + " points"


def share(ratio: float | None) -> str:
    """62 %. What is not all is never said to be 100 %, and what is not nothing never 0 %."""
    if ratio is None:
        return "–"
    percent = 100 * ratio
    if 0 < percent < 1:
        return "under 1\u00a0%"
    if 99 < percent < 100:
        return "over 99\u00a0%"
    return f"{percent:.1f}\u00a0%" if percent < 10 and round(percent, 1) % 1 else f"{percent:.0f}\u00a0%"


def share_range(low: float | None, high: float | None) -> str:
    """58 to 64 %: the ends of a 95 % interval."""
    if low is None or high is None:
        return "range unknown"
    digits = 1 if 100 * high < 10 else 0
    ends = f"{100 * low:.{digits}f}", f"{100 * high:.{digits}f}"
    return f"{ends[0]}\u00a0%" if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}\u00a0%"


def one_in(ratio: float | None) -> str:
    """About 1 in 11; for shares that are easier to picture than a percentage."""
    if ratio is None:
        return "unknown"
    if ratio <= 0:
        return "none"
    if ratio > 0.4:
        return f"{round(10 * ratio)} in 10"
    return f"1 in {round(1 / ratio):,}"


def duration(hours: float | None) -> str:
    """45 minutes, 6.2 hours, 3.2 days: in the unit that a person would say."""
    if hours is None:
        return "–"
    if abs(hours) < 1:
        return plural(round(60 * hours), "minute")
    value, unit = (hours, "hour") if abs(hours) < 48 else (hours / 24, "day")
    text = f"{value:.0f}" if abs(value) >= 20 else f"{value:.1f}".removesuffix(".0")
    return f"{text} {unit}" if text == "1" else f"{text} {unit}s"


def seconds(value: float | None) -> str:
    """20 seconds, 7 minutes, 1.5 hours."""
    if value is None:
        return "–"
    return plural(round(value), "second") if abs(value) < 100 else duration(value / 3600)


def hours(value: float) -> str:
    """Hours added up, which stay hours however many: 1,240 hours."""
    return duration(value) if value < 1 else plural(round(value), "hour")


def plural(count: float | None, noun: str, many: str | None = None) -> str:
    """1 team, 14 teams, no teams."""
    many = many or f"{noun}s"
    if count is None:
        return f"an unknown number of {many}"
    if count == 0:
        return f"no {many}"
    return f"1 {noun}" if count == 1 else f"{number(count)} {many}"


def listed(items: Sequence[str]) -> str:
    """a, b and c."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def day(value: date) -> str:
    """22 Nov 2026."""
    return f"{value.day} {value:%b %Y}"


def days(since: date, until: date) -> str:
    """1 May to 22 Nov 2026; `until` is the first day after the window."""
    last = until - timedelta(days=1)
    if since == last:
        return day(last)
    return f"{since.day} {since:%b}{'' if since.year == last.year else f' {since.year}'} to {day(last)}"


def instant(value: datetime, timezone: str) -> str:
    """A naive UTC instant in the reporting time zone: 21 Nov 2026, 14:05."""
    local = value.replace(tzinfo=UTC).astimezone(ZoneInfo(timezone))
    return f"{day(local.date())}, {local:%H:%M}"


def period(start: date, by: str) -> str:
    """June 2026, or the week of 1 Jun 2026."""
    if by == "month":
        return f"{start:%B %Y}"
    return f"the week of {day(start)}" if by == "week" else day(start)


def ago(value: datetime, now: datetime) -> str:
    """5 minutes ago. Both are naive UTC instants."""
    minutes = (now - value).total_seconds() / 60
    if minutes < 1.5:
        return "just now"
    if minutes < 90:
        return f"{minutes:.0f} minutes ago"
    if minutes < 36 * 60:
        return f"{minutes / 60:.0f} hours ago"
    return f"{minutes / 1440:.0f} days ago"


def reason_of(reason: str | None, column: str) -> str | None:
    """What of a reason speaks of a column (its name, or how that begins) or of all columns; None where nothing does."""
    parts = (reason or "").split("; ")
    return "; ".join(part for part in parts if part.startswith(column) or not _COLUMN.match(part)) or None


def withheld(reason: str | None) -> str:
    """Why a value is not shown, as a sentence without its full stop."""
    if not reason:
        return "nothing in this period to compute it from"
    for name, needs, has in _NEEDS.findall(reason):
        noun = _NOUNS.get(_UNITS.split(name)[0], "cases")
        return f"too few {noun}: {has}, and it takes {needs}" if has != "0" else f"no {noun}, and it takes {needs}"
    return _COLUMN_IS.sub("", reason.split("; ")[0])


def sentence(text: str) -> str:
    """With a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}"
