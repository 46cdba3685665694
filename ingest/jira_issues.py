"""One reading of the issues that a JQL names: of incidents what changed, of a roadmap the whole."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from ingest.api import Api
from ingest.errors import SourceError, SourceStopped
from ingest.http import Params
from ingest.incident_settings import JiraSettings
from ingest.jira_fields import asked, shape
from ingest.marks import Mark
from ingest.paging import by_token, pages
from ingest.reach import OVERLAP, Reach
from ingest.shapes import Item, Listing
from ingest.source import Fault, Page, Rejected
from ingest.times import moment, stamp, utc

MINUTE = timedelta(minutes=1)


@dataclass
class IssueMark(Mark):
    """Where the issues stand. Those that changed from `since` to `seen` are landed. `known` holds what was landed
    (id: time of change, digest): of a roadmap of all that is on it, else of what changed shortly before `seen`."""

    since: str | None = None
    seen: str | None = None
    known: dict[str, list[str]] = field(default_factory=dict)


class Issues:
    """`noun` is the record that issues become."""

    def __init__(self, api: Api, marks: Mapping[str, Any], reach: Reach, settings: JiraSettings, noun: str) -> None:
        self._api = api
        self._mark = IssueMark.of(marks, noun)
        self._reach = reach
        self._settings = settings
        self._noun = noun
        self._shape = shape(settings)
        self._read: dict[str, list[str]] = {}
        self._path = "search/jql" if settings.api == "cloud" else "search"

    def whole(self, now: datetime) -> Iterator[Page | Fault]:
        """All issues; those that left the roadmap are told once more, as left."""
        mark = self._mark
        anew = self._reach.floor is not None
        found: set[str] = set()
        total, is_sure = 0, True
        for listing in self._pages(f"({self._settings.jql}) ORDER BY created ASC, key ASC"):
            found |= {item["id"] for item in listing.items}
            total = max(total, listing.rest.get("total") or 0)
            is_sure = is_sure and not listing.rejected
            yield from self._land(listing, anew)
        # one that cannot be read, or slipped off a page meanwhile, did not leave
        if is_sure and len(found) >= total:
            yield from self._left([name for name in mark.known if name not in found])
        if mark.since is None:
            mark.since = stamp(now)
            yield self._page([])

    def changed(self, now: datetime) -> Iterator[Page]:
        """Issues by when they changed, the first in front. JQL knows minutes, in the time zone of who asks: so it is
        asked for how many minutes ago."""
        mark = self._mark
        begin = self._reach.begin(mark.since, mark.seen, now)
        anew = mark.seen is None or self._reach.anew(mark.since)
        since = mark.since
        for listing in self._since(begin, now):
            changed = [item["updated_at"] for item in listing.items]
            # one that says that it changed in the future must not hide what others change until then
            latest = max([*changed, *([mark.seen] if mark.seen else [])], default=None)
            mark.seen = latest and min(latest, utc(stamp(now)))
            yield from self._land(listing, anew)
            oldest = utc(stamp(moment(mark.seen or begin) - OVERLAP - 2 * MINUTE))
            mark.known = {name: kept for name, kept in mark.known.items() if kept[0] >= oldest}
        mark.seen = mark.seen or utc(begin)
        if anew or mark.since is None:
            mark.since = min(mark.since or begin, begin)
        if mark.since != since:
            yield self._page([])

    def _since(self, begin: str, now: datetime) -> Iterator[Listing]:
        """Where pages are numbered, they are asked for anew from the last change on: an issue that changes meanwhile
        moves to the end, and another one would slip off the next page."""
        cursor, skip = begin, 0
        while True:
            minutes = ceil((now - moment(cursor)) / MINUTE) + 1
            jql = f"({self._settings.jql}) AND updated >= -{minutes}m ORDER BY updated ASC, key ASC"
            if self._settings.api == "cloud":
                yield from self._pages(jql)
                return
            listing, count, is_last = self._listed(jql, skip)
            yield listing
            if is_last:
                return
            reached = max((item["updated_at"] for item in listing.items), default=cursor)
            moved = moment(reached) - moment(cursor) > MINUTE
            cursor, skip = (reached, 0) if moved else (cursor, skip + count)

    def _pages(self, jql: str) -> Iterator[Listing]:
        if self._settings.api == "cloud":
            params: Params = {"jql": jql, "fields": asked(self._settings)}
            after = by_token("nextPageToken", "nextPageToken")
            yield from (listing for listing, _ in pages(self._api, self._path, self._shape, params, after))
            return
        skip, is_last = 0, False
        while not is_last:
            listing, count, is_last = self._listed(jql, skip)
            yield listing
            skip += count

    def _listed(self, jql: str, skip: int) -> tuple[Listing, int, bool]:
        """A numbered page, how many issues are on it, and whether it is the last."""
        params: Params = {"jql": jql, "fields": asked(self._settings), "startAt": skip}
        listing: Listing = self._api.many(self._path, self._shape, params).value
        count = len(listing.items) + len(listing.rejected)
        return listing, count, count == 0 or skip + count >= (listing.rest.get("total") or 0)

    def _left(self, names: list[str]) -> Iterator[Page | Fault]:
        """Issues that the JQL names no more: closed otherwise, moved, or deleted."""
        left: list[Item] = []
        for name in names:
            params: Params = {"fields": asked(self._settings)}
            try:
                listing = self._api.one(f"issue/{name}", self._shape, params=params).value or Listing([])
            except SourceStopped:
                raise
            except SourceError as error:
                yield Fault(str(error))
                continue
            del self._mark.known[name]
            left += [item | {"left": True} for item in listing.items] or [{"id": name, "left": True, "title": None}]
        if left:
            yield self._page(left)

    def _land(self, listing: Listing, anew: bool) -> Iterator[Page]:
        """A page of those that differ from what was landed, or of all that were not read a moment ago with `anew`."""
        before = self._read if anew else self._mark.known | self._read
        now = {item["id"]: [item["updated_at"], _digest(item)] for item in listing.items}
        fresh = [item for item in listing.items if before.get(item["id"]) != now[item["id"]]]
        self._read |= now
        self._mark.known |= now
        if fresh or listing.rejected:
            yield self._page(fresh, listing.rejected)

    def _page(self, items: list[Item], rejected: tuple[Rejected, ...] = ()) -> Page:
        marks = self._mark.saved(self._noun)
        return Page(self._noun, self._api.place(self._path), items, marks=marks, rejected=rejected, starts=False)


def _digest(item: Item) -> str:
    return hashlib.sha1(json.dumps(item, sort_keys=True).encode()).hexdigest()[:12]
