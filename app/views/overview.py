"""The first page: is it used, is it getting better, what next."""

from dataclasses import dataclass
from typing import Any

import polars as pl
import streamlit as st

from app import charts, figures, priorities, sentences, trends, words
from app.figures import Bar, Figure
from app.page import View, show
from app.trends import Change
from queries.slice import Slice


def page() -> None:
    show("Overview", _body)


@dataclass(frozen=True)
class Numbers:
    """One row per metric in the window and, where the data reaches back, in the window before."""

    now: dict[str, dict[str, Any]]
    before: dict[str, dict[str, Any]]

    def change_of_ratio(self, name: str, count: str, total: str) -> Change | None:
        """How a share went, with the test that its counts allow."""
        if name not in self.before:
            return None
        then, now = self.before[name], self.now[name]
        if None in (then[count], then[total], now[count], now[total]):
            return None
        return trends.of_ratios(then[count], then[total], now[count], now[total])


_ASKED = ("deployment_count", "adoption_share", "lead_time", "change_fail_rate", "ci_health")


def _body(view: View) -> None:
    now = {name: _row(view.ask(name)) for name in _ASKED}
    frames = {name: view.ask_before(name) for name in _ASKED}
    numbers = Numbers(now, {name: _row(frame) for name, frame in frames.items() if frame is not None})
    overlap, initiatives = view.model.ask("pain_overlap", Slice()), view.model.table("initiative")
    lead = _lead_change(view, numbers)
    repaired = numbers.change_of_ratio("change_fail_rate", "failed_count", "deployment_count")
    passed = numbers.change_of_ratio("ci_health", "success_count", "run_count")
    st.html(
        figures.answers(
            [
                ("Is it used?", _is_used(numbers)),
                (
                    "Is it getting better?",
                    sentences.better_or_not(
                        [
                            ("the time to production", lead, -1),
                            ("failed changes", repaired, -1),
                            ("pipelines", passed, 1),
                        ]
                    ),
                ),
                ("What next?", priorities.next_move(overlap, initiatives)),
            ]
        )
    )
    cards = [
        ("deployment_count", _products(numbers)),
        ("adoption_share", _deployments(numbers)),
        ("adoption_share", _teams(view, numbers)),
        ("lead_time", _lead_time(numbers, lead)),
        ("change_fail_rate", _repaired(view, numbers, repaired)),
        ("ci_health", _pipelines(numbers, passed)),
    ]
    with st.container(key="figures"):
        for n, (column, (name, shown)) in enumerate(zip(st.columns(len(cards)), cards, strict=True)):
            with column.container(border=True, height="stretch"):
                st.html(figures.figure(shown))
                view.explained(name, view.part(name), f"figure-{n}")
    if numbers.before:
        st.html(figures.KEY)
    _next(overlap, initiatives)
    with st.container(key="pair"):
        left, right = st.columns(2, gap="large")
        with left:
            _by_path(view)
        with right:
            _lead_over_time(view)


def _row(frame: pl.DataFrame) -> dict[str, Any]:
    return frame.row(0, named=True) if len(frame) else dict.fromkeys(frame.columns)


def _is_used(numbers: Numbers) -> str:
    row = numbers.now["adoption_share"]
    if not row["platform_count"]:
        return "Nobody deployed to production through the platform in this period."
    eligible = row["eligible_team_count"]
    teams = f"{row['active_team_count']} of {words.plural(eligible, 'team')}" if eligible else "Teams"
    if row["platform_ratio"] is None:
        return (
            f"{teams} deploy through it: {words.number(row['platform_count'])} production deployments in this period."
        )
    return f"{teams} deploy through it, and so do {words.share(row['platform_ratio'])} of all production deployments."


def _products(numbers: Numbers) -> Figure:
    row, then = numbers.now["deployment_count"], numbers.before.get("deployment_count")
    products = row["platform_product_count"]
    change = Change(then["platform_product_count"], products, True) if then else None
    said = words.plural(then["platform_product_count"], "product") if then else ""
    trend, mood = figures.trend(change, said, good=1)
    return Figure(
        "Products live through the platform",
        words.number(products),
        f"{words.plural(row['platform_model_count'], 'model')} among them by name; each counts once, however often it is deployed.",
        trend=trend,
        mood=mood,
        **_bars(then and Bar(then["platform_product_count"]), Bar(products)),
    )


