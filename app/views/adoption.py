"""Who uses the platform, how they came to it, whether they stay, how deep it goes, and who to call this week."""

from dataclasses import replace
from datetime import date

import polars as pl
import streamlit as st

from app import charts, courses, depth, figures, funnel, quiet, retention, sentences, words
from app.charts import Line
from app.explain import download
from app.figures import Cell
from app.page import View, current
from queries.slice import Slice

SHOWN_TEAMS, CALLS = 100, 8
"""Lines of the table of teams, and of each list of whom to call."""


def page() -> None:
    view = current()
    total = view.ask("adoption_funnel").row(0, named=True)
    if not total["eligible_count"]:
        why = (
            words.withheld(total.get("withheld"))
            if total.get("withheld")
            else "no team that could use the platform is known"
        )
        st.html(figures.said(words.sentence(why)))
        return
    teams = view.ask("adoption_funnel", group=("team_id",))
    first = _first_days(view)
    st.html(
        figures.answers(
            [
                ("Who uses it?", _used(total)),
                ("Do they stay?", _stay(total)),
                ("Who to call this week?", _call(view, teams)),
            ]
        )
    )
    with st.container(key="pair-funnel"):
        left, right = st.columns([1.25, 1], gap="large")
        with left:
            _funnel(view, total)
            _new(view, teams)
        with right:
            _calls(view, teams, first["first_days_median"])
    _over_time(view)
    with st.container(key="pair-stay"):
        left, right = st.columns(2, gap="large")
        with left:
            _retention(view)
        with right:
            _first_deployment(view, first)
    _depth(view)
    _team_by_team(view, teams)


def _now(view: View, name: str) -> Slice:
    """The slice of a metric as of now: who came before the window counts too."""
    return replace(view.part(name), since=None, until=None)


def _first_days(view: View) -> dict[str, float | None]:
    return view.model.ask("time_to_first_deployment", _now(view, "time_to_first_deployment")).row(0, named=True)


def _used(total: dict[str, int]) -> str:
    eligible, deployed, habitual = total["eligible_count"], total["first_deployment_count"], total["habitual_count"]
    if not deployed:
        return f"None of {words.plural(eligible, 'team')} that could has deployed to production through it yet."
    nearly = f"; {habitual} do so nearly every week" if habitual else "; none does so nearly every week"
    return words.sentence(
        f"{deployed} of {words.plural(eligible, 'team')} have deployed to production through it{nearly}"
    )


def _stay(total: dict[str, int]) -> str:
    deployed, gone = total["first_deployment_count"], total["lapsed_count"]
    if not deployed:
        return "Nobody has come yet, so nobody can have left."
    return f"{deployed - gone} of {deployed} do; {gone} went quiet." if gone else f"Yes: all {deployed} still deploy."


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
        f"{habitual} of {words.plural(eligible, 'team')} that could use the platform have made it a habit",
        f"Teams at each stage, as of now. {first}Hatched: teams that have stopped.",
        funnel.stages(counts, len(counts) - 1),
        name="adoption_funnel",
        part=view.part("adoption_funnel"),
        key="funnel",
        alt="; ".join(f"{name}: {count}" for name, count in counts),
    )


_STAGES = (
    ("eligible", "could use it", ""),
    ("onboarded", "onboarded", "first team onboarded"),
    ("first_run", "ran something on it", "first run"),
    ("first_deployment", "deployed to production", "first production deployment"),
    ("habitual", "deploy nearly every week", ""),
    ("lapsed", "went quiet", ""),
)
"""Column, what it is called, and how the first date is said."""


def _calls(view: View, teams: pl.DataFrame, median: float | None) -> None:
    today = view.model.clock.today
    gone, waiting = quiet.went_quiet(teams), quiet.still_waiting(teams)
    st.html(
        figures.heading("Who to call this week", "Teams that went quiet, the latest first, against their own rhythm.")
    )
    lines = [_line(view, row["team_id"], quiet.why_quiet(row, today)) for row in gone[:CALLS].iter_rows(named=True)]
    st.html(figures.moves(lines) if lines else figures.said("No team went quiet."))
    _more(len(gone) - CALLS)
    if len(waiting):
        st.html(figures.heading("Waiting for a first deployment", "The longest wait first."))
        rows = waiting[:CALLS].iter_rows(named=True)
        st.html(figures.moves([_line(view, row["team_id"], quiet.why_waiting(row, today, median)) for row in rows]))
        _more(len(waiting) - CALLS)


def _line(view: View, team: str, why: str) -> Cell:
    return view.model.names()[team], why, view.team_link(team)


def _more(count: int) -> None:
    if count > 0:
        st.html(figures.said(f"And {count} more in the CSV of the table of teams below."))


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
                    "Succeeded production deployments through it, of all whose path is known; band: 95 % range. "
                    f"Hollow: the {by} still runs or is cut.",
                    charts.lines(frame, by, [_SHARE], charts.SHARE),
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
        Line("eligible_team_count", "could", charts.MUTED, "dash", "diamond"),
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
        charts.lines(frame, by, known, charts.COUNT),
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
        f"Half of the teams deploy to production within {words.plural(round(median), 'day')} of being onboarded"
        if median is not None
        else "Fewer than half of the onboarded teams have deployed so far"
    )
    view.chart(
        f"{half}{wait}",
        "Share of onboarded teams that has deployed, by days since; band: 95 % range. Ticks: teams that still "
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
    wait = f", and {words.plural(waiting, 'team')} wait" if waiting else ""
    return (
        f"{words.plural(deployed, 'onboarded team')} have deployed{wait}: a curve takes {funnel.LEAST}."
        if deployed
        else f"None of {words.plural(waiting, 'onboarded team')} has deployed yet."
    )


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


def _new(view: View, teams: pl.DataFrame) -> None:
    today = view.model.clock.today
    found = quiet.new(teams, today)
    below = f"Onboarded or first in production in the last {quiet.NEW_DAYS} days."
    st.html(figures.heading("New this month", below))
    lines = [_line(view, row["team_id"], quiet.why_new(row, today)) for row in found[:CALLS].iter_rows(named=True)]
    st.html(figures.moves(lines) if lines else figures.said("Nobody."))
    _more(len(found) - CALLS)


def _team_by_team(view: View, teams: pl.DataFrame) -> None:
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
