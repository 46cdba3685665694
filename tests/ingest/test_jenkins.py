"""The jenkins source against a real server on loopback: what it makes of jobs, builds and stages."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from ingest.people import hasher
from ingest.repositories import repository
from ingest.settings import JenkinsSettings
from tests.ingest.reading import TOKEN, Reading
from tests.jenkins_world import Job, World, branch
from tests.loopback import Reply, Trouble

NOW = datetime(2026, 5, 4, 12)


LIBRARY = "acme/jenkins-library"


@pytest.fixture
def world() -> Iterator[World]:
    made = World(NOW, TOKEN)
    with made.server:
        yield made


def reading(world: World, **settings: Any) -> Reading:
    return Reading(world.server, kind="jenkins", **{"user": "cron", "libraries": [LIBRARY]} | settings)


def test_without_the_plugin_that_tells_it_the_time_in_the_queue_is_unknown_and_not_0(world: World) -> None:
    build = world.build(world.add("ml/train"))
    build["actions"] = [each for each in build["actions"] if "queuingDurationMillis" not in (each or {})]
    [run] = reading(world).sync().of("ci_run")
    assert (run.created_at, run.started_at) == (NOW - timedelta(hours=1), None)
    assert run.finished_at == run.created_at + timedelta(milliseconds=build["duration"])


def test_a_build_is_a_run_and_its_stages_are_jobs(world: World) -> None:
    build = world.build(world.add("ml/fraud"))
    found = reading(world).sync()
    [run] = found.of("ci_run")
    assert (run.run_id, run.workflow, run.repo, run.branch) == ("ml/fraud#1", "ml/fraud", "acme/fraud", "main")
    assert (run.status, run.conclusion, run.event) == ("completed", "success", "manual")
    assert run.sha == "f2a40c5d91b0e6f5bb1f6a5b5a3c4d5e6f708192"
    assert run.started_at == NOW - timedelta(hours=1)
    assert run.created_at == run.started_at - timedelta(seconds=5)
    assert run.finished_at == run.started_at + timedelta(milliseconds=build["duration"])
    assert run.url == f"{world.server.base_url}/job/ml/job/fraud/1/"
    assert [(job.job_id, job.run_id, job.name, job.conclusion) for job in found.of("ci_job")] == [
        ("ml/fraud#1/5", "ml/fraud#1", "Build", "success"),
        ("ml/fraud#1/8", "ml/fraud#1", "Deploy to production", "success"),
    ]
    assert found.faults == [] and found.rejected == [] and found.of("deployment") == []


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ("SUCCESS", "success"),
        ("UNSTABLE", "failure"),
        ("FAILURE", "failure"),
        ("ABORTED", "cancelled"),
        ("NOT_BUILT", "skipped"),
    ],
)
def test_each_result_has_its_meaning(world: World, result: str, expected: str) -> None:
    world.build(world.add("fraud"), result=result)
    assert [run.conclusion for run in reading(world).sync().of("ci_run")] == [expected]


def test_jobs_are_found_in_folders_of_any_depth(world: World) -> None:
    for path in ("a", "b/c", "b/d/e/f/g/h/i/j/k/l/m"):
        world.build(world.add(path))
    world.add("empty/nothing").builds.clear()
    found = reading(world).sync()
    assert {run.workflow for run in found.of("ci_run")} == {"a", "b/c", "b/d/e/f/g/h/i/j/k/l/m"}
    assert found.faults == []


def test_globs_choose_jobs(world: World) -> None:
    for path in ("ml/fraud", "ml/deep/churn", "web/shop"):
        world.build(world.add(path))
    assert {run.workflow for run in reading(world, jobs=["ML/*"]).sync().of("ci_run")} == {"ml/fraud", "ml/deep/churn"}
    [fault] = reading(world, jobs=["nothing*"]).sync().faults
    assert fault == "src: no job that the user can see matches nothing*; correct `jobs`, or give Job/Read"


def multibranch(world: World, name: str) -> Job:
    return world.add(f"ml/fraud/{branch(name)}", folders="multibranch")


def test_branches_of_one_project_share_its_workflow(world: World) -> None:
    for name in ("main", "PR-12", "feature/faster"):
        world.build(multibranch(world, name), actions=[])
    runs = reading(world).sync().of("ci_run")
    assert {(run.workflow, run.repo) for run in runs} == {("ml/fraud", "ml/fraud")}
    assert [run.run_id for run in runs][:2] == ["ml/fraud/main#1", "ml/fraud/PR-12#1"]
    assert [run.branch for run in runs][:2] == ["main", "PR-12"]
    assert runs[0].url == f"{world.server.base_url}/job/ml/job/fraud/job/main/1/"


def test_a_branch_may_be_a_persons_so_that_a_hash_stands_for_it(world: World) -> None:
    build = world.build(multibranch(world, "feature/nora-nystrom"))
    build["actions"][4]["lastBuiltRevision"]["branch"][0]["name"] = "feature/nora-nystrom"
    site = reading(world, deployments=[{"job": "*", "environment": "test"}])
    [run] = site.sync().of("ci_run")
    hashed = hasher(b"pepper")("feature/nora-nystrom")
    assert (run.run_id, run.url) == (f"ml/fraud/{hashed}#1", None)
    assert run.branch == f"feature/{run.actor}"
    assert site.sync().pages == []
    for word in ("nora", "nystrom", "hunter2", "words", "robot", "description", "culprits", TOKEN.lower()):
        assert word not in site.written.lower()


def test_two_jobs_with_the_same_number_are_two_runs(world: World) -> None:
    world.build(world.add("fraud"))
    world.build(world.add("churn"))
    assert len(reading(world).sync().of("ci_run")) == 2


def test_a_library_is_not_what_was_built(world: World) -> None:
    world.build(world.add("fraud"))
    assert [run.repo for run in reading(world, libraries=[]).sync().of("ci_run")] == [LIBRARY]
    assert [run.repo for run in reading(world).sync().of("ci_run")] == ["acme/fraud"]


@pytest.mark.parametrize(
    ("cause", "event"),
    [
        ("hudson.triggers.TimerTrigger$TimerTriggerCause", "schedule"),
        ("jenkins.branch.BranchEventCause", "push"),
        ("hudson.model.Cause$UpstreamCause", "upstream"),
        ("com.acme.Something$OddCause", "OddCause"),
    ],
)
def test_the_cause_is_the_event(world: World, cause: str, event: str) -> None:
    world.build(world.add("fraud"), actions=[{"_class": "hudson.model.CauseAction", "causes": [{"_class": cause}]}])
    [run] = reading(world).sync().of("ci_run")
    assert (run.event, run.actor, run.repo) == (event, None, "fraud")


def test_a_job_deploys_by_its_name(world: World) -> None:
    for name, result in (("deploy-fraud", "SUCCESS"), ("ml/deploy-churn", "UNSTABLE"), ("build", "SUCCESS")):
        world.build(world.add(name), result=result)
    world.build(world.add("deploy-web"), result="FAILURE")
    world.build(world.add("deploy-shop"), result="ABORTED")
    found = reading(world, deployments=[{"job": "deploy-*", "environment": "production"}]).sync()
    assert {each.deployment_id: each.status for each in found.of("deployment")} == {
        "deploy-fraud#1": "succeeded",
        "ml/deploy-churn#1": "succeeded",
        "deploy-web#1": "failed",
        "deploy-shop#1": "cancelled",
    }
    one = next(each for each in found.of("deployment") if each.deployment_id == "deploy-fraud#1")
    assert (one.environment, one.repo, one.run_id, one.ref) == ("production", "acme/fraud", "deploy-fraud#1", "main")
    assert one.finished_at and one.started_at and one.finished_at > one.started_at


def test_a_parameter_names_the_environment(world: World) -> None:
    job = world.add("deploy")
    world.build(job)
    world.build(job, actions=[])
    site = reading(world, deployments=[{"job": "deploy", "parameter": "TARGET"}])
    assert [each.environment for each in site.sync().of("deployment")] == ["prod-eu"]
    assert "API_KEY" not in site.written


def test_a_stage_deploys(world: World) -> None:
    job = world.add("ml/fraud")
    for status in ("SUCCESS", "FAILED", "NOT_EXECUTED", "ABORTED"):
        number = world.build(job)["number"]
        job.stages[number][1]["status"] = status
    site = reading(world, deployments=[{"job": "ml/*", "stage": "deploy to prod*", "environment": "production"}])
    found = site.sync()
    assert [(each.deployment_id, each.status) for each in found.of("deployment")] == [
        ("ml/fraud#1/8", "succeeded"),
        ("ml/fraud#2/8", "failed"),
        ("ml/fraud#4/8", "cancelled"),
    ]
    first = found.of("deployment")[0]
    assert first.started_at == NOW - timedelta(minutes=59) and first.finished_at == NOW - timedelta(minutes=56)
    assert [job.conclusion for job in found.of("ci_job")][1::2] == ["success", "failure", "skipped", "cancelled"]


def test_deployments_are_looked_for_where_rules_say_so(world: World) -> None:
    world.build(world.add("build"))
    site = reading(world, deployments=[{"job": "deploy", "environment": "production"}])
    assert [page.kind for page in site.sync().pages] == ["deployment", "ci_run"]
    assert site.sync().pages == []


def test_a_job_without_stages_has_none(world: World) -> None:
    world.build(world.add("old", "freestyle"))
    world.build(world.add("new"))
    found = reading(world).sync()
    assert {job.run_id for job in found.of("ci_job")} == {"new#1"}
    assert not any("old/1/wfapi" in address for address, _ in found.requests)
    assert reading(world, stages=False).sync().of("ci_job") == []


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://github.com/acme/fraud.git", "acme/fraud"),
        ("https://robot:secret@github.com/acme/fraud", "acme/fraud"),
        ("git@github.com:acme/fraud.git", "acme/fraud"),
        ("ssh://git@bitbucket.acme.example:7999/ml/fraud.git", "ml/fraud"),
        ("https://bitbucket.acme.example/scm/ml/fraud.git", "ml/fraud"),
        ("https://dev.azure.com/acme/ML/_git/fraud", "ML/fraud"),
        ("https://gitlab.example.com/acme/ml/fraud/", "acme/ml/fraud"),
        ("/var/git/fraud", None),
        ("", None),
        (None, None),
    ],
)
def test_a_clone_address_names_its_repository(address: str | None, name: str | None) -> None:
    assert repository(address) == name


@pytest.mark.parametrize("rule", [{"job": "a"}, {"job": "a", "environment": "p", "parameter": "E"}])
def test_a_rule_names_one_environment(rule: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="needs either an environment or the parameter"):
        JenkinsSettings(name="j", kind="jenkins", base_url="http://j", deployments=[rule])


def test_check_names_builds_and_stages_that_may_not_be_read(world: World) -> None:
    world.build(world.add("ml/fraud"))
    assert reading(world).check() == []
    for what in ("allBuilds", "wfapi"):
        world.server.troubles = [Trouble(what, Reply(b"", 403))]
        [line] = reading(world).check()
        assert line.startswith("src/ml/fraud: ") and "may not read this (403)" in line
    world.server.troubles = [Trouble("wfapi", Reply(b"", 403))]
    assert reading(world, stages=False).check() == []
