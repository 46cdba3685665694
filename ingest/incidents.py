"""Reading incidents of an API that lists them by when they were created: new ones, open ones, and late changes.

An incident changes long after it was created. So what is open is listed each time, what no longer is is asked for by
its id, and what changed after it was resolved is looked for as the API allows.
"""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ingest.api import Api
from ingest.errors import SourceError, SourceStopped
from ingest.going_on import going_on
from ingest.marks import Mark
from ingest.reach import OVERLAP, Reach
from ingest.shapes import Item, Listing
from ingest.source import Fault, Page, Rejected
from ingest.times import moment, stamp, utc

BATCH = 100


@dataclass
class IncidentMark(Mark):
    """Where the incidents stand. Those created from `since` to `seen` are landed; late changes are known until `late`.

    `open` and `recent` hold what was landed (id: digest) of those that are not resolved, and of those created so
    shortly before `seen` that the next reading meets them again. `due` are those that could not be read.
    """

    since: str | None = None
    seen: str | None = None
    late: str | None = None
    open: dict[str, str] = field(default_factory=dict)
    recent: dict[str, list[str]] = field(default_factory=dict)
    due: list[str] = field(default_factory=list)


class Incidents(ABC):
    """One reading. Items have `id`, `created_at` (as times.utc writes it) and `resolved`."""

    path: str

    def __init__(self, api: Api, marks: Mapping[str, Any], reach: Reach) -> None:
        self.api = api
        self._mark = IncidentMark.of(marks, self.path)
        self._reach = reach
        self._read: dict[str, str] = {}
        self._saved = self._mark.saved(self.path)

    def fetch(self, now: datetime) -> Iterator[Page | Fault]:
        """`now` is the server's clock. What fails is a Fault, and the other parts go on."""
        for part in (self._new(now), self._open(), self._late(now)):
            yield from going_on(part)
        if self._mark.saved(self.path) != self._saved:
            yield self._page([], ())

    @abstractmethod
    def created(self, begin: str, now: datetime) -> Iterator[Listing]:
        """Incidents created since `begin`, page by page, the oldest first."""

    @abstractmethod
    def unresolved(self) -> Iterator[Listing]:
        """All incidents that are open now."""

    @abstractmethod
    def one(self, incident_id: str) -> Listing:
        """One incident; an empty listing when it is gone."""

    @abstractmethod
    def changed(self, since: str, now: datetime) -> Iterator[str | Listing]:
        """What changed since then however old it is: incidents, or their ids. Nothing when it is not yet time."""

    def _new(self, now: datetime) -> Iterator[Page | Fault]:
        mark = self._mark
        begin = self._reach.begin(mark.since, mark.seen, now)
        anew = mark.seen is None or self._reach.anew(mark.since)
        for listing in self.created(begin, now):
            reached = [item["created_at"] for item in listing.items]
            # one that says that it is of the future must not hide what comes until then
            latest = max([*reached, *([mark.seen] if mark.seen else [])], default=None)
            mark.seen = latest and min(latest, utc(stamp(now)))
            yield from self._land(listing, anew)
        mark.seen = mark.seen or utc(begin)
        mark.late = mark.late or stamp(now)
        if anew or mark.since is None:
            mark.since = min(mark.since or begin, begin)

    def _open(self) -> Iterator[Page | Fault]:
        """What is open, what no longer is, and what could not be read before."""
        before = dict.fromkeys([*self._mark.open, *self._mark.due])
        for listing in self.unresolved():
            for item in listing.items:
                before.pop(item["id"], None)
            yield from self._land(listing)
        yield from self._each([name for name in before if name not in self._read])

    def _late(self, now: datetime) -> Iterator[Page | Fault]:
        """What changed though it was resolved: incidents that were opened again, and other things put right."""
        mark = self._mark
        if mark.late is None:
            return
        since, asked = stamp(moment(mark.late) - OVERLAP), False
        names: list[str] = []
        for found in self.changed(since, now):
            asked = True
            if isinstance(found, str):
                names.append(found)
            else:
                yield from self._land(found)
        mark.late = stamp(now) if asked else mark.late
        yield from self._each([name for name in dict.fromkeys(names) if name not in self._read])

    def _each(self, names: list[str]) -> Iterator[Page | Fault]:
        """Incidents by their ids. One that fails is due, and asked for again next time; one that is gone is let go."""
        mark = self._mark
        for batch in (names[start : start + BATCH] for start in range(0, len(names), BATCH)):
            found = Listing([])
            for name in batch:
                try:
                    listing = self.one(name)
                except SourceStopped:
                    raise
                except SourceError as error:
                    mark.due = [*dict.fromkeys([*mark.due, name])]
                    yield Fault(str(error))
                    continue
                mark.due = [each for each in mark.due if each != name]
                if not listing.items:
                    mark.open.pop(name, None)
                found = Listing([*found.items, *listing.items], found.rejected + listing.rejected)
            yield from self._land(found)

    def _land(self, listing: Listing, anew: bool = False) -> Iterator[Page]:
        """A page of those that differ from what was landed, or of all with `anew`; none where nothing is left."""
        mark = self._mark
        fresh: list[Item] = []
        for item in listing.items:
            name, digest = item["id"], _digest(item)
            known = {self._read.get(name)} | (set() if anew else {mark.open.get(name), *mark.recent.get(name, [])[1:]})
            if digest not in known:
                fresh.append(item)
            self._read[name] = digest
            mark.recent[name] = [item["created_at"], digest]
            mark.open.pop(name, None)
            if not item["resolved"]:
                mark.open[name] = digest
        oldest = utc(stamp(moment(mark.seen) - OVERLAP)) if mark.seen else ""
        mark.recent = {name: kept for name, kept in mark.recent.items() if kept[0] >= oldest}
        if fresh or listing.rejected:
            yield self._page(fresh, listing.rejected)

    def _page(self, items: list[Item], rejected: tuple[Rejected, ...]) -> Page:
        self._saved = self._mark.saved(self.path)
        place = self.api.place(self.path)
        return Page("incident", place, items, marks=self._saved, rejected=rejected, starts=False)


def _digest(item: Item) -> str:
    return hashlib.sha1(json.dumps(item, sort_keys=True).encode()).hexdigest()[:12]
