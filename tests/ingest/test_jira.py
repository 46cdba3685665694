"""The jira source against a server that answers as Jira Cloud, or Server and Data Center, documents it."""

from base64 import b64encode
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from ingest.settings import JiraSettings
from tests.fake_jira import FakeJira, text
from tests.ingest.reading import TOKEN, Reading
from tests.ingest.whole_way import WholeWay
from tests.loopback import Loopback, Reply, Trouble

NOW = datetime(2026, 5, 4, 12)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
APIS = pytest.mark.parametrize("api", ["cloud", "server"])


@pytest.fixture
def jira() -> FakeJira:
    return FakeJira(NOW)


@pytest.fixture
def server(jira: FakeJira) -> Iterator[Loopback]:
    with Loopback(jira.answer, lambda: jira.now) as running:
        yield running


def roadmap(server: Loopback, **more: Any) -> Reading:
    return Reading(server, name="jira", kind="jira", jql="labels = roadmap", **({"token_env": "JIRA"} | more))


def incidents(server: Loopback, **more: Any) -> Reading:
    return roadmap(server, reads="incidents", **more)


def known(found: Reading) -> dict[str, Any]:
    """Initiative -> its status, or incident -> when it was resolved, as now known."""
    initiatives = {each.initiative_id: each.status for each in found.of("initiative")}
    return initiatives | {each.incident_id: each.resolved_at for each in found.of("incident")}


def test_an_initiative_as_jira_gives_it(jira: FakeJira, server: Loopback) -> None:
    jira.create(2, datetime(2026, 3, 2, 7, 15))
    found = roadmap(server, effort_field="customfield_10016", days_per_effort=2, pain_source="survey")
    [initiative] = found.sync().records
    assert initiative.model_dump() == {
        "initiative_id": "10002",
        "title": "Deploy a model without a ticket",
        "status": "in_progress",
        "pain_ids": ["survey:slow_deploys"],
        "priority": 2,
        "effort_days": 10,
        "started_at": datetime(2026, 4, 1, 8),
        "shipped_at": None,
        "url": f"{server.base_url}/browse/PLAT-2",
        "blocker": None,
    }


def test_a_start_field_says_when_it_began(jira: FakeJira, server: Loopback) -> None:
    jira.create(2)
    jira.move(2, "Done")
    [initiative] = roadmap(server, start_field="customfield_10015").sync().records
    assert (initiative.status, initiative.started_at, initiative.shipped_at) == ("shipped", datetime(2026, 3, 20), NOW)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"status": {"name": "Open", "statusCategory": {"key": "new"}}}, "planned"),
        ({"status": {"name": "Review", "statusCategory": {"key": "indeterminate"}}}, "in_progress"),
        ({"status": {"name": "Released", "statusCategory": {"key": "done"}}}, "shipped"),
        (
            {"status": {"name": "Closed", "statusCategory": {"key": "done"}}, "resolution": {"name": "Won't Do"}},
            "dropped",
        ),
        ({"status": {"name": "Cancelled", "statusCategory": {"key": "done"}}}, "dropped"),
        ({"status": {"name": "Parking lot", "statusCategory": {"key": "new"}}}, "idea"),
        (
            {"status": {"name": "Closed", "statusCategory": {"key": "done"}}, "resolution": {"name": "Rejected"}},
            "dropped",
        ),
        ({"status": None}, "planned"),
    ],
)
def test_what_a_status_means(jira: FakeJira, server: Loopback, fields: dict[str, Any], status: str) -> None:
    jira.create(1, **fields)
    found = roadmap(server, statuses={"parking LOT": "idea", "Rejected": "dropped"})
    assert [each.status for each in found.sync().of("initiative")] == [status]


@pytest.mark.parametrize(
    ("effort", "days"), [(3, 3), (0.5, 0.5), ("8", 8), ({"value": "5"}, 5), ("L", None), (None, None)]
)
def test_an_effort_that_is_no_number_is_unknown(jira: FakeJira, server: Loopback, effort: Any, days: Any) -> None:
    jira.create(1, customfield_10016=effort)
    [initiative] = roadmap(server, effort_field="customfield_10016").sync().records
    assert initiative.effort_days == days


