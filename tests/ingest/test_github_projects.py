"""A GitHub project as the roadmap, asked by GraphQL."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.records import Initiative
from tests.fake_github import FakeGithub
from tests.github_faults import Fault
from tests.github_world import ProjectItem
from tests.ingest.github_reading import TOKEN, Reading
from tests.ingest.github_repo import at, later
from tests.ingest.whole_way import WholeWay

TABLE: dict[str, Any] = {
    "project": "Acme/7",
    "pain_source": "survey",
    "statuses": {"Parked": "idea", "Won't do": "dropped"},
    "days_per_effort": 2,
}


def reading(github: FakeGithub, *items: ProjectItem) -> Reading:
    github.world.projects["acme", 7] = list(items)
    return Reading(github, roadmap=[TABLE])


def project(github: FakeGithub) -> list[ProjectItem]:
    return github.world.projects["acme", 7]


def test_an_item_is_an_initiative(github: FakeGithub) -> None:
    fields = {"Status": "In Progress", "Priority": "P1", "Estimate": 3.0, "Start date": ("2026-04-01",)}
    item = ProjectItem(
        "PVTI_1", labels=["pain:slow_deploys", "Blocked: audit", "cc @nora"], fields=fields, at=at(days=2)
    )
    [found] = reading(github, item).sync().of("initiative")
    assert found == Initiative(
        initiative_id="PVTI_1",
        title="Deploy in minutes",
        status="in_progress",
        pain_ids=["survey:slow_deploys"],
        priority=2,
        effort_days=6,
        started_at=datetime(2026, 4, 1),
        blocker="Blocked: audit",
        url="https://github.com/acme/platform/issues/PVTI_1",
    )


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({}, ("planned", None, None)),
        ({"fields": {"Status": "Todo"}}, ("planned", None, None)),
        ({"fields": {"Status": "parked"}}, ("idea", None, None)),
        ({"fields": {"Status": "Won't do"}}, ("dropped", None, None)),
        ({"fields": {"Status": "In progress"}}, ("in_progress", "2026-05-02", None)),
        ({"fields": {"Status": "Done"}, "kind": "DraftIssue"}, ("shipped", None, "2026-05-02")),
        ({"state": "CLOSED", "reason": "COMPLETED", "closed": at(days=1)}, ("shipped", None, "2026-05-03")),
        ({"state": "CLOSED", "reason": "NOT_PLANNED", "closed": at(days=1)}, ("dropped", None, None)),
    ],
)
def test_what_its_state_is(
    github: FakeGithub, item: dict[str, Any], expected: tuple[str, str | None, str | None]
) -> None:
    [found] = reading(github, ProjectItem("PVTI_1", at=at(days=2), **item)).sync().of("initiative")
    times = [time and time.date().isoformat() for time in (found.started_at, found.shipped_at)]
    assert (found.status, *times) == expected


def test_pull_requests_and_what_may_not_be_seen_are_passed_over(github: FakeGithub) -> None:
    items = [ProjectItem("PVTI_1", kind="PullRequest"), ProjectItem("PVTI_2", kind=""), ProjectItem("PVTI_3")]
    assert [each.initiative_id for each in reading(github, *items).sync().of("initiative")] == ["PVTI_3"]


def test_what_changed_is_landed_what_left_is_dropped_and_may_come_back(github: FakeGithub) -> None:
    source = reading(github, *(ProjectItem(f"PVTI_{number}") for number in range(250)))
    assert len(source.sync().of("initiative")) == 250
    again = source.sync()
    assert again.pages == [] and sum(address == "/graphql" for address, _ in again.requests) == 3
    later(github, hours=1)
    gone = project(github).pop(5)
    project(github)[0].fields["Status"] = "Done"
    found = source.sync().of("initiative")
    assert {(each.initiative_id, each.status) for each in found} == {("PVTI_0", "shipped"), ("PVTI_5", "dropped")}
    later(github, hours=1)
    project(github).append(gone)
    assert [(each.initiative_id, each.status) for each in source.sync().of("initiative")] == [("PVTI_5", "planned")]


def test_what_is_archived_when_it_is_done_has_shipped(github: FakeGithub) -> None:
    source = reading(github, ProjectItem("PVTI_1", fields={"Status": "Done"}), ProjectItem("PVTI_2"))
    source.sync()
    later(github, hours=1)
    project(github).clear()
    source.sync()
    assert {each.initiative_id: each.status for each in source.of("initiative")} == {
        "PVTI_1": "shipped",
        "PVTI_2": "dropped",
    }


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("graphql_limited", "the limit of GraphQL is used up; run again later"),
        ("graphql_forbidden", "no such project can be seen; give the token Projects: read"),
        ("missing", "not found (404)"),
        ("failed", "the server failed (500"),
    ],
)
def test_a_reading_that_fails_drops_nothing(github: FakeGithub, kind: str, words: str) -> None:
    source = reading(github, *(ProjectItem(f"PVTI_{number}") for number in range(150)))
    source.sync()
    later(github, hours=1)
    github.faults.append(Fault(kind, match="graphql", spare=1, times=9))
    found = source.sync()
    [fault] = found.faults
    assert fault.startswith("gh/Acme/7: ") and words in fault and found.of("initiative") == []
    github.faults.clear()
    assert source.sync().faults == [] and {each.status for each in source.of("initiative")} == {"planned"}


def test_check_names_a_project_that_cannot_be_seen(github: FakeGithub) -> None:
    source = reading(github)
    assert list(source.source().check(source.http())) == []
    del github.world.projects["acme", 7]
    [line] = source.source().check(source.http())
    assert line.startswith("gh/Acme/7: no such project can be seen") and "read:project" in line


def test_the_whole_way_twice_and_again_from_raw(
    github: FakeGithub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB", TOKEN)
    github.world.projects["acme", 7] = [ProjectItem("PVTI_1"), ProjectItem("PVTI_2")]
    table = {"name": "gh", "kind": "github", "base_url": github.base_url, "token_env": "GITHUB", "repos": ["acme/*"]}
    way = WholeWay(tmp_path, table | {"roadmap": [TABLE]})
    way.ingest()
    later(github, hours=1)
    project(github).pop()
    way.ingest()
    staging = way.staging()
    assert [(row[1], row[3]) for row in staging["initiative"]] == [("gh:PVTI_1", "planned"), ("gh:PVTI_2", "dropped")]
    way.replay()
    assert way.staging() == staging
