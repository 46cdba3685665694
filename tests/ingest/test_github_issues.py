"""Issues as incidents and as initiatives of a roadmap: by their labels, however these change."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.records import Incident, Initiative
from tests.fake_github import FakeGithub
from tests.github_faults import Fault
from tests.github_world import Issue, Repo
from tests.ingest.github_reading import TOKEN, Reading
from tests.ingest.github_repo import NOW, at, fraud, later, merged
from tests.ingest.whole_way import WholeWay

INCIDENTS: dict[str, Any] = {"reads": "incidents", "labels": ["Incident", "outage"], "detected_by": "customer"}
ROADMAP: dict[str, Any] = {
    "reads": "initiatives",
    "labels": ["roadmap"],
    "pain_source": "survey",
    "priorities": {"P1": 1, "P2": 2},
    "statuses": {"building": "in_progress", "later": "idea", "won't do": "dropped"},
    "efforts": {"size: S": 2, "size: L": 10},
}


def reading(github: FakeGithub, *tables: dict[str, Any], **more: Any) -> Reading:
    return Reading(github, issues=list(tables or (INCIDENTS, ROADMAP)), **more)


def incident(number: int = 1, days: float = 3, **more: Any) -> Issue:
    return Issue(500 + number, number, at(days=days), labels=["incident", *more.pop("labels", [])], **more)


def wish(number: int = 1, days: float = 300, **more: Any) -> Issue:
    return Issue(700 + number, number, at(days=days), labels=["roadmap", *more.pop("labels", [])], **more)


def change(github: FakeGithub, issue: Issue, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(issue, name, value)
    issue.updated = later(github, hours=1)


def test_an_issue_with_the_label_is_an_incident(github: FakeGithub) -> None:
    fraud(github).issues = [incident(labels=["Sev2"]), Issue(9, 9, at(days=1), labels=["bug"])]
    fraud(github).pulls = [merged(5, days=1)]
    [found] = reading(github).sync().of("incident")
    assert found == Incident(
        incident_id="501",
        opened_at=datetime(2026, 5, 1, 12),
        repo="acme/fraud",
        severity="Sev2",
        detected_by="customer",
        title="Scores are late",
        url="https://github.com/acme/fraud/issues/1",
    )


def test_an_incident_ends_begins_again_and_ends(github: FakeGithub) -> None:
    issue = incident()
    fraud(github).issues = [issue]
    source = reading(github)
    source.sync()
    change(github, issue, state="closed", state_reason="completed", closed=at(hours=-1))
    assert [each.resolved_at for each in source.sync().of("incident")] == [datetime(2026, 5, 4, 13)]
    change(github, issue, state="open", state_reason="reopened", closed=None)
    assert [each.resolved_at for each in source.sync().of("incident")] == [None]
    change(github, issue, state="closed", state_reason="completed", closed=at(hours=-3))
    source.sync()
    assert [each.resolved_at for each in source.of("incident")] == [datetime(2026, 5, 4, 15)]
    assert source.sync().pages == []


@pytest.mark.parametrize("fields", [{"labels": ["bug"]}, {"state": "closed", "state_reason": "duplicate"}])
def test_what_proves_to_be_no_incident_is_none(github: FakeGithub, fields: dict[str, Any]) -> None:
    issue = incident()
    fraud(github).issues = [issue]
    source = reading(github)
    assert len(source.sync().of("incident")) == 1
    change(github, issue, closed=at(hours=-1), **fields)
    source.sync()
    assert source.of("incident") == []
    change(github, issue, labels=["outage"], state="open", state_reason="reopened", closed=None)
    source.sync()
    assert len(source.of("incident")) == 1


def test_one_that_is_deleted_or_moved_is_none_within_a_day(github: FakeGithub) -> None:
    fraud(github).issues = [incident(1), incident(2), incident(3)]
    source = reading(github)
    source.sync()
    elsewhere = github.world.add(Repo("acme/private", issues=[Issue(999, 9, at(days=1), labels=["incident"])]))
    fraud(github).issues = [incident(1)]
    fraud(github).transferred = {2: (elsewhere.id, 9)}
    assert source.sync().records == []
    later(github, days=2)
    assert source.sync().faults == []
    assert [each.incident_id for each in source.of("incident")] == ["501"]
    assert source.sync().pages == []


def test_whose_an_incident_is_tells_the_config(github: FakeGithub) -> None:
    fraud(github).issues = [incident(1, labels=["product: churn"]), incident(2)]
    rule = {"match": "product: churn", "product": "churn", "team_id": "org:retention"}
    found = reading(github, INCIDENTS | {"belongs": [rule]}).sync().of("incident")
    assert [(each.repo, each.product, each.team_id) for each in found] == [
        (None, "churn", "org:retention"),
        ("acme/fraud", None, None),
    ]


def test_an_issue_on_the_roadmap_is_an_initiative_however_old(github: FakeGithub) -> None:
    labels = ["Pain: slow_deploys", "pain:no_staging", "p1", "SIZE: L", "building", "Blocked: audit"]
    events = [("labeled", at(days=20), "roadmap"), ("labeled", at(days=9), "building"), ("closed", at(days=3), None)]
    issue = wish(labels=labels, state="closed", state_reason="completed", closed=at(days=3), events=events)
    issue.updated = at(days=3)
    fraud(github).issues = [issue]
    [found] = reading(github).sync().of("initiative")
    assert found == Initiative(
        initiative_id="701",
        title="Scores are late",
        status="shipped",
        pain_ids=["survey:slow_deploys", "survey:no_staging"],
        priority=1,
        effort_days=10,
        started_at=datetime(2026, 4, 25, 12),
        shipped_at=datetime(2026, 5, 1, 12),
        blocker="Blocked: audit",
        url="https://github.com/acme/fraud/issues/1",
    )


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, "planned"),
        ({"labels": ["later"]}, "idea"),
        ({"labels": ["building"]}, "in_progress"),
        ({"assignees": ["mona"]}, "planned"),
        ({"state": "closed", "state_reason": "not_planned", "labels": ["building"]}, "dropped"),
        ({"state": "closed", "state_reason": "duplicate"}, "dropped"),
        ({"state": "closed", "state_reason": "completed", "labels": ["won't do"]}, "dropped"),
        ({"state": "closed", "labels": ["later"]}, "shipped"),
    ],
)
def test_what_the_state_of_an_initiative_is(github: FakeGithub, fields: dict[str, Any], status: str) -> None:
    fraud(github).issues = [wish(**fields)]
    assert [each.status for each in reading(github).sync().of("initiative")] == [status]


def test_without_a_label_for_it_work_begins_when_it_is_assigned(github: FakeGithub) -> None:
    events = [("assigned", at(days=5), None), ("unassigned", at(days=4), None), ("assigned", at(days=2), None)]
    fraud(github).issues = [wish(assignees=["mona"], events=events)]
    [found] = reading(github, ROADMAP | {"statuses": {}}).sync().of("initiative")
    assert (found.status, found.started_at) == ("in_progress", datetime(2026, 4, 29, 12))


def test_what_leaves_the_roadmap_is_dropped_and_may_come_back(github: FakeGithub) -> None:
    issue = wish()
    fraud(github).issues = [issue]
    source = reading(github)
    source.sync()
    change(github, issue, labels=[], title="Something private")
    assert [(each.status, each.title) for each in source.sync().of("initiative")] == [("dropped", "Scores are late")]
    change(github, issue, labels=["roadmap"])
    assert [each.status for each in source.sync().of("initiative")] == ["planned"]
    assert "Something private" not in source.written.split('"left": true')[0]


def test_other_labels_in_the_config_are_caught_up(github: FakeGithub) -> None:
    fraud(github).issues = [wish(1), Issue(9, 9, at(days=200), labels=["epic"])]
    source = reading(github, ROADMAP)
    assert len(source.sync().of("initiative")) == 1
    source.settings["issues"] = [ROADMAP | {"labels": ["roadmap", "epic"]}]
    source.sync()
    assert len(source.of("initiative")) == 2


def test_nothing_new_costs_one_conditional_request_a_table(github: FakeGithub) -> None:
    fraud(github).issues = [incident(1), wish(2)]
    source = reading(github)
    source.sync()
    source.sync()
    again = source.sync()
    assert again.pages == []
    assert [(address.split("?")[0], status) for address, status in again.requests if "issues" in address] == [
        ("/repos/acme/fraud/issues", 304)
    ] * 2


def test_only_repositories_that_a_table_names_are_read(github: FakeGithub) -> None:
    github.world.add(Repo("acme/platform", issues=[wish(3)]))
    fraud(github).issues = [wish(1)]
    found = reading(github, ROADMAP | {"repos": ["acme/PLAT*"]}, repos=["acme/*"]).sync()
    assert [each.initiative_id for each in found.of("initiative")] == ["703"]
    assert not any("acme/fraud/issues" in address for address, _ in found.requests)


def test_a_repository_without_issues_is_no_fault_and_none_happened(github: FakeGithub) -> None:
    fraud(github).has_issues = False
    found = reading(github, INCIDENTS).sync()
    assert found.faults == [] and "incident" in {page.kind for page in found.pages}


@pytest.mark.parametrize("count", [250, 130])
def test_issues_that_change_while_they_are_read_hide_no_other(github: FakeGithub, count: int) -> None:
    """As many as 130 of them change within one second, as when a label is renamed."""
    same = count == 130
    issues = [incident(n, days=20 if same else 80 - n / 10) for n in range(1, count + 1)]
    for issue in issues:
        issue.updated = issue.created
    fraud(github).issues = issues

    def move(world: object) -> None:
        issues[2].updated = at(hours=1)

    github.faults.append(Fault(match="issues.*since=2026-0[2-5]", spare=1, action=move))
    source = reading(github, INCIDENTS)
    source.sync()
    source.sync()
    assert len(source.of("incident")) == count


def test_a_reading_that_is_cut_short_goes_on_where_it_was(github: FakeGithub) -> None:
    fraud(github).issues = [wish(n, days=400 - n) for n in range(1, 251)]
    source = reading(github, ROADMAP)
    github.faults.append(Fault("primary", match="issues/180/events", times=99, wait=9_999))
    assert "rate limit" in (source.sync().stopped or "")
    assert len(source.of("initiative")) == 179
    github.faults.clear()
    found = source.sync()
    assert len(source.of("initiative")) == 250
    assert sum("events" in address for address, _ in found.requests) == 71


def test_events_that_fail_are_asked_for_again(github: FakeGithub) -> None:
    fraud(github).issues = [wish(1), wish(2, days=299)]
    source = reading(github, ROADMAP)
    github.faults.append(Fault("failed", match="issues/1/events", times=2))
    assert len(source.sync().faults) == 1
    assert source.sync().faults == []
    assert len(source.of("initiative")) == 2


def test_no_person_and_no_other_issue_gets_into_a_page(github: FakeGithub) -> None:
    other = Issue(9, 9, at(days=1), title="Salary of Nora", labels=["hr"], author="nora-nystrom")
    ours = incident(author="nora-nystrom", assignees=["nora-nystrom"], labels=["cc @nora"])
    fraud(github).issues = [other, ours, wish(3, assignees=["nora-nystrom"], events=[("assigned", at(days=1), None)])]
    fraud(github).pulls = [merged(5, days=1)]
    source = reading(github)
    assert len(source.sync().records) == 3
    for word in ("nora", "salary", "having a problem", "octocat"):
        assert word not in source.written.lower()


def test_check_names_the_permission_for_issues(github: FakeGithub) -> None:
    github.faults.append(Fault("forbidden", match="/issues"))
    source = reading(github)
    [line] = source.source().check(source.http())
    assert line.startswith("gh/acme/fraud: issues: ") and "give it the permission Issues: read" in line


def test_the_whole_way_twice_and_again_from_raw(
    github: FakeGithub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB", TOKEN)
    table = {"name": "gh", "kind": "github", "base_url": github.base_url, "token_env": "GITHUB", "repos": ["acme/*"]}
    way = WholeWay(tmp_path, table | {"issues": [INCIDENTS, ROADMAP]})
    broken, gone, planned = incident(1), incident(2), wish(3)
    fraud(github).issues = [broken, gone, planned]
    way.ingest()
    change(github, gone, labels=[])
    change(github, planned, state="closed", closed=at(hours=-2))
    github.world.rename("acme/fraud", "acme/scoring")
    way.ingest()
    staging = way.staging()
    assert [(row[1], row[5]) for row in staging["incident"]] == [("gh:501", "acme/scoring")]
    assert [(row[1], row[3]) for row in staging["initiative"]] == [("gh:703", "shipped")]
    way.replay()
    assert way.staging() == staging
    assert github.world.now and github.world.now > NOW
