"""Which checks stop people: a figure of early against later, and the words for it. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
import polars as pl

from app import units, words
from app.charts import ACCENT, INK, MUTED, PAPER, SHADE, blank, wrapped
from queries.trends import Change, of_ratios

_ROW = 46
Row = Mapping[str, Any]


def change(row: Row) -> Change | None:
    """How the share that a check stops went from its first eight weeks to later; None where one of them has no run."""
    early, late = row["early_run_count"], row["late_run_count"]
    if not early or not late:
        return None
    return of_ratios(round(row["early_blocked_ratio"] * early), early, round(row["late_blocked_ratio"] * late), late)


def verdict(row: Row) -> str:
    """The same in words."""
    went = change(row)
    if went is None:
        return "here for less than eight weeks"
    if not went.is_clear:
        return "no clear change since"
    return "▼ stops clearly fewer than at first" if went.now < went.before else "▲ stops clearly more than at first"


def title(rows: Sequence[Row]) -> str:
    """One sentence: what the checks that stop most have done since they came."""
    known = [(row["control"], change(row)) for row in rows]
    fewer = [name for name, went in known if went and went.is_clear and went.now < went.before]
    more = [name for name, went in known if went and went.is_clear and went.now > went.before]
    if fewer or more:
        parts = [f"{words.listed(fewer)} {'stops' if len(fewer) == 1 else 'stop'} fewer runs than at first"] * bool(
            fewer
        )
        parts += [f"{words.listed(more)} {'stops' if len(more) == 1 else 'stop'} more"] * bool(more)
        return words.sentence("; ".join(parts)).removesuffix(".")
    return "No check stops clearly fewer or more runs than in its first eight weeks"


def early_and_late(frame: pl.DataFrame) -> go.Figure:
    """Per check two dots on one line: the share stopped in its first eight weeks (hollow) and later, with ranges."""
    fig = blank(height=80 + _ROW * len(frame), right=24)
    places = list(range(len(frame)))
    looks = (("early", -0.14, MUTED, "diamond", PAPER), ("late", 0.14, ACCENT, "circle", ACCENT))
    names = {"early": "first eight weeks", "late": "later"}
    for end, shift, colour, symbol, fill in looks:
        known = frame[f"{end}_blocked_ratio"].is_not_null()
        ys = [place + shift for place, there in zip(places, known, strict=True) if there]
        rows = frame.filter(known)
        xs: list[float | None] = []
        lines: list[float | None] = []
        for y, low, high in zip(ys, rows[f"{end}_blocked_ratio_low"], rows[f"{end}_blocked_ratio_high"], strict=True):
            xs += [*units.SHARE.scaled([low, high]), None]
            lines += [y, y, None]
        fig.add_scatter(
            x=xs, y=lines, mode="lines", line={"width": 2, "color": colour}, hoverinfo="skip", showlegend=False
        )
        texts = [
            f"{words.share(ratio)} of {words.plural(count, 'run')}, {names[end]}"
            for ratio, count in zip(rows[f"{end}_blocked_ratio"], rows[f"{end}_run_count"], strict=True)
        ]
        fig.add_scatter(
            x=units.SHARE.scaled(rows[f"{end}_blocked_ratio"]),
            y=ys,
            mode="markers",
            cliponaxis=False,
            marker={"symbol": symbol, "size": 10, "color": fill, "line": {"color": colour, "width": 2}},
            customdata=texts,
            hovertemplate="%{customdata}<extra></extra>",
            name=names[end],
            showlegend=True,
        )  # fmt: skip
    fig.update_layout(
        showlegend=True,
        legend={"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0, "font": {"color": INK, "size": 13}},
    )
    fig.update_xaxes(ticksuffix=units.SHARE.suffix, rangemode="tozero", showgrid=True, gridcolor=SHADE, nticks=6)
    fig.update_yaxes(
        tickvals=places,
        ticktext=["<br>".join(words.literal(line) for line in wrapped(name, 24, 2)) for name in frame["control"]],
        tickfont={"color": INK, "size": 13},
        range=[len(places) - 0.5, -0.5],
        showgrid=False,
        rangemode="normal",
    )
    return fig
