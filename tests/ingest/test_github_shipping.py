"""What ships and what breaks while a repository lives and readings are cut short: in the end nothing is missing."""

import random
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from tests.fake_github import FakeGithub
from tests.github_faults import Fault
from tests.github_world import Deployment, Issue, Pull, Release, Repo, Status, World, iso
from tests.ingest.github_reading import TOKEN, Reading

START = datetime(2026, 3, 1)


def sha(number: int) -> str:
    return f"{number:040x}"


class Life:
    """Commits on one line, 1, 2, 3 and so on; the first of them is live, and released, from the beginning."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        at = iso(START - timedelta(days=1))
        self.repo = Repo("acme/fraud", parents={sha(1): []}, tags={"v1": sha(1)})
        self.repo.deployments = [Deployment(1, at, sha=sha(1), statuses=[Status("success", at)])]
        self.repo.releases = [Release(1, "v1", at, at)]
        self.world = World(token=TOKEN, now=START)
        self.world.add(self.repo)
        self.ids = iter(range(2, 1_000_000))
        self.deeds = [self.merge, self.merge, self.deploy, self.report, self.report]
        self.deeds += [self.release, self.open, self.touch]

    @property
    def now(self) -> datetime:
        assert self.world.now
        return self.world.now

    def live(self, events: int) -> None:
        for _ in range(events):
            self.world.now = self.now + timedelta(seconds=self.rng.randrange(1, 40_000))
            self.rng.choice(self.deeds)()

    def merge(self) -> None:
        for _ in range(self.rng.choice([1, 2, 60])):
            at, number, last = iso(self.now), next(self.ids), len(self.repo.parents)
            self.repo.parents[sha(last + 1)] = [sha(last)]
            merged = Pull(number, number, at, at, at, merge_sha=sha(last + 1), commits=[at])
            self.repo.pulls.append(merged)

    def deploy(self) -> None:
        last = len(self.repo.parents)
        for _ in range(self.rng.choice([1, 2, 20])):
            commit = self.rng.randrange(max(1, last - 20), last + 1)
            self.repo.deployments.append(Deployment(next(self.ids), iso(self.now), sha=sha(commit)))

    def report(self) -> None:
        for deployment in self.repo.deployments:
            is_over = bool({"success", "failure"} & {status.state for status in deployment.statuses})
            if not is_over and self.rng.random() < 0.5:
                state = self.rng.choice(["in_progress", "success", "failure"])
                deployment.statuses.append(Status(state, iso(self.now)))
                deployment.updated = iso(self.now)

    def release(self) -> None:
        number, last = next(self.ids), len(self.repo.parents)
        self.repo.releases.append(Release(number, f"v{number}", iso(self.now), iso(self.now)))
        self.repo.tags[f"v{number}"] = sha(last)

    def open(self) -> None:
        for _ in range(self.rng.choice([1, 1, 30])):
            number = next(self.ids)
            labels = self.rng.choice([["incident"], ["incident", "bug"], ["bug"]])
            self.repo.issues.append(Issue(number, number, iso(self.now), labels=labels))

    def touch(self) -> None:
        for issue in self.rng.sample(self.repo.issues, min(5, len(self.repo.issues))):
            issue.updated = iso(self.now)
            if self.rng.random() < 0.3:
                self.repo.issues.remove(issue)
            elif self.rng.random() < 0.5:
                issue.labels = self.rng.choice([["incident"], ["bug"]])
            else:
                is_open = issue.state == "open"
                issue.state, issue.closed = ("closed", iso(self.now)) if is_open else ("open", None)

    def incidents(self) -> set[tuple[str, str | None]]:
        return {(str(each.id), each.closed) for each in self.repo.issues if "incident" in each.labels}

    def deployed(self) -> int:
        """The latest commit that was deployed."""
        done = [each.sha for each in self.repo.deployments if each.statuses and each.statuses[-1].state == "success"]
        return max(int(each, 16) for each in done)

    def released(self) -> dict[str, set[int]]:
        """The commits that each release brought, its own always; the first one is compared with nothing."""
        commits = [(each.id, int(self.repo.tags[each.tag], 16)) for each in self.repo.releases]
        return {
            f"release-{number}": {commit, *range(before + 1, commit + 1)}
            for (_, before), (number, commit) in pairwise(commits)
        }


@pytest.mark.parametrize("seed", range(4))
def test_every_commit_has_its_deployment_and_every_incident_its_end(seed: int) -> None:
    life = Life(seed)
    with FakeGithub(life.world) as github:
        reading = Reading(
            github,
            graphql=seed % 2 == 0,
            issues=[{"reads": "incidents", "labels": ["incident"]}],
            compare=["production", "released"],
            releases={"*": "released"},
        )
        assert reading.sync().faults == []
        for _ in range(10):
            life.live(events=6)
            if life.rng.random() < 0.6:
                kind = life.rng.choice(["primary", "failed", "refused"])
                github.faults.append(Fault(kind, spare=life.rng.randrange(25), times=2, wait=7_200))
            reading.sync()
            github.faults.clear()
        life.world.now = life.now + timedelta(days=1)
        reading.sync()
        final = reading.sync()
    assert final.faults == [] and final.stopped is None and final.records == []
    ends = {(each.incident_id, each.resolved_at and iso(each.resolved_at)) for each in reading.of("incident")}
    assert {each for each in ends if each[1] is None} == {each for each in life.incidents() if each[1] is None}
    assert ends >= life.incidents()
    commits = {each.deployment_id: int(each.sha, 16) for each in reading.of("deployment")}
    brought: dict[str, set[int]] = {}
    for each in reading.of("deployed_commit"):
        assert int(each.sha, 16) <= commits[each.deployment_id]
        brought.setdefault(each.deployment_id, set()).add(int(each.sha, 16))
    assert {name: found for name, found in brought.items() if name.startswith("release-")} == life.released()
    by_deployments = set().union(*(found for name, found in brought.items() if not name.startswith("release-")))
    assert by_deployments >= set(range(2, life.deployed() + 1))
