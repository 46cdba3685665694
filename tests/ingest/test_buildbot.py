"""The buildbot source against what a real master answered at three moments: builds, steps, commits, and what is new."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.buildbot_fields import BUILDS
from tests.cassette import Cassette
from tests.fixtures.buildbot.record import PAGE_SIZE, SETTINGS
from tests.ingest.reading import HASH, Reading
from tests.ingest.whole_way import WholeWay
from tests.loopback import Loopback, Reply, Request, Trouble


@pytest.fixture
def buildbot(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cassette]:
    monkeypatch.setattr("ingest.buildbot.PAGE_SIZE", PAGE_SIZE)
    with Cassette("buildbot") as server:
        yield server


def reading(server: Loopback, **more: Any) -> Reading:
    return Reading(server, **(SETTINGS | more))


def test_builds_are_runs_of_their_builder(buildbot: Cassette) -> None:
    runs = {run.run_id: run for run in reading(buildbot).sync().of("ci_run")}
    assert [(run.workflow, run.status, run.conclusion, run.sha) for run in runs.values()] == [
        ("fraud-test", "completed", "success", "a1"),
        ("fraud-test", "completed", "failure", "bad2"),
        ("fraud-test", "completed", "success", "a3"),
        ("deploy-fraud", "in_progress", None, "a3"),
    ]
    first = runs["1"]
    assert (first.repo, first.branch, first.event, first.attempt) == ("acme/fraud", "main", "commits", 1)
    assert first.created_at <= first.started_at <= first.finished_at <= buildbot.clock
    assert first.actor == HASH("mona@example.invalid") and runs["4"].actor == HASH("hubot@example.invalid")
    assert re.search(r"/#/builders/\d/builds/1$", first.url)
    assert (runs["4"].event, runs["4"].finished_at) == ("force", None)


def test_steps_are_jobs_of_complete_builds(buildbot: Cassette) -> None:
    jobs = reading(buildbot).sync().of("ci_job")
    assert {job.run_id for job in jobs} == {"1", "2", "3"}
    assert [(job.name, job.conclusion) for job in jobs if job.run_id == "2"] == [
        ("worker_preparation", "success"),
        ("unit", "failure"),
    ]
    assert all(job.started_at <= job.finished_at for job in jobs)


def test_commits_on_the_mainlines_are_changes(buildbot: Cassette) -> None:
    changes = reading(buildbot).sync().of("change")
    assert [(each.head_sha, each.merge_sha, each.repo) for each in changes] == [
        ("a1", "a1", "acme/fraud"),
        ("a3", "a3", "acme/fraud"),
    ]
    assert changes[0].author == HASH("mona@example.invalid")
    assert timedelta(minutes=9) < changes[0].merged_at - changes[0].first_commit_at < timedelta(minutes=11)


def test_changes_are_read_only_where_they_are_asked_for(buildbot: Cassette) -> None:
    sync = reading(buildbot, changes=False).sync()
    assert sync.of("change") == [] and not any("/changes" in address for address, _ in sync.requests)


def test_a_build_that_was_running_is_seen_complete_and_only_what_is_new_lands(buildbot: Cassette) -> None:
    found = reading(buildbot)
    found.sync()
    buildbot.at = "gone on"
    again = found.sync()
    assert [(run.run_id, run.conclusion) for run in again.of("ci_run")] == [("5", "success"), ("4", "success")]
    assert {job.run_id for job in again.of("ci_job")} == {"4", "5"}
    assert [change.head_sha for change in again.of("change")] == ["a4"]
    assert found.marks["builds"]["open"] == []


def test_nothing_new_lands_nothing(buildbot: Cassette) -> None:
    found = reading(buildbot)
    for buildbot.at in ("begun", "gone on"):
        found.sync()
    buildbot.at = "unchanged"
    again = found.sync()
    assert again.pages == [] and again.faults == []
    assert not any("steps" in address for address, _ in again.requests)


def test_builders_that_deploy_give_deployments(buildbot: Cassette) -> None:
    found = reading(buildbot, deployments={"Deploy-*": "production"})
    [begun] = found.sync().of("deployment")
    assert (begun.deployment_id, begun.run_id, begun.status) == ("4", "4", "in_progress")
    buildbot.at = "gone on"
    [done] = found.sync().of("deployment")
    assert (done.status, done.environment, done.repo, done.sha) == ("succeeded", "production", "acme/fraud", "a3")
    assert (done.ref, done.workflow) == ("main", "deploy-fraud") and done.finished_at > done.started_at


def test_the_config_says_which_builders_schedules_and_repositories(buildbot: Cassette) -> None:
    rules = [{"match": "fraud-*", "repo": "acme/models"}]
    found = reading(buildbot, builders=["fraud*"], scheduled=["comm*"], belongs=rules, steps=False)
    sync = found.sync()
    assert {(run.workflow, run.event, run.repo) for run in sync.of("ci_run")} == {
        ("fraud-test", "schedule", "acme/models")
    }
    assert sync.of("ci_job") == [] and found.marks["builds"]["open"] == []


def test_steps_that_cannot_be_read_cost_only_themselves_until_they_can(buildbot: Cassette) -> None:
    found = reading(buildbot)
    buildbot.troubles = [Trouble("builds/2/steps", Reply({"error": "boom"}, 500), times=2)]
    sync = found.sync()
    assert len(sync.of("ci_run")) == 4 and {job.run_id for job in sync.of("ci_job")} == {"1", "3"}
    assert [fault.split(":")[1] for fault in sync.faults] == [" builds/2/steps"]
    assert found.marks["builds"]["open"] == [2, 4]


def test_without_the_builds_the_changes_go_on(buildbot: Cassette) -> None:
    found = reading(buildbot)
    buildbot.troubles = [Trouble("v2/builds", Reply({}, 500), times=2)]
    sync = found.sync()
    assert len(sync.faults) == 1 and len(sync.of("change")) == 2 and "builds" not in found.marks
    assert len(found.sync().of("ci_run")) == 4


def test_no_person_and_no_secret_is_kept(buildbot: Cassette) -> None:
    found = reading(buildbot)
    for buildbot.at in ("begun", "gone on"):
        assert found.sync().faults == []
    for private in ("mona", "Mona", "hubot", "example.invalid", "secret-token", "a message that nobody", "workers/w1"):
        assert private not in found.written
    assert "mona/topic" in buildbot.text and f'"{HASH("mona@example.invalid")}/topic"' in found.written


def test_properties_come_in_many_shapes() -> None:
    told = {"branch": [None, "Build"], "revision": [{"web": "a1", "api": "b2"}, "Build"], "owners": [[], "Build"]}
    build = {"buildid": 1, "builderid": 1, "buildrequestid": 1, "number": 1, "complete": True, "started_at": 5}
    [item] = BUILDS.many(
        f'{{"builds": [{Reply(build | {"properties": told}).body.decode()}]}}'.encode(), "x", HASH
    ).items
    assert (item["branch"], item["revision"], item["actor"], item["results"]) == (None, None, None, None)


def test_results_become_conclusions() -> None:
    """0 to 6 as Buildbot documents them, and one that it does not."""
    with Loopback(numbered(list(range(8))), lambda: datetime(2026, 2, 15)) as server:
        runs = reading(server, steps=False, changes=False).sync().of("ci_run")
    assert [run.conclusion for run in runs] == [
        *("success", "success", "failure", "skipped", "failure", "cancelled", "cancelled", "failure"),
    ]


def test_a_number_that_shows_late_is_not_passed_over() -> None:
    """Of two masters on one database, one may be slower to write."""
    builds = numbered([0] * 30)
    hidden = {27}
    with Loopback(lambda request: builds(request, hidden), lambda: datetime(2026, 2, 15)) as server:
        found = reading(server, steps=False, changes=False)
        assert len(found.sync().of("ci_run")) == 29
        hidden.clear()
        assert [run.run_id for run in found.sync().of("ci_run")] == ["27"]
        assert found.sync().pages == []


def test_the_first_reading_goes_back_to_since_and_later_ones_no_further() -> None:
    with Loopback(numbered([0] * 30), lambda: datetime(2026, 2, 15)) as server:
        found = reading(server, steps=False, changes=False, since=datetime(2026, 1, 26).date())
        assert [run.run_id for run in found.sync().of("ci_run")] == ["26", "27", "28", "29", "30"]
        assert found.sync().pages == []
        assert len(found.sync(floor=datetime(2026, 1, 11)).of("ci_run")) == 20
        found.settings["since"] = datetime(2026, 1, 1).date()
        assert len(found.sync().of("ci_run")) == 30
        assert found.sync().pages == []


def numbered(results: list[int]) -> Any:
    """A master with one build a day from 1 January 2026 on, asked as a real one is."""
    day = timedelta(days=1)
    first = int((datetime(2026, 1, 1) - datetime(1970, 1, 1)).total_seconds())
    builds = [
        {"buildid": n, "builderid": 1, "buildrequestid": n, "number": n, "complete": True, "results": each}
        | {"started_at": first + (n - 1) * int(day.total_seconds()), "complete_at": first + n * 86_400}
        for n, each in enumerate(results, 1)
    ]

    def answer(request: Request, hidden: frozenset[int] | set[int] = frozenset()) -> Reply:
        if request.path.endswith("/builders"):
            return Reply({"builders": [{"builderid": 1, "name": "all"}]})
        if request.path.endswith("/buildrequests"):
            return Reply({"buildrequests": []})
        above = int(request.query.get("buildid__gt", -100))
        since = int(request.query.get("started_at__ge", 0))
        listed = [build for build in builds if build["buildid"] > above and build["started_at"] >= since]
        return Reply(
            {"builds": [build for build in listed if build["buildid"] not in hidden][: int(request.query["limit"])]}
        )

    return answer


def test_check_names_what_cannot_be_read(buildbot: Cassette) -> None:
    buildbot.troubles = [
        Trouble("builders", Reply({"builders": []})),
        Trouble("builds", Reply({"error": "no"}, 403)),
        Trouble("changes", Reply({"changes": []})),
    ]
    [line] = reading(buildbot).check()
    assert line.startswith("bb/buildbot: builds: $TOKEN may not read this (403)")


def test_the_whole_way_twice_and_again_from_raw(buildbot: Cassette, tmp_path: Path) -> None:
    way = WholeWay(tmp_path, {**SETTINGS, "base_url": buildbot.base_url, "deployments": {"deploy-*": "production"}})
    for buildbot.at in ("begun", "gone on", "unchanged"):
        way.ingest()
    staging = way.staging()
    counts = {name: len(rows) for name, rows in staging.items()}
    assert counts == {"ci_run": 5, "ci_job": 14, "deployment": 1, "change": 3}
    way.replay()
    assert way.staging() == staging
