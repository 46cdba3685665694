"""How far a run is: a bar that overwrites itself on a terminal, a line a minute in a log, and the time that is left."""

import shutil
import time
from collections.abc import Callable
from typing import Any

from ingest.progress import Reached

Show = Callable[[str, dict[str, Any]], None]
"""Takes a message and its fields."""

BAR = 24
EVERY = {True: 0.1, False: 60.0}
"""Seconds between two messages, on a terminal and in a log: short runs leave no line there."""

ENOUGH = (2.0, 0.01)
"""Seconds, and the share done in them, before what is left can be told from what is done."""


class Progress:
    """Called with what is reached, again and again; shows it now and then."""

    def __init__(
        self,
        show: Callable[[str, dict[str, Any]], None],
        is_terminal: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._show = show
        self._is_terminal = is_terminal
        self._clock = clock
        self._shown = clock()
        self._part: tuple[str, str] | None = None
        self._began = (clock(), 0.0)

    def __call__(self, reached: Reached) -> None:
        now = self._clock()
        if self._part != (reached.source, reached.what):
            self._part = (reached.source, reached.what)
            self._began = (now, reached.share or 0)
        if now - self._shown < EVERY[self._is_terminal]:
            return
        self._shown = now
        left = self._left(now, reached.share)
        fields = {"source": reached.source, "rows": reached.rows, "what": reached.what, "share": reached.share}
        text = (_bar if self._is_terminal else _line)(reached, left)
        self._show(text, fields | {"seconds_left": None if left is None else round(left)})

    def _left(self, now: float, share: float | None) -> float | None:
        """Seconds, if this part goes on as it did."""
        began, first = self._began
        if share is None or now - began < ENOUGH[0] or share - first < ENOUGH[1]:
            return None
        return (now - began) * (1 - share) / (share - first)


def _bar(reached: Reached, left: float | None) -> str:
    parts = [reached.source]
    if reached.share is not None:
        full = int(reached.share * BAR)
        parts += [reached.what, f"[{'#' * full}{'.' * (BAR - full)}]", f"{reached.share:4.0%}"]
    parts += [f" {reached.rows:,} rows"]
    text = " ".join(parts) + (f", about {_span(left)} left" if left is not None else "")
    return text[: shutil.get_terminal_size().columns - 1]


def _line(reached: Reached, left: float | None) -> str:
    parts = [f"{reached.rows:,} rows read"]
    parts += [f"{reached.share:.0%} of the {reached.what}"] if reached.share is not None else []
    parts += [f"about {_span(left)} left"] if left is not None else []
    return f"{reached.source}: {', '.join(parts)}"


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes / 60:.1f} h"
