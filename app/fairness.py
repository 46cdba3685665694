""" "Is this fair to us?": what a team that is measured can check for itself."""

from collections.abc import Mapping

import streamlit as st

from app import explain, figures, words
from app.figures import Cell
from app.page import View
from queries.metrics import METRICS
from queries.slice import Slice

_CASES = {
    "deployment_count": ("deployment_count", "deployment"),
    "deployment_frequency": ("week_count", "whole week"),
    "lead_time": ("change_count", "change"),
    "change_fail_rate": ("deployment_count", "deployment"),
    "ci_health": ("run_count", "run"),
    "heroics": ("deployment_count", "deployment"),
}
"""Metric -> the column that counts its cases, and what one of them is."""


def section(view: View, team: str, asked: Mapping[str, Slice]) -> None:
    """Definitions, cases, what is left out, and why nobody is ranked; `asked` are the questions of the page."""
    st.html(figures.heading("Is this fair to us?", f"What {team} can check for itself, and object to."))
    st.html(figures.moves([(name, why) for name, why in _promises(view)]))
    rows: list[list[Cell]] = []
    for name, (column, noun) in _CASES.items():
        frame = view.model.ask(name, asked[name])
        count = frame[column][0] if len(frame) else 0
        left_out = explain.left_out(frame)
        rows.append(
            [
                (METRICS[name].question, f"uptake metric {name}, version {METRICS[name].version} of its definition"),
                (METRICS[name].definition, ""),
                (words.plural(count, noun), "; ".join(left_out) or "nothing left out"),
            ]
        )
    with st.expander("Every definition behind this page, with what was counted and left out"):
        st.html(figures.table(["Question", "Definition", "Counted"], rows))


def _promises(view: View) -> list[tuple[str, str]]:
    clock = view.model.clock
    newest = words.instant(clock.as_of, clock.timezone)
    return [
        (
            "Nobody is ranked.",
            "Teams stand in the order of their names. This page compares the team with its own earlier period and with "
            "no other team, and no figure of any page has a place, a score or a name of a person.",
        ),
        (
            "No person can be read from it.",
            "Accounts are replaced by a keyed hash before anything is written; they serve to count how many different "
            f"people deploy. Shares of work are hidden where fewer than {clock.min_group} do.",
        ),
        (
            "Small numbers are not made to speak.",
            "A middle value takes 6 cases, “three of four” 13 and “nine of ten” 36; below that it is withheld. Shares "
            "come with the range that chance alone allows, and what lies within it is called no change.",
        ),
        (
            "It can be checked.",
            f"The data goes up to {newest}. The list below holds the very deployments, each with its address in the "
            "tool of record; “How is this computed?” gives the query and the values.",
        ),
    ]
