"""Times as APIs write them: ISO 8601 texts, which sort as the times do where all have one form."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, TypeAdapter, ValidationError

from ingest.records import EARLIEST

_TIME = TypeAdapter(datetime)


def utc(text: str) -> str:
    """An ISO time of any offset (none: UTC) as UTC to the millisecond. Raises ValueError when it is none."""
    time = _time(text)
    if time is None:
        raise ValueError("is no time")
    return f"{time.isoformat(timespec='milliseconds')}Z"


Utc = Annotated[str, AfterValidator(utc)]
"""A time that others are compared with: such texts sort as the times do."""


def stamp(time: datetime) -> str:
    """Naive UTC as text, to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> datetime:
    """Text with an offset, as naive UTC."""
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def share(begin: str, reached: str, end: str) -> float:
    """How much of a span of time has been gone through, 0 to 1."""
    whole = (moment(end) - moment(begin)).total_seconds()
    return (moment(reached) - moment(begin)).total_seconds() / whole if whole > 0 else 1


def earliest(dates: list[str]) -> str | None:
    """The first of some ISO times, whatever their offsets. What no clock can have said does not count."""
    times = [(time, date) for date in dates if (time := _time(date)) is not None and time >= EARLIEST]
    return min(times)[1] if times else None


def in_order(started: str | None, finished: str | None) -> tuple[str | None, str | None]:
    """Start and end. A start after the end, as skipped jobs have it, says nothing."""
    if started and finished:
        first, last = _time(started), _time(finished)
        if first and last and last < first:
            return None, finished
    return started, finished


def _time(text: str) -> datetime | None:
    try:
        time = _TIME.validate_python(text)
        return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time
    except (ValidationError, OverflowError):
        return None