@APIS
def test_a_long_roadmap_is_read_page_by_page(jira: FakeJira, server: Loopback, api: str) -> None:
    for number in range(250):
        jira.create(number, NOW - number * DAY)
    jira.most = 40
    found = roadmap(server, api=api)
    assert len(found.sync().of("initiative")) == 250
    again = found.sync()
    assert (again.pages, again.faults) == ([], []) and len(again.requests) == 8


@APIS
def test_what_changed_on_the_roadmap_is_seen_and_what_left_it_is_dropped(
    jira: FakeJira, server: Loopback, api: str
) -> None:
    for number in (1, 2, 3, 4):
        jira.create(number, NOW - 300 * DAY)
    found = roadmap(server, api=api)
    found.sync()
    jira.now += HOUR
    jira.move(1, "Done")
    jira.change(2, labels=["later"])
    del jira.issues["10003"]
    assert len(found.sync().of("initiative")) == 3
    assert known(found) == {"10001": "shipped", "10002": "dropped", "10003": "dropped", "10004": "in_progress"}
    titles = {each.initiative_id: each.title for each in found.of("initiative")}
    assert titles["10002"] == "Deploy a model without a ticket" and "10003" in titles["10003"]
    assert found.sync().pages == []
    jira.change(2, labels=["roadmap"])
    found.sync()
    assert known(found)["10002"] == "in_progress"


def test_a_token_that_is_not_known_drops_nothing(jira: FakeJira, server: Loopback) -> None:
    jira.create(1)
    found = roadmap(server)
    found.sync()
    jira.knows = False
    sync = found.sync()
    assert sync.stopped and "was refused (401)" in sync.stopped and sync.pages == []
    assert found.check() == [sync.stopped]


def test_a_page_that_fails_drops_nothing(jira: FakeJira, server: Loopback) -> None:
    for number in range(90):
        jira.create(number)
    jira.most = 40
    found = roadmap(server)
    found.sync()
    server.troubles = [Trouble("nextPageToken", Reply({"errorMessages": ["no"]}, 500), times=2)]
    sync = found.sync()
    assert len(sync.faults) == 1 and sync.records == [] and found.sync().pages == []


def test_an_issue_that_cannot_be_read_is_not_taken_for_gone(jira: FakeJira, server: Loopback) -> None:
    jira.create(1)
    jira.create(2)
    found = roadmap(server)
    found.sync()
    jira.change(1, updated="soon, says Mona")
    sync = found.sync()
    assert sync.records == [] and [bad.reason.split(":")[0] for bad in sync.rejected] == ["fields"]
    assert "Mona" not in found.written


@APIS
def test_an_incident_is_seen_open_resolved_and_reopened(jira: FakeJira, server: Loopback, api: str) -> None:
    rules = [{"match": "fraud*", "product": "fraud", "team_id": "drop:risk"}]
    jira.create(1, NOW - 30 * DAY)
    jira.create(2, NOW)
    found = incidents(server, api=api, belongs=rules, detected_by="customer")
    first = next(each for each in found.sync().of("incident") if each.incident_id == "10001")
    assert (first.opened_at, first.resolved_at, first.severity) == (NOW - 30 * DAY, None, "High")
    assert (first.product, first.team_id, first.detected_by) == ("fraud", "drop:risk", "customer")
    for status, resolved in (("Done", True), ("In Progress", False), ("Done", True)):
        jira.now += DAY
        jira.move(1, status)
        assert [each.incident_id for each in found.sync().of("incident")] == ["10001"]
        assert known(found)["10001"] == (jira.now if resolved else None)
    jira.now += DAY
    assert found.sync().pages == []


@APIS
def test_what_says_that_it_changed_in_the_future_hides_no_change_until_then(
    jira: FakeJira, server: Loopback, api: str
) -> None:
    jira.create(1)
    jira.change(1, NOW + 400 * DAY)
    found = incidents(server, api=api)
    found.sync()
    jira.now += 5 * HOUR
    jira.create(2, NOW + 2 * HOUR)
    assert [each.incident_id for each in found.sync().of("incident")] == ["10002"]
    assert found.sync().pages == []


