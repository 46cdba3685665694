"""The azure_devops source on bad days: nothing is passed over, nothing is read for nothing, and nobody is named."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.azure_devops_world import NEVER, Project, World, example, iso
from tests.ingest.reading import TOKEN, Reading
from tests.loopback import Reply, Trouble

NOW = datetime(2026, 5, 4, 12)


@pytest.fixture
def world() -> Iterator[World]:
    made = World(NOW, TOKEN)
    made.add("ML")
    with made.server:
        yield made


def ml(world: World) -> Project:
    return world.projects[0]


def reading(world: World, **settings: Any) -> Reading:
    return Reading(world.server, kind="azure_devops", **{"base_url": world.base_url} | settings)


def failed(status: int, **headers: str) -> Reply:
    return Reply({"message": f"VS{status}: Something"}, status, headers)


def timeline(**records: dict[str, Any]) -> dict[str, Any]:
    """The example's timeline with some records changed: by their type."""
    made = deepcopy(example("timeline"))
    for record in made["records"]:
        record.update(records.get(record["type"].rpartition(".")[2].lower(), {}))
    return dict(made)


def test_a_reading_cut_short_goes_on_where_it_ended(world: World) -> None:
    for minutes in range(250):
        build = world.build(ml(world), world.ago(minutes=1_000 - minutes))
        ml(world).timelines[str(build["id"])] = timeline()
    site = reading(world)
    known = []
    for _ in range(4):
        limited = failed(429, **{"Retry-After": "7200"})
        world.server.troubles = [Trouble("timeline", limited, times=999, spare=70)]
        stopped = site.sync().stopped
        known.append(len(site.of("ci_run")))
        if not stopped:
            break
        assert "rate limit" in stopped
    assert known == [70, 140, 210, 250]


def test_requests_come_in_the_order_in_which_they_were_closed(world: World) -> None:
    for minutes in range(60):
        world.pull(ml(world), world.ago(minutes=1_000 - minutes))
    site = reading(world)
    limited = failed(429, **{"Retry-After": "7200"})
    world.server.troubles = [Trouble("threads", limited, times=999, spare=40)]
    assert "rate limit" in (site.sync().stopped or "") and len(site.of("change")) == 40
    world.server.troubles = []
    assert len(site.sync().of("change")) == 20


def test_a_detail_that_fails_is_asked_for_again(world: World) -> None:
    project = ml(world)
    project.environments = {7: "production"}
    builds = [world.build(project, world.ago(hours=hours)) for hours in (3, 2, 1)]
    for build in builds:
        project.timelines[str(build["id"])] = timeline()
        world.deploy(project, build, 7)
    pulls = [world.pull(project, world.ago(hours=hours)) for hours in (3, 2, 1)]
    world.server.troubles = [
        Trouble(f"builds/{builds[1]['id']}$", failed(500), times=2),
        Trouble(f"builds/{builds[2]['id']}/timeline", failed(502), times=4),
        Trouble(f"pullRequests/{pulls[1]['pullRequestId']}/threads", failed(403)),
    ]
    site = reading(world)
    first = site.sync()
    assert len(first.faults) == 4 and all(fault.startswith("src/ML: ") and "\n" not in fault for fault in first.faults)
    assert [len(first.of(noun)) for noun in ("deployment", "change", "ci_run")] == [1, 2, 2]
    world.now += timedelta(days=3)
    second = site.sync()
    assert second.faults == []
    assert [len(site.of(noun)) for noun in ("deployment", "change", "ci_run")] == [3, 3, 3]


@pytest.mark.parametrize("path", ["build/builds", "git/pullrequests", "distributedtask/environments"])
@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (failed(500), "the server failed (500: VS500: Something) (2 tries)"),
        (failed(403), "may not read this (403: VS403: Something); give it the permission"),
        (failed(404), "not found (404)"),
        (Reply(b"<html>Log in</html>"), "check that base_url is the API"),
        (Reply({"value": []}, headers={"x-ms-continuationtoken": "5"}), "its pages repeat themselves"),
    ],
)
def test_a_list_that_fails_is_a_fault_and_the_rest_goes_on(world: World, path: str, reply: Reply, words: str) -> None:
    for project in (ml(world), world.add("Web")):
        project.environments = {7: "production"}
        world.deploy(project, world.build(project, world.ago(days=1)), 7)
        world.pull(project, world.ago(days=1))
    endless = "repeat" in words and "pullrequests" in path
    world.server.troubles = [Trouble(rf"0f5e-0/_apis/{path}\?", reply, times=99)]
    site = reading(world, approvals=False)
    found = site.sync()
    assert found.stopped is None and len(found.faults) == (0 if endless else 1)
    assert all(words in fault and fault.startswith("src/ML: ") and TOKEN not in fault for fault in found.faults)
    assert len([record for record in found.records if record.repo == "Web/fraud"]) == 3  # type: ignore[attr-defined]
    world.server.troubles = []
    assert site.sync().faults == [] and len(site.kept) == 6


@pytest.mark.parametrize("reply", [None, failed(401)])
def test_a_refused_token_stops_the_source(world: World, reply: Reply | None) -> None:
    if reply:
        world.server.troubles = [Trouble("", reply, times=99)]
    else:
        world.authorization = "Basic other"
    site = reading(world)
    stopped = site.sync().stopped or ""
    assert stopped.startswith("src/projects: projects: $TOKEN was refused (") and TOKEN not in stopped
    assert site.check() == [stopped]


