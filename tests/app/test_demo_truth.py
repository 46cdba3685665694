"""The simulated organisation's truth: what truth.json says is what its rows say, and what was put in comes out."""

import math
import statistics
from collections import Counter, defaultdict
from datetime import datetime
from typing import Any

import pytest

from tests.app.demo_folder import END, WINDOW, DemoFolder, default_demo, hours, office_time


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoFolder:
    return default_demo(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="module")
def paths(demo: DemoFolder) -> dict[str, str]:
    """Path of each succeeded production deployment, from its row and the configuration."""
    uses = {run.run_id: run.uses or [] for run in demo.records["ci_run"]}
    return {made.deployment_id: demo.path(made, uses) for made in demo.live()}


def adopted(demo: DemoFolder) -> dict[str, datetime]:
    """Team -> when it first deployed to production through the platform, the platform team left out."""
    platform_team = {team.team_id for team in demo.records["team"] if team.is_platform_team}
    return {
        team["team_id"]: datetime.fromisoformat(team["first_platform_production_at"].removesuffix("Z"))
        for team in demo.truth["realised"]["teams"]
        if team["first_platform_production_at"] and team["team_id"] not in platform_team
    }


def test_counts_are_those_of_the_rows(demo: DemoFolder, paths: dict[str, str]) -> None:
    counts = demo.truth["realised"]["counts"]
    assert counts["teams"] == len(demo.records["team"])
    assert counts["deployments"] == len(demo.records["deployment"])
    assert counts["production_attempts_by_status"] == dict(Counter(made.status for made in demo.production()))
    assert counts["production_succeeded_by_path"] == dict(Counter(paths.values()))
    assert counts["changes"] == len(demo.records["change"])
    assert counts["changes_by_bots"] == sum(change.is_bot for change in demo.records["change"])
    assert counts["changes"] == counts["changes_shipped"] + counts["changes_not_shipped"]
    assert counts["incidents"] == len(demo.records["incident"])
    assert counts["incidents_open"] == sum(incident.resolved_at is None for incident in demo.records["incident"])
    assert counts["ci_runs"] == len({run.run_id for run in demo.records["ci_run"]})
    assert counts["ci_run_attempts"] == len(demo.records["ci_run"])
    assert counts["ci_jobs"] == len(demo.records["ci_job"])


def test_each_way_to_recognise_the_platform_is_needed(demo: DemoFolder, paths: dict[str, str]) -> None:
    live = demo.live()
    named = [made for made in live if made.via_platform is None and paths[made.deployment_id] == "platform"]
    assert sum(made.via_platform is True for made in live) > 500
    assert sum((made.workflow or "").startswith("ML deploy") for made in named) > 50
    assert sum(made.workflow == "Release" for made in named) > 50
    assert 0 < sum(path == "unknown" for path in paths.values()) < 0.02 * len(live)


def test_teams_adopt_one_after_the_other_and_some_never(demo: DemoFolder, paths: dict[str, str]) -> None:
    first: dict[str, datetime] = {}
    for made in demo.live():
        team = demo.owner(made)
        if team and paths[made.deployment_id] == "platform":
            first.setdefault(team, made.finished_at)
    known = adopted(demo)
    platform_team = {team.team_id for team in demo.records["team"] if team.is_platform_team}
    assert known == {team: at for team, at in first.items() if team not in platform_team}
    assert len(known) >= 20
    assert len({(at.year, at.month) for at in known.values()}) >= 10
    assert len(demo.records["team"]) - len(known) >= 12


def test_the_way_to_the_platform_is_in_order(demo: DemoFolder) -> None:
    stages = {team["team_id"]: team["stage"] for team in demo.truth["parameters"]["teams"]}
    known = adopted(demo)
    for team in demo.records["team"]:
        steps = [team.eligible_at, team.onboarded_at, known.get(team.team_id)]
        given = [step for step in steps if step is not None]
        assert given == sorted(given), team.name
    assert set(stages.values()) == {
        "adopter", "pilot", "quiet", "back", "monthly", "single", "waiting", "not_yet", "later", "platform"
    }  # fmt: skip
    late = [team for team in demo.records["team"] if stages[team.team_id] == "later"]
    assert all(team.eligible_at.date() > END for team in late)
    assert all(
        team.team_id not in known for team in demo.records["team"] if stages[team.team_id] in {"waiting", "not_yet"}
    )


