"""The five figures that DORA names, of this organisation; and what DORA has published of others, as context only."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from app import courses, figures, filters, words
from app.figures import Bar, Figure
from app.headline import Row
from app.page import View
from queries import comparison
from queries.trends import Change

PUBLISHED = Path(__file__).with_name("dora.csv")
"""DORA's levels by year, each with its source: only the years of which a primary source could be read."""
_CAUTIONS = (
    "DORA asks people all over the world how they deliver, and sorts the answers into groups. Answers to a survey are "
    "another instrument than the records here: set no figure of this page against a row as if it were a mark, for a "
    "team least of all. DORA itself speaks of single applications, and warns of turning its figures into goals.",
    "No single figure makes a level: in 2024 the group called high repaired more (20 %) than the one called medium "
    "(10 %). Until 2022 the share of repairs was asked in steps of 15 points and from 2023 as a number, so going from "
    "15 % to 5 % is no improvement. 2022, 2023 and 2025 are left out, since no primary source of their groups could be "
    "read; 2025 has profiles of teams and no levels.",
)
_LEAD, _RECOVERY = "lead_time_hours_median", "recovery_hours_median"
_SHOWN: dict[str, tuple[str, tuple[str, ...]]] = {
    "deployment_frequency": ("deployments_per_week", ()),
    "lead_time": (_LEAD, courses.LEAD_TIME),
    "change_fail_rate": ("change_fail_ratio", ()),
    "recovery_time": (_RECOVERY, (_RECOVERY,)),
    "rework_rate": ("rework_ratio", ()),
}
"""The metrics of the figures: the column of each, and the costly columns that the page shows of it."""


@dataclass(frozen=True)
class Five:
    """The rows behind the five figures by metric, in the window and in the earlier one, and how each figure went."""

    now: dict[str, Row]
    then: dict[str, Row | None]
    changes: dict[str, Change | None]


def measured(view: View) -> Five:
    """The five figures, asked; medians are judged against the earlier ones by the weeks of both windows."""
    now = {name: view.ask(name, costly=shown).row(0, named=True) for name, (_, shown) in _SHOWN.items()}
    then = {name: _earlier(view, name, shown) for name, (_, shown) in _SHOWN.items()}
    return Five(now, then, {name: _change(view, name, then[name], now[name]) for name in _SHOWN})


def _change(view: View, name: str, then: Row | None, now: Row) -> Change | None:
    column = _SHOWN[name][0]
    if then is None or now[column] is None:
        return None
    if column in _OF_MEDIANS:
        return courses.weekly_change(view, name, column, then, now)
    return comparison.judge(column, then, now, ([], []))


def cards(view: View, five: Five) -> None:
    """The five figures as cards, each beside its earlier self."""
    st.html(figures.heading("How often, how fast, how safely?"))
    with st.container(key="figures"):
        for n, (column, (name, (_, shown))) in enumerate(zip(st.columns(len(_SHOWN)), _SHOWN.items(), strict=True)):
            with column.container(border=True, height="stretch"):
                st.html(figures.figure(_CARDS[name](view, name, five)))
                view.explained(name, view.part(name, costly=shown), f"five-{n}")
    if any(five.then.values()):
        st.html(figures.key(filters.EARLIER[view.filters.compare]))


def _earlier(view: View, name: str, shown: tuple[str, ...]) -> Row | None:
    frame = view.ask_before(name, tuple(column for column in shown if column in _OF_MEDIANS))
    return None if frame is None else frame.row(0, named=True)


def _often(view: View, metric: str, five: Five) -> Figure:
    """Changes a week of everybody together, with the interval over its weeks."""
    column, name = "deployments_per_week", "How often: changes a week"
    row, then, change = five.now[metric], five.then[metric], five.changes[metric]
    if row[column] is None:
        return _refused(name, row)
    trend, mood = _trend(view, change, words.number, good=1)
    ends = f"95\u00a0% range {words.number(row[f'{column}_low'])} to {words.number(row[f'{column}_high'])}; "
    return Figure(
        name,
        words.number(row[column]),
        f"{ends if row['week_count'] > 1 else ''}{words.plural(row['week_count'], 'whole week')}, empty ones counted. "
        "Retrains, rollbacks and redeploys are no changes.",
        trend=trend,
        mood=mood,
        before=_bar(then, column) if change else None,
        now=_bar(row, column),
    )


