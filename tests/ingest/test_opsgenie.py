"""The opsgenie source against a server that answers as Opsgenie, or Jira Service Management, documents it."""

from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fake_opsgenie import SERVICE, FakeOpsgenie
from tests.ingest.reading import TOKEN, Reading
from tests.ingest.whole_way import WholeWay
from tests.loopback import Loopback, Reply, Trouble

NOW = datetime(2026, 5, 4, 12)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def opsgenie() -> FakeOpsgenie:
    return FakeOpsgenie(NOW)


@pytest.fixture
def alerts() -> FakeOpsgenie:
    return FakeOpsgenie(NOW, "alert")


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[Loopback]:
    fake = request.getfixturevalue("alerts" if "alerts" in request.fixturenames else "opsgenie")
    with Loopback(fake.answer, lambda: fake.now) as running:
        yield running


def reading(server: Loopback, **more: Any) -> Reading:
    return Reading(server, name="og", kind="opsgenie", **more)


def known(found: Reading) -> dict[str, datetime | None]:
    """Incident -> when it was resolved, as now known."""
    return {each.incident_id: each.resolved_at for each in found.of("incident")}


def iso(time: datetime) -> str:
    return f"{time.isoformat()}Z"


def test_what_says_that_it_is_of_the_future_hides_nothing_until_then(opsgenie: FakeOpsgenie, server: Loopback) -> None:
    opsgenie.open("odd", NOW + timedelta(days=400))
    found = reading(server)
    found.sync()
    opsgenie.now += timedelta(hours=5)
    opsgenie.open("missed", NOW + timedelta(hours=2), status="resolved")
    assert [each.incident_id for each in found.sync().of("incident")] == ["missed"]
    assert found.sync().pages == []


def test_an_incident_lasts_as_long_as_its_impact(opsgenie: FakeOpsgenie, server: Loopback) -> None:
    opsgenie.open("I1", NOW - 2 * HOUR)
    opsgenie.change("I1", NOW - HOUR, status="closed", impactEndDate=iso(NOW - 1.5 * HOUR))
    [incident] = reading(server, detected_by="customer").sync().records
    assert incident.model_dump(exclude_none=True) == {
        "incident_id": "I1",
        "opened_at": NOW - 2.25 * HOUR,
        "resolved_at": NOW - 1.5 * HOUR,
        "severity": "P2",
        "detected_by": "customer",
        "title": "Fraud scores are late",
        "url": "https://acme.app.opsgenie.com/incident/detail/652f14b3-0000-4d4c-8b83-e4da527a416c",
    }


def test_without_an_end_of_its_impact_it_ended_when_it_last_changed(opsgenie: FakeOpsgenie, server: Loopback) -> None:
    opsgenie.open("I1", NOW - 2 * HOUR)
    opsgenie.change("I1", NOW - HOUR, status="resolved")
    found = reading(server)
    found.sync()
    assert known(found) == {"I1": NOW - HOUR}


@pytest.mark.parametrize("match", ["fraud*", "risk models", "SCORING"])
def test_whose_an_incident_is_is_said_by_service_team_or_tag(
    opsgenie: FakeOpsgenie, server: Loopback, match: str
) -> None:
    opsgenie.open("I1")
    [incident] = reading(server, belongs=[{"match": match, "product": "fraud"}]).sync().of("incident")
    assert incident.product == "fraud"


def test_a_key_that_may_not_read_names_tells_ids(opsgenie: FakeOpsgenie, server: Loopback) -> None:
    opsgenie.open("I1")
    server.troubles = [Trouble("v1/services|v2/teams", Reply({"message": "No right"}, 403), times=9)]
    found = reading(server, belongs=[{"match": SERVICE, "product": "fraud"}])
    assert [each.product for each in found.sync().of("incident")] == ["fraud"]
    [line] = found.check()
    assert "v2/teams" in line and "Configuration access" in line


def test_services_and_priorities_say_what_counts(opsgenie: FakeOpsgenie, server: Loopback) -> None:
    opsgenie.open("I1")
    opsgenie.open("I2", priority="P5")
    opsgenie.open("I3", impactedServices=[], tags=[], responders=[])
    found = reading(server, services=["fraud*"], priorities=["P1", "P2"])
    assert [each.incident_id for each in found.sync().of("incident")] == ["I1"]
    assert len(reading(server).sync().of("incident")) == 3


def test_nothing_new_lands_nothing(opsgenie: FakeOpsgenie, server: Loopback) -> None:
    opsgenie.open("I1", NOW - 9 * DAY)
    opsgenie.open("I2", NOW - 8 * DAY)
    opsgenie.change("I2", NOW - 7 * DAY, status="resolved")
    found = reading(server)
    found.sync()
    opsgenie.now += HOUR
    again = found.sync()
    assert (again.pages, again.faults) == ([], []) and len(again.requests) == 5


def test_an_open_incident_is_seen_resolved_and_a_resolved_one_reopened(
    opsgenie: FakeOpsgenie, server: Loopback
) -> None:
    opsgenie.open("I1", NOW - 80 * DAY)
    opsgenie.open("I2", NOW)
    found = reading(server)
    found.sync()
    opsgenie.now += 100 * DAY
    opsgenie.change("I1", status="resolved", impactEndDate=iso(opsgenie.now))
    found.sync()
    assert known(found)["I1"] == opsgenie.now
    opsgenie.now += HOUR
    opsgenie.change("I1", status="open")
    found.sync()
    assert known(found)["I1"] is None


