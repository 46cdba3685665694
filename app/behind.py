"""The deployments behind the figures, with the address of each in its tool: of the whole window, or of one period."""

from datetime import date
from functools import partial

import polars as pl
import streamlit as st

from app import figures, filters, words
from app.explain import download
from app.page import View
from queries.slice import Slice, period_end, period_start

SHOWN_ROWS = 500
"""Deployments that the table shows; the download holds all of them."""
_CLICKED = "clicked period"
_WHOLE = "the whole period"


def clicked(chart: str) -> None:
    """Keeps the period of the point that was clicked in a chart; `dialog` opens what is behind it."""
    points = st.session_state[chart].selection.points
    if points:
        st.session_state[_CLICKED] = str(points[0]["x"])[:10]


def dialog(view: View) -> None:
    """Opens the deployments of the period that was clicked, once."""
    if start := st.session_state.pop(_CLICKED, None):
        day = date.fromisoformat(start)
        title = f"Deployments of {words.period(day, view.window.by)}"
        st.dialog(title, width="large")(partial(_table, view, _of_period(view, day), "clicked"))()


def section(view: View) -> None:
    """All of them, or those of a period; they are read only once somebody opens the list."""
    shown = st.expander("The deployments behind these figures", key="behind", on_change="rerun")
    if not shown.open:
        return
    starts = {words.period(start, view.window.by): start for start in reversed(_periods(view))}
    with shown:
        chosen = st.selectbox("Deployments of", [_WHOLE, *starts], key="behind-of", width=320)
        part = _ended(view, view.window.since, view.window.until)
        _table(view, part if chosen == _WHOLE else _of_period(view, starts[chosen]), "behind")


def _table(view: View, part: Slice, key: str) -> None:
    rows = view.model.rows("deployment", part)
    repaired = set(view.model.rows("deployment_failure", Slice(since=part.since, until=part.until))["deployment_id"])
    newest = rows.reverse().head(SHOWN_ROWS)
    newest_only = f", the newest {SHOWN_ROWS} of them here" if len(rows) > SHOWN_ROWS else ""
    st.html(figures.said(f"{words.plural(len(rows), 'attempt')} that succeeded or failed{newest_only}. Times are UTC."))
    outcome = [
        "succeeded, repaired afterwards" if row["deployment_id"] in repaired else row["status"]
        for row in newest.select("deployment_id", "status").iter_rows(named=True)
    ]
    st.dataframe(
        newest.select(
            "finished_at",
            pl.col("team_id").replace_strict(view.model.names(), default=pl.col("team_id")).alias("team"),
            pl.coalesce("product", "repo").alias("product"),
            "environment",
            pl.col("path").replace_strict(words.PATHS, default=pl.col("path")),
            pl.Series("status", outcome, dtype=pl.String),
            pl.col("cause").replace_strict(words.CAUSES, default=pl.col("cause")),
            linked(newest["url"]),
        ),
        hide_index=True,
        column_config={
            "finished_at": st.column_config.DatetimeColumn("Finished", format="D MMM YYYY, HH:mm"),
            "team": "Team",
            "product": "Product",
            "environment": "Environment",
            "path": "Path",
            "status": st.column_config.TextColumn("Outcome", width="medium"),
            "cause": "What for",
            "url": st.column_config.LinkColumn("In the tool of record", display_text="open"),
        },
        alt="The newest deployments behind the figures of this page.",
    )
    download("deployments.csv", rows, key=f"csv-{key}")


def _periods(view: View) -> list[date]:
    """The first days of the window's weeks or months."""
    window, starts = view.window, [period_start(view.window.since, view.window.by)]
    while (following := period_end(starts[-1], window.by)) < window.until:
        starts.append(following)
    return starts


def _of_period(view: View, start: date) -> Slice:
    """The part of the window that lies in a period."""
    end = period_end(start, view.window.by)
    return _ended(view, max(start, view.window.since), min(end, view.window.until))


def _ended(view: View, since: date, until: date) -> Slice:
    """The slice of the fact: it knows teams and no domains, so a domain is the teams in it."""
    where = {"environment_class": (filters.ENVIRONMENT,), "status": ("succeeded", "failed")}
    if view.filters.path:
        where["path"] = (view.filters.path,)
    teams = view.model.table("team")
    if view.filters.domain:
        teams = teams.filter(pl.col("domain").is_in(view.filters.domain))
    if view.filters.team:
        teams = teams.filter(pl.col("team_id").is_in(view.filters.team))
    if view.filters.domain or view.filters.team:
        # no team in both filters: a value that no team has, so that nothing is found rather than everything
        where["team_id"] = tuple(teams["team_id"]) or ("no team",)
    return Slice("all", (), since, until, where)


def linked(urls: pl.Series) -> pl.Series:
    """Addresses that a click may open: web pages only, since an address from data could also be a script."""
    return pl.Series(
        "url", [url if url and url.startswith(("https://", "http://")) else None for url in urls], dtype=pl.String
    )
