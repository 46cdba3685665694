"""Charts over time that more than one page shows, so that they say the same on each."""

from collections.abc import Callable
from dataclasses import replace

import polars as pl
import streamlit as st

from app import charts, figures, filters, headline, sentences, units, words
from app.charts import Line
from app.headline import Numbers, Row
from app.page import View
from queries import trends
from queries.trends import Change

LEAD_TIME = (
    "lead_time_hours_median",
    "lead_time_hours_p75",
    *(f"{part}_hours_median" for part in ("coding", "review", "deploy")),
)
"""The quantiles of lead times that a page shows in full; the first of them is the figure by itself."""
NOTHING = "Nothing was deployed to production in this period, as far as the sources show."


def numbers(view: View) -> Numbers:
    """The rows behind the figures of a page, in the window and in the one before."""
    before = {name: view.ask_before(name, shown) for name, shown in headline.ASKED.items()}
    return Numbers(
        {name: view.ask(name, costly=shown).row(0, named=True) for name, shown in headline.ASKED.items()},
        {name: frame.row(0, named=True) for name, frame in before.items() if frame is not None},
        filters.EARLIER[view.filters.compare],
    )


def lead_change(view: View, numbers: Numbers) -> Change | None:
    """The lead time against the earlier window, judged by the weeks of both."""
    return weekly_change(view, "lead_time", LEAD_TIME[0], numbers.before.get("lead_time"), numbers.now["lead_time"])


def weekly_change(view: View, name: str, column: str, then: Row | None, now: Row) -> Change | None:
    """A median against that of the earlier window, judged by the whole weeks of both."""
    if then is None or view.window.before is None:
        return None
    early, late = view.window.before
    part = view.part(name, by="week", costly=(column,))
    one = [replace(part, since=early)] if late == view.window.since else [replace(part, since=early, until=late), part]
    frame = pl.concat([view.model.ask(name, each).select("period", "is_partial", column) for each in one])
    known = frame.filter(~pl.col("is_partial") & pl.col(column).is_not_null())
    weeks = [
        known.filter(test)[column].to_list()
        for test in (pl.col("period") < late, pl.col("period") >= view.window.since)
    ]
    return trends.of_weeks(then[column], now[column], *weeks)


def deployments(view: View, key: str, opens: Callable[[str], None] | None = None) -> None:
    """Deployments per period by path; the title speaks of the path that is chosen, else of the platform."""
    by = view.window.by
    part = view.part("deployment_count", by=by, group=("path",), costly=())
    frame = view.model.ask("deployment_count", part)
    if not frame["deployment_count"].sum():
        refused(view, "deployment_count", "deployment_count", NOTHING, title="Deployments to production")
        return
    path = view.filters.path or "platform"
    chosen = frame.filter(pl.col("path") == path)
    subject = "Deployments of unknown path" if path == "unknown" else f"Deployments {words.PATHS[path]}"
    if chosen.is_empty():
        title = f"None of {words.plural(int(frame['deployment_count'].sum()), 'deployment')} went {words.PATHS[path]}"
    else:
        title = sentences.course(chosen, "deployment_count", by, subject, words.number)
    view.chart(
        title,
        f"Succeeded production deployments per {by}, by path. Hatched: the {by} still runs or is cut by the period.",
        charts.bars_by_path(frame, by),
        name="deployment_count",
        part=part,
        key=key,
        alt=sentences.span(chosen, "deployment_count", by, words.number),
        opens=opens,
    )


def lead_time(view: View, key: str, *, slow: bool = False, opens: Callable[[str], None] | None = None) -> None:
    """Time to production per period: what half of the changes take less than; with `slow` also three of four."""
    by = view.window.by
    part = view.part("lead_time", by=by, costly=LEAD_TIME if slow else LEAD_TIME[:1])
    frame = view.model.ask("lead_time", part)
    if frame["lead_time_hours_median"].is_null().all():
        refused(
            view,
            "lead_time",
            "lead_time_hours_median",
            "No change with a known first commit reached production in this period.",
            title="Time from first commit to production",
        )
        return
    series = [Line("lead_time_hours_median", "half take less")]
    if slow:
        series.append(Line("lead_time_hours_p75", "three of four take less", charts.MUTED, "dash", "diamond"))
    view.chart(
        sentences.course(frame, "lead_time_hours_median", by, "Time from first commit to production", words.duration),
        f"Half of the changes shipped in a {by} took less. Hollow: the {by} still runs or is cut.",
        charts.lines(frame, by, series, units.of_hours(longest(frame, *(line.column for line in series)))),
        name="lead_time",
        part=part,
        key=key,
        alt=sentences.span(frame, "lead_time_hours_median", by, words.duration),
        opens=opens,
    )


def refused(view: View, name: str, column: str, otherwise: str, *, title: str = "") -> None:
    """Why a chart is not drawn, below its `title`: what the metric says of the whole window, else a sentence."""
    row = view.ask(name).row(0, named=True)
    reason = words.reason_of(row.get("withheld"), column)
    text = words.sentence(words.withheld(reason)) if reason else otherwise
    if row[column]:
        # the whole window carries a value, its weeks or months do not
        text = f"No {view.window.by} of this period has enough cases of its own to be drawn."
    st.html(figures.chart_head(title, text) if title else figures.said(text))


def longest(frame: pl.DataFrame, *columns: str) -> float | None:
    """The largest value of some columns, or None."""
    value = frame.select(pl.max_horizontal(pl.col(columns).max())).item()
    return float(value) if isinstance(value, int | float) else None
