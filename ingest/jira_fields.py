"""What is kept of a Jira issue: its title and listed fields; no description, comment, reporter or assignee."""

from collections.abc import Iterable
from typing import Annotated, Any, NotRequired

from pydantic import AfterValidator

# pydantic reads TypedDicts of `typing` from Python 3.12 on only
from typing_extensions import TypedDict

from ingest.incident_settings import JiraSettings
from ingest.shapes import Item, Shape
from ingest.source import Hasher
from ingest.times import utc

READ = "to browse the projects of the jql"
ASKED = (
    *("summary", "status", "resolution", "priority", "labels", "components", "project"),
    *("created", "updated", "resolutiondate", "statuscategorychangedate"),
)


def _timed(fields: dict[str, Any]) -> dict[str, Any]:
    return fields | {key: utc(str(fields.get(key))) for key in ("created", "updated")}


class Issue(TypedDict):
    id: str
    key: str
    fields: Annotated[dict[str, Any], AfterValidator(_timed)]


class Issues(TypedDict):
    issues: list[Issue]
    nextPageToken: NotRequired[str | None]
    total: NotRequired[int | None]


def shape(settings: JiraSettings) -> Shape:
    """How issues are listed, with the fields that the config names; each has a type of its own at every site."""

    def cut(item: Issue, hashed: Hasher) -> Item:
        fields = item["fields"]
        status = fields.get("status")
        category = status.get("statusCategory") if isinstance(status, dict) else None
        return {
            "id": item["id"],
            "key": item["key"],
            "title": _text(fields.get("summary")),
            "status": _name(status),
            "category": _text(category.get("key")) if isinstance(category, dict) else None,
            "resolution": _name(fields.get("resolution")),
            "priority": _name(fields.get("priority")),
            # one with an @ names a person
            "labels": [label for label in map(_text, _list(fields.get("labels"))) if label and "@" not in label],
            "components": [name for name in map(_name, _list(fields.get("components"))) if name],
            "project": [name for name in _names(fields.get("project")) if name],
            "created_at": fields["created"],
            "updated_at": fields["updated"],
            "resolved_at": _text(fields.get("resolutiondate")),
            "category_changed_at": _text(fields.get("statuscategorychangedate")),
            "started_at": _text(fields.get(settings.start_field or "")),
            "effort": _number(fields.get(settings.effort_field or "")),
        }

    return Shape(Issue, Issues, "issues", cut, READ, free_text={"fields"})


def asked(settings: JiraSettings) -> str:
    return ",".join([*ASKED, *(field for field in (settings.effort_field, settings.start_field) if field)])


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _name(value: Any) -> str | None:
    return _text(value.get("name")) if isinstance(value, dict) else None


def _names(value: Any) -> Iterable[str | None]:
    return (_text(value.get("key")), _text(value.get("name"))) if isinstance(value, dict) else ()


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _number(value: Any) -> float | None:
    """A number field's value; an option's own, where the field is a choice such as 1, 2, 3, 5, 8."""
    value = value.get("value") if isinstance(value, dict) else value
    try:
        return None if value is None or isinstance(value, bool | list) else float(value)
    except ValueError:
        return None
