"""One team, for itself: its figures, dates and pipelines, what is next, and whether this is fair. No persons."""

from dataclasses import replace
from typing import Any

import polars as pl
import streamlit as st

from app import behind, courses, depth, fairness, figures, headline, nextstep, quiet, words
from app.figures import Cell, Figure
from app.page import View, current
from app.readmodel import Model
from queries.slice import Slice

LISTED, PIPELINES = 100, 12
"""Teams to choose from, and pipelines of one, that stand on the page."""


def page() -> None:
    view = current()
    if len(view.filters.team) != 1:
        _choose(view)
        return
    # one team is one team, whatever domain was chosen before
    view = replace(view, filters=replace(view.filters, domain=()))
    team = view.filters.team[0]
    about = view.model.table("team").filter(pl.col("team_id") == team).row(0, named=True)
    adoption = _first(view.ask("adoption_funnel", group=("team_id",)))
    numbers = courses.numbers(view)
    lead = courses.lead_change(view, numbers)
    surfaces = view.ask("capability_coverage")
    steps = nextstep.steps(adoption, _first(view.ask("first_move")), surfaces)
    st.html(figures.heading(about["name"], _about(about)))
    st.html(
        figures.answers(
            [
                ("Does it use the platform?", _uses(adoption, about)),
                ("Is it getting better?", headline.better_or_not(numbers, lead)),
                ("What is next for it?", words.sentence(steps[0][0]) if steps else "Nothing that the data could name."),
            ]
        )
    )
    _figures(view, numbers, headline.lead_time(numbers, lead))
    with st.container(key="pair-course"):
        left, right = st.columns(2, gap="large")
        with left:
            courses.deployments(view, "team-deployments")
        with right:
            courses.lead_time(view, "team-lead")
    with st.container(key="pair-next"):
        left, right = st.columns(2, gap="large")
        with left:
            _dates(view, adoption)
        with right:
            st.html(figures.heading("What is next for it", "From its own figures; the team decides."))
            st.html(figures.moves(steps, ranked=True) if steps else figures.said("Nothing that the data could name."))
            view.explained("first_move", view.part("first_move"), "team-next")
    _surfaces(view, surfaces)
    _pipelines(view)
    _effort(view)
    fairness.section(view, about["name"], {name: _part(view, name) for name in _QUANTILES})
    behind.section(view)


def _choose(view: View) -> None:
    """The teams to choose from: those that the filters name, else all."""
    model, chosen = view.model, view.filters
    teams = model.table("team")
    if chosen.team:
        teams = teams.filter(pl.col("team_id").is_in(chosen.team))
    if chosen.domain:
        teams = teams.filter(pl.col("domain").is_in(chosen.domain))
    teams = teams.sort(pl.col("name").str.to_lowercase())
    if teams.is_empty():
        st.html(figures.heading("Which team?", _nobody(model, bool(chosen.team or chosen.domain))))
        return
    more = len(teams) - LISTED
    cut = f" The first {LISTED}; {more} more are found by name in the filter above." if more > 0 else ""
    st.html(figures.heading("Which team?", f"Choose one here, or in the filter above.{cut}"))
    rows: list[list[Cell]] = [
        [
            (row["name"], "", view.team_link(row["team_id"])),
            (row["domain"] or "–", ""),
            ("builds the platform" if row["is_platform_team"] else "", ""),
        ]
        for row in teams[:LISTED].iter_rows(named=True)
    ]
    st.html(figures.table(["Team", "Domain", ""], rows))


def _nobody(model: Model, filtered: bool) -> str:
    if filtered and model.names():
        return "No team fits both filters."
    return "No source delivers teams, so there is none to show: the README tells which records name them."


def _first(frame: pl.DataFrame) -> dict[str, Any] | None:
    return None if frame.is_empty() else frame.row(0, named=True)


def _about(about: dict[str, Any]) -> str:
    support = {
        "embedded": "with an embedded engineer",
        "central": "supported centrally",
        "self_service": "self-service",
    }
    parts = [
        about["domain"],
        words.plural(about["headcount"], "person", "people") if about["headcount"] else None,
        support.get(about["support_model"] or ""),
        "builds the platform, so it is no adopter of it" if about["is_platform_team"] else None,
    ]
    return " · ".join(part for part in parts if part)


