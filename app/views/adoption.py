"""Who uses the platform, how they came to it, whether they stay, how deep it goes, and who to call this week."""

from dataclasses import replace
from datetime import date

import polars as pl
import streamlit as st

from app import calls, charts, courses, depth, figures, funnel, quiet, retention, sentences, units, words
from app.charts import Line
from app.page import View, current
from queries.slice import Slice


def page() -> None:
    view = current()
    total = view.ask("adoption_funnel").row(0, named=True)
    if not total["eligible_count"]:
        why = words.withheld(total["withheld"]) if total.get("withheld") else "no team fits what is chosen above"
        more = (
            "This page follows teams from the day on which they could use the platform. Deliver “team” and “ownership” "
        )
        more += "records beside deployments; the README shows the files."
        st.html(figures.empty("Nobody can tell yet who uses the platform", [words.sentence(why), more]))
        return
    teams = view.ask("adoption_funnel", group=("team_id",))
    first = _first_days(view)
    st.html(
        figures.answers(
            [
                ("Who uses it?", f"{_used(total)}{_people(view)}"),
                ("Do they stay?", _stay(total)),
                ("Who to call this week?", _call(view, teams)),
            ]
        )
    )
    with st.container(key="pair-funnel"):
        left, right = st.columns([1.25, 1], gap="large")
        with left:
            _funnel(view, total)
            calls.still_waiting(view, teams, first["first_days_median"])
        with right:
            calls.went_quiet(view, teams)
            calls.new(view, teams)
    _over_time(view)
    with st.container(key="pair-stay"):
        left, right = st.columns(2, gap="large")
        with left:
            _retention(view)
        with right:
            _first_deployment(view, first)
    _depth(view)
    calls.team_by_team(view, teams)


def _now(view: View, name: str) -> Slice:
    """The slice of a metric as of now: who came before the window counts too."""
    return replace(view.part(name), since=None, until=None)


def _first_days(view: View) -> dict[str, float | None]:
    return view.model.ask("time_to_first_deployment", _now(view, "time_to_first_deployment")).row(0, named=True)


def _used(total: dict[str, int]) -> str:
    eligible, deployed, habitual = total["eligible_count"], total["first_deployment_count"], total["habitual_count"]
    if not deployed:
        return f"None of {words.plural(eligible, 'team')} that could has deployed to production through it yet."
    does = "does" if habitual == 1 else "do"
    nearly = f"; {habitual} {does} so nearly every week" if habitual else "; none does so nearly every week"
    has = "has" if deployed == 1 else "have"
    return words.sentence(
        f"{deployed} of {words.plural(eligible, 'team')} {has} deployed to production through it{nearly}"
    )


def _people(view: View) -> str:
    """The people seen using it, where headcounts are known and enough people are."""
    row = view.ask("adoption_share").row(0, named=True)
    if row["people_ratio"] is None:
        return ""
    count = f"{words.number(row['people_count'])} of {words.plural(row['eligible_headcount'], 'person', 'people')}"
    return f" {count} in these teams were seen using it in this period ({words.share(row['people_ratio'])})."


def _stay(total: dict[str, int]) -> str:
    deployed, gone = total["first_deployment_count"], total["lapsed_count"]
    if not deployed:
        return "Nobody has come yet, so nobody can have left."
    if gone == deployed:
        return "No: the one team went quiet." if deployed == 1 else f"No: all {deployed} went quiet."
    return (
        f"{deployed - gone} of {deployed} do; {gone} went quiet."
        if gone
        else "Yes: the one team still deploys."
        if deployed == 1
        else f"Yes: all {deployed} still deploy."
    )


def _call(view: View, teams: pl.DataFrame) -> str:
    names = view.model.names()
    gone = [names[team] for team in quiet.went_quiet(teams)["team_id"][:2]]
    parts = [f"{words.listed(gone)}: the latest to stop"] * bool(gone)
    parts += [
        f"{names[team]}: waits longest for a first deployment" for team in quiet.still_waiting(teams)["team_id"][:1]
    ]
    return words.sentence("; ".join(parts)) if parts else "Nobody: no team went quiet, and none waits."


def _funnel(view: View, total: dict[str, int | date | None]) -> None:
    counts = [(name, int(total[f"{column}_count"])) for column, name, _ in _STAGES]  # type: ignore[arg-type]
    eligible, habitual = counts[0][1], counts[4][1]
    dates = [
        f"{when} {words.day(day)}"
        for column, _, when in _STAGES
        if when and isinstance(day := total.get(f"{column}_day"), date)
    ]
    first = f"{words.sentence('; '.join(dates))} " if dates else ""
    view.chart(
        _habit(habitual, eligible),
        f"Teams at each stage, as of now. {first}Hatched: teams that have stopped.",
        funnel.stages(counts, len(counts) - 1),
        name="adoption_funnel",
        part=view.part("adoption_funnel"),
        key="funnel",
        alt="; ".join(f"{name}: {count}" for name, count in counts),
    )


def _habit(habitual: int, eligible: int) -> str:
    if eligible == 1:
        return f"The team has {'' if habitual else 'not '}made the platform a habit"
    has = "has" if habitual < 2 else "have"
    return f"{habitual or 'None'} of {words.plural(eligible, 'team')} that could use the platform {has} made it a habit"


_STAGES = (
    ("eligible", "could use it", ""),
    ("onboarded", "onboarded", "first team onboarded"),
    ("first_run", "ran something on it", "first run"),
    ("first_deployment", "deployed to production", "first production deployment"),
    ("habitual", "deploy nearly every week", ""),
    ("lapsed", "went quiet", ""),
)
"""Column, what it is called, and how the first date is said."""


