"""What is kept of Opsgenie's objects: listed fields only; who owns, answered or closed is not kept."""

from datetime import timedelta
from functools import partial
from typing import NotRequired

# pydantic reads TypedDicts of `typing` from Python 3.12 on only
from typing_extensions import TypedDict

from ingest.shapes import Item, Shape
from ingest.source import Hasher
from ingest.times import Utc, moment, utc

READ = "Read access (an API integration's key)"


class Responder(TypedDict):
    type: str
    id: NotRequired[str | None]


class Report(TypedDict):
    closeTime: NotRequired[int | None]


class Links(TypedDict):
    web: NotRequired[str | None]


class Alert(TypedDict):
    id: str
    createdAt: Utc
    updatedAt: Utc
    status: str
    message: NotRequired[str | None]
    priority: NotRequired[str | None]
    entity: NotRequired[str | None]
    tags: NotRequired[list[str] | None]
    responders: NotRequired[list[Responder] | None]
    report: NotRequired[Report | None]


class Incident(TypedDict):
    id: str
    createdAt: Utc
    updatedAt: Utc
    status: str
    message: NotRequired[str | None]
    priority: NotRequired[str | None]
    tags: NotRequired[list[str] | None]
    responders: NotRequired[list[Responder] | None]
    impactedServices: NotRequired[list[str] | None]
    impactStartDate: NotRequired[Utc | None]
    impactEndDate: NotRequired[Utc | None]
    links: NotRequired[Links | None]


class Alerts(TypedDict):
    data: list[Alert]


class OpsAlerts(TypedDict):
    """How Jira Service Management lists alerts."""

    values: list[Alert]


class Incidents(TypedDict):
    data: list[Incident]


class OneAlert(TypedDict):
    data: Alert


class OneIncident(TypedDict):
    data: Incident


class Named(TypedDict):
    id: str
    name: str


class Names(TypedDict):
    data: list[Named]


def alert(item: Alert, hashed: Hasher) -> Item:
    """Closed so long after it was created as its report says, in milliseconds; else when it last changed."""
    report = item.get("report")
    after = report.get("closeTime") if report else None
    closed = _later(item["createdAt"], after) if after is not None else item["updatedAt"]
    resolved = item["status"] == "closed"
    return {
        "id": item["id"],
        "created_at": item["createdAt"],
        "updated_at": item["updatedAt"],
        "resolved": resolved,
        "opened_at": item["createdAt"],
        "resolved_at": closed if resolved else None,
        "title": item.get("message"),
        "priority": item.get("priority"),
        "names": _names(item.get("entity"), *(item.get("tags") or ())),
        "teams": _teams(item.get("responders")),
        "services": [],
        "url": None,
    }


def incident(item: Incident, hashed: Hasher) -> Item:
    """From the start to the end of its impact; where no end is given, until it last changed."""
    resolved = item["status"] != "open"
    opened, ended = item.get("impactStartDate") or item["createdAt"], item.get("impactEndDate") or item["updatedAt"]
    links = item.get("links")
    return {
        "id": item["id"],
        "created_at": item["createdAt"],
        "updated_at": item["updatedAt"],
        "resolved": resolved,
        "opened_at": opened,
        "resolved_at": ended if resolved else None,
        "title": item.get("message"),
        "priority": item.get("priority"),
        "names": _names(*(item.get("tags") or ())),
        "teams": _teams(item.get("responders")),
        "services": item.get("impactedServices") or [],
        "url": links.get("web") if links else None,
    }


def named(item: Named, hashed: Hasher) -> Item:
    return {"id": item["id"], "name": item["name"]}


def _names(*names: str | None) -> list[str]:
    """Tags and entities, but none that holds an address: that would be a person's."""
    return [name for name in names if name and "@" not in name]


def _teams(responders: list[Responder] | None) -> list[str]:
    return [found for each in responders or () if each["type"] == "team" and (found := each.get("id"))]


def _later(time: str, milliseconds: int) -> str:
    return utc(str(moment(time) + timedelta(milliseconds=milliseconds)))


_shape = partial(Shape, free_text={"responders", "tags", "entity"}, needs=READ)

ALERTS = _shape(Alert, Alerts, "data", alert)
ALERT = _shape(OneAlert, Alerts, None, lambda item, hashed: alert(item["data"], hashed))
OPS_ALERTS = _shape(Alert, OpsAlerts, "values", alert)
OPS_ALERT = _shape(Alert, OpsAlerts, None, alert)
INCIDENTS = _shape(Incident, Incidents, "data", incident)
INCIDENT = _shape(OneIncident, Incidents, None, lambda item, hashed: incident(item["data"], hashed))
NAMES = Shape(Named, Names, "data", named, "Configuration access, to tell services and teams by name")
