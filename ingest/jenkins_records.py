"""From landed Jenkins builds to records. Pure: the same page gives the same records at any time."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatch

from ingest.records import CiJob, CiRun, Deployment
from ingest.rows import Row
from ingest.settings import JenkinsDeployment
from ingest.shapes import Item

CONCLUSION = {
    "SUCCESS": "success",
    "UNSTABLE": "failure",
    "FAILURE": "failure",
    "FAILED": "failure",
    "ABORTED": "cancelled",
    "NOT_BUILT": "skipped",
    "NOT_EXECUTED": "skipped",
}
DEPLOYED = {
    "SUCCESS": "succeeded",
    "UNSTABLE": "succeeded",
    "FAILURE": "failed",
    "FAILED": "failed",
    "ABORTED": "cancelled",
    "NOT_BUILT": "cancelled",
}
EVENT = {
    "TimerTriggerCause": "schedule",
    "UserIdCause": "manual",
    "UpstreamCause": "upstream",
    "BuildUpstreamCause": "upstream",
    "ReplayCause": "replay",
    "BranchIndexingCause": "push",
    "BranchEventCause": "push",
    "SCMTriggerCause": "push",
    "GitHubPushCause": "push",
}


def rows(item: Item, base_url: str, deployments: Sequence[JenkinsDeployment]) -> Iterator[Row]:
    """A build with its stages, and the deployment that it is or holds."""
    job = item["job"]
    run_id = f"{job['name']}#{item['number']}"
    started = item["timestamp"]
    finished = None if item["building"] else started + item["duration"]
    run = {
        "run_id": run_id,
        "repo": item["repo"] or job["workflow"],
        "workflow": job["workflow"],
        "branch": (item["branch"] if item["branch"] != "detached" else None) or job["branch"],
        "sha": item["sha"],
        "event": EVENT.get(item["cause"], item["cause"]),
        "status": "in_progress" if finished is None else "completed",
        "conclusion": None if finished is None else CONCLUSION.get(item["result"], item["result"]),
        # without the plugin that tells it, when the build was asked for is not known: then nor is it how long it waited
        "created_at": _time(started - (item["queued"] or 0)),
        "started_at": None if item["queued"] is None else _time(started),
        "finished_at": _time(finished),
        "actor": item["actor"],
        "url": f"{base_url}/{job['path']}/{item['number']}/" if job["path"] else None,
    }
    yield CiRun, run
    for stage in item["stages"]:
        yield _stage(stage, run_id)
    for rule in deployments:
        names = (job["name"], job["workflow"], job["workflow"].rpartition("/")[2])
        if any(fnmatch(name.lower(), rule.job.lower()) for name in names):
            yield from _deployed(item, run, rule)


def _stage(stage: Item, run_id: str) -> Row:
    conclusion = CONCLUSION.get(stage["status"])
    ran = stage["started"] and conclusion != "skipped"
    return CiJob, {
        "job_id": f"{run_id}/{stage['id']}",
        "run_id": run_id,
        "name": stage["name"],
        "conclusion": conclusion,
        "started_at": _time(stage["started"]) if ran else None,
        "finished_at": _time(stage["started"] + (stage["duration"] or 0)) if ran and conclusion else None,
    }


def _deployed(item: Item, run: Item, rule: JenkinsDeployment) -> Iterator[Row]:
    """The build as a deployment, or its stages where the rule names some; none where nothing was deployed."""
    environment = rule.environment or item["parameters"].get(rule.parameter or "")
    if not environment:
        return
    common = {key: run[key] for key in ("repo", "sha", "actor", "workflow", "run_id", "url")}
    common |= {"environment": environment, "ref": run["branch"], "created_at": run["created_at"]}
    if rule.stage is None:
        status = "in_progress" if item["building"] else DEPLOYED.get(item["result"], item["result"])
        times = {"started_at": _time(item["timestamp"]), "finished_at": run["finished_at"]}
        yield Deployment, common | times | {"deployment_id": run["run_id"], "status": status}
        return
    for stage in item["stages"]:
        status = DEPLOYED.get(stage["status"])
        if status and stage["started"] and fnmatch(stage["name"].lower(), rule.stage.lower()):
            ended = stage["started"] + (stage["duration"] or 0)
            times = {"started_at": _time(stage["started"]), "finished_at": _time(ended)}
            yield Deployment, common | times | {"deployment_id": f"{run['run_id']}/{stage['id']}", "status": status}


def _time(milliseconds: int | None) -> str | None:
    if milliseconds is None:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        # no date; the record that it stands in is refused by it
        return f"{milliseconds} ms"
