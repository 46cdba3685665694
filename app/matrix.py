"""The users' pain against the platform's priority as a figure: every pain named beside its mark, no two names touching.

Pure: frame in, figure out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
import polars as pl

from app import words
from app.charts import ACCENT, CAUTION, CLEAR, FAINT, INK, MUTED, PAPER, SHADE, blank, wrapped
from app.priorities import MEANINGS, QUADRANTS

HEIGHT = 620
REACH = 1 / 3
"""A pain is one when it reaches this share of the users; queries/pains.py decides, this only draws where that lies."""

# priority is an order, not a distance: what is planned stands in equal steps, well apart from what is not
_PLACES = {0.0: 0.0, 0.2: 1.35, 0.4: 1.8, 0.6: 2.25, 0.8: 2.7, 1.0: 3.15}
_TICKS = {
    0.0: "nothing<br>planned",
    0.2: "lowest<br>priority",
    0.4: "low",
    0.6: "middle",
    0.8: "high",
    1.0: "highest<br>priority",
}
_DIVIDE = 1.12
_LEFT, _RIGHT = -0.12, 4.15
_BELOW = 0.15
"""Room under zero, as a share of the height: there the lower fields are named, and no mark covers that."""
_LOOKS = {
    "quick_win": ("circle", ACCENT, ACCENT),
    "listen": ("diamond", CAUTION, CAUTION),
    "drift": ("square", MUTED, MUTED),
    "later": ("circle", FAINT, MUTED),
    "unsure": ("circle", PAPER, INK),
}

# nominal pixels: the narrowest width that the page gives the figure; wider only leaves more room
_WIDTH, _DRAWN = 640.0, HEIGHT - 90.0
_MARK = 15.0
_CHARACTERS, _LETTER, _LINE = 24, 5.9, 15.0


@dataclass(frozen=True)
class Label:
    """Where a name stands: pixels from its mark, and on which side of it."""

    x: float
    y: float
    lines: tuple[str, ...]
    is_left: bool

    def box(self, at: tuple[float, float]) -> tuple[float, float, float, float]:
        """Left, right, bottom and top in nominal pixels, for a mark at a place."""
        width = max(len(line) for line in self.lines) * _LETTER
        left = at[0] + self.x - (width if self.is_left else 0)
        half = len(self.lines) * _LINE / 2
        return left, left + width, at[1] + self.y - half, at[1] + self.y + half


def matrix(overlap: pl.DataFrame) -> go.Figure:
    """The answer of pain_overlap for one survey, where priorities are known. Pains whose score is hidden are not drawn.

    Up is reach times severity; the bar is the 95 % range of the reach times the severity. In the grey band it depends
    on the severity whether a third of the users is reached.
    """
    shown = overlap.filter(pl.col("pain_score").is_not_null()).sort("pain_score", descending=True)
    fig = blank(height=HEIGHT, right=8)
    top = max([0.3, *(_high(row) for row in shown.iter_rows(named=True))]) * 1.14
    _ground(fig, shown, top)
    places = _side_by_side(
        [(_place(priority), score) for priority, score in shown.select("priority_score", "pain_score").rows()], top
    )
    pixels = [_pixels(place, top) for place in places]
    bars = [
        _pixels((x, _high(row)), top)[1] - _pixels((x, y), top)[1]
        for row, (x, y) in zip(shown.iter_rows(named=True), places, strict=True)
    ]
    labels = arranged(pixels, bars, [tuple(wrapped(title, _CHARACTERS, 3)) for title in shown["title"]])
    for row, (x, y), label in zip(shown.iter_rows(named=True), places, labels, strict=True):
        _pain(fig, row, x, y, label)
    fig.update_xaxes(
        tickvals=list(_PLACES.values()),
        ticktext=list(_TICKS.values()),
        range=[_LEFT, _RIGHT],
        tickangle=0,
        showgrid=False,
    )
    fig.update_yaxes(range=[-_BELOW * top, top], tickformat=".1f", nticks=6, showgrid=False)
    return fig


def arranged(
    pixels: Sequence[tuple[float, float]], bars: Sequence[float], texts: Sequence[tuple[str, ...]]
) -> list[Label]:
    """A place for every label: beside its mark where that is free, else as near as it can be without touching.

    `pixels` are the marks, `bars` how far the bar of each reaches up and down from it.
    """
    placed: list[Label] = []
    boxes: list[tuple[float, float, float, float]] = [(x - 9, x + 9, y - 9, y + 9) for x, y in pixels]
    boxes += [(x - 2, x + 2, y - bar, y + bar) for (x, y), bar in zip(pixels, bars, strict=True)]
    for at, lines in zip(pixels, texts, strict=True):
        best, least = Label(12, 0, lines, False), float("inf")
        for step in sorted(range(-9, 10), key=abs):
            for is_left in (False, True):
                label = Label(-12 if is_left else 12, step * _LINE, lines, is_left)
                cost = _overlap(label.box(at), boxes) + abs(step) * 6 + is_left * 4 + _outside(label.box(at))
                if cost < least:
                    best, least = label, cost
        placed.append(best)
        boxes.append(best.box(at))
    return placed


def _overlap(box: tuple[float, float, float, float], others: Sequence[tuple[float, float, float, float]]) -> float:
    area = 0.0
    for left, right, bottom, top in others:
        wide, high = min(box[1], right) - max(box[0], left), min(box[3], top) - max(box[2], bottom)
        area += wide * high if wide > 0 and high > 0 else 0.0
    return area


def _outside(box: tuple[float, float, float, float]) -> float:
    past = max(0.0, -box[0]) + max(0.0, box[1] - _WIDTH) + max(0.0, -box[2]) + max(0.0, box[3] - _DRAWN)
    return 100 * past


def _ground(fig: go.Figure, shown: pl.DataFrame, top: float) -> None:
    """The four fields with their names, and the band in which a third of the users begins."""
    severities = shown["severity_mean"].drop_nulls()
    low = REACH * float(severities.min() or 0) if len(severities) else REACH / 2  # type: ignore[arg-type]
    high = REACH * float(severities.max() or 0) if len(severities) else REACH / 2  # type: ignore[arg-type]
    fig.add_shape(type="rect", x0=_LEFT, x1=_RIGHT, y0=low, y1=high, fillcolor=SHADE, line={"width": 0}, layer="below")
    fig.add_shape(
        type="line", x0=_DIVIDE, x1=_DIVIDE, y0=-_BELOW * top, y1=top, line={"color": FAINT, "width": 2}, layer="below"
    )
    corners = {
        "listen": (_LEFT, 1.0, "left", "top"),
        "quick_win": (_RIGHT, 1.0, "right", "top"),
        "later": (_LEFT, 0.0, "left", "bottom"),
        "drift": (_RIGHT, 0.0, "right", "bottom"),
    }
    for quadrant, (x, y, side, edge) in corners.items():
        fig.add_annotation(
            x=x,
            xanchor=side,
            y=y,
            yref="paper",
            yanchor=edge,
            showarrow=False,
            align=side,
            text=f"<b>{QUADRANTS[quadrant]}</b><br>{MEANINGS[quadrant]}",
            font={"size": 12.5, "color": _LOOKS[quadrant][2]},
        )


def _pain(fig: go.Figure, row: dict[str, object], x: float, y: float, label: Label) -> None:
    symbol, fill, edge = _LOOKS[str(row["quadrant"])]
    severity, low, high = row["severity_mean"], row["affected_ratio_low"], row["affected_ratio_high"]
    error = None
    if isinstance(severity, float) and isinstance(low, float) and isinstance(high, float):
        up, down = max(high * severity - y, 0.0), max(y - low * severity, 0.0)
        error = {"type": "data", "array": [up], "arrayminus": [down], "color": edge, "thickness": 1.2, "width": 0}
    title = words.literal(row["title"])
    fig.add_scatter(
        x=[x],
        y=[y],
        error_y=error,
        mode="markers",
        name=title,
        marker={"symbol": symbol, "size": 13, "color": fill, "line": {"color": edge, "width": 2}},
        hovertemplate=(
            f"{title}<br>{QUADRANTS[str(row['quadrant'])]}<br>hurts {words.share(row['affected_ratio'])} "  # type: ignore[arg-type]
            f"({words.share_range(low, high)}) of {words.plural(row['answer_count'], 'respondent')}<extra></extra>"  # type: ignore[arg-type]
        ),
    )
    fig.add_annotation(
        x=x,
        y=y,
        text="<br>".join(words.literal(line) for line in label.lines),
        showarrow=bool(label.y),
        arrowhead=0,
        arrowwidth=1,
        arrowcolor=MUTED,
        standoff=8,
        ax=label.x,
        ay=-label.y,
        xshift=0 if label.y else label.x,
        xanchor="right" if label.is_left else "left",
        yanchor="middle",
        align="right" if label.is_left else "left",
        bgcolor=CLEAR,
        borderpad=0,
        font={"size": 12, "color": INK},
    )


def _high(row: dict[str, object]) -> float:
    high, severity, score = row["affected_ratio_high"], row["severity_mean"], row["pain_score"]
    if isinstance(high, float) and isinstance(severity, float):
        return high * severity
    return score if isinstance(score, float) else 0.0


def _place(priority: float) -> float:
    """Where a priority score stands: at the step nearest to it."""
    return _PLACES[min(_PLACES, key=lambda score: abs(score - priority))]


def _side_by_side(places: list[tuple[float, float]], top: float) -> list[tuple[float, float]]:
    """Marks of one step that would cover each other, moved apart; across is an order, so that says nothing else."""
    moved: list[tuple[float, float]] = []
    for x, y in places:
        beside = [place for place in moved if abs(place[0] - x) < 0.3 and abs(place[1] - y) / top * _DRAWN < _MARK]
        shift = (
            (-(len(beside) // 2) if len(beside) % 2 == 0 else len(beside) // 2 + 1) * _MARK / _WIDTH * (_RIGHT - _LEFT)
        )
        moved.append((x + shift, y))
    return moved


def _pixels(place: tuple[float, float], top: float) -> tuple[float, float]:
    return (place[0] - _LEFT) / (_RIGHT - _LEFT) * _WIDTH, (place[1] + _BELOW * top) / ((1 + _BELOW) * top) * _DRAWN
