"""Builds of a project with the jobs of their timelines, in the order in which they finished.

A build that is started again keeps its number and finishes anew, and so turns up again. Those that are not over are
listed by themselves.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ingest.api import GONE, Api
from ingest.azure_devops_api import pages
from ingest.azure_devops_pages import BUILDS, TIMELINE
from ingest.errors import SourceError, SourceStopped
from ingest.shapes import Item, Listing
from ingest.source import Fault, Page, Rejected
from ingest.updates import UpdateMark, Updates

EMPTY = (204, *GONE)
RUNNING = "inProgress,notStarted,cancelling,postponed"


@dataclass
class BuildMark(UpdateMark):
    """`running` are the builds that are not over, with the state in which they are landed."""

    running: dict[str, str] = field(default_factory=dict)


class Builds(Updates):
    """One reading of a project's builds."""

    noun = "ci_run"
    path = "build/builds"
    shape = BUILDS
    changed = "finish_time"
    mark_type = BuildMark
    jobs = True
    _mark: BuildMark

    def fetch(self, now: datetime) -> Iterator[Page | Fault]:
        """Those that are not over, then those that finished since; `now` is the server's clock."""
        yield from self._running()
        yield from super().fetch(now)

    def _running(self) -> Iterator[Page | Fault]:
        mark, before = self._mark, self._mark.running
        listed: list[Item] = []
        for listing in pages(self._api, self.path, BUILDS, {"statusFilter": RUNNING}):
            listed += [build for build in listing.items if build["status"] != "completed"]
            self._rejected += listing.rejected
        mark.running = {str(build["id"]): build["status"] for build in listed}
        found: list[Item] = []
        for build in listed:
            if before.get(str(build["id"])) != build["status"]:
                try:
                    found += self._whole(build)
                except SourceStopped:
                    raise
                except SourceError as error:
                    del mark.running[str(build["id"])]
                    yield Fault(str(error))
        if found or mark.running != before:
            yield self._page(found)

    def _pages(self, begin: str) -> Iterator[Listing]:
        order = {"statusFilter": "completed", "queryOrder": "finishTimeAscending", "minTime": begin}
        return pages(self._api, self.path, BUILDS, {**order})

    def _whole(self, item: Item) -> list[Item]:
        jobs: list[Item] = []
        # also of one that runs: only its timeline tells whether it was started again
        if self.jobs:
            found = timeline(self._api, item["id"])
            jobs = found.jobs()
            self._rejected += found.rejected()
        return [{**item, "project": self._api.part, "jobs": jobs}]


class Timeline:
    """What happened in a build: the records of each attempt, the last one's last."""

    def __init__(self, attempts: list[Listing]) -> None:
        self._attempts = attempts

    def jobs(self) -> list[Item]:
        """The jobs, each with the first of its steps that failed."""
        found: dict[Any, Item] = {}
        for listing in self._attempts:
            tasks = sorted(
                (each for each in listing.items if each["type"] == "Task"), key=lambda each: int(each["order"])
            )
            failed = {each["parent"]: each["name"] for each in reversed(tasks) if each["result"] == "failed"}
            for job in listing.items:
                if job["type"] == "Job":
                    kept = {key: job[key] for key in ("id", "name", "started", "finished", "result", "attempt")}
                    found[job["id"], job["attempt"]] = {**kept, "failed_step": failed.get(job["id"])}
        return list(found.values())

    def rejected(self) -> list[Rejected]:
        return [row for listing in self._attempts for row in listing.rejected]

    def approval(self, stage: str | None) -> Item | None:
        """The last approval that a stage waited for; None when it needed none."""
        records = self._attempts[-1].items
        stages = {each["id"] for each in records if stage in (each["identifier"], each["name"])}
        checks = {each["id"] for each in records if each["parent"] in stages}
        found = [
            each
            for each in records
            if each["type"] == "Checkpoint.Approval" and each["parent"] in checks and each["started"]
        ]
        if not found:
            return None
        given = [each["finished"] for each in found if each["result"] == "succeeded" and each["finished"]]
        all_given = len(given) == len(found)
        return {"requested": min(each["started"] for each in found), "given": max(given) if all_given else None}


def timeline(api: Api, build_id: int) -> Timeline:
    """A build's timeline and those of its earlier attempts; without records when it has none."""
    path = f"build/builds/{build_id}/timeline"
    newest = _records(api, path)
    earlier = sorted({each for record in newest.items for each in record["earlier"]})
    return Timeline([*(_records(api, f"{path}/{each}") for each in earlier), newest])


def _records(api: Api, path: str) -> Listing:
    response = api.many(path, TIMELINE, ok=EMPTY)
    return response.value or Listing([])
