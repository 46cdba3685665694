"""Reading a list in the order of change, oldest first: a reading that is cut short goes on where it ended, what is
known is not asked for twice, and what failed is asked for again.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from copy import copy, deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from ingest.answers import Response
from ingest.api import GONE, PER_PAGE, Api
from ingest.errors import SourceError, SourceStopped
from ingest.marks import Mark
from ingest.reach import OVERLAP, Reach
from ingest.shapes import Item, Listing, Shape
from ingest.source import Fault, Page, Rejected
from ingest.times import moment, stamp, utc

Detailed = tuple[list[Item], list[Rejected]]
"""What became of an item, and what of its details was refused."""


@dataclass
class UpdateMark(Mark):
    """Where a list stands. All that changed from `since` to `seen` is landed, save the items in `due`, which are asked
    for again. `recent` holds the items (id: time of change) so shortly before `seen` that the next reading meets them
    again; `etag` is that of a page which held all of these."""

    since: str | None = None
    seen: str | None = None
    etag: str | None = None
    recent: dict[str, str] = field(default_factory=dict)
    due: list[str] = field(default_factory=list)


class Updates(ABC):
    """One reading of one list."""

    noun: str
    path: str
    shape: Shape
    number = "id"
    """The field that an item is asked for by."""

    changed = "updated_at"
    """The field that holds when an item last changed, in UTC to the millisecond."""

    mark_type: type[UpdateMark] = UpdateMark
    only_asks = True
    """Whether `_whole` changes nothing, so that several items may be at it at a time."""

    def __init__(self, api: Api, key: str, marks: Mapping[str, Any], reach: Reach) -> None:
        self._api = api
        self._key = key
        self._mark = self.mark_type.of(marks, key)
        self._reach = reach
        self._rejected: list[Rejected] = []

    def fetch(self, now: datetime) -> Iterator[Page | Fault]:
        """What failed before, then what changed since; `now` is the server's clock."""
        mark = self._mark
        self._now = utc(stamp(now))
        yield from self._owed()
        before = deepcopy(mark)
        begin, anew = self._begin(now)
        if anew:
            # more is wanted than what is new: all from there on is read again
            mark.since, mark.seen, mark.etag, mark.recent = min(mark.since or begin, begin), begin, None, {}
        for listing in self._pages(begin):
            yield from self._take(listing)
        if mark != before or self._rejected:
            yield self._page([])

    def _begin(self, now: datetime) -> tuple[str, bool]:
        """From when on is to be read, and whether that is more than what is new."""
        mark = self._mark
        begin = utc(self._reach.begin(mark.since, mark.seen, now))
        return begin, mark.seen is None or begin < _overlap(mark.seen)

    def _take(self, listing: Listing) -> Iterator[Page | Fault]:
        """A page of what is new of the items, with details; one that fails is due. Cut short, it holds what was got."""
        mark = self._mark
        found: list[Item] = []
        faults: list[Fault] = []
        stopped: SourceStopped | None = None
        for item, answer in self._side_by_side(self._new(listing)):
            name = str(item[self.number])
            try:
                whole, rejected = answer()
                found += whole
                self._rejected += rejected
            except SourceStopped as error:
                stopped = error
                break
            except SourceError as error:
                faults.append(Fault(str(error)))
                mark.due = [*dict.fromkeys([*mark.due, name])]
            mark.recent[name] = item[self.changed]
            # what says that it changed in the future must not hide what others change until then
            mark.seen = min(max(mark.seen or "", item[self.changed]), self._now)
        mark.recent = {name: time for name, time in mark.recent.items() if time >= _overlap(mark.seen or time)}
        self._rejected += listing.rejected
        if found or self._rejected:
            yield self._page(found)
        yield from faults
        if stopped:
            raise stopped

    def _new(self, listing: Listing) -> list[Item]:
        """The items that differ from what was landed a moment ago."""
        new: list[Item] = []
        known = dict(self._mark.recent)
        for item in listing.items:
            name = str(item[self.number])
            if known.get(name) != item[self.changed]:
                new.append(item)
                known[name] = item[self.changed]
        return new

    def _side_by_side(self, items: list[Item]) -> Iterator[tuple[Item, Callable[[], Detailed]]]:
        if self.only_asks:
            return self._api.http.each(items, self._detailed)
        return ((item, partial(self._detailed, item)) for item in items)

    def _detailed(self, item: Item) -> Detailed:
        """An item with its details, and what of them was refused: by a copy, since several are at it at a time."""
        reading = copy(self)
        reading._rejected = []
        return reading._whole(item), reading._rejected

    def _owed(self) -> Iterator[Page | Fault]:
        """What failed in an earlier reading."""
        for name in list(self._mark.due):
            try:
                response = self._api.one(f"{self.path}/{name}", self.shape)
                found = [whole for item in self._found(response) for whole in self._whole(item)]
            except SourceStopped:
                raise
            except SourceError as error:
                yield Fault(str(error))
                continue
            self._mark.due.remove(name)
            yield self._page(found)

    def _page(self, items: list[Item]) -> Page:
        marks, rejected = self._mark.saved(self._key), tuple(self._rejected)
        self._rejected.clear()
        return Page(self.noun, self._api.place(self.path), items, marks=marks, rejected=rejected, starts=False)

    @abstractmethod
    def _whole(self, item: Item) -> list[Item]:
        """The item with its details; nothing when it is gone. Raises SourceError."""

    def _found(self, response: Response) -> list[Item]:
        """An item that was asked for by itself; nothing when it is gone or not as documented."""
        listing: Listing = response.value or Listing([])
        self._rejected += listing.rejected
        return listing.items

    def _all(self, path: str, shape: Shape, params: Mapping[str, str | int] | None = None) -> Iterator[Item]:
        """The items of a list of details; none when what they belong to is gone."""
        first = self._api.many(path, shape, params, ok=GONE)
        if first.status not in GONE:
            for listing, _ in self._api.pages(path, shape, first):
                self._rejected += listing.rejected
                yield from listing.items

    @abstractmethod
    def _pages(self, begin: str) -> Iterator[Listing]:
        """What changed from a time on, oldest first. A page is asked for when the one before it is landed."""