def _deployments(numbers: Numbers) -> Figure:
    row, then = numbers.now["adoption_share"], numbers.before.get("adoption_share")
    count = row["platform_count"]
    change = trends.of_counts(then["platform_count"], count) if then else None
    trend, mood = figures.trend(change, words.number(then["platform_count"]) if then else "", good=1)
    if row["platform_ratio"] is not None:
        interval = words.share_range(row["platform_ratio_low"], row["platform_ratio_high"])
        meaning = f"{words.share(row['platform_ratio'])} of {words.number(row['known_path_count'])} whose path is known ({interval})."
    else:
        meaning = words.sentence(f"no share is shown: {words.withheld(row.get('withheld'))}")
    return Figure(
        "Production deployments through the platform",
        words.number(count),
        meaning,
        trend=trend,
        mood=mood,
        **_bars(then and Bar(then["platform_count"]), Bar(count)),
    )


def _teams(view: View, numbers: Numbers) -> Figure:
    row, then = numbers.now["adoption_share"], numbers.before.get("adoption_share")
    active, eligible = row["active_team_count"], row["eligible_team_count"]
    change = Change(then["active_team_count"], active, True) if then else None
    trend, mood = figures.trend(change, words.plural(then["active_team_count"], "team") if then else "", good=1)
    return Figure(
        "Teams that use it",
        words.number(active),
        f"Deployed to production through it at least once in these {view.window.length.days} days.",
        unit=f"of {words.number(eligible)} that could" if eligible else "",
        trend=trend,
        mood=mood,
        **_bars(then and Bar(then["active_team_count"]), Bar(active)),
    )


def _lead_time(numbers: Numbers, change: Change | None) -> Figure:
    row = numbers.now["lead_time"]
    name = "From first commit to production"
    median = row["lead_time_hours_median"]
    if median is None:
        return Figure(name, None, words.sentence(words.withheld(row.get("withheld"))))
    trend, mood = figures.trend(
        change, words.duration(change.before) if change else "", good=-1, better="faster", worse="slower"
    )
    parts = [
        ("writing", row["coding_hours_median"]),
        ("review", row["review_hours_median"]),
        ("deployment", row["deploy_hours_median"]),
    ]
    known = [(label, hours) for label, hours in parts if hours is not None]
    split = ", ".join(f"{label} {words.duration(hours)}" for label, hours in known)
    where = f" The bar, left to right: {split}, each the middle of its own." if len(known) == 3 else ""
    return Figure(
        name,
        words.duration(median),
        f"Half of {words.plural(row['change_count'], 'change')} take less.{where}",
        trend=trend,
        mood=mood,
        parts=known if len(known) == 3 else (),
    )


def _repaired(view: View, numbers: Numbers, change: Change | None) -> Figure:
    row = numbers.now["change_fail_rate"]
    name = "Deployments that had to be repaired"
    ratio = row["change_fail_ratio"]
    if ratio is None:
        return Figure(name, None, words.sentence(words.withheld(row.get("withheld"))))
    trend, mood = figures.trend(change, words.share(change.before) if change else "", good=-1)
    interval = words.share_range(row["change_fail_ratio_low"], row["change_fail_ratio_high"])
    days = view.model.clock.provisional_days
    provisional = f" The newest {days} days are provisional: incidents come later." if row["is_provisional"] else ""
    return Figure(
        name,
        words.share(ratio),
        f"{words.number(row['failed_count'])} of {words.number(row['deployment_count'])} led to an incident, a rollback or an "
        f"unplanned fix ({interval}).{provisional}",
        unit=words.one_in(ratio),
        trend=trend,
        mood=mood,
        **_bars(*_ratio_bars(numbers, "change_fail_rate", "failed_count", "deployment_count")),
    )


