"""Where the hours of the pipelines go: by how runs ended, the pipelines that cost most, and the runs behind them."""

from dataclasses import replace
from typing import Any

import polars as pl
import streamlit as st

from app import behind, charts, figures, filters, units, words
from app.charts import Piece
from app.explain import download
from app.figures import Cell
from app.page import View
from queries.slice import Slice

LISTED, SHOWN_RUNS = 12, 500
"""Pipelines of the table, and runs of the list behind one of them."""
_EACH = ("repo", "workflow")


def by_pipeline(view: View) -> pl.DataFrame:
    """Hours per pipeline, the costliest first."""
    hours = view.ask("pipeline_hours", group=_EACH)
    return hours.sort(["run_hours", *_EACH], descending=[True, False, False])


def most(hours: pl.DataFrame) -> str:
    """The answer to "what costs most?"."""
    whole = float(hours["run_hours"].sum())
    if not whole:
        return "How long the runs take is not known."
    lost = float((hours["failed_hours"] + hours["cancelled_hours"]).sum())
    top = hours.row(0, named=True)
    share = words.share(top["run_hours"] / whole)
    return words.sentence(
        f"{top['workflow']} in {top['repo']}: {share} of {words.hours(whole)} that runs took. "
        f"{words.share(lost / whole)} of them went into runs that did not pass"
    )


def where_hours_go(view: View) -> None:
    """Hours per period, by how the runs ended, and those that they waited."""
    by = view.window.by
    part = view.part("pipeline_hours", by=by)
    frame = view.model.ask("pipeline_hours", part)
    whole = sum(frame["run_hours"]) + sum(frame["queue_hours"])
    if not whole:
        return
    st.html(
        figures.heading(
            "Where do the hours go?", "Hours of the pipelines, side by side; not hours that people sit and wait."
        )
    )
    sums = {piece.name: sum(frame[piece.column]) for piece in _HOURS}
    largest = max(sums, key=lambda name: sums[name])
    view.chart(
        f"{words.share(sums[largest] / whole)} of the hours go into {largest}",
        f"Hours per {by} in which runs waited or ran, by how they ended. Hatched: the {by} still runs or is cut.",
        charts.stacked(frame, by, _HOURS, units.COUNT_HOURS),
        name="pipeline_hours",
        part=part,
        key="hours",
        alt="; ".join(f"{name}: {words.hours(hours)}" for name, hours in sums.items()),
    )


_HOURS = (
    Piece("passed_hours", "runs that passed", charts.ACCENT),
    Piece("failed_hours", "runs that failed", charts.CAUTION, "x"),
    Piece("cancelled_hours", "cancelled runs", charts.INK, "-"),
    Piece("queue_hours", "waiting to start", charts.MUTED),
)


def costliest(view: View, hours: pl.DataFrame) -> None:
    """The pipelines that take most hours, against the period before, and the runs behind one of them."""
    whole = float(hours["run_hours"].sum())
    if not whole:
        return
    before = _before(view)
    rows: list[list[Cell]] = []
    for row in hours[:LISTED].iter_rows(named=True):
        lost = row["failed_hours"] + row["cancelled_hours"]
        rows.append(
            [
                (row["workflow"], row["repo"]),
                (words.hours(row["run_hours"]), f"{words.share(row['run_hours'] / whole)} of all"),
                (_trend(before, row), ""),
                (words.hours(lost), f"{words.share(lost / row['run_hours'])} of its hours") if lost else ("none", ""),
                (words.number(row["timed_count"]), ""),
            ]
        )
    top = words.share(float(hours[:LISTED]["run_hours"].sum()) / whole)
    more = len(hours) - LISTED
    cut = f" {words.number(more)} more pipelines are in the CSV." if more > 0 else ""
    few = f" These {LISTED} take {top} of them.{cut}" if more > 0 else ""
    st.html(figures.heading("Which pipelines cost most hours?", f"Hours that runs took, without their waiting.{few}"))
    head = ["Pipeline", "Hours", "Against the period before", "In runs that did not pass", "Runs"]
    st.html(figures.table(head, rows))
    view.explained("pipeline_hours", view.part("pipeline_hours", group=_EACH), "costliest")
    _behind(view, hours)


def _before(view: View) -> dict[tuple[str, str], float]:
    """Pipeline -> its hours in the period before; empty where the data does not reach back so far."""
    first = view.model.first_day_of("pipeline_hours")
    part = filters.part_before("pipeline_hours", view.filters, view.window, first)
    frame = view.model.ask("pipeline_hours", replace(part, group=_EACH)) if part else None
    if frame is None:
        return {}
    return {(row["repo"], row["workflow"]): row["run_hours"] for row in frame.iter_rows(named=True)}


def _trend(before: dict[tuple[str, str], float], row: dict[str, Any]) -> str:
    if not before:
        return "nothing to compare with"
    then = before.get((row["repo"], row["workflow"]))
    if not then:
        return "new"
    change = row["run_hours"] / then - 1
    if abs(change) < 0.1:
        return f"about the same ({words.hours(then)})"
    return f"{'▲ up' if change > 0 else '▼ down'} from {words.hours(then)}"


def _behind(view: View, hours: pl.DataFrame) -> None:
    """The runs of one costly pipeline, with links to the tool of record; read only once somebody opens them."""
    shown = st.expander("The runs behind one of them", key="behind-runs", on_change="rerun")
    if not shown.open:
        return
    labels = {f"{row['workflow']} in {row['repo']}": row for row in hours[:LISTED].iter_rows(named=True)}
    with shown:
        row = labels[st.selectbox("Pipeline", list(labels), key="pipeline")]
        where = {"repo": (row["repo"],), "workflow": (row["workflow"],)}
        rows = view.model.rows("ci_run", Slice("all", (), view.window.since, view.window.until, where))
        rows = rows.sort("duration_seconds", descending=True, nulls_last=True)
        only = f"; the longest {SHOWN_RUNS} here, all in the CSV" if len(rows) > SHOWN_RUNS else ", the longest first"
        st.html(figures.said(f"{words.plural(len(rows), 'run')}{only}. Times are UTC."))
        longest = rows.head(SHOWN_RUNS)
        st.dataframe(
            longest.select(
                "created_at",
                pl.col("conclusion").fill_null(pl.col("status")),
                "attempt_count",
                (pl.col("queue_seconds") / 60).round(1),
                (pl.col("duration_seconds") / 60).round(1),
                "branch",
                behind.linked(longest["url"]),
            ),
            hide_index=True,
            column_config={
                "created_at": st.column_config.DatetimeColumn("Created", format="D MMM YYYY, HH:mm"),
                "conclusion": "Outcome",
                "attempt_count": "Attempts",
                "queue_seconds": "Waited, minutes",
                "duration_seconds": "Ran, minutes",
                "branch": "Branch",
                "url": st.column_config.LinkColumn("In the tool of record", display_text="open"),
            },
            alt="The longest runs of the chosen pipeline.",
        )
        download("ci_runs.csv", rows, key="csv-runs")
