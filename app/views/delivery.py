"""How the work reaches production: how much, how often, how fast, how safely, and by which path."""

from typing import Any

import polars as pl
import streamlit as st

from app import behind, charts, comparison, courses, dora, figures, groups, outcomes, sentences, units, words
from app.charts import Line
from app.page import View, current

_AUTOMATIC = "retrain"
_FEW = 2
"""Teams that need no picture."""


def page() -> None:
    view = current()
    five = dora.measured(view)
    st.html(figures.answers(outcomes.answers(five)))
    dora.cards(view, five)
    dora.context()
    _how_much(view)
    _how_often(view)
    _how_fast(view)
    _how_safe(view)
    _how_soon(view)
    comparison.split(view)
    behind.section(view)
    behind.dialog(view)


def _how_much(view: View) -> None:
    causes = view.ask("deployment_count", group=("cause",), costly=())
    total = int(causes["deployment_count"].sum())
    retrains = int(causes.filter(pl.col("cause") == _AUTOMATIC)["deployment_count"].sum())
    st.html(figures.heading("How much is deployed?", _count_in_words(total, retrains) if total else ""))
    courses.deployments(view, "how-much", opens=behind.clicked)


def _count_in_words(total: int, retrains: int) -> str:
    automatic = f"; {words.number(retrains)} of them are automatic retrains of a model" if retrains else ""
    return f"{words.plural(total, 'deployment')} to production succeeded in this period{automatic}."


def _how_often(view: View) -> None:
    part = view.part("deployment_frequency", group=("team_id",), costly=("days_per_week_median",))
    frame = view.model.ask("deployment_frequency", part)
    names = view.model.names()
    teams = frame.filter(pl.col("team_id").is_in(list(names)) & pl.col("days_per_week_median").is_not_null())
    st.html(figures.heading("How often does a team bring a change to production?"))
    if teams.is_empty():
        none = "No team brought a change to production in a whole week of this period."
        courses.refused(view, "deployment_frequency", "days_per_week_median", none)
        return
    if len(teams) <= _FEW:
        lines = [
            f"{names[team]}: {words.plural(days, 'day')} a week with a change, in its middle week"
            for team, days in teams.select("team_id", "days_per_week_median").rows()
        ]
        st.html("".join(figures.said(words.sentence(line)) for line in lines))
        view.explained("deployment_frequency", part, "how-often")
        return
    values = [(names[team], days) for team, days in zip(teams["team_id"], teams["days_per_week_median"], strict=True)]
    median = float(teams["days_per_week_median"].median())  # type: ignore[arg-type]
    count = words.plural(len(teams), "team")
    least, most = (words.number(end(value for _, value in values)) for end in (min, max))
    view.chart(
        f"Half of {count} bring a change to production on {words.plural(median, 'day')} a week or more",
        "Teams by days with a production change in their middle week; empty weeks counted, retrains left out.",
        groups.teams_as_dots(values, median, name="days a week"),
        name="deployment_frequency",
        part=part,
        key="how-often",
        alt=f"Teams lie between {least} and {most} days.",
    )


def _how_fast(view: View) -> None:
    by = view.window.by
    frame = view.ask("lead_time", by=by, costly=courses.LEAD_TIME)
    row = view.ask("lead_time", costly=courses.LEAD_TIME).row(0, named=True)
    below = ""
    if row["lead_time_hours_median"] is not None:
        slow = row["lead_time_hours_p75"]
        more = f", and three of four less than {words.duration(slow)}" if slow is not None else ""
        half = words.duration(row["lead_time_hours_median"])
        below = f"Half of {words.plural(row['change_count'], 'change')} take less than {half}{more}."
    st.html(figures.heading("How long does a change take from its first commit to production?", below))
    with st.container(key="pair-fast"):
        left, right = st.columns(2, gap="large")
        with left:
            courses.lead_time(view, "how-fast", slow=True, opens=behind.clicked)
        with right:
            _where_time_goes(view, frame, row)
    _spread_of_lead_times(view)


def _spread_of_lead_times(view: View) -> None:
    part = view.part("lead_time_distribution")
    frame = view.model.ask("lead_time_distribution", part)
    rows = frame.select("hours_from", "change_count", "waiting_count").drop_nulls().rows()
    counts = {start: (shipped, waiting) for start, shipped, waiting in rows}
    total, waiting = (sum(pair[n] for pair in counts.values()) for n in (0, 1))
    if not total:
        return
    soon = sum(pair[0] for start, pair in counts.items() if start < 168)
    view.chart(
        f"{words.share(soon / total)} of the changes that shipped took less than a week",
        "Changes by the time from first commit to production"
        + (f"; hatched: {words.number(waiting)} that still wait, by how long so far." if waiting else "."),
        groups.counts_by_range(counts, "shipped", "still wait"),
        name="lead_time_distribution",
        part=part,
        key="spread-fast",
        alt=_in_words(counts),
    )


def _in_words(counts: dict[int, tuple[int, int]]) -> str:
    """What a listener of a chart of ranges needs."""
    said = [f"{groups.RANGES[start]}: {words.number(sum(pair))}" for start, pair in sorted(counts.items())]
    return words.sentence("; ".join(said))


def _where_time_goes(view: View, frame: pl.DataFrame, row: dict[str, Any]) -> None:
    by = view.window.by
    longest = outcomes.longest_part(row)
    if longest is None:
        return
    columns = [line.column for line in _PARTS if row[line.column] is not None]
    view.chart(
        f"Most of the time goes into {outcomes.PARTS[longest]}",
        "Half of the changes take less, each part on its own, so the parts need not add up to the whole. "
        f"Hollow: the {by} still runs or is cut.",
        charts.lines(frame, by, _PARTS, units.of_hours(courses.longest(frame, *columns))),
        name="lead_time",
        part=view.part("lead_time", by=by, costly=courses.LEAD_TIME),
        key="where-time-goes",
        alt=sentences.span(frame, longest, by, words.duration),
    )


