"""Lists of teams: whom to call since they went quiet or wait, who is new, and all of them with their dates."""

import polars as pl
import streamlit as st

from app import figures, quiet, words
from app.explain import download
from app.figures import Cell
from app.page import View

SHOWN_TEAMS, CALLS = 100, 8
"""Lines of the table of teams, and of each list of whom to call."""


def went_quiet(view: View, teams: pl.DataFrame) -> None:
    """Teams that stopped, the latest first. `teams` is the funnel by team."""
    gone, today = quiet.went_quiet(teams), view.model.clock.today
    below = "Teams that went quiet, the latest first, against their own rhythm."
    st.html(figures.heading("Who to call this week", below))
    lines = [_line(view, row["team_id"], quiet.why_quiet(row, today)) for row in gone[:CALLS].iter_rows(named=True)]
    st.html(figures.moves(lines) if lines else figures.said("No team went quiet."))
    _more(len(gone) - CALLS)


def still_waiting(view: View, teams: pl.DataFrame, median: float | None) -> None:
    """Teams that were onboarded and have deployed nothing; `median` is how many days half of the teams take."""
    waiting, today = quiet.still_waiting(teams), view.model.clock.today
    if waiting.is_empty():
        return
    st.html(figures.heading("Waiting for a first deployment", "The longest wait first."))
    rows = waiting[:CALLS].iter_rows(named=True)
    st.html(figures.moves([_line(view, row["team_id"], quiet.why_waiting(row, today, median)) for row in rows]))
    _more(len(waiting) - CALLS)


def new(view: View, teams: pl.DataFrame) -> None:
    """Teams that came in the last month."""
    today = view.model.clock.today
    found = quiet.new(teams, today)
    below = f"Onboarded or first in production in the last {quiet.NEW_DAYS} days."
    st.html(figures.heading("New this month", below))
    lines = [_line(view, row["team_id"], quiet.why_new(row, today)) for row in found[:CALLS].iter_rows(named=True)]
    st.html(figures.moves(lines) if lines else figures.said("Nobody."))
    _more(len(found) - CALLS)


def team_by_team(view: View, teams: pl.DataFrame) -> None:
    """Every team with its stage and dates, in the order of their names; a click opens it."""
    names = view.model.names()
    shown = teams.with_columns(team=pl.col("team_id").replace_strict(names)).sort(pl.col("team").str.to_lowercase())
    more = len(shown) - SHOWN_TEAMS
    cut = f" The first {SHOWN_TEAMS}, and {more} more in the CSV; the filter above finds any." if more > 0 else ""
    st.html(figures.heading("Team by team", f"In the order of their names; a click opens the team.{cut}"))
    rows: list[list[Cell]] = []
    for row in shown[:SHOWN_TEAMS].iter_rows(named=True):
        days = [row[f"{column}_day"] for column in ("onboarded", "first_run", "first_deployment", "last_deployment")]
        rows.append(
            [
                (row["team"], "", view.team_link(row["team_id"])),
                (quiet.stage(row), ""),
                *((words.day(day) if day else "–", "") for day in days),
            ]
        )
    st.html(figures.table(["Team", "Now", "Onboarded", "First run", "First in production", "Last deployed"], rows))
    with st.container(horizontal=True, vertical_alignment="center"):
        download("adoption_by_team.csv", shown, key="csv-adoption")
        view.explained("adoption_funnel", view.part("adoption_funnel", group=("team_id",)), "adoption-teams")


def _line(view: View, team: str, why: str) -> Cell:
    return view.model.names()[team], why, view.team_link(team)


def _more(count: int) -> None:
    if count > 0:
        st.html(figures.said(f"And {count} more in the CSV of the table of teams below."))
