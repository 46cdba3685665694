"""The azure_devops source against a real server on loopback: what it reads, and when it reads again."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.azure_devops_world import NEVER, Project, World, example, iso
from tests.ingest.reading import TOKEN, Reading
from tests.loopback import Reply

NOW = datetime(2026, 5, 4, 12)


@pytest.fixture
def world() -> Iterator[World]:
    made = World(NOW, TOKEN)
    made.add("ML")
    with made.server:
        yield made


def ml(world: World) -> Project:
    return world.projects[0]


def reading(world: World, **settings: Any) -> Reading:
    return Reading(world.server, kind="azure_devops", **{"base_url": world.base_url} | settings)


def failed(status: int, **headers: str) -> Reply:
    return Reply({"message": f"VS{status}: Something"}, status, headers)


def timeline(**records: dict[str, Any]) -> dict[str, Any]:
    """The example's timeline with some records changed: by their type."""
    made = deepcopy(example("timeline"))
    for record in made["records"]:
        record.update(records.get(record["type"].rpartition(".")[2].lower(), {}))
    return dict(made)


def test_a_build_is_a_run_with_its_jobs(world: World) -> None:
    build = world.build(
        ml(world),
        "2026-05-03T10:30:00.7654321Z",
        queueTime="2026-05-03T10:00:00.1234567Z",
        startTime="2026-05-03T10:01:00.1234567Z",
        result="failed",
    )
    made = timeline(job={"result": "failed"})
    made["records"][4]["result"] = made["records"][5]["result"] = "failed"
    ml(world).timelines[str(build["id"])] = made
    found = reading(world).sync()
    [run] = found.of("ci_run")
    assert (run.run_id, run.repo, run.workflow) == (str(build["id"]), "ML/fraud", "ml/models/fraud-ci")
    assert (run.status, run.conclusion, run.event, run.branch) == ("completed", "failure", "push", "main")
    assert (run.created_at.minute, run.started_at.minute, run.finished_at.minute) == (0, 1, 30)
    assert run.url == "https://dev.azure.com/acme/0f5e/_build/results?buildId=12"
    [job] = found.of("ci_job")
    assert (job.run_id, job.name, job.conclusion, job.failed_step) == (run.run_id, "Release", "failure", "Run tests")
    assert job.job_id == f"{run.run_id}/12f1170f-54f2-53f3-20dd-22fc7dff55f9/1"
    assert found.faults == [] and found.rejected == []


@pytest.mark.parametrize(
    ("status", "result", "expected"),
    [
        ("completed", "succeeded", ("completed", "success")),
        ("completed", "partiallySucceeded", ("completed", "success")),
        ("completed", "failed", ("completed", "failure")),
        ("completed", "canceled", ("completed", "cancelled")),
        ("completed", "none", ("completed", "neutral")),
        ("inProgress", None, ("in_progress", None)),
        ("cancelling", None, ("in_progress", None)),
        ("notStarted", None, ("queued", None)),
        ("postponed", None, ("queued", None)),
    ],
)
def test_each_state_has_its_meaning(world: World, status: str, result: str | None, expected: tuple[str, str]) -> None:
    world.build(ml(world), world.ago(days=1), status=status, result=result)
    [run] = reading(world).sync().of("ci_run")
    assert (run.status, run.conclusion) == expected


def test_a_build_that_could_not_be_made_failed_at_startup(world: World) -> None:
    errors = [{"result": "error", "message": "/azure-pipelines.yml: words of Nora"}]
    world.build(ml(world), world.ago(days=1), result="failed", validationResults=errors)
    assert [run.conclusion for run in reading(world).sync().of("ci_run")] == ["startup_failure"]


def test_the_first_moment_of_the_calendar_is_no_time(world: World) -> None:
    build = world.build(ml(world), world.ago(days=1), startTime=NEVER, result="canceled")
    ml(world).timelines[str(build["id"])] = timeline(job={"startTime": NEVER, "finishTime": NEVER})
    found = reading(world).sync()
    assert found.rejected == [] and found.of("ci_run")[0].started_at is None
    assert (found.of("ci_job")[0].started_at, found.of("ci_job")[0].finished_at) == (None, None)


