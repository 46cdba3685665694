"""From landed Azure DevOps items to records. Pure: the same page gives the same records at any time."""

from collections.abc import Iterator

from ingest.records import Change, CiJob, CiRun, Deployment, Record
from ingest.rows import Row
from ingest.rows import records as validated
from ingest.shapes import Item
from ingest.source import Page, Rejected
from ingest.times import in_order

CONCLUSION = {
    "succeeded": "success",
    "succeededWithIssues": "success",
    "partiallySucceeded": "success",
    "failed": "failure",
    "canceled": "cancelled",
    "abandoned": "cancelled",
    "skipped": "skipped",
    "none": "neutral",
}
RUNNING = {"inProgress": "in_progress", "cancelling": "in_progress"}
EVENT = {
    "individualCI": "push",
    "batchedCI": "push",
    "pullRequest": "pull_request",
    "buildCompletion": "upstream",
    "resourceTrigger": "upstream",
}
DEPLOYED = {
    "succeeded": "succeeded",
    "succeededWithIssues": "succeeded",
    "failed": "failed",
    "canceled": "cancelled",
    "abandoned": "cancelled",
    "skipped": "cancelled",
}


def records(page: Page) -> Iterator[Record | Rejected]:
    """The page's items as records; one that is none comes as Rejected under its id."""
    return validated(page, {"ci_run": _run, "deployment": _deployment, "change": _change}[page.kind])


def _repo(item: Item, project: str) -> str | None:
    """Repositories of Azure DevOps are unique within their project only; others have their owner in their name."""
    return f"{project}/{item['repo']}" if item["repo"] and item["is_hosted_here"] else item["repo"]


def _run(item: Item) -> Iterator[Row]:
    """A build with its earlier attempts and its jobs."""
    jobs: list[Item] = item["jobs"]
    is_over = item["status"] == "completed"
    conclusion = CONCLUSION.get(item["result"] or "none", item["result"]) if is_over else None
    if conclusion == "failure" and not item["is_valid"]:
        conclusion = "startup_failure"
    last = max((job["attempt"] for job in jobs), default=1)
    run = {
        "run_id": item["id"],
        "repo": _repo(item, item["project"]) or f"{item['project']}/{item['workflow']}",
        "workflow": item["workflow"],
        "branch": item["branch"],
        "sha": item["sha"],
        "event": EVENT.get(item["reason"], item["reason"]),
        "created_at": item["queue_time"],
        "actor": item["actor"],
        "url": item["url"],
    }
    for attempt in range(1, last):
        ran = [job for job in jobs if job["attempt"] == attempt]
        yield CiRun, run | _ended(ran) | {"attempt": attempt, "status": "completed"}
    begun = min((job["started"] for job in jobs if job["attempt"] == last and job["started"]), default=None)
    started, finished = in_order(begun if last > 1 else item["start_time"], item["finish_time"] if is_over else None)
    state = "completed" if is_over else RUNNING.get(item["status"], "queued")
    ended = {"started_at": started, "finished_at": finished, "conclusion": conclusion}
    yield CiRun, run | ended | {"attempt": last, "status": state}
    for job in jobs:
        started, finished = in_order(job["started"], job["finished"])
        yield (
            CiJob,
            {
                "job_id": f"{item['id']}/{job['id']}/{job['attempt']}",
                "run_id": item["id"],
                "name": job["name"],
                "conclusion": CONCLUSION.get(job["result"] or ""),
                "started_at": started,
                "finished_at": finished,
                "failed_step": job["failed_step"],
            },
        )


def _ended(ran: list[Item]) -> Item:
    """How an attempt ended that another one followed."""
    results = {job["result"] for job in ran}
    conclusion = "failure" if "failed" in results else "cancelled" if "canceled" in results else "success"
    return {
        "conclusion": conclusion,
        "started_at": min((job["started"] for job in ran if job["started"]), default=None),
        "finished_at": max((job["finished"] for job in ran if job["finished"]), default=None),
    }


def _deployment(item: Item) -> Iterator[Row]:
    build: Item = item["build"] or {}
    approval: Item = item["approval"] or {}
    status: str | None = "in_progress" if item["started"] else "pending"
    if item["finished"]:
        status = DEPLOYED.get(item["result"], item["result"])
    elif approval and not approval["given"]:
        status = "waiting"
    started, finished = in_order(item["started"], item["finished"])
    yield (
        Deployment,
        {
            "deployment_id": f"{item['environment_id']}/{item['id']}",
            "repo": (build and _repo(build, item["project"])) or f"{item['project']}/{item['definition']}",
            "environment": item["environment"],
            "created_at": item["queued"],
            "status": status,
            "sha": build.get("sha"),
            "ref": build.get("branch"),
            "started_at": started,
            "finished_at": finished,
            "workflow": build.get("workflow") or item["definition"],
            "run_id": str(item["build_id"]) if item["build_id"] else None,
            "actor": build.get("actor"),
            "approval_requested_at": approval.get("requested"),
            "approved_at": approval.get("given"),
            "url": build.get("url"),
        },
    )


def _change(item: Item) -> Iterator[Row]:
    yield (
        Change,
        {
            "change_id": item["id"],
            "repo": f"{item['project']}/{item['repo']}",
            "merged_at": item["closed"],
            "number": item["id"],
            "opened_at": item["opened"],
            "first_commit_at": item["first_commit_at"],
            "first_review_at": item["first_review_at"],
            "head_sha": item["head_sha"],
            "merge_sha": item["merge_sha"],
            "author": item["author"],
            "is_bot": item["is_bot"],
            "url": item["url"],
        },
    )
