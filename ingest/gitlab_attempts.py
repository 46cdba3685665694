"""What a pipeline's jobs tell of its earlier attempts: GitLab keeps one pipeline, however often jobs are tried again.

A job that is tried again is a new job of the same name. An automatic retry starts at once; a person's comes when the
pipeline has come to rest, and that is where a new attempt begins.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from ingest.shapes import Item
from ingest.times import moment

REST = timedelta(seconds=30)


@dataclass(frozen=True)
class Attempt:
    """An attempt that another one followed, or the last (`conclusion` None: the pipeline itself tells)."""

    number: int
    started_at: str | None
    finished_at: str | None
    conclusion: str | None


def attempts(jobs: list[Item]) -> list[Attempt]:
    """The attempts of a pipeline, oldest first; at least one."""
    begins = _begins(jobs)
    edges = [datetime.min, *begins, datetime.max]
    found = []
    for number, (begin, end) in enumerate(pairwise(edges), 1):
        ran = [job for job in jobs if job["started_at"] and begin <= moment(job["started_at"]) < end]
        is_last = end == datetime.max
        found.append(
            Attempt(
                number,
                min((job["started_at"] for job in ran), default=None, key=moment),
                max((job["finished_at"] for job in ran if job["finished_at"]), default=None, key=moment),
                None if is_last else _conclusion(ran),
            )
        )
    return found


def _begins(jobs: list[Item]) -> list[datetime]:
    """When the pipeline was started again after it had come to rest."""
    spans = [(moment(job["started_at"]), _end(job)) for job in jobs if job["started_at"]]
    found: list[datetime] = []
    for again in sorted(_repeats(jobs)):
        at_rest = all(end + REST <= again or again <= start for start, end in spans)
        ran_since = any(start < again and (not found or found[-1] <= start) for start, _ in spans)
        if at_rest and ran_since:
            found.append(again)
    return found


def _repeats(jobs: list[Item]) -> Iterator[datetime]:
    """When jobs were made that had run before."""
    known: set[str] = set()
    for job in sorted(jobs, key=lambda job: int(job["id"])):
        if job["name"] in known and job["created_at"]:
            yield moment(job["created_at"])
        known.add(job["name"])


def _end(job: Item) -> datetime:
    return moment(job["finished_at"]) if job["finished_at"] else datetime.max - REST


def _conclusion(ran: list[Item]) -> str:
    states = {job["status"] for job in ran if not job["allow_failure"]}
    if "failed" in states:
        return "failure"
    return "cancelled" if "canceled" in states else "success"