@pytest.mark.parametrize("match", ["plat", "ml platform", "roadmap", "fraud scoring"])
def test_whose_an_incident_is_is_said_by_project_label_or_component(
    jira: FakeJira, server: Loopback, match: str
) -> None:
    jira.create(1)
    [incident] = incidents(server, belongs=[{"match": match, "repo": "acme/fraud"}]).sync().of("incident")
    assert incident.repo == "acme/fraud"


@APIS
def test_the_first_reading_of_incidents_goes_back_ninety_days_or_to_since(
    jira: FakeJira, server: Loopback, api: str
) -> None:
    for days in (5, 80, 100, 200):
        jira.create(days, NOW - days * DAY)
    assert len(incidents(server, api=api).sync().of("incident")) == 2
    found = incidents(server, api=api, since=date(2026, 1, 15))
    assert len(found.sync().of("incident")) == 3
    assert len(found.sync(floor=NOW - 300 * DAY).of("incident")) == 4
    found.settings["since"] = date(2025, 1, 1)
    assert len(found.sync().of("incident")) == 4 and found.sync().pages == []


def test_an_incident_that_changes_while_pages_are_read_hides_no_other(jira: FakeJira, server: Loopback) -> None:
    for number in range(300):
        jira.create(number, NOW - 300 * HOUR + number * HOUR)
    server.troubles = [Trouble("search", spare=1, action=lambda: jira.change(0))]
    found = incidents(server, api="server")
    found.sync()
    found.sync()
    assert len(known(found)) == 300


def test_many_changes_in_one_minute_are_read_by_number(jira: FakeJira, server: Loopback) -> None:
    for number in range(350):
        jira.create(number, NOW - DAY)
    assert len(incidents(server, api="server").sync().of("incident")) == 350


def test_no_person_is_kept(jira: FakeJira, server: Loopback) -> None:
    jira.create(1)
    found, other = roadmap(server), incidents(server)
    for each in (found, other):
        each.sync()
    told = Reply(jira.issues).body.decode()
    for private in ("Mona", "mona@", "Hubert", "5b10a2844c20165700ede21g", "asked for this twice"):
        assert private in told and private not in found.written + other.written
    asked = next(address for address, _ in found.sync().requests if "search" in address)
    assert "assignee" not in asked and "description" not in asked


@pytest.mark.parametrize(
    ("user", "sent"),
    [
        (None, f"Bearer {TOKEN}"),
        ("mona@example.invalid", "Basic " + b64encode(f"mona@example.invalid:{TOKEN}".encode()).decode()),
    ],
)
def test_it_is_asked_with_a_token_or_as_a_user(server: Loopback, user: str | None, sent: str) -> None:
    assert roadmap(server, user=user).check() == []
    assert {headers["Authorization"] for headers in server.sent} == {sent}


def test_without_a_token_it_is_not_asked_who_we_are(server: Loopback) -> None:
    sync = roadmap(server, api="server", token_env=None).sync()
    assert [address.split("?")[0] for address, _ in sync.requests] == ["/rest/api/2/serverInfo", "/rest/api/2/search"]


def test_a_jql_orders_nothing() -> None:
    with pytest.raises(ValidationError, match="must not hold ORDER BY"):
        JiraSettings(name="j", kind="jira", base_url="https://acme.atlassian.net", jql="labels = x order  by rank")


def test_the_whole_way_twice_and_again_from_raw(
    jira: FakeJira, server: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JIRA", TOKEN)
    table = {
        "name": "jira",
        "kind": "jira",
        "base_url": server.base_url,
        "token_env": "JIRA",
        "jql": "labels = roadmap",
    }
    way = WholeWay(tmp_path, table)
    for number in (1, 2):
        jira.create(number, NOW - 200 * DAY)
    way.ingest()
    jira.now += HOUR
    jira.move(1, "Done")
    jira.change(2, labels=[])
    way.ingest()
    staging = way.staging()
    assert [(row[1], row[3], row[4]) for row in staging["initiative"]] == [
        ("jira:10001", "shipped", ["jira:slow_deploys"]),
        ("jira:10002", "dropped", []),
    ]
    way.replay()
    assert way.staging() == staging


def test_times_of_any_zone_are_utc(jira: FakeJira) -> None:
    assert text(NOW).endswith("14:00:00.000+0200")
