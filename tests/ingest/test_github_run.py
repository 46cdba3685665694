"""The whole way from a GitHub server to staging, through the command."""

import gzip
import json
import os
import signal
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from tests.conftest import Site
from tests.fake_github import FakeGithub
from tests.github_faults import Fault
from tests.github_world import Deployment, Issue, Job, Pull, Repo, Run, Status, World, iso
from tests.ingest.github_reading import TOKEN

NOW = datetime(2026, 5, 4, 12, 0, 0)
CONFIG = """
[[source]]
name = "gh"
kind = "github"
base_url = "{base_url}"
token_env = "TEST_GITHUB_TOKEN"
repos = ["acme/*"]
"""


def at(**before: float) -> str:
    return iso(NOW - timedelta(**before))


@pytest.fixture
def github(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGithub]:
    """Two repositories of an organisation, and a site that reads them."""
    world = World(token=TOKEN, now=NOW)
    repo = world.add(Repo("acme/fraud"))
    repo.runs = [Run(n, at(hours=150 - n), actor="nora-nystrom", jobs=[Job("lint")]) for n in range(110)]
    repo.runs[9].uses = ("acme/ml/.github/workflows/deploy.yml@v1",)
    repo.runs[109].status = "in_progress"
    repo.deployments = [Deployment(5, at(hours=5), creator="nora-nystrom", statuses=[Status("success", at(hours=4))])]
    repo.deployments[0].statuses[0].log_url = "https://github.com/acme/fraud/actions/runs/9/job/1"
    repo.pulls = [Pull(1, 1, at(days=3), at(days=2), at(days=2), user="nora-nystrom", commits=[at(days=4)])]
    world.add(Repo("acme/churn", id=2, runs=[Run(1_000, at(hours=3))]))
    monkeypatch.setenv("TEST_GITHUB_TOKEN", TOKEN)
    site.environment["TEST_GITHUB_TOKEN"] = TOKEN
    with FakeGithub(world) as server:
        site.config.write_text(CONFIG.format(base_url=server.base_url))
        yield server


def written(site: Site) -> bytes:
    """All bytes of the data folder, unpacked."""
    contents = [(path.name, path.read_bytes()) for path in site.data.rglob("*") if path.is_file()]
    return b"".join(gzip.decompress(body) if name.endswith(".gz") else body for name, body in contents)


def test_what_github_tells_gets_into_staging(site: Site, github: FakeGithub) -> None:
    result = site.ingest()
    assert "223 rows new or changed" in result.stdout and result.stderr == ""
    assert site.rows("select run_id, uses from staging.ci_run where len(uses) > 0") == [
        ("gh:9", ["acme/ml/.github/workflows/deploy.yml@v1"])
    ]
    assert site.rows("select repo, count(*) from staging.ci_run group by 1 order by 1") == [
        ("acme/churn", 1),
        ("acme/fraud", 110),
    ]
    assert site.rows("select deployment_id, run_id, status from staging.deployment") == [("gh:5", "gh:9", "succeeded")]
    assert site.rows("select change_id, first_commit_at from staging.change") == [("gh:1", NOW - timedelta(days=4))]
    assert site.rows("select count(*), count(distinct run_id) from staging.ci_job") == [(110, 110)]
    assert site.rows("select count(*) from staging.rejected") == [(0,)]


def test_nothing_new_is_said_and_a_replay_gives_the_same(site: Site, github: FakeGithub) -> None:
    site.ingest()
    site.ingest()
    before = site.checksums()
    assert "nothing new" in site.ingest().stdout
    assert site.uptake("replay").exit_code == 0
    assert site.checksums() == before


def test_the_next_run_brings_what_changed(site: Site, github: FakeGithub) -> None:
    site.ingest()
    run = github.world.repos["acme/fraud"].runs[109]
    run.status, run.updated = "completed", iso(NOW)
    site.ingest()
    assert site.rows("select status, conclusion from staging.ci_run where run_id = 'gh:109'") == [
        ("completed", "success")
    ]


