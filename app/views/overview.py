"""The first page: is it used, is it getting better, what next."""

import polars as pl
import streamlit as st

from app import courses, figures, headline, priorities, surveys, words
from app.headline import Numbers
from app.page import View, current
from queries.slice import Slice
from queries.trends import Change


def page() -> None:
    view = current()
    numbers = courses.numbers(view)
    overlap, initiatives = view.model.ask("pain_overlap", Slice()), view.model.table("initiative")
    lead = courses.lead_change(view, numbers)
    st.html(
        figures.answers(
            [
                ("Is it used?", headline.is_used(numbers)),
                ("Is it getting better?", headline.better_or_not(numbers, lead)),
                ("What next?", priorities.next_move(overlap, initiatives)),
            ]
        )
    )
    _figures(view, numbers, lead)
    _next(overlap, initiatives, _asked(view))
    with st.container(key="pair"):
        left, right = st.columns(2, gap="large")
        with left:
            courses.deployments(view, "by-path")
        with right:
            courses.lead_time(view, "lead-over-time")


def _figures(view: View, numbers: Numbers, lead: Change | None) -> None:
    cards = [
        ("deployment_count", headline.products(numbers)),
        ("adoption_share", headline.deployments(numbers)),
        ("adoption_share", headline.teams(numbers, view.window.length.days)),
        ("lead_time", headline.lead_time(numbers, lead)),
        ("change_fail_rate", headline.repaired(numbers, view.model.clock.provisional_days)),
        ("ci_health", headline.pipelines(numbers)),
    ]
    with st.container(key="figures"):
        for n, (column, (name, shown)) in enumerate(zip(st.columns(len(cards)), cards, strict=True)):
            with column.container(border=True, height="stretch"):
                st.html(figures.figure(shown))
                view.explained(name, view.part(name, costly=headline.ASKED[name]), f"figure-{n}")
    if numbers.before:
        st.html(figures.key(numbers.earlier))


def _next(overlap: pl.DataFrame, initiatives: pl.DataFrame, asked: str) -> None:
    wins = [(move.name, words.sentence(move.why)) for move in priorities.quick_wins(overlap, initiatives)[:3]]
    rest = [
        (f"{word}: {move.name}", words.sentence(move.why))
        for word, found in (
            ("Listen", priorities.listen(overlap, initiatives)),
            ("Drift", priorities.drift(overlap, initiatives)),
        )
        for move in found[:1]
    ]
    with st.container(key="next"):
        left, right = st.columns(2, gap="large")
        left.html(figures.heading("Quick wins", asked))
        left.html(
            figures.moves(wins, ranked=True) if wins else figures.said(priorities.next_move(overlap, initiatives))
        )
        if rest:
            right.html(
                figures.heading("And keep an eye on", "Pain without planned work, and planned work without pain.")
            )
            right.html(figures.moves(rest))


def _asked(view: View) -> str:
    """Which answers the advice rests on, since the filters do not apply to it."""
    held = view.model.table("survey")
    if held.is_empty():
        return ""
    row = held.row(surveys.newest(held, view.model.clock.min_group), named=True)
    when = f" of {row['opened_at']:%B %Y}" if row["opened_at"] else ""
    return f"From the survey{when}: {words.plural(row['response_count'], 'person', 'people')} answered, of all teams."
