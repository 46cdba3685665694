"""The default simulated organisation, read the way a user's exports are: its metrics against what was put in."""

import json
import statistics
from collections import Counter
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from click.testing import CliRunner

from app.cli import main
from app.demo import write
from app.demo.pain import pains
from queries import metrics, readmodel, rows
from queries.slice import Slice

END = date(2026, 11, 23)
OFFICE = ZoneInfo("Europe/Amsterdam")


class Organisation:
    """A read model that was made with the real command, and the truth beside it."""

    def __init__(self, folder: Path, seed: int) -> None:
        config = write(folder, seed=seed, end=END)
        places = ["--config", str(config), "--data", str(folder / "data")]
        result = CliRunner(env={"UPTAKE_PEPPER": "pepper"}).invoke(main, [*places, "ingest"])
        assert result.exit_code == 0, result.output
        current = readmodel.current_path(folder / "data" / "read")
        assert current is not None
        self.con: duckdb.DuckDBPyConnection = readmodel.open_path(current)
        self.truth: dict[str, Any] = json.loads((folder / "truth.json").read_text("utf-8"))

    def ask(self, name: str, *group: str) -> list[dict[str, Any]]:
        return metrics.ask(self.con, name, Slice(group=group)).to_dicts()

    @cached_property
    def teams(self) -> dict[str, dict[str, Any]]:
        """What was planned for a team and what became of it, by its id; without the team that builds the platform."""
        planned, realised = self.truth["parameters"]["teams"], self.truth["realised"]["teams"]
        both = {f"demo:{one['team_id']}": one | other for one, other in zip(planned, realised, strict=True)}
        return {team_id: team for team_id, team in both.items() if team["stage"] != "platform"}


@pytest.fixture(scope="module", params=[1, 7], ids=lambda seed: f"seed {seed}")
def organisation(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Organisation:
    return Organisation(tmp_path_factory.mktemp("organisation"), request.param)


def instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text.removesuffix("Z")) if text else None


def day(text: str | None) -> date | None:
    at = instant(text)
    return at.replace(tzinfo=UTC).astimezone(OFFICE).date() if at else None


def test_the_funnel_has_each_team_where_it_is(organisation: Organisation) -> None:
    """Exactly: every date of every team, and which of them went quiet."""
    funnel = {row["team_id"]: row for row in organisation.ask("adoption_funnel", "team_id")}
    could = {one: team for one, team in organisation.teams.items() if (day(team["eligible_at"]) or END) <= END}
    assert set(funnel) == set(could) and len(could) < len(organisation.teams)
    for team_id, team in could.items():
        row = funnel[team_id]
        assert row["eligible_day"] == day(team["eligible_at"])
        assert row["onboarded_day"] == day(team["onboarded_at"])
        assert row["first_deployment_day"] == day(team["first_platform_production_at"])
        assert (row["first_run_day"] or END) <= (row["first_deployment_day"] or END)
        assert row["first_deployment_count"] == (team["adopted_at"] is not None)
        assert row["lapsed_count"] == team["is_lapsed"], team
    assert sum(row["lapsed_count"] for row in funnel.values()) >= 4


def test_habits_are_those_of_teams_that_stay(organisation: Organisation) -> None:
    """At least 4 in 5 of the adopters that began a quarter ago, and nobody who stopped, waits or deploys monthly."""
    habitual = {row["team_id"] for row in organisation.ask("adoption_funnel", "team_id") if row["habitual_count"]}
    stages = {team_id: organisation.teams[team_id]["stage"] for team_id in habitual}
    assert set(stages.values()) <= {"adopter", "pilot"}
    settled = {
        team_id
        for team_id, team in organisation.teams.items()
        if team["stage"] == "adopter" and (END - (day(team["first_platform_production_at"]) or END)).days > 90
    }
    assert len(settled) >= 8
    assert len(settled & habitual) >= 0.8 * len(settled)


def test_cohorts_are_the_months_of_adoption(organisation: Organisation) -> None:
    """Exactly; and who stays is active in 19 of 20 later months, while who stopped is not in the last whole one."""
    months = Counter(team["adoption_month"] for team in organisation.teams.values() if team["adoption_month"])
    gone = Counter(team["adoption_month"] for team in organisation.teams.values() if team["is_lapsed"])
    retention = [row | {"month": f"{row['cohort']:%Y-%m}"} for row in organisation.ask("retention")]
    assert {row["month"]: row["team_count"] for row in retention} == months
    assert all(row["active_count"] == row["team_count"] for row in retention if row["month_number"] == 0)
    assert {row["is_running"] for row in retention if in_month(row) == 2026 * 12 + 11} == {True}
    later = [row for row in retention if row["month_number"] > 0 and not row["is_running"]]
    stay = [row for row in later if not gone[row["month"]]]
    assert len(stay) >= 50
    assert sum(row["active_count"] for row in stay) >= 0.95 * sum(row["team_count"] for row in stay)
    october = [row for row in later if in_month(row) == 2026 * 12 + 10]
    assert sum(gone.values()) >= 4
    assert all(row["active_count"] <= row["team_count"] - gone[row["month"]] for row in october)


def in_month(row: dict[str, Any]) -> int:
    """The calendar month that a row of retention speaks of, counted in months."""
    return int(row["cohort"].year * 12 + row["cohort"].month + row["month_number"])


