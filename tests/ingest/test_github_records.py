"""From GitHub's objects to records: what each field becomes."""

import json
from datetime import datetime
from typing import Any

import pytest

from ingest.github_pages import COMMITS, DEPLOYMENTS, JOBS, PULLS, REVIEWS, RUNS, STATUSES
from ingest.github_records import outcome, records
from ingest.people import hasher
from ingest.records import Record
from ingest.source import Page, Rejected
from tests.github_objects import example

HASH = hasher(b"pepper")
MONA = HASH("octocat")


def record(kind: str, *items: dict[str, Any]) -> Any:
    [found] = records(Page(kind, "acme/fraud/x", list(items)))
    assert isinstance(found, Record)
    return found


def cut(shape: Any, item: Any) -> dict[str, Any]:
    listing = shape.one(json.dumps(item).encode(), "acme/fraud/x", HASH)
    assert listing.rejected == ()
    return dict(listing.items[0])


def run(**changes: Any) -> Any:
    return record("ci_run", cut(RUNS, example("workflow-run-paginated")["workflow_runs"][0] | changes))


def test_a_run_as_github_documents_it() -> None:
    created = datetime(2020, 1, 22, 19, 33, 8)
    assert run().model_dump() == {
        "run_id": "30433642",
        "repo": "octocat/Hello-World",
        "workflow": "Build",
        "created_at": created,
        "status": "queued",
        "attempt": 1,
        "branch": "master",
        "event": "push",
        "sha": "acb5820ced9479c074f688cc328bf03f341a511d",
        "conclusion": None,
        "started_at": created,
        "finished_at": None,
        "actor": MONA,
        "uses": [],
        "url": "https://github.com/octo-org/octo-repo/actions/runs/30433642",
    }


def test_a_finished_run_ends_when_it_was_last_updated() -> None:
    done = run(status="completed", conclusion="timed_out", updated_at="2020-01-22T20:00:00Z", run_attempt=3)
    assert (done.status, done.conclusion, done.attempt) == ("completed", "timed_out", 3)
    assert done.finished_at == datetime(2020, 1, 22, 20)


@pytest.mark.parametrize(
    ("status", "becomes"),
    [(name, "queued") for name in ("queued", "requested", "waiting", "pending")] + [("in_progress", "in_progress")],
)
def test_an_unfinished_run_has_no_end(status: str, becomes: str) -> None:
    unfinished = run(status=status, conclusion="success")
    assert (unfinished.status, unfinished.conclusion, unfinished.finished_at) == (becomes, None, None)


def test_a_run_without_a_status_is_over_when_it_has_a_conclusion() -> None:
    assert (run(status=None, conclusion="success").status, run(status=None).status) == ("completed", "queued")


def test_a_run_says_which_reusable_workflows_it_used() -> None:
    used = [{"path": "acme/ml/.github/workflows/deploy.yml@v2", "sha": "x", "ref": "y"}]
    assert run(referenced_workflows=used).uses == ["acme/ml/.github/workflows/deploy.yml@v2"]
    assert run(referenced_workflows=None).uses == []


def test_a_nameless_workflow_goes_by_its_path() -> None:
    assert run(name=None).workflow == ".github/workflows/build.yml"


def test_a_run_may_lack_what_github_leaves_open() -> None:
    lean = run(actor=None, head_branch=None, run_attempt=None, run_started_at=None)
    assert (lean.actor, lean.branch, lean.attempt, lean.started_at) == (None, None, 1, None)


@pytest.mark.parametrize(
    ("branch", "becomes"),
    [
        ("octocat-patch-1", f"{MONA}-patch-1"),
        ("users/OctoCat/fix", f"users/{MONA}/fix"),
        ("octocat", MONA),
        ("octocats-and-dogs", "octocats-and-dogs"),
        ("main", "main"),
    ],
)
def test_a_branch_loses_its_authors_name(branch: str, becomes: str) -> None:
    assert run(head_branch=branch).branch == becomes


def test_a_mainline_keeps_its_name_whoever_is_called_so() -> None:
    actor = example("workflow-run-paginated")["workflow_runs"][0]["actor"] | {"login": "main"}
    assert run(head_branch="main", actor=actor).branch == "main"


def job(**changes: Any) -> Any:
    return record("ci_job", cut(JOBS, example("job-paginated")["jobs"][0] | changes))