_OF_MEDIANS = {
    _LEAD: ("How fast: from first commit to production", "change_count", "change"),
    _RECOVERY: ("How soon it works again after a failure", "recovered_count", "failure"),
}
_OF_SHARES = {
    "change_fail_rate": (
        "How safe: deployments repaired afterwards",
        "failed_count",
        "led to an incident, a rollback or an unplanned fix",
    ),
    "rework_rate": (
        "How planned: deployments that only repair",
        "rework_count",
        "were hotfixes, rollbacks or flagged as unplanned",
    ),
}


def _median(view: View, name: str, five: Five) -> Figure:
    """A median beside the earlier one."""
    column, row, change = _SHOWN[name][0], five.now[name], five.changes[name]
    title, count, noun = _OF_MEDIANS[column]
    if row[column] is None:
        return _refused(title, row)
    trend, mood = _trend(view, change, words.duration, good=-1, better="faster", worse="slower")
    waiting = row.get("waiting_count") or row.get("open_count")
    rest = f" {words.number(waiting)} still {'wait' if name == 'lead_time' else 'last'} and count as longer." * bool(
        waiting
    )
    return Figure(
        title,
        words.duration(row[column]),
        f"Half of {words.plural(row[count], noun)} take less.{rest}",
        trend=trend,
        mood=mood,
        before=Bar(change.before) if change else None,
        now=Bar(row[column]),
    )


def _share(view: View, name: str, five: Five) -> Figure:
    """A share of deployments, with its range and how it went."""
    title, count, what = _OF_SHARES[name]
    column, row, before, change = _SHOWN[name][0], five.now[name], five.then[name], five.changes[name]
    if row[column] is None:
        return _refused(title, row)
    trend, mood = _trend(view, change, words.share, good=-1)
    days = view.model.clock.provisional_days
    provisional = f" The newest {days} days are provisional: incidents come later." * bool(row.get("is_provisional"))
    return Figure(
        title,
        words.share(row[column]),
        f"{words.number(row[count])} of {words.number(row['deployment_count'])} {what} "
        f"({words.share_range(row[f'{column}_low'], row[f'{column}_high'])}).{provisional}",
        unit=words.one_in(row[column]) if row[column] else "",
        trend=trend,
        mood=mood,
        before=_bar(before, column) if change and before else None,
        now=_bar(row, column),
    )


_CARDS: dict[str, Callable[[View, str, Five], Figure]] = {
    "deployment_frequency": _often,
    "lead_time": _median,
    "change_fail_rate": _share,
    "recovery_time": _median,
    "rework_rate": _share,
}


def _trend(
    view: View,
    change: Change | None,
    say: Callable[[float | None], str],
    *,
    good: int,
    better: str = "",
    worse: str = "",
) -> tuple[str, str]:
    earlier = filters.EARLIER[view.filters.compare]
    said = say(change.before) if change else ""
    return figures.trend(change, said, earlier, good=good, better=better, worse=worse)


def _bar(row: Row | None, column: str) -> Bar | None:
    return Bar(row[column], row[f"{column}_low"], row[f"{column}_high"]) if row else None


def _refused(name: str, row: Row) -> Figure:
    return Figure(name, None, words.sentence(words.withheld(row.get("withheld"))))


def published() -> list[dict[str, str]]:
    """DORA's levels, newest year first."""
    with PUBLISHED.open(encoding="utf-8", newline="") as file:
        return sorted(csv.DictReader(file), key=lambda row: -int(row["year"]))


def context() -> None:
    """What DORA has published, with what nobody may conclude from it; a grade for nobody."""
    rows = [
        [
            (f"{row['year']}, {row['level']}", f"{row['share']} of those asked"),
            (row["deployment_frequency"], ""),
            (row["lead_time"], ""),
            (row["change_fail_rate"], ""),
            (row["recovery_time"], ""),
            (row["source"], row["certainty"]),
        ]
        for row in published()
    ]
    with st.expander("What DORA found elsewhere, as context", key="dora"):
        st.html("".join(figures.said(text) for text in _CAUTIONS))
        st.html(figures.table(["Year and group", "How often", "How fast", "Repaired", "Works again", "Source"], rows))