def test_neither_a_person_nor_the_token_is_written_or_said(site: Site, github: FakeGithub) -> None:
    github.faults.append(Fault("echo", match="acme/churn/deployments"))
    result = site.uptake("ingest")
    everything = written(site) + result.output.encode()
    for secret in ("nora", "nystrom", "octocat", "monalisa", TOKEN):
        assert secret.lower().encode() not in everything.lower()


def test_one_repository_fails_and_the_others_are_published(site: Site, github: FakeGithub) -> None:
    github.faults.append(Fault("forbidden", match="acme/churn/actions", times=9))
    result = site.uptake("ingest")
    assert result.exit_code == 1
    [line] = result.stderr.splitlines()
    assert line.startswith("error: gh/acme/churn: actions/runs: $TEST_GITHUB_TOKEN may not read this (403")
    assert "published read-000001" in result.stdout
    github.faults.clear()
    assert "1 source, 2 rows new or changed" in site.ingest().stdout


def test_a_rate_limit_is_an_error_and_never_no_data(site: Site, github: FakeGithub) -> None:
    github.faults.append(Fault("primary", match="runs/1000/jobs", times=99, wait=3_600))
    result = site.uptake("ingest")
    assert result.exit_code == 1 and "rate limit of 5000 requests an hour reached; resets at 13:00Z" in result.stderr
    assert site.rows("select count(*) from staging.ci_run") == [(111,)]


def test_a_token_that_is_not_set_is_named(site: Site, github: FakeGithub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_GITHUB_TOKEN")
    for command in ("ingest", "check"):
        result = site.uptake(command)
        assert result.exit_code == 1 and "TEST_GITHUB_TOKEN" in result.output and github.requests == []


def test_check_says_when_all_is_well(site: Site, github: FakeGithub) -> None:
    assert site.uptake("check").exit_code == 0


def test_a_change_ships_with_the_deployment_that_holds_it_and_an_issue_breaks_it(
    site: Site, github: FakeGithub
) -> None:
    """The deployment after the merge was made from the commit before: the next one brought the change, and failed."""
    first, merged, last = "a" * 40, "b" * 40, "c" * 40
    repo = github.world.repos["acme/fraud"]
    repo.parents = {first: [], merged: [first], last: [merged]}
    repo.pulls[0].merge_sha = merged
    repo.deployments = [
        Deployment(number, at(hours=hours), sha=sha, statuses=[Status("success", at(hours=hours - 1))])
        for number, hours, sha in ((3, 90, first), (4, 40, first), (5, 20, last))
    ]
    repo.issues = [Issue(8, 2, at(hours=10), labels=["incident"])]
    with site.config.open("a") as config:
        config.write('[[source.issues]]\nreads = "incidents"\nlabels = ["incident"]\n')
    site.ingest()
    [change] = json.loads(site.uptake("rows", "lead_time", "--format", "json").stdout)
    assert (change["deployment_id"], change["link_method"]) == ("gh:5", "comparison")
    assert change["lead_time_hours"] == 4 * 24 - 19
    [failure] = json.loads(site.uptake("rows", "deployment_failure", "--format", "json").stdout)
    assert (failure["deployment_id"], failure["incident_id"], failure["link_method"]) == ("gh:5", "gh:8", "repo")


@pytest.mark.slow
def test_a_killed_run_loses_and_doubles_nothing(site: Site, github: FakeGithub) -> None:
    process = site.start("ingest")
    github.faults.append(Fault(spare=60, action=lambda world: os.kill(process.pid, signal.SIGKILL)))
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    github.faults.clear()
    site.ingest()
    assert site.rows("select count(*), count(distinct run_id) from staging.ci_run") == [(111, 111)]
    assert site.rows("select count(*), count(distinct run_id) from staging.ci_job") == [(110, 110)]
    assert site.rows("select count(*) from staging.deployment") == [(1,)]
