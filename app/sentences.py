"""Titles computed from the data: a direction only where a test finds one, and values that a reader can check.

Pure: frames in, one sentence out.
"""

from collections.abc import Callable, Sequence
from datetime import date

import polars as pl

from app import words
from queries import trends


def course(
    frame: pl.DataFrame,
    column: str,
    by: str,
    subject: str,
    say: Callable[[float | None], str],
    *,
    soft: Sequence[str] = (),
) -> str:
    """How a column went from its first to its last whole period, or that there is no steady trend.

    `subject` begins the sentence, such as "Deployments through the platform"; `soft` names boolean columns beside
    is_partial that make a period not final.
    """
    whole = frame.filter(~pl.any_horizontal(pl.col("is_partial", *soft).fill_null(False))).sort("period")
    known = whole.filter(pl.col(column).is_not_null())
    if known.is_empty():
        return f"{subject}: no whole {by} to show yet"
    first, last = known.row(0, named=True), known.row(-1, named=True)
    if len(known) == 1:
        return f"{subject}: {say(last[column])} in {when(last['period'], by)}"
    direction = trends.direction(known[column].to_list())
    start, end = when(first["period"], by, last["period"]), when(last["period"], by)
    if direction == 0:
        return f"{subject}: no steady trend since {start} ({say(first[column])} then, {say(last[column])} in {end})"
    verb = "rose" if direction > 0 else "fell"
    return f"{subject} {verb} from {say(first[column])} in {start} to {say(last[column])} in {end}"


def span(frame: pl.DataFrame, column: str, by: str, say: Callable[[float | None], str]) -> str:
    """What a listener of a chart needs: first, last, lowest and highest value, as its alternative text."""
    known = frame.filter(pl.col(column).is_not_null()).sort("period")
    if known.is_empty():
        return "No values in this period."
    first, last = known.row(0, named=True), known.row(-1, named=True)
    low, high = known[column].min(), known[column].max()
    gaps = len(frame) - len(known)
    text = (
        f"From {say(first[column])} in {when(first['period'], by)} to {say(last[column])} in "
        f"{when(last['period'], by)}; "
        f"lowest {say(low)}, highest {say(high)}."  # type: ignore[arg-type]
    )
    return f"{text} {words.plural(gaps, by)} without a value." if gaps else text


def when(start: date, by: str, beside: date | None = None) -> str:
    """A period inside a sentence; without its year where the date beside it is of the same year."""
    if beside is not None and beside.year == start.year:
        return f"{start:%B}" if by == "month" else f"the week of {start.day} {start:%b}"
    return words.period(start, by)


def better_or_not(changes: Sequence[tuple[str, trends.Change | None, int]]) -> str:
    """Whether things get better, in a sentence or two. A change has its name, and 1 where more is better, else -1."""
    known = [(name, change, good) for name, change, good in changes if change is not None]
    if not known:
        return "There is no earlier period to compare with; the charts below show the course of this one."
    clear = [(name, change.direction == good) for name, change, good in known if change.is_clear and change.direction]
    better = [name for name, is_better in clear if is_better]
    worse = [name for name, is_better in clear if not is_better]
    same = [name for name, _, _ in known if name not in better and name not in worse]
    if not clear:
        return f"No clear change in {_either(same)}."
    rest = f" No clear change in {_either(same)}." if same else ""
    if not worse:
        return f"{'In part' if same else 'Yes'}: {words.listed(better)} improved.{rest}"
    if not better:
        return f"No: {words.listed(worse)} got worse.{rest}"
    return f"Mixed: {words.listed(better)} improved, but {words.listed(worse)} got worse.{rest}"


def _either(names: Sequence[str]) -> str:
    return words.listed(names).replace(" and ", " or ")
