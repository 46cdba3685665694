"""Quick wins ranked with every factor, weights that a reader can move, and what other plans would change."""

import polars as pl
import streamlit as st

from app import figures, words
from app.claims import EVIDENCE
from app.explain import explain
from app.figures import Cell
from app.page import View
from queries import priorities, triangulation
from queries.slice import Slice

AS_PLANNED = "Nothing: as planned"
_AS_IS = "as it is"
_FACTORS = {
    "reach": "Reach",
    "intensity": "Severity",
    "confidence": "Certainty",
    "effort": "Effort",
    "priority": "Priority",
}


def what_if(initiatives: pl.DataFrame) -> pl.DataFrame:
    """The roadmap, with one initiative of the effort and priority that the reader tries. Saves nothing."""
    planned = initiatives.filter("is_planned").unique("initiative_id", maintain_order=True).sort("title")
    ids = {f"{row['title']} ({row['initiative_id']})": row for row in planned.iter_rows(named=True)}
    with st.container(key="what-if"):
        left, middle, right = st.columns([5, 2, 2], vertical_alignment="bottom")
        chosen = left.selectbox(
            "What if this initiative were planned otherwise?",
            [AS_PLANNED, *ids],
            key="change",
            bind="query-params",
            on_change=_forget,
        )
        if chosen not in ids:
            return initiatives
        row = ids[chosen]
        effort = middle.number_input(
            "Days of work",
            min_value=0.5,
            max_value=1000.0,
            value=min(1000.0, max(0.5, row["effort_days"] or 5.0)),
            step=0.5,
            key="days",
            bind="query-params",
        )
        levels = {_AS_IS: None, "1 (highest)": 1, "2": 2, "3": 3, "4": 4, "5 (lowest)": 5}
        level = right.selectbox("Priority", list(levels), key="urgency", bind="query-params")
    return priorities.changed(initiatives, row["initiative_id"], effort, levels[level])


def _forget() -> None:
    """Another initiative begins with its own effort and priority."""
    for key in ("days", "urgency"):
        st.session_state.pop(key, None)


def weights() -> dict[str, float]:
    """How much each factor counts, 0 to 2, in the URL."""
    found = {}
    with st.container(key="weights"):
        for column, (name, label) in zip(st.columns(len(_FACTORS)), _FACTORS.items(), strict=True):
            usual = priorities.WEIGHTS[name]
            found[name] = column.slider(
                f"{label} counts", 0.0, 2.0, usual, 0.5, key=f"weight-{name}", bind="query-params"
            )
    return found


def table(view: View, overlap: pl.DataFrame, initiatives: pl.DataFrame, part: Slice) -> None:
    """The ranked list with its factors, the evidence and where to begin."""
    counts = weights()
    wins = priorities.quick_wins(overlap, initiatives, counts)
    if wins.is_empty():
        st.html(figures.said("None: nothing that hurts has quick, unblocked work planned."))
        return
    evidence = triangulation.summed_up(view.model.ask("triangulation", part))
    begin = triangulation.begins(view.model.ask("pain", Slice(group=("domain",), where=part.where)))
    usual = priorities.quick_wins(overlap, initiatives)
    before = {row["pain_id"] + row["initiative_id"]: row["rank"] for row in usual.iter_rows(named=True)}
    rows: list[list[Cell]] = []
    for row in wins.iter_rows(named=True):
        said, teams = _evidence(evidence.get(row["pain_id"]))
        was = before[row["pain_id"] + row["initiative_id"]]
        moved = f"{was} with usual weights" if was != row["rank"] else ""
        priority = f", priority {row['priority']}" if row["priority"] is not None else ""
        move = triangulation.move_in_words(row["title"], row["status"], begin.get(row["pain_id"]))
        rows.append(
            [
                (str(row["rank"]), moved),
                (row["pain_title"], f"{move}{priority}"),
                (words.share(row["reach"]), words.share_range(row["reach_low"], row["reach_high"])),
                (f"{row['intensity']:.2f}", "of 1"),
                (words.share(row["confidence"]), ""),
                (words.number(row["effort_days"]), ""),
                (said, teams),
                (f"{row['score']:.3f}", ""),
            ]
        )
    head = ["#", "Pain, and first move", "Hurts", "Severity", "Certainty", "Days", "Figures say", "Score"]
    with st.container(key="ranking"):
        st.html(figures.table(head, rows))
    explain(view.model, "quick_wins", part, wins, key="quick-wins")


def _evidence(found: tuple[str, int, int] | None) -> tuple[str, str]:
    verdict, confirming, measured = found or ("unmeasured", 0, 0)
    teams = f"{confirming} of {words.plural(measured, 'team')} that hurt" if measured else ""
    return EVIDENCE[verdict], teams