def _uses(adoption: dict[str, Any] | None, about: dict[str, Any]) -> str:
    if about["is_platform_team"]:
        return "It builds the platform; its deployments count in no share of adopters."
    if adoption is None:
        return "It cannot use the platform yet."
    last = adoption["last_deployment_day"]
    newest = f", last on {words.day(last)}" if last else ""
    return words.sentence(f"it {quiet.of_one(adoption)}{newest}")


def _figures(view: View, numbers: headline.Numbers, lead: Figure) -> None:
    waits = view.part("ci_health", costly=_WAITS)
    cards = [
        ("adoption_share", headline.deployments(numbers)),
        ("deployment_frequency", _often(view)),
        ("lead_time", lead),
        ("change_fail_rate", headline.repaired(numbers, view.model.clock.provisional_days)),
        ("ci_health", headline.pipelines(numbers)),
        ("ci_health", _waits(view.model.ask("ci_health", waits).row(0, named=True))),
    ]
    parts = [*(_part(view, name) for name, _ in cards[:-1]), waits]
    with st.container(key="figures"):
        for n, (column, (name, shown), part) in enumerate(zip(st.columns(len(cards)), cards, parts, strict=True)):
            with column.container(border=True, height="stretch"):
                st.html(figures.figure(shown))
                view.explained(name, part, f"figure-{n}")
    if numbers.before:
        st.html(figures.key(numbers.earlier))


_WAITS = ("queue_seconds_median", "duration_seconds_median", "duration_seconds_p90")
_QUANTILES = {**headline.ASKED, "deployment_frequency": ("days_per_week_median",), "heroics": ("gap_days_median",)}
"""Metric -> the quantiles that this page shows of it."""


def _part(view: View, name: str) -> Slice:
    return view.part(name, costly=_QUANTILES[name])


def _often(view: View) -> Figure:
    name = "Days a week with a change in production"
    row = _first(view.model.ask("deployment_frequency", _part(view, "deployment_frequency"))) or {
        "days_per_week_median": None
    }
    if row["days_per_week_median"] is None:
        return Figure(name, None, "No whole week of this period can be counted.")
    meaning = (
        f"In the middle of {words.plural(row['week_count'], 'whole week')}, empty ones counted; retrains left out."
    )
    return Figure(name, words.number(row["days_per_week_median"]), meaning, "of 7")


def _waits(row: dict[str, Any]) -> Figure:
    name = "Time that a pipeline run takes"
    if row["duration_seconds_median"] is None:
        return Figure(name, None, words.sentence(words.withheld(row.get("withheld"))))
    slow = row["duration_seconds_p90"]
    most = f", nine of ten less than {words.duration(slow / 3600)}" if slow is not None else ""
    queue = row["queue_seconds_median"]
    waits = f" Before it starts, half wait less than {words.seconds(queue)}." if queue is not None else ""
    return Figure(name, words.seconds(row["duration_seconds_median"]), f"Half of the runs take less{most}.{waits}")


def _dates(view: View, adoption: dict[str, Any] | None) -> None:
    st.html(figures.heading("Its way to the platform"))
    if adoption is None:
        st.html(figures.said("No date is known on which it could use the platform."))
        return
    rows: list[list[Cell]] = [
        [(name, ""), (words.day(adoption[column]) if adoption[column] else "not known" if first else "not yet", "")]
        for column, name, first in _DATES
    ]
    gap = adoption["usual_gap_days"]
    rows.append(
        [("A change usually comes every", ""), (words.plural(gap, "day") if gap is not None else "too few to say", "")]
    )
    if adoption["lapsed_count"]:
        rows.append(
            [("Called quiet since", "twice its usual gap, at least 30 days"), (words.day(adoption["lapsed_day"]), "")]
        )
    st.html(figures.table(["", ""], rows))
    view.explained("adoption_funnel", view.part("adoption_funnel", group=("team_id",)), "team-dates")


_DATES = (
    ("eligible_day", "Could use it", True),
    ("onboarded_day", "Onboarded", True),
    ("first_run_day", "First ran something on it", False),
    ("first_deployment_day", "First in production through it", False),
    ("last_deployment_day", "Last in production through it", False),
)


