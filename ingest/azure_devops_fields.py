"""What is kept of Azure DevOps' objects: listed fields only, persons hashed, branches without their author's name."""

from typing import Annotated, Any, NotRequired

from pydantic import AfterValidator

# pydantic reads TypedDicts of `typing` from Python 3.12 on only
from typing_extensions import TypedDict

from ingest.branches import nameless
from ingest.shapes import Item
from ingest.source import Hasher
from ingest.times import utc


def _given(text: str | None) -> str | None:
    """Azure DevOps writes the first moment of its calendar where there is no time."""
    return None if text is None or text.startswith("0001-01-01") else utc(text)


Date = Annotated[str | None, AfterValidator(_given)]


class Project(TypedDict):
    id: str
    name: str


class Identity(TypedDict):
    uniqueName: NotRequired[str | None]
    descriptor: NotRequired[str | None]


class Repository(TypedDict):
    id: str
    name: NotRequired[str | None]
    type: NotRequired[str | None]
    defaultBranch: NotRequired[str | None]


class Definition(TypedDict):
    name: NotRequired[str | None]
    path: NotRequired[str | None]


class Validation(TypedDict):
    result: NotRequired[str | None]


class Link(TypedDict):
    href: NotRequired[str | None]


class Links(TypedDict):
    web: NotRequired[Link | None]


class Build(TypedDict):
    id: int
    status: str
    queueTime: Date
    result: NotRequired[str | None]
    startTime: NotRequired[Date]
    finishTime: NotRequired[Date]
    definition: NotRequired[Definition | None]
    repository: NotRequired[Repository | None]
    sourceBranch: NotRequired[str | None]
    sourceVersion: NotRequired[str | None]
    reason: NotRequired[str | None]
    requestedFor: NotRequired[Identity | None]
    validationResults: NotRequired[list[Validation] | None]
    _links: NotRequired[Links | None]


class Attempt(TypedDict):
    timelineId: NotRequired[str | None]


class TimelineRecord(TypedDict):
    id: str
    type: str
    parentId: NotRequired[str | None]
    name: NotRequired[str | None]
    identifier: NotRequired[str | None]
    startTime: NotRequired[Date]
    finishTime: NotRequired[Date]
    result: NotRequired[str | None]
    attempt: NotRequired[int | None]
    order: NotRequired[int | None]
    previousAttempts: NotRequired[list[Attempt] | None]


class Timeline(TypedDict):
    records: list[TimelineRecord] | None


class Environment(TypedDict):
    id: int
    name: str


class Owner(TypedDict):
    id: NotRequired[int | None]


class DeploymentRecord(TypedDict):
    id: int
    environmentId: int
    queueTime: NotRequired[Date]
    startTime: NotRequired[Date]
    finishTime: NotRequired[Date]
    result: NotRequired[str | None]
    stageName: NotRequired[str | None]
    definition: NotRequired[Definition | None]
    owner: NotRequired[Owner | None]


class Commit(TypedDict):
    commitId: NotRequired[str | None]


class PullRequest(TypedDict):
    pullRequestId: int
    repository: Repository
    creationDate: NotRequired[Date]
    closedDate: Date
    targetRefName: NotRequired[str | None]
    lastMergeSourceCommit: NotRequired[Commit | None]
    lastMergeCommit: NotRequired[Commit | None]
    createdBy: NotRequired[Identity | None]


class Signature(TypedDict):
    date: NotRequired[Date]


class ListedCommit(TypedDict):
    author: NotRequired[Signature | None]
    committer: NotRequired[Signature | None]


class Comment(TypedDict):
    commentType: NotRequired[str | None]
    publishedDate: NotRequired[Date]
    author: NotRequired[Identity | None]


class Thread(TypedDict):
    comments: NotRequired[list[Comment] | None]
    properties: NotRequired[dict[str, Any] | None]


def project(item: Project, hashed: Hasher) -> Item:
    return {"id": item["id"], "name": item["name"]}


