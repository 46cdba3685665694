"""What is kept of a CDEvent: what happened to what and when, and the fields that a record can use.

Persons are hashed and free text is left out. Of `customData` the names of OpenTelemetry's conventions for CI/CD are
known, and the columns of the records themselves.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ingest.branches import nameless
from ingest.shapes import Item
from ingest.source import Hasher
from ingest.times import utc

LONGEST = 500
"""Characters of a value; what is longer is no name, and is left out."""

PREDICATES = {
    "pipelinerun": {"queued", "started", "finished"},
    "taskrun": {"queued", "started", "finished"},
    "service": {"deployed", "upgraded", "rolledback", "removed"},
    "deployment": {"queued", "started", "finished"},
    "incident": {"detected", "reported", "resolved"},
    "change": {"created", "reviewed", "merged"},
}
"""The events that say something; all others are left alone."""

NOUNS = {
    "pipelinerun": "ci_run",
    "taskrun": "ci_job",
    "service": "deployment",
    "deployment": "deployment",
    "incident": "incident",
    "change": "change",
}
"""What an event is about -> the record that it tells of."""

OWN = {
    "ci_run": {"repo", "workflow", "branch", "event", "sha", "actor"},
    "ci_job": set[str](),
    "deployment": {"repo", "environment", "product", "sha", "ref", "workflow", "run_id", "actor", "via_platform"}
    | {"model_name", "model_version", "data_version", "approval_requested_at", "approved_at", "rollback_of"}
    | {"is_unplanned", "cause"},
    "incident": {"repo", "product", "team_id", "deployment_id", "severity", "detected_by"},
    "change": {"repo", "number", "first_commit_at", "head_sha", "merge_sha", "author", "is_bot", "shipped_in"},
}
"""The columns that `customData` may give under their own names, by record."""
PEOPLE = ("actor", "author")

TELEMETRY = {
    "cicd.pipeline.name": "pipeline",
    "cicd.pipeline.result": "run_result",
    "cicd.pipeline.run.id": "run",
    "cicd.pipeline.run.url.full": "url",
    "cicd.pipeline.task.name": "task",
    "cicd.pipeline.task.run.result": "job_result",
    "vcs.change.id": "number",
    "vcs.ref.head.name": "branch",
    "vcs.ref.head.revision": "sha",
    "deployment.environment": "environment",
    "deployment.environment.name": "environment",
    "deployment.id": "deployment",
    "deployment.status": "deployment_status",
    "service.name": "product",
}
"""OpenTelemetry's name -> ours; where two mean the same, the later one counts."""

_TYPE = re.compile(r"dev\.cdevents\.([a-z]+)\.([a-z]+)(\.[\w.+-]*)?", re.IGNORECASE)


def cut(event: Any, hashed: Hasher) -> Item | None:
    """A CDEvent cut to what is kept; None when it is of a kind that says nothing here.

    `subject` and `run` are ids with the source that they are unique in. Raises ValueError, naming the field, when it is
    no CDEvent.
    """
    context, subject = _table(event, "context"), _table(event, "subject")
    found = _TYPE.fullmatch(_text(context, "context", "type"))
    if not found:
        raise ValueError("context.type: is no type of a CDEvent, such as dev.cdevents.pipelinerun.finished.0.2.0")
    kind, predicate = found[1].lower(), found[2].lower()
    source = _text(context, "context", "source")
    item: Item = {
        "predicate": predicate,
        "event": f"{source}#{_text(context, 'context', 'id')}",
        "subject": _reference(subject, source, "subject"),
        "at": _time(_text(context, "context", "timestamp")),
    }
    if predicate not in PREDICATES.get(kind, ()):
        return None
    content, custom = _nested(subject, "content"), _nested(event, "customData")
    item |= _telemetry(custom, source) | _content(content, source)
    if kind == "service":
        # a service is deployed again and again: what happens once is the event
        item |= {"service": _text(subject, "subject", "id"), "subject": item["event"]}
    deployment = item.pop("deployment", None)
    if kind in ("service", "deployment"):
        item["subject"] = deployment or item["subject"]
    item["noun"] = NOUNS[kind]
    person = _short(custom.get("actor"))
    item["own"] = _own(custom, OWN[item["noun"]], hashed)
    named: tuple[Item, Item] = (item, item["own"])
    for names in named:
        for column in {"branch", "ref"} & names.keys():
            names[column] = nameless(names[column], person, hashed(person))
    return item


