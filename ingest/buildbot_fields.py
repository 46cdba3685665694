"""What is kept of Buildbot's objects: listed fields and properties only, persons hashed."""

import re
from functools import partial
from typing import Any, NotRequired

# pydantic reads TypedDicts of `typing` from Python 3.12 on only
from typing_extensions import TypedDict

from ingest.branches import nameless
from ingest.repositories import repository
from ingest.shapes import Item, Shape
from ingest.source import Hasher

PROPERTIES = ["branch", "got_revision", "owner", "owners", "product", "repository", "revision", "scheduler"]


class Builder(TypedDict):
    builderid: int
    name: str


class Builders(TypedDict):
    builders: list[Builder]


class Build(TypedDict):
    buildid: int
    builderid: int
    buildrequestid: int
    number: int
    complete: bool
    started_at: int
    complete_at: NotRequired[int | None]
    results: NotRequired[int | None]
    properties: NotRequired[dict[str, Any] | None]


class Builds(TypedDict):
    builds: list[Build]


class Request(TypedDict):
    buildrequestid: int
    submitted_at: int


class Requests(TypedDict):
    buildrequests: list[Request]


class Step(TypedDict):
    stepid: int
    name: str
    hidden: NotRequired[bool | None]
    started_at: NotRequired[int | None]
    complete_at: NotRequired[int | None]
    results: NotRequired[int | None]


class Steps(TypedDict):
    steps: list[Step]


class SourceStamp(TypedDict):
    created_at: int


class Change(TypedDict):
    changeid: int
    when_timestamp: int
    sourcestamp: SourceStamp
    author: NotRequired[str | None]
    branch: NotRequired[str | None]
    repository: NotRequired[str | None]
    revision: NotRequired[str | None]


class Changes(TypedDict):
    changes: list[Change]


def builder(item: Builder, hashed: Hasher) -> Item:
    return {"id": item["builderid"], "name": item["name"]}


def build(item: Build, hashed: Hasher) -> Item:
    # each property comes with where it was set
    told = {key: value[0] for key, value in (item.get("properties") or {}).items() if isinstance(value, list) and value}
    owners = told.get("owners")
    owner = _text(told.get("owner")) or _text(owners[0] if isinstance(owners, list) and owners else None)
    return {
        "id": item["buildid"],
        "builder_id": item["builderid"],
        "request_id": item["buildrequestid"],
        "number": item["number"],
        "complete": item["complete"],
        "results": item.get("results"),
        "started_at": item["started_at"],
        "complete_at": item.get("complete_at"),
        "branch": _branch(_text(told.get("branch")), owner, hashed),
        "revision": _text(told.get("got_revision")) or _text(told.get("revision")),
        "repo": repository(_text(told.get("repository"))),
        "product": _text(told.get("product")),
        "scheduler": _text(told.get("scheduler")),
        "actor": hashed(_account(owner)),
    }


def request(item: Request, hashed: Hasher) -> Item:
    return {"id": item["buildrequestid"], "submitted_at": item["submitted_at"]}


def step(item: Step, hashed: Hasher) -> Item:
    kept: Item = {"id": item["stepid"], "name": item["name"], "hidden": bool(item.get("hidden"))}
    return kept | {key: item.get(key) for key in ("started_at", "complete_at", "results")}


def change(item: Change, hashed: Hasher) -> Item:
    author = item.get("author")
    return {
        "id": item["changeid"],
        "repo": repository(item.get("repository")),
        "branch": _branch(item.get("branch"), author, hashed),
        "revision": item.get("revision") or None,
        "committed_at": item["when_timestamp"],
        "seen_at": item["sourcestamp"]["created_at"],
        "author": hashed(_account(author)),
    }


def _text(value: Any) -> str | None:
    """A property as text; a build of several codebases has one for each, and then none stands for all."""
    return value if isinstance(value, str) and value.strip() else None


def _account(person: str | None) -> str | None:
    """The address in `Mona Lisa <mona@example.com>`: one person may go by several names."""
    found = re.search(r"<([^<>]+)>", person or "")
    return found[1] if found else person


def _branch(branch: str | None, person: str | None, hashed: Hasher) -> str | None:
    account = _account(person)
    return nameless(branch, (account or "").partition("@")[0] or None, hashed(account))


_shape = partial(
    Shape,
    persons={},
    free_text={"author", "branch", "properties", "repository", "sourcestamp"},
    needs="to read the data API",
)

BUILDERS = _shape(Builder, Builders, "builders", builder)
BUILDS = _shape(Build, Builds, "builds", build)
REQUESTS = _shape(Request, Requests, "buildrequests", request)
STEPS = _shape(Step, Steps, "steps", step)
CHANGES = _shape(Change, Changes, "changes", change)
