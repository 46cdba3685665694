"""What the jobs of a GitLab pipeline tell of how often it was started, and how it ended each time."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from tests.gitlab_world import Project, World, iso
from tests.ingest.reading import TOKEN, Reading

NOW = datetime(2026, 5, 4, 12)


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


def clock(minute: int, second: int = 0) -> str:
    return iso(datetime(2026, 5, 4, 9, minute, second))


def span(created: int, started: int, finished: int) -> dict[str, str]:
    return {"created_at": clock(created), "started_at": clock(started), "finished_at": clock(finished)}


def test_a_pipeline_tried_again_by_a_person_keeps_its_first_verdict(world: World) -> None:
    project = fraud(world)
    pipeline = world.pipeline(project, clock(40), status="success", **span(0, 1, 40))
    world.job(project, pipeline, "build", **span(0, 1, 5))
    world.job(project, pipeline, "test", status="failed", **span(0, 5, 10))
    world.job(project, pipeline, "lint", status="failed", allow_failure=True, **span(0, 5, 6))
    world.job(project, pipeline, "test", **span(30, 31, 35))
    world.job(project, pipeline, "lint", **span(30, 31, 32))
    # skipped in the first attempt: GitLab uses the same job again
    world.job(project, pipeline, "deploy", **span(0, 36, 40))
    found = reading(world).sync()
    assert [
        (run.attempt, run.conclusion, run.started_at.minute, run.finished_at.minute) for run in found.of("ci_run")
    ] == [
        (1, "failure", 1, 10),
        (2, "success", 31, 40),
    ]
    assert len(found.of("ci_job")) == 6


def test_a_job_that_gitlab_tries_again_by_itself_is_no_new_attempt(world: World) -> None:
    project = fraud(world)
    pipeline = world.pipeline(project, clock(20), status="success", **span(0, 1, 20))
    world.job(project, pipeline, "test", status="failed", **span(0, 1, 10))
    world.job(project, pipeline, "test", **span(10, 11, 20))
    assert [run.attempt for run in reading(world).sync().of("ci_run")] == [1]


def test_a_job_tried_again_while_others_run_is_no_new_attempt(world: World) -> None:
    project = fraud(world)
    pipeline = world.pipeline(project, clock(50), status="success", **span(0, 1, 50))
    world.job(project, pipeline, "train", **span(0, 1, 50))
    world.job(project, pipeline, "test", status="failed", **span(0, 1, 10))
    world.job(project, pipeline, "test", **span(20, 21, 30))
    assert [run.attempt for run in reading(world).sync().of("ci_run")] == [1]


def test_each_person_who_starts_a_pipeline_again_makes_an_attempt(world: World) -> None:
    project = fraud(world)
    pipeline = world.pipeline(project, clock(50), status="failed", **span(0, 1, 50))
    for begin, status in ((0, "canceled"), (20, "success"), (40, "failed")):
        world.job(project, pipeline, "test", status=status, **span(begin, begin + 1, begin + 10))
    runs = reading(world).sync().of("ci_run")
    assert [(run.attempt, run.conclusion) for run in runs] == [(1, "cancelled"), (2, "success"), (3, "failure")]


def test_a_pipeline_that_runs_again_keeps_its_first_verdict_meanwhile(world: World) -> None:
    project = fraud(world)
    pipeline = world.pipeline(project, clock(10), status="failed", **span(0, 1, 10))
    world.job(project, pipeline, "test", status="failed", **span(0, 1, 10))
    site = reading(world)
    site.sync()
    world.job(project, pipeline, "test", status="running", **span(30, 31, 31) | {"finished_at": None})
    pipeline |= {"status": "running", "updated_at": clock(31)}
    runs = site.sync().of("ci_run")
    assert [(run.attempt, run.status, run.conclusion) for run in runs] == [
        (1, "completed", "failure"),
        (2, "in_progress", None),
    ]
    assert runs[1].started_at and runs[1].started_at.minute == 31
