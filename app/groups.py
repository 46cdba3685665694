"""Figures that set groups beside one another: teams as dots, and a table of shares with a tint. Pure."""

from collections.abc import Mapping, Sequence
from itertools import groupby

import plotly.graph_objects as go

from app import words
from app.charts import ACCENT, INK, MUTED, PAPER, SHADE, TINT, blank, whole_numbers, wrapped

_PILE, _DOTS = 9, 120
"""Dots in a pile before it grows sideways, and the most that are drawn one by one."""
_PAST = 2
"""The share at which a cell would be the accent itself."""


def teams_as_dots(values: Sequence[tuple[str, float]], median: float, *, name: str) -> go.Figure:
    """One dot per team, piled up where teams are alike; the middle is marked. `values` are (team, value).

    Hundreds of teams become bars that count them.
    """
    fig = blank(height=230, right=24)
    ordered = sorted(values, key=lambda item: (item[1], item[0].casefold()))
    piles = {value: [team for team, _ in same] for value, same in groupby(ordered, key=lambda item: item[1])}
    if len(values) > _DOTS:
        _count(fig, {value: len(teams) for value, teams in piles.items()})
    else:
        _pile(fig, piles, name)
    fig.add_vline(x=median, line={"color": ACCENT, "width": 2}, layer="below")
    fig.add_annotation(
        x=median,
        y=1,
        yref="paper",
        yanchor="top",
        xanchor="left",
        xshift=6,
        showarrow=False,
        text="the middle team",
        font={"color": ACCENT, "size": 13},
    )
    last = max(piles, default=0)
    steps = range(int(max(3, last)) + 1)
    fig.update_layout(margin={"b": 31})
    fig.update_yaxes(visible=False)
    fig.update_xaxes(
        range=[-0.5, max(3.5, last + 0.6)], tickvals=list(steps), ticktext=[words.plural(step, "day") for step in steps]
    )
    return fig


RANGES = {
    0: "up to an hour",
    1: "up to a day",
    24: "up to a week",
    168: "up to 30 days",
    720: "up to 180 days",
    4320: "longer",
}
"""Lower end of a range of durations in hours -> how it is said."""


def counts_by_range(counts: Mapping[int, tuple[int, int]], done: str, waiting: str, height: int = 230) -> go.Figure:
    """Bars that count durations by their range, what still goes on hatched behind what is over. (over, going on)."""
    fig = blank(height=height, right=24)
    last = max(counts, default=0)
    shown = [start for start in RANGES if start <= last]
    for n, (name, pattern) in enumerate(((done, ""), (waiting, "/"))):
        values = [counts.get(start, (0, 0))[n] for start in shown]
        if any(values):
            fig.add_bar(
                x=[RANGES[start] for start in shown],
                y=values,
                name=name,
                marker={
                    "color": ACCENT if n == 0 else PAPER,
                    "line": {"color": ACCENT, "width": 1},
                    "pattern": {"shape": pattern, "bgcolor": PAPER, "fgcolor": ACCENT, "size": 5},
                },
                hovertemplate=f"%{{x}}<br>%{{y:,}} {name}<extra></extra>",
            )
    fig.update_layout(barmode="stack", bargap=0.28, margin={"l": 56, "b": 35})
    fig.update_yaxes(tickformat=",")
    whole_numbers(fig, sum(map(sum, counts.values())))
    return fig


def _pile(fig: go.Figure, piles: dict[float, list[str]], name: str) -> None:
    xs, ys, texts = [], [], []
    for value, teams in piles.items():
        # high piles grow sideways, so that every team stays a dot of its own
        columns = -(-len(teams) // _PILE)
        for i, team in enumerate(teams):
            xs.append(value + (i // _PILE - (columns - 1) / 2) * 0.1)
            ys.append(i % _PILE + 1)
            texts.append(f"{words.literal(team)}<br>{words.number(value)} {name}")
    fig.add_scatter(
        x=xs,
        y=ys,
        mode="markers",
        marker={"size": 11, "color": MUTED, "line": {"color": PAPER, "width": 1}},
        customdata=texts,
        hovertemplate="%{customdata}<extra></extra>",
        name="team",
    )
    fig.update_yaxes(range=[0, _PILE * 1.35])


def _count(fig: go.Figure, counts: dict[float, int]) -> None:
    fig.add_bar(
        x=list(counts),
        y=list(counts.values()),
        width=0.3,
        marker={"color": MUTED},
        text=[words.plural(count, "team") for count in counts.values()],
        textposition="outside",
        textfont={"color": INK, "size": 12},
        hoverinfo="skip",
        name="teams",
    )
    fig.update_yaxes(range=[0, max(counts.values()) * 1.45])


def heat(
    rows: Sequence[str],
    columns: Sequence[str],
    values: Sequence[Sequence[float | None]],
    texts: Sequence[Sequence[str]],
) -> go.Figure:
    """A table of shares with a tint behind them; the number stands in every cell, so colour only helps the eye.

    Cells without a value carry their text alone on bare paper.
    """
    names = [wrapped(row, 34, 2) for row in rows]
    fig = blank(height=70 + (30 if all(len(lines) == 1 for lines in names) else 36) * len(rows), right=8)
    _tint(fig, values)
    places = [(x, y) for y in range(len(rows)) for x in range(len(columns))]
    # one trace of texts: hundreds of annotations would keep the browser busy for seconds
    fig.add_scatter(
        x=[x for x, _ in places],
        y=[y for _, y in places],
        mode="text",
        text=[words.literal(texts[y][x]) for x, y in places],
        textfont={"color": [MUTED if values[y][x] is None else INK for x, y in places], "size": 13},
        hoverinfo="skip",
        name="share",
    )
    tops = ["<br>".join(words.literal(line) for line in wrapped(column, 14, 5)) for column in columns]
    fig.update_xaxes(range=[-0.5, len(columns) - 0.5])
    fig.update_xaxes(tickvals=list(range(len(columns))), ticktext=tops, side="top", showgrid=False, tickangle=0)
    fig.update_yaxes(
        tickvals=list(range(len(rows))),
        ticktext=["<br>".join(words.literal(line) for line in lines) for lines in names],
        range=[len(rows) - 0.5, -0.5],
        showgrid=False,
        rangemode="normal",
    )
    fig.update_layout(margin={"t": 8})
    return fig


def _tint(fig: go.Figure, values: Sequence[Sequence[float | None]]) -> None:
    """Cells as bars: from shade by tint to the accent, which lie upon one another, since the browser knows the theme.

    The scale goes on past 100 %, so that the darkest cell still carries its number.
    """
    cells = [(x, y, value) for y, row in enumerate(values) for x, value in enumerate(row) if value is not None]
    whole, part = _PAST / 3, _PAST * 2 / 3
    for name, colour, strengths in (
        ("ground", SHADE, [1.0] * len(cells)),
        ("low", TINT, [min(value / whole, 1.0) for _, _, value in cells]),
        ("high", ACCENT, [max(value - whole, 0.0) / part for _, _, value in cells]),
    ):
        drawn = [(x, y, strength) for (x, y, _), strength in zip(cells, strengths, strict=True) if strength > 0]
        if not drawn:
            continue
        fig.add_bar(
            x=[x for x, _, _ in drawn],
            y=[1.0] * len(drawn),
            base=[y - 0.5 for _, y, _ in drawn],
            width=1.0,
            marker={
                "color": colour,
                "opacity": [strength for _, _, strength in drawn],
                "line": {"color": PAPER, "width": 3},
            },
            hoverinfo="skip",
            name=name,
        )
    fig.update_layout(barmode="overlay")