def test_a_job_as_github_documents_it() -> None:
    assert job(created_at="2020-01-20T17:42:30Z").model_dump() == {
        "job_id": "399444496",
        "run_id": "29679449",
        "name": "build",
        "conclusion": "success",
        "created_at": datetime(2020, 1, 20, 17, 42, 30),
        "started_at": datetime(2020, 1, 20, 17, 42, 40),
        "finished_at": datetime(2020, 1, 20, 17, 44, 39),
        "failed_step": None,
    }


def test_a_job_names_its_first_failed_step() -> None:
    steps = [
        {"name": name, "conclusion": end} for name, end in [("lint", "success"), ("a", "failure"), ("b", "failure")]
    ]
    assert job(steps=steps).failed_step == "a"
    assert job(steps=None).failed_step is None


def test_a_skipped_job_that_starts_after_its_end_has_no_start() -> None:
    skipped = job(started_at="2020-01-20T17:44:40Z", conclusion="skipped")
    assert (skipped.started_at, skipped.finished_at) == (None, datetime(2020, 1, 20, 17, 44, 39))


def status(state: str, minute: int, log_url: str = "", target_url: str = "") -> dict[str, Any]:
    links = {"log_url": log_url, "target_url": target_url}
    whole = example("deployment-status-items")[0] | {"state": state, "created_at": f"2026-05-01T10:{minute:02}:00Z"}
    return cut(STATUSES, whole | links)


def history(*states: str) -> list[dict[str, Any]]:
    """As GitHub lists it: the newest first."""
    return [status(state, minute) for minute, state in enumerate(states)][::-1]


@pytest.mark.parametrize(
    ("states", "becomes", "finished"),
    [
        ((), "pending", None),
        (("waiting",), "waiting", None),
        (("queued",), "pending", None),
        (("pending",), "pending", None),
        (("queued", "in_progress"), "in_progress", None),
        (("in_progress", "success"), "succeeded", 1),
        (("in_progress", "success", "inactive"), "succeeded", 1),
        (("success", "success"), "succeeded", 0),
        (("success", "failure"), "succeeded", 0),
        (("failure", "success"), "succeeded", 1),
        (("in_progress", "failure"), "failed", 1),
        (("in_progress", "error", "error"), "failed", 1),
        (("failure", "in_progress"), "in_progress", None),
        (("failure", "in_progress", "failure"), "failed", 2),
        (("in_progress", "failure", "inactive"), "failed", 1),
        (("in_progress", "inactive"), "inactive", None),
        (("failure", "in_progress", "inactive"), "inactive", None),
        (("inactive",), "inactive", None),
    ],
)
def test_a_deployments_statuses_make_one(states: tuple[str, ...], becomes: str, finished: int | None) -> None:
    found = outcome(history(*states))
    assert found.status == becomes
    assert found.finished_at == (None if finished is None else f"2026-05-01T10:{finished:02}:00Z")


def test_waiting_for_approval_has_a_begin_and_an_end() -> None:
    found = outcome(history("waiting", "queued", "in_progress", "success"))
    assert (found.approval_requested_at, found.approved_at) == ("2026-05-01T10:00:00Z", "2026-05-01T10:01:00Z")
    assert found.started_at == "2026-05-01T10:02:00Z"
    rejected = outcome(history("waiting", "failure"))
    assert (rejected.approval_requested_at, rejected.approved_at) == ("2026-05-01T10:00:00Z", None)


def deployment(statuses: list[dict[str, Any]], **changes: Any) -> Any:
    return record("deployment", cut(DEPLOYMENTS, example("deployment-items")[0] | changes) | {"statuses": statuses})


def test_a_deployment_as_github_documents_it() -> None:
    at = "2026-05-01T09:59:00Z"
    log = "https://github.com/acme/fraud/actions/runs/77/job/5?x=secret"
    found = deployment([status("success", 7, log_url=log), *history("in_progress")], created_at=at)
    assert found.model_dump(exclude_none=True) == {
        "deployment_id": "1",
        "repo": "octocat/example",
        "environment": "production",
        "created_at": datetime(2026, 5, 1, 9, 59),
        "status": "succeeded",
        "sha": "a84d88e7554fc1fa21bcbc4efae3c782a70d2b9d",
        "ref": "topic-branch",
        "started_at": datetime(2026, 5, 1, 10, 0),
        "finished_at": datetime(2026, 5, 1, 10, 7),
        "run_id": "77",
        "actor": MONA,
        "url": "https://github.com/acme/fraud/actions/runs/77/job/5",
    }


