"""Each deployment is compared with the one before it, once, so that it is known which commits it brought."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.fake_github import FakeGithub
from tests.github_faults import Fault
from tests.github_world import Deployment, Status
from tests.ingest.github_reading import TOKEN, Reading, Sync
from tests.ingest.github_repo import at, fraud, later, merged
from tests.ingest.whole_way import WholeWay


def sha(number: int) -> str:
    return f"{number:040x}"


def deploy(github: FakeGithub, number: int, commit: int, days: float, **more: Any) -> Deployment:
    state = more.pop("state", "success")
    statuses = [Status(state, at(days=days - 0.01))] if state else []
    made = Deployment(number, at(days=days), sha=sha(commit), statuses=statuses, **more)
    fraud(github).deployments.append(made)
    return made


def now(github: FakeGithub, number: int, commit: int, **more: Any) -> Deployment:
    """One that is made an hour later than the last."""
    made = deploy(github, number, commit, 0, **more)
    made.created = later(github, hours=1)
    for status in made.statuses:
        status.created = made.created
    return made


@pytest.fixture
def history(github: FakeGithub) -> FakeGithub:
    """A line of 400 commits: 1, 2, 3 and so on."""
    fraud(github).parents = {sha(n): [sha(n - 1)] if n > 1 else [] for n in range(1, 401)}
    return github


def brought(found: Reading | Sync) -> dict[str, list[int]]:
    """The commits of each deployment."""
    rows: dict[str, list[int]] = {}
    for each in found.of("deployed_commit"):
        rows.setdefault(each.deployment_id, []).append(int(each.sha, 16))
    return {deployment: sorted(commits) for deployment, commits in sorted(rows.items())}


def compared(sync: Sync) -> int:
    return sum("/compare/" in address for address, _ in sync.requests)


def test_each_is_compared_with_the_one_before_in_its_environment(history: FakeGithub) -> None:
    deploy(history, 1, 10, 9)
    deploy(history, 2, 13, 8)
    deploy(history, 3, 15, 7, environment="staging")
    deploy(history, 4, 14, 6, state="failure")
    deploy(history, 5, 15, 5)
    deploy(history, 6, 20, 4, environment="Production-EU")
    deploy(history, 7, 22, 3, environment="production-eu")
    reading = Reading(history)
    found = reading.sync()
    assert brought(found) == {"2": [11, 12, 13], "5": [14, 15], "7": [21, 22]}
    assert compared(found) == 3
    reading.sync()
    assert reading.sync().pages == []


def test_products_of_one_repository_are_compared_apart(history: FakeGithub) -> None:
    deploy(history, 1, 10, 9, payload={"product": "score"})
    deploy(history, 2, 12, 8, payload={"product": "churn"})
    deploy(history, 3, 13, 7, payload={"product": "score"})
    assert brought(Reading(history).sync()) == {"3": [11, 12, 13]}


def test_new_ones_go_on_from_the_last_known(history: FakeGithub) -> None:
    first = deploy(history, 1, 10, 3)
    reading = Reading(history)
    assert brought(reading.sync()) == {}
    now(history, 2, 12)
    assert brought(reading.sync()) == {"2": [11, 12]}
    first.statuses.append(Status("inactive", later(history, hours=1)))
    first.updated = history.world.ago()
    now(history, 3, 15)
    found = reading.sync()
    assert brought(found) == {"3": [13, 14, 15]} and compared(found) == 1


def test_one_that_succeeds_late_is_compared_then(history: FakeGithub) -> None:
    deploy(history, 1, 10, 3)
    slow = deploy(history, 2, 12, 2, state="in_progress")
    reading = Reading(history)
    assert brought(reading.sync()) == {}
    slow.statuses.append(Status("success", later(history, hours=1)))
    assert brought(reading.sync()) == {"2": [11, 12]}
    now(history, 3, 14)
    assert brought(reading.sync()) == {"3": [13, 14]}


def test_a_step_back_brings_nothing_new(history: FakeGithub) -> None:
    deploy(history, 1, 10, 9)
    deploy(history, 2, 14, 8)
    deploy(history, 3, 10, 7)
    deploy(history, 4, 10, 6)
    found = Reading(history).sync()
    assert brought(found) == {"2": [11, 12, 13, 14], "3": [10], "4": [10]}
    assert compared(found) == 2


def test_a_merge_brings_the_commits_of_its_branch(history: FakeGithub) -> None:
    parents = fraud(history).parents
    parents[sha(900)] = [sha(9)]
    parents[sha(901)] = [sha(10), sha(900)]
    deploy(history, 1, 10, 9)
    deploy(history, 2, 901, 8)
    assert brought(Reading(history).sync()) == {"2": [900, 901]}


@pytest.mark.parametrize("base", [5_000, 700])
def test_what_was_rewritten_cannot_be_compared_and_is_no_fault(history: FakeGithub, base: int) -> None:
    """One commit is not there any more, the other has no common ancestor."""
    fraud(history).parents[sha(700)] = []
    deploy(history, 1, base, 9)
    deploy(history, 2, 14, 8)
    deploy(history, 3, 15, 7)
    found = Reading(history).sync()
    assert brought(found) == {"3": [15]} and found.faults == []


def test_more_commits_than_a_page_holds_all_come(history: FakeGithub) -> None:
    deploy(history, 1, 10, 9)
    deploy(history, 2, 310, 8)
    assert brought(Reading(history).sync()) == {"2": list(range(11, 311))}


def test_a_long_history_is_compared_across_pages_and_cut_short_goes_on(history: FakeGithub) -> None:
    for number in range(1, 251):
        deploy(history, number, number, 80 - number / 4)
    reading = Reading(history, graphql=True)
    history.faults.append(Fault("primary", match="/compare/", spare=120, times=99, wait=9_999))
    assert reading.sync().stopped
    history.faults[:] = [Fault("primary", match="deployments", spare=2, times=99, wait=9_999)]
    reading.sync()
    history.faults.clear()
    now(history, 251, 260)
    last = reading.sync()
    assert last.faults == [] and last.stopped is None
    expected = {str(n): [n] for n in range(2, 251)} | {"251": list(range(251, 261))}
    assert brought(reading) == dict(sorted(expected.items()))
    assert compared(last) < 150


def test_an_earlier_since_joins_on(history: FakeGithub) -> None:
    deploy(history, 1, 10, 200)
    deploy(history, 2, 12, 150)
    deploy(history, 3, 14, 9)
    deploy(history, 4, 15, 8)
    reading = Reading(history)
    assert brought(reading.sync()) == {"4": [15]}
    reading.settings["since"] = date(2025, 1, 1)
    found = reading.sync()
    assert brought(found) == {"2": [11, 12], "3": [13, 14]}
    assert brought(reading) == {"2": [11, 12], "3": [13, 14], "4": [15]}


def test_a_comparison_that_fails_is_tried_again_and_in_the_end_let_go(history: FakeGithub) -> None:
    for number in range(1, 4):
        deploy(history, number, 10 + number, 9 - number)
    reading = Reading(history)
    history.faults.append(Fault("failed", match=f"{sha(11)}...{sha(12)}", times=4))
    assert len(reading.sync().faults) == len(reading.sync().faults) == 1
    assert reading.sync().faults == [] and brought(reading) == {"2": [12], "3": [13]}
    now(history, 4, 20)
    history.faults.append(Fault("failed", match="/compare/", times=99))
    assert [len(reading.sync().faults) for _ in range(4)] == [1, 1, 1, 0]


def test_a_token_that_may_not_compare_is_said_once_and_all_else_is_read(history: FakeGithub) -> None:
    for number in range(1, 30):
        deploy(history, number, number, 40 - number)
    history.faults.append(Fault("forbidden", match="/compare/", times=99))
    reading = Reading(history)
    found = reading.sync()
    [fault] = found.faults
    assert "give it the permission Contents: read" in fault and fault.endswith("; or set compare = [] to do without")
    assert len(found.of("deployment")) == 29 and compared(found) <= 6
    history.faults.clear()
    reading.sync()
    assert len(brought(reading)) == 28
    assert Reading(history, compare=[]).sync().of("deployed_commit") == []


def test_check_names_the_permission_to_compare(history: FakeGithub) -> None:
    history.faults.append(Fault("forbidden", match="/compare/", times=9))
    reading = Reading(history)
    [line] = reading.source().check(reading.http())
    assert "compare/HEAD...HEAD" in line and "Contents: read" in line
    reading.settings["compare"] = []
    assert list(reading.source().check(reading.http())) == []


def test_the_whole_way_twice_and_again_from_raw(
    history: FakeGithub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB", TOKEN)
    table = {"name": "gh", "kind": "github", "base_url": history.base_url, "token_env": "GITHUB", "repos": ["acme/*"]}
    way = WholeWay(tmp_path, table)
    for number, commit in ((1, 10), (2, 12)):
        deploy(history, number, commit, 9 - number)
    squashed = merged(7, days=7.5)
    squashed.merge_sha = sha(11)
    fraud(history).pulls = [squashed]
    way.ingest()
    history.world.rename("acme/fraud", "acme/scoring")
    history.world.repos["acme/scoring"].deployments.append(
        Deployment(3, later(history, hours=1), sha=sha(13), statuses=[Status("success", history.world.ago())])
    )
    way.ingest()
    staging = way.staging()
    assert staging["deployed_commit"] == [
        ("gh", "gh:2", sha(11)),
        ("gh", "gh:2", sha(12)),
        ("gh", "gh:3", sha(13)),
    ]
    way.replay()
    assert way.staging() == staging
