"""The jenkins source against a real server on loopback: what it reads, when it reads again, what a failure leaves."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from ingest.people import hasher
from ingest.repositories import repository
from ingest.settings import JenkinsSettings
from tests.ingest.reading import TOKEN, Reading
from tests.jenkins_world import Job, World, branch, millis
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


def finish(world: World, build: dict[str, Any], result: str = "SUCCESS") -> None:
    build |= {"building": False, "result": result, "duration": millis(world.now) - build["timestamp"]}


def unavailable() -> Reply:
    return Reply(b"<html>Jenkins is getting ready to work</html>", 503)


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


def test_nothing_new_costs_a_request_for_the_clock_and_one_for_all_jobs(world: World) -> None:
    for name in ("ml/fraud", "ml/deep/deeper/churn", "web"):
        job = world.add(name)
        for _ in range(3):
            world.build(job)
    site = reading(world)
    assert len(site.sync().of("ci_run")) == 9
    again = site.sync()
    assert again.pages == [] and len(again.requests) == 2


@pytest.mark.parametrize("days", [0.1, 3, 80])
@pytest.mark.parametrize("newer", [0, 250])
def test_a_build_in_progress_is_seen_finished_however_old(world: World, days: float, newer: int) -> None:
    job = world.add("ml/fraud")
    build = world.build(job, timedelta(days=days), building=True, result=None, duration=0)
    site = reading(world, deployments=[{"job": "fraud", "environment": "production"}])
    [run] = site.sync().of("ci_run")
    assert (run.status, run.conclusion, run.finished_at) == ("in_progress", None, None)
    assert site.kept["deployment", "ml/fraud#1"].status == "in_progress"  # type: ignore[attr-defined]
    assert site.sync().pages == []
    world.now += timedelta(days=40)
    for _ in range(newer):
        world.build(job)
    finish(world, build, "FAILURE")
    found = site.sync()
    run = site.kept["ci_run", "ml/fraud#1", 1]  # type: ignore[assignment]
    assert (run.status, run.conclusion, run.finished_at) == ("completed", "failure", world.now)
    assert site.kept["deployment", "ml/fraud#1"].status == "failed"  # type: ignore[attr-defined]
    assert len(found.of("ci_run")) == newer + 1 and len(site.of("ci_job")) == 2 * (newer + 1)
    assert site.sync().pages == []


def test_a_build_between_its_last_step_and_its_end_is_not_over(world: World) -> None:
    build = world.build(world.add("fraud"), building=False, result=None, duration=0)
    site = reading(world)
    assert [run.status for run in site.sync().of("ci_run")] == ["in_progress"]
    finish(world, build)
    assert [run.status for run in site.sync().of("ci_run")] == ["completed"]


def test_a_build_that_is_deleted_before_it_is_over_is_let_go(world: World) -> None:
    job = world.add("fraud")
    world.build(job, building=True, result=None)
    site = reading(world)
    site.sync()
    job.builds.clear()
    site.sync()
    assert site.marks["fraud"]["open"] == []


def test_a_build_that_is_listed_late_is_not_passed_over(world: World) -> None:
    job = world.add("fraud")
    world.build(job)
    late = world.build(job)
    del job.builds[2]
    world.build(job)
    site = reading(world)
    assert [run.run_id for run in site.sync().of("ci_run")] == ["fraud#1", "fraud#3"]
    job.builds[2] = late
    assert [run.run_id for run in site.sync().of("ci_run")] == ["fraud#2"]
    assert site.sync().pages == []


def test_the_first_reading_goes_back_ninety_days_or_to_since(world: World) -> None:
    job = world.add("fraud")
    for days in (300, 91, 89, 1):
        world.build(job, timedelta(days=days))
    assert [run.run_id for run in reading(world).sync().of("ci_run")] == ["fraud#3", "fraud#4"]
    assert len(reading(world, since="2026-01-01").sync().of("ci_run")) == 3


def test_since_reads_again_from_there(world: World) -> None:
    job = world.add("fraud")
    for days in (120, 100, 50, 1):
        world.build(job, timedelta(days=days))
    site = reading(world)
    assert len(site.sync().of("ci_run")) == 2
    assert len(site.sync(floor=NOW - timedelta(days=10)).of("ci_run")) == 1
    assert len(site.sync(floor=NOW - timedelta(days=110)).of("ci_run")) == 3
    assert site.sync().pages == []
    site.settings["since"] = "2025-01-01"
    assert len(site.sync().of("ci_run")) == 4
    assert site.sync().pages == [] and len(site.sync(full=True).of("ci_run")) == 4


def test_a_long_history_is_read_in_parts_and_a_build_deleted_meanwhile_hides_no_other(world: World) -> None:
    job = world.add("fraud", "freestyle")
    for number in range(450):
        world.build(job, timedelta(minutes=500 - number))
    everything = {f"fraud#{number}" for number in job.builds}
    world.server.troubles = [Trouble("allBuilds", spare=1, action=lambda: job.builds.pop(440) and None)]
    found = reading(world).sync()
    assert {run.run_id for run in found.of("ci_run")} == everything
    assert len(found.requests) < 10


def test_a_reading_cut_short_goes_on_where_it_ended(world: World) -> None:
    job = world.add("fraud")
    for number in range(250):
        world.build(job, timedelta(minutes=500 - number))
    site = reading(world)
    known = []
    for _ in range(4):
        limited = Reply(b"", 429, {"Retry-After": "7200"})
        world.server.troubles = [Trouble("wfapi", limited, times=999, spare=70)]
        stopped = site.sync().stopped
        known.append(len(site.of("ci_run")))
        if not stopped:
            break
        assert "rate limit" in stopped
    assert known == [70, 140, 210, 250]


def test_stages_that_fail_are_asked_for_again_and_the_rest_goes_on(world: World) -> None:
    for name in ("fraud", "churn"):
        job = world.add(name)
        for _ in range(3):
            world.build(job)
    world.server.troubles = [Trouble("fraud/2/wfapi", unavailable(), times=2)]
    site = reading(world)
    first = site.sync()
    [fault] = first.faults
    assert fault.startswith("src/fraud: 2/wfapi/describe: the server failed (503) (2 tries)") and "\n" not in fault
    assert len(first.of("ci_run")) == 5
    second = site.sync()
    assert second.faults == [] and [run.run_id for run in second.of("ci_run")] == ["fraud#2"]


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (unavailable(), "the server failed (503) (2 tries)"),
        (Reply(b"<html>denied</html>", 403), "may not read this (403); give it the permission Job/Read"),
        (Reply(b"", 404), "not found (404)"),
        (Reply(b"<html>Log in</html>"), "check that base_url is the API"),
    ],
)
def test_a_job_that_fails_is_a_fault_and_the_others_go_on(world: World, reply: Reply, words: str) -> None:
    for name in ("churn", "fraud", "web"):
        world.build(world.add(name))
    world.server.troubles = [Trouble("job/fraud/api", reply, times=99)]
    site = reading(world)
    first = site.sync()
    [fault] = first.faults
    assert words in fault and fault.startswith("src/fraud: ") and TOKEN not in fault
    assert [run.run_id for run in first.of("ci_run")] == ["churn#1", "web#1"]
    world.server.troubles = []
    assert [run.run_id for run in site.sync().of("ci_run")] == ["fraud#1"]


def test_a_wrong_token_stops_the_source(world: World) -> None:
    site = reading(world, user="somebody")
    stopped = site.sync().stopped or ""
    assert "$TOKEN was refused (401)" in stopped and TOKEN not in stopped and "<html>" not in stopped


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


def test_a_job_made_anew_is_read_anew(world: World) -> None:
    job = world.add("fraud")
    for _ in range(5):
        world.build(job)
    site = reading(world)
    site.sync()
    world.build(world.add("fraud"), result="FAILURE")
    assert [(run.run_id, run.conclusion) for run in site.sync().of("ci_run")] == [("fraud#1", "failure")]
    assert site.sync().pages == []


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


def test_one_bad_row_costs_no_other(world: World) -> None:
    job = world.add("fraud")
    for result in ("SUCCESS", "EXPLODED", "FAILURE"):
        world.build(job, result=result)
    job.builds[1]["timestamp"] = "yesterday"
    job.stages[3][0]["name"] = ["no", "name"]
    found = reading(world).sync()
    assert [run.run_id for run in found.of("ci_run")] == ["fraud#3"] and found.faults == []
    assert len(found.of("ci_job")) == 3
    assert sorted(bad.reason.split(":")[0] for bad in found.rejected) == ["conclusion", "name", "timestamp"]


def test_check_is_silent_when_all_is_well_and_names_what_is_missing(world: World) -> None:
    assert reading(world).check() == ["src: no job that the user can see matches *; correct `jobs`, or give Job/Read"]
    world.build(world.add("fraud"))
    assert reading(world).check() == []
    [line] = reading(world, user="somebody").check()
    assert "$TOKEN was refused" in line


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
