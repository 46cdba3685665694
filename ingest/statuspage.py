"""The `statuspage` source: incidents of a public status page.

docs/statuspage.md tells what it reads and what it cannot.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import Any, NotRequired

# pydantic reads TypedDicts of `typing` from Python 3.12 on only
from typing_extensions import TypedDict

from ingest.api import Api
from ingest.belonging import belonging
from ingest.errors import SourceError
from ingest.going_on import going_on
from ingest.http import Http
from ingest.incident_settings import StatuspageSettings
from ingest.marks import Mark
from ingest.records import Incident, Record
from ingest.rows import Row, records
from ingest.shapes import Item, Listing, Shape
from ingest.source import Fault, Hasher, Page, Rejected, Watermark
from ingest.times import Utc

LISTED, OPEN = "incidents.json", "incidents/unresolved.json"
SHOWN = 50
"""A status page lists so many incidents, the newest first, and no more."""


class Component(TypedDict):
    name: str


class Told(TypedDict):
    id: str
    name: str
    status: str
    impact: NotRequired[str | None]
    created_at: Utc
    started_at: NotRequired[Utc | None]
    resolved_at: NotRequired[Utc | None]
    shortlink: NotRequired[str | None]
    components: NotRequired[list[Component] | None]


class Tolds(TypedDict):
    incidents: list[Told]


def told(item: Told, hashed: Hasher) -> Item:
    """Listed fields only: of updates, which people write, nothing is kept."""
    kept: Item = {key: item.get(key) for key in ("id", "name", "status", "impact", "resolved_at", "shortlink")}
    kept["started_at"] = item.get("started_at") or item["created_at"]
    return kept | {"components": [each["name"] for each in item.get("components") or ()]}


INCIDENTS = Shape(Told, Tolds, "incidents", told, "to read the page: it must be public")


@dataclass
class PageMark(Mark):
    """What was landed of the incidents that the page lists (id: digest), and which of them are `open`."""

    listed: dict[str, str] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)


class Statuspage:
    """One status page."""

    def __init__(self, settings: StatuspageSettings, hasher: Hasher) -> None:
        self.name = settings.name
        self._settings = settings
        self._hash = hasher

    def fetch(self, http: Http, since: Watermark) -> Iterator[Page | Fault]:
        """What is new or has changed; with --since all that the page still lists."""
        mark = PageMark() if since.floor else PageMark.of(since.marks, "incidents")
        yield from going_on(self._new(self._api(http), mark))

    def parse(self, page: Page) -> Iterator[Record | Rejected]:
        return records(page, self._incident)

    def check(self, http: Http) -> Iterator[str]:
        try:
            self._api(http).many(LISTED, INCIDENTS)
        except SourceError as error:
            yield str(error)

    def _api(self, http: Http) -> Api:
        return Api(http, self._hash, self.name, "page", "api/v2", sized={})

    def _new(self, api: Api, mark: PageMark) -> Iterator[Page | Fault]:
        newest: Listing = api.many(LISTED, INCIDENTS).value
        pending: Listing = api.many(OPEN, INCIDENTS).value
        found = {item["id"]: item for item in [*newest.items, *pending.items]}
        digests = {name: _digest(item) for name, item in found.items()}
        items = [item for name, item in found.items() if mark.listed.get(name) != digests[name]]
        lost = [name for name in mark.open if name not in found]
        skipped = bool(mark.listed) and len(newest.items) >= SHOWN and not mark.listed.keys() & found.keys()
        rejected = newest.rejected + pending.rejected
        refused = {f"refused {_digest(row.content)}": row.reason for row in rejected}
        now = PageMark(digests | refused, [name for name, item in found.items() if _is_open(item)])
        if items or refused.keys() - mark.listed.keys() or lost or not mark.listed:
            yield Page("incident", api.place(LISTED), items, marks=now.saved("incidents"), rejected=rejected)
        if lost:
            yield Fault(
                f"{self.name}/page: {', '.join(lost)}: resolved and no longer listed, so that its end is not known; "
                "run more often, or give it by a file"
            )
        if skipped:
            yield Fault(
                f"{self.name}/page: {LISTED}: more than {SHOWN} incidents since the last run, of which the page lists "
                "the newest only; run more often, or give the others by a file"
            )

    def _incident(self, item: Item) -> Iterator[Row]:
        settings = self._settings
        names = item["components"] or [""]
        if not any(fnmatch(name.lower(), glob.lower()) for glob in settings.services for name in names):
            return
        if item["impact"] is not None and item["impact"] not in settings.impacts:
            return
        yield (
            Incident,
            {
                "incident_id": item["id"],
                "opened_at": item["started_at"],
                "resolved_at": None if _is_open(item) else item["resolved_at"],
                "severity": item["impact"],
                "detected_by": settings.detected_by,
                "title": item["name"],
                "url": item["shortlink"],
                **belonging(settings.belongs, item["components"]),
            },
        )


def _is_open(item: Item) -> bool:
    return item["status"] not in {"resolved", "postmortem"}


def _digest(item: Any) -> str:
    return hashlib.sha1(json.dumps(item, sort_keys=True).encode()).hexdigest()[:12]