class Timed(Updates):
    """A list whose pages are asked for by time and not by number: an item that changes while the list is read moves to
    its end, and the items behind it would slip off the next numbered page."""

    tick: timedelta
    """The smallest step of the server's times."""

    ahead: Callable[[], Response] | None = None
    """The answer to `head`, where that was asked for before the others."""

    def head(self, now: datetime) -> Response:
        """The first page of a reading, which may be asked for long before it is needed."""
        mark = self._mark
        begin, anew = self._begin(now)
        return self.ask(begin, 1, None if anew else mark.etag)

    @abstractmethod
    def ask(self, after: str, number: int, etag: str | None) -> Response:
        """The first or a later page of what changed after a time."""

    def _pages(self, begin: str) -> Iterator[Listing]:
        mark = self._mark
        cursor, number, etag = begin, 1, mark.etag
        previous: list[Any] = []
        while True:
            response = self.ahead() if self.ahead else self.ask(cursor, number, etag)
            self.ahead = None
            if response.value is None:
                return
            listing: Listing = response.value
            rows: list[Any] = [*listing.items, *listing.rejected]
            if number > 1 and rows == previous:
                raise SourceError(f"{self._api.source}/{self._api.part}: {self.path}: its pages repeat themselves")
            yield listing
            if not (response.next and rows):
                is_whole = (cursor, number) == (begin, 1) and len(rows) < PER_PAGE
                mark.etag = response.etag if is_whole else None
                return
            reached = max((item[self.changed] for item in listing.items), default=cursor)
            after = utc(str(moment(reached) - self.tick))
            # many at one moment: only then the number of the page says where to go on
            cursor, number = (after, 1) if after > cursor else (cursor, number + 1)
            previous, etag = rows, None


def _overlap(seen: str) -> str:
    """From when on the next reading begins."""
    return utc(stamp(moment(seen) - OVERLAP))
