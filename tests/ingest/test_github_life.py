"""A repository lives on between readings, and readings are cut short: in the end nothing is missing and nothing old."""

import random
from datetime import datetime, timedelta

import pytest

from tests.fake_github import FakeGithub
from tests.github_faults import Fault
from tests.github_world import Deployment, Pull, Repo, Run, Status, World, iso
from tests.ingest.github_reading import TOKEN, Reading

START = datetime(2026, 3, 1)
RERUN_TIME = timedelta(days=30)


class Life:
    """Moves the world on at random, as GitHub's rules allow."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.repo = Repo("acme/fraud")
        self.world = World(token=TOKEN, now=START)
        self.world.add(self.repo)
        self.ids = iter(range(1, 1_000_000))

    @property
    def now(self) -> datetime:
        assert self.world.now
        return self.world.now

    def live(self, hours: float, events: int) -> None:
        for _ in range(events):
            self.world.now = self.now + timedelta(hours=self.rng.expovariate(events / hours))
            self.rng.choice(
                [self.begin, self.begin, self.end, self.end, self.rerun, self.deploy, self.report, self.merge]
            )()

    def begin(self) -> None:
        at = iso(self.now)
        for _ in range(self.rng.choice([1, 1, 5, 40])):
            self.repo.runs.append(Run(next(self.ids), at, at, at, status="in_progress"))

    def end(self) -> None:
        for run in self.repo.runs:
            if run.status != "completed" and self.rng.random() < 0.7:
                run.status, run.updated = "completed", iso(self.now)
                run.conclusion = self.rng.choice(["success", "failure"])

    def rerun(self) -> None:
        oldest = iso(self.now - RERUN_TIME)
        for run in self.rng.sample(self.repo.runs, min(3, len(self.repo.runs))):
            if run.status == "completed" and run.created > oldest:
                run.earlier[run.attempt] = Run(
                    run.id, run.created, run.updated, run.started, conclusion=run.conclusion, attempt=run.attempt
                )
                run.status, run.attempt = "in_progress", run.attempt + 1
                run.started = run.updated = iso(self.now)

    def deploy(self) -> None:
        for _ in range(self.rng.choice([1, 1, 30])):
            self.repo.deployments.append(Deployment(next(self.ids), iso(self.now)))

    def report(self) -> None:
        for deployment in self.repo.deployments:
            final = {"success", "failure"} & {status.state for status in deployment.statuses}
            if not final and self.rng.random() < 0.6:
                state = self.rng.choice(["queued", "in_progress", "success", "failure"])
                deployment.statuses.append(Status(state, iso(self.now)))
                deployment.updated = iso(self.now)

    def merge(self) -> None:
        for _ in range(self.rng.choice([1, 1, 30])):
            at, number = iso(self.now), next(self.ids)
            self.repo.pulls.append(Pull(number, number, at, at, at, commits=[at]))
        for pull in self.rng.sample(self.repo.pulls, min(4, len(self.repo.pulls))):
            pull.updated = iso(self.now)

    def truth(self) -> tuple[set[object], set[object], set[object]]:
        """What must be known: every attempt's end, every deployment's state, every request."""
        runs = {
            (str(run.id), run.attempt, run.conclusion if run.status == "completed" else None)
            for latest in self.repo.runs
            for run in (latest, *latest.earlier.values())
        }
        states = {"queued": "pending", "success": "succeeded", "failure": "failed", "in_progress": "in_progress"}
        deployments = {
            (str(each.id), states[each.statuses[-1].state] if each.statuses else "pending")
            for each in self.repo.deployments
        }
        return runs, deployments, {str(pull.id) for pull in self.repo.pulls}


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_missed_whatever_happens_between_and_during_readings(seed: int) -> None:
    life = Life(seed)
    with FakeGithub(life.world) as github:
        reading = Reading(github, jobs=True)
        for _ in range(8):
            life.live(hours=life.rng.choice([1, 30, 24 * 8]), events=12)
            if life.rng.random() < 0.6:
                kind = life.rng.choice(["primary", "failed", "refused"])
                github.faults.append(Fault(kind, spare=life.rng.randrange(40), times=2, wait=7_200))
            reading.sync()
            github.faults.clear()
        life.world.now = life.now + timedelta(days=1)
        final = reading.sync()
        runs = {(run.run_id, run.attempt, run.conclusion) for run in reading.of("ci_run")}
        deployments = {(each.deployment_id, each.status) for each in reading.of("deployment")}
        changes = {change.change_id for change in reading.of("change")}
        assert (runs, deployments, changes) == life.truth()
        assert final.faults == [] and final.stopped is None
        completed = {str(run.id) for run in life.repo.runs if run.status == "completed"}
        assert completed <= {job.run_id for job in reading.of("ci_job")}


def test_a_long_history_gets_further_with_every_short_reading() -> None:
    life = Life(99)
    life.repo.runs = [Run(n, iso(START - timedelta(hours=400 - n))) for n in range(400)]
    life.repo.deployments = [
        Deployment(n, iso(START - timedelta(hours=250 - n)), statuses=[Status("success", iso(START))])
        for n in range(250)
    ]
    life.repo.pulls = [Pull(n, n, iso(START), *[iso(START - timedelta(hours=n))] * 2) for n in range(1, 251)]
    with FakeGithub(life.world) as github:
        reading = Reading(github, jobs=True)
        known = []
        for _ in range(12):
            github.faults[:] = [Fault("primary", spare=230, times=99, wait=7_200)]
            stopped = reading.sync().stopped
            known.append(len(reading.kept))
            if not stopped:
                break
        assert not stopped and known == sorted(set(known))
        assert len(reading.of("deployment")) == len(reading.of("change")) == 250
        assert len(reading.of("ci_run")) == len(reading.of("ci_job")) == 400
