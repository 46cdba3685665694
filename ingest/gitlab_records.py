"""From landed GitLab items to records. Pure: the same page gives the same records at any time."""

from collections.abc import Iterator

from ingest.gitlab_attempts import attempts
from ingest.records import Change, CiJob, CiRun, Deployment, Record
from ingest.rows import Row
from ingest.rows import records as validated
from ingest.shapes import Item
from ingest.source import Page, Rejected
from ingest.times import earliest, in_order

RUN_CONCLUSION = {
    "success": "success",
    "failed": "failure",
    "canceled": "cancelled",
    "skipped": "skipped",
    "manual": "action_required",
}
JOB_CONCLUSION = {"success": "success", "failed": "failure", "canceled": "cancelled", "skipped": "skipped"}
TIMEOUTS = {"stuck_or_timeout_failure", "job_execution_timeout", "runner_provisioning_timeout"}
DEPLOYMENT_STATUS = {
    "created": "pending",
    "running": "in_progress",
    "success": "succeeded",
    "failed": "failed",
    "canceled": "cancelled",
    "skipped": "cancelled",
    "blocked": "waiting",
}
OVER = {"succeeded", "failed", "cancelled"}
DEFAULT_WORKFLOW = ".gitlab-ci.yml"


def records(page: Page) -> Iterator[Record | Rejected]:
    """The page's items as records; one that is none comes as Rejected under its id."""
    return validated(page, {"ci_run": _run, "deployment": _deployment, "change": _change}[page.kind])


def _run(item: Item) -> Iterator[Row]:
    """A pipeline with its earlier attempts and its jobs."""
    jobs: list[Item] = item.get("jobs") or []
    *earlier, last = attempts(jobs)
    conclusion = RUN_CONCLUSION.get(item["status"])
    if conclusion == "failure" and not item["is_valid"]:
        conclusion = "startup_failure"
    running = "in_progress" if item["status"] in {"running", "canceling"} else "queued"
    started, finished = in_order(
        last.started_at if earlier else item["started_at"], item["finished_at"] if conclusion else None
    )
    run = {
        "run_id": item["id"],
        "repo": item["project"],
        "workflow": item["name"] or DEFAULT_WORKFLOW,
        "branch": item["ref"],
        "sha": item["sha"],
        "event": item["source"],
        "created_at": item["created_at"],
        "actor": item["user"],
        "url": item["web_url"],
    }
    for attempt in earlier:
        ended = {"status": "completed", "conclusion": attempt.conclusion, "attempt": attempt.number}
        yield CiRun, run | ended | {"started_at": attempt.started_at, "finished_at": attempt.finished_at}
    state = {"status": "completed" if conclusion else running, "conclusion": conclusion, "attempt": last.number}
    yield CiRun, run | state | {"started_at": started, "finished_at": finished}
    for job in jobs:
        yield _job(job, item["id"])


def _job(job: Item, run_id: int) -> Row:
    conclusion = JOB_CONCLUSION.get(job["status"])
    if conclusion == "failure":
        conclusion = "timed_out" if job["failure_reason"] in TIMEOUTS else conclusion
        # what is allowed to fail stops nobody
        conclusion = "neutral" if job["allow_failure"] else conclusion
    started, finished = in_order(job["started_at"], job["finished_at"])
    return CiJob, {
        "job_id": job["id"],
        "run_id": run_id,
        "name": job["name"],
        "conclusion": conclusion,
        "created_at": job["created_at"],
        "started_at": started,
        "finished_at": finished,
        "failed_step": job["failure_reason"] if job["status"] == "failed" else None,
    }


def _deployment(item: Item) -> Iterator[Row]:
    status = DEPLOYMENT_STATUS.get(item["status"], item["status"])
    finished = (item["finished_at"] or item["updated_at"]) if status in OVER else None
    started, finished = in_order(item["started_at"], finished)
    approved = [each["created_at"] for each in item["approvals"] if each["status"] == "approved" and each["created_at"]]
    is_guarded = bool(item["approvals"] or item["pending_approval_count"] or item["status"] == "blocked")
    # old versions made the deployment when its job was over
    created = earliest([item["created_at"], *([finished] if finished else [])])
    yield (
        Deployment,
        {
            "deployment_id": item["id"],
            "repo": item["project"],
            "environment": "/".join(part for part in (item["tier"], item["environment"]) if part),
            "created_at": created,
            "status": status,
            "sha": item["sha"],
            "ref": item["ref"],
            "started_at": started,
            "finished_at": finished,
            "workflow": item["job"],
            "run_id": str(item["pipeline_id"]) if item["pipeline_id"] else None,
            "actor": item["user"],
            "approval_requested_at": created if is_guarded else None,
            # the last one that was needed
            "approved_at": max(approved, default=None) if not item["pending_approval_count"] else None,
            "url": item["web_url"],
        },
    )


def _change(item: Item) -> Iterator[Row]:
    yield (
        Change,
        {
            "change_id": item["id"],
            "repo": item["project"],
            "merged_at": item["merged_at"],
            "number": item["iid"],
            "opened_at": item["created_at"],
            "first_commit_at": item["first_commit_at"],
            "first_review_at": item["first_review_at"],
            "head_sha": item["sha"],
            "merge_sha": item["merge_sha"],
            "author": item["author"],
            "is_bot": item["is_bot"],
            "url": item["web_url"],
        },
    )