def _over_time(view: View) -> None:
    by = view.window.by
    part = view.part("adoption_share", by=by)
    frame = view.model.ask("adoption_share", part)
    with st.container(key="pair-share"):
        left, right = st.columns(2, gap="large")
        with left:
            if frame["platform_ratio"].is_null().all():
                st.html(figures.heading("What share of the deployments goes through it?"))
                courses.refused(view, "adoption_share", "platform_ratio", courses.NOTHING)
            else:
                view.chart(
                    sentences.course(
                        frame, "platform_ratio", by, "The share of deployments through the platform", words.share
                    ),
                    "Succeeded production deployments through it, of all whose path is known; band: 95\u00a0% range. "
                    f"Hollow: the {by} still runs or is cut.",
                    charts.lines(frame, by, [_SHARE], units.SHARE),
                    name="adoption_share",
                    part=part,
                    key="share",
                    alt=sentences.span(frame, "platform_ratio", by, words.share),
                )
        with right:
            _active(view, frame, part)


_SHARE = Line("platform_ratio", "through it", low="platform_ratio_low", high="platform_ratio_high")


def _active(view: View, frame: pl.DataFrame, part: Slice) -> None:
    by = view.window.by
    series = [
        Line("active_team_count", "deployed through it"),
        Line("eligible_team_count", "could use it", charts.MUTED, "dash", "diamond"),
    ]
    known = [line for line in series if frame[line.column].is_not_null().any()]
    if not known or frame.is_empty():
        return
    view.chart(
        sentences.course(
            frame, "active_team_count", by, f"Teams that deploy through the platform in a {by}", words.number
        ),
        f"Teams with a production deployment through it in the {by}, beside those that could by its end. "
        f"Hollow: the {by} still runs or is cut.",
        charts.lines(frame, by, known, units.COUNT),
        name="adoption_share",
        part=part,
        key="active",
        alt=sentences.span(frame, "active_team_count", by, words.number),
    )


def _retention(view: View) -> None:
    part = replace(view.part("retention"), since=None, until=None)
    frame = view.model.ask("retention", part)
    if frame.is_empty():
        st.html(figures.heading("Do teams stay?") + figures.said("No team has deployed through the platform yet."))
        return
    shown = retention.grid(frame)
    view.chart(
        retention.title(frame),
        f"Teams by the month of their first deployment, and how many of them deployed in each month after it. "
        f"A dot: the month still runs.{shown.cut}",
        shown.figure,
        name="retention",
        part=part,
        key="retention",
        alt=f"Table of {words.plural(frame['cohort'].n_unique(), 'month')} of first deployment.",
    )


def _first_deployment(view: View, first: dict[str, float | None]) -> None:
    part = _now(view, "first_deployment_curve")
    curve = view.model.ask("first_deployment_curve", part)
    deployed, waiting = first["deployed_count"], first["waiting_count"]
    if curve.is_empty() or not deployed or deployed < funnel.LEAST:
        st.html(figures.heading("How long until a team first deploys?"))
        st.html(figures.said(_too_few(deployed, waiting)))
        return
    median = first["first_days_median"]
    wait = f"; {words.plural(waiting, 'team')} still wait" if waiting else ""
    half = (
        "Half of the teams had deployed to production before they were onboarded"
        if median is not None and median < 0
        else f"Half of the teams deploy to production within {words.plural(round(median), 'day')} of being onboarded"
        if median is not None
        else "Fewer than half of the onboarded teams have deployed so far"
    )
    view.chart(
        f"{half}{wait}",
        "Share of onboarded teams that has deployed, by days since; band: 95\u00a0% range. Ticks: teams that still "
        "wait, counted as longer than so far.",
        funnel.waiting(curve, median),
        name="first_deployment_curve",
        part=part,
        key="curve",
        alt=f"{words.plural(deployed, 'team')} have deployed, {waiting} wait.",
    )


def _too_few(deployed: float | None, waiting: float | None) -> str:
    if deployed is None or waiting is None or not deployed + waiting:
        return "Not measured: no date is known on which a team was onboarded."
    if not deployed:
        return f"None of {words.plural(waiting, 'onboarded team')} has deployed yet."
    wait = f", and {words.plural(waiting, 'team')} wait" if waiting else ""
    has = "has" if deployed == 1 else "have"
    return f"{words.plural(deployed, 'onboarded team')} {has} deployed{wait}: a curve takes {funnel.LEAST}."


def _depth(view: View) -> None:
    part = view.part("capability_coverage")
    frame = view.model.ask("capability_coverage", part)
    if frame.is_empty() or (frame["undeclared_count"] == frame["team_count"]).all():
        why = "Nobody has written down yet what each team has; deliver “capability” records to see how deep use goes."
        st.html(figures.heading("How deep does it go?", why))
        return
    ordered = depth.in_order(frame)
    weakest = ordered.filter(pl.col("strategic_ratio").is_not_null()).sort("strategic_ratio").row(0, named=True)
    below = (
        f"{words.sentence(weakest['capability']).removesuffix('.')} lags most: {weakest['strategic_count']} of "
        f"{words.plural(weakest['team_count'] - weakest['not_required_count'], 'team')} that need it have the "
        "organisation's way. What teams said is theirs to correct; beside it stands what the data shows."
    )
    st.html(figures.heading("How deep does it go?", below))
    st.html(depth.table(ordered) + depth.key())
    view.explained("capability_coverage", part, "depth")
