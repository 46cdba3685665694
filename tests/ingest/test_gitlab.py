"""The gitlab source against a real server on loopback: what it reads, when it reads again, what a failure leaves."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.gitlab_world import Project, World, iso
from tests.ingest.reading import TOKEN, Reading
from tests.loopback import Reply, Trouble

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


ENDLESS = Reply([{"id": 1, "updated_at": "2026-03-04T11:00:00Z"}], headers={"Link": '</again>; rel="next"'})


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


@pytest.mark.parametrize("days", [0.1, 3, 80])
@pytest.mark.parametrize("newer", [0, 250])
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


def span(created: int, started: int, finished: int) -> dict[str, str]:
    return {"created_at": clock(created), "started_at": clock(started), "finished_at": clock(finished)}


def test_a_pipeline_tried_again_by_a_person_keeps_its_first_verdict(world: World) -> None:
    project = fraud(world)
    pipeline = world.pipeline(project, clock(40), status="success", **span(0, 1, 40))
    world.job(project, pipeline, "build", **span(0, 1, 5))
    world.job(project, pipeline, "test", status="failed", **span(0, 5, 10))
    world.job(project, pipeline, "lint", status="failed", allow_failure=True, **span(0, 5, 6))
    world.job(project, pipeline, "test", **span(30, 31, 35))
    world.job(project, pipeline, "lint", **span(30, 31, 32))
    # skipped in the first attempt: GitLab uses the same job again
    world.job(project, pipeline, "deploy", **span(0, 36, 40))
    found = reading(world).sync()
    assert [
        (run.attempt, run.conclusion, run.started_at.minute, run.finished_at.minute) for run in found.of("ci_run")
    ] == [
        (1, "failure", 1, 10),
        (2, "success", 31, 40),
    ]
    assert len(found.of("ci_job")) == 6


def test_a_job_that_gitlab_tries_again_by_itself_is_no_new_attempt(world: World) -> None:
    project = fraud(world)
    pipeline = world.pipeline(project, clock(20), status="success", **span(0, 1, 20))
    world.job(project, pipeline, "test", status="failed", **span(0, 1, 10))
    world.job(project, pipeline, "test", **span(10, 11, 20))
    assert [run.attempt for run in reading(world).sync().of("ci_run")] == [1]


def test_a_job_tried_again_while_others_run_is_no_new_attempt(world: World) -> None:
    project = fraud(world)
    pipeline = world.pipeline(project, clock(50), status="success", **span(0, 1, 50))
    world.job(project, pipeline, "train", **span(0, 1, 50))
    world.job(project, pipeline, "test", status="failed", **span(0, 1, 10))
    world.job(project, pipeline, "test", **span(20, 21, 30))
    assert [run.attempt for run in reading(world).sync().of("ci_run")] == [1]


def test_each_person_who_starts_a_pipeline_again_makes_an_attempt(world: World) -> None:
    project = fraud(world)
    pipeline = world.pipeline(project, clock(50), status="failed", **span(0, 1, 50))
    for begin, status in ((0, "canceled"), (20, "success"), (40, "failed")):
        world.job(project, pipeline, "test", status=status, **span(begin, begin + 1, begin + 10))
    runs = reading(world).sync().of("ci_run")
    assert [(run.attempt, run.conclusion) for run in runs] == [(1, "cancelled"), (2, "success"), (3, "failure")]


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


def test_a_pipeline_that_changes_while_paging_hides_no_other(world: World) -> None:
    project = fraud(world)
    for minutes in range(350):
        world.pipeline(project, world.ago(minutes=400 - minutes), status="running")
    everything = {str(each["id"]) for each in project.pipelines}

    def finish() -> None:
        for pipeline in project.pipelines[:60]:
            pipeline |= {"status": "success", "updated_at": iso(world.now)}

    world.server.troubles = [Trouble(r"pipelines\?", spare=1, action=finish)]
    site = reading(world, jobs=False)
    site.sync()
    assert {run.run_id for run in site.of("ci_run")} == everything
    assert sum(run.status == "completed" for run in site.of("ci_run")) == 60


def test_more_pipelines_in_a_moment_than_a_page_holds_all_come(world: World) -> None:
    for _ in range(330):
        world.pipeline(fraud(world), "2026-05-03T10:00:00.000Z")
    world.pipeline(fraud(world), "2026-05-03T10:00:01.000Z")
    site = reading(world, jobs=False)
    found = site.sync()
    assert len(found.of("ci_run")) == len({run.run_id for run in found.of("ci_run")}) == 331
    assert site.sync().records == []


def test_a_server_in_another_zone_is_read_in_the_right_order(world: World) -> None:
    project = fraud(world)
    for hour in range(120):
        moment = datetime(2026, 4, 28, 20) + timedelta(hours=hour)
        world.pipeline(project, moment.isoformat(timespec="milliseconds") + ("+02:00" if hour % 2 else "Z"))
    site = reading(world, jobs=False)
    assert len(site.sync().of("ci_run")) == 120
    assert site.sync().records == []


def test_a_reading_cut_short_goes_on_where_it_ended(world: World) -> None:
    project = fraud(world)
    for minutes in range(250):
        world.pipeline(project, world.ago(minutes=1_000 - minutes))
    site = reading(world, jobs=False)
    known = []
    for _ in range(4):
        limited = failed(429, **{"Retry-After": "7200"})
        world.server.troubles = [Trouble(r"pipelines/", limited, times=999, spare=70)]
        stopped = site.sync().stopped
        known.append(len(site.of("ci_run")))
        if not stopped:
            break
        assert "rate limit reached; resets at" in stopped
    assert known == [70, 140, 210, 250]


def test_a_detail_that_fails_is_asked_for_again(world: World) -> None:
    project = fraud(world)
    pipelines = [world.pipeline(project, world.ago(hours=hours)) for hours in (3, 2, 1)]
    deployments = [world.deployment(project, world.ago(hours=hours)) for hours in (3, 2, 1)]
    requests = [world.request(project, world.ago(hours=hours)) for hours in (3, 2, 1)]
    world.server.troubles = [
        Trouble(f"pipelines/{pipelines[1]['id']}/jobs", failed(500), times=2),
        Trouble(f"deployments/{deployments[1]['id']}", failed(502), times=2),
        Trouble(f"merge_requests/{requests[1]['iid']}/notes", failed(403)),
    ]
    site = reading(world)
    first = site.sync()
    assert len(first.faults) == 3 and len(first.records) == 6
    assert all(fault.startswith("src/acme/fraud: ") and "\n" not in fault for fault in first.faults)
    later(world, days=3)
    second = site.sync()
    assert second.faults == [] and len(second.records) == 3 and len(site.kept) == 9


@pytest.mark.parametrize("path", ["pipelines", "deployments", "merge_requests"])
@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (failed(500), "the server failed (500: 500 Something) (2 tries)"),
        (failed(403), "may not read this (403: 403 Something); give it the permission read_api"),
        (failed(404), "not found (404): renamed, removed or not visible to $TOKEN"),
        (Reply(b"<html>Please log in</html>"), "check that base_url is the API"),
        (ENDLESS, "its pages repeat themselves"),
    ],
)
def test_a_list_that_fails_is_a_fault_and_the_rest_goes_on(world: World, path: str, reply: Reply, words: str) -> None:
    for project in (fraud(world), world.add("acme/churn")):
        world.pipeline(project, world.ago(days=1))
        world.deployment(project, world.ago(days=1))
        world.request(project, world.ago(days=1))
    world.server.troubles = [Trouble(rf"projects/100/{path}\?", reply, times=99)]
    site = reading(world, projects=["acme/*"])
    found = site.sync()
    [fault] = found.faults
    assert found.stopped is None and words in fault and TOKEN not in fault
    assert len([record for record in found.records if record.repo == "acme/churn"]) == 3  # type: ignore[attr-defined]
    world.server.troubles = []
    assert site.sync().faults == [] and len(site.kept) == 6


def test_a_refused_token_stops_the_source(world: World) -> None:
    world.token = "another"
    found = reading(world).sync()
    assert "src/acme/fraud" in (found.stopped or "") and "$TOKEN was refused (401: 401 Unauthorized)" in (
        found.stopped or ""
    )
    assert {headers.get("PRIVATE-TOKEN") for headers in world.server.sent} == {TOKEN}
    assert all("Authorization" not in headers for headers in world.server.sent)


def test_globs_find_projects_of_groups_subgroups_people_and_all(world: World) -> None:
    for path in ("acme/ml/churn", "acme/ml/fraud", "acme/web", "nora/private", "other/thing"):
        world.pipeline(world.add(path), world.ago(days=1))
    world.users.add("nora")

    def found(*projects: str) -> set[str]:
        sync = reading(world, projects=list(projects)).sync()
        assert sync.faults == []
        return {run.repo for run in sync.of("ci_run")}

    assert found("acme/*") == {"acme/ml/churn", "acme/ml/fraud", "acme/web"}
    assert found("acme/ml/*") == {"acme/ml/churn", "acme/ml/fraud"}
    assert found("acme/*/fraud", "acme/ML/FRAUD") == {"acme/ml/fraud"}
    assert found("nora/*") == {"nora/private"}
    assert found("*/thing", "other/thing") == {"other/thing"}


def test_all_projects_come_page_by_page(world: World) -> None:
    for number in range(230):
        world.pipeline(world.add(f"acme/model-{number}"), world.ago(days=1))
    sync = reading(world, projects=["*"], jobs=False).sync()
    assert len(sync.of("ci_run")) == 230
    assert sum("/projects?" in address for address, _ in sync.requests) == 4


def test_a_project_that_is_not_there_is_a_fault(world: World) -> None:
    world.pipeline(fraud(world), world.ago(days=1))
    found = reading(world, projects=["acme/none", "void/*", "acme/fraud"]).sync()
    assert len(found.faults) == 2 and len(found.records) == 1
    assert found.faults[0] == "src/acme/none: matches no project that the token can see; correct `projects`"


def test_what_a_project_has_switched_off_is_not_asked_for(world: World) -> None:
    fraud(world).levels = {"builds_access_level": "disabled", "environments_access_level": "disabled"}
    found = reading(world).sync()
    assert [page.kind for page in found.pages] == ["change"]


def test_ids_are_unique_over_projects_and_a_moved_project_is_not_read_anew(world: World) -> None:
    world.pipeline(fraud(world), world.ago(days=1))
    site = reading(world, projects=["acme/*"])
    site.sync()
    fraud(world).path = "acme/scoring"
    assert site.sync().records == []
    world.pipeline(fraud(world), world.ago(hours=1))
    assert [run.repo for run in site.sync().of("ci_run")] == ["acme/scoring"]


def test_one_bad_row_costs_no_other(world: World) -> None:
    pipelines = [world.pipeline(fraud(world), world.ago(hours=hours)) for hours in (3, 2, 1)]
    for pipeline in pipelines:
        world.job(fraud(world), pipeline, "build")
    world.job(fraud(world), pipelines[0], "test", id="seven")
    pipelines[1]["created_at"] = ["no", "time"]
    pipelines[2]["created_at"] = "yesterday"
    found = reading(world).sync()
    assert len(found.of("ci_run")) == 1 and len(found.of("ci_job")) == 2 and found.faults == []
    assert sorted(bad.reason.split(":")[0] for bad in found.rejected) == ["created_at", "created_at", "id"]
    assert {bad.row for bad in found.rejected} >= {pipelines[1]["id"], pipelines[2]["id"]}


def test_since_reads_again_from_there(world: World) -> None:
    for days in (120, 100, 50, 1):
        world.pipeline(fraud(world), world.ago(days=days))
    site = reading(world)
    assert len(site.sync().records) == 2
    assert len(site.sync(floor=NOW - timedelta(days=110)).records) == 3
    assert site.sync().records == []
    assert len(site.sync(full=True).records) == 2
    site.settings["since"] = "2025-01-01"
    assert len(site.sync().records) == 4
    assert site.sync().records == []


def test_no_person_and_no_secret_gets_into_a_page(world: World) -> None:
    project, person = fraud(world), "nora-nystrom"
    user = {"id": 7, "username": person, "name": "Nora Nystrom", "email": "nora@acme.example"}
    pipeline = world.pipeline(project, world.ago(days=1), user=user, ref=f"{person}/topic", name=f"Fix by {person}")
    world.pipeline(project, world.ago(days=1), user=user, created_at=None, ref=person)
    world.job(project, pipeline, "build", user=user, runner={"description": person})
    world.deployment(project, world.ago(days=1), user=user, environment={"id": 1, "name": f"review/{person}-fix"})
    request = world.request(project, world.ago(days=1), author=user, title=f"{person} did it", description="hunter2")
    world.note(project, request, world.ago(days=1), "rita-reviewer", "hunter2")
    site = reading(world)
    found = site.sync()
    assert len(found.records) == 4 and len(found.rejected) == 1
    written = site.written.lower()
    for word in (
        person,
        "nora",
        "rita",
        "administrator",
        "root",
        "john",
        "acme.example",
        "hunter2",
        "readme",
        TOKEN.lower(),
    ):
        assert word not in written
    assert found.of("ci_run")[0].actor == found.of("deployment")[0].actor == found.of("change")[0].author


def test_check_is_silent_when_all_is_well_and_names_what_is_missing(world: World) -> None:
    world.pipeline(fraud(world), world.ago(days=1))
    assert reading(world).check() == []
    world.server.troubles = [Trouble("deployments", failed(403))]
    lines = reading(world, projects=["acme/fraud", "acme/gone"]).check()
    assert [line.split(" ")[0] for line in lines] == ["src/acme/fraud:", "src/acme/gone:"]
    world.token = "another"
    [line] = reading(world).check()
    assert "$TOKEN was refused" in line


@pytest.mark.parametrize("path", ["", "/api/v4", "/"])
def test_a_base_url_may_leave_out_the_api(world: World, path: str) -> None:
    world.pipeline(fraud(world), world.ago(days=1))
    assert len(reading(world, base_url=world.server.base_url + path).sync().records) == 1