def test_time_to_first_deployment_is_that_of_the_plan(organisation: Organisation) -> None:
    """Who has deployed and who waits exactly; the median within a day of that of the teams that have deployed."""
    onboarded = [team for team in organisation.teams.values() if team["onboarded_at"]]
    took = [
        (done - began).total_seconds() / 86400
        for team in onboarded
        if (done := instant(team["first_platform_production_at"])) and (began := instant(team["onboarded_at"]))
    ]
    (row,) = organisation.ask("time_to_first_deployment")
    assert (row["team_count"], row["deployed_count"]) == (len(onboarded), len(took))
    assert row["waiting_count"] == sum(team["stage"] == "waiting" for team in onboarded) > 0
    assert statistics.median(took) <= row["first_days_median"] <= statistics.quantiles(took, n=3)[1]


def test_lead_time_before_and_after_is_that_of_the_truth(organisation: Organisation) -> None:
    """Medians of adopters within 7 %; the truth leaves out fixes in a hurry, which rows cannot tell apart."""
    found: dict[tuple[str, bool], list[float]] = {}
    for row in rows.fact_rows(organisation.con, "lead_time").iter_rows(named=True):
        team = organisation.teams.get(row["team_id"])
        adopted = team and instant(team["adopted_at"])
        if team is None or adopted is None or row["is_bot"] or row["state"] != "shipped":
            continue
        left = instant(team["stopped_at"]) if team["stage"] == "back" else None
        after = row["merged_at"] >= adopted and not (left and row["merged_at"] >= left)
        for part in ("lead_time", "coding", "review", "deploy"):
            if row[f"{part}_hours"] is not None:
                found.setdefault((part, after), []).append(row[f"{part}_hours"])
    for (part, after), values in found.items():
        effect = organisation.truth["realised"]["effects"][part]
        side = "after" if after else "before"
        assert len(values) == pytest.approx(effect[f"{side}_count"], rel=0.06), (part, side)
        assert statistics.median(values) == pytest.approx(effect[f"{side}_hours_median"], rel=0.07), (part, side)
    assert len(found) == 8


def test_change_fail_rate_is_the_true_one(organisation: Organisation) -> None:
    """Exactly over all; over planned deployments of a path within half a percentage point."""
    truth = organisation.truth["realised"]["change_fail"]
    (whole,) = organisation.ask("change_fail_rate")
    assert whole["failed_count"] == truth["failed"]
    assert whole["change_fail_ratio"] == pytest.approx(truth["ratio_of_all_succeeded"], abs=5e-5)
    paths = {row["path"]: row["failed_count"] for row in organisation.ask("change_fail_rate", "path")}
    for path, planned in truth["planned_by_path"].items():
        assert paths[path] / planned == pytest.approx(truth["ratio_of_planned_by_path"][path], abs=0.005), path


def test_rework_and_deployments_are_those_that_were_made(organisation: Organisation) -> None:
    counts = organisation.truth["realised"]["counts"]
    made = {row["path"]: row["deployment_count"] for row in organisation.ask("deployment_count", "path")}
    assert made == counts["production_succeeded_by_path"]
    (rework,) = organisation.ask("rework_rate")
    causes = counts["production_succeeded_by_true_cause"]
    assert rework["rework_count"] == causes["hotfix"] + causes["rollback"]
    assert rework["deployment_count"] == sum(causes.values())
    (recovery,) = organisation.ask("recovery_time")
    assert (
        recovery["recovered_count"] + recovery["open_count"] == organisation.truth["realised"]["change_fail"]["failed"]
    )


def test_quadrants_are_the_true_ones(organisation: Organisation) -> None:
    """Quick wins, what to listen to and what drifts: every pain where it was put."""
    found: dict[str, list[str]] = {}
    for row in organisation.ask("pain_overlap"):
        found.setdefault(row["quadrant"], []).append(row["pain_id"].removeprefix("demo:"))
    truth = organisation.truth["parameters"]["pains_by_quadrant"]
    assert {quadrant: sorted(pains) for quadrant, pains in found.items()} == truth
    for row, pain in zip(
        sorted(organisation.ask("pain_overlap"), key=lambda row: str(row["pain_id"])),
        organisation.truth["realised"]["surveys"][-1]["pains"],
        strict=True,
    ):
        assert (row["answer_count"], row["affected_count"]) == (pain["answer_count"], pain["affected_count"])
        assert row["severity_mean"] == pytest.approx(pain["severity_mean"], abs=5e-5)


def test_the_lists_are_the_true_ones(organisation: Organisation) -> None:
    """Quick wins with the initiatives that bring them, pains to listen to, and work that drifts: names, exactly."""
    truth = organisation.truth["parameters"]
    wins = {(row["initiative_id"], row["pain_id"]) for row in organisation.ask("quick_wins")}
    assert wins == {
        (f"demo:{work['initiative_id']}", f"demo:{pain}")
        for work in truth["quick_win_initiatives"]
        for pain in work["pain_ids"]
    }
    unheard = {row["pain_id"] for row in organisation.ask("listen")}
    assert unheard == {f"demo:{pain}" for pain in truth["pains_by_quadrant"]["listen"]}
    astray = {row["initiative_id"]: row["kind"] for row in organisation.ask("drift")}
    assert astray == {f"demo:{name}": "names no pain" for name in truth["unmapped_initiatives"]} | {
        f"demo:{name}": "hardly any pain" for name in truth["drift_initiatives"]
    }
    (index,) = organisation.ask("overlap_index")
    assert index["unmapped_share"] > 0.05


def test_another_seed_is_another_truth() -> None:
    """The lists above are checked for two seeds; what they must find differs, so that they follow and do not repeat."""
    found = [{pain.pain_id: pain.quadrant for pain in pains(seed)} for seed in (1, 7)]
    for quadrant in ("quick_win", "listen", "drift"):
        one, other = ({pain for pain, label in drawn.items() if label == quadrant} for drawn in found)
        assert one != other and other
