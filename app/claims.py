"""What teams say beside what is measured of them, which pains come together, and each team's first move."""

from typing import Any

import polars as pl
import streamlit as st

from app import figures, words
from app.explain import explain
from app.figures import Cell
from app.page import View
from queries import triangulation
from queries.slice import Slice

_LISTED, _NAMED = 15, 12
_VERDICTS = {
    "confirmed": "✓ confirmed",
    "contradicted": "✗ contradicted",
    "no claim": "no claim",
    "unmeasured": "not measured",
}
EVIDENCE = {
    "confirmed": "✓ confirmed",
    "contradicted": "✗ contradicted",
    "unclear": "unclear",
    "unmeasured": "not measured",
}
"""What the figures say of a pain, in words."""
_CHANCE = 0.01


def section(view: View, overlap: pl.DataFrame, part: Slice) -> None:
    """Each pain's verdict over the teams, and for one pain the share affected of each team beside its figure."""
    below = (
        "Confirmed: a third of the team or more hurts, and it measures no better than the middle team in the half year "
        "before. Over all teams that is said only where more of them do than chance would have. Teams too small to be "
        "shown are left out."
    )
    st.html(figures.heading("Do the figures say the same?", below))
    asked = overlap.filter(pl.col("evidence_metric").is_not_null() & pl.col("pain_score").is_not_null())
    if asked.is_empty():
        st.html(figures.said("No pain point names the metric that would confirm it (evidence_metric)."))
        return
    frame = view.model.ask("triangulation", part)
    units = dict(frame.select("pain_id", "unit").drop_nulls().unique().rows())
    verdicts = triangulation.summed_up(frame)
    rows = []
    for row in asked.iter_rows(named=True):
        said, confirming, of = verdicts.get(row["pain_id"], ("unmeasured", 0, 0))
        teams = f"{words.number(confirming)} of {words.plural(of, 'team')} that hurt and are measured" if of else ""
        unit = units.get(row["pain_id"], f"{row['evidence_metric'].replace('_', ' ')}, which no team is measured by")
        rows.append([(row["title"], ""), (unit, ""), (EVIDENCE[said], teams)])
    st.html(figures.table(["Pain", "What would confirm it", "The figures"], rows))
    measured = frame.filter(pl.col("measured").is_not_null())["pain_id"].unique().to_list()
    titles = {row["title"]: row["pain_id"] for row in asked.iter_rows(named=True) if row["pain_id"] in measured}
    if titles:
        _teams(view, frame, titles)
    explain(view.model, "triangulation", part, frame, key="claims")


def _teams(view: View, frame: pl.DataFrame, titles: dict[str, str]) -> None:
    pain = titles[st.selectbox("Team by team", list(titles), key="claim", bind="query-params")]
    shown = frame.filter((pl.col("pain_id") == pain) & pl.col("verdict").is_not_null())
    if shown.is_empty():
        st.html(figures.said("No team is large enough to be shown."))
        return
    st.html(figures.said(_counted(shown)))
    names = view.model.names()
    rows = sorted(shown.iter_rows(named=True), key=lambda row: names.get(row["team_id"], row["team_id"]).casefold())
    unit = shown["unit"].drop_nulls()
    head = ["Team", "Hurts", f"Measured: {unit[0] if len(unit) else 'nothing'}", "Verdict"]
    st.html(figures.table(head, [_team(view, row) for row in rows[:_LISTED]]))
    if len(rows) > _LISTED:
        st.html(figures.said(f"{words.plural(len(rows) - _LISTED, 'more team')} in the CSV."))


def _counted(shown: pl.DataFrame) -> str:
    counts = dict(shown.group_by("verdict").len().rows())
    parts = [
        f"{said.lstrip('✓✗ ')} in {words.number(counts[name])}" for name, said in _VERDICTS.items() if name in counts
    ]
    return words.sentence(f"of {words.plural(len(shown), 'team')}: {words.listed(parts)}")


def _team(view: View, row: dict[str, Any]) -> list[Cell]:
    team, names = row["team_id"], view.model.names()
    of = f"of {words.plural(row['answer_count'], 'answer')}"
    measured = words.amount(row["measured"], row["unit"] or "")
    middle = f"middle team {words.amount(row['middle'], row['unit'])}" if row["middle"] is not None else ""
    return [
        (names[team], "", view.team_link(team)) if team in names else (team, ""),
        (words.share(row["affected_ratio"]), of),
        (measured, middle),
        (_VERDICTS[row["verdict"]], ""),
    ]


def together(view: View, overlap: pl.DataFrame, part: Slice) -> None:
    """Pains that the same people have, more often than chance would have it."""
    frame = view.model.ask("pain_pairs", part)
    titles = dict(zip(overlap["pain_id"], overlap["title"], strict=True))
    below = "Pairs that the same people have, beyond chance; the closest first."
    st.html(figures.heading("Which pains come together?", below))
    known = frame.filter(pl.col("withheld").is_null() & pl.col("phi").is_not_null())
    close = known.filter((pl.col("phi") > 0) & (pl.col("chance") < _CHANCE)).sort("phi", descending=True).head(8)
    if close.is_empty():
        st.html(figures.said("None: the pains that people have do not hang together beyond chance."))
    else:
        rows = [_pair(row, titles) for row in close.iter_rows(named=True)]
        st.html(figures.table(["Pains", "Have both", "Were they unrelated", "Correlation"], rows))
    explain(view.model, "pain_pairs", part, frame, key="pairs")


def _pair(row: dict[str, Any], titles: dict[str, str]) -> list[tuple[str, str]]:
    one, other = (titles.get(row[name], row[name]) for name in ("pain_id", "other_pain_id"))
    of = f"of {words.number(row['pair_count'])} who rated both"
    both = words.plural(row["both_count"], "person", "people")
    expected = words.number(round(row["expected_count"]))
    return [(one, f"and {other}"), (both, of), (expected, ""), (f"{row['phi']:.2f}", "of 1")]


def moves(view: View) -> None:
    """What each team should do first, by move; the teams by name."""
    frame = view.model.ask("first_move", Slice())
    below = "By the slowest measured link of its chain in the last half year, or what is missing in it. Teams by name."
    st.html(figures.heading("Each team's first move", below))
    rows = []
    for group in sorted(frame.partition_by("move"), key=lambda one: (-len(one), one["move"][0])):
        names = sorted(group["name"].to_list(), key=str.casefold)
        more = [f"{len(names) - _NAMED} more"] if len(names) > _NAMED else []
        listed = words.listed([*names[:_NAMED], *more])
        rows.append([(_MOVES[group["move"][0]], ""), (words.plural(len(names), "team"), ""), (listed, "")])
    if rows:
        st.html(figures.table(["First move", "How many", "Teams"], rows))
        explain(view.model, "first_move", Slice(), frame, key="moves")


_MOVES = {
    "version control": "Version control first",
    "CI/CD": "Build and deploy by pipeline",
    "monitoring": "Monitoring in production",
    "review": "Review changes sooner",
    "smaller changes": "Smaller changes",
    "none": "Nothing stands out",
    "measure first": "Measure first",
}