def _surfaces(view: View, surfaces: pl.DataFrame) -> None:
    rows = depth.of_one(surfaces)
    if not rows:
        return
    st.html(
        figures.heading("What it has", "As it was written down, and what the data shows; the team may correct both.")
    )
    st.html(figures.table(["Written down", "Surfaces", "Of these, the data shows in use"], rows))
    st.html(figures.said("Other surfaces leave no trace in the data: for those only the word counts."))
    view.explained("capability_coverage", view.part("capability_coverage"), "team-surfaces")


def _pipelines(view: View) -> None:
    part = view.part("ci_health", group=("repo", "workflow"), costly=_WAITS[:2])
    frame = view.model.ask("ci_health", part).filter(pl.col("run_count") > 0).sort("run_count", descending=True)
    st.html(figures.heading("Its pipelines", "Those that run most, first." if len(frame) else ""))
    if frame.is_empty():
        total = view.ask("ci_health", costly=headline.ASKED["ci_health"]).row(0, named=True)
        none = "no pipeline of this team ran in this period"
        st.html(figures.said(words.sentence(none if total["run_count"] == 0 else words.withheld(total["withheld"]))))
        return
    rows: list[list[Cell]] = []
    for row in frame[:PIPELINES].iter_rows(named=True):
        ends = words.share_range(row["success_ratio_low"], row["success_ratio_high"])
        rows.append(
            [
                (row["workflow"], row["repo"]),
                (words.number(row["run_count"]), ""),
                (words.share(row["success_ratio"]), ends),
                (words.share(row["flaky_ratio"]), ""),
                (words.seconds(row["queue_seconds_median"]), ""),
                (words.seconds(row["duration_seconds_median"]), ""),
            ]
        )
    head = ["Pipeline", "Runs", "Pass", "Flaky", "Wait, half less than", "Run, half less than"]
    st.html(figures.table(head, rows))
    if len(frame) > PIPELINES:
        st.html(figures.said(f"And {len(frame) - PIPELINES} more in the CSV."))
    view.explained("ci_health", part, "team-pipelines")


def _effort(view: View) -> None:
    """Evenings and few hands, as shares of the team; hidden where so few deploy that it would speak of persons."""
    row = view.model.ask("heroics", _part(view, "heroics")).row(0, named=True)
    st.html(figures.heading("What delivery costs the team", "As shares of the team's deployments; never who."))
    if not row["deployment_count"]:
        none = "nothing that people decide on was deployed in this period"
        st.html(figures.said(words.sentence(none if row["deployment_count"] == 0 else words.withheld(row["withheld"]))))
        return
    people, floor = row["deployer_count"], view.model.clock.min_group
    rows: list[list[Cell]] = []
    if people < floor:
        hidden = f"fewer than {floor} people are known to deploy here, so a share would speak of persons"
        rows += [
            [("Outside working hours", ""), ("hidden", hidden)],
            [("By the busiest pair of hands", ""), ("hidden", hidden)],
        ]
    else:
        count = f"{words.number(row['off_hours_count'])} of {words.plural(row['deployment_count'], 'deployment')}"
        ends = words.share_range(row["off_hours_ratio_low"], row["off_hours_ratio_high"])
        rows.append([("Outside working hours", ""), (words.share(row["off_hours_ratio"]), f"{count}; {ends}")])
        busiest = row["busiest_deployer_ratio"]
        few = f"of {words.number(row['known_deployer_count'])} whose deployer is known" if busiest is not None else (
            "too few deployments to say"
        )  # fmt: skip
        rows.append([("By the busiest pair of hands", ""), (words.share(busiest), few)])
    batch, gap = row["changes_per_deployment"], row["gap_days_median"]
    rows.append([("Changes in one deployment, on average", ""), (words.number(batch), "")])
    rows.append(
        [
            ("Between deployments, half of the time less than", ""),
            (words.plural(gap, "day") if gap is not None else "–", ""),
        ]
    )
    st.html(figures.table(["", ""], rows))
    view.explained("heroics", _part(view, "heroics"), "team-effort")
