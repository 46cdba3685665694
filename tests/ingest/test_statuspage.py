"""The statuspage source against a server that lists incidents as a status page does: the 50 newest, and the open."""

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.ingest.reading import Reading
from tests.ingest.whole_way import WholeWay
from tests.loopback import Loopback, Reply, Request, Trouble

PAGE = json.loads((Path(__file__).parents[1] / "fixtures" / "statuspage" / "incidents.json").read_text("utf-8"))
NOW = datetime(2026, 5, 4, 12)
SHOWN = 50


class FakePage:
    def __init__(self) -> None:
        self.incidents: list[dict[str, Any]] = deepcopy(PAGE["incidents"])

    def open(self, name: str, **changes: Any) -> dict[str, Any]:
        """A new incident, like the newest but open."""
        incident = deepcopy(PAGE["incidents"][0]) | {"id": name, "status": "investigating", "resolved_at": None}
        self.incidents.insert(0, incident | changes)
        return self.incidents[0]

    def answer(self, request: Request) -> Reply:
        assert "Authorization" not in request.headers
        if request.path == "/api/v2/incidents.json":
            return Reply(PAGE | {"incidents": self.incidents[:SHOWN]})
        assert request.path == "/api/v2/incidents/unresolved.json"
        return Reply(PAGE | {"incidents": [each for each in self.incidents if each["status"] != "resolved"]})


@pytest.fixture
def page() -> FakePage:
    return FakePage()


@pytest.fixture
def server(page: FakePage) -> Iterator[Loopback]:
    with Loopback(page.answer, lambda: NOW) as running:
        yield running


class OpenReading(Reading):
    """A status page is public: no token is sent."""

    def http(self, *_: Any, **__: Any) -> Any:
        return super().http(token=None)


def reading(server: Loopback, **more: Any) -> Reading:
    return OpenReading(server, name="sp", kind="statuspage", **more)


def known(found: Reading) -> dict[str, bool]:
    """Incident -> whether it is resolved, as now known."""
    return {each.incident_id: each.resolved_at is not None for each in found.of("incident")}


def test_incidents_as_a_status_page_lists_them(server: Loopback) -> None:
    found = {each.incident_id: each for each in reading(server, detected_by="customer").sync().of("incident")}
    assert len(found) == 10
    given = PAGE["incidents"][0]
    incident = found[given["id"]]
    assert incident.opened_at == datetime.fromisoformat(given["started_at"][:-1])
    assert incident.resolved_at == datetime.fromisoformat(given["resolved_at"][:-1])
    assert (incident.title, incident.severity, incident.url) == (given["name"], given["impact"], given["shortlink"])
    assert incident.detected_by == "customer"


def test_nothing_new_lands_nothing(server: Loopback) -> None:
    found = reading(server)
    found.sync()
    again = found.sync()
    assert (again.pages, again.faults) == ([], []) and len(again.requests) == 2


def test_an_incident_is_seen_open_resolved_and_open_again(page: FakePage, server: Loopback) -> None:
    found = reading(server)
    incident = page.open("new")
    found.sync()
    assert known(found)["new"] is False
    for status, is_resolved in (("resolved", True), ("investigating", False), ("postmortem", True)):
        incident |= {"status": status, "resolved_at": "2026-05-04T11:00:00.000Z"}
        assert [each.incident_id for each in found.sync().of("incident")] == ["new"]
        assert known(found)["new"] is is_resolved


def test_what_is_open_is_seen_however_old(page: FakePage, server: Loopback) -> None:
    page.open("old")
    for number in range(SHOWN):
        page.open(f"new{number}", status="resolved", resolved_at="2026-05-04T11:00:00.000Z")
    found = reading(server)
    assert known_after(found)["old"] is False and len(known(found)) == SHOWN + 1


def known_after(found: Reading) -> dict[str, bool]:
    found.sync()
    return known(found)


def test_what_left_the_page_unseen_is_said(page: FakePage, server: Loopback) -> None:
    page.open("lost")
    found = reading(server)
    found.sync()
    page.incidents = [each for each in page.incidents if each["id"] != "lost"]
    for number in range(SHOWN + 9):
        page.open(f"new{number}", status="resolved", resolved_at="2026-05-04T11:00:00.000Z")
    faults = found.sync().faults
    assert [fault.split(";")[0] for fault in faults] == [
        "sp/page: lost: resolved and no longer listed, so that its end is not known",
        "sp/page: incidents.json: more than 50 incidents since the last run, of which the page lists the newest only",
    ]
    assert found.sync().faults == []


def test_components_and_impacts_say_what_counts_and_whose_it_is(page: FakePage, server: Loopback) -> None:
    page.incidents.clear()
    actions = [{"name": "Actions"}, {"name": "Pages"}]
    page.open("a", components=actions, impact="major")
    page.open("b", components=actions, impact="none")
    page.open("c", components=[{"name": "Packages"}], impact="major")
    rules = [{"match": "pages", "product": "pages", "team_id": "drop:web"}]
    [incident] = reading(server, services=["act*"], impacts=["major"], belongs=rules).sync().of("incident")
    assert (incident.incident_id, incident.product, incident.team_id) == ("a", "pages", "drop:web")


def test_one_bad_incident_costs_no_other(page: FakePage, server: Loopback) -> None:
    page.incidents[3]["created_at"] = None
    found = reading(server)
    sync = found.sync()
    assert len(sync.of("incident")) == 9 and [bad.row for bad in sync.rejected] == [4]
    assert found.sync().pages == []


def test_what_people_wrote_is_not_kept(page: FakePage, server: Loopback) -> None:
    found = reading(server)
    found.sync()
    for incident in page.incidents:
        for update in incident["incident_updates"]:
            assert update["body"] not in found.written


def test_a_page_that_cannot_be_read_is_named(server: Loopback) -> None:
    server.troubles = [Trouble("incidents.json", Reply({}, 404), times=2)]
    found = reading(server)
    [fault] = found.sync().faults
    assert fault.startswith("sp/page: incidents.json: not found (404)") and found.marks == {}
    assert len(found.check()) == 1 and found.check() == []


def test_since_a_date_lands_all_that_is_listed_again(server: Loopback) -> None:
    found = reading(server)
    found.sync()
    assert len(found.sync(floor=NOW - timedelta(days=3)).of("incident")) == 10


def test_the_whole_way_twice_and_again_from_raw(page: FakePage, server: Loopback, tmp_path: Path) -> None:
    way = WholeWay(tmp_path, {"name": "sp", "kind": "statuspage", "base_url": server.base_url})
    incident = page.open("new")
    way.ingest()
    incident |= {"status": "resolved", "resolved_at": "2026-05-04T11:00:00.000Z"}
    way.ingest()
    staging = way.staging()
    assert len(staging["incident"]) == 11 and all(row[3] for row in staging["incident"])
    way.replay()
    assert way.staging() == staging


@pytest.mark.parametrize("odd", [b"\xff", b"\\ud800"])
def test_a_title_that_is_no_text_costs_no_incident(page: FakePage, server: Loopback, odd: bytes) -> None:
    page.open("odd", status="resolved")["name"] = "HERE"
    whole = json.dumps(PAGE | {"incidents": page.incidents}).encode().replace(b"HERE", b"x" + odd)
    server.troubles = [Trouble("incidents.json", Reply(b"\xef\xbb\xbf" + whole), times=9)]
    found = reading(server).sync()
    titles = {each.incident_id: each.title for each in found.of("incident")}
    assert found.faults == [] and len(titles) == len(page.incidents)
    assert titles["odd"] in {"x\ufffd", "x?"}
