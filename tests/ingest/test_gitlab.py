"""The gitlab source against a real server on loopback: what it reads, and when it reads again."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.gitlab_world import Project, World, iso
from tests.ingest.reading import TOKEN, Reading
from tests.loopback import Reply

NOW = datetime(2026, 5, 4, 12)


@pytest.fixture
def world() -> Iterator[World]:
    made = World(NOW, TOKEN)
    made.add("acme/fraud")
    with made.server:
        yield made


def fraud(world: World) -> Project:
    return world.projects["acme/fraud"]


def reading(world: World, **settings: Any) -> Reading:
    return Reading(world.server, kind="gitlab", **{"projects": ["acme/fraud"]} | settings)


def later(world: World, **span: float) -> str:
    world.now += timedelta(**span)
    return iso(world.now)


def failed(status: int, **headers: str) -> Reply:
    return Reply({"message": f"{status} Something"}, status, headers)


def test_a_pipeline_is_a_run_with_its_jobs(world: World) -> None:
    pipeline = world.pipeline(
        fraud(world),
        "2026-05-02T10:30:00.500Z",
        status="failed",
        created_at="2026-05-02T10:00:00.000Z",
        started_at="2026-05-02T10:01:00.000Z",
        finished_at="2026-05-02T10:30:00.000Z",
    )
    world.job(fraud(world), pipeline, "lint", status="failed", failure_reason="script_failure", allow_failure=True)
    world.job(fraud(world), pipeline, "test", status="failed", failure_reason="job_execution_timeout")
    world.job(fraud(world), pipeline, "deploy", status="skipped", started_at=None, finished_at=None)
    found = reading(world).sync()
    [run] = found.of("ci_run")
    assert (run.run_id, run.repo, run.workflow, run.event) == (
        str(pipeline["id"]),
        "acme/fraud",
        ".gitlab-ci.yml",
        "push",
    )
    assert (run.status, run.conclusion, run.attempt, run.branch) == ("completed", "failure", 1, "master")
    assert [run.created_at, run.started_at, run.finished_at] == [
        datetime(2026, 5, 2, 10, 0),
        datetime(2026, 5, 2, 10, 1),
        datetime(2026, 5, 2, 10, 30),
    ]
    assert [(job.run_id, job.name, job.conclusion, job.failed_step) for job in found.of("ci_job")] == [
        (run.run_id, "lint", "neutral", "script_failure"),
        (run.run_id, "test", "timed_out", "job_execution_timeout"),
        (run.run_id, "deploy", "skipped", None),
    ]
    assert found.faults == [] and found.rejected == []


def test_nothing_new_costs_one_request_a_list_and_brings_no_page(world: World) -> None:
    project = fraud(world)
    for days in range(30):
        world.job(project, world.pipeline(project, world.ago(days=days)), "build")
    world.deployment(project, world.ago(days=1))
    world.request(project, world.ago(days=1))
    site = reading(world)
    assert len(site.sync().records) == 62
    site.sync()
    later(world, hours=1)
    again = site.sync()
    assert again.pages == []
    assert [(address.split("?")[0].rpartition("/")[2], status) for address, status in again.requests] == [
        ("acme%2Ffraud", 200),
        ("deployments", 304),
        ("merge_requests", 304),
        ("pipelines", 304),
    ]


@pytest.mark.parametrize("future", ["2026-05-05T12:00:00.000Z", "9999-12-31T23:59:59.000Z"])
def test_what_says_that_it_changed_in_the_future_hides_no_change_until_then(world: World, future: str) -> None:
    project = fraud(world)
    odd = world.request(project, world.ago(days=1), updated_at=future)
    site = reading(world)
    site.sync()
    later(world, hours=5)
    missed = world.request(project, world.ago(hours=3))
    assert [change.change_id for change in site.sync().of("change")] == [str(missed["id"])]
    assert site.sync().pages == []
    assert {change.change_id for change in site.of("change")} == {str(odd["id"]), str(missed["id"])}


@pytest.mark.parametrize("days", [0.1, 3, 80])
@pytest.mark.parametrize("newer", [0, 130])
def test_a_run_in_progress_is_seen_finished_however_old(world: World, days: float, newer: int) -> None:
    project = fraud(world)
    pipeline = world.pipeline(project, world.ago(days=days), status="running", finished_at=None)
    site = reading(world)
    [run] = site.sync().of("ci_run")
    assert (run.status, run.conclusion, run.finished_at) == ("in_progress", None, None)
    for number in range(newer):
        world.pipeline(project, iso(world.now + timedelta(minutes=number)))
    finished = later(world, days=40)
    pipeline |= {"status": "success", "updated_at": finished, "finished_at": finished}
    world.job(project, pipeline, "build")
    site.sync()
    [run] = [each for each in site.of("ci_run") if each.run_id == str(pipeline["id"])]
    assert (run.status, run.conclusion, run.finished_at) == ("completed", "success", world.now)
    assert [job.name for job in site.of("ci_job")] == ["build"]
    assert len(site.of("ci_run")) == newer + 1


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("created", ("queued", None)),
        ("waiting_for_resource", ("queued", None)),
        ("preparing", ("queued", None)),
        ("pending", ("queued", None)),
        ("scheduled", ("queued", None)),
        ("running", ("in_progress", None)),
        ("canceling", ("in_progress", None)),
        ("success", ("completed", "success")),
        ("failed", ("completed", "failure")),
        ("canceled", ("completed", "cancelled")),
        ("skipped", ("completed", "skipped")),
        ("manual", ("completed", "action_required")),
    ],
)
def test_each_status_of_a_pipeline_has_its_meaning(world: World, status: str, expected: tuple[str, str]) -> None:
    world.pipeline(fraud(world), world.ago(days=1), status=status)
    [run] = reading(world).sync().of("ci_run")
    assert (run.status, run.conclusion) == expected


def test_a_pipeline_that_could_not_be_made_failed_at_startup(world: World) -> None:
    world.pipeline(fraud(world), world.ago(days=1), status="failed", yaml_errors="jobs:nora config is wrong")
    site = reading(world)
    assert [run.conclusion for run in site.sync().of("ci_run")] == ["startup_failure"]
    assert "nora" not in site.written


def clock(minute: int, second: int = 0) -> str:
    return iso(datetime(2026, 5, 4, 9, minute, second))


def test_pipelines_are_named_only_where_that_is_wanted(world: World) -> None:
    world.pipeline(fraud(world), world.ago(days=1), name="ML deploy")
    site = reading(world)
    assert [run.workflow for run in site.sync().of("ci_run")] == [".gitlab-ci.yml"]
    assert "ML deploy" not in site.written
    assert [run.workflow for run in reading(world, pipeline_names=True).sync().of("ci_run")] == ["ML deploy"]


def test_without_jobs_a_pipeline_costs_one_request(world: World) -> None:
    pipeline = world.pipeline(fraud(world), world.ago(days=1))
    world.job(fraud(world), pipeline, "build")
    found = reading(world, jobs=False).sync()
    assert found.of("ci_job") == [] and sum("/pipelines/" in address for address, _ in found.requests) == 1


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("created", "pending"),
        ("running", "in_progress"),
        ("success", "succeeded"),
        ("failed", "failed"),
        ("canceled", "cancelled"),
        ("skipped", "cancelled"),
        ("blocked", "waiting"),
    ],
)
def test_each_status_of_a_deployment_has_its_meaning(world: World, status: str, expected: str) -> None:
    made = world.deployment(fraud(world), world.ago(days=1), status=status)
    [deployment] = reading(world).sync().of("deployment")
    assert (deployment.deployment_id, deployment.repo, deployment.status) == (str(made["id"]), "acme/fraud", expected)
    assert (deployment.environment, deployment.run_id, deployment.ref) == ("production", "36", "master")
    assert (deployment.finished_at is not None) == (expected in {"succeeded", "failed", "cancelled"})


def test_a_deployment_in_progress_is_seen_finished(world: World) -> None:
    made = world.deployment(fraud(world), world.ago(days=60), status="running")
    site = reading(world)
    assert [each.status for each in site.sync().of("deployment")] == ["in_progress"]
    made |= {"status": "failed", "updated_at": later(world, days=1)}
    assert [each.status for each in site.sync().of("deployment")] == ["failed"]
    assert site.sync().records == []


def test_a_deployment_from_outside_has_no_job(world: World) -> None:
    world.deployment(fraud(world), "2026-05-03T10:00:00.000Z", deployable=None, created_at="2026-05-03T09:00:00.000Z")
    [deployment] = reading(world).sync().of("deployment")
    assert (deployment.finished_at, deployment.run_id) == (datetime(2026, 5, 3, 10), None)


def test_a_deployment_that_is_younger_than_its_job_was_made_when_that_was_over(world: World) -> None:
    made = world.deployment(fraud(world), "2026-05-03T10:00:00.222Z")
    made["deployable"]["finished_at"] = "2026-05-03T09:59:59.851Z"
    found = reading(world).sync()
    assert found.rejected == [] and found.of("deployment")[0].created_at == found.of("deployment")[0].finished_at


def approval(status: str, created: str) -> dict[str, Any]:
    user = {"id": 49, "username": "vera", "name": "Vera Approver"}
    return {"user": user, "status": status, "created_at": created, "comment": "Looks good"}


def test_approvals_are_asked_for(world: World) -> None:
    project = fraud(world)
    plain = world.deployment(project, clock(30), created_at=clock(0))
    done = world.deployment(project, clock(30), created_at=clock(0))
    summed = world.deployment(project, clock(30), created_at=clock(0))
    blocked = world.deployment(project, clock(30), created_at=clock(0), status="blocked")
    project.approvals = {
        done["id"]: {"approvals": [approval("approved", clock(10)), approval("approved", clock(20))]},
        summed["id"]: {"approval_summary": {"rules": [{"deployment_approvals": [approval("approved", clock(15))]}]}},
        blocked["id"]: {"approvals": [approval("approved", clock(10))], "pending_approval_count": 1},
    }
    site = reading(world)
    found = {each.deployment_id: each for each in site.sync().of("deployment")}
    asked = {key: each.approval_requested_at and each.approval_requested_at.minute for key, each in found.items()}
    given = {key: each.approved_at and each.approved_at.minute for key, each in found.items()}
    ids = [str(each["id"]) for each in (plain, done, summed, blocked)]
    assert [asked[key] for key in ids] == [None, 0, 0, 0]
    assert [given[key] for key in ids] == [None, 20, 15, None]
    assert "vera" not in site.written.lower() and "Looks" not in site.written


def test_without_approvals_a_page_of_deployments_costs_one_request(world: World) -> None:
    for hours in range(20):
        world.deployment(fraud(world), world.ago(hours=hours))
    found = reading(world, approvals=False).sync()
    assert len(found.of("deployment")) == 20 and sum("deployments" in address for address, _ in found.requests) == 1


def test_tiers_stand_before_the_environment(world: World) -> None:
    project = fraud(world)
    project.environments = [{"id": 9, "name": "eu-west", "tier": "production"}]
    for name in ("eu-west", "gone"):
        world.deployment(project, world.ago(days=1), environment={"id": 9, "name": name})
    environments = {each.environment for each in reading(world, tiers=True).sync().of("deployment")}
    assert environments == {"production/eu-west", "gone"}


def test_a_merged_request_is_a_change(world: World) -> None:
    project = fraud(world)
    request = world.request(project, "2026-05-03T12:00:00.000Z", created_at="2026-05-02T12:00:00.000Z")
    project.commits[request["iid"]] = [
        {"id": "b", "title": "Words", "author_name": "John", "authored_date": "2026-05-02T10:00:00.000+02:00"},
        {"id": "a", "title": "Words", "committed_date": "2026-05-02T09:00:00.000+02:00", "authored_date": None},
    ]
    world.note(project, request, "2026-05-02T13:00:00.000Z", "john-smith", "my own words")
    world.note(project, request, "2026-05-02T14:00:00.000Z", "project_100_bot_ab12", "coverage is 40 %")
    world.note(project, request, "2026-05-02T15:00:00.000Z", "rita", "approved this merge request")
    world.note(project, request, "2026-05-02T16:00:00.000Z", "rita", "words of Rita")
    site = reading(world)
    [change] = site.sync().of("change")
    assert (change.change_id, change.number, change.repo) == (str(request["id"]), request["iid"], "acme/fraud")
    assert change.first_commit_at == datetime(2026, 5, 2, 7)
    assert change.first_review_at == datetime(2026, 5, 2, 15)
    assert (change.opened_at, change.merged_at) == (datetime(2026, 5, 2, 12), datetime(2026, 5, 3, 12))
    assert (change.head_sha, change.merge_sha, change.is_bot) == ("a" * 40, "b" * 40, False)
    assert change.author and change.author.startswith("p_")


def test_requests_that_were_not_merged_into_the_default_branch_are_left_out(world: World) -> None:
    world.request(fraud(world), world.ago(days=1), target_branch="release-1")
    world.request(fraud(world), world.ago(days=1), state="closed")
    assert reading(world).sync().of("change") == []


@pytest.mark.parametrize(
    ("login", "is_bot"),
    [("renovate-bot", True), ("group_5_bot", True), ("dependabot", True), ("abbot", False), ("bottger", False)],
)
def test_bots_are_told_from_people(world: World, login: str, is_bot: bool) -> None:
    world.request(fraud(world), world.ago(days=1), author={"username": login})
    assert [change.is_bot for change in reading(world).sync().of("change")] == [is_bot]


@pytest.mark.parametrize("merge", [{"squash_commit_sha": "c" * 40}, {"sha": "c" * 40}])
def test_a_request_without_a_merge_commit_landed_as_its_squash_or_its_head(world: World, merge: dict[str, str]) -> None:
    world.request(fraud(world), world.ago(days=1), merge_commit_sha=None, **merge)
    assert [change.merge_sha for change in reading(world).sync().of("change")] == ["c" * 40]
