"""All events of a subject together as a record. The order in which they came, and how often, makes no difference."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ingest.belonging import belonging
from ingest.cdevents_fields import PREDICATES
from ingest.records import Change, CiJob, CiRun, Deployment, Incident, Record
from ingest.shapes import Item
from ingest.tables import Belongs
from ingest.times import in_order

OUTCOMES = {
    "success": "success",
    "failure": "failure",
    "error": "failure",
    "timeout": "timed_out",
    "cancel": "cancelled",
    "canceled": "cancelled",
    "cancelled": "cancelled",
    "cancellation": "cancelled",
    "skip": "skipped",
    "skipped": "skipped",
    "succeeded": "success",
    "failed": "failure",
}
"""How CDEvents and OpenTelemetry say how a run ended -> the conclusion. What is not here is refused by the record."""

DEPLOYED = {"success": "succeeded", "failure": "failed", "timed_out": "failed", "cancelled": "cancelled"} | {
    "skipped": "cancelled"
}

Row = tuple[type[Record], dict[str, Any]]


class Story:
    """The events of one subject, of which those that are alike in time and id come in a fixed order. What several say,
    the newest one says."""

    def __init__(self, events: Sequence[Item]) -> None:
        self._events = sorted(events, key=lambda event: (event["at"], event["event"]))
        self.noun: str = self._events[0]["noun"]
        self.own: Item = {}
        self._said: Item = {}
        for event in self._events:
            self._said |= event
            self.own |= event["own"]

    def __getitem__(self, name: str) -> Any:
        return self._said.get(name)

    def first(self, *predicates: str) -> str | None:
        return min(self._times(predicates), default=None)

    def last(self, *predicates: str) -> str | None:
        return max(self._times(predicates), default=None)

    def _times(self, predicates: Sequence[str]) -> list[str]:
        return [event["at"] for event in self._events if event["predicate"] in predicates]

    @property
    def outcome(self) -> str | None:
        """How it ended; OpenTelemetry tells a failure from a time-out, so its word comes first."""
        telemetry = {"ci_run": "run_result", "ci_job": "job_result", "deployment": "deployment_status"}
        told = self[telemetry.get(self.noun, "")] or self["outcome"]
        return OUTCOMES.get(told.lower(), told) if told else None


class Teller:
    """Makes rows of stories: each row the class of a record and the values for it."""

    def __init__(self, belongs: Sequence[Belongs], via_platform: bool | None) -> None:
        self._belongs = belongs
        self._via_platform = via_platform

    def rows(self, story: Story) -> Iterator[Row]:
        """The record that a subject has become so far, if it is one already."""
        tell: dict[str, Callable[[Story], Iterator[Row]]] = {
            "ci_run": self._run,
            "ci_job": self._job,
            "deployment": self._deployment,
            "incident": self._incident,
            "change": self._change,
        }
        yield from tell[story.noun](story)

    def _run(self, story: Story) -> Iterator[Row]:
        finished = story.last("finished")
        started, _ = in_order(story.first("started"), finished)
        pipeline = story["pipeline"]
        values = {
            "run_id": story["subject"],
            "repo": self._repo(story, "pipelines", pipeline),
            "workflow": pipeline,
            "created_at": story.first("queued", "started", "finished"),
            "status": "completed" if finished else "in_progress" if started else "queued",
            "branch": story["branch"],
            "sha": story["sha"],
            "conclusion": story.outcome if finished else None,
            "started_at": started,
            "finished_at": finished,
            "url": story["url"],
        }
        yield CiRun, values | story.own

    def _job(self, story: Story) -> Iterator[Row]:
        finished = story.last("finished")
        started, _ = in_order(story.first("started"), finished)
        values = {
            "job_id": story["subject"],
            "run_id": story["run"],
            "name": story["task"],
            "conclusion": story.outcome if finished else None,
            "created_at": story.first("queued", "started", "finished"),
            "started_at": started,
            "finished_at": finished,
        }
        yield CiJob, values

    def _deployment(self, story: Story) -> Iterator[Row]:
        finished = story.last("finished", *PREDICATES["service"])
        started, _ = in_order(story.first("started"), finished)
        service = story["service"]
        values = {
            "deployment_id": story["subject"],
            "repo": self._repo(story, "services", service),
            "environment": story["environment"] or story["environment_id"],
            "created_at": story.first("queued", "started", "finished", *PREDICATES["service"]),
            "status": _status(story),
            "product": self._belonging(story).get("product") or story["product"] or service,
            "sha": story["sha"],
            "ref": story["branch"],
            "started_at": started,
            "finished_at": finished,
            "workflow": story["pipeline"],
            "run_id": story["run"],
            "via_platform": self._via_platform,
            "artifact": story["artifact"],
            "url": story["url"],
        }
        rolled_back = {"cause": "rollback"} if story.first("rolledback") else {}
        yield Deployment, values | story.own | rolled_back

    def _incident(self, story: Story) -> Iterator[Row]:
        opened, resolved = story.first("detected", "reported"), story.last("resolved")
        belongs = self._belonging(story)
        values = {
            "incident_id": story["subject"],
            "opened_at": opened,
            "resolved_at": resolved,
            "repo": story["repository"] or belongs.get("repo"),
            "product": belongs.get("product") or story["product"] or story["service"],
            "team_id": belongs.get("team_id"),
            "url": story["url"],
        }
        yield Incident, values | story.own

    def _change(self, story: Story) -> Iterator[Row]:
        merged = story.first("merged")
        if merged is None:
            return
        number = story["number"]
        values = {
            "change_id": story["subject"],
            "repo": story["repository"] or self._belonging(story).get("repo"),
            "merged_at": merged,
            "number": number if number and number.isdecimal() else None,
            "opened_at": story.first("created"),
            "first_review_at": story.first("reviewed"),
            "head_sha": story["sha"],
            "url": story["url"],
        }
        yield Change, values | story.own

    def _belonging(self, story: Story) -> dict[str, str]:
        return belonging(self._belongs, (story["repository"], story["pipeline"], story["service"]))

    def _repo(self, story: Story, folder: str, name: str | None) -> str | None:
        """As the event says, else the config; CDEvents itself has no field for it, so that often neither does."""
        known = story["repository"] or self._belonging(story).get("repo")
        return known or (f"{folder}/{name}" if name else None)


def _status(story: Story) -> str | None:
    """A service that was deployed is there, unless the event says otherwise; one that was removed is not any more."""
    is_deployed = story.first("deployed", "upgraded", "rolledback") is not None
    if is_deployed or story.first("finished"):
        ended = story.outcome or ("success" if is_deployed else None)
        return DEPLOYED.get(ended, ended) if ended else None
    if story.first("removed"):
        return "inactive"
    return "in_progress" if story.first("started") else "pending"
