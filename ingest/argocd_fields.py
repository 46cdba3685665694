"""What is kept of Argo CD's applications: listed fields only, persons hashed, and of labels those that are named."""

from collections.abc import Collection
from functools import partial
from typing import NotRequired

# pydantic reads TypedDicts of `typing` from Python 3.12 on only
from typing_extensions import TypedDict

from ingest.repositories import repository
from ingest.shapes import Item, Shape
from ingest.source import Hasher
from ingest.times import Utc

FIELDS = ",".join(
    f"items.{field}"
    for field in (
        *("metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations"),
        *("spec.project", "spec.destination", "status.history", "status.operationState"),
    )
)


class Metadata(TypedDict):
    name: str
    namespace: NotRequired[str]
    labels: NotRequired[dict[str, str] | None]
    annotations: NotRequired[dict[str, str] | None]


class Destination(TypedDict):
    name: NotRequired[str | None]
    server: NotRequired[str | None]
    namespace: NotRequired[str | None]


class Spec(TypedDict):
    project: NotRequired[str | None]
    destination: NotRequired[Destination | None]


class Origin(TypedDict):
    repoURL: NotRequired[str | None]
    targetRevision: NotRequired[str | None]
    chart: NotRequired[str | None]


class Initiator(TypedDict):
    username: NotRequired[str | None]
    automated: NotRequired[bool | None]


class Sync(TypedDict):
    """What was synchronised: one source and its revision, or several of each."""

    revision: NotRequired[str | None]
    revisions: NotRequired[list[str] | None]
    source: NotRequired[Origin | None]
    sources: NotRequired[list[Origin] | None]


class History(Sync):
    id: int
    deployedAt: Utc
    deployStartedAt: NotRequired[Utc | None]
    initiatedBy: NotRequired[Initiator | None]


class Operation(TypedDict):
    initiatedBy: NotRequired[Initiator | None]
    sync: NotRequired[Sync | None]


class OperationState(TypedDict):
    phase: str
    startedAt: Utc
    finishedAt: NotRequired[Utc | None]
    operation: NotRequired[Operation | None]
    syncResult: NotRequired[Sync | None]


class Status(TypedDict):
    history: NotRequired[list[History] | None]
    operationState: NotRequired[OperationState | None]


class Application(TypedDict):
    metadata: Metadata
    spec: NotRequired[Spec | None]
    status: NotRequired[Status | None]


class Applications(TypedDict):
    items: list[Application] | None


def application(item: Application, hashed: Hasher, origins: Collection[str]) -> Item:
    """Where an application belongs, what was synchronised, and how its last operation ended."""
    metadata, spec, status = item["metadata"], item.get("spec") or Spec(), item.get("status") or Status()
    destination = spec.get("destination") or Destination()
    names = {
        "application": metadata["name"],
        "project": spec.get("project"),
        "namespace": destination.get("namespace"),
        "cluster": destination.get("name") or destination.get("server"),
        **{f"label:{key}": value for key, value in (metadata.get("labels") or {}).items()},
        **{f"annotation:{key}": value for key, value in (metadata.get("annotations") or {}).items()},
    }
    state = status.get("operationState")
    return {
        "name": "/".join(part for part in (metadata.get("namespace"), metadata["name"]) if part),
        "workflow": spec.get("project"),
        "origins": {key: value for key, value in names.items() if key in origins and value},
        "history": [_entry(each, hashed) for each in status.get("history") or ()],
        "operation": _operation(state, hashed) if state else None,
    }


def _entry(item: History, hashed: Hasher) -> Item:
    return {
        "id": item["id"],
        "started": item.get("deployStartedAt"),
        "finished": item["deployedAt"],
        **_sync(item),
        **_initiator(item.get("initiatedBy"), hashed),
    }


def _operation(item: OperationState, hashed: Hasher) -> Item:
    operation = item.get("operation") or Operation()
    return {
        "phase": item["phase"],
        "started": item["startedAt"],
        "finished": item.get("finishedAt"),
        **_sync(item.get("syncResult") or operation.get("sync") or Sync()),
        **_initiator(operation.get("initiatedBy"), hashed),
    }


def _sync(item: Sync) -> Item:
    """Of several sources the first that is no chart: charts have versions, and no commits."""
    single = item.get("source")
    sources = item.get("sources") or ([single] if single else [])
    revisions = item.get("revisions") or [item.get("revision") or ""]
    chosen = next((index for index, each in enumerate(sources) if not each.get("chart")), 0)
    source = sources[chosen] if sources else Origin()
    revision = revisions[min(chosen, len(revisions) - 1)]
    chart = source.get("chart")
    return {
        "revisions": revisions,
        "repo": None if chart else repository(source.get("repoURL")),
        "sha": None if chart else revision or None,
        "ref": source.get("targetRevision"),
        "artifact": f"{chart}:{revision}" if chart else None,
    }


def _initiator(item: Initiator | None, hashed: Hasher) -> Item:
    return {
        "actor": hashed(item.get("username")) if item else None,
        "automated": bool(item and item.get("automated")),
    }


def applications(origins: Collection[str]) -> Shape:
    """How the list of applications answers, when of their names only these are wanted."""
    cut = partial(application, origins=origins)
    return Shape(Application, Applications, "items", cut, "applications, get")
