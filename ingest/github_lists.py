"""Lists of a repository that GitHub gives newest first and cannot search: deployments, and pull requests (these here).

A reading goes from the newest back to where the last complete one began. One that was cut short leaves a gap in its
mark, which the next reading fills first, so that a long history gets further with every run.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ingest import github_graphql
from ingest.answers import Response
from ingest.api import GONE, Api
from ingest.errors import SourceError, SourceStopped
from ingest.github_graphql import Graph, Question
from ingest.github_pages import COMMITS, PULLS, REVIEWS
from ingest.marks import Mark
from ingest.reach import Reach
from ingest.shapes import Item, Shape
from ingest.source import Fault, Page, Rejected
from ingest.times import earliest, stamp

BATCH = 100

Details = dict[str, Any] | None
"""What was asked for an item; None when it is gone."""


@dataclass
class ListMark(Mark):
    """Where a list stands. Times are as GitHub writes them.

    What happened from `since` to `seen` is landed, save what stands in `open` (id: etag), which is asked for again.
    `gap` tells of a reading that was cut short: it started at `top`, got down to `low`, and was to go to `begin`.
    """

    since: str | None = None
    seen: str | None = None
    etag: str | None = None
    open: dict[str, str | None] = field(default_factory=dict)
    gap: dict[str, str] | None = None
    compared: dict[str, Any] = field(default_factory=dict)
    """Of deployments: see github_comparison."""


class Newest(ABC):
    """One reading of one list."""

    noun: str
    path: str
    shape: Shape
    params: Mapping[str, str | int]
    by: str
    """The time that the list is ordered by."""

    question: Question
    """What asks for the details of many at once."""

    def __init__(self, api: Api, graph: Graph, key: str, mark: ListMark, reach: Reach) -> None:
        self._api = api
        self._graph = graph
        self._key = key
        self._mark = mark
        self._reach = reach
        self._open_before = set(mark.open)
        self._read: set[str] = set()

    def head(self) -> Response:
        """The newest page, which may be asked for long before the others."""
        etag = None if self._mark.gap or self._reach.anew(self._mark.since) else self._mark.etag
        return self._api.many(self.path, self.shape, self.params, etag=etag)

    def fetch(self, newest: Callable[[], Response]) -> Iterator[Page | Fault]:
        """What is new, given the answer to `head`."""
        mark = self._mark
        yield from self._more()
        if mark.gap:
            yield from self._down(mark.gap["begin"], mark.gap["top"], mark.gap["low"], None)
        first = newest()
        if not first.not_modified:
            now = self._api.http.clock(first)
            begin = self._reach.begin(mark.since, mark.seen, now)
            yield from self._down(begin, stamp(now), None, first)
        yield from self._open()

    def _down(self, begin: str, top: str, below: str | None, first: Response | None) -> Iterator[Page | Fault]:
        """Pages from `below` (else from the newest item) down to `begin`; the mark keeps how far it got."""
        mark = self._mark
        mark.since = min(mark.since or begin, begin)
        etag = first.etag if first else None
        first = first or self._api.many(self.path, self.shape, self.params)
        for listing, last in self._api.pages(self.path, self.shape, first):
            low = min((item[self.by] for item in listing.items), default=top)
            wanted = [item for item in listing.items if self._wants(item, begin, below)]
            items, faults = self._detailed(wanted)
            done = last or low < begin
            if done:
                mark.seen, mark.etag, mark.gap = max(mark.seen or top, top), etag, None
            else:
                mark.gap = {"top": top, "low": low, "begin": begin}
            if items or listing.rejected or done:
                yield self._page(items, listing.rejected, done)
            yield from faults
            yield from self._more()
            if done:
                return

    def _wants(self, item: Item, begin: str, below: str | None) -> bool:
        return bool(item[self.by] >= begin and (below is None or item[self.by] <= below))

    def _detailed(self, wanted: list[Item]) -> tuple[list[Item], list[Fault]]:
        """The items with their details. One whose details fail is left out, and asked for again next time."""
        faults: list[Fault] = []
        items: list[Item] = []
        told = self._graph.details(self.question, {self._id(item): item["node_id"] for item in wanted})
        for item, details in self._api.http.each(wanted, lambda item: self._all_of(item, told.get(self._id(item)))):
            item_id = self._id(item)
            if item_id in self._open_before:
                self._read.add(item_id)
            try:
                items += self._whole(item, details())
            except SourceStopped:
                raise
            except SourceError as error:
                faults.append(Fault(str(error)))
                self._mark.open[item_id] = None
        return items, faults

    def _open(self) -> Iterator[Page | Fault]:
        """What was not final and did not turn up in the list again."""
        mark = self._mark
        waiting = sorted(self._open_before - self._read)
        for batch in (waiting[start : start + BATCH] for start in range(0, len(waiting), BATCH)):
            before = dict(mark.open)
            items: list[Item] = []
            for item_id, answer in self._api.http.each(batch, self._again):
                try:
                    found = answer()
                    if found is not None:
                        mark.open.pop(item_id, None)
                        items += [whole for item, details in found for whole in self._whole(item, details)]
                except SourceStopped:
                    raise
                except SourceError as error:
                    yield Fault(str(error))
            if items or mark.open != before:
                yield self._page(items, (), True)
            yield from self._more()

    def _one(self, item_id: str) -> list[Item]:
        """One item of the list by its id; none when it is gone."""
        response = self._api.one(f"{self.path}/{item_id}", self.shape)
        return [] if response.status in GONE else response.value.items

    def _page(self, items: list[Item], rejected: tuple[Rejected, ...], done: bool) -> Page:
        """A page of the list; `done` says that the reading is complete by it."""
        marks = self._mark.saved(self._key)
        for item in items:
            del item["node_id"]
        return Page(self.noun, self._api.place(self.path), items, marks=marks, rejected=rejected, starts=False)

    def _more(self) -> Iterator[Page | Fault]:
        """What is to be asked for now that they are landed."""
        return iter(())

    @abstractmethod
    def _id(self, item: Item) -> str:
        """What the item is asked for by, as it stands in `open`."""

    @abstractmethod
    def _details(self, item: Item) -> Details:
        """What an item does not tell itself. Only asks: it may run beside others."""

    def _all_of(self, item: Item, told: Details) -> Details:
        """The details, be they told already or not. Only asks, as above."""
        return told or self._details(item)

    @abstractmethod
    def _whole(self, item: Item, details: Details) -> list[Item]:
        """The item with its details, and `open` brought up to date; nothing when it is gone."""

    @abstractmethod
    def _again(self, item_id: str) -> list[tuple[Item, Details]] | None:
        """What became of an item in `open`: None when it has not changed, nothing when it is gone. Only asks."""


class Changes(Newest):
    """Pull requests merged into the default branch, with the time of their first commit and their reviews."""

    noun = "change"
    path = "pulls"
    shape = PULLS
    params: Mapping[str, str | int] = {"state": "closed", "sort": "updated", "direction": "desc"}
    by = "updated_at"
    question = github_graphql.PULLS

    def _wants(self, item: Item, begin: str, below: str | None) -> bool:
        merged = item["merged_at"] is not None and item["merged_at"] >= (self._mark.since or begin)
        return merged and item["to_default_branch"] and super()._wants(item, begin, below)

    def _id(self, item: Item) -> str:
        return str(item["number"])

    def _details(self, item: Item) -> Details:
        path = f"{self.path}/{item['number']}"
        dates = [date for commit in self._every(f"{path}/commits", COMMITS) for date in commit["dates"]]
        return {"first_commit_at": earliest(dates), "reviews": list(self._every(f"{path}/reviews", REVIEWS))}

    def _whole(self, item: Item, details: Details) -> list[Item]:
        self._mark.open.pop(self._id(item), None)
        return [{**item, **(details or {})}]

    def _again(self, item_id: str) -> list[tuple[Item, Details]] | None:
        return [(item, self._details(item)) for item in self._one(item_id)]

    def _every(self, path: str, shape: Shape) -> Iterator[Item]:
        """All items of a list; none when it is gone."""
        first = self._api.many(path, shape, ok=GONE)
        if first.status not in GONE:
            yield from (item for listing, _ in self._api.pages(path, shape, first) for item in listing.items)
