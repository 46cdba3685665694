"""What is kept of a GitHub issue: title, labels and listed fields; no text, comment, author or assignee."""

from typing import Any, NotRequired

# pydantic reads TypedDicts of `typing` from Python 3.12 on only
from typing_extensions import TypedDict

from ingest.shapes import Item, Shape
from ingest.source import Hasher
from ingest.times import Utc

READ = "Issues: read"
BEGINNINGS = {"labeled", "assigned"}
"""Events that may tell when work began."""


class Label(TypedDict):
    name: NotRequired[str | None]


class Issue(TypedDict):
    id: int
    number: int
    repository_url: str
    title: str
    state: str
    created_at: str
    updated_at: Utc
    labels: list[Label | str]
    state_reason: NotRequired[str | None]
    closed_at: NotRequired[str | None]
    assignees: NotRequired[list[Any] | None]
    pull_request: NotRequired[Any]
    html_url: NotRequired[str | None]


class IssueEvent(TypedDict):
    event: str
    created_at: str
    label: NotRequired[Label | None]


def issue(item: Issue, hashed: Hasher) -> Item:
    return {
        "id": item["id"],
        "number": item["number"],
        "repo": "/".join(item["repository_url"].rsplit("/", 2)[-2:]),
        "title": item["title"],
        "state": item["state"],
        "state_reason": item.get("state_reason"),
        "labels": [name for label in item["labels"] if (name := _name(label))],
        "is_assigned": bool(item.get("assignees")),
        "created_at": item["created_at"],
        "updated_at": item["updated_at"],
        "closed_at": item.get("closed_at"),
        "url": item.get("html_url"),
        "is_pull": bool(item.get("pull_request")),
    }


def event(item: IssueEvent, hashed: Hasher) -> Item:
    return {"event": item["event"], "created_at": item["created_at"], "label": _name(item.get("label"))}


def _name(label: Label | str | None) -> str | None:
    name = label if isinstance(label, str) else (label or {}).get("name")
    # one with an @ names a person
    return name if name and "@" not in name else None


ISSUES = Shape(Issue, list[Issue], None, issue, READ, free_text={"title", "html_url"})
EVENTS = Shape(IssueEvent, list[IssueEvent], None, event, READ)