@pytest.mark.parametrize("days", [0.1, 3, 80])
@pytest.mark.parametrize("newer", [0, 130])
def test_a_build_in_progress_is_seen_finished_however_old(world: World, days: float, newer: int) -> None:
    project = ml(world)
    build = world.running(project, queueTime=world.ago(days=days), startTime=world.ago(days=days))
    site = reading(world)
    assert [run.status for run in site.sync().of("ci_run")] == ["in_progress"]
    assert site.sync().pages == []
    world.now += timedelta(days=40)
    for minutes in range(newer):
        world.build(project, world.ago(minutes=minutes))
    world.finish(build, "failed")
    project.timelines[str(build["id"])] = timeline()
    site.sync()
    run = site.kept["ci_run", str(build["id"]), 1]
    assert (run.status, run.conclusion) == ("completed", "failure")  # type: ignore[attr-defined]
    assert len(site.of("ci_run")) == newer + 1 and [job.name for job in site.of("ci_job")] == ["Release"]


def test_a_build_started_again_keeps_its_first_verdict(world: World) -> None:
    project = ml(world)
    build = world.build(project, world.ago(days=20), result="failed")
    name = str(build["id"])
    project.timelines[name] = timeline(stage={"result": "failed"}, job={"result": "failed"})
    site = reading(world)
    assert [(run.attempt, run.conclusion) for run in site.sync().of("ci_run")] == [(1, "failure")]
    again = {"attempt": 2, "result": "succeeded"}
    project.timelines[f"{name}/earlier"] = project.timelines[name]
    project.timelines[name] = timeline(
        stage=again | {"previousAttempts": [{"attempt": 1, "timelineId": "earlier", "recordId": "96ac2280"}]},
        job=again | {"startTime": "2026-05-04T11:50:00Z", "finishTime": "2026-05-04T11:59:00Z"},
    )
    build |= {"status": "inProgress", "result": None, "finishTime": NEVER}
    found = site.sync()
    assert [(run.attempt, run.conclusion) for run in found.of("ci_run")] == [(1, "failure"), (2, None)]
    world.finish(build)
    found = site.sync()
    assert [(run.attempt, run.conclusion) for run in found.of("ci_run")] == [(1, "failure"), (2, "success")]
    assert found.of("ci_run")[1].started_at == datetime(2026, 5, 4, 11, 50)
    assert [(job.conclusion, job.job_id[-2:]) for job in found.of("ci_job")] == [("failure", "/1"), ("success", "/2")]


def test_a_repository_elsewhere_keeps_its_name(world: World) -> None:
    hosted = {"id": "acme/fraud", "type": "GitHub", "name": "acme/fraud"}
    world.build(ml(world), world.ago(days=1), repository=hosted)
    world.build(ml(world), world.ago(days=1), repository=None)
    repos = {run.repo for run in reading(world).sync().of("ci_run")}
    assert repos == {"acme/fraud", "ML/ml/models/fraud-ci"}


def test_without_jobs_a_page_of_builds_costs_one_request(world: World) -> None:
    for hours in range(50):
        world.build(ml(world), world.ago(hours=hours))
    found = reading(world, jobs=False).sync()
    assert len(found.of("ci_run")) == 50 and not any("timeline" in address for address, _ in found.requests)


def test_a_deployment_is_told_with_its_build_and_its_approval(world: World) -> None:
    project = ml(world)
    project.environments = {7: "production"}
    build = world.build(project, world.ago(days=1))
    project.timelines[str(build["id"])] = timeline()
    record = world.deploy(project, build, 7, **{key: example("deployment_record")[key] for key in ("queueTime",)})
    found = reading(world).sync()
    [deployment] = found.of("deployment")
    assert deployment.deployment_id == f"7/{record['id']}"
    assert (deployment.environment, deployment.status, deployment.repo) == ("production", "succeeded", "ML/fraud")
    assert (deployment.run_id, deployment.workflow) == (str(build["id"]), "ml/models/fraud-ci")
    assert (deployment.sha, deployment.ref) == (build["sourceVersion"], "main")
    assert (deployment.approval_requested_at.minute, deployment.approved_at.minute) == (6, 20)
    assert deployment.created_at == datetime(2026, 5, 3, 10, 5, 0, 100_000)
    assert deployment.actor == found.of("ci_run")[0].actor


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ("succeeded", "succeeded"),
        ("succeededWithIssues", "succeeded"),
        ("failed", "failed"),
        ("canceled", "cancelled"),
        ("abandoned", "cancelled"),
        ("skipped", "cancelled"),
    ],
)
def test_each_result_of_a_deployment_has_its_meaning(world: World, result: str, expected: str) -> None:
    ml(world).environments = {7: "production"}
    world.deploy(ml(world), world.build(ml(world), world.ago(days=1)), 7, result=result)
    assert [each.status for each in reading(world).sync().of("deployment")] == [expected]


