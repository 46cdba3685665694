"""A repository `acme/fraud` on a fake GitHub, and what can happen in it."""

from datetime import datetime, timedelta

from tests.fake_github import FakeGithub
from tests.github_world import Deployment, Pull, Repo, Run, Status, iso

NOW = datetime(2026, 5, 4, 12, 0, 0)


def at(**before: float) -> str:
    return iso(NOW - timedelta(**before))


def fraud(github: FakeGithub) -> Repo:
    return github.world.repos["acme/fraud"]


def finished(run_id: int, created: str, **more: object) -> Run:
    return Run(run_id, created, updated=created, **more)  # type: ignore[arg-type]


def bury(github: FakeGithub, count: int = 150) -> None:
    """So many newer runs that what was before is no longer on the newest page."""
    now, repo = github.world.time(), fraud(github)
    first = max((run.id for run in repo.runs), default=0) + 1
    repo.runs += [finished(first + n, iso(now - timedelta(minutes=count - n))) for n in range(count)]


def later(github: FakeGithub, **span: float) -> str:
    assert github.world.now
    github.world.now += timedelta(**span)
    return iso(github.world.now)


def rerun(run: Run, updated: str, **now: object) -> None:
    """The run's next attempt; GitHub keeps id and time of creation."""
    earlier = {**run.earlier, run.attempt: Run(run.id, run.created, run.updated, conclusion=run.conclusion)}
    run.earlier = earlier
    run.attempt, run.updated, run.started = run.attempt + 1, updated, updated
    for name, value in now.items():
        setattr(run, name, value)


def deployed(*states: str, number: int = 5, days: float = 1) -> Deployment:
    created = NOW - timedelta(days=days)
    statuses = [Status(state, iso(created + timedelta(minutes=n + 1))) for n, state in enumerate(states)]
    return Deployment(number, iso(created), statuses=statuses)


def merged(number: int, **before: float) -> Pull:
    return Pull(1_000 + number, number, at(days=200), at(**before), at(**before), commits=[at(days=201)], reviews=[])
