"""How far a source is, for who looks on: told by the source as it goes, handed on by the run."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Reached:
    """`rows` are read so far. `share`, 0 to 1, is how much is done of `what`; None where the source cannot tell."""

    source: str
    rows: int
    what: str = ""
    share: float | None = None


Progress = Callable[[Reached], None]


@dataclass
class Meter:
    """Where a source says which part of how many it is at, and how much of that is done."""

    change: Callable[[], None] = lambda: None
    what: str = ""
    share: float | None = None
    _part: tuple[int, int] = field(default=(0, 1))

    def part(self, what: str, index: int, count: int) -> None:
        """The `index`-th of `count` parts, from 0 on, begins; `what` names them together."""
        self.what, self._part = what, (index, count)
        self.within(0)

    def within(self, share: float) -> None:
        """So much of the part is done."""
        index, count = self._part
        self.share = (index + min(max(share, 0), 1)) / count
        self.change()
