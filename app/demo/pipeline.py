"""Pipeline runs: what changes, deployments, schedules and people set off, and how it went."""

import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from app.demo.change import Change, sha, someone
from app.demo.deployment import Deployment, History
from app.demo.organisation import Product, Team, World

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
TEMPLATES = "acme/ml-platform/.github/workflows"

# median minutes of a run, and how much they vary (standard deviation of the logarithm)
_MINUTES = {
    "CI": (9.0, 0.45),
    "Lint": (1.6, 0.35),
    "Train": (48.0, 0.6),
    "Nightly retrain": (48.0, 0.3),
    "Security scan": (4.0, 0.4),
}


class Trigger(NamedTuple):
    """What sets off a run."""

    at: datetime
    branch: str
    event: str
    sha: str | None
    actor: str


@dataclass
class Run:
    """One attempt of one run. A second attempt has the same id."""

    run_id: str
    product: Product
    workflow: str
    created_at: datetime
    branch: str
    event: str
    sha: str | None
    actor: str
    status: str = "completed"
    conclusion: str | None = "success"
    attempt: int = 1
    started_at: datetime | None = None
    finished_at: datetime | None = None
    uses: list[str] | None = None


class Pipeline:
    """The runs of one product. Sets the run of each deployment that has one."""

    def __init__(self, world: World, history: History) -> None:
        self.world, self.history, self.product = world, history, history.product
        self.merged = [change.merged_at for change in history.changes]
        self.rng = world.rng("run", history.product.name)
        self.last_id = (history.product.number + 1) * 1_000_000

    def run(self) -> list[Run]:
        """All runs created since the start, as they stand at `now`, oldest first."""
        runs = [*self._changes(), *self._schedules(), *self._training(), *self._deployments()]
        seen = [_seen(run, self.world.now) for run in runs if self.world.start <= run.created_at < self.world.now]
        return sorted(seen, key=lambda run: (run.created_at, run.run_id, run.attempt))

    def _changes(self) -> Iterator[Run]:
        """CI and Lint for each push to a pull request, CI again on main."""
        for change in self.history.changes:
            yield from self._pushes(change)
            merged = Trigger(change.merged_at + 4 * SECOND, "main", "push", change.merge_sha, change.author)
            yield from self._played("CI", merged, self._health(merged.at, 0.90, 0.97))

    def _pushes(self, change: Change) -> Iterator[Run]:
        """The last push mostly passes, or it would not have been merged."""
        rng, branch = self.rng, f"change/{change.number}"
        count = 1 if change.is_bot or change.is_hotfix else rng.choices((1, 2, 3), (56, 30, 14))[0]
        open_for = change.merged_at - change.opened_at
        for push in range(count):
            at = change.opened_at + 5 * SECOND + open_for * (0.85 * push / count)
            is_last = push == count - 1
            commit = change.head_sha if is_last else sha(rng)
            pushed = Trigger(at, branch, "pull_request", commit, change.author)
            healthy = self._health(at, 0.91, 0.97) if is_last else self._health(at, 0.48, 0.72)
            yield from self._played("CI", pushed, healthy)
            if self._lints(at):
                yield from self._played("Lint", pushed, min(0.98, healthy + 0.06))

    def _played(self, workflow: str, trigger: Trigger, healthy: float) -> Iterator[Run]:
        """One run; a flaky failure is run again on the same commit, mostly as a second attempt."""
        rng = self.rng
        run = self._run(workflow, trigger)
        if rng.random() > healthy:
            run.conclusion = "timed_out" if rng.random() < 0.03 else "failure"
        elif rng.random() < 0.035:
            run.conclusion = rng.choices(("cancelled", "skipped"), (3, 1))[0]
        yield run
        flaky = 0.35 if self._team(trigger.at).on_platform(trigger.at) else 0.45
        if run.conclusion == "failure" and run.finished_at is not None and rng.random() < flaky:
            again = self._run(workflow, trigger._replace(at=run.finished_at + rng.uniform(1, 25) * MINUTE))
            if rng.random() < 0.8:
                again = replace(again, run_id=run.run_id, attempt=2, created_at=run.created_at)
            if rng.random() < 0.15:
                again.conclusion = "failure"
            yield again

    def _run(self, workflow: str, trigger: Trigger) -> Run:
        """A run that passes, after a wait that is longer at busy hours and shorter on the platform's runners."""
        rng, at = self.rng, trigger.at
        self.last_id += 1
        busy = 1.7 if at.weekday() < 4 and 8 <= at.hour < 14 else 1.0
        queued = rng.lognormvariate(math.log(16 * busy * (0.7 if self._team(at).on_platform(at) else 1.0)), 0.9)
        median, spread = _MINUTES[workflow]
        started_at = at + queued * SECOND
        return Run(
            run_id=str(self.last_id),
            product=self.product,
            workflow=workflow,
            created_at=at,
            branch=trigger.branch,
            event=trigger.event,
            sha=trigger.sha,
            actor=trigger.actor,
            started_at=started_at,
            finished_at=started_at + rng.lognormvariate(math.log(median), spread) * MINUTE,
            uses=self._uses(workflow, at),
        )

    def _schedules(self) -> Iterator[Run]:
        """A security scan every Monday before work."""
        at = self.world.start.replace(hour=4)
        while (at := at + timedelta(days=1)) < self.world.now:
            if at.weekday() == 0:
                due = Trigger(at, "main", "schedule", self._head(at), "scheduler-bot")
                yield from self._played("Security scan", due, self._health(at, 0.88, 0.95))

    def _training(self) -> Iterator[Run]:
        """Training runs that people start by hand."""
        if not self.product.has_model:
            return
        rng, calendar = self.rng, self.world.calendar
        clock = calendar.hours(self.world.start)
        while (at := calendar.at(clock := clock + rng.expovariate(1 / 22))) < self.world.now:
            branch = rng.choice(("main", "experiment/features", "experiment/tuning"))
            started = Trigger(at, branch, "workflow_dispatch", self._head(at), someone(rng, self.product, at))
            yield from self._played("Train", started, self._health(at, 0.78, 0.88))

    def _deployments(self) -> Iterator[Run]:
        """The run of each deployment; some of the old way had none."""
        for made in self.history.deployments:
            if made.path == "unknown" or (made.path == "off_platform" and self.product.number % 4 == 3):
                continue
            self.last_id += 1
            made.run_id = str(self.last_id)
            yield Run(
                run_id=made.run_id,
                product=self.product,
                workflow=workflow_of(made) or "Release",
                created_at=made.created_at,
                branch=made.ref,
                event="schedule" if made.cause == "retrain" else "push",
                sha=made.sha,
                actor=made.actor,
                conclusion={"succeeded": "success", "inactive": "success", "failed": "failure"}.get(
                    made.status, "cancelled"
                ),
                started_at=made.started_at,
                finished_at=made.finished_at,
                uses=_deploy_template(made),
            )

    def _team(self, at: datetime) -> Team:
        return self.product.owner(at)

    def _health(self, at: datetime, before: float, after: float) -> float:
        """Chance to pass; it drifts to its new level in the months after adoption."""
        team = self._team(at)
        if team.adopted_at is None or not team.on_platform(at):
            return before
        return after + (before - after) * math.exp(-(at - team.adopted_at).days / 75)

    def _lints(self, at: datetime) -> bool:
        return self.product.number % 2 == 0 or self._team(at).on_platform(at)

    def _uses(self, workflow: str, at: datetime) -> list[str] | None:
        """Teams take the platform's templates once they are onboarded."""
        team = self._team(at)
        onboarded = team.kind == "platform" or (team.onboarded_at is not None and at >= team.onboarded_at)
        return [f"{TEMPLATES}/ci.yml@v2"] if onboarded and workflow in {"CI", "Lint"} else None

    def _head(self, at: datetime) -> str | None:
        """The commit on main then; schedules and people run whatever is there."""
        place = bisect_right(self.merged, at)
        return self.history.changes[place - 1].merge_sha if place else None


def workflow_of(made: Deployment) -> str | None:
    """The name of the pipeline that deployed, where the record has one."""
    if made.path == "unknown":
        return None
    if made.cause == "retrain":
        return "Nightly retrain"
    if made.path == "platform" and made.product.mark != "uses":
        return "ML deploy prod" if made.environment_class == "production" else "ML deploy test"
    return "Release"


def _deploy_template(made: Deployment) -> list[str] | None:
    """Of the products that are recognised by the pipeline's name, only retrains show the template."""
    named = made.product.mark == "workflow" and made.cause != "retrain"
    return [f"{TEMPLATES}/deploy.yml@v2"] if made.path == "platform" and not named else None


def _seen(run: Run, now: datetime) -> Run:
    """A run as it stands at `now`: what ends later has not ended."""
    if run.finished_at is not None and run.finished_at < now:
        return run
    run.finished_at, run.conclusion = None, None
    if run.started_at is not None and run.started_at >= now:
        run.started_at = None
    run.status = "in_progress" if run.started_at else "queued"
    return run
