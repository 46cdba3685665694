"""Charts over time that more than one page shows, so that they say the same on each."""

from dataclasses import replace

import polars as pl
import streamlit as st

from app import charts, figures, headline, sentences, words
from app.charts import Line
from app.headline import Numbers
from app.page import View
from queries.trends import Change, of_weeks

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
        {name: view.ask(name, quantiles=shown).row(0, named=True) for name, shown in headline.ASKED.items()},
        {name: frame.row(0, named=True) for name, frame in before.items() if frame is not None},
    )


def lead_change(view: View, numbers: Numbers) -> Change | None:
    """The lead time against the window before, judged by its weeks."""
    window, then = view.window, numbers.before.get("lead_time")
    if then is None or window.before_since is None:
        return None
    part = replace(view.part("lead_time", by="week", quantiles=LEAD_TIME[:1]), since=window.before_since)
    weekly = view.model.ask("lead_time", part)
    known = weekly.filter(~pl.col("is_partial") & pl.col("lead_time_hours_median").is_not_null())
    is_now = pl.col("period") >= window.since
    return of_weeks(
        then["lead_time_hours_median"],
        numbers.now["lead_time"]["lead_time_hours_median"],
        known.filter(~is_now)["lead_time_hours_median"].to_list(),
        known.filter(is_now)["lead_time_hours_median"].to_list(),
    )


def deployments(view: View, key: str) -> None:
    """Deployments per period by path; the title speaks of the path that is chosen, else of the platform."""
    by = view.window.by
    part = view.part("deployment_count", by=by, group=("path",))
    frame = view.model.ask("deployment_count", part)
    if not frame["deployment_count"].sum():
        refused(view, "deployment_count", "deployment_count", NOTHING)
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
    )


def lead_time(view: View, key: str, *, slow: bool = False) -> None:
    """Time to production per period: what half of the changes take less than; with `slow` also three of four."""
    by = view.window.by
    part = view.part("lead_time", by=by, quantiles=LEAD_TIME if slow else LEAD_TIME[:1])
    frame = view.model.ask("lead_time", part)
    if frame["lead_time_hours_median"].is_null().all():
        refused(
            view,
            "lead_time",
            "lead_time_hours_median",
            "No change with a known first commit reached production in this period.",
        )
        return
    series = [Line("lead_time_hours_median", "half take less")]
    if slow:
        series.append(Line("lead_time_hours_p75", "three of four take less", charts.MUTED, "dash", "diamond"))
    view.chart(
        sentences.course(frame, "lead_time_hours_median", by, "Time from first commit to production", words.duration),
        f"Half of the changes shipped in a {by} took less. Hollow: the {by} still runs or is cut.",
        charts.lines(frame, by, series, charts.of_hours(longest(frame, series[-1].column))),
        name="lead_time",
        part=part,
        key=key,
        alt=sentences.span(frame, "lead_time_hours_median", by, words.duration),
    )


def refused(view: View, name: str, column: str, otherwise: str) -> None:
    """Why a chart is not drawn: what the metric says of the whole window, else a sentence."""
    row = view.ask(name).row(0, named=True)
    text = words.sentence(words.withheld(row["withheld"])) if row.get("withheld") else otherwise
    if row[column]:
        # the whole window carries a value, its weeks or months do not
        text = f"No {view.window.by} of this period has enough cases of its own to be drawn."
    st.html(figures.said(text))


def longest(frame: pl.DataFrame, column: str) -> float | None:
    """The largest value of a column, or None."""
    value = frame[column].max()
    return float(value) if isinstance(value, int | float) else None