def test_a_resolved_incident_that_changes_is_seen_within_a_day(opsgenie: FakeOpsgenie, server: Loopback) -> None:
    opsgenie.open("I1", NOW - 20 * DAY)
    opsgenie.change("I1", NOW - 19 * DAY, status="resolved", impactEndDate=iso(NOW - 19 * DAY))
    opsgenie.open("I2", NOW)
    found = reading(server)
    found.sync()
    opsgenie.now += HOUR
    opsgenie.change("I1", impactEndDate=iso(NOW - 18 * DAY))
    assert found.sync().pages == []
    opsgenie.now += DAY
    found.sync()
    assert known(found)["I1"] == NOW - 18 * DAY
    assert found.sync().pages == []


def test_an_alert_was_closed_when_its_report_says(alerts: FakeOpsgenie, server: Loopback) -> None:
    alerts.open("A1", NOW - 2 * HOUR)
    alerts.change(
        "A1", NOW, status="closed", report={"ackTime": 15702, "closeTime": 60 * 60 * 1000, "closedBy": "mona"}
    )
    alerts.open("A2", NOW - 2 * HOUR)
    alerts.change("A2", NOW - HOUR / 2, status="closed")
    found = reading(server, reads="alerts", belongs=[{"match": "fraud-scoring", "repo": "acme/fraud"}])
    found.sync()
    assert known(found) == {"A1": NOW - HOUR, "A2": NOW - HOUR / 2}
    assert {each.repo for each in found.of("incident")} == {"acme/fraud"}


def test_alerts_are_read_by_when_they_changed(alerts: FakeOpsgenie, server: Loopback) -> None:
    for number in range(230):
        alerts.open(f"A{number:03}", NOW - 30 * DAY + number * HOUR)
        alerts.change(f"A{number:03}", NOW - 15 * DAY, status="closed")
    found = reading(server, reads="alerts")
    assert len(found.sync().of("incident")) == 230
    alerts.now += DAY
    alerts.change("A007", status="closed", report={"closeTime": 1000})
    again = found.sync()
    assert [each.incident_id for each in again.of("incident")] == ["A007"] and len(again.requests) == 6


def test_long_lists_are_read_in_stretches(
    alerts: FakeOpsgenie, server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opsgenie shows 20,000 at most; here 400, to be quick."""
    alerts.reachable = 400
    monkeypatch.setattr("ingest.opsgenie.REACHABLE", 300)
    for number in range(1_050):
        alerts.open(f"A{number}", NOW - 40 * DAY + number * timedelta(minutes=30), status="closed")
    found = reading(server, reads="alerts")
    sync = found.sync()
    assert sync.faults == [] and len(known(found)) == len(sync.of("incident")) == 1_050


def test_a_part_that_fails_is_named_and_the_others_go_on(opsgenie: FakeOpsgenie, server: Loopback) -> None:
    opsgenie.open("I1", NOW - DAY)
    found = reading(server)
    found.sync()
    opsgenie.now += HOUR
    opsgenie.change("I1", status="resolved")
    opsgenie.open("I2")
    server.troubles = [Trouble("createdAt", Reply({"message": "Too busy"}, 500), times=2)]
    sync = found.sync()
    assert [fault.split(" (2 tries)")[0] for fault in sync.faults] == [
        "og/opsgenie: v1/incidents: the server failed (500: Too busy)"
    ]
    assert known(found) == {"I1": opsgenie.now, "I2": None}
    assert found.sync().faults == []


def test_no_person_is_kept(opsgenie: FakeOpsgenie, server: Loopback) -> None:
    opsgenie.open("I1")
    found = reading(server)
    found.sync()
    told = Reply(opsgenie.held).body.decode()
    for private in ("mona@", "Mona", "ce544b61", "Paged by"):
        assert private in told and private not in found.written
    assert {headers["Authorization"] for headers in server.sent} == {f"GenieKey {TOKEN}"}


def test_no_person_of_an_alert_is_kept(alerts: FakeOpsgenie, server: Loopback) -> None:
    alerts.open("A1", report={"closeTime": 5, "closedBy": "mona@example.invalid"})
    found = reading(server, reads="alerts")
    found.sync()
    for private in ("mona@", "ce544b61"):
        assert private in Reply(alerts.held).body.decode() and private not in found.written


def test_jira_service_management_gives_alerts() -> None:
    fake = FakeOpsgenie(NOW, "alert", site="c10ud")
    fake.open("A1", NOW - DAY)
    with Loopback(fake.answer, lambda: fake.now) as server:
        found = reading(server, base_url=f"{server.base_url}/jsm/ops/api/c10ud", user="mona@example.invalid")
        assert known_after(found) == {"A1": None}
        fake.now += HOUR
        fake.change("A1", status="closed")
        assert known_after(found) == {"A1": fake.now}
        sent = {headers["Authorization"] for headers in server.sent}
    assert sent == {"Basic " + b64encode(f"mona@example.invalid:{TOKEN}".encode()).decode()}


def known_after(found: Reading) -> dict[str, datetime | None]:
    sync = found.sync()
    assert sync.faults == [] and sync.stopped is None
    return known(found)


def test_the_whole_way_twice_and_again_from_raw(
    opsgenie: FakeOpsgenie, server: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OG_KEY", TOKEN)
    way = WholeWay(tmp_path, {"name": "og", "kind": "opsgenie", "base_url": server.base_url, "token_env": "OG_KEY"})
    opsgenie.open("I1", NOW - 20 * DAY)
    way.ingest()
    opsgenie.now += HOUR
    opsgenie.change("I1", status="closed")
    opsgenie.open("I2")
    way.ingest()
    staging = way.staging()
    assert [(row[1], row[3] is None) for row in staging["incident"]] == [("og:I1", False), ("og:I2", True)]
    way.replay()
    assert way.staging() == staging
