"""The builds of one Jenkins job, with their stages.

Jenkins numbers the builds of a job and tells the next number, so that a job without new builds costs nothing. It lists
them newest first: the list is read down to what is known, and then landed from the oldest on, so that a reading that is
cut short goes on where it ended.
"""

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ingest.api import GONE, Api
from ingest.errors import SourceError, SourceStopped
from ingest.jenkins_fields import BUILD_TREE, STAGES
from ingest.jenkins_jobs import Job
from ingest.marks import Mark
from ingest.reach import Reach
from ingest.shapes import Item, Listing, Shape
from ingest.source import Fault, Page, Rejected
from ingest.times import moment, stamp

BATCH = 50
LISTED = 100
OVERLAP = 10
"""Builds that two parts of the list share: what is deleted meanwhile moves the others up."""

LATE = 20
"""A build has its number a moment before it is listed: so far back, a number that is missing is asked for once more."""


@dataclass
class BuildMark(Mark):
    """Where a job stands: builds from the time `since` on and below the number `next` are landed, save those in `open`,
    which are not over yet or could not be read."""

    since: str | None = None
    next: int | None = None
    open: list[int] = field(default_factory=list)


class Builds:
    """One reading of a job's builds."""

    def __init__(self, api: Api, job: Job, shape: Shape, mark: BuildMark, reach: Reach) -> None:
        self._api = api
        self._job = job
        self._shape = shape
        self._mark = mark
        self._reach = reach
        self._stages = True
        self._saved: dict[str, Any] = {}
        self._rejected: list[Rejected] = []

    def fetch(self, now: datetime, stages: bool) -> Iterator[Page | Fault]:
        """What was not finished before, then what is new, with or without `stages`; `now` is the server's clock."""
        self._stages = stages
        mark = self._mark
        if mark.next is not None and mark.next > self._job.next:
            # deleted and made anew: its numbers start again
            mark = self._mark = BuildMark()
        yield from self._unfinished()
        anew = self._reach.anew(mark.since)
        if mark.next == self._job.next and not anew:
            return
        begin: str | None = None
        if mark.next is None or anew:
            begin = self._reach.begin(mark.since, None if mark.next is None else stamp(now), now)
            mark.since, mark.next = min(mark.since or begin, begin), 0
        found = self._listed(begin, mark.next)
        yield from self._land(found)
        late = range(max(1, min(found, default=self._job.next), self._job.next - LATE), self._job.next)
        for number in late:
            if number not in found:
                self._open(number)
        mark.next = max(self._job.next, max(found, default=0) + 1)
        if mark.saved(self._job.key) != self._saved:
            yield self._page([])

    def ask(self, stages: bool) -> None:
        """Asks for the newest build, with or without its stages. Raises SourceError where that may not be read."""
        tree = f"allBuilds[{BUILD_TREE}]{{0,1}}"
        listing: Listing = self._api.many("api/json", self._shape, {"tree": tree}).value
        for build in listing.items if stages else []:
            self._api.many(f"{build['number']}/wfapi/describe", STAGES, ok=GONE)

    def _unfinished(self) -> Iterator[Page | Fault]:
        for number in list(self._mark.open):
            try:
                response = self._api.one(f"{number}/api/json", self._shape, params={"tree": BUILD_TREE})
                listing: Listing = response.value or Listing([])
                found = [whole for build in listing.items if not build["building"] for whole in self._whole(build)]
            except SourceStopped:
                raise
            except SourceError as error:
                yield Fault(str(error))
                continue
            if found or listing.rejected or response.status in GONE:
                self._mark.open.remove(number)
                self._rejected += listing.rejected
                yield self._page(found)

    def _listed(self, begin: str | None, first: int) -> dict[int, Item]:
        """The builds from a time or a number on, by their number, oldest first."""
        found: dict[int, Item] = {}
        oldest = int((moment(begin) - datetime(1970, 1, 1)).total_seconds() * 1000) if begin else 0
        start = 0
        while True:
            tree = f"allBuilds[{BUILD_TREE}]{{{start},{start + LISTED}}}"
            listing: Listing = self._api.many("api/json", self._shape, {"tree": tree}).value
            self._rejected += [row for row in listing.rejected if row not in self._rejected]
            wanted = [each for each in listing.items if each["number"] >= first and each["timestamp"] >= oldest]
            found |= {build["number"]: build for build in wanted}
            if len(wanted) < len(listing.items) or len(listing.items) + len(listing.rejected) < LISTED:
                return dict(sorted(found.items()))
            start += LISTED - OVERLAP

    def _land(self, found: dict[int, Item]) -> Iterator[Page | Fault]:
        """Pages of builds with their stages. Cut short, a page holds what was got."""
        mark, numbers = self._mark, list(found)
        for batch in (numbers[start : start + BATCH] for start in range(0, len(numbers), BATCH)):
            items: list[Item] = []
            faults: list[Fault] = []
            stopped: SourceStopped | None = None
            for number, answer in self._api.http.each(batch, lambda number: self._detailed(found[number])):
                try:
                    whole, rejected = answer()
                    items += whole
                    self._rejected += rejected
                except SourceStopped as error:
                    stopped = error
                    break
                except SourceError as error:
                    faults.append(Fault(str(error)))
                    self._open(number)
                if found[number]["building"]:
                    self._open(number)
                mark.next = number + 1
            yield self._page(items)
            yield from faults
            if stopped:
                raise stopped

    def _detailed(self, build: Item) -> tuple[list[Item], list[Rejected]]:
        """A build with its stages, and what of them was refused: by a copy, since several are at it at a time."""
        reading = copy(self)
        reading._rejected = []
        return reading._whole(build), reading._rejected

    def _whole(self, build: Item) -> list[Item]:
        """A build with its stages, once it is over."""
        whole = {**build, "job": self._job.told(), "stages": []}
        if self._stages and not build["building"]:
            response = self._api.many(f"{build['number']}/wfapi/describe", STAGES, ok=GONE)
            if response.status not in GONE:
                listing: Listing = response.value
                self._rejected += listing.rejected
                whole["stages"] = listing.items
        return [whole]

    def _open(self, number: int) -> None:
        """Has a build asked for again by its number."""
        if number not in self._mark.open:
            self._mark.open.append(number)

    def _page(self, items: list[Item]) -> Page:
        self._saved, rejected = self._mark.saved(self._job.key), tuple(self._rejected)
        self._rejected.clear()
        return Page("ci_run", self._api.place("builds"), items, marks=self._saved, rejected=rejected, starts=False)
