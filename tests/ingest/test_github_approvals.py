"""Of a deployment that waited: whether a person let it go on, or a timer ran out."""

from typing import Any

import pytest

from tests.fake_github import FakeGithub
from tests.github_faults import Fault
from tests.github_world import Deployment, Status
from tests.ingest.github_reading import Reading
from tests.ingest.github_repo import deployed, fraud, later


def waited(github: FakeGithub, *states: str, reviews: list[tuple[str, str]] | None = None) -> Deployment:
    """A deployment of run 7 that waited first."""
    made = deployed("waiting", *states)
    for status in made.statuses:
        status.log_url = "https://github.com/acme/fraud/actions/runs/7/job/1"
    fraud(github).deployments = [made]
    fraud(github).approvals = {7: reviews or []}
    return made


@pytest.mark.parametrize("graphql", [True, False])
@pytest.mark.parametrize(
    ("reviews", "states", "expected"),
    [
        ([("approved", "production")], ("queued", "success"), ("succeeded", True)),
        ([], ("queued", "success"), ("succeeded", False)),
        ([("approved", "staging")], ("queued", "success"), ("succeeded", False)),
        ([("rejected", "production")], ("failure",), ("cancelled", True)),
        ([("approved", "production")], ("queued", "failure"), ("failed", True)),
        ([], ("failure",), ("failed", False)),
    ],
)
def test_only_what_a_person_let_go_on_was_approved(
    github: FakeGithub, graphql: bool, reviews: list[Any], states: tuple[str, ...], expected: tuple[str, bool]
) -> None:
    waited(github, *states, reviews=reviews)
    fraud(github).deployments.append(deployed("success", number=6, days=3))
    found = Reading(github, graphql=graphql, compare=[]).sync()
    [seen] = [each for each in found.of("deployment") if each.deployment_id == "5"]
    assert (seen.status, seen.approval_requested_at is not None) == expected
    assert (seen.approved_at is not None) == (expected in {("succeeded", True), ("failed", True)})
    assert "octocat" not in str(found.pages).lower()


def test_it_is_asked_only_of_what_waited_and_only_when_that_is_over(github: FakeGithub) -> None:
    deployment = waited(github)
    fraud(github).deployments.append(deployed("in_progress", "success", number=6, days=2))
    reading = Reading(github, compare=[])
    first = reading.sync()
    assert not any("approvals" in address for address, _ in first.requests)
    assert {each.status: each.approval_requested_at is not None for each in first.of("deployment")} == {
        "waiting": True,
        "succeeded": False,
    }
    fraud(github).approvals = {7: [("approved", "production")]}
    deployment.statuses.append(Status("success", later(github, hours=1), log_url=deployment.statuses[0].log_url))
    second = reading.sync()
    assert sum("runs/7/approvals" in address for address, _ in second.requests) == 1
    [seen] = second.of("deployment")
    assert seen.approved_at.isoformat() == "2026-05-04T13:00:00"


def test_without_asking_the_statuses_alone_tell(github: FakeGithub) -> None:
    waited(github, "queued", "success")
    found = Reading(github, approvals=False).sync()
    assert found.of("deployment")[0].approved_at is not None
    assert not any("approvals" in address for address, _ in found.requests)


def test_a_run_that_is_gone_leaves_what_the_statuses_tell_and_a_failure_is_tried_again(github: FakeGithub) -> None:
    waited(github, "queued", "success", reviews=[("approved", "production")])
    github.faults += [Fault("failed", match="approvals", times=2), Fault("missing", match="approvals")]
    reading = Reading(github)
    first = reading.sync()
    assert len(first.faults) == 1 and first.of("deployment") == []
    assert reading.sync().of("deployment")[0].approved_at is not None
