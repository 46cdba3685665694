"""What an item of a GitHub project becomes, by the rules of the config, from all that was read of it."""

from collections.abc import Iterator, Sequence
from typing import Any

from ingest.github_issue_records import DROPPED, named, pains
from ingest.incident_settings import GithubProject
from ingest.records import Initiative
from ingest.rows import Row
from ingest.shapes import Item
from ingest.times import in_order

USUAL = {"todo": "planned", "to do": "planned", "in progress": "in_progress", "done": "shipped"}
"""What a project's statuses are called from the beginning, and mean unless the config says otherwise."""


def rows(tables: Sequence[GithubProject], readings: list[Item]) -> Iterator[Row]:
    """The initiative of one item; none of a project that the config names no more."""
    told = sorted(readings, key=lambda item: str(item["updated_at"]))
    seen = [item for item in told if not item.get("left")]
    table = next((table for table in tables if table.project.lower() == told[-1]["project"]), None)
    if table is None or not seen:
        return
    made = _initiative(seen[-1], table)
    # a project archives what is done by itself
    if told[-1].get("left") and made["status"] != "shipped":
        made["status"] = "dropped"
    yield Initiative, made


def _initiative(item: Item, table: GithubProject) -> dict[str, Any]:
    said = _field(item, table.status_field)
    status = _status(item, said.get("name"), table)
    begun = _field(item, table.start_field).get("date")
    started = begun or (said.get("updatedAt") if status == "in_progress" else None)
    shipped = (item["closed_at"] or said.get("updatedAt")) if status == "shipped" else None
    started, shipped = in_order(started if status not in {"idea", "planned"} else None, shipped)
    effort = _field(item, table.effort_field).get("number")
    return {
        "initiative_id": item["id"],
        "title": item["title"],
        "status": status,
        "pain_ids": pains(item, table.pain_prefix, table.pain_source),
        "priority": _meant(table.priorities, _field(item, table.priority_field).get("name")),
        "effort_days": None if effort is None else effort * table.days_per_effort,
        "started_at": started,
        "shipped_at": shipped,
        "blocker": named(item, table.blockers),
        "url": item["url"],
    }


def _status(item: Item, option: str | None, table: GithubProject) -> str:
    """What the config says of the status; else how an issue was closed; else what the status usually means."""
    if meant := _meant(table.statuses, option):
        return str(meant)
    if item["state"] == "closed":
        return "dropped" if item["state_reason"] in DROPPED else "shipped"
    return USUAL.get((option or "").lower(), "planned")


def _field(item: Item, name: str) -> dict[str, Any]:
    found: dict[str, Any] = item["fields"].get(name.lower(), {})
    return found


def _meant(meanings: dict[str, Any], option: str | None) -> Any:
    return next((value for name, value in meanings.items() if option and name.lower() == option.lower()), None)
