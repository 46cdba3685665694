"""How the pipelines do: whether they pass, how long people wait, where the hours go, and which checks stop people."""

from dataclasses import replace
from typing import Any

import polars as pl
import streamlit as st

from app import charts, checks, costs, courses, figures, headline, sentences, units, words
from app.charts import Line
from app.figures import Cell
from app.page import View, current
from queries.slice import Slice
from queries.trends import of_ratios

_TIMES = ("queue_seconds_median", "queue_seconds_p90", "duration_seconds_median", "duration_seconds_p90")
_BROKEN = ("green_hours_median",)
_STOPPED = ("blocked_hours_median",)


def page() -> None:
    view = current()
    total = view.ask("ci_health", costly=_TIMES).row(0, named=True)
    if not total["run_count"]:
        st.html(_nothing(view, total))
        return
    hours = costs.by_pipeline(view)
    controls = view.ask("control_friction", costly=_STOPPED).sort("blocked_count", descending=True, nulls_last=True)
    st.html(
        figures.answers(
            [
                ("Do they pass?", _pass(view, total)),
                ("How long do people wait?", _wait(total)),
                ("What costs most?", costs.most(hours)),
            ]
        )
    )
    _outcomes(view, total)
    _times(view)
    costs.where_hours_go(view)
    costs.costliest(view, hours)
    _broken(view)
    _controls(view, controls)


def _nothing(view: View, total: dict[str, Any]) -> str:
    """Why there is nothing to show, and when runs were last seen."""
    if total["run_count"] is None:
        why = words.sentence(words.withheld(total["withheld"]))
        return figures.empty(
            "Nobody can tell yet how the pipelines do", [why, "Deliver “ci_run” records; see the README."]
        )
    ever = view.model.ask("pipeline_hours", Slice("month", where=view.part("pipeline_hours").where))
    seen = ever.filter(pl.col("timed_count") > 0)["period"].to_list()
    last = f"The newest runs are of {words.period(seen[-1], 'month')}: choose a longer period above." if seen else (
        "None ever did, as far as the sources show."
    )  # fmt: skip
    return figures.empty("No pipeline ran in this period", [last])


def _pass(view: View, total: dict[str, Any]) -> str:
    said = f"{words.share(total['success_ratio'])} of {words.plural(total['run_count'], 'run')} pass"
    at_once = total["first_success_ratio"]
    first = f"; {words.share(at_once)} do at the first attempt" if at_once is not None else ""
    then = view.ask_before("ci_health", headline.ASKED["ci_health"])
    row = then.row(0, named=True) if then is not None else None
    if row is None or not row["run_count"]:
        return words.sentence(f"{said}{first}")
    went = of_ratios(row["success_count"], row["run_count"], total["success_count"], total["run_count"])
    if went is None or not went.is_clear:
        return words.sentence(f"{said}, no clear change{first}")
    return words.sentence(f"{said}, {'up' if went.direction > 0 else 'down'} from {words.share(went.before)}{first}")


def _wait(total: dict[str, Any]) -> str:
    run = total["duration_seconds_median"]
    if run is None:
        return "Too few runs to say."
    slow = total["duration_seconds_p90"]
    most = f", nine of ten less than {words.seconds(slow)}" if slow is not None else ""
    queue = total["queue_seconds_median"]
    before = f", after {words.seconds(queue)} in the queue" if queue is not None else ""
    return words.sentence(f"half of the runs take less than {words.seconds(run)}{most}{before}")


def _outcomes(view: View, total: dict[str, Any]) -> None:
    by = view.window.by
    part = view.part("ci_health", by=by, costly=_TIMES)
    frame = view.model.ask("ci_health", part)
    st.html(figures.heading("Do they pass?"))
    with st.container(key="pair-pass"):
        left, right = st.columns(2, gap="large")
        with left:
            view.chart(
                sentences.course(frame, "success_ratio", by, "Runs that pass in the end", words.share),
                "Share of runs that ended in success, failure or time-out, by the day they began; a re-run is the same "
                f"run. Band: 95\u00a0% range. Hollow: the {by} still runs or is cut.",
                charts.lines(frame, by, _PASSED, units.SHARE),
                name="ci_health",
                part=part,
                key="passed",
                alt=sentences.span(frame, "success_ratio", by, words.share),
            )
        with right:
            again = words.share(total["rerun_ratio"])
            view.chart(
                sentences.course(
                    frame, "flaky_ratio", by, "Runs that fail and then pass on the same commit", words.share
                ),
                f"Share of the runs; band: 95\u00a0% range. Over the whole period {again} were run again. "
                f"Hollow: the {by} still runs or is cut.",
                charts.lines(frame, by, _AGAIN, units.SHARE),
                name="ci_health",
                part=part,
                key="flaky",
                alt=sentences.span(frame, "flaky_ratio", by, words.share),
            )


_PASSED = (
    Line("success_ratio", "in the end", low="success_ratio_low", high="success_ratio_high"),
    Line("first_success_ratio", "at the first attempt", charts.MUTED, "dash", "diamond"),
)
_AGAIN = (
    Line("flaky_ratio", "flaky", low="flaky_ratio_low", high="flaky_ratio_high"),
    Line("rerun_ratio", "run again", charts.MUTED, "dash", "diamond"),
)


