"""The `pagerduty` source: incidents of PagerDuty services.

docs/pagerduty.md tells what it reads, in which order, and what that costs.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from fnmatch import fnmatch

from ingest.api import Api
from ingest.belonging import belonging
from ingest.errors import SourceError, SourceStopped
from ingest.http import Http, Params
from ingest.incident_settings import PagerdutySettings
from ingest.incidents import Incidents
from ingest.pagerduty_fields import INCIDENT, INCIDENTS, LOG
from ingest.paging import by_offset, pages
from ingest.reach import Reach
from ingest.records import Incident, Record
from ingest.rows import Row, records
from ingest.shapes import Item, Listing, Shape
from ingest.source import Fault, Hasher, Page, Rejected, Watermark
from ingest.times import moment, stamp

HEADERS = {"Accept": "application/vnd.pagerduty+json;version=2"}
PAGE_SIZE = 100
REACHABLE = 10_000
"""Offset and limit together may not go beyond."""

LONGEST = timedelta(days=90)
"""PagerDuty takes windows of up to six months."""


class Pagerduty:
    """One PagerDuty account."""

    def __init__(self, settings: PagerdutySettings, hasher: Hasher) -> None:
        self.name = settings.name
        self._settings = settings
        self._hash = hasher

    def fetch(self, http: Http, since: Watermark) -> Iterator[Page | Fault]:
        api = self._api(http)
        now = http.clock(api.many("incidents", INCIDENTS, {"limit": 1}))
        reach = Reach.of(self._settings.since, since.floor)
        yield from _Incidents(api, since.marks, reach).fetch(now)

    def parse(self, page: Page) -> Iterator[Record | Rejected]:
        return records(page, self._incident)

    def check(self, http: Http) -> Iterator[str]:
        for path, shape in (("incidents", INCIDENTS), ("log_entries", LOG)):
            try:
                self._api(http).many(path, shape, {"limit": 1})
            except SourceStopped as error:
                yield str(error)
                return
            except SourceError as error:
                yield str(error)

    def _api(self, http: Http) -> Api:
        return Api(http, self._hash, self.name, "pagerduty", "", HEADERS, sized={"limit": PAGE_SIZE})

    def _incident(self, item: Item) -> Iterator[Row]:
        settings = self._settings
        service = (item["service"] or "").lower()
        if item["urgency"] not in settings.urgencies or not any(fnmatch(service, g.lower()) for g in settings.services):
            return
        yield (
            Incident,
            {
                "incident_id": item["id"],
                "opened_at": item["created_at"],
                "resolved_at": item["resolved_at"],
                "severity": item["priority"] or item["urgency"],
                "detected_by": settings.detected_by,
                "title": item["title"],
                "url": item["url"],
                **belonging(settings.belongs, [item["service"], item["service_id"], *item["teams"]]),
            },
        )


class _Incidents(Incidents):
    path = "incidents"

    def created(self, begin: str, now: datetime) -> Iterator[Listing]:
        start = moment(begin)
        while start < now:
            end = min(start + LONGEST, now)
            yield from self._window(self.path, INCIDENTS, start, end)
            start = end

    def unresolved(self) -> Iterator[Listing]:
        params: Params = {"date_range": "all", "statuses[]": ["triggered", "acknowledged"], "offset": 0}
        found = pages(self.api, self.path, INCIDENTS, params, by_offset("more"))
        return (listing for listing, _ in found)

    def one(self, incident_id: str) -> Listing:
        return self.api.one(f"{self.path}/{incident_id}", INCIDENT).value or Listing([])

    def changed(self, since: str, now: datetime) -> Iterator[str | Listing]:
        """The incidents that the log tells of: PagerDuty cannot be asked for incidents by when they changed."""
        for listing in self._window("log_entries", LOG, moment(since), now):
            yield from (item["incident_id"] for item in listing.items)

    def _window(self, path: str, shape: Shape, begin: datetime, end: datetime) -> Iterator[Listing]:
        """All from `begin` to `end`, the oldest first; halved where more is in it than PagerDuty shows."""
        params: Params = {
            **{"since": stamp(begin), "until": stamp(end), "time_zone": "UTC", "offset": 0, "total": "true"},
            **({"sort_by": "created_at:asc"} if path == self.path else {"is_overview": "true"}),
        }
        first = self.api.many(path, shape, params)
        total, half = first.value.rest.get("total") or 0, begin + (end - begin) / 2
        if total > REACHABLE - PAGE_SIZE and end - begin > timedelta(seconds=2):
            yield from self._window(path, shape, begin, half)
            yield from self._window(path, shape, half, end)
            return
        for listing, _ in pages(self.api, path, shape, params, by_offset("more"), first=first):
            yield listing