def test_a_deployment_is_linked_by_its_target_too_and_else_by_itself() -> None:
    target = "https://github.com/acme/fraud/actions/runs/78"
    assert deployment([status("success", 7, target_url=target)]).run_id == "78"
    bare = deployment([])
    assert (bare.run_id, bare.url) == (None, "https://api.github.com/repos/octocat/example/deployments/1")


PAYLOAD = {
    "product": "fraud-score",
    "via_platform": True,
    "model_name": "fraud",
    "model_version": "12",
    "data_version": "2026-04",
    "artifact": "registry/fraud:12",
    "cause": "retrain",
    "rollback_of": "4711",
    "is_unplanned": False,
}


@pytest.mark.parametrize("payload", [PAYLOAD, json.dumps(PAYLOAD), PAYLOAD | {"secret": "x", "nested": {"a": 1}}])
def test_a_payload_can_say_more(payload: Any) -> None:
    found = deployment([], payload=payload)
    assert {key: getattr(found, key) for key in PAYLOAD} == PAYLOAD


@pytest.mark.parametrize(
    "payload",
    [
        None,
        "",
        "deploy please",
        "[1]",
        7,
        {"product": " ", "model_version": 12, "via_platform": "yes", "cause": "whim"},
    ],
)
def test_a_payload_that_says_something_else_is_passed_over(payload: Any) -> None:
    found = deployment([], payload=payload)
    assert [getattr(found, key) for key in PAYLOAD] == [None] * len(PAYLOAD)


def pull(**changes: Any) -> dict[str, Any]:
    details = {key: changes.pop(key, default) for key, default in (("first_commit_at", None), ("reviews", []))}
    return cut(PULLS, example("pull-request-simple-items")[0] | changes) | details


def test_a_request_as_github_documents_it() -> None:
    at = datetime(2011, 1, 26, 19, 1, 12)
    assert record("change", pull()).model_dump(exclude_none=True) == {
        "change_id": "1",
        "repo": "octocat/Hello-World",
        "merged_at": at,
        "number": 1347,
        "opened_at": at,
        "head_sha": "6dcb09b5b57875f334f61aebed695e2e4193db5e",
        "merge_sha": "e5bd3914e2e596debea16f433f57875b5b90bcd6",
        "author": MONA,
        "is_bot": False,
        "url": "https://github.com/octocat/Hello-World/pull/1347",
    }


@pytest.mark.parametrize(("login", "kind"), [("dependabot[bot]", "User"), ("renovate", "Bot")])
def test_bots_are_told_from_people(login: str, kind: str) -> None:
    assert record("change", pull(user={"login": login, "type": kind})).is_bot is True


def test_a_request_of_someone_who_left_has_no_author() -> None:
    gone = record("change", pull(user=None))
    assert (gone.author, gone.is_bot) == (None, False)


def test_the_first_review_is_the_first_of_another_person() -> None:
    def review(login: str, day: int | None, kind: str = "User") -> dict[str, Any]:
        submitted = day and f"2011-01-{day:02}T10:00:00Z"
        return cut(REVIEWS, {"user": {"login": login, "type": kind}, "submitted_at": submitted})

    reviews = [
        review("octocat", 11),
        review("scan[bot]", 12),
        review("pending", None),
        review("b", 15),
        review("c", 14),
    ]
    assert record("change", pull(reviews=reviews)).first_review_at == datetime(2011, 1, 14, 10)
    assert record("change", pull(reviews=reviews[:3])).first_review_at is None


def test_of_a_commit_only_its_dates_are_kept() -> None:
    assert cut(COMMITS, example("commit-items")[0]) == {"dates": ["2011-04-14T16:00:49Z"] * 2}


def test_a_row_that_is_no_record_is_rejected_under_its_id() -> None:
    bad = cut(RUNS, example("workflow-run-paginated")["workflow_runs"][0] | {"created_at": "yesterday"})
    [found] = records(Page("ci_run", "acme/fraud/actions/runs", [bad]))
    assert isinstance(found, Rejected) and (found.place, found.row) == ("acme/fraud/actions/runs", 30433642)
    assert found.reason.startswith("created_at: ") and found.content == bad
