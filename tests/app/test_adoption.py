"""The adoption page: whom to call and why, who stays, how long the first deployment takes, and how deep use goes."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from app import depth, funnel, quiet, retention
from app.filters import Filters, address
from queries import metrics
from queries.readmodel import open_current
from queries.slice import Slice
from tests.app.organisation import HOSTILE, Records, publish, records
from tests.app.reading import Open, parsed, seen

TODAY = date(2026, 6, 23)
SPRING = date(2026, 3, 1)


def team(name: str, **given: Any) -> dict[str, Any]:
    """A row of the funnel by team."""
    row: dict[str, Any] = {
        "team_id": name,
        "onboarded_count": 0,
        "first_run_count": 0,
        "first_deployment_count": 0,
        "habitual_count": 0,
        "lapsed_count": 0,
        **dict.fromkeys(("onboarded_day", "first_deployment_day", "last_deployment_day", "lapsed_day"), None),
        "usual_gap_days": None,
    }
    return row | given


def many(teams: int, quiet_one: bool) -> Records:
    """An organisation of which all even teams use the platform; one of them has stopped in spring, and one waits."""
    rows = records(teams, SPRING)
    if quiet_one:
        keep = [row for row in rows["deployment"] if row["repo"] != "acme/model-2" or row["created_at"].month < 5]
        rows["deployment"] = keep
    return rows


def test_the_latest_to_stop_comes_first_and_is_held_against_its_own_rhythm() -> None:
    rows = [
        team("old", lapsed_count=1, lapsed_day=date(2026, 1, 1), last_deployment_day=date(2025, 12, 1)),
        team("here"),
        team(
            "new", lapsed_count=1, lapsed_day=date(2026, 5, 1), last_deployment_day=date(2026, 4, 4), usual_gap_days=8
        ),
    ]
    gone = quiet.went_quiet(pl.DataFrame(rows, infer_schema_length=None))
    assert gone["team_id"].to_list() == ["new", "old"]
    first, second = (quiet.why_quiet(row, TODAY) for row in gone.iter_rows(named=True))
    assert first == (
        "Last deployed 4 Apr 2026, 80 days ago; before that a change came every 8 days, so this is 10 times as long."
    )
    assert "204 days ago; it deployed too seldom to have a rhythm" in second


def test_who_waits_longest_comes_first_beside_what_others_took() -> None:
    rows = [
        team("short", onboarded_count=1, onboarded_day=date(2026, 6, 13), first_run_count=1),
        team("long", onboarded_count=1, onboarded_day=date(2026, 3, 15)),
        team("done", onboarded_count=1, onboarded_day=date(2026, 1, 1), first_deployment_count=1),
        team("never"),
    ]
    waiting = quiet.still_waiting(pl.DataFrame(rows, infer_schema_length=None))
    assert waiting["team_id"].to_list() == ["long", "short"]
    why = quiet.why_waiting(waiting.row(0, named=True), TODAY, 27.6)
    assert why == "Onboarded 15 Mar 2026, 100 days ago; nothing has run yet. Half of the teams take 28 days."
    assert "pipelines have run" in quiet.why_waiting(waiting.row(1, named=True), TODAY, None)


def test_who_deployed_before_being_onboarded_makes_no_usual_wait() -> None:
    waiting = team("w", onboarded_count=1, onboarded_day=date(2026, 6, 13))
    assert "Half of the teams" not in quiet.why_waiting(waiting, TODAY, -42.0)
    curve = pl.DataFrame({name: [0.5] for name in ("deployed_ratio", "deployed_ratio_low", "deployed_ratio_high")})
    drawn = funnel.waiting(curve.with_columns(day_count=pl.lit(3), waiting_count=pl.lit(0)), -42.0)
    assert "half of the teams" not in {one.name for one in drawn.data}


def test_new_is_who_came_within_a_month() -> None:
    rows = [
        team("both", onboarded_day=date(2026, 6, 1), first_deployment_day=date(2026, 6, 20)),
        team("before", onboarded_day=date(2026, 5, 23), first_deployment_day=date(2026, 5, 23)),
        team("edge", onboarded_day=date(2026, 5, 24)),
    ]
    found = quiet.new(pl.DataFrame(rows, infer_schema_length=None), TODAY)
    assert found["team_id"].to_list() == ["both", "edge"]
    assert quiet.why_new(found.row(0, named=True), TODAY) == (
        "Onboarded 1 Jun 2026 and first production deployment 20 Jun 2026."
    )


def test_a_cohort_keeps_its_counts_and_a_running_month_is_marked() -> None:
    cells = [(date(2026, 3, 1), 0, 2, 2, False), (date(2026, 3, 1), 1, 2, 1, False), (date(2026, 3, 1), 2, 2, 0, True)]
    names = ["cohort", "month_number", "team_count", "active_count", "is_running"]
    frame = pl.DataFrame(cells, schema=names, orient="row").with_columns(
        active_ratio=pl.col("active_count") / pl.col("team_count")
    )
    drawn = retention.grid(frame).figure.to_plotly_json()["data"][-1]["text"]
    assert list(drawn) == ["2&#47;2", "1&#47;2", "0&#47;2·"]
    # the running month could still change, so it is in no sentence
    assert retention.title(frame) == "1 of 2 teams still deployed 1 month after their first"


def test_the_curve_begins_at_nothing_and_marks_who_waits() -> None:
    frame = pl.DataFrame(
        {
            "day_count": [5, 9, 12],
            "waiting_count": [0, 2, 0],
            "deployed_ratio": [0.25, 0.25, 0.6],
            "deployed_ratio_low": [0.1, 0.1, 0.2],
            "deployed_ratio_high": [0.6, 0.6, 0.9],
        }
    )
    data = {one["name"]: one for one in funnel.waiting(frame, 12.0).to_plotly_json()["data"]}
    assert list(data["have deployed"]["x"]) == [0, 5, 9, 12] and data["have deployed"]["y"][0] == 0
    assert list(data["still waiting"]["x"]) == [9] and list(data["half of the teams"]["x"]) == [0, 12.0, 12.0]


def test_what_a_team_said_stands_beside_what_the_data_shows(small: Path) -> None:
    frame = metrics.ask(open_current(small / "read"), "capability_coverage", Slice())
    html = depth.table(depth.in_order(frame))
    # of four teams each has another level of CI/CD, and all run pipelines, also the one that said it had none
    assert "the organisation&#39;s way: 1; a stopgap of its own: 1; missing: 1" in html.replace("&#58;", ":").replace(
        "&#59;", ";"
    )
    assert "4 teams use it" in html and "leaves no trace" in html
    assert "<script>" not in html


@pytest.mark.parametrize("quiet_one", [False, True])
def test_who_went_quiet_is_named_and_one_click_away(quiet_one: bool, tmp_path: Path, read: Open) -> None:
    publish(tmp_path / "data", many(3, quiet_one), now=datetime(2026, 6, 24, 12))
    test = read("adoption", tmp_path / "data", {"period": "Last 3 months", "path": "Through the platform"})
    text = seen(test)
    assert ("Team C: the latest to stop" in text) == quiet_one
    assert ("No team went quiet." in text) != quiet_one
    link = "team?period=Last%203%20months&path=Through%20the%20platform&team=Team%20C"
    assert parsed(test).links.count(link) == 1 + quiet_one


def test_one_team_is_spoken_of_as_one(tmp_path: Path, read: Open) -> None:
    publish(tmp_path / "data", many(3, quiet_one=True), now=datetime(2026, 6, 24, 12))
    stopped = seen(read("adoption", tmp_path / "data", {"team": "Team C"}))
    assert "No: the one team went quiet." in stopped
    assert "The team has not made the platform a habit" in stopped
    stays = seen(read("adoption", tmp_path / "data", {"team": "Team A"}))
    assert "Yes: the one team still deploys." in stays and "The team has made the platform a habit" in stays


def test_a_link_holds_the_filters_that_are_set_and_names_foreign_text_safely() -> None:
    by_team = {"t1": HOSTILE, "t3": "Same (t3)"}
    assert address("team", Filters(), by_team) == "team"
    assert address("team", Filters(team=("t3",), by="week"), by_team) == "team?by=Weeks&team=Same%20%28t3%29"
    assert not set("<>\"'") & set(address("team", Filters(team=("t1",)), by_team))


def test_hundreds_of_teams_are_cut_and_the_rest_is_in_the_csv(tmp_path: Path, read: Open) -> None:
    rows = records(2, SPRING)
    rows["team"] += [{"team_id": f"x{n}", "name": f"Extra {n:03}", "onboarded_at": SPRING} for n in range(150)]
    publish(tmp_path / "data", rows)
    test = read("adoption", tmp_path / "data")
    assert "The first 100, and 52 more in the CSV" in seen(test)
    assert "And 143 more in the CSV of the table of teams below" in seen(test)
    assert len(parsed(test).links) == 100 + 8


def test_a_curve_is_refused_below_six_teams(small: Path, read: Open) -> None:
    test = read("adoption", small)
    assert "2 onboarded teams have deployed, and 2 teams wait: a curve takes 6." in seen(test)
    titles = [json.loads(chart.proto.spec)["data"][0].get("name") for chart in test.get("plotly_chart")]
    assert "have deployed" not in titles
