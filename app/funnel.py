"""Figures of how teams come to the platform: the stages, and the wait for the first deployment. Pure."""

from collections.abc import Sequence

import plotly.graph_objects as go
import polars as pl

from app import units, words
from app.charts import ACCENT, CAUTION, INK, MUTED, PAPER, TINT, blank, wrapped

_ROW = 38
LEAST = 6
"""Teams that must have deployed before a curve is drawn."""


def stages(counts: Sequence[tuple[str, int]], accented: int) -> go.Figure:
    """Bars of teams per stage, first to last from above, each with its count; the first `accented` in the accent."""
    fig = blank(height=50 + _ROW * len(counts), right=70)
    names, values = [name for name, _ in counts], [count for _, count in counts]
    fig.add_bar(
        x=values,
        y=list(range(len(counts))),
        orientation="h",
        marker={
            "color": [ACCENT if n < accented else CAUTION for n in range(len(counts))],
            "pattern": {
                "shape": ["" if n < accented else "/" for n in range(len(counts))],
                "bgcolor": PAPER,
                "fgcolor": CAUTION,
                "size": 5,
            },
        },
        text=[words.plural(value, "team") for value in values],
        textposition="outside",
        textfont={"color": INK, "size": 13},
        cliponaxis=False,
        hoverinfo="skip",
        name="teams",
    )
    fig.update_layout(bargap=0.35)
    fig.update_xaxes(visible=False, range=[0, max([1, *values]) * 1.02])
    return _named(fig, names, 24)


def waiting(curve: pl.DataFrame, median: float | None) -> go.Figure:
    """The share of teams that has deployed, by days since they were onboarded, with its range.

    `curve` has day_count, waiting_count, deployed_ratio and its ends. Ticks on the line are teams that still wait.
    """
    fig = blank(right=24)
    days = [0, *curve["day_count"]]
    shares = [0.0, *curve["deployed_ratio"]]
    band = curve.filter(pl.col("deployed_ratio_low").is_not_null())
    if len(band) > 1:
        xs = band["day_count"].to_list()
        step = {"mode": "lines", "hoverinfo": "skip", "line": {"shape": "hv", "width": 0}}
        fig.add_scatter(x=xs, y=units.SHARE.scaled(band["deployed_ratio_high"]), name="upper end", **step)
        fig.add_scatter(
            x=xs, y=units.SHARE.scaled(band["deployed_ratio_low"]), name="range", fill="tonexty", fillcolor=TINT, **step
        )
    fig.add_scatter(
        x=days,
        y=units.SHARE.scaled(shares),
        mode="lines",
        line={"shape": "hv", "color": ACCENT, "width": 2.5},
        customdata=[[words.plural(day, "day"), words.share(share)] for day, share in zip(days, shares, strict=True)],
        hovertemplate="%{customdata[0]} after being onboarded<br>%{customdata[1]} have deployed<extra></extra>",
        name="have deployed",
    )
    left = curve.filter(pl.col("waiting_count") > 0)
    fig.add_scatter(
        x=left["day_count"].to_list(),
        y=units.SHARE.scaled(left["deployed_ratio"]),
        mode="markers",
        cliponaxis=False,
        marker={"symbol": "line-ns-open", "size": 11, "color": INK, "line": {"width": 2}},
        customdata=[words.plural(count, "team") for count in left["waiting_count"]],
        hovertemplate="%{customdata} waiting for %{x} days so far<extra></extra>",
        name="still waiting",
    )
    if median is not None and median >= 0:
        fig.add_scatter(
            x=[0, median, median],
            y=[50, 50, 0],
            mode="lines",
            line={"color": MUTED, "width": 1.5, "dash": "dot"},
            hoverinfo="skip",
            name="half of the teams",
        )
        fig.add_annotation(
            x=median, y=50, xanchor="left", yanchor="top", xshift=8, showarrow=False,
            text=f"half after {words.plural(round(median), 'day')}", font={"color": INK, "size": 13},
        )  # fmt: skip
    fig.update_yaxes(range=[0, 102], ticksuffix=units.SHARE.suffix)
    fig.update_layout(margin={"l": 56, "b": 35})
    fig.update_xaxes(rangemode="tozero", ticksuffix=" d", tickformat=",d", nticks=8, range=[0, max([7, *days]) * 1.02])
    return fig


def _named(fig: go.Figure, names: Sequence[str], width: int) -> go.Figure:
    """Names the rows of a bar chart, first from above."""
    fig.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=["<br>".join(words.literal(line) for line in wrapped(name, width, 2)) for name in names],
        tickfont={"color": INK, "size": 13},
        range=[len(names) - 0.5, -0.5],
        showgrid=False,
        rangemode="normal",
    )
    return fig
