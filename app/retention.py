"""Do teams stay: a table of months by month of first deployment, and its one sentence. Pure."""

from dataclasses import dataclass
from datetime import date

import plotly.graph_objects as go
import polars as pl

from app import groups, words

COHORTS, MONTHS = 14, 12
"""The newest months of first deployment, and the months after it, that are drawn."""


@dataclass(frozen=True)
class Grid:
    """The table as a figure, and what it leaves to the CSV, as a sentence that begins with a blank."""

    figure: go.Figure
    cut: str


def grid(frame: pl.DataFrame) -> Grid:
    """`frame` is the answer of the metric: cohort, month_number, team_count, active_count, active_ratio, is_running."""
    cohorts: list[date] = frame["cohort"].unique().sort().to_list()
    shown = cohorts[-COHORTS:]
    last = min(int(frame["month_number"].max()), MONTHS)  # type: ignore[arg-type]
    found = {(row["cohort"], row["month_number"]): row for row in frame.iter_rows(named=True)}
    cells = [[found.get((cohort, month)) for month in range(last + 1)] for cohort in shown]
    texts = [[_text(cell) for cell in line] for line in cells]
    values = [[cell["active_ratio"] if cell else None for cell in line] for line in cells]
    sizes = [found[cohort, 0]["team_count"] for cohort in shown]
    rows = [f"{cohort:%b %Y}, {words.plural(size, 'team')}" for cohort, size in zip(shown, sizes, strict=True)]
    columns = ["first", *(f"+{month}" for month in range(1, last + 1))]
    gone = len(cohorts) - len(shown)
    cut = f" {words.plural(gone, 'earlier month')} in the CSV." if gone else ""
    return Grid(groups.heat(rows, columns, values, texts), cut)


def title(frame: pl.DataFrame) -> str:
    """How many teams still deploy some months after their first, over all for which that month is over."""
    over = frame.filter(~pl.col("is_running") & (pl.col("month_number") > 0))
    if over.is_empty():
        return "No team has used the platform for longer than a month yet"
    month = min(3, int(over["month_number"].max()))  # type: ignore[arg-type]
    then = over.filter(pl.col("month_number") == month)
    active, total = int(then["active_count"].sum()), int(then["team_count"].sum())
    return f"{active} of {words.plural(total, 'team')} still deployed {words.plural(month, 'month')} after their first"


def _text(cell: dict[str, object] | None) -> str:
    if cell is None:
        return ""
    return f"{cell['active_count']}/{cell['team_count']}{'·' if cell['is_running'] else ''}"
