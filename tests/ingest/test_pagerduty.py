"""The pagerduty source against a server that answers as PagerDuty documents it."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fake_pagerduty import FakePagerduty
from tests.ingest.reading import TOKEN, Reading
from tests.ingest.whole_way import WholeWay
from tests.loopback import Loopback, Reply, Trouble

NOW = datetime(2026, 5, 4, 12)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def pagerduty() -> FakePagerduty:
    return FakePagerduty(NOW)


@pytest.fixture
def server(pagerduty: FakePagerduty) -> Iterator[Loopback]:
    with Loopback(pagerduty.answer, lambda: pagerduty.now) as running:
        yield running


def reading(server: Loopback, **more: Any) -> Reading:
    return Reading(server, name="pd", kind="pagerduty", **more)


def known(found: Reading) -> dict[str, datetime | None]:
    """Incident -> when it was resolved, as now known."""
    return {each.incident_id: each.resolved_at for each in found.of("incident")}


def test_an_incident_as_pagerduty_gives_it(pagerduty: FakePagerduty, server: Loopback) -> None:
    pagerduty.trigger("Q1", NOW - 2 * HOUR)
    pagerduty.resolve("Q1", NOW - HOUR)
    [incident] = reading(server, detected_by="monitoring").sync().records
    assert incident.model_dump(exclude_none=True) == {
        "incident_id": "Q1",
        "opened_at": NOW - 2 * HOUR,
        "resolved_at": NOW - HOUR,
        "severity": "P2",
        "detected_by": "monitoring",
        "title": "Fraud scores are late",
        "url": "https://acme.pagerduty.com/incidents/Q1P3AHC3KLGVAS",
    }


def test_whose_an_incident_is_is_said_by_service_or_team(pagerduty: FakePagerduty, server: Loopback) -> None:
    pagerduty.trigger("Q1", priority=None)
    pagerduty.trigger("Q2", service={"id": "P2", "summary": "Pricing"})
    pagerduty.trigger("Q3", service={"id": "P3", "summary": "Search"}, teams=[])
    rules = [
        {"match": "fraud*", "product": "fraud", "repo": "acme/fraud"},
        {"match": "risk models", "team_id": "drop:risk"},
    ]
    found = {each.incident_id: each for each in reading(server, belongs=rules).sync().of("incident")}
    assert (found["Q1"].product, found["Q1"].repo, found["Q1"].team_id) == ("fraud", "acme/fraud", None)
    assert (found["Q2"].product, found["Q2"].team_id, found["Q3"].team_id) == (None, "drop:risk", None)
    assert found["Q1"].severity == "high"


def test_services_and_urgencies_say_what_counts(pagerduty: FakePagerduty, server: Loopback) -> None:
    pagerduty.trigger("Q1")
    pagerduty.trigger("Q2", urgency="low")
    pagerduty.trigger("Q3", service={"id": "P3", "summary": "Office Wi-Fi"})
    sync = reading(server, services=["Fraud*", "pricing"], urgencies=["high"]).sync()
    assert [each.incident_id for each in sync.of("incident")] == ["Q1"] and sync.rejected == []


def test_nothing_new_lands_nothing(pagerduty: FakePagerduty, server: Loopback) -> None:
    pagerduty.trigger("Q1", NOW - 9 * DAY)
    pagerduty.trigger("Q2", NOW - 8 * DAY)
    pagerduty.resolve("Q2", NOW - 7 * DAY)
    found = reading(server)
    found.sync()
    pagerduty.now += HOUR
    again = found.sync()
    assert (again.pages, again.faults) == ([], []) and len(again.requests) == 4


def test_without_incidents_it_is_said_that_they_are_measured(server: Loopback) -> None:
    found = reading(server)
    assert [(page.kind, page.items) for page in found.sync().pages] == [("incident", [])]
    assert found.sync().pages == []


def test_an_open_incident_is_seen_resolved_however_old(pagerduty: FakePagerduty, server: Loopback) -> None:
    pagerduty.trigger("Q1", NOW - 80 * DAY)
    found = reading(server)
    found.sync()
    pagerduty.now += 100 * DAY
    pagerduty.resolve("Q1")
    pagerduty.log.clear()
    found.sync()
    assert known(found) == {"Q1": pagerduty.now} and found.marks["incidents"]["open"] == {}


def test_a_resolved_incident_is_seen_reopened_and_resolved_again(pagerduty: FakePagerduty, server: Loopback) -> None:
    pagerduty.trigger("Q1", NOW - 20 * DAY)
    pagerduty.resolve("Q1", NOW - 19 * DAY)
    found = reading(server)
    found.sync()
    pagerduty.now += DAY
    pagerduty.reopen("Q1")
    found.sync()
    assert known(found) == {"Q1": None}
    pagerduty.now += DAY
    pagerduty.resolve("Q1")
    found.sync()
    assert known(found) == {"Q1": pagerduty.now}


def test_what_was_reopened_and_resolved_between_two_readings_is_told_by_the_log(
    pagerduty: FakePagerduty, server: Loopback
) -> None:
    pagerduty.trigger("Q1", NOW - 20 * DAY)
    pagerduty.resolve("Q1", NOW - 19 * DAY)
    pagerduty.trigger("Q2", NOW, status="resolved")
    found = reading(server)
    found.sync()
    pagerduty.now += HOUR
    pagerduty.reopen("Q1")
    pagerduty.now += HOUR
    pagerduty.resolve("Q1")
    found.sync()
    assert known(found)["Q1"] == pagerduty.now
    pagerduty.now += HOUR
    found.sync()
    pagerduty.now += HOUR
    assert found.sync().pages == []


def test_more_incidents_than_pagerduty_shows_at_once(
    pagerduty: FakePagerduty, server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    """10,000 in truth; here 500, to be quick."""
    pagerduty.reachable = 500
    monkeypatch.setattr("ingest.pagerduty.REACHABLE", 500)
    for number in range(1_300):
        pagerduty.trigger(f"Q{number}", NOW - 60 * DAY + number * HOUR)
        pagerduty.incidents[f"Q{number}"]["status"] = "resolved"
    found = reading(server)
    sync = found.sync()
    assert sync.faults == [] and len(known(found)) == len(sync.of("incident")) == 1_300


def test_a_long_history_is_read_window_by_window(pagerduty: FakePagerduty, server: Loopback) -> None:
    for number in range(24):
        pagerduty.trigger(f"Q{number}", NOW - number * 30 * DAY)
    found = reading(server, since=date(2024, 1, 1))
    found.sync()
    assert len(known(found)) == 24
    assert len(reading(server).sync().of("incident")) == 24, "what is open is read however old"


def test_a_reading_cut_short_goes_on_where_it_was(pagerduty: FakePagerduty, server: Loopback) -> None:
    for number in range(250):
        pagerduty.trigger(f"Q{number:03}", NOW - 50 * DAY + number * HOUR)
        pagerduty.resolve(f"Q{number:03}", NOW - 30 * DAY)
    found = reading(server)
    server.troubles = [Trouble("offset=200", Reply({}, 502), times=2)]
    sync = found.sync()
    assert len(sync.faults) == 1 and len(known(found)) == 200
    again = found.sync()
    assert again.faults == [] and len(known(found)) == 250
    assert len(again.of("incident")) < 60


def test_a_log_that_may_not_be_read_costs_only_late_changes(pagerduty: FakePagerduty, server: Loopback) -> None:
    pagerduty.trigger("Q1")
    found = reading(server)
    forbidden = Reply({"error": {"message": "Access Denied", "code": 2010}}, 403)
    server.troubles = [Trouble("log_entries", forbidden, times=9)]
    sync = found.sync()
    assert [each.incident_id for each in sync.of("incident")] == ["Q1"]
    [fault] = sync.faults
    assert fault.startswith("pd/pagerduty: log_entries: $TOKEN may not read this (403)") and "read-only" in fault
    assert found.marks["incidents"]["late"] == "2026-05-04T12:00:00Z"


def test_an_incident_that_fails_is_asked_for_again(pagerduty: FakePagerduty, server: Loopback) -> None:
    pagerduty.trigger("Q1", NOW - 20 * DAY)
    pagerduty.trigger("Q2", NOW - 20 * DAY)
    pagerduty.trigger("Q3", NOW)
    found = reading(server)
    found.sync()
    pagerduty.now += HOUR
    pagerduty.resolve("Q1")
    pagerduty.resolve("Q2")
    server.troubles = [Trouble("incidents/Q1", Reply({}, 500), times=4)]
    sync = found.sync()
    assert len(sync.faults) == 2 and known(found) == {"Q1": None, "Q2": pagerduty.now, "Q3": None}
    found.sync()
    assert known(found) == {"Q1": pagerduty.now, "Q2": pagerduty.now, "Q3": None}
    assert found.marks["incidents"]["due"] == []


def test_a_late_change_that_fails_is_asked_for_again(pagerduty: FakePagerduty, server: Loopback) -> None:
    pagerduty.trigger("Q1", NOW - 20 * DAY)
    pagerduty.resolve("Q1", NOW - 19 * DAY)
    pagerduty.trigger("Q2", NOW, status="resolved")
    found = reading(server)
    found.sync()
    pagerduty.now += HOUR
    pagerduty.reopen("Q1")
    pagerduty.resolve("Q1")
    changed = pagerduty.now
    pagerduty.now += HOUR
    server.troubles = [Trouble("incidents/Q1", Reply({}, 500), times=2)]
    assert len(found.sync().faults) == 1 and known(found)["Q1"] == NOW - 19 * DAY
    pagerduty.now += HOUR
    assert found.sync().faults == [] and known(found)["Q1"] == changed
    assert found.marks["incidents"]["due"] == []


def test_an_incident_that_is_gone_is_let_go(pagerduty: FakePagerduty, server: Loopback) -> None:
    pagerduty.trigger("Q1", NOW - 20 * DAY)
    found = reading(server)
    found.sync()
    pagerduty.incidents.clear()
    pagerduty.log.clear()
    assert found.sync().faults == [] and found.marks["incidents"]["open"] == {}
    assert len(found.sync().requests) == 4


def test_one_bad_incident_costs_no_other(pagerduty: FakePagerduty, server: Loopback) -> None:
    pagerduty.trigger("Q1")
    pagerduty.trigger("Q2")["created_at"] = "yesterday, said Mona"
    pagerduty.incidents["Q2"]["created_at"] = "2026-05-04T12:00:00 by Mona"
    found = reading(server)
    sync = found.sync()
    assert [each.incident_id for each in sync.of("incident")] == ["Q1"]
    assert sync.rejected[0].reason.startswith("created_at:")


def test_no_person_is_kept(pagerduty: FakePagerduty, server: Loopback) -> None:
    pagerduty.trigger("Q1")
    found = reading(server)
    found.sync()
    pagerduty.resolve("Q1")
    found.sync()
    told = Reply(pagerduty.incidents).body.decode()
    for private in ("Mona", "mona@", "PJCRRLH", "Paged by"):
        assert private in told and private not in found.written
    assert {headers["Authorization"] for headers in server.sent} == {f"Token token={TOKEN}"}


def test_since_a_date_tells_everything_since_again(pagerduty: FakePagerduty, server: Loopback) -> None:
    for days in (5, 50, 120):
        pagerduty.trigger(f"Q{days}", NOW - days * DAY)
        pagerduty.resolve(f"Q{days}", NOW - days * DAY + HOUR)
    found = reading(server)
    assert len(found.sync().of("incident")) == 2
    assert {each.incident_id for each in found.sync(floor=NOW - 130 * DAY).of("incident")} == {"Q5", "Q50", "Q120"}


def test_check_names_what_cannot_be_read(server: Loopback) -> None:
    assert reading(server).check() == []
    server.troubles = [Trouble("log_entries", Reply({"error": {"message": "Access Denied"}}, 403))]
    [line] = reading(server).check()
    assert "log_entries" in line and "403" in line


def test_the_whole_way_twice_and_again_from_raw(
    pagerduty: FakePagerduty, server: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PD_TOKEN", TOKEN)
    table = {"name": "pd", "kind": "pagerduty", "base_url": server.base_url, "token_env": "PD_TOKEN"}
    way = WholeWay(tmp_path, table)
    pagerduty.trigger("Q1", NOW - 20 * DAY)
    pagerduty.trigger("Q2", NOW - 10 * DAY)
    way.ingest()
    pagerduty.now += HOUR
    pagerduty.resolve("Q2")
    pagerduty.trigger("Q3")
    way.ingest()
    staging = way.staging()
    assert [(row[1], row[3] is None) for row in staging["incident"]] == [
        ("pd:Q1", True),
        ("pd:Q2", False),
        ("pd:Q3", True),
    ]
    way.replay()
    assert way.staging() == staging