def test_a_team_that_only_retrains_and_one_that_deployed_once(demo: DemoFolder) -> None:
    stages = {team["stage"]: team["team_id"] for team in demo.truth["parameters"]["teams"]}
    made: dict[str | None, list[Any]] = defaultdict(list)
    for one in demo.live():
        made[demo.owner(one)].append(one)
    assert {one.cause for one in made[stages["monthly"]]} == {"retrain"}
    assert 14 <= len(made[stages["monthly"]]) <= 18
    assert len(made[stages["single"]]) == 1


def test_lead_time_falls_after_adoption_as_much_as_was_put_in(demo: DemoFolder) -> None:
    """From rows that name their deployment; the truth compares with the same changes without adoption."""
    finished = {made.deployment_id: made for made in demo.live()}
    known = adopted(demo)
    stays = {team["team_id"] for team in demo.truth["parameters"]["teams"] if team["stage"] == "adopter"}
    deploy: dict[bool, list[float]] = {False: [], True: []}
    for change in demo.records["change"]:
        made = finished.get(change.shipped_in or "")
        team = demo.owner(made) if made else None
        if made and team in stays and not change.is_bot:
            deploy[change.merged_at >= known[team]].append(hours(change.merged_at, made.finished_at))
    assert min(len(values) for values in deploy.values()) > 300
    seen = statistics.median(deploy[True]) / statistics.median(deploy[False])
    effects = demo.truth["realised"]["effects"]
    assert seen == pytest.approx(effects["deploy"]["naive_median_ratio"], abs=0.12)
    assert effects["deploy"]["true_median_ratio"] == pytest.approx(0.55, abs=0.1)
    assert math.exp(effects["review"]["true_mean_log_ratio"]) == pytest.approx(0.8, abs=0.08)
    assert effects["coding"]["true_median_ratio"] == pytest.approx(1.0, abs=0.02)
    assert 0.6 < effects["lead_time"]["true_median_ratio"] < 0.8
    assert effects["lead_time"]["naive_median_ratio"] < effects["lead_time"]["true_median_ratio"] - 0.03


def failed_deployments(demo: DemoFolder) -> set[str]:
    """Succeeded production deployments that a rollback, a hotfix or an incident points to, by the definitions."""
    live: dict[tuple[str, str | None], list[Any]] = defaultdict(list)
    failed = set()
    for made in demo.live():
        product = demo.product(made)
        if made.rollback_of:
            failed.add(made.rollback_of)
        elif made.cause == "hotfix" or (made.ref or "").startswith("hotfix/"):
            failed.update(broken.deployment_id for broken in live["product", product][-1:])
        for scope in (("product", product), ("repo", made.repo), ("team", demo.owner(made))):
            live[scope].append(made)
    for incident in demo.records["incident"]:
        if incident.deployment_id:
            failed.add(incident.deployment_id)
            continue
        name = next(name for name in ("product", "repo", "team_id") if getattr(incident, name))
        before = [
            made
            for made in live[name.removesuffix("_id"), getattr(incident, name)]
            if made.finished_at <= incident.opened_at <= made.finished_at + WINDOW
        ]
        failed.update(made.deployment_id for made in before[-1:])
    return failed


def test_change_failures_found_in_the_rows_are_the_true_ones(demo: DemoFolder, paths: dict[str, str]) -> None:
    change_fail = demo.truth["realised"]["change_fail"]
    failed = failed_deployments(demo)
    assert len(failed) == change_fail["failed"]
    effects = demo.truth["parameters"]["effects"]
    for path, chance in (("off_platform", "fail_off_platform"), ("platform", "fail_platform")):
        seen = sum(paths.get(one) == path for one in failed) / change_fail["planned_by_path"][path]
        assert seen == pytest.approx(change_fail["ratio_of_planned_by_path"][path], abs=0.003)
        assert seen == pytest.approx(effects[chance], abs=0.03)


def test_approvals_come_faster_with_trust(demo: DemoFolder) -> None:
    """On the old path alone, so that what the platform makes faster is not taken for trust."""
    waits: dict[str, list[float]] = defaultdict(list)
    for made in sorted(demo.production(), key=lambda made: made.created_at):
        if made.approved_at and made.via_platform is False:
            waits[demo.product(made)].append(hours(made.approval_requested_at, made.approved_at))
    many = [wait for wait in waits.values() if len(wait) >= 15]
    early, late = [wait for one in many for wait in one[:3]], [wait for one in many for wait in one[8:]]
    assert len(many) >= 10
    assert statistics.median(late) < 0.5 * statistics.median(early)


