"""The whole way from servers of four kinds to staging, through the command: twice, and once more from raw."""

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest

from tests import argocd_world, azure_devops_world, gitlab_world, jenkins_world
from tests.azure_devops_world import iso
from tests.conftest import Site
from tests.ingest.reading import TOKEN

NOW = datetime(2026, 5, 4, 12)
Provider = tuple[str, Callable[[], None]]
"""The config of a source, and what happens between two readings."""


@contextmanager
def gitlab() -> Iterator[Provider]:
    world = gitlab_world.World(NOW, TOKEN)
    project = world.add("acme/fraud")
    pipeline = world.pipeline(project, world.ago(days=80), status="running", finished_at=None)
    world.job(project, pipeline, "deploy")
    world.deployment(project, world.ago(days=1))["deployable"]["pipeline"]["id"] = pipeline["id"]
    world.request(project, world.ago(days=1))

    def later() -> None:
        world.now += timedelta(days=1)
        pipeline.update(status="success", updated_at=gitlab_world.iso(world.now))

    with world.server as server:
        yield f'kind = "gitlab"\nbase_url = "{server.base_url}"\nprojects = ["acme/*"]', later


@contextmanager
def jenkins() -> Iterator[Provider]:
    world = jenkins_world.World(NOW, TOKEN)
    job = world.add("ml/deploy-fraud")
    world.build(job)
    build = world.build(job, timedelta(days=80), building=True, result=None)

    def later() -> None:
        world.now += timedelta(days=1)
        build.update(building=False, result="FAILURE")

    with world.server as server:
        rule = '[{ job = "deploy-*", environment = "production" }]'
        yield f'kind = "jenkins"\nbase_url = "{server.base_url}"\nuser = "cron"\ndeployments = {rule}', later


@contextmanager
def azure_devops() -> Iterator[Provider]:
    world = azure_devops_world.World(NOW, TOKEN)
    project = world.add("ML")
    project.environments = {7: "production"}
    build = world.running(project, queueTime=world.ago(days=80))
    record = world.deploy(project, build, 7, finishTime=None, result=None)
    world.pull(project, world.ago(days=1))

    def later() -> None:
        world.now += timedelta(days=1)
        world.finish(build)
        project.timelines[str(build["id"])] = azure_devops_world.example("timeline")
        record.update(finishTime=iso(world.now), result="succeeded")

    with world.server:
        yield f'kind = "azure_devops"\nbase_url = "{world.base_url}"', later


@contextmanager
def argocd() -> Iterator[Provider]:
    world = argocd_world.World(NOW, TOKEN)
    application = world.add()
    world.sync(application, "1" * 40, "nora-nystrom")

    def later() -> None:
        for number in range(2, 9):
            world.sync(application, f"{number:040d}")
        world.operate(application, "Failed", "9" * 40)

    with world.server as server:
        yield f'kind = "argocd"\nbase_url = "{server.base_url}"', later


RUNS = "select run_id, status, conclusion from staging.ci_run order by all"
JOBS = "select job_id, run_id from staging.ci_job order by all"
DEPLOYMENTS = "select deployment_id, run_id, status from staging.deployment order by all"
FRAUD = "src:ml/deploy-fraud"
CHANGES = "select count(*) from staging.change"


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        (
            gitlab,
            {
                RUNS: [("src:1", "completed", "success")],
                JOBS: [("src:2", "src:1")],
                DEPLOYMENTS: [("src:3", "src:1", "succeeded")],
                CHANGES: [(1,)],
            },
        ),
        (
            jenkins,
            {
                RUNS: [(f"src:ml/deploy-fraud#{n}", "completed", how) for n, how in ((1, "success"), (2, "failure"))],
                JOBS: [
                    (f"src:ml/deploy-fraud#{n}/{stage}", f"src:ml/deploy-fraud#{n}") for n in (1, 2) for stage in (5, 8)
                ],
                DEPLOYMENTS: [(*[f"src:ml/deploy-fraud#{n}"] * 2, how) for n, how in ((1, "succeeded"), (2, "failed"))],
                CHANGES: [(0,)],
            },
        ),
        (
            azure_devops,
            {
                RUNS: [("src:1", "completed", "success")],
                JOBS: [("src:1/12f1170f-54f2-53f3-20dd-22fc7dff55f9/1", "src:1")],
                DEPLOYMENTS: [("src:7/2", "src:1", "succeeded")],
                CHANGES: [(1,)],
            },
        ),
        (
            argocd,
            {
                "select status, count(*) from staging.deployment group by all order by all": [
                    ("failed", 1),
                    ("succeeded", 8),
                ],
                "select count(*) from staging.deployment where deployment_id not like 'src:argocd/fraud-prod%'": [(0,)],
            },
        ),
    ],
)
def test_two_readings_and_a_replay_agree(
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
    provider: Callable[[], Iterator[Provider]],
    expected: dict[str, list[tuple[object, ...]]],
) -> None:
    monkeypatch.setenv("TEST_TOKEN", TOKEN)
    with provider() as (config, later):  # type: ignore[attr-defined]
        site.config.write_text(f'[[source]]\nname = "src"\ntoken_env = "TEST_TOKEN"\n{config}\n')
        assert site.uptake("check").exit_code == 0
        site.ingest()
        later()
        site.ingest()
        assert {sql: site.rows(sql) for sql in expected} == expected
        assert "nothing new" in site.ingest().output
    before = site.checksums()
    assert site.uptake("replay").exit_code == 0
    after = site.checksums()
    assert {name: after[name] for name in after if name.startswith("staging.")} == {
        name: before[name] for name in before if name.startswith("staging.")
    }
    files = [path.read_bytes() for path in site.data.rglob("*") if path.is_file()]
    kept = b"".join(gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body for body in files)
    assert TOKEN.encode() not in kept and b"nora" not in kept.lower() and b"hunter2" not in kept
