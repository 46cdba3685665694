"""What is kept of GitHub's runs, jobs, pull requests and repositories: listed fields only, persons hashed, branches
without their author's name."""

from typing import NotRequired

# pydantic reads TypedDicts of `typing` from Python 3.12 on only
from typing_extensions import TypedDict

from ingest.branches import nameless
from ingest.shapes import Item
from ingest.source import Hasher

PERSONS = dict.fromkeys(("actor", "creator", "user"), "login")
"""Fields that hold a person, and what names the person in them."""

FREE_TEXT = {"head_branch", "ref", "payload", "log_url", "target_url"}
"""Fields that may hold a person or a secret, so that they are kept only where they could be looked through."""


class User(TypedDict):
    login: str
    type: NotRequired[str | None]


class RepoName(TypedDict):
    full_name: str


class WorkflowReference(TypedDict):
    path: str


class Run(TypedDict):
    id: int
    repository: RepoName
    status: str | None
    created_at: str
    updated_at: str
    run_started_at: NotRequired[str | None]
    run_attempt: NotRequired[int | None]
    name: NotRequired[str | None]
    path: NotRequired[str | None]
    head_branch: NotRequired[str | None]
    head_sha: NotRequired[str | None]
    event: NotRequired[str | None]
    conclusion: NotRequired[str | None]
    actor: NotRequired[User | None]
    referenced_workflows: NotRequired[list[WorkflowReference] | None]
    html_url: NotRequired[str | None]


class RunPage(TypedDict):
    total_count: int
    workflow_runs: list[Run]


class Step(TypedDict):
    name: str
    conclusion: NotRequired[str | None]


class Job(TypedDict):
    id: int
    run_id: int
    name: str
    status: NotRequired[str | None]
    conclusion: NotRequired[str | None]
    created_at: NotRequired[str | None]
    started_at: NotRequired[str | None]
    completed_at: NotRequired[str | None]
    steps: NotRequired[list[Step] | None]


class JobPage(TypedDict):
    total_count: int
    jobs: list[Job]


class Head(TypedDict):
    sha: str


class BaseRepo(RepoName):
    default_branch: str


class Base(TypedDict):
    ref: str
    repo: BaseRepo


class Pull(TypedDict):
    id: int
    node_id: str
    number: int
    created_at: str
    updated_at: str
    head: Head
    base: Base
    merged_at: NotRequired[str | None]
    merge_commit_sha: NotRequired[str | None]
    user: NotRequired[User | None]
    html_url: NotRequired[str | None]


class Signature(TypedDict):
    date: NotRequired[str | None]


class CommitBody(TypedDict):
    author: NotRequired[Signature | None]
    committer: NotRequired[Signature | None]


class Commit(TypedDict):
    commit: CommitBody


class Review(TypedDict):
    submitted_at: NotRequired[str | None]
    user: NotRequired[User | None]


class Repository(RepoName):
    id: int
    name: str


def run(item: Run, hashed: Hasher) -> Item:
    name = login(item.get("actor"))
    actor = hashed(name)
    return {
        "id": item["id"],
        "repo": item["repository"]["full_name"],
        "name": item.get("name"),
        "path": item.get("path"),
        "run_attempt": item.get("run_attempt") or 1,
        "head_branch": nameless(item.get("head_branch"), name, actor),
        "head_sha": item.get("head_sha"),
        "event": item.get("event"),
        # GitHub may leave it empty: then the conclusion tells
        "status": item["status"] or ("completed" if item.get("conclusion") else "queued"),
        "conclusion": item.get("conclusion"),
        "created_at": item["created_at"],
        "run_started_at": item.get("run_started_at"),
        "updated_at": item["updated_at"],
        "actor": actor,
        "referenced_workflows": [each["path"] for each in item.get("referenced_workflows") or ()],
        "html_url": item.get("html_url"),
    }


def job(item: Job, hashed: Hasher) -> Item:
    steps = item.get("steps") or ()
    kept: Item = {key: item.get(key) for key in ("id", "run_id", "name", "conclusion")}
    kept |= {key: item.get(key) for key in ("created_at", "started_at", "completed_at")}
    kept["failed_step"] = next((step["name"] for step in steps if step.get("conclusion") == "failure"), None)
    return kept


def pull(item: Pull, hashed: Hasher) -> Item:
    user = item.get("user")
    return {
        "id": item["id"],
        "node_id": item["node_id"],
        "number": item["number"],
        "repo": item["base"]["repo"]["full_name"],
        "to_default_branch": item["base"]["ref"] == item["base"]["repo"]["default_branch"],
        "created_at": item["created_at"],
        "updated_at": item["updated_at"],
        "merged_at": item.get("merged_at"),
        "head_sha": item["head"]["sha"],
        "merge_commit_sha": item.get("merge_commit_sha"),
        "user": hashed(login(user)),
        "is_bot": _is_bot(user),
        "html_url": item.get("html_url"),
    }


def commit(item: Commit, hashed: Hasher) -> Item:
    signatures = (item["commit"].get("author"), item["commit"].get("committer"))
    return {"dates": [date for each in signatures if each and (date := each.get("date"))]}


def review(item: Review, hashed: Hasher) -> Item:
    user = item.get("user")
    return {"submitted_at": item.get("submitted_at"), "user": hashed(login(user)), "is_bot": _is_bot(user)}


def repository(item: Repository, hashed: Hasher) -> Item:
    return {"id": item["id"], "name": item["name"], "full_name": item["full_name"]}


def login(user: User | None) -> str | None:
    return user["login"] if user else None


def _is_bot(user: User | None) -> bool:
    return user is not None and (user.get("type") == "Bot" or user["login"].endswith("[bot]"))
