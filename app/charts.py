"""Frames as Plotly figures in the house style: quiet grid, direct labels, one accent, uncertainty as bands.

Pure: no Streamlit. Colours are roles, drawn as they look in light; app/style.css says what the browser shows for each
in dark, so that a figure never has to know which of the two is shown, and is not drawn again when that changes.
Text that comes from data passes `words.literal`.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

import plotly.graph_objects as go
import polars as pl

from app import units, words
from app.units import Unit

ACCENT, INK, MUTED, FAINT, CAUTION = "#17627f", "#33414c", "#66727d", "#e1e5e4", "#a8480f"
TINT, SHADE, PAPER = "#d3e5ec", "#eceeec", "#ffffff"
"""The first two tint an area in the accent and in muted; the last is what the page lies on."""
CLEAR = "rgba(0,0,0,0)"
HEIGHT = 308
CONFIG = {"displayModeBar": False, "scrollZoom": False, "responsive": True}
"""How Plotly behaves in the page: a picture to read, not a toolbox."""
_FONT = {"family": '"Source Sans", sans-serif', "size": 11.25}
_LABEL_PIXELS = 17
_AROUND = {"l": 56, "t": 19, "b": 51}
"""Pixels around what stands over periods: what the names of its axes take. Plotly finds that out by itself, too, but
only by drawing the figure once more; and axes that begin alike stand below one another."""
_SOFT = ", not final"
_FEW = 5
"""Of fewer than so many every whole number has its line."""
_MANY = 30
"""Periods from which marks grow small, so that the line stays one."""


@dataclass(frozen=True)
class Line:
    """One series: a column of the frame, its name as the reader sees it, and how it is drawn beside colour."""

    column: str
    name: str
    colour: str = ACCENT
    dash: str = "solid"
    symbol: str = "circle"
    low: str | None = None
    high: str | None = None


@dataclass(frozen=True)
class Piece:
    """One part of a stacked bar: a column of the frame, its name, colour, and pattern beside colour."""

    column: str
    name: str
    colour: str
    shape: str = ""


def blank(height: int = HEIGHT, right: int = 12) -> go.Figure:
    """An empty figure with the house style; `right` leaves room for labels, in pixels."""
    axis = {"showgrid": False, "zeroline": False, "fixedrange": True, "ticks": "", "automargin": True}
    axis["tickfont"] = {"color": MUTED, "size": 12}
    fig = go.Figure(
        layout={
            # Streamlit hands every figure over twice; told that the data is the same, Plotly draws it once
            "datarevision": 1,
            "font": _FONT,
            "hoverlabel": {"bgcolor": PAPER, "bordercolor": FAINT, "font": {**_FONT, "color": MUTED}},
            "height": height,
            "margin": {"l": 8, "r": right, "t": 14, "b": 8, "pad": 6},
            "paper_bgcolor": CLEAR,
            "plot_bgcolor": CLEAR,
            "showlegend": False,
            "hovermode": "closest",
            "dragmode": False,
            "xaxis": axis,
            "yaxis": {**axis, "showgrid": True, "gridcolor": FAINT, "nticks": 6, "rangemode": "tozero"},
        }
    )
    # a template, even an empty one, is never the same as the one before
    fig.layout.template = None
    return fig


def bars_by_path(frame: pl.DataFrame, by: str) -> go.Figure:
    """Stacked counts per period and path. `frame` has period, path, deployment_count, is_partial."""
    looks = (("platform", ACCENT, ""), ("off_platform", MUTED, ""), ("unknown", INK, "."))
    wide = frame.group_by("period").agg(
        pl.col("is_partial").any(),
        *(pl.col("deployment_count").filter(pl.col("path") == path).sum().alias(path) for path, _, _ in looks),
    )
    return stacked(wide, by, [Piece(path, words.PATHS[path], *look) for path, *look in looks], units.COUNT)


def stacked(frame: pl.DataFrame, by: str, pieces: Sequence[Piece], unit: Unit) -> go.Figure:
    """Stacked bars per period, each piece named at its right end; a piece that is nowhere is left out.

    `frame` has period, is_partial and the columns of the pieces. Periods that still run or are cut stand hatched.
    """
    fig = blank(right=150)
    frame = frame.sort("period")
    starts: list[date] = frame["period"].to_list()
    partial = frame["is_partial"].to_list()
    below, ends = [0.0] * len(starts), list[tuple[str, float, str]]()
    for piece in pieces:
        values = [value or 0.0 for value in unit.scaled(frame[piece.column])]
        if not any(values):
            continue
        said = [unit.say(value) for value in frame[piece.column]]
        whens = [_when(start, by, soft) for start, soft in zip(starts, partial, strict=True)]
        fig.add_bar(
            x=starts,
            y=values,
            name=piece.name,
            marker={
                "color": piece.colour,
                "line": {"color": piece.colour, "width": 1},
                "pattern": {
                    "shape": ["/" if soft else piece.shape for soft in partial],
                    "bgcolor": PAPER,
                    "fgcolor": piece.colour,
                    "size": 5,
                },
            },
            customdata=list(zip(whens, said, strict=True)),
            hovertemplate=f"%{{customdata[0]}}<br>%{{customdata[1]}} {piece.name}<extra></extra>",
        )
        ends.append((piece.name, below[-1] + values[-1] / 2, piece.colour))
        below = [a + b for a, b in zip(below, values, strict=True)]
    fig.update_layout(barmode="stack", bargap=0.28)
    _label_ends(fig, ends, max(below, default=1) * 1.05 or 1.0)
    _measured(fig, unit)
    return _dated(fig, starts, by)


def lines(
    frame: pl.DataFrame, by: str, series: Sequence[Line], unit: Unit, provisional: str | None = None
) -> go.Figure:
    """Lines over periods, each with its band when it has one.

    Where there is no value there is a gap. Periods that still run, are cut, or are provisional (the boolean column of
    that name) hang on dashes and stand hollow.
    """
    fig = blank(right=170 if len(series) > 1 else 70)
    frame = frame.sort("period")
    starts: list[date] = frame["period"].to_list()
    soft = [bool(value) for value in frame["is_partial"]]
    if provisional:
        soft = [a or bool(b) for a, b in zip(soft, frame[provisional], strict=True)]
    whens = [_when(start, by, tentative) for start, tentative in zip(starts, soft, strict=True)]
    ends, top = [], 0.0
    for line in series:
        values = unit.scaled(frame[line.column])
        highs = _band(fig, frame, line, unit)
        _draw(fig, line, starts, values, soft)
        said = [unit.say(value) for value in frame[line.column]]
        _mark(fig, line, starts, values, [[when, text] for when, text in zip(whens, said, strict=True)])
        known = [(value, text) for value, text in zip(values, said, strict=True) if value is not None]
        top = max([top, *highs, *(value for value, _ in known)])
        if known:
            ends.append((line.name if len(series) > 1 else known[-1][1], known[-1][0], line.colour))
    _label_ends(fig, ends, top * 1.08 or 1.0)
    _measured(fig, unit)
    return _dated(fig, starts, by)


def _band(fig: go.Figure, frame: pl.DataFrame, line: Line, unit: Unit) -> list[float]:
    """Draws the band in as many pieces as there are runs of known ends; returns its upper ends."""
    if line.low is None or line.high is None:
        return []
    highs: list[float] = []
    ends = zip(frame["period"], unit.scaled(frame[line.low]), unit.scaled(frame[line.high]), strict=True)
    for _, run in groupby(ends, key=lambda end: None in end):
        piece = [(day, low, high) for day, low, high in run if low is not None and high is not None]
        if not piece:
            continue
        days = [day for day, _, _ in piece]
        highs += [high for _, _, high in piece]
        # a lone period has no width to fill: it gets a whisker
        shape = {"fill": "toself", "line": {"width": 0}} if len(piece) > 1 else {"line": {"width": 6, "color": TINT}}
        fig.add_scatter(
            x=days + days[::-1],
            y=[high for _, _, high in piece] + [low for _, low, _ in reversed(piece)],
            mode="lines",
            fillcolor=TINT if line.colour == ACCENT else SHADE,
            hoverinfo="skip",
            name=f"{line.name}, range",
            **shape,
        )
    return highs


def _draw(fig: go.Figure, line: Line, starts: list[date], values: list[float | None], soft: list[bool]) -> None:
    """The line, solid between what is final and dashed to what is not; it never bridges a period without a value."""
    firm = [None if tentative else value for value, tentative in zip(values, soft, strict=True)]
    style = {"color": line.colour, "width": 2.5}
    common: dict[str, Any] = {"x": starts, "mode": "lines", "hoverinfo": "skip", "cliponaxis": False}
    fig.add_scatter(y=firm, line={**style, "dash": line.dash}, name=line.name, **common)
    if any(soft):
        beside = [any(soft[max(i - 1, 0) : i + 2]) for i in range(len(soft))]
        hanging = [value if near else None for value, near in zip(values, beside, strict=True)]
        fig.add_scatter(y=hanging, line={**style, "dash": "3px,3px"}, name=f"{line.name}, not final", **common)


def _mark(fig: go.Figure, line: Line, starts: list[date], values: list[float | None], texts: list[list[str]]) -> None:
    """The marks, hollow where the first text of a period says that it is not final."""
    hollow = [when.endswith(_SOFT) for when, _ in texts]
    fig.add_scatter(
        x=starts,
        y=values,
        mode="markers",
        # a mark at 0 is a whole mark
        cliponaxis=False,
        marker={
            "symbol": line.symbol,
            "size": 7 if len(starts) <= _MANY else 4,
            "color": [PAPER if soft else line.colour for soft in hollow],
            "line": {"color": line.colour, "width": 2},
        },
        customdata=texts,
        hovertemplate="%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
        name=line.name,
    )


def _label_ends(fig: go.Figure, ends: Sequence[tuple[str, float, str]], top: float) -> None:
    """Names series at their right end, in their colour, pushed apart where they would touch. (name, height, colour)."""
    room = top * _LABEL_PIXELS / (HEIGHT - _AROUND["t"] - _AROUND["b"])
    floor = -room
    for name, height, colour in sorted(ends, key=lambda end: end[1]):
        floor = max(height, floor + room)
        fig.add_annotation(
            x=1, xref="paper", xanchor="left", xshift=8, y=floor, yanchor="middle", showarrow=False,
            text=name, font={"color": INK if colour == FAINT else colour, "size": 13},
        )  # fmt: skip
    fig.update_yaxes(range=[0, max(top, floor + room / 2)])


def _measured(fig: go.Figure, unit: Unit) -> None:
    """Says the unit at the side; of what is counted no half is named."""
    fig.update_yaxes(ticksuffix=unit.suffix, tickformat=unit.tickformat)
    if unit is units.COUNT:
        whole_numbers(fig, fig.layout.yaxis.range[1])


def whole_numbers(fig: go.Figure, most: float) -> None:
    """Of what is counted no half is named, which Plotly would do where even the `most` are few."""
    if most < _FEW:
        fig.update_yaxes(dtick=1)


def _dated(fig: go.Figure, starts: Sequence[date], by: str) -> go.Figure:
    """Names the periods under the figure: every month, or as many weeks as fit side by side."""
    if not starts:
        return fig
    every = max(1, -(-len(starts) // 9))
    shown = [start for i, start in enumerate(reversed(starts)) if i % every == 0][::-1]
    texts = []
    for i, start in enumerate(shown):
        new_year = i == 0 or start.year != shown[i - 1].year
        text = f"{start:%b}" if by == "month" else f"{start.day} {start:%b}"
        texts.append(f"{text}<br>{start.year}" if new_year else text)
    half = timedelta(days=16 if by == "month" else 4)
    fig.update_layout(margin=_AROUND)
    fig.update_xaxes(
        tickvals=shown, ticktext=texts, range=[starts[0] - half, starts[-1] + half], tickangle=0, type="date"
    )
    return fig


def _when(start: date, by: str, soft: bool) -> str:
    text = words.sentence(words.period(start, by)).removesuffix(".")
    return f"{text}{_SOFT}" if soft else text


def wrapped(text: str, width: int, most: int) -> list[str]:
    """Text cut into lines at words, at most so many of them."""
    return textwrap.wrap(text, width, max_lines=most, placeholder=" …") or [""]
