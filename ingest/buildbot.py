"""The `buildbot` source: builds, their steps, and the commits that Buildbot heard of.

docs/buildbot.md tells what it reads, in which order, and what that costs.
"""

from collections.abc import Iterator
from fnmatch import fnmatch
from typing import Any

from ingest.api import Api
from ingest.belonging import belonging
from ingest.buildbot_fields import BUILDERS, BUILDS, CHANGES
from ingest.buildbot_lists import MANY, Builds, Changes, NumberMark
from ingest.errors import SourceError, SourceStopped
from ingest.going_on import going_on
from ingest.http import Http
from ingest.reach import Reach
from ingest.records import Change, CiJob, CiRun, Deployment, Record
from ingest.rows import Row, records
from ingest.settings import BuildbotSettings
from ingest.shapes import Item
from ingest.source import Fault, Hasher, Page, Rejected, Watermark

ROOT = "api/v2"
PAGE_SIZE = 100
CONCLUSIONS = ("success", "success", "failure", "skipped", "failure", "cancelled", "cancelled")
"""Of Buildbot's results: success, warnings, failure, skipped, exception, retry, cancelled."""

DEPLOYED = {"success": "succeeded", "failure": "failed", "cancelled": "cancelled", "skipped": "cancelled"}


class Buildbot:
    """One Buildbot master, or several that share a database."""

    def __init__(self, settings: BuildbotSettings, hasher: Hasher) -> None:
        self.name = settings.name
        self._settings = settings
        self._hash = hasher

    def fetch(self, http: Http, since: Watermark) -> Iterator[Page | Fault]:
        """Builds with their steps, then changes. What fails is a Fault, and the rest goes on."""
        api = self._api(http)
        answer = api.many("builders", BUILDERS, {"limit": MANY})
        now, builders = http.clock(answer), {item["id"]: item["name"] for item in answer.value.items}
        reach = Reach.of(self._settings.since, since.floor)
        mark = NumberMark.of(since.marks, Builds.path)
        yield from going_on(Builds(api, mark, reach, self._settings, builders).fetch(now))
        if self._settings.changes:
            mark = NumberMark.of(since.marks, Changes.path)
            yield from going_on(Changes(api, mark, reach).fetch(now))

    def parse(self, page: Page) -> Iterator[Record | Rejected]:
        rows = {"ci_run": self._run, "ci_job": self._job, "change": self._change}
        return records(page, rows[page.kind])

    def check(self, http: Http) -> Iterator[str]:
        lists = [
            ("builders", BUILDERS),
            ("builds", BUILDS),
            *([("changes", CHANGES)] if self._settings.changes else []),
        ]
        for path, shape in lists:
            try:
                self._api(http).many(path, shape, {"limit": 1})
            except SourceStopped as error:
                yield str(error)
                return
            except SourceError as error:
                yield str(error)

    def _api(self, http: Http) -> Api:
        return Api(http, self._hash, self.name, "buildbot", ROOT, sized={"limit": PAGE_SIZE})

    def _run(self, item: Item) -> Iterator[Row]:
        """The build as a run, and as a deployment where its builder is one that deploys."""
        settings = self._settings
        belongs = belonging(settings.belongs, [item["builder"]])
        conclusion = _conclusion(item["results"]) if item["complete"] else None
        scheduler = item["scheduler"] or ""
        run: dict[str, Any] = {
            "run_id": item["id"],
            "repo": belongs.get("repo") or item["repo"] or f"builders/{item['builder']}",
            "workflow": item["builder"],
            "created_at": item["submitted_at"] or item["started_at"],
            "status": "completed" if item["complete"] else "in_progress",
            "branch": item["branch"],
            "event": "schedule" if _matches(scheduler, settings.scheduled) else scheduler or None,
            "sha": item["revision"],
            "conclusion": conclusion,
            "started_at": item["started_at"],
            "finished_at": item["complete_at"] if item["complete"] else None,
            "actor": item["actor"],
            "url": f"{settings.base_url}/#/builders/{item['builder_id']}/builds/{item['number']}",
        }
        yield CiRun, run
        environment = next((to for glob, to in settings.deployments.items() if _matches(item["builder"], [glob])), None)
        if environment:
            told = ("repo", "created_at", "started_at", "finished_at", "sha", "actor", "workflow", "url", "run_id")
            yield (
                Deployment,
                {key: run[key] for key in told}
                | {
                    "deployment_id": item["id"],
                    "environment": environment,
                    "status": DEPLOYED[conclusion] if conclusion else "in_progress",
                    "ref": item["branch"],
                    "product": belongs.get("product") or item["product"],
                },
            )

    def _job(self, item: Item) -> Iterator[Row]:
        yield (
            CiJob,
            {
                "job_id": item["id"],
                "run_id": item["build_id"],
                "name": item["name"],
                "conclusion": None if item["results"] is None else _conclusion(item["results"]),
                "created_at": item["started_at"],
                "started_at": item["started_at"],
                "finished_at": item["complete_at"],
            },
        )

    def _change(self, item: Item) -> Iterator[Row]:
        """A commit on one of the branches that count as merged, from when Buildbot heard of it."""
        if not _matches(item["branch"] or "", self._settings.branches):
            return
        belongs = belonging(self._settings.belongs, [item["repo"]])
        yield (
            Change,
            {
                "change_id": item["id"],
                "repo": belongs.get("repo") or item["repo"],
                "merged_at": item["seen_at"],
                # a clock that goes wrong somewhere says nothing
                "first_commit_at": item["committed_at"] if item["committed_at"] <= item["seen_at"] else None,
                "head_sha": item["revision"],
                "merge_sha": item["revision"],
                "author": item["author"],
            },
        )


def _conclusion(results: int | None) -> str:
    """Results that are not known to us failed: only success is a success."""
    return CONCLUSIONS[results] if results is not None and 0 <= results < len(CONCLUSIONS) else "failure"


def _matches(name: str, globs: list[str]) -> bool:
    return any(fnmatch(name.lower(), glob.lower()) for glob in globs)