def _pipelines(numbers: Numbers, change: Change | None) -> Figure:
    row = numbers.now["ci_health"]
    name = "Pipeline runs that pass"
    if row["success_ratio"] is None:
        return Figure(name, None, "No pipeline ran to its end in this period.")
    trend, mood = figures.trend(change, words.share(change.before) if change else "", good=1)
    return Figure(
        name,
        words.share(row["success_ratio"]),
        f"{words.number(row['success_count'])} of {words.plural(row['run_count'], 'run')}. "
        f"{words.share(row['flaky_ratio'])} failed first and passed on the same commit.",
        trend=trend,
        mood=mood,
        **_bars(*_ratio_bars(numbers, "ci_health", "success_count", "run_count")),
    )


def _bars(before: Bar | None, now: Bar) -> dict[str, Any]:
    return {"before": before, "now": now} if before else {}


def _ratio_bars(numbers: Numbers, name: str, count: str, total: str) -> tuple[Bar | None, Bar]:
    def bar(row: dict[str, Any]) -> Bar | None:
        if not row[total] or row[count] is None:
            return None
        return Bar(row[count] / row[total], *trends.wilson(row[count], row[total]))

    now = bar(numbers.now[name]) or Bar(0)
    return (bar(numbers.before[name]) if name in numbers.before else None), now


def _lead_change(view: View, numbers: Numbers) -> Change | None:
    """The lead time against the window before, judged by its weeks."""
    window, then = view.window, numbers.before.get("lead_time")
    if then is None or window.before_since is None:
        return None
    part = view.part("lead_time", by="week")
    weekly = view.model.ask("lead_time", Slice("week", (), window.before_since, part.until, part.where))
    known = weekly.filter(~pl.col("is_partial") & pl.col("lead_time_hours_median").is_not_null())
    is_now = pl.col("period") >= window.since
    return trends.of_weeks(
        then["lead_time_hours_median"],
        numbers.now["lead_time"]["lead_time_hours_median"],
        known.filter(~is_now)["lead_time_hours_median"].to_list(),
        known.filter(is_now)["lead_time_hours_median"].to_list(),
    )


def _next(overlap: pl.DataFrame, initiatives: pl.DataFrame) -> None:
    wins = [(move.name, words.sentence(move.why)) for move in priorities.quick_wins(overlap, initiatives)[:3]]
    rest = [
        (f"{word}: {move.name}", words.sentence(move.why))
        for word, found in (("Listen", priorities.listen(overlap)), ("Drift", priorities.drift(overlap, initiatives)))
        for move in found[:1]
    ]
    with st.container(key="next"):
        left, right = st.columns(2, gap="large")
        left.html(figures.heading("Quick wins"))
        left.html(
            figures.moves(wins, ranked=True)
            if wins
            else f"<p>{words.literal(priorities.next_move(overlap, initiatives))}</p>"
        )
        if rest:
            right.html(figures.heading("And keep an eye on"))
            right.html(figures.moves(rest))


def _by_path(view: View) -> None:
    by = view.window.by
    part = view.part("deployment_count", by=by, group=("path",))
    frame = view.model.ask("deployment_count", part)
    platform = frame.filter(pl.col("path") == "platform")
    view.chart(
        sentences.course(platform, "deployment_count", by, "Deployments through the platform", words.number),
        f"Succeeded production deployments per {by}, by path. Hatched: the {by} still runs or is cut by the period.",
        charts.bars_by_path(frame, by),
        name="deployment_count",
        part=part,
        key="by-path",
        alt=sentences.span(platform, "deployment_count", by, words.number),
    )


def _lead_over_time(view: View) -> None:
    by = view.window.by
    part = view.part("lead_time", by=by)
    frame = view.model.ask("lead_time", part)
    unit = charts.of_hours(frame["lead_time_hours_median"].max())  # type: ignore[arg-type]
    view.chart(
        sentences.course(frame, "lead_time_hours_median", by, "Time from first commit to production", words.duration),
        f"Half of the changes shipped in a {by} took less than this. Hollow: the {by} still runs or is cut.",
        charts.lines(frame, by, [charts.Line("lead_time_hours_median", "half take less")], unit),
        name="lead_time",
        part=part,
        key="lead-over-time",
        alt=sentences.span(frame, "lead_time_hours_median", by, words.duration),
    )
