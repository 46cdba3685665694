"""What is kept of GitLab's objects: listed fields only, persons hashed, branches without their author's name."""

import re
from functools import partial
from typing import NotRequired

# pydantic reads TypedDicts of `typing` from Python 3.12 on only
from typing_extensions import TypedDict

from ingest.branches import nameless
from ingest.shapes import Item, Shape
from ingest.source import Hasher
from ingest.times import Utc

FREE_TEXT = {"ref", "name", "body", "yaml_errors", "target_branch"}
"""Fields that may hold a person or a secret, so that they are kept only where they could be looked through."""

APPROVED = "approved this merge request"
_BOT = re.compile(r"^(project|group)_\d+_bot|(^|[-_])bot\d*$|^(dependabot|renovate)", re.IGNORECASE)


class User(TypedDict):
    username: str


class Project(TypedDict):
    id: int
    path_with_namespace: str
    default_branch: NotRequired[str | None]
    builds_access_level: NotRequired[str | None]
    environments_access_level: NotRequired[str | None]
    merge_requests_access_level: NotRequired[str | None]


class ListedPipeline(TypedDict):
    id: int
    updated_at: Utc


class Pipeline(ListedPipeline):
    status: str
    created_at: str
    name: NotRequired[str | None]
    ref: NotRequired[str | None]
    sha: NotRequired[str | None]
    source: NotRequired[str | None]
    started_at: NotRequired[str | None]
    finished_at: NotRequired[str | None]
    user: NotRequired[User | None]
    web_url: NotRequired[str | None]
    yaml_errors: NotRequired[str | None]


class Job(TypedDict):
    id: int
    name: str
    status: str
    created_at: NotRequired[Utc | None]
    started_at: NotRequired[Utc | None]
    finished_at: NotRequired[Utc | None]
    allow_failure: NotRequired[bool | None]
    failure_reason: NotRequired[str | None]


class PipelineNumber(TypedDict):
    id: int


class Deployable(TypedDict):
    name: NotRequired[str | None]
    started_at: NotRequired[str | None]
    finished_at: NotRequired[str | None]
    pipeline: NotRequired[PipelineNumber | None]
    web_url: NotRequired[str | None]


class Environment(TypedDict):
    name: str
    tier: NotRequired[str | None]


class Approval(TypedDict):
    status: str
    created_at: NotRequired[str | None]


class ApprovalRule(TypedDict):
    deployment_approvals: NotRequired[list[Approval] | None]


class ApprovalSummary(TypedDict):
    rules: NotRequired[list[ApprovalRule] | None]


class Deployment(TypedDict):
    id: int
    status: str
    created_at: str
    updated_at: Utc
    environment: Environment
    ref: NotRequired[str | None]
    sha: NotRequired[str | None]
    user: NotRequired[User | None]
    deployable: NotRequired[Deployable | None]
    approvals: NotRequired[list[Approval] | None]
    approval_summary: NotRequired[ApprovalSummary | None]
    pending_approval_count: NotRequired[int | None]


class MergeRequest(TypedDict):
    id: int
    iid: int
    updated_at: Utc
    created_at: NotRequired[str | None]
    merged_at: NotRequired[str | None]
    sha: NotRequired[str | None]
    merge_commit_sha: NotRequired[str | None]
    squash_commit_sha: NotRequired[str | None]
    author: NotRequired[User | None]
    web_url: NotRequired[str | None]


class Commit(TypedDict):
    authored_date: NotRequired[str | None]
    committed_date: NotRequired[str | None]
    created_at: NotRequired[str | None]


class Note(TypedDict):
    system: bool
    created_at: str
    body: NotRequired[str | None]
    author: NotRequired[User | None]


def project(item: Project, hashed: Hasher) -> Item:
    levels = {name: item.get(f"{name}_access_level") for name in ("builds", "environments", "merge_requests")}
    return {
        "id": item["id"],
        "path": item["path_with_namespace"],
        "default_branch": item.get("default_branch"),
        "disabled": [name for name, level in levels.items() if level == "disabled"],
    }


def listed_pipeline(item: ListedPipeline, hashed: Hasher) -> Item:
    return {"id": item["id"], "updated_at": item["updated_at"]}


