"""A roadmap that is kept in a GitHub project: read as a whole each time, and of it what changed is landed.

Only GraphQL tells of projects. In one are issues, and drafts that are no issue yet; pull requests are passed over.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NotRequired

from pydantic import TypeAdapter, ValidationError

# pydantic reads TypedDicts of `typing` from Python 3.12 on only
from typing_extensions import TypedDict

from ingest.errors import SourceError
from ingest.github_graphql import PageInfo, Told, address_of
from ingest.github_repositories import HEADERS
from ingest.http import Http
from ingest.incident_settings import GithubProject
from ingest.marks import Mark
from ingest.shapes import Item
from ingest.source import Page
from ingest.times import stamp, utc

TEXT = (Path(__file__).parent / "github_project.graphql").read_text("utf-8")
NEEDS = "give the token Projects: read of the organisation (a classic one read:project), or correct `project`"


class Cursor(PageInfo):
    endCursor: str | None


class Items(TypedDict):
    pageInfo: Cursor
    nodes: list[Any]


class Project(TypedDict):
    items: Items


class Owner(TypedDict):
    projectV2: NotRequired[Project | None]


class Data(TypedDict):
    repositoryOwner: Owner | None


class Answer(TypedDict):
    data: NotRequired[Data | None]
    errors: NotRequired[list[Told] | None]


_ANSWER = TypeAdapter(Answer)


@dataclass
class ProjectMark(Mark):
    """`known` holds what was landed of all that is in the project: id -> digest."""

    known: dict[str, str] = field(default_factory=dict)
    is_read: bool = False


class ProjectReading:
    """One reading of one project."""

    def __init__(self, http: Http, source: str, table: GithubProject, marks: Mapping[str, Any]) -> None:
        self._http = http
        self._source = source
        self._table = table
        self._key = f"projects/{table.project.lower()}"
        self._mark = ProjectMark.of(marks, self._key)
        self._seen_at: datetime | None = None

    def fetch(self, *, anew: bool) -> Iterator[Page]:
        """What changed, or all with `anew`; what left the project is told once more, as left. Raises SourceError."""
        mark = self._mark
        before = dict(mark.known)
        items = [item for page in self._pages() for node in page["nodes"] if (item := _cut(node)) is not None]
        digests = {item["id"]: _digest(item) for item in items}
        fresh = [item for item in items if anew or before.get(item["id"]) != digests[item["id"]]]
        left: list[Item] = [{"id": name, "left": True} for name in before if name not in digests]
        mark.known = digests
        if self._seen_at and (fresh or left or not mark.is_read):
            mark.is_read = True
            told = {"project": self._table.project.lower(), "updated_at": utc(stamp(self._seen_at))}
            landed = [{**item, **told} for item in fresh + left]
            yield Page("initiative", self._key, landed, marks=mark.saved(self._key), starts=False)

    def check(self) -> str | None:
        """What keeps the project from being read."""
        try:
            next(self._pages())
        except SourceError as error:
            return str(error)
        return None

    def _pages(self) -> Iterator[Items]:
        owner, number = self._table.project.split("/")
        place = f"{self._source}/{self._table.project}"
        after: str | None = None
        while True:
            if not self._http.may_post():
                raise SourceError(f"{place}: the limit of GraphQL is used up; run again later")
            asked = {"query": TEXT, "variables": {"owner": owner, "number": int(number), "after": after}}
            response = self._http.post(
                address_of(self._http), asked, headers=HEADERS, decode=_ANSWER.validate_json, place=place
            )
            self._seen_at = self._seen_at or self._http.clock(response)
            items = self._items(response.value, place)
            yield items
            page = items["pageInfo"]
            if not page["hasNextPage"] or page["endCursor"] == after:
                return
            after = page["endCursor"]

    def _items(self, answer: Answer, place: str) -> Items:
        data = answer.get("data")
        owner = data["repositoryOwner"] if data else None
        project = owner.get("projectV2") if owner else None
        if project:
            return project["items"]
        if any(fault.get("type") == "RATE_LIMITED" for fault in answer.get("errors") or ()):
            raise SourceError(f"{place}: the limit of GraphQL is used up; run again later")
        raise SourceError(f"{place}: no such project can be seen; {NEEDS}")


class Named(TypedDict):
    name: NotRequired[str | None]


class Labels(TypedDict):
    nodes: list[Named]


class Content(TypedDict):
    title: NotRequired[str]
    url: NotRequired[str | None]
    state: NotRequired[str | None]
    stateReason: NotRequired[str | None]
    closedAt: NotRequired[str | None]
    labels: NotRequired[Labels | None]


class Value(TypedDict):
    field: NotRequired[Named]
    name: NotRequired[str | None]
    updatedAt: NotRequired[str | None]
    number: NotRequired[float | None]
    date: NotRequired[str | None]


class Values(TypedDict):
    nodes: list[Value]


class Node(TypedDict):
    id: str
    content: Content | None
    fieldValues: Values


_NODE = TypeAdapter(Node)


def _cut(node: Any) -> Item | None:
    """What is kept of an item: its title, state, labels and fields; None of one without a title, as pull requests are
    here, and what the token may not see."""
    try:
        item = _NODE.validate_python(node)
    except ValidationError:
        return None
    content = item["content"] or {}
    if not (title := content.get("title")):
        return None
    labels = content.get("labels") or {"nodes": []}
    fields = {
        name.lower(): {key: value.get(key) for key in ("name", "number", "date", "updatedAt") if key in value}
        for value in item["fieldValues"]["nodes"]
        if (name := value.get("field", {}).get("name"))
    }
    return {
        "id": item["id"],
        "title": title,
        "url": content.get("url"),
        "state": (content.get("state") or "open").lower(),
        "state_reason": (content.get("stateReason") or "").lower() or None,
        "closed_at": content.get("closedAt"),
        "labels": [name for label in labels["nodes"] if (name := label.get("name")) and "@" not in name],
        "fields": fields,
    }


def _digest(item: Item) -> str:
    return hashlib.sha1(json.dumps(item, sort_keys=True).encode()).hexdigest()[:12]