def test_globs_choose_projects_of_any_number(world: World) -> None:
    for number in range(130):
        world.build(world.add(f"Model {number}"), world.ago(days=1))
    assert len(reading(world, projects=["model*"], jobs=False).sync().of("ci_run")) == 130
    found = reading(world, projects=["Model 7", "none"]).sync()
    assert [run.repo for run in found.of("ci_run")] == ["Model 7/fraud"] and found.faults == []
    [fault] = reading(world, projects=["none*"]).sync().faults
    assert fault == "src: no project that the token can see matches none*; correct `projects`"


def test_one_bad_row_costs_no_other(world: World) -> None:
    builds = [world.build(ml(world), world.ago(hours=hours)) for hours in (3, 2, 1)]
    builds[0]["queueTime"] = ["no", "time"]
    builds[1]["result"] = "exploded"
    made = timeline()
    made["records"][3]["startTime"] = "yesterday"
    ml(world).timelines[str(builds[2]["id"])] = made
    found = reading(world).sync()
    assert [run.run_id for run in found.of("ci_run")] == [str(builds[2]["id"])] and found.faults == []
    assert sorted(bad.reason.split(":")[0] for bad in found.rejected) == ["conclusion", "queueTime", "startTime"]


def test_since_reads_again_from_there(world: World) -> None:
    for days in (120, 100, 50, 1):
        world.build(ml(world), world.ago(days=days))
        world.pull(ml(world), world.ago(days=days))
    site = reading(world)
    assert len(site.sync().records) == 4
    assert len(site.sync(floor=NOW - timedelta(days=110)).records) == 6
    assert site.sync().records == []
    assert len(site.sync(full=True).records) == 4
    site.settings["since"] = "2025-01-01"
    assert len(site.sync().records) == 8
    assert site.sync().records == []


def test_no_person_and_no_secret_gets_into_a_page(world: World) -> None:
    project = ml(world)
    project.environments = {7: "production"}
    build = world.build(project, world.ago(days=1), sourceBranch="refs/heads/users/nora.nystrom/topic")
    world.build(project, world.ago(days=1), queueTime=5)
    project.timelines[str(build["id"])] = timeline()
    world.deploy(project, build, 7)
    world.pull(project, world.ago(days=1))
    site = reading(world)
    found = site.sync()
    assert len(found.records) == 4 and len(found.rejected) == 1
    for word in ("nora", "rita", "nystrom", "acme.example", "hunter2", "words", "hosted agent", TOKEN.lower()):
        assert word not in site.written.lower()
    assert found.of("ci_run")[0].branch == f"users/{found.of('ci_run')[0].actor}/topic"
    assert found.of("ci_run")[0].actor == found.of("change")[0].author


def test_check_is_silent_when_all_is_well_and_names_what_is_missing(world: World) -> None:
    assert reading(world).check() == []
    world.server.troubles = [Trouble("environments", failed(403))]
    [line] = reading(world).check()
    assert "src/ML: distributedtask/environments: $TOKEN may not read this" in line
    assert "Environment (Read & manage)" in line
    assert reading(world, projects=["none"]).check() == ["src: no project that the token can see matches none"]


def test_nothing_new_brings_no_page(world: World) -> None:
    project = ml(world)
    project.environments = {7: "production"}
    for hours in range(30):
        build = world.build(project, world.ago(hours=hours))
        project.timelines[str(build["id"])] = timeline()
    world.running(project)
    world.deploy(project, project.builds[0], 7)
    world.pull(project, world.ago(days=1))
    site = reading(world)
    assert len(site.sync().records) == 30 + 30 + 1 + 1 + 1
    site.sync()
    world.now += timedelta(hours=1)
    again = site.sync()
    assert again.pages == [] and len(again.requests) == 8


def test_a_deployment_that_never_ends_is_let_go(world: World) -> None:
    project = ml(world)
    project.environments = {7: "production"}
    world.deploy(project, world.running(project), 7, finishTime=None, result=None)
    site = reading(world)
    site.sync()
    world.now += timedelta(days=91)
    site.sync()
    assert site.marks[f"{project.id}/environments/7"]["open"] == {}


def test_a_long_history_of_deployments_goes_back_to_since(world: World) -> None:
    project = ml(world)
    project.environments = {7: "production", 8: "test"}
    build = world.build(project, world.ago(days=1))
    for days in range(400, 0, -1):
        world.deploy(project, build, 7, queueTime=world.ago(days=days))
    found = reading(world).sync()
    assert len(found.of("deployment")) == 90
    assert sum("environments/7" in address for address, _ in found.requests) == 1
    assert sum(address.endswith(f"builds/{build['id']}") for address, _ in found.requests) == 1
    assert len(reading(world, since="2025-01-01").sync().of("deployment")) == 400


def test_an_old_request_that_is_completed_late_is_seen(world: World) -> None:
    project = ml(world)
    old = world.pull(project, NEVER, status="active", creationDate=world.ago(days=300))
    for hours in range(250):
        world.pull(project, world.ago(hours=hours))
    site = reading(world)
    assert len(site.sync().of("change")) == 250
    world.now += timedelta(days=1)
    old |= {"status": "completed", "closedDate": iso(world.now)}
    assert [change.change_id for change in site.sync().of("change")] == [str(old["pullRequestId"])]
    assert site.sync().records == []