def pipeline(item: Pipeline, hashed: Hasher) -> Item:
    login = _login(item.get("user"))
    actor = hashed(login)
    return {
        "id": item["id"],
        "name": item.get("name"),
        "ref": nameless(item.get("ref"), login, actor),
        "sha": item.get("sha"),
        "source": item.get("source"),
        "status": item["status"],
        "is_valid": not item.get("yaml_errors"),
        "created_at": item["created_at"],
        "updated_at": item["updated_at"],
        "started_at": item.get("started_at"),
        "finished_at": item.get("finished_at"),
        "user": actor,
        "web_url": item.get("web_url"),
    }


def job(item: Job, hashed: Hasher) -> Item:
    kept: Item = {key: item.get(key) for key in ("id", "name", "status", "failure_reason")}
    kept |= {key: item.get(key) for key in ("created_at", "started_at", "finished_at")}
    return kept | {"allow_failure": bool(item.get("allow_failure"))}


def environment(item: Environment, hashed: Hasher) -> Item:
    return {"name": item["name"], "tier": item.get("tier")}


def deployment(item: Deployment, hashed: Hasher) -> Item:
    login = _login(item.get("user"))
    actor = hashed(login)
    job = item.get("deployable") or Deployable()
    run = job.get("pipeline")
    rules = (item.get("approval_summary") or ApprovalSummary()).get("rules") or []
    approvals = [each for rule in rules for each in rule.get("deployment_approvals") or []]
    approvals += item.get("approvals") or []
    return {
        "id": item["id"],
        "status": item["status"],
        "created_at": item["created_at"],
        "updated_at": item["updated_at"],
        "environment": nameless(item["environment"]["name"], login, actor),
        "ref": nameless(item.get("ref"), login, actor),
        "sha": item.get("sha"),
        "user": actor,
        "job": job.get("name"),
        "started_at": job.get("started_at"),
        "finished_at": job.get("finished_at"),
        "pipeline_id": run["id"] if run else None,
        "approvals": [{"status": each["status"], "created_at": each.get("created_at")} for each in approvals],
        "pending_approval_count": item.get("pending_approval_count"),
        "web_url": job.get("web_url"),
    }


def merge_request(item: MergeRequest, hashed: Hasher) -> Item:
    login = _login(item.get("author"))
    return {
        "id": item["id"],
        "iid": item["iid"],
        "created_at": item.get("created_at"),
        "updated_at": item["updated_at"],
        "merged_at": item.get("merged_at"),
        "sha": item.get("sha"),
        # a fast-forward merge makes no commit of its own
        "merge_sha": item.get("merge_commit_sha") or item.get("squash_commit_sha") or item.get("sha"),
        "author": hashed(login),
        "is_bot": _is_bot(login),
        "web_url": item.get("web_url"),
    }


def commit(item: Commit, hashed: Hasher) -> Item:
    dates = (item.get("authored_date"), item.get("committed_date"), item.get("created_at"))
    return {"dates": [date for date in dates if date]}


def note(item: Note, hashed: Hasher) -> Item:
    """A comment, or one of GitLab's own notes: of those only that it tells of an approval is kept."""
    login = _login(item.get("author"))
    return {
        "is_review": not item["system"] or (item.get("body") or "").startswith(APPROVED),
        "created_at": item["created_at"],
        "author": hashed(login),
        "is_bot": _is_bot(login),
    }


def _login(user: User | None) -> str | None:
    return user["username"] if user else None


def _is_bot(login: str | None) -> bool:
    return login is not None and _BOT.search(login) is not None


READ = "read_api"

_shape = partial(Shape, needs=READ, persons=dict.fromkeys(("user", "author"), "username"), free_text=FREE_TEXT)

PROJECTS = _shape(Project, list[Project], None, project)
LISTED_PIPELINES = _shape(ListedPipeline, list[ListedPipeline], None, listed_pipeline)
PIPELINES = _shape(Pipeline, list[Pipeline], None, pipeline)
JOBS = _shape(Job, list[Job], None, job)
ENVIRONMENTS = _shape(Environment, list[Environment], None, environment)
DEPLOYMENTS = _shape(Deployment, list[Deployment], None, deployment)
MERGE_REQUESTS = _shape(MergeRequest, list[MergeRequest], None, merge_request)
COMMITS = _shape(Commit, list[Commit], None, commit)
NOTES = _shape(Note, list[Note], None, note)