def test_a_deployment_that_waits_is_seen_running_out(world: World) -> None:
    project = ml(world)
    project.environments = {7: "production"}
    build = world.running(project)
    name = str(build["id"])
    project.timelines[name] = timeline(approval={"finishTime": NEVER, "result": None})
    waiting = world.deploy(project, build, 7, startTime=None, finishTime=NEVER, result=None)
    plain = world.deploy(project, build, 7, stageName="other", startTime=None, finishTime=None, result=None)
    site = reading(world)
    assert [each.status for each in site.sync().of("deployment")] == ["waiting", "pending"]
    assert site.sync().of("deployment") == []
    world.now += timedelta(days=40)
    for _ in range(250):
        world.deploy(project, build, 7)
    assert len(site.sync().of("deployment")) == 250
    project.timelines[name] = timeline()
    for record in (waiting, plain):
        record |= {"startTime": iso(world.now), "finishTime": iso(world.now), "result": "failed"}
    site.sync()
    statuses = [site.kept["deployment", f"7/{each['id']}"].status for each in (waiting, plain)]  # type: ignore[attr-defined]
    assert statuses == ["failed", "failed"] and len(site.of("deployment")) == 252
    assert site.kept["deployment", f"7/{waiting['id']}"].approved_at is not None  # type: ignore[attr-defined]
    assert site.sync().of("deployment") == []


def test_a_deployment_whose_build_is_gone_is_told_without(world: World) -> None:
    project = ml(world)
    project.environments = {7: "production"}
    world.deploy(project, {"id": 4711}, 7)
    [deployment] = reading(world).sync().of("deployment")
    assert (deployment.repo, deployment.workflow, deployment.sha) == ("ML/fraud-ci", "fraud-ci", None)


def test_a_completed_pull_request_is_a_change(world: World) -> None:
    pull = world.pull(ml(world), example("pull_request")["closedDate"])
    site = reading(world)
    [change] = site.sync().of("change")
    assert (change.change_id, change.number, change.repo) == (
        str(pull["pullRequestId"]),
        pull["pullRequestId"],
        "ML/fraud",
    )
    assert change.first_commit_at == datetime(2026, 4, 30, 8)
    assert change.first_review_at == datetime(2026, 5, 1, 12, 0, 0, 100_000)
    assert change.opened_at == datetime(2026, 5, 1, 9, 0, 0, 123_000)
    assert change.merged_at == datetime(2026, 5, 3, 9, 0, 0, 123_000)
    assert (change.head_sha, change.merge_sha, change.is_bot) == ("a" * 40, "b" * 40, False)
    assert change.url == f"{world.base_url}/ML/_git/fraud/pullrequest/{pull['pullRequestId']}"


def test_requests_that_were_not_completed_into_the_default_branch_are_left_out(world: World) -> None:
    world.pull(ml(world), world.ago(days=1), targetRefName="refs/heads/release")
    world.pull(ml(world), world.ago(days=1), repository={"id": "repo-empty", "name": "empty"})
    world.pull(ml(world), world.ago(days=1), status="abandoned")
    assert reading(world).sync().of("change") == []


@pytest.mark.parametrize(
    ("author", "is_bot"),
    [
        ({"uniqueName": "Build\\5f0e", "descriptor": "svc.MTIz"}, True),
        ({"uniqueName": "nora@acme.example", "descriptor": "aad.MTIz"}, False),
        (None, False),
    ],
)
def test_services_are_told_from_people(world: World, author: dict[str, str] | None, is_bot: bool) -> None:
    world.pull(ml(world), world.ago(days=1), createdBy=author)
    assert [change.is_bot for change in reading(world).sync().of("change")] == [is_bot]
