"""In which unit values are drawn, and how they are said."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from app import words


@dataclass(frozen=True)
class Unit:
    """How values of a column are drawn (times `scale`) and said."""

    scale: float
    suffix: str
    tickformat: str
    say: Callable[[float | None], str]

    def scaled(self, values: Iterable[float | None]) -> list[float | None]:
        """Values as they are drawn; what is not there stays so."""
        return [None if value is None else value * self.scale for value in values]


# said as in words, which Plotly's own percentages are not
SHARE = Unit(100, "\u00a0%", ".1~f", words.share)
COUNT = Unit(1, "", ",", words.number)
HOURS = Unit(1, " h", ",~r", words.duration)
DAYS = Unit(1 / 24, " d", ",~r", words.duration)
COUNT_HOURS = Unit(1, " h", ",~r", lambda value: "–" if value is None else words.hours(value))
SECONDS = Unit(1, " s", ",~r", words.seconds)
MINUTES = Unit(1 / 60, " min", ",~r", words.seconds)


def of_hours(longest: float | None) -> Unit:
    """Hours as hours while they are few, else as days."""
    return DAYS if longest is not None and longest > 96 else HOURS


def of_seconds(longest: float | None) -> Unit:
    """Seconds as seconds while they are few, else as minutes."""
    return MINUTES if longest is not None and longest > 180 else SECONDS
