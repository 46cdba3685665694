"""The jenkins source on bad days: when it reads again, and what a failure leaves."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.ingest.reading import TOKEN, Reading
from tests.jenkins_world import World, millis
from tests.loopback import Reply, Trouble

NOW = datetime(2026, 5, 4, 12)


LIBRARY = "acme/jenkins-library"


@pytest.fixture
def world() -> Iterator[World]:
    made = World(NOW, TOKEN)
    with made.server:
        yield made


def reading(world: World, **settings: Any) -> Reading:
    return Reading(world.server, kind="jenkins", **{"user": "cron", "libraries": [LIBRARY]} | settings)


def finish(world: World, build: dict[str, Any], result: str = "SUCCESS") -> None:
    build |= {"building": False, "result": result, "duration": millis(world.now) - build["timestamp"]}


def unavailable() -> Reply:
    return Reply(b"<html>Jenkins is getting ready to work</html>", 503)


def test_nothing_new_costs_a_request_for_the_clock_and_one_for_all_jobs(world: World) -> None:
    for name in ("ml/fraud", "ml/deep/deeper/churn", "web"):
        job = world.add(name)
        for _ in range(3):
            world.build(job)
    site = reading(world)
    assert len(site.sync().of("ci_run")) == 9
    again = site.sync()
    assert again.pages == [] and len(again.requests) == 2


@pytest.mark.parametrize("days", [0.1, 3, 80])
@pytest.mark.parametrize("newer", [0, 250])
def test_a_build_in_progress_is_seen_finished_however_old(world: World, days: float, newer: int) -> None:
    job = world.add("ml/fraud")
    build = world.build(job, timedelta(days=days), building=True, result=None, duration=0)
    site = reading(world, deployments=[{"job": "fraud", "environment": "production"}])
    [run] = site.sync().of("ci_run")
    assert (run.status, run.conclusion, run.finished_at) == ("in_progress", None, None)
    assert site.kept["deployment", "ml/fraud#1"].status == "in_progress"  # type: ignore[attr-defined]
    assert site.sync().pages == []
    world.now += timedelta(days=40)
    for _ in range(newer):
        world.build(job)
    finish(world, build, "FAILURE")
    found = site.sync()
    run = site.kept["ci_run", "ml/fraud#1", 1]  # type: ignore[assignment]
    assert (run.status, run.conclusion, run.finished_at) == ("completed", "failure", world.now)
    assert site.kept["deployment", "ml/fraud#1"].status == "failed"  # type: ignore[attr-defined]
    assert len(found.of("ci_run")) == newer + 1 and len(site.of("ci_job")) == 2 * (newer + 1)
    assert site.sync().pages == []


def test_a_build_between_its_last_step_and_its_end_is_not_over(world: World) -> None:
    build = world.build(world.add("fraud"), building=False, result=None, duration=0)
    site = reading(world)
    assert [run.status for run in site.sync().of("ci_run")] == ["in_progress"]
    finish(world, build)
    assert [run.status for run in site.sync().of("ci_run")] == ["completed"]


def test_a_build_that_is_deleted_before_it_is_over_is_let_go(world: World) -> None:
    job = world.add("fraud")
    world.build(job, building=True, result=None)
    site = reading(world)
    site.sync()
    job.builds.clear()
    site.sync()
    assert site.marks["fraud"]["open"] == []


def test_a_build_that_is_listed_late_is_not_passed_over(world: World) -> None:
    job = world.add("fraud")
    world.build(job)
    late = world.build(job)
    del job.builds[2]
    world.build(job)
    site = reading(world)
    assert [run.run_id for run in site.sync().of("ci_run")] == ["fraud#1", "fraud#3"]
    job.builds[2] = late
    assert [run.run_id for run in site.sync().of("ci_run")] == ["fraud#2"]
    assert site.sync().pages == []


def test_the_first_reading_goes_back_ninety_days_or_to_since(world: World) -> None:
    job = world.add("fraud")
    for days in (300, 91, 89, 1):
        world.build(job, timedelta(days=days))
    assert [run.run_id for run in reading(world).sync().of("ci_run")] == ["fraud#3", "fraud#4"]
    assert len(reading(world, since="2026-01-01").sync().of("ci_run")) == 3


def test_since_reads_again_from_there(world: World) -> None:
    job = world.add("fraud")
    for days in (120, 100, 50, 1):
        world.build(job, timedelta(days=days))
    site = reading(world)
    assert len(site.sync().of("ci_run")) == 2
    assert len(site.sync(floor=NOW - timedelta(days=10)).of("ci_run")) == 1
    assert len(site.sync(floor=NOW - timedelta(days=110)).of("ci_run")) == 3
    assert site.sync().pages == []
    site.settings["since"] = "2025-01-01"
    assert len(site.sync().of("ci_run")) == 4
    assert site.sync().pages == [] and len(site.sync(full=True).of("ci_run")) == 4


def test_a_long_history_is_read_in_parts_and_a_build_deleted_meanwhile_hides_no_other(world: World) -> None:
    job = world.add("fraud", "freestyle")
    for number in range(450):
        world.build(job, timedelta(minutes=500 - number))
    everything = {f"fraud#{number}" for number in job.builds}
    world.server.troubles = [Trouble("allBuilds", spare=1, action=lambda: job.builds.pop(440) and None)]
    found = reading(world).sync()
    assert {run.run_id for run in found.of("ci_run")} == everything
    assert len(found.requests) < 10


def test_a_reading_cut_short_goes_on_where_it_ended(world: World) -> None:
    job = world.add("fraud")
    for number in range(250):
        world.build(job, timedelta(minutes=500 - number))
    site = reading(world)
    known = []
    for _ in range(4):
        limited = Reply(b"", 429, {"Retry-After": "7200"})
        world.server.troubles = [Trouble("wfapi", limited, times=999, spare=70)]
        stopped = site.sync().stopped
        known.append(len(site.of("ci_run")))
        if not stopped:
            break
        assert "rate limit" in stopped
    assert known == [70, 140, 210, 250]


def test_stages_that_fail_are_asked_for_again_and_the_rest_goes_on(world: World) -> None:
    for name in ("fraud", "churn"):
        job = world.add(name)
        for _ in range(3):
            world.build(job)
    world.server.troubles = [Trouble("fraud/2/wfapi", unavailable(), times=2)]
    site = reading(world)
    first = site.sync()
    [fault] = first.faults
    assert fault.startswith("src/fraud: 2/wfapi/describe: the server failed (503) (2 tries)") and "\n" not in fault
    assert len(first.of("ci_run")) == 5
    second = site.sync()
    assert second.faults == [] and [run.run_id for run in second.of("ci_run")] == ["fraud#2"]


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (unavailable(), "the server failed (503) (2 tries)"),
        (Reply(b"<html>denied</html>", 403), "may not read this (403); give it the permission Job/Read"),
        (Reply(b"", 404), "not found (404)"),
        (Reply(b"<html>Log in</html>"), "check that base_url is the API"),
    ],
)
def test_a_job_that_fails_is_a_fault_and_the_others_go_on(world: World, reply: Reply, words: str) -> None:
    for name in ("churn", "fraud", "web"):
        world.build(world.add(name))
    world.server.troubles = [Trouble("job/fraud/api", reply, times=99)]
    site = reading(world)
    first = site.sync()
    [fault] = first.faults
    assert words in fault and fault.startswith("src/fraud: ") and TOKEN not in fault
    assert [run.run_id for run in first.of("ci_run")] == ["churn#1", "web#1"]
    world.server.troubles = []
    assert [run.run_id for run in site.sync().of("ci_run")] == ["fraud#1"]


def test_a_wrong_token_stops_the_source(world: World) -> None:
    site = reading(world, user="somebody")
    stopped = site.sync().stopped or ""
    assert "$TOKEN was refused (401)" in stopped and TOKEN not in stopped and "<html>" not in stopped


def test_a_job_made_anew_is_read_anew(world: World) -> None:
    job = world.add("fraud")
    for _ in range(5):
        world.build(job)
    site = reading(world)
    site.sync()
    world.build(world.add("fraud"), result="FAILURE")
    assert [(run.run_id, run.conclusion) for run in site.sync().of("ci_run")] == [("fraud#1", "failure")]
    assert site.sync().pages == []


def test_one_bad_row_costs_no_other(world: World) -> None:
    job = world.add("fraud")
    for result in ("SUCCESS", "EXPLODED", "FAILURE"):
        world.build(job, result=result)
    job.builds[1]["timestamp"] = "yesterday"
    job.stages[3][0]["name"] = ["no", "name"]
    found = reading(world).sync()
    assert [run.run_id for run in found.of("ci_run")] == ["fraud#3"] and found.faults == []
    assert len(found.of("ci_job")) == 3
    assert sorted(bad.reason.split(":")[0] for bad in found.rejected) == ["conclusion", "name", "timestamp"]


def test_check_is_silent_when_all_is_well_and_names_what_is_missing(world: World) -> None:
    assert reading(world).check() == ["src: no job that the user can see matches *; correct `jobs`, or give Job/Read"]
    world.build(world.add("fraud"))
    assert reading(world).check() == []
    [line] = reading(world, user="somebody").check()
    assert "$TOKEN was refused" in line
