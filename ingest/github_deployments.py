"""Deployments of one repository: read from the newest down, as github_lists tells, and again until they are over."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ingest import github_graphql
from ingest.answers import Response
from ingest.api import GONE, Api
from ingest.github_comparison import Compare, Comparisons
from ingest.github_graphql import Graph
from ingest.github_lists import Details, ListMark, Newest
from ingest.github_pages import APPROVALS, DEPLOYMENTS, STATUSES
from ingest.github_records import outcome
from ingest.reach import Reach
from ingest.shapes import Item
from ingest.source import Fault, Page, Rejected


class Deployments(Newest):
    """Deployments with the history of their statuses, read again until they have succeeded, failed or were replaced."""

    noun = "deployment"
    path = "deployments"
    shape = DEPLOYMENTS
    params: Mapping[str, str | int] = {}
    by = "created_at"
    question = github_graphql.DEPLOYMENTS

    def __init__(
        self, api: Api, graph: Graph, key: str, mark: ListMark, reach: Reach, *, compare: Compare, approvals: bool
    ) -> None:
        super().__init__(api, graph, key, mark, reach)
        self._comparisons = Comparisons(api, compare, mark.compared)
        self._approvals = approvals

    def _wants(self, item: Item, begin: str, below: str | None) -> bool:
        # a status that comes late moves `updated_at` of a deployment from before the last reading
        late = below is None and self._mark.seen is not None and item["updated_at"] >= begin
        return late or super()._wants(item, begin, below)

    def _id(self, item: Item) -> str:
        return str(item["id"])

    def _details(self, item: Item) -> Details:
        return self._with_statuses(self._statuses(self._id(item)))

    def _all_of(self, item: Item, told: Details) -> Details:
        """With who let it go on: of one that waited, only that tells a person's approval from a timer that ran out."""
        details = super()._all_of(item, told)
        result = outcome(details["statuses"]) if details and self._approvals else None
        if details is None or result is None or not (result.run_id and result.has_waited):
            return details
        # this list has no pages
        answer = replace(self._api, sized={}).many(f"actions/runs/{result.run_id}/approvals", APPROVALS, ok=GONE)
        return {**details, "approvals": answer.value.items} if answer.value else details

    def _whole(self, item: Item, details: Details) -> list[Item]:
        self._mark.open.pop(self._id(item), None)
        if details is None:
            return []
        if not outcome(details["statuses"]).final:
            self._mark.open[self._id(item)] = details["etag"]
        kept = {name: value for name, value in details.items() if name != "etag"}
        return [{**item, **kept}]

    def _page(self, items: list[Item], rejected: tuple[Rejected, ...], done: bool) -> Page:
        self._comparisons.meet(items)
        if done:
            self._comparisons.end(self._mark.since)
        self._mark.compared = self._comparisons.state
        return super()._page(items, rejected, done)

    def _more(self) -> Iterator[Page | Fault]:
        for found in self._comparisons.pay():
            if isinstance(found, Fault):
                yield found
            else:
                self._mark.compared = self._comparisons.state
                marks = self._mark.saved(self._key)
                yield Page("deployed_commit", self._api.place("compare"), found, marks=marks, starts=False)

    def _again(self, item_id: str) -> list[tuple[Item, Details]] | None:
        first = self._statuses(item_id, self._mark.open.get(item_id))
        if first.not_modified:
            return None
        return [(item, self._all_of(item, self._with_statuses(first))) for item in self._one(item_id)]

    def _statuses(self, item_id: str, etag: str | None = None) -> Response:
        return self._api.many(f"{self.path}/{item_id}/statuses", STATUSES, etag=etag, ok=GONE)

    def _with_statuses(self, first: Response) -> Details:
        """All statuses, and the etag of their first page; None when they are gone."""
        if first.status in GONE:
            return None
        pages = self._api.pages("statuses", STATUSES, first)
        return {"statuses": [status for listing, _ in pages for status in listing.items], "etag": first.etag}
