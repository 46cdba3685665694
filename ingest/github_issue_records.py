"""What an issue becomes, by the rules of the config, from all that was read of it."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any

from ingest.belonging import belonging
from ingest.github_issues import NOUNS
from ingest.incident_settings import GithubIssues
from ingest.records import Incident, Initiative
from ingest.rows import Row
from ingest.shapes import Item
from ingest.times import earliest, in_order

DROPPED = {"not_planned", "duplicate"}
"""Reasons for closing an issue without doing it."""


def rows(tables: Sequence[GithubIssues], noun: str, readings: list[Item]) -> Iterator[Row]:
    """The record of one issue from its readings; none of an incident that does not count any more."""
    told = sorted(readings, key=lambda item: str(item["updated_at"]))
    counted = [(item, table) for item in told if (table := _table(tables, noun, item))]
    if not counted:
        return
    item, table = counted[-1]
    # of two tables, one may say that the issue left while it stays in the other
    has_left = item["updated_at"] < told[-1]["updated_at"]
    if noun == "initiative":
        yield Initiative, _initiative(item, table) | ({"status": "dropped"} if has_left else {})
    elif not has_left and item["state_reason"] != "duplicate":
        yield Incident, _incident(item, table)


def _table(tables: Sequence[GithubIssues], noun: str, item: Item) -> GithubIssues | None:
    """The first table of the config that the issue counts by."""
    if item.get("left"):
        return None
    labels = {label.lower() for label in item["labels"]}
    return next(
        (
            table
            for table in tables
            if NOUNS[table.reads] == noun
            and table.covers(item["repo"])
            and not labels.isdisjoint(label.lower() for label in table.labels)
        ),
        None,
    )


def _incident(item: Item, table: GithubIssues) -> dict[str, Any]:
    return {
        "incident_id": item["id"],
        "opened_at": item["created_at"],
        "resolved_at": item["closed_at"] if item["state"] == "closed" else None,
        "severity": named(item, table.severities),
        "detected_by": table.detected_by,
        "title": item["title"],
        "url": item["url"],
        # a repository that only collects incidents is not what they happened to
        **(belonging(table.belongs, [*item["labels"], item["repo"]]) or {"repo": item["repo"]}),
    }


def _initiative(item: Item, table: GithubIssues) -> dict[str, Any]:
    status = _status(item, table)
    shipped = None
    if status == "shipped":
        shipped = item["closed_at"] or _since(item, table, "shipped")
    started = None if status in {"idea", "planned"} else _started(item, table)
    started, shipped = in_order(started, shipped)
    return {
        "initiative_id": item["id"],
        "title": item["title"],
        "status": status,
        "pain_ids": pains(item, table.pain_prefix, table.pain_source),
        "priority": _said(item, table.priorities),
        "effort_days": _said(item, table.efforts),
        "started_at": started,
        "shipped_at": shipped,
        "blocker": named(item, table.blockers),
        "url": item["url"],
    }


def _status(item: Item, table: GithubIssues) -> str:
    """What its labels mean by the config; what is closed is shipped, unless it was closed for another reason."""
    meaning: str | None = _said(item, table.statuses)
    if item["state"] == "closed":
        ended = meaning if meaning in {"shipped", "dropped"} else "shipped"
        return "dropped" if item["state_reason"] in DROPPED else ended
    if meaning is None and item["is_assigned"] and "in_progress" not in table.statuses.values():
        return "in_progress"
    return meaning or "planned"


def _started(item: Item, table: GithubIssues) -> str | None:
    """When it first got a label that means so; where the config has none, when it was first assigned."""
    if "in_progress" in table.statuses.values():
        return _since(item, table, "in_progress")
    return earliest([event["created_at"] for event in item["begun"] if event["event"] == "assigned"])


def _since(item: Item, table: GithubIssues, meaning: str) -> str | None:
    labels = {label.lower() for label, means in table.statuses.items() if means == meaning}
    return earliest([event["created_at"] for event in item["begun"] if (event["label"] or "").lower() in labels])


def _said(item: Item, meanings: dict[str, Any]) -> Any:
    """What the first entry of the config says whose label the issue has."""
    labels = {label.lower() for label in item["labels"]}
    return next((value for label, value in meanings.items() if label.lower() in labels), None)


def named(item: Item, globs: Sequence[str]) -> str | None:
    """The first of its labels that the first glob matches."""
    labels = (label for glob in globs for label in item["labels"] if fnmatchcase(label.lower(), glob.lower()))
    return next(labels, None)


def pains(item: Item, prefix: str, source: str | None) -> list[str]:
    """The pains that its labels name, of the source that they come from."""
    found = [label[len(prefix) :].strip() for label in item["labels"] if label.lower().startswith(prefix.lower())]
    return [f"{source}:{pain}" if source else pain for pain in found if pain]