def build(item: Build, hashed: Hasher) -> Item:
    login = _login(item.get("requestedFor"))
    actor = hashed(login)
    repo = item.get("repository")
    is_hosted_here = repo is not None and (repo.get("type") or "").lower() in {"tfsgit", "tfsversioncontrol"}
    definition = item.get("definition") or Definition()
    folder = (definition.get("path") or "").replace("\\", "/").strip("/")
    web = (item.get("_links") or Links()).get("web")
    return {
        "id": item["id"],
        "status": item["status"],
        "result": item.get("result"),
        "workflow": "/".join(part for part in (folder, definition.get("name")) if part) or None,
        "repo": repo.get("name") if repo else None,
        "is_hosted_here": is_hosted_here,
        "branch": _branch(item.get("sourceBranch"), login, actor),
        "sha": item.get("sourceVersion"),
        "reason": item.get("reason"),
        "is_valid": not any(each.get("result") == "error" for each in item.get("validationResults") or ()),
        "queue_time": item["queueTime"],
        "start_time": item.get("startTime"),
        "finish_time": item.get("finishTime") or item["queueTime"],
        "actor": actor,
        "url": web.get("href") if web else None,
    }


def timeline_record(item: TimelineRecord, hashed: Hasher) -> Item:
    return {
        "id": item["id"],
        "parent": item.get("parentId"),
        "type": item["type"],
        "name": item.get("name"),
        "identifier": item.get("identifier"),
        "started": item.get("startTime"),
        "finished": item.get("finishTime"),
        "result": item.get("result"),
        "attempt": item.get("attempt") or 1,
        "order": item.get("order") or 0,
        "earlier": [each["timelineId"] for each in item.get("previousAttempts") or () if each.get("timelineId")],
    }


def environment(item: Environment, hashed: Hasher) -> Item:
    return {"id": item["id"], "name": item["name"]}


def deployment_record(item: DeploymentRecord, hashed: Hasher) -> Item:
    return {
        "id": item["id"],
        "environment_id": item["environmentId"],
        "queued": item.get("queueTime") or item.get("startTime"),
        "started": item.get("startTime"),
        "finished": item.get("finishTime"),
        "result": item.get("result"),
        "stage": item.get("stageName"),
        "definition": (item.get("definition") or Definition()).get("name"),
        "build_id": (item.get("owner") or Owner()).get("id"),
    }


def repository(item: Repository, hashed: Hasher) -> Item:
    return {"id": item["id"], "default_branch": item.get("defaultBranch")}


def pull_request(item: PullRequest, hashed: Hasher) -> Item:
    return {
        "id": item["pullRequestId"],
        "repo_id": item["repository"]["id"],
        "repo": item["repository"].get("name"),
        "target": item.get("targetRefName"),
        "opened": item.get("creationDate"),
        "closed": item["closedDate"],
        "head_sha": (item.get("lastMergeSourceCommit") or Commit()).get("commitId"),
        "merge_sha": (item.get("lastMergeCommit") or Commit()).get("commitId"),
        "author": hashed(_login(item.get("createdBy"))),
        "is_bot": _is_bot(item.get("createdBy")),
    }


def commit(item: ListedCommit, hashed: Hasher) -> Item:
    signatures = (item.get("author"), item.get("committer"))
    return {"dates": [date for each in signatures if each and (date := each.get("date"))]}


def thread(item: Thread, hashed: Hasher) -> Item:
    """What of a thread is a review: comments that people wrote, and votes, which Azure DevOps notes as its own."""
    kind = (item.get("properties") or {}).get("CodeReviewThreadType")
    is_vote = isinstance(kind, dict) and kind.get("$value") == "VoteUpdate"
    return {
        "reviews": [
            {"at": each["publishedDate"], "author": hashed(_login(each.get("author")))}
            for each in item.get("comments") or ()
            if each.get("publishedDate")
            and not _is_bot(each.get("author"))
            and (is_vote or each.get("commentType") == "text")
        ]
    }


def _login(identity: Identity | None) -> str | None:
    return identity.get("uniqueName") if identity else None


def _is_bot(identity: Identity | None) -> bool:
    """Services have descriptors of their own, and build services such names."""
    if identity is None:
        return False
    descriptor, name = identity.get("descriptor") or "", identity.get("uniqueName") or ""
    return descriptor.startswith(("svc.", "s2s.")) or name.startswith(("Build\\", "vstfs:"))


def _branch(ref: str | None, login: str | None, actor: str | None) -> str | None:
    """By custom, branches are called after the part of the address before the @: users/nora/topic."""
    branch = (ref or "").removeprefix("refs/heads/") or None
    local = (login or "").partition("@")[0].rpartition("\\")[2]
    return nameless(branch, local or None, actor)
