"""The lists of a project, which GitLab gives in the order of change: pipelines, deployments and merge requests.

They are read oldest first, so that a reading that is cut short goes on where it ended.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from ingest.answers import Response
from ingest.api import Api
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
from ingest.reach import Reach
from ingest.settings import GitlabSettings
from ingest.shapes import Item, Listing
from ingest.source import Fault, Page
from ingest.times import earliest
from ingest.updates import Timed


class ProjectList(Timed):
    """One list of one project."""

    tick = timedelta(milliseconds=1)
    feature: str
    """What the list belongs to; a project can have it switched off."""

    def __init__(
        self, api: Api, project: Item, settings: GitlabSettings, marks: Mapping[str, Any], reach: Reach
    ) -> None:
        # a project keeps its id when it moves
        super().__init__(api, f"{project['id']}/{self.path}", marks, reach)
        self._project = project
        self._settings = settings

    def ask(self, after: str, number: int = 1, etag: str | None = None) -> Response:
        """The first or a later page of what changed after a time."""
        when: dict[str, str | int] = {"order_by": "updated_at", "sort": "asc", "updated_after": after, "page": number}
        return self._api.many(self.path, self.shape, {**self._filter(), **when}, etag=etag)

    def _filter(self) -> dict[str, str | int]:
        """What of the list is asked for."""
        return {}


class Pipelines(ProjectList):
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
            # also of one that runs: only its jobs tell whether it was started again
            if self._settings.jobs and pipeline["started_at"]:
                pipeline["jobs"] = list(self._all(f"{path}/jobs", JOBS, {"include_retried": "true"}))
        return found


class Deployments(ProjectList):
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

    def _take(self, listing: Listing) -> Iterator[Page | Fault]:
        if self._new(listing):
            # asked for once, before several deployments are at it at a time
            self._tier("")
        yield from super()._take(listing)

    def _tier(self, environment: str) -> str | None:
        if not self._settings.tiers:
            return None
        if self._tiers is None:
            self._tiers = {each["name"]: each["tier"] for each in self._all("environments", ENVIRONMENTS)}
        return self._tiers.get(environment)


class Changes(ProjectList):
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
