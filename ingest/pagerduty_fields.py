"""What is kept of PagerDuty's objects: listed fields only; who was called, answered or resolved is not kept."""

from typing import NotRequired

# pydantic reads TypedDicts of `typing` from Python 3.12 on only
from typing_extensions import TypedDict

from ingest.shapes import Item, Shape
from ingest.source import Hasher
from ingest.times import Utc

READ = "to read incidents (a read-only REST API key)"


class Reference(TypedDict):
    id: str
    summary: NotRequired[str | None]


class Incident(TypedDict):
    id: str
    created_at: Utc
    status: str
    title: NotRequired[str | None]
    urgency: NotRequired[str | None]
    priority: NotRequired[Reference | None]
    service: NotRequired[Reference | None]
    teams: NotRequired[list[Reference] | None]
    resolved_at: NotRequired[Utc | None]
    last_status_change_at: NotRequired[Utc | None]
    html_url: NotRequired[str | None]


class Incidents(TypedDict):
    incidents: list[Incident]
    more: NotRequired[bool | None]
    total: NotRequired[int | None]


class OneIncident(TypedDict):
    incident: Incident


class LogEntry(TypedDict):
    id: str
    incident: Reference


class Log(TypedDict):
    log_entries: list[LogEntry]
    more: NotRequired[bool | None]
    total: NotRequired[int | None]


def incident(item: Incident, hashed: Hasher) -> Item:
    resolved = item["status"] == "resolved"
    service, priority = item.get("service"), item.get("priority")
    return {
        "id": item["id"],
        "created_at": item["created_at"],
        "resolved": resolved,
        "resolved_at": (item.get("resolved_at") or item.get("last_status_change_at")) if resolved else None,
        "title": item.get("title"),
        "urgency": item.get("urgency"),
        "priority": priority.get("summary") if priority else None,
        "service": service.get("summary") if service else None,
        "service_id": service["id"] if service else None,
        "teams": [each.get("summary") or each["id"] for each in item.get("teams") or ()],
        "url": item.get("html_url"),
    }


def log_entry(item: LogEntry, hashed: Hasher) -> Item:
    return {"id": item["id"], "incident_id": item["incident"]["id"]}


INCIDENTS = Shape(Incident, Incidents, "incidents", incident, READ)
INCIDENT = Shape(OneIncident, Incidents, None, lambda item, hashed: incident(item["incident"], hashed), READ)
LOG = Shape(LogEntry, Log, "log_entries", log_entry, "to read log entries (a read-only REST API key)")