def _times(view: View) -> None:
    st.html(figures.heading("How long does it take?"))
    with st.container(key="pair-times"):
        left, right = st.columns(2, gap="large")
        with left:
            _duration(view, "queue_seconds", "Wait before a run starts", "From created to started, first attempts.")
        with right:
            _duration(view, "duration_seconds", "Time that a run takes", "From started to finished, newest attempts.")


def _duration(view: View, stem: str, subject: str, unit: str) -> None:
    by = view.window.by
    part = view.part("ci_health", by=by, costly=_TIMES)
    frame = view.model.ask("ci_health", part)
    half, most = f"{stem}_median", f"{stem}_p90"
    if frame[half].is_null().all():
        st.html(figures.said(f"{subject}: not known, or too few runs in each {by}."))
        return
    series = [Line(half, "half take less"), Line(most, "nine of ten take less", charts.MUTED, "dash", "diamond")]
    known = [line for line in series if frame[line.column].is_not_null().any()]
    view.chart(
        sentences.course(frame, half, by, subject, words.seconds),
        f"{unit} Hollow: the {by} still runs or is cut.",
        charts.lines(frame, by, known, units.of_seconds(courses.longest(frame, *(line.column for line in known)))),
        name="ci_health",
        part=part,
        key=stem,
        alt=sentences.span(frame, half, by, words.seconds),
    )


def _broken(view: View) -> None:
    by = view.window.by
    total = view.ask("time_to_green", costly=_BROKEN).row(0, named=True)
    part = view.part("time_to_green", by=by, costly=_BROKEN)
    breaks = (total["mended_count"] or 0) + (total["open_count"] or 0)
    if not breaks:
        none = "No pipeline broke on a default branch in this period."
        # too few breaks is no reason where there are none
        why = words.reason_of(total.get("withheld"), "mended_count")
        below = words.sentence(words.withheld(why)) if why else none
        st.html(figures.heading("How long does the main line stay broken?", below))
        return
    still = f"; {words.plural(total['open_count'], 'pipeline')} still broken" if total["open_count"] else ""
    below = f"Pipelines broke {words.plural(breaks, 'time')} on a default branch{still}."
    st.html(figures.heading("How long does the main line stay broken?", below))
    frame = view.model.ask("time_to_green", part)
    column = _BROKEN[0]
    if frame[column].is_null().all():
        courses.refused(view, "time_to_green", column, "Too few breaks to say how long they last.")
        return
    view.chart(
        sentences.course(frame, column, by, "Time until a broken pipeline passes again", words.duration),
        f"Half of the breaks that began in a {by} were over sooner; those still open count as longer than so far. "
        f"Hollow: the {by} still runs or is cut.",
        charts.lines(frame, by, [Line(column, "half are over sooner")], units.of_hours(courses.longest(frame, column))),
        name="time_to_green",
        part=part,
        key="broken",
        alt=sentences.span(frame, column, by, words.duration),
    )


def _controls(view: View, frame: pl.DataFrame) -> None:
    below = "A check is known by the name of its job or step; the configuration maps names to checks."
    st.html(figures.heading("Which checks stop people?", below))
    if frame.is_empty():
        none = "No run of this period had a job whose name is that of a check, or no source delivers jobs."
        st.html(figures.said(none))
        return
    part = view.part("control_friction", costly=_STOPPED)
    # a check's first weeks may lie before the period, so what it changed is asked of all data
    ever = replace(part, since=None, until=None, costly=())
    history = view.model.ask("control_friction", ever)
    since = {row["control"]: row for row in history.iter_rows(named=True)}
    rows: list[list[Cell]] = [_control(row, since[row["control"]]) for row in frame.iter_rows(named=True)]
    with st.container(key="pair-checks"):
        left, right = st.columns([1.15, 1], gap="large")
        with left:
            st.html(figures.table(["Check", "Stops", "Half got through within", "Since it came"], rows))
            view.explained("control_friction", part, "stops")
        with right:
            drawn = history.filter(pl.col("control").is_in(frame["control"].to_list()))
            view.chart(
                checks.title(drawn.to_dicts()),
                "Share of the runs that a check stopped: in the first eight weeks after it came to a repository, and "
                "later; all data, whatever the period. Lines: 95\u00a0% range.",
                checks.early_and_late(drawn.sort("blocked_count", descending=True)),
                name="control_friction",
                part=ever,
                key="checks",
                alt="; ".join(f"{row[0][0]}: {row[3][0]}" for row in rows),
            )


def _control(row: dict[str, Any], ever: dict[str, Any]) -> list[Cell]:
    """A check in the period, and what became of it since it came."""
    half = row["blocked_hours_median"]
    ends = words.share_range(row["blocked_ratio_low"], row["blocked_ratio_high"])
    stopped = f"{words.number(row['blocked_count'])} of {words.plural(row['run_count'], 'run')}; {ends}"
    never = f"{words.number(row['open_count'])} have not passed on their branch" if row["open_count"] else ""
    return [
        (row["control"], f"first seen {words.day(ever['first_day'])}" if ever["first_day"] else ""),
        (words.share(row["blocked_ratio"]), stopped),
        (words.duration(half) if half is not None else "too few to say", never),
        (
            f"{words.share(ever['early_blocked_ratio'])}, then {words.share(ever['late_blocked_ratio'])}",
            checks.verdict(ever),
        ),
    ]
