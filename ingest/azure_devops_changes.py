"""Pull requests of a project that were completed into their repository's default branch."""

from collections.abc import Iterator
from urllib.parse import quote

from ingest.api import GONE
from ingest.azure_devops_api import TOP, pages
from ingest.azure_devops_pages import COMMITS, PULL_REQUESTS, REPOSITORIES, THREADS
from ingest.shapes import Item, Listing
from ingest.times import earliest
from ingest.updates import Updates


class Changes(Updates):
    """One reading of a project's completed pull requests, with the times of their first commit and first review."""

    noun = "change"
    path = "git/pullrequests"
    shape = PULL_REQUESTS
    changed = "closed"

    def _pages(self, begin: str) -> Iterator[Listing]:
        """All at once: they are not listed in the order in which they were closed."""
        branches = {
            repo["id"]: repo["default_branch"]
            for listing in pages(self._api, "git/repositories", REPOSITORIES)
            for repo in listing.items
        }
        found: dict[int, Item] = {}
        skip = 0
        while True:
            asked = {"status": "completed", "queryTimeRangeType": "closed", "minTime": begin}
            search: dict[str, str | int] = {f"searchCriteria.{name}": value for name, value in asked.items()}
            listing: Listing = self._api.many(self.path, self.shape, {**search, "$top": TOP, "$skip": skip}).value
            self._rejected += listing.rejected
            new = {item["id"]: item for item in listing.items if item["id"] not in found}
            found |= new
            skip += TOP
            if len(listing.items) + len(listing.rejected) < TOP or not new:
                break
        wanted = [item for item in found.values() if item["target"] and item["target"] == branches.get(item["repo_id"])]
        # older servers do not know of the time of closing, and take the other
        wanted = sorted((item for item in wanted if item["closed"] >= begin), key=lambda item: str(item["closed"]))
        for start in range(0, len(wanted), TOP):
            yield Listing(wanted[start : start + TOP])

    def _whole(self, item: Item) -> list[Item]:
        path = f"git/repositories/{item['repo_id']}/pullRequests/{item['id']}"
        dates = [
            date
            for listing in pages(self._api, f"{path}/commits", COMMITS)
            for commit in listing.items
            for date in commit["dates"]
        ]
        threads = self._api.many(f"{path}/threads", THREADS, ok=GONE).value
        reviews = [
            review["at"]
            for thread in (threads.items if threads else [])
            for review in thread["reviews"]
            if review["author"] and review["author"] != item["author"]
        ]
        place = f"{quote(self._api.part)}/_git/{quote(item['repo'] or '')}/pullrequest/{item['id']}"
        told = {"project": self._api.part, "url": f"{self._api.http.base_url}/{place}"}
        times = {"first_commit_at": earliest(dates), "first_review_at": min(reviews, default=None)}
        return [{**item, **told, **times}]
