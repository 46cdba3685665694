"""The `opsgenie` source: incidents or alerts of Opsgenie, or alerts of Jira Service Management.

docs/opsgenie.md tells what it reads, in which order, and what that costs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatch
from typing import Any

from ingest import opsgenie_fields as fields
from ingest.api import Api
from ingest.belonging import belonging
from ingest.errors import SourceError
from ingest.http import Http, Params
from ingest.incident_settings import OpsgenieSettings
from ingest.incidents import Incidents
from ingest.paging import by_offset, pages
from ingest.reach import OVERLAP, Reach
from ingest.records import Incident, Record
from ingest.rows import Row, records
from ingest.shapes import Item, Listing, Shape
from ingest.source import Fault, Hasher, Page, Rejected, Watermark
from ingest.times import moment, stamp

PAGE_SIZE = 100
REACHABLE = 10_000
"""Opsgenie shows 20,000 of a list; long before, it is asked anew from the last one on."""

SWEEP_TIME = timedelta(days=30)
SWEEP_EVERY = timedelta(days=1)
FORBIDDEN = (403,)


@dataclass(frozen=True)
class Flavour:
    """How an API lists incidents or alerts, and gives one."""

    path: str
    many: Shape
    one: Shape
    size: str
    sorts_by_change: bool


INCIDENTS = Flavour("v1/incidents", fields.INCIDENTS, fields.INCIDENT, "limit", False)
ALERTS = Flavour("v2/alerts", fields.ALERTS, fields.ALERT, "limit", True)
OPS_ALERTS = Flavour("v1/alerts", fields.OPS_ALERTS, fields.OPS_ALERT, "size", True)


class Opsgenie:
    """One Opsgenie account, or the operations of one Jira Service Management site."""

    def __init__(self, settings: OpsgenieSettings, hasher: Hasher) -> None:
        self.name = settings.name
        self._settings = settings
        self._hash = hasher
        self._flavour = ALERTS if settings.reads == "alerts" else INCIDENTS
        if settings.is_jira:
            self._flavour = OPS_ALERTS

    def fetch(self, http: Http, since: Watermark) -> Iterator[Page | Fault]:
        api, flavour = self._api(http), self._flavour
        now = http.clock(api.many(flavour.path, flavour.many, {flavour.size: 1, "query": "status:open"}))
        reach = Reach.of(self._settings.since, since.floor)
        reading = _Incidents(api, since.marks, reach, flavour, {} if self._settings.is_jira else _names(api))
        yield from reading.fetch(now)

    def parse(self, page: Page) -> Iterator[Record | Rejected]:
        return records(page, self._incident)

    def check(self, http: Http) -> Iterator[str]:
        flavour = self._flavour
        try:
            self._api(http).many(flavour.path, flavour.many, {flavour.size: 1, "query": "status:open"})
            if not self._settings.is_jira:
                self._api(http).many("v2/teams", fields.NAMES)
        except SourceError as error:
            yield str(error)

    def _api(self, http: Http) -> Api:
        return Api(http, self._hash, self.name, "opsgenie", "", sized={self._flavour.size: PAGE_SIZE})

    def _incident(self, item: Item) -> Iterator[Row]:
        settings = self._settings
        names = [*item["services"], *item["teams"], *item["names"]]
        wanted = any(fnmatch(name.lower(), glob.lower()) for glob in settings.services for name in names or [""])
        if not wanted or (item["priority"] and item["priority"] not in settings.priorities):
            return
        yield (
            Incident,
            {
                "incident_id": item["id"],
                "opened_at": item["opened_at"],
                "resolved_at": item["resolved_at"],
                "severity": item["priority"],
                "detected_by": settings.detected_by,
                "title": item["title"],
                "url": item["url"],
                **belonging(settings.belongs, names),
            },
        )


class _Incidents(Incidents):
    def __init__(
        self, api: Api, marks: Mapping[str, Any], reach: Reach, flavour: Flavour, names: Mapping[str, str]
    ) -> None:
        self.path = flavour.path
        super().__init__(api, marks, reach)
        self._flavour = flavour
        self._names = names

    def created(self, begin: str, now: datetime) -> Iterator[Listing]:
        cursor: str | None = begin
        while cursor:
            read, after, cursor = 0, cursor, None
            for listing in self._list(f"createdAt >= {_milliseconds(after)}", "createdAt", "asc"):
                yield listing
                read += PAGE_SIZE
                newest = max((item["created_at"] for item in listing.items), default=after)
                if read >= REACHABLE and _milliseconds(newest) > _milliseconds(after):
                    cursor = newest
                    break

    def unresolved(self) -> Iterator[Listing]:
        return self._list("status:open", "createdAt", "asc")

    def one(self, incident_id: str) -> Listing:
        return self._told(self.api.one(f"{self.path}/{incident_id}", self._flavour.one).value or Listing([]))

    def changed(self, since: str, now: datetime) -> Iterator[Listing]:
        """Alerts by when they changed; incidents cannot be listed so, and those of the last weeks are read each day."""
        if self._flavour.sorts_by_change:
            for listing in self._list("", "updatedAt", "desc"):
                late = [item for item in listing.items if item["updated_at"] >= since]
                if late or listing.rejected:
                    yield replace(listing, items=late)
                if len(late) < len(listing.items):
                    return
        elif now - moment(since) >= SWEEP_EVERY + OVERLAP:
            for listing in self.created(stamp(now - SWEEP_TIME), now):
                yield replace(listing, items=[item for item in listing.items if item["updated_at"] >= since])

    def _list(self, query: str, sort: str, order: str) -> Iterator[Listing]:
        params: Params = {**({"query": query} if query else {}), "sort": sort, "order": order, "offset": 0}
        found = pages(self.api, self.path, self._flavour.many, params, by_offset(size=self._flavour.size))
        return (self._told(listing) for listing, _ in found)

    def _told(self, listing: Listing) -> Listing:
        """With the names of services and teams in the place of their ids."""
        items = [
            item | {key: [self._names.get(each, each) for each in item[key]] for key in ("services", "teams")}
            for item in listing.items
        ]
        return replace(listing, items=items)


def _names(api: Api) -> dict[str, str]:
    """The names of services and teams by id. A key without that right tells none, and their ids stand."""
    names: dict[str, str] = {}
    teams = api.many("v2/teams", fields.NAMES, ok=FORBIDDEN)
    if teams.status not in FORBIDDEN:
        names |= {item["id"]: item["name"] for item in teams.value.items}
    first = api.many("v1/services", fields.NAMES, {"offset": 0}, ok=FORBIDDEN)
    if first.status not in FORBIDDEN:
        listings = pages(api, "v1/services", fields.NAMES, {"offset": 0}, by_offset(), first=first)
        names |= {item["id"]: item["name"] for listing, _ in listings for item in listing.items}
    return names


def _milliseconds(time: str) -> int:
    return int(moment(time).replace(tzinfo=UTC).timestamp() * 1000)
