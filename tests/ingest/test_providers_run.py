"""The whole way from a server of each kind to staging: twice, and once more from raw."""

import gzip

import pytest

from ingest import config, run
from ingest.records import RECORDS
from tests.cassette import Cassette
from tests.conftest import Site
from tests.providers import PROVIDERS, TOKEN

RUNS = "select run_id, status, conclusion from staging.ci_run order by all"
JOBS = "select job_id, run_id from staging.ci_job order by all"
DEPLOYMENTS = "select deployment_id, run_id, status from staging.deployment order by all"
FRAUD = "src:ml/deploy-fraud"
CHANGES = "select count(*) from staging.change"


EXPECTED: dict[str, dict[str, list[tuple[object, ...]]]] = {
    "gitlab": {
        RUNS: [("src:1", "completed", "success")],
        JOBS: [("src:2", "src:1")],
        DEPLOYMENTS: [("src:3", "src:1", "succeeded")],
        CHANGES: [(1,)],
    },
    "jenkins": {
        RUNS: [(f"src:ml/deploy-fraud#{n}", "completed", how) for n, how in ((1, "success"), (2, "failure"))],
        JOBS: [(f"src:ml/deploy-fraud#{n}/{stage}", f"src:ml/deploy-fraud#{n}") for n in (1, 2) for stage in (5, 8)],
        DEPLOYMENTS: [(*[f"src:ml/deploy-fraud#{n}"] * 2, how) for n, how in ((1, "succeeded"), (2, "failed"))],
        CHANGES: [(0,)],
    },
    "azure_devops": {
        RUNS: [("src:1", "completed", "success")],
        JOBS: [("src:1/12f1170f-54f2-53f3-20dd-22fc7dff55f9/1", "src:1")],
        DEPLOYMENTS: [("src:7/2", "src:1", "succeeded")],
        CHANGES: [(1,)],
    },
    "argocd": {
        "select status, count(*) from staging.deployment group by all order by all": [
            ("failed", 1),
            ("succeeded", 8),
        ],
        "select count(*) from staging.deployment where deployment_id not like 'src:argocd/fraud-prod%'": [(0,)],
    },
}


@pytest.mark.parametrize("kind", PROVIDERS)
def test_two_readings_and_a_replay_agree(site: Site, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setenv("TEST_TOKEN", TOKEN)
    with PROVIDERS[kind]() as provider:
        site.config.write_text(provider.table("src", "TEST_TOKEN"))
        if not isinstance(provider.server, Cassette):
            # what check asks was not recorded
            assert site.uptake("check").output == "config: ok\nsrc: ok\n"
        assert site.load() == []
        first = staging(site)
        provider.later()
        assert site.load() == []
        assert staging(site) != first
        expected = EXPECTED.get(kind, {})
        assert {sql: site.rows(sql) for sql in expected} == expected
        before = staging(site)
        provider.rest()
        assert site.load() == []
        assert staging(site) == before
    with site.hashing():
        run.replay(config.load(site.config), site.data, ["src"])
    assert staging(site) == before
    contents = [path.read_bytes() for path in site.data.rglob("*") if path.is_file()]
    kept = b"".join(gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body for body in contents)
    for name in (TOKEN, "nora", "hunter2", "mona", "octocat"):
        assert name.lower().encode() not in kept.lower(), name


def staging(site: Site) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all records."""
    return {noun: site.rows(f"from staging.{noun} order by all") for noun in (*RECORDS, "rejected")}