def _content(content: Mapping[str, Any], source: str) -> Item:
    """The fields that CDEvents itself defines."""
    environment, run = _nested(content, "environment"), _nested(content, "pipelineRun")
    found = {
        "pipeline": _short(content.get("pipelineName")),
        "task": _short(content.get("taskName")),
        "outcome": _short(content.get("outcome")),
        "url": _link(content.get("uri") or content.get("url") or content.get("ticketURI")),
        "environment": _short(environment.get("name")),
        "environment_id": _short(environment.get("id")),
        "artifact": _short(content.get("artifactId")),
        "service": _short(_nested(content, "service").get("id")),
        "repository": _short(_nested(content, "repository").get("id")),
        "run": _reference(run, source, "pipelineRun") if run else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _telemetry(custom: Mapping[str, Any], source: str) -> Item:
    found: Item = {ours: value for name, ours in TELEMETRY.items() if (value := _short(custom.get(name)))}
    found |= {name: f"{source}#{found[name]}" for name in ("run", "deployment") if name in found}
    found |= {"url": _link(found.get("url")), "repository": _repository(custom)}
    return {name: value for name, value in found.items() if value is not None}


def _repository(custom: Mapping[str, Any]) -> str | None:
    """owner/name: from both, from a name that holds both, or from the repository's address."""
    owner, name = _short(custom.get("vcs.owner.name")), _short(custom.get("vcs.repository.name"))
    if name and ("/" in name or owner):
        return name if "/" in name else f"{owner}/{name}"
    address = _link(custom.get("vcs.repository.url.full"))
    return (urlsplit(address).path.strip("/").removesuffix(".git") if address else "") or name


def _own(custom: Mapping[str, Any], columns: set[str], hashed: Hasher) -> Item:
    """The record's own columns, the persons in them hashed."""
    own: Item = {}
    for column in sorted(columns & custom.keys()):
        value = custom[column]
        if isinstance(value, bool):
            own[column] = value
        elif (text := _short(value)) is not None:
            own[column] = hashed(text) if column in PEOPLE else text
    return own


def _reference(table: Mapping[str, Any], source: str, place: str) -> str:
    """An id is unique within its source, which is that of the event unless it says another."""
    return f"{_short(table.get('source')) or source}#{_text(table, place, 'id')}"


def _time(text: str) -> str:
    try:
        return utc(text)
    except ValueError:
        raise ValueError("context.timestamp: is no time; RFC 3339 is wanted") from None


def _table(event: Any, name: str) -> Mapping[str, Any]:
    table = event.get(name) if isinstance(event, dict) else None
    if not isinstance(table, dict):
        raise ValueError(f"{name}: is missing")
    return table


def _nested(table: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = table.get(name)
    return value if isinstance(value, dict) else {}


def _text(table: Mapping[str, Any], place: str, name: str) -> str:
    text = _short(table.get(name))
    if text is None:
        raise ValueError(f"{place}.{name}: is missing, empty or longer than {LONGEST} characters")
    return text


def _short(value: Any) -> str | None:
    """A value as text; None when there is none, or one that no field holds."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value).strip()
    return text if text and len(text) <= LONGEST else None


def _link(value: Any) -> str | None:
    """An address, but none with a query or a login in it, which may hold a secret."""
    address = _short(value)
    try:
        parts = urlsplit(address or "")
    except ValueError:
        return None
    return None if parts.query or parts.username else address
