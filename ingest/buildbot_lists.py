"""Buildbot's builds and changes: both are numbered, so that what is new has a higher number than what is known."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatch
from typing import Any

from ingest.api import Api
from ingest.buildbot_fields import BUILDS, CHANGES, PROPERTIES, REQUESTS, STEPS
from ingest.errors import SourceError, SourceStopped
from ingest.http import Params
from ingest.marks import Mark
from ingest.reach import Reach
from ingest.settings import BuildbotSettings
from ingest.shapes import Item, Listing, Shape
from ingest.source import Fault, Page, Rejected
from ingest.times import moment

MANY = 10_000
"""Builders, or steps of a build, in one answer."""

MARGIN = 20
"""Of several masters, one may write a number after another has written the next: so many are asked for again."""


@dataclass
class NumberMark(Mark):
    """Where a list stands. What is numbered up to `seen` and began after `since` is landed, save what stands in `open`,
    which is asked for again. `recent` are the highest numbers known."""

    since: str | None = None
    seen: int | None = None
    open: list[int] = field(default_factory=list)
    recent: list[int] = field(default_factory=list)

    def saw(self, numbers: list[int]) -> None:
        known = sorted({*self.recent, *numbers})
        self.recent = known[-MARGIN:]
        self.seen = max([self.seen or 0, *known])


class Numbered:
    """One reading of one list, upwards by number."""

    noun: str
    path: str
    shape: Shape
    number: str
    began: str
    """The fields that a list is asked by: number and time."""
    began_at: str
    """The same time in an item."""
    params: Params = {}

    def __init__(self, api: Api, mark: NumberMark, reach: Reach) -> None:
        self._api = api
        self._mark = mark
        self._reach = reach
        self._size = api.sized["limit"]

    def fetch(self, now: datetime) -> Iterator[Page | Fault]:
        mark = self._mark
        begin = self._reach.begin(mark.since, None, now)
        anew = mark.seen is None or self._reach.anew(mark.since)
        where: Params = {f"{self.number}__gt": (mark.seen or 0) - MARGIN}
        if anew:
            where = {f"{self.began}__ge": _epoch(begin)}
        before = mark.saved(self.path)
        while True:
            listing: Listing = self._api.many(self.path, self.shape, {**self.params, **where}).value
            numbers = [item["id"] for item in listing.items]
            new = [item for item in listing.items if anew or self._is_new(item)]
            full = len(numbers) + len(listing.rejected) == self._size
            if full and not numbers:
                raise SourceError(f"{self._api.source}/{self._api.part}: {self.path}: no item of a page can be read")
            mark.saw([item["id"] for item in new])
            mark.since = mark.since if full or not anew else min(mark.since or begin, begin)
            if new or listing.rejected or mark.saved(self.path) != before:
                yield from self._land(new, listing.rejected)
                before = mark.saved(self.path)
            if not full:
                return
            where = {f"{self.number}__gt": max(numbers)}

    def _is_new(self, item: Item) -> bool:
        """Not known, and not from before the first reading."""
        first = _epoch(self._mark.since) if self._mark.since else 0
        return item["id"] not in self._mark.recent and item[self.began_at] >= first

    def _land(self, items: list[Item], rejected: tuple[Rejected, ...]) -> Iterator[Page | Fault]:
        yield self._page(self.noun, items, rejected=rejected)

    def _page(self, noun: str, items: list[Item], *, rejected: tuple[Rejected, ...] = (), marked: bool = True) -> Page:
        marks: dict[str, Any] = self._mark.saved(self.path) if marked else {}
        return Page(noun, self._api.place(self.path), items, marks=marks, rejected=rejected, starts=False)


class Builds(Numbered):
    """Builds with when they were asked for; those that were not complete are asked for until they are."""

    noun, path, shape = "ci_run", "builds", BUILDS
    number, began, began_at = "buildid", "started_at", "started_at"
    params: Params = {"order": "buildid", "property": PROPERTIES}

    def __init__(
        self, api: Api, mark: NumberMark, reach: Reach, settings: BuildbotSettings, builders: Mapping[int, str]
    ) -> None:
        super().__init__(api, mark, reach)
        self._settings = settings
        self._builders = builders

    def fetch(self, now: datetime) -> Iterator[Page | Fault]:
        waiting = list(self._mark.open)
        yield from super().fetch(now)
        waiting = [number for number in waiting if number in self._mark.open]
        for batch in (waiting[start : start + self._size] for start in range(0, len(waiting), self._size)):
            found: Listing = self._api.many(self.path, self.shape, {**self.params, self.number: batch}).value
            there = {item["id"] for item in found.items}
            # what is deleted is waited for no longer
            self._mark.open = [number for number in self._mark.open if number not in batch or number in there]
            if any(item["complete"] for item in found.items) or len(there) < len(batch):
                yield from self._land(found.items, found.rejected)

    def _land(self, items: list[Item], rejected: tuple[Rejected, ...]) -> Iterator[Page | Fault]:
        """The builds of the builders asked for, and the steps of those that are complete."""
        wanted = [item for item in items if self._is_wanted(item)]
        submitted = self._submitted(wanted)
        whole = [
            item | {"builder": self._builders[item["builder_id"]], "submitted_at": submitted.get(item["request_id"])}
            for item in wanted
        ]
        mark = self._mark
        complete = {item["id"] for item in items if item["complete"]}
        mark.open = [number for number in mark.open if number not in complete]
        mark.open = list(dict.fromkeys([*mark.open, *(item["id"] for item in wanted if not item["complete"])]))
        if not self._settings.steps:
            yield self._page(self.noun, whole, rejected=rejected)
            return
        yield self._page(self.noun, whole, rejected=rejected, marked=False)
        steps: list[Item] = []
        refused: list[Rejected] = []
        for number in sorted(item["id"] for item in whole if item["complete"]):
            try:
                listing: Listing = self._api.many(f"{self.path}/{number}/steps", STEPS, {"limit": MANY}).value
            except SourceStopped:
                raise
            except SourceError as error:
                mark.open.append(number)
                yield Fault(str(error))
                continue
            steps += [step | {"build_id": number} for step in listing.items if not step["hidden"]]
            refused += listing.rejected
        yield self._page("ci_job", steps, rejected=tuple(refused))

    def _is_wanted(self, item: Item) -> bool:
        name = self._builders.get(item["builder_id"], "")
        return bool(name) and any(fnmatch(name.lower(), glob.lower()) for glob in self._settings.builders)

    def _submitted(self, builds: list[Item]) -> dict[int, int]:
        """When the builds were asked for, by request: the time before they start is spent in the queue."""
        asked = sorted({item["request_id"] for item in builds})
        if not asked:
            return {}
        listing: Listing = self._api.many("buildrequests", REQUESTS, {"buildrequestid": asked}).value
        return {item["id"]: item["submitted_at"] for item in listing.items}


class Changes(Numbered):
    noun, path, shape = "change", "changes", CHANGES
    number, began, began_at = "changeid", "when_timestamp", "committed_at"
    params: Params = {"order": "changeid"}


def _epoch(text: str) -> int:
    return int(moment(text).replace(tzinfo=UTC).timestamp())
