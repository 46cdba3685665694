"""Deployments to the environments of a project.

Azure DevOps lists the records of an environment newest first and cannot be asked for one of them: the list is read down
to the oldest record that is not over, and landed from the oldest on.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ingest.api import Api
from ingest.azure_devops_api import pages
from ingest.azure_devops_builds import Timeline, timeline
from ingest.azure_devops_pages import BUILDS, DEPLOYMENTS
from ingest.errors import SourceError, SourceStopped
from ingest.marks import Mark
from ingest.reach import Reach
from ingest.shapes import Item
from ingest.source import Fault, Page, Rejected
from ingest.times import stamp, utc

BATCH = 50
LET_GO = timedelta(days=90)
"""A record that is still not over is no longer waited for: what runs its list would be read down to it for ever."""


@dataclass
class EnvironmentMark(Mark):
    """Where an environment stands: records queued from `since` on and with a number below `next` are landed. Those in
    `open` were not over (number: when it was queued) or could not be read (number: null)."""

    since: str | None = None
    next: int | None = None
    open: dict[str, str | None] = field(default_factory=dict)


class Details:
    """The builds that deploy, each asked for once."""

    def __init__(self, api: Api, approvals: bool) -> None:
        self._api = api
        self._approvals = approvals
        self._builds: dict[int, Item | None] = {}
        self._timelines: dict[int, Timeline] = {}

    def of(self, record: Item) -> Item:
        """The record's build (None when it is gone), and the approval that its stage waited for."""
        number = record["build_id"]
        if number is None:
            return {"build": None, "approval": None}
        if number not in self._builds:
            response = self._api.one(f"build/builds/{number}", BUILDS)
            self._builds[number] = next(iter(response.value.items), None) if response.value else None
        approval = None
        if self._approvals and self._builds[number]:
            if number not in self._timelines:
                self._timelines[number] = timeline(self._api, number)
            approval = self._timelines[number].approval(record["stage"])
        return {"build": self._builds[number], "approval": approval}


class Deployments:
    """One reading of one environment's records."""

    def __init__(self, api: Api, key: str, environment: Item, details: Details, marks: Mapping[str, Any]) -> None:
        self._api = api
        self._key = key
        self._environment = environment
        self._details = details
        self._mark = EnvironmentMark.of(marks, key)
        self._path = f"distributedtask/environments/{environment['id']}/environmentdeploymentrecords"
        self._rejected: list[Rejected] = []

    def fetch(self, now: datetime, reach: Reach) -> Iterator[Page | Fault]:
        """What was not over before, and what is new; `now` is the server's clock."""
        mark = self._mark
        before = mark.saved(self._key)
        begin: str | None = None
        if mark.next is None or reach.anew(mark.since):
            begin = utc(reach.begin(mark.since, None if mark.next is None else stamp(now), now))
            mark.since, mark.next = min(mark.since or begin, begin), 0
        oldest = utc(stamp(now - LET_GO))
        mark.open = {number: queued for number, queued in mark.open.items() if queued is None or queued >= oldest}
        yield from self._land(self._listed(begin, mark.next))
        if mark.saved(self._key) != before or self._rejected:
            yield self._page([])

    def _listed(self, begin: str | None, first: int) -> list[Item]:
        """The records from a time, or from the oldest that is wanted on; oldest first."""
        found: dict[int, Item] = {}
        lowest = min([first, *(int(number) for number in self._mark.open)]) if begin is None else 0
        for listing in pages(self._api, self._path, DEPLOYMENTS):
            self._rejected += listing.rejected
            for record in listing.items:
                is_wanted = record["id"] >= first or str(record["id"]) in self._mark.open
                if is_wanted and (begin is None or (record["queued"] or begin) >= begin):
                    found[record["id"]] = record
            low = min((record["id"] for record in listing.items), default=lowest)
            reached = min((record["queued"] for record in listing.items if record["queued"]), default=None)
            if low <= lowest or (begin and reached and reached < begin):
                break
        return [found[number] for number in sorted(found)]

    def _land(self, records: list[Item]) -> Iterator[Page | Fault]:
        """Pages of records with their builds. Cut short, a page holds what was got."""
        mark = self._mark
        for batch in (records[start : start + BATCH] for start in range(0, len(records), BATCH)):
            items: list[Item] = []
            faults: list[Fault] = []
            stopped: SourceStopped | None = None
            for record in batch:
                name = str(record["id"])
                if not record["finished"] and mark.open.get(name) and record["id"] < (mark.next or 0):
                    continue
                try:
                    known = {"environment": self._environment["name"], "project": self._api.part}
                    items.append({**record, **known, **self._details.of(record)})
                    mark.open.pop(name, None)
                    if not record["finished"]:
                        mark.open[name] = record["queued"]
                except SourceStopped as error:
                    stopped = error
                    break
                except SourceError as error:
                    faults.append(Fault(str(error)))
                    mark.open[name] = None
                mark.next = max(mark.next or 0, record["id"] + 1)
            if items or faults:
                yield self._page(items)
            yield from faults
            if stopped:
                raise stopped

    def _page(self, items: list[Item]) -> Page:
        marks, rejected = self._mark.saved(self._key), tuple(self._rejected)
        self._rejected.clear()
        return Page("deployment", self._api.place(self._path), items, marks=marks, rejected=rejected, starts=False)
