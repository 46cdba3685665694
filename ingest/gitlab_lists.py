"""The lists of a project, which GitLab gives in the order of change: pipelines, deployments and merge requests.

They are read oldest first, so that a reading that is cut short goes on where it ended. Pages are asked for by time and
not by number: an item that changes while the list is read moves to its end, and the items behind it would slip off the
next numbered page.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ingest.answers import Response
from ingest.api import GONE, PER_PAGE, Api
from ingest.errors import SourceError, SourceStopped
from ingest.gitlab_fields import (
    COMMITS,
    DEPLOYMENTS,
    ENVIRONMENTS,
    JOBS,
    LISTED_PIPELINES,
    MERGE_REQUESTS,
    NOTES,
    PIPELINES,
)
from ingest.gitlab_records import ENDED
from ingest.marks import Mark
from ingest.reach import OVERLAP, Reach
from ingest.settings import GitlabSettings
from ingest.shapes import Item, Listing, Shape
from ingest.source import Fault, Page, Rejected
from ingest.times import earliest, moment, stamp, utc

TICK = timedelta(milliseconds=1)


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
    """One reading of one list. Items have an `id` and the time of their last change, `updated_at`."""

    noun: str
    path: str
    feature: str
    """What the list belongs to; a project can have it switched off."""

    shape: Shape
    number = "id"
    """The field that an item is asked for by."""

    def __init__(
        self, api: Api, project: Item, settings: GitlabSettings, marks: Mapping[str, Any], reach: Reach
    ) -> None:
        self._api = api
        self._project = project
        self._settings = settings
        # a project keeps its id when it moves
        self._key = f"{project['id']}/{self.path}"
        self._mark = UpdateMark.of(marks, self._key)
        self._reach = reach
        self._rejected: list[Rejected] = []

    def fetch(self, now: datetime) -> Iterator[Page | Fault]:
        """What failed before, then what changed since; `now` is the server's clock."""
        mark = self._mark
        yield from self._owed()
        before = deepcopy(mark)
        begin = utc(self._reach.begin(mark.since, mark.seen, now))
        if mark.seen is None or begin < _overlap(mark.seen):
            # more is wanted than what is new: all from there on is read again
            mark.since, mark.seen, mark.etag, mark.recent = min(mark.since or begin, begin), begin, None, {}
        yield from self._since(begin)
        if mark != before:
            yield self._page([])

    def ask(self, after: str, number: int = 1, etag: str | None = None) -> Response:
        """The first or a later page of what changed after a time."""
        when: dict[str, str | int] = {"order_by": "updated_at", "sort": "asc", "updated_after": after, "page": number}
        return self._api.many(self.path, self.shape, {**self._filter(), **when}, etag=etag)

    def _since(self, begin: str) -> Iterator[Page | Fault]:
        mark = self._mark
        cursor, number, etag = begin, 1, mark.etag
        previous: list[Any] = []
        while True:
            response = self.ask(cursor, number, etag)
            if response.not_modified:
                return
            listing: Listing = response.value
            rows: list[Any] = [*listing.items, *listing.rejected]
            if number > 1 and rows == previous:
                raise SourceError(f"{self._api.source}/{self._api.part}: {self.path}: its pages repeat themselves")
            yield from self._take(listing)
            if not (response.next and rows):
                is_whole = (cursor, number) == (begin, 1) and len(rows) < PER_PAGE
                mark.etag = response.etag if is_whole else None
                return
            reached = max((item["updated_at"] for item in listing.items), default=cursor)
            after = utc(str(moment(reached) - TICK))
            # many at one moment: only then the number of the page says where to go on
            cursor, number = (after, 1) if after > cursor else (cursor, number + 1)
            previous, etag = rows, None

    def _take(self, listing: Listing) -> Iterator[Page | Fault]:
        """A page of what is new of the items, with details; one that fails is due. Cut short, it holds what was got."""
        mark = self._mark
        found: list[Item] = []
        faults: list[Fault] = []
        stopped: SourceStopped | None = None
        for item in listing.items:
            name = str(item[self.number])
            if mark.recent.get(name) == item["updated_at"]:
                continue
            try:
                found += self._whole(item)
            except SourceStopped as error:
                stopped = error
                break
            except SourceError as error:
                faults.append(Fault(str(error)))
                mark.due = [*dict.fromkeys([*mark.due, name])]
            mark.recent[name] = item["updated_at"]
            mark.seen = max(mark.seen or "", item["updated_at"])
        mark.recent = {name: time for name, time in mark.recent.items() if time >= _overlap(mark.seen or time)}
        self._rejected += listing.rejected
        if found or self._rejected:
            yield self._page(found)
        yield from faults
        if stopped:
            raise stopped

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

    def _filter(self) -> dict[str, str | int]:
        """What of the list is asked for."""
        return {}

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


class Pipelines(Updates):
    """Pipelines with their jobs, also those that were tried again."""

    noun = "ci_run"
    path = "pipelines"
    feature = "builds"
    shape = LISTED_PIPELINES

    def _whole(self, item: Item) -> list[Item]:
        path = f"{self.path}/{item['id']}"
        response = self._api.one(path, PIPELINES)
        found = self._found(response)
        for pipeline in found:
            pipeline["project"] = self._project["path"]
            if not self._settings.pipeline_names:
                pipeline["name"] = None
            if self._settings.jobs and pipeline["status"] in ENDED:
                pipeline["jobs"] = list(self._all(f"{path}/jobs", JOBS, {"include_retried": "true"}))
        return found


class Deployments(Updates):
    """Deployments, each asked for by itself where approvals are wanted: the list does not tell them."""

    noun = "deployment"
    path = "deployments"
    feature = "environments"
    shape = DEPLOYMENTS
    _tiers: dict[str, str] | None = None

    def _whole(self, item: Item) -> list[Item]:
        found = [item]
        if self._settings.approvals:
            found = self._found(self._api.one(f"{self.path}/{item['id']}", DEPLOYMENTS))
        return [{**each, "project": self._project["path"], "tier": self._tier(each["environment"])} for each in found]

    def _tier(self, environment: str) -> str | None:
        if not self._settings.tiers:
            return None
        if self._tiers is None:
            self._tiers = {each["name"]: each["tier"] for each in self._all("environments", ENVIRONMENTS)}
        return self._tiers.get(environment)


class Changes(Updates):
    """Merge requests merged into the default branch, with the times of their first commit and first review."""

    noun = "change"
    path = "merge_requests"
    feature = "merge_requests"
    shape = MERGE_REQUESTS
    number = "iid"

    def _filter(self) -> dict[str, str | int]:
        return {"state": "merged", "target_branch": self._project["default_branch"] or ""}

    def _whole(self, item: Item) -> list[Item]:
        path = f"{self.path}/{item['iid']}"
        dates = [date for commit in self._all(f"{path}/commits", COMMITS) for date in commit["dates"]]
        notes = self._all(f"{path}/notes", NOTES, {"sort": "asc", "order_by": "created_at"})
        reviews = (
            note["created_at"]
            for note in notes
            if note["is_review"] and not note["is_bot"] and note["author"] != item["author"]
        )
        return [
            {
                **item,
                "project": self._project["path"],
                "first_commit_at": earliest(dates),
                "first_review_at": next(reviews, None),
            }
        ]


def _overlap(seen: str) -> str:
    """From when on the next reading begins."""
    return utc(stamp(moment(seen) - OVERLAP))
