"""From landed GitHub items to records. Pure: the same page gives the same records at any time."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from pydantic import ValidationError

from ingest.github_deployment_fields import PAYLOAD_FLAGS, PAYLOAD_TEXT
from ingest.reasons import reason
from ingest.records import Change, CiJob, CiRun, DeployedCommit, Deployment, Record
from ingest.shapes import Item
from ingest.source import Named, Page, Rejected
from ingest.times import earliest, in_order

RUN_STATUS = {"requested": "queued", "waiting": "queued", "pending": "queued"}
DEPLOYMENT_STATUS = {"queued": "pending", "failure": "failed", "error": "failed", "success": "succeeded"}
CAUSES = {"human_change", "retrain", "promotion", "config", "rollback", "hotfix", "redeploy"}
_RUN_LINK = re.compile(r"/actions/runs/(\d+)")


def records(page: Page) -> Iterator[Record | Rejected | Named]:
    """The page's items as records; one that is none comes as Rejected under its id."""
    if page.kind == "repository":
        yield from (Named(str(item["id"]), item["name"]) for item in page.items)
        return
    if page.kind == "deployed_commit":
        yield from (
            DeployedCommit(deployment_id=deployment_id(item), sha=sha) for item in page.items for sha in item["shas"]
        )
        return
    build = _BUILD[page.kind]
    for item in page.items:
        try:
            yield build(item)
        except ValidationError as error:
            yield Rejected(page.place, int(item["id"]), reason(error), item)


def ci_run(item: Item) -> CiRun:
    completed = item["status"] == "completed"
    started, finished = in_order(item["run_started_at"], item["updated_at"] if completed else None)
    return CiRun.model_validate(
        {
            "run_id": item["id"],
            "repo": item["repo"],
            # the path of a nameless workflow; what follows its @ is the branch that it ran on
            "workflow": item["name"] or (item["path"] or "").partition("@")[0],
            "attempt": item["run_attempt"],
            "branch": item["head_branch"],
            "sha": item["head_sha"],
            "event": item["event"],
            "status": RUN_STATUS.get(item["status"], item["status"]),
            "conclusion": item["conclusion"] if completed else None,
            "created_at": item["created_at"],
            "started_at": started,
            "finished_at": finished,
            "actor": item["actor"],
            "uses": item["referenced_workflows"],
            "url": item["html_url"],
        }
    )


def ci_job(item: Item) -> CiJob:
    started, finished = in_order(item["started_at"], item["completed_at"])
    return CiJob.model_validate(
        {
            "job_id": item["id"],
            "run_id": item["run_id"],
            "name": item["name"],
            "conclusion": item["conclusion"],
            "created_at": item["created_at"],
            "started_at": started,
            "finished_at": finished,
            "failed_step": item["failed_step"],
        }
    )


@dataclass(frozen=True)
class Outcome:
    """What a deployment's statuses say together; `final` when nothing more is expected."""

    status: str
    started_at: str | None = None
    finished_at: str | None = None
    approval_requested_at: str | None = None
    approved_at: str | None = None
    run_id: str | None = None
    url: str | None = None

    @property
    def has_waited(self) -> bool:
        """Whether it waited before it went on, for a reviewer or for a timer."""
        return self.approval_requested_at is not None and (self.approved_at is not None or self.final)

    @property
    def final(self) -> bool:
        return self.status in {"succeeded", "failed", "inactive"}


def outcome(statuses: list[Item]) -> Outcome:
    """Once succeeded stays succeeded: a later `inactive` only says that another deployment took its place."""
    # GitHub lists the newest first; the order of listing settles what happened within one second
    history = statuses[::-1]
    history.sort(key=lambda status: str(status["created_at"]))
    states = [str(status["state"]) for status in history]
    times = [str(status["created_at"]) for status in history]
    live = [index for index, state in enumerate(states) if state != "inactive"]
    finished: int | None = None
    if "success" in states:
        finished = states.index("success")
    elif live and states[live[-1]] in {"failure", "error"}:
        # the first of the failures in a row at the end
        finished = next(i for i in live if all(states[later] in {"failure", "error"} for later in live if later >= i))
    status = states[-1 if finished is None else finished] if states else "pending"
    waiting = _first(states, {"waiting"}, 0)
    approved = _first(states, {"queued", "pending", "in_progress", "success"}, waiting) if waiting is not None else None
    started = _first(states, {"in_progress"}, 0)
    links = [link for each in reversed(history) if (link := each["log_url"] or each["target_url"])]
    runs = [match[1] for link in links if (match := _RUN_LINK.search(link))]
    return Outcome(
        DEPLOYMENT_STATUS.get(status, status),
        times[started] if started is not None else None,
        times[finished] if finished is not None else None,
        times[waiting] if waiting is not None else None,
        times[approved] if approved is not None else None,
        runs[0] if runs else None,
        links[0] if links else None,
    )


def decided(item: Item) -> Outcome:
    """The outcome, with what its reviewers decided where that was asked: none of them had to when a timer ran out, and
    what they turned down did not fail."""
    result = outcome(item["statuses"])
    reviews = item.get("approvals")
    if reviews is None:
        return result
    states = {each["state"] for each in reviews if item["environment"] in each["environments"]}
    if not states & {"approved", "rejected"}:
        return replace(result, approval_requested_at=None, approved_at=None)
    return replace(result, status="cancelled") if "rejected" in states and result.status == "failed" else result


def deployment_id(item: Item) -> str:
    """Releases have numbers of their own."""
    return f"release-{item['id']}" if item.get("is_release") else str(item["id"])


def deployment(item: Item) -> Deployment:
    result = decided(item)
    started, finished = in_order(result.started_at, result.finished_at)
    payload = {key: value for key in PAYLOAD_TEXT + PAYLOAD_FLAGS if (value := item["payload"].get(key)) is not None}
    if payload.get("cause") not in CAUSES:
        payload.pop("cause", None)
    return Deployment.model_validate(
        {
            **payload,
            "deployment_id": deployment_id(item),
            "repo": item["repo"],
            "environment": item["environment"],
            "created_at": item["created_at"],
            "status": result.status,
            "sha": item["sha"],
            "ref": item["ref"],
            "started_at": started,
            "finished_at": finished,
            "run_id": result.run_id,
            "actor": item["creator"],
            "approval_requested_at": result.approval_requested_at,
            "approved_at": result.approved_at,
            "url": result.url or item["url"],
        }
    )


def change(item: Item) -> Change:
    human = [each["submitted_at"] for each in item["reviews"] if not each["is_bot"] and each["user"] != item["user"]]
    return Change.model_validate(
        {
            "change_id": item["id"],
            "repo": item["repo"],
            "merged_at": item["merged_at"],
            "number": item["number"],
            "opened_at": item["created_at"],
            "first_commit_at": item["first_commit_at"],
            "first_review_at": earliest([submitted for submitted in human if submitted]),
            "head_sha": item["head_sha"],
            "merge_sha": item["merge_commit_sha"],
            "author": item["user"],
            "is_bot": item["is_bot"],
            "url": item["html_url"],
        }
    )


_BUILD: dict[str, Callable[[Item], Record]] = {
    "ci_run": ci_run,
    "ci_job": ci_job,
    "deployment": deployment,
    "change": change,
}


def _first(states: list[str], wanted: set[str], start: int) -> int | None:
    return next((index for index in range(start, len(states)) if states[index] in wanted), None)
