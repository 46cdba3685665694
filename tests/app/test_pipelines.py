"""The pipelines page: its figures, what costs most, the runs behind it, and what checks changed since they came."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from app import charts, checks, units, words
from app.charts import Piece
from queries import metrics
from queries.readmodel import open_current
from queries.slice import Slice
from tests.app.organisation import publish, records
from tests.app.reading import Open, seen

SPRING = date(2026, 3, 1)


def control(name: str, early: tuple[int, int], late: tuple[int, int]) -> dict[str, Any]:
    """A row of control_friction: stopped and checked, in the first eight weeks and later."""
    row: dict[str, Any] = {"control": name, "blocked_count": early[0] + late[0]}
    for end, (stopped, checked) in (("early", early), ("late", late)):
        row |= {f"{end}_run_count": checked, f"{end}_blocked_ratio": stopped / checked if checked else None}
        row |= {
            f"{end}_blocked_ratio_low": 0.0 if checked else None,
            f"{end}_blocked_ratio_high": 1.0 if checked else None,
        }
    return row


def test_the_figures_are_those_of_the_metrics(small: Path, read: Open) -> None:
    text = seen(read("pipelines", small, {"period": "All data"}))
    con = open_current(small / "read")
    health = metrics.ask(con, "ci_health", Slice()).row(0, named=True)
    assert f"{words.share(health['success_ratio'])} of {words.number(health['run_count'])} runs pass" in text
    hours = metrics.ask(con, "pipeline_hours", Slice(group=("repo", "workflow"))).sort("run_hours", descending=True)
    top = hours.row(0, named=True)
    share = words.share(top["run_hours"] / hours["run_hours"].sum())
    assert f"CI in {top['repo']}: {share} of {words.hours(hours['run_hours'].sum())}" in text
    friction = metrics.ask(con, "control_friction", Slice()).row(0, named=True)
    assert f"lint first seen {words.day(friction['first_day'])} {words.share(friction['blocked_ratio'])}" in text


def test_the_runs_behind_the_costliest_come_only_when_asked_for_and_lead_to_the_tool_of_record(
    small: Path, read: Open
) -> None:
    test = read("pipelines", small, {"period": "All data"})
    assert not test.dataframe
    test.session_state["behind-runs"] = True
    test.run()
    rows = test.dataframe[0].value
    assert len(rows) > 20 and rows["duration_seconds"].is_monotonic_decreasing
    assert all(url.startswith("https://") for url in rows["url"].dropna()) and rows["url"].isna().any()


def test_what_a_check_did_since_it_came_does_not_hang_on_the_period(small: Path, read: Open) -> None:
    said = []
    for period in ("Last 4 weeks", "All data"):
        figure = json.loads(read("pipelines", small, {"period": period}).get("plotly_chart")[-1].proto.spec)
        dots = [one for one in figure["data"] if one["mode"] == "markers"]
        said.append([one["customdata"] for one in dots])
    assert said[0] == said[1] and all(said[0])


@pytest.mark.parametrize(
    ("early", "late", "verdict"),
    [
        ((40, 100), (50, 1000), "▼ stops clearly fewer than at first"),
        ((1, 100), (200, 1000), "▲ stops clearly more than at first"),
        ((5, 100), (50, 1000), "no clear change since"),
        ((5, 100), (0, 0), "here for less than eight weeks"),
    ],
)
def test_a_change_since_a_check_came_is_said_only_beyond_chance(
    early: tuple[int, int], late: tuple[int, int], verdict: str
) -> None:
    assert checks.verdict(control("lint", early, late)) == verdict


def test_the_title_names_the_checks_that_changed() -> None:
    rows = [
        control("lint", (40, 100), (50, 1000)),
        control("test", (1, 100), (200, 1000)),
        control("x", (1, 9), (1, 9)),
    ]
    assert checks.title(rows) == "Lint stops fewer runs than at first; test stop more".replace(
        "stop more", "stops more"
    )
    assert checks.title(rows[2:]) == "No check stops clearly fewer or more runs than in its first eight weeks"


def test_a_check_without_a_past_has_one_dot() -> None:
    frame = pl.DataFrame([control("new", (3, 10), (0, 0)), control("old", (1, 10), (2, 10))], infer_schema_length=None)
    dots = {
        one["name"]: one for one in checks.early_and_late(frame).to_plotly_json()["data"] if one["mode"] == "markers"
    }
    assert len(dots["first eight weeks"]["x"]) == 2 and list(dots["later"]["x"]) == [20]


def test_pieces_stand_on_one_another_and_the_running_month_is_hatched() -> None:
    frame = pl.DataFrame(
        {
            "period": [date(2026, 5, 1), date(2026, 6, 1)],
            "is_partial": [False, True],
            "good": [2.0, 1.0],
            "bad": [1.0, None],
            "none": [0.0, 0.0],
        }
    )
    pieces = [
        Piece("good", "passed", charts.ACCENT),
        Piece("bad", "failed", charts.CAUTION, "x"),
        Piece("none", "-", "#0"),
    ]
    fig = charts.stacked(frame, "month", pieces, units.COUNT_HOURS)
    bars = {one.name: one for one in fig.data}
    assert list(bars) == ["passed", "failed"] and list(bars["failed"].y) == [1.0, 0.0]
    assert list(bars["failed"].marker.pattern.shape) == ["x", "/"]


def test_without_runs_or_jobs_the_page_says_so(tmp_path: Path, read: Open) -> None:
    rows = records(1, SPRING)
    publish(tmp_path / "data", {noun: given for noun, given in rows.items() if noun not in {"ci_run", "ci_job"}})
    assert "no source delivers ci runs" in seen(read("pipelines", tmp_path / "data"))
    publish(tmp_path / "data", {noun: given for noun, given in rows.items() if noun != "ci_job"})
    assert "no source delivers jobs" in seen(read("pipelines", tmp_path / "data"))
    publish(tmp_path / "data", {**rows, "ci_run": [], "ci_job": []})
    assert "None ever did" in seen(read("pipelines", tmp_path / "data"))
    early = [row for row in rows["ci_run"] if row["created_at"].month == 3]
    publish(tmp_path / "data", {**rows, "ci_run": early, "ci_job": []})
    late = seen(read("pipelines", tmp_path / "data", {"period": "Last 4 weeks"}))
    assert "The newest runs are of March 2026: choose a longer period" in late