_PARTS = (
    Line("deploy_hours_median", "merge to production"),
    Line("coding_hours_median", "writing", charts.INK, "dash", "square"),
    Line("review_hours_median", "review", charts.MUTED, "dot", "diamond"),
)


def _how_safe(view: View) -> None:
    row = view.ask("change_fail_rate", costly=()).row(0, named=True)
    st.html(figures.heading("How often does it go wrong?", _repaired_in_words(row, view.model.clock.provisional_days)))
    with st.container(key="pair-safe"):
        left, right = st.columns(2, gap="large")
        with left:
            _rate(
                view,
                "change_fail_rate",
                Line("change_fail_ratio", "repaired", low="change_fail_ratio_low", high="change_fail_ratio_high"),
                "Deployments repaired afterwards",
                "Share of succeeded deployments that led to an incident, a rollback or an unplanned fix; "
                "band: 95\u00a0% range.",
                provisional="is_provisional",
            )
        with right:
            _rate(
                view,
                "deployment_failure_rate",
                Line("failure_ratio", "failed", low="failure_ratio_low", high="failure_ratio_high"),
                "Attempts to deploy that fail",
                "Share of attempts that failed before anything went live; band: 95\u00a0% range. "
                "It says how reliable the way is, not what was deployed.",
            )


def _how_soon(view: View) -> None:
    st.html(figures.heading("How soon does it work again, and how much work is repair?"))
    with st.container(key="pair-soon"):
        left, right = st.columns(2, gap="large")
        with left:
            _spread_of_recoveries(view)
        with right:
            _course_of_recoveries(view)
    _rate(
        view,
        "rework_rate",
        Line("rework_ratio", "unplanned", low="rework_ratio_low", high="rework_ratio_high"),
        "Deployments that only repair",
        "Share of succeeded deployments that were hotfixes, rollbacks or flagged unplanned; band: 95\u00a0% range.",
    )


def _course_of_recoveries(view: View) -> None:
    by, column = view.window.by, "recovery_hours_median"
    part = view.part("recovery_time", by=by, costly=(column,))
    frame = view.model.ask("recovery_time", part)
    if frame[column].is_null().all():
        why = f"No {by} of this period has six failures, and of fewer no half can be said."
        st.html(figures.chart_head("Time until it works again", why))
        return
    view.chart(
        sentences.course(frame, column, by, "Time until it works again", words.duration),
        f"Half of the failures of a {by} were over sooner. Hollow: the {by} still runs or is cut.",
        charts.lines(frame, by, [Line(column, "half are over")], units.of_hours(courses.longest(frame, column))),
        name="recovery_time",
        part=part,
        key="how-soon",
        alt=sentences.span(frame, column, by, words.duration),
        opens=behind.clicked,
    )


def _spread_of_recoveries(view: View) -> None:
    part = view.part("recovery_distribution")
    rows = view.model.ask("recovery_distribution", part).select("hours_from", "recovered_count", "open_count")
    counts = {start: (over, still) for start, over, still in rows.drop_nulls().rows()}
    total, still = (sum(pair[n] for pair in counts.values()) for n in (0, 1))
    if not total:
        none = "No deployment of this period led to a failure."
        courses.refused(view, "recovery_time", "recovered_count", none, title="Failures, by how long they lasted")
        return
    soon = sum(pair[0] for start, pair in counts.items() if start < 24)
    view.chart(
        f"{words.number(soon)} of {words.plural(total, 'failure')} were over within a day",
        "Deployments that led to a failure, by the time until it was resolved or the next one replaced it"
        + (f"; hatched: {words.number(still)} still open, by how long so far." if still else "."),
        groups.counts_by_range(counts, "over", "still open", charts.HEIGHT),
        name="recovery_distribution",
        part=part,
        key="spread-soon",
        alt=_in_words(counts),
    )


def _rate(view: View, name: str, line: Line, subject: str, unit: str, *, provisional: str | None = None) -> None:
    """A share per period with its range."""
    by = view.window.by
    part = view.part(name, by=by)
    frame = view.model.ask(name, part)
    if frame[line.column].is_null().all():
        courses.refused(view, name, line.column, courses.NOTHING, title=subject)
        return
    soft = [provisional] if provisional else []
    hollow = "not final yet" if provisional else f"the {by} still runs or is cut"
    view.chart(
        sentences.course(frame, line.column, by, subject, words.share, soft=soft),
        f"{unit} Hollow: {hollow}.",
        charts.lines(frame, by, [line], units.SHARE, provisional),
        name=name,
        part=part,
        key=name,
        alt=sentences.span(frame, line.column, by, words.share),
        opens=behind.clicked,
    )


def _repaired_in_words(row: dict[str, Any], days: int) -> str:
    ratio = row["change_fail_ratio"]
    if ratio is None:
        return words.sentence(f"how many had to be repaired: {words.withheld(row.get('withheld'))}")
    count = words.plural(row["deployment_count"], "deployment")
    provisional = f" The newest {days} days are provisional, since incidents come later." * bool(row["is_provisional"])
    share = f"{words.share(ratio)} ({words.one_in(ratio)})" if ratio else "None"
    return f"{share} of {count} had to be repaired afterwards.{provisional}"
