"""Releases of one repository, where publishing one is what deploys it.

GitHub lists them by the time of their commit and not by that of their publishing, so a page is read on from until one
holds nothing new.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from ingest.answers import Response
from ingest.api import GONE, Api
from ingest.errors import SourceError, SourceStopped
from ingest.github_comparison import Compare, Comparisons
from ingest.github_pages import RELEASES, TAGGED
from ingest.marks import Mark
from ingest.reach import Reach
from ingest.shapes import Item
from ingest.source import Fault, Page, Rejected

PATH = "releases"
UNTAGGED = (*GONE, 409, 422)
"""How GitHub answers for a tag that is gone, or without a commit."""


@dataclass
class ReleaseMark(Mark):
    """Where they stand. Of those published since `since`, `known` are landed (id: time and tag). `etag` is that of the
    first page, once all are."""

    since: str | None = None
    etag: str | None = None
    known: dict[str, str] = field(default_factory=dict)
    compared: dict[str, Any] = field(default_factory=dict)
    """See github_comparison."""


class Releases:
    """One reading. Drafts and previews are none, until they are published as releases."""

    def __init__(
        self, api: Api, key: str, mark: ReleaseMark, reach: Reach, *, environment: str, compare: Compare
    ) -> None:
        self._api = api
        self._key = key
        self._mark = mark
        self._reach = reach
        self._environment = environment
        self._comparisons = Comparisons(api, compare, mark.compared)
        self._anew = reach.anew(mark.since)

    def head(self) -> Response:
        """The first page, which may be asked for long before the others."""
        return self._api.many(PATH, RELEASES, etag=None if self._anew else self._mark.etag)

    def fetch(self, newest: Callable[[], Response]) -> Iterator[Page | Fault]:
        """What is new, given the answer to `head`."""
        mark = self._mark
        yield from self._more()
        first = newest()
        if first.not_modified:
            return
        begin = self._reach.begin(mark.since, None, self._api.http.clock(first))
        was_whole, mark.etag = mark.etag is not None and not self._anew, None
        mark.since = min(mark.since or begin, begin)
        is_whole = True
        for listing, last in self._api.pages(PATH, RELEASES, first):
            fresh = [item for item in listing.items if self._is_news(item)]
            found, faults = self._with_commits(fresh)
            is_whole = is_whole and not faults
            done = last or (was_whole and not fresh)
            if done and is_whole:
                mark.etag = first.etag
            yield self._page(found, listing.rejected, done)
            yield from faults
            yield from self._more()
            if done:
                return

    def _is_news(self, item: Item) -> bool:
        published, mark = item["published_at"], self._mark
        is_wanted = item["is_out"] and published is not None and published >= (mark.since or "")
        floor = self._reach.floor
        is_known = mark.known.get(str(item["id"])) == _version(item)
        return bool(is_wanted and (not is_known or (floor and published >= floor.isoformat())))

    def _with_commits(self, items: list[Item]) -> tuple[list[Item], list[Fault]]:
        """As deployments; one whose commit could not be asked for is left out, and comes with the next reading."""
        found: list[Item] = []
        faults: list[Fault] = []
        for item, answer in self._api.http.each(items, self._commit):
            try:
                found.append(self._deployment(item, answer()))
                self._mark.known[str(item["id"])] = _version(item)
            except SourceStopped:
                raise
            except SourceError as error:
                faults.append(Fault(str(error)))
        return found, faults

    def _commit(self, item: Item) -> str | None:
        """The commit of its tag; None when the tag is gone."""
        path = f"commits/{quote(item['tag'], safe='')}"
        listing = self._api.one(path, TAGGED, params={"per_page": 1}, ok=UNTAGGED).value
        return listing.items[0]["sha"] if listing and listing.items else None

    def _deployment(self, item: Item, sha: str | None) -> Item:
        at = item["published_at"]
        return {
            "id": item["id"],
            "is_release": True,
            "repo": self._api.part,
            "environment": self._environment,
            "created_at": at,
            "updated_at": at,
            "sha": sha,
            "ref": item["tag"],
            "payload": {},
            "creator": item["author"],
            "url": item["url"],
            "statuses": [{"state": "success", "created_at": at, "log_url": None, "target_url": None}],
        }

    def _page(self, items: list[Item], rejected: tuple[Rejected, ...], done: bool) -> Page:
        self._comparisons.meet(items)
        if done:
            self._comparisons.end(self._mark.since)
        self._mark.compared = self._comparisons.state
        marks = self._mark.saved(self._key)
        return Page("deployment", self._api.place(PATH), items, marks=marks, rejected=rejected, starts=False)

    def _more(self) -> Iterator[Page | Fault]:
        for found in self._comparisons.pay():
            if isinstance(found, Fault):
                yield found
            else:
                self._mark.compared = self._comparisons.state
                items = [{**item, "is_release": True} for item in found]
                marks = self._mark.saved(self._key)
                yield Page("deployed_commit", self._api.place("compare"), items, marks=marks, starts=False)


def _version(item: Item) -> str:
    return f"{item['published_at']} {item['tag']}"
