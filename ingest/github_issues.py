"""One reading of the issues of a repository that count as incidents or as initiatives, in the order of change.

GitHub can look for several labels only all at once, and does not say what lost one: so the list of all issues is read,
pull requests among them, and what bears none of the labels is passed over before anything is kept of it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from ingest.answers import Response
from ingest.api import GONE, Api
from ingest.errors import SourceError, SourceStopped
from ingest.github_issue_fields import BEGINNINGS, EVENTS, ISSUES
from ingest.incident_settings import GithubIssues
from ingest.reach import Reach
from ingest.shapes import Item
from ingest.source import Fault, Page
from ingest.times import moment, stamp, utc
from ingest.updates import Timed, UpdateMark

LOOKED_FOR_EVERY = timedelta(days=1)
BEGINNING = date(2008, 1, 1)
"""No issue is older than GitHub."""

SWITCHED_OFF = (410,)
"""How a repository without issues answers."""

NOUNS = {"incidents": "incident", "initiatives": "initiative"}


@dataclass
class IssueMark(UpdateMark):
    """`known` are the issues that counted when they were last read: number -> [id, open or closed]. Those that left
    without a change in the list, since they were deleted or moved, were looked for at `looked`."""

    known: dict[str, list[Any]] = field(default_factory=dict)
    looked: str | None = None


class Issues(Timed):
    """Initiatives are read from the beginning, since the whole roadmap counts; incidents as far back as all else."""

    path = "issues"
    shape = ISSUES
    number = "number"
    mark_type = IssueMark
    tick = timedelta(seconds=1)
    only_asks = False
    _mark: IssueMark

    def __init__(self, api: Api, key: str, table: GithubIssues, marks: Mapping[str, Any], reach: Reach) -> None:
        self.noun = NOUNS[table.reads]
        self._labels = sorted({label.lower() for label in table.labels})
        whole = Reach.of(BEGINNING, reach.floor)
        # other labels are another list, to be read from its beginning
        key = f"{key}/issues/{self.noun}/{','.join(self._labels)}"
        super().__init__(api, key, marks, whole if table.reads == "initiatives" else reach)

    def fetch(self, now: datetime) -> Iterator[Page | Fault]:
        mark = self._mark
        mark.looked = mark.looked or stamp(now)
        yield from super().fetch(now)
        if now - moment(mark.looked) >= LOOKED_FOR_EVERY:
            yield from self._vanished(now)

    def ask(self, after: str, number: int, etag: str | None) -> Response:
        when = {"sort": "updated", "direction": "asc", "since": stamp(moment(after))}
        return self._api.many(
            self.path, self.shape, {"state": "all", **when, "page": number}, etag=etag, ok=SWITCHED_OFF
        )

    def _whole(self, item: Item) -> list[Item]:
        known, number = self._mark.known, str(item["number"])
        kept = {name: value for name, value in item.items() if name != "is_pull"}
        if item["is_pull"]:
            return []
        if self._counts(item):
            if self.noun == "initiative":
                kept["begun"] = [each for each in self._all(f"issues/{number}/events", EVENTS) if _begins(each)]
            known[number] = [item["id"], item["state"]]
            return [kept]
        return [_left(item["id"], item["updated_at"])] if known.pop(number, None) else []

    def _counts(self, item: Item) -> bool:
        return not {label.lower() for label in item["labels"]}.isdisjoint(self._labels)

    def _vanished(self, now: datetime) -> Iterator[Page | Fault]:
        """Open issues that are in no list any more: each is asked for by its number."""
        mark = self._mark
        open_before = [number for number, (_, state) in mark.known.items() if state == "open"]
        listed = self._open_now() if open_before else set()
        left: list[Item] = []
        faults: list[Fault] = []
        for number in open_before:
            if number not in listed:
                try:
                    left += self._gone(number, now)
                except SourceStopped:
                    raise
                except SourceError as error:
                    faults.append(Fault(str(error)))
        mark.looked = stamp(now)
        yield self._page(left)
        yield from faults

    def _open_now(self) -> set[str]:
        found: set[str] = set()
        for label in self._labels:
            first = self._api.many(self.path, self.shape, {"state": "open", "labels": label}, ok=SWITCHED_OFF)
            if first.status not in SWITCHED_OFF:
                for listing, _ in self._api.pages(self.path, self.shape, first):
                    found |= {str(item["number"]) for item in listing.items}
        return found

    def _gone(self, number: str, now: datetime) -> list[Item]:
        """What became of an issue; one that moved to another repository has another id there."""
        issue_id, _ = self._mark.known[number]
        response = self._api.one(f"{self.path}/{number}", self.shape)
        here = [] if response.status in GONE else self._found(response)
        if [item["id"] for item in here] == [issue_id]:
            return self._whole(here[0])
        del self._mark.known[number]
        return [_left(issue_id, utc(stamp(now)))]


@dataclass
class IssueReading:
    """One reading of a list at a time, whose first page may be asked for long before it is read."""

    issues: Issues
    now: datetime

    def head(self) -> Response:
        return self.issues.head(self.now)

    def fetch(self, newest: Callable[[], Response]) -> Iterator[Page | Fault]:
        self.issues.ahead = newest
        return self.issues.fetch(self.now)


def _begins(event: Item) -> bool:
    return event["event"] in BEGINNINGS


def _left(issue_id: int, at: str) -> Item:
    """Nothing but that an issue does not count any more."""
    return {"id": issue_id, "updated_at": at, "left": True}
