"""Deployments and pull requests: read until they are over, however they move in their lists."""

from tests.fake_github import FakeGithub
from tests.github_faults import Fault
from tests.github_world import Status, World, iso
from tests.ingest.github_reading import Reading
from tests.ingest.github_repo import NOW, deployed, fraud, later, merged


def test_a_deployment_is_read_again_until_it_is_over(github: FakeGithub) -> None:
    deployment = deployed("queued", days=80)
    fraud(github).deployments = [deployment]
    reading = Reading(github)
    assert reading.sync().of("deployment")[0].status == "pending"
    reading.sync()
    assert reading.sync().pages == []
    later(github, days=40)
    fraud(github).deployments += [deployed("success", number=100 + n, days=-1) for n in range(120)]
    deployment.statuses += [Status("in_progress", github.world.ago(minutes=2)), Status("success", github.world.ago())]
    reading.sync()
    seen = reading.kept["deployment", "5"]
    assert (seen.status, iso(seen.finished_at)) == ("succeeded", iso(github.world.time()))  # type: ignore[attr-defined]
    assert reading.sync().pages == []


def test_a_failed_deployment_that_succeeds_after_all_is_seen(github: FakeGithub) -> None:
    deployment = deployed("failure")
    fraud(github).deployments = [deployment]
    reading = Reading(github)
    reading.sync()
    deployment.updated = later(github, hours=1)
    deployment.statuses.append(Status("success", deployment.updated))
    assert [each.status for each in reading.sync().of("deployment")] == ["succeeded"]


def test_requests_merged_into_the_default_branch_are_changes(github: FakeGithub) -> None:
    other, closed = merged(2, days=2), merged(3, days=3)
    other.base, closed.merged = "release-1", None
    fraud(github).pulls = [merged(1, days=1), other, closed, merged(4, days=100)]
    found = Reading(github).sync()
    assert [change.change_id for change in found.of("change")] == ["1001"]
    assert sum("/commits" in address for address, _ in found.requests) == 1


def test_a_comment_on_a_merged_request_while_reading_loses_none(github: FakeGithub) -> None:
    fraud(github).pulls = [merged(n, days=1 + n / 10) for n in range(1, 251)]

    def comment(world: World) -> None:
        world.repos["acme/fraud"].pulls[240].updated = iso(NOW)

    github.faults.append(Fault(match="pulls.*page=2", action=comment))
    reading = Reading(github)
    reading.sync()
    later(github, hours=1)
    reading.sync()
    assert len(reading.of("change")) == 250


def test_a_detail_that_fails_is_asked_for_again(github: FakeGithub) -> None:
    fraud(github).pulls = [merged(n, days=n) for n in range(1, 4)]
    fraud(github).deployments = [deployed("success", number=n, days=n) for n in range(1, 4)]
    github.faults += [
        Fault("failed", match="pulls/2/commits", times=2),
        Fault("failed", match="deployments/2/", times=2),
    ]
    reading = Reading(github)
    first = reading.sync()
    assert len(first.faults) == 2 and len(first.of("change")) == len(first.of("deployment")) == 2
    second = reading.sync()
    assert second.faults == [] and len(reading.of("change")) == len(reading.of("deployment")) == 3