def chance_of_a_third(affected: int, asked: int) -> float:
    """P(reach >= 1/3) after `affected` of `asked`, all reaches equally likely before (a binomial tail, exactly)."""
    return sum(math.comb(asked + 1, k) * 2 ** (asked + 1 - k) for k in range(affected + 1)) / 3 ** (asked + 1)


def test_pains_fall_into_their_true_quadrants(demo: DemoFolder) -> None:
    planned = {
        pain_id
        for work in demo.records["initiative"]
        if work.status in {"planned", "in_progress"}
        for pain_id in work.pain_ids or []
    }
    last = max(demo.records["survey"], key=lambda survey: survey.opened_at)
    found: dict[str, list[str]] = {name: [] for name in ("quick_win", "listen", "drift", "later", "unsure")}
    for pain in demo.truth["realised"]["surveys"][-1]["pains"]:
        rated = [
            answer.rating - answer.scale_min
            for answer in demo.records["survey_answer"]
            if (answer.survey_id, answer.pain_id) == (last.survey_id, pain["pain_id"]) and answer.rating is not None
        ]
        affected = sum(box >= 3 for box in rated)
        assert (len(rated), affected) == (pain["answer_count"], pain["affected_count"])
        assert statistics.fmean(rated) / 4 == pytest.approx(pain["severity_mean"], abs=1e-3)
        assert pain["severity_mean"] == pytest.approx(pain["expected_severity"], abs=0.05)
        chance = chance_of_a_third(affected, len(rated))
        work = pain["pain_id"] in planned
        pains = ("quick_win" if work else "listen") if chance >= 0.8 else ("drift" if work else "later")
        found["unsure" if 0.2 < chance < 0.8 else pains].append(pain["pain_id"])
    assert found == demo.truth["parameters"]["pains_by_quadrant"]
    assert [len(found[name]) for name in ("quick_win", "listen", "drift", "later", "unsure")] == [4, 3, 2, 2, 1]


def test_the_roadmap_has_small_wins_and_work_that_answers_no_pain(demo: DemoFolder) -> None:
    parameters = demo.truth["parameters"]
    small = {work.initiative_id for work in demo.records["initiative"] if work.effort_days <= 10}
    assert {win["initiative_id"] for win in parameters["quick_win_initiatives"]} <= small
    assert len(parameters["quick_win_initiatives"]) == 3
    assert parameters["unmapped_initiatives"] == [
        work.initiative_id for work in demo.records["initiative"] if work.pain_ids is None
    ]


def test_surveys_are_nine_months_apart_and_answered_by_two_in_three(demo: DemoFolder) -> None:
    first, second = sorted(demo.records["survey"], key=lambda survey: survey.opened_at)
    assert 255 <= (second.opened_at - first.opened_at).days <= 290
    for survey in (first, second):
        answers = [answer for answer in demo.records["survey_answer"] if answer.survey_id == survey.survey_id]
        assert 0.55 < len({answer.respondent for answer in answers}) / survey.invited_count < 0.75
        assert all(survey.opened_at <= answer.submitted_at <= survey.closed_at for answer in answers)


def test_pipelines_get_healthier_after_adoption(demo: DemoFolder) -> None:
    known = adopted(demo)
    passed: dict[bool, list[bool]] = {False: [], True: []}
    for run in demo.records["ci_run"]:
        team = demo.owner(run)
        if team in known and run.workflow == "CI" and run.conclusion in {"success", "failure", "timed_out"}:
            passed[run.created_at >= known[team]].append(run.conclusion == "success")
    assert statistics.fmean(passed[True]) > statistics.fmean(passed[False]) + 0.03


def test_adoption_months_are_those_of_the_office(demo: DemoFolder) -> None:
    for team in demo.truth["realised"]["teams"]:
        if team["adoption_month"]:
            at = datetime.fromisoformat(team["first_platform_production_at"].removesuffix("Z"))
            assert team["adoption_month"] == f"{office_time(at):%Y-%m}"
