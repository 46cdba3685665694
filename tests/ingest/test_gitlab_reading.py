"""The gitlab source on bad days: nothing is passed over, nothing is read for nothing, and nobody is named."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.gitlab_world import Project, World, iso
from tests.ingest.reading import TOKEN, Reading
from tests.loopback import Reply, Trouble

NOW = datetime(2026, 5, 4, 12)


ENDLESS = Reply([{"id": 1, "updated_at": "2026-03-04T11:00:00Z"}], headers={"Link": '</again>; rel="next"'})


@pytest.fixture
def world() -> Iterator[World]:
    made = World(NOW, TOKEN)
    made.add("acme/fraud")
    with made.server:
        yield made


def fraud(world: World) -> Project:
    return world.projects["acme/fraud"]


def reading(world: World, **settings: Any) -> Reading:
    return Reading(world.server, kind="gitlab", **{"projects": ["acme/fraud"]} | settings)


def later(world: World, **span: float) -> str:
    world.now += timedelta(**span)
    return iso(world.now)


def failed(status: int, **headers: str) -> Reply:
    return Reply({"message": f"{status} Something"}, status, headers)


def test_a_pipeline_that_changes_while_paging_hides_no_other(world: World) -> None:
    project = fraud(world)
    for minutes in range(350):
        world.pipeline(project, world.ago(minutes=400 - minutes), status="running")
    everything = {str(each["id"]) for each in project.pipelines}

    def finish() -> None:
        for pipeline in project.pipelines[:60]:
            pipeline |= {"status": "success", "updated_at": iso(world.now)}

    world.server.troubles = [Trouble(r"pipelines\?", spare=1, action=finish)]
    site = reading(world, jobs=False)
    site.sync()
    assert {run.run_id for run in site.of("ci_run")} == everything
    assert sum(run.status == "completed" for run in site.of("ci_run")) == 60


def test_more_pipelines_in_a_moment_than_a_page_holds_all_come(world: World) -> None:
    for _ in range(330):
        world.pipeline(fraud(world), "2026-05-03T10:00:00.000Z")
    world.pipeline(fraud(world), "2026-05-03T10:00:01.000Z")
    site = reading(world, jobs=False)
    found = site.sync()
    assert len(found.of("ci_run")) == len({run.run_id for run in found.of("ci_run")}) == 331
    assert site.sync().records == []


def test_a_page_that_is_just_full_hides_nothing_that_follows(world: World) -> None:
    for seconds in range(100):
        world.pipeline(fraud(world), world.ago(seconds=seconds))
    site = reading(world, jobs=False)
    site.sync()
    assert site.sync().pages == []
    world.pipeline(fraud(world), later(world, minutes=1))
    assert len(site.sync().of("ci_run")) == 1


def test_a_server_in_another_zone_is_read_in_the_right_order(world: World) -> None:
    project = fraud(world)
    for hour in range(120):
        moment = datetime(2026, 4, 28, 20) + timedelta(hours=hour)
        world.pipeline(project, moment.isoformat(timespec="milliseconds") + ("+02:00" if hour % 2 else "Z"))
    site = reading(world, jobs=False)
    assert len(site.sync().of("ci_run")) == 120
    assert site.sync().records == []


def test_a_reading_cut_short_goes_on_where_it_ended(world: World) -> None:
    project = fraud(world)
    for minutes in range(250):
        world.pipeline(project, world.ago(minutes=1_000 - minutes))
    site = reading(world, jobs=False)
    known = []
    for _ in range(4):
        limited = failed(429, **{"Retry-After": "7200"})
        world.server.troubles = [Trouble(r"pipelines/", limited, times=999, spare=70)]
        stopped = site.sync().stopped
        known.append(len(site.of("ci_run")))
        if not stopped:
            break
        assert "rate limit reached; resets at" in stopped
    assert known == [70, 140, 210, 250]


def test_a_detail_that_fails_is_asked_for_again(world: World) -> None:
    project = fraud(world)
    pipelines = [world.pipeline(project, world.ago(hours=hours)) for hours in (3, 2, 1)]
    deployments = [world.deployment(project, world.ago(hours=hours)) for hours in (3, 2, 1)]
    requests = [world.request(project, world.ago(hours=hours)) for hours in (3, 2, 1)]
    world.server.troubles = [
        Trouble(f"pipelines/{pipelines[1]['id']}/jobs", failed(500), times=2),
        Trouble(f"deployments/{deployments[1]['id']}", failed(502), times=2),
        Trouble(f"merge_requests/{requests[1]['iid']}/notes", failed(403)),
    ]
    site = reading(world)
    first = site.sync()
    assert len(first.faults) == 3 and len(first.records) == 6
    assert all(fault.startswith("src/acme/fraud: ") and "\n" not in fault for fault in first.faults)
    later(world, days=3)
    second = site.sync()
    assert second.faults == [] and len(second.records) == 3 and len(site.kept) == 9


@pytest.mark.parametrize("path", ["pipelines", "deployments", "merge_requests"])
@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (failed(500), "the server failed (500: 500 Something) (2 tries)"),
        (failed(403), "may not read this (403: 403 Something); give it the permission read_api"),
        (failed(404), "not found (404): renamed, removed or not visible to $TOKEN"),
        (Reply(b"<html>Please log in</html>"), "check that base_url is the API"),
        (ENDLESS, "its pages repeat themselves"),
    ],
)
def test_a_list_that_fails_is_a_fault_and_the_rest_goes_on(world: World, path: str, reply: Reply, words: str) -> None:
    for project in (fraud(world), world.add("acme/churn")):
        world.pipeline(project, world.ago(days=1))
        world.deployment(project, world.ago(days=1))
        world.request(project, world.ago(days=1))
    world.server.troubles = [Trouble(rf"projects/100/{path}\?", reply, times=99)]
    site = reading(world, projects=["acme/*"])
    found = site.sync()
    [fault] = found.faults
    assert found.stopped is None and words in fault and TOKEN not in fault
    assert len([record for record in found.records if record.repo == "acme/churn"]) == 3  # type: ignore[attr-defined]
    world.server.troubles = []
    assert site.sync().faults == [] and len(site.kept) == 6


def test_a_refused_token_stops_the_source(world: World) -> None:
    world.token = "another"
    found = reading(world).sync()
    assert "src/acme/fraud" in (found.stopped or "") and "$TOKEN was refused (401: 401 Unauthorized)" in (
        found.stopped or ""
    )
    assert {headers.get("PRIVATE-TOKEN") for headers in world.server.sent} == {TOKEN}
    assert all("Authorization" not in headers for headers in world.server.sent)


def test_globs_find_projects_of_groups_subgroups_people_and_all(world: World) -> None:
    for path in ("acme/ml/churn", "acme/ml/fraud", "acme/web", "nora/private", "other/thing"):
        world.pipeline(world.add(path), world.ago(days=1))
    world.users.add("nora")

    def found(*projects: str) -> set[str]:
        sync = reading(world, projects=list(projects)).sync()
        assert sync.faults == []
        return {run.repo for run in sync.of("ci_run")}

    assert found("acme/*") == {"acme/ml/churn", "acme/ml/fraud", "acme/web"}
    assert found("acme/ml/*") == {"acme/ml/churn", "acme/ml/fraud"}
    assert found("acme/*/fraud", "acme/ML/FRAUD") == {"acme/ml/fraud"}
    assert found("nora/*") == {"nora/private"}
    assert found("*/thing", "other/thing") == {"other/thing"}


def test_all_projects_come_page_by_page(world: World) -> None:
    for number in range(120):
        world.pipeline(world.add(f"acme/model-{number}"), world.ago(days=1))
    sync = reading(world, projects=["*"], jobs=False).sync()
    assert len(sync.of("ci_run")) == 120
    assert sum("/projects?" in address for address, _ in sync.requests) == 3


def test_a_project_that_is_not_there_is_a_fault(world: World) -> None:
    world.pipeline(fraud(world), world.ago(days=1))
    found = reading(world, projects=["acme/none", "void/*", "acme/fraud"]).sync()
    assert len(found.faults) == 2 and len(found.records) == 1
    assert found.faults[0] == "src/acme/none: matches no project that the token can see; correct `projects`"


def test_what_a_project_has_switched_off_is_not_asked_for(world: World) -> None:
    fraud(world).levels = {"builds_access_level": "disabled", "environments_access_level": "disabled"}
    found = reading(world).sync()
    assert [page.kind for page in found.pages] == ["change"]


def test_ids_are_unique_over_projects_and_a_moved_project_is_not_read_anew(world: World) -> None:
    world.pipeline(fraud(world), world.ago(days=1))
    site = reading(world, projects=["acme/*"])
    site.sync()
    fraud(world).path = "acme/scoring"
    assert site.sync().records == []
    world.pipeline(fraud(world), world.ago(hours=1))
    assert [run.repo for run in site.sync().of("ci_run")] == ["acme/scoring"]


def test_one_bad_row_costs_no_other(world: World) -> None:
    pipelines = [world.pipeline(fraud(world), world.ago(hours=hours)) for hours in (3, 2, 1)]
    for pipeline in pipelines:
        world.job(fraud(world), pipeline, "build")
    world.job(fraud(world), pipelines[0], "test", id="seven")
    pipelines[1]["created_at"] = ["no", "time"]
    pipelines[2]["created_at"] = "yesterday"
    found = reading(world).sync()
    assert len(found.of("ci_run")) == 1 and len(found.of("ci_job")) == 2 and found.faults == []
    assert sorted(bad.reason.split(":")[0] for bad in found.rejected) == ["created_at", "created_at", "id"]
    assert {bad.row for bad in found.rejected} >= {pipelines[1]["id"], pipelines[2]["id"]}


def test_since_reads_again_from_there(world: World) -> None:
    for days in (120, 100, 50, 1):
        world.pipeline(fraud(world), world.ago(days=days))
    site = reading(world)
    assert len(site.sync().records) == 2
    assert len(site.sync(floor=NOW - timedelta(days=110)).records) == 3
    assert site.sync().records == []
    assert len(site.sync(full=True).records) == 2
    site.settings["since"] = "2025-01-01"
    assert len(site.sync().records) == 4
    assert site.sync().records == []


def test_no_person_and_no_secret_gets_into_a_page(world: World) -> None:
    project, person = fraud(world), "nora-nystrom"
    user = {"id": 7, "username": person, "name": "Nora Nystrom", "email": "nora@acme.example"}
    pipeline = world.pipeline(project, world.ago(days=1), user=user, ref=f"{person}/topic", name=f"Fix by {person}")
    world.pipeline(project, world.ago(days=1), user=user, created_at=None, ref=person)
    world.job(project, pipeline, "build", user=user, runner={"description": person})
    world.deployment(project, world.ago(days=1), user=user, environment={"id": 1, "name": f"review/{person}-fix"})
    request = world.request(project, world.ago(days=1), author=user, title=f"{person} did it", description="hunter2")
    world.note(project, request, world.ago(days=1), "rita-reviewer", "hunter2")
    site = reading(world)
    found = site.sync()
    assert len(found.records) == 4 and len(found.rejected) == 1
    written = site.written.lower()
    for word in (
        person,
        "nora",
        "rita",
        "administrator",
        "root",
        "john",
        "acme.example",
        "hunter2",
        "readme",
        TOKEN.lower(),
    ):
        assert word not in written
    assert found.of("ci_run")[0].actor == found.of("deployment")[0].actor == found.of("change")[0].author


def test_check_is_silent_when_all_is_well_and_names_what_is_missing(world: World) -> None:
    world.pipeline(fraud(world), world.ago(days=1))
    assert reading(world).check() == []
    world.server.troubles = [Trouble("deployments", failed(403))]
    lines = reading(world, projects=["acme/fraud", "acme/gone"]).check()
    assert [line.split(" ")[0] for line in lines] == ["src/acme/fraud:", "src/acme/gone:"]
    world.token = "another"
    [line] = reading(world).check()
    assert "$TOKEN was refused" in line


@pytest.mark.parametrize("path", ["", "/api/v4", "/"])
def test_a_base_url_may_leave_out_the_api(world: World, path: str) -> None:
    world.pipeline(fraud(world), world.ago(days=1))
    assert len(reading(world, base_url=world.server.base_url + path).sync().records) == 1
