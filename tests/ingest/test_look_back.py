"""--full and --since that are cut short: the next run, without them, goes on."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from ingest import github_windows
from ingest.marks import rewound
from tests.conftest import Site
from tests.fake_github import FakeGithub
from tests.github_faults import Fault
from tests.github_world import Deployment, Repo, Run, Status, World
from tests.ingest.github_repo import NOW, at

REPOS = ("acme/a", "acme/b", "acme/c")


@pytest.fixture
def github(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGithub]:
    """Three repositories that are loaded, and in which then something changes that no list tells of."""
    # as if a search showed no more: then so few runs do
    monkeypatch.setattr(github_windows, "SEARCH_LIMIT", 250)
    world = World(now=NOW)
    for number, name in enumerate(REPOS, start=1):
        runs = [Run(10_000 * number + n, at(days=20 - n / 30)) for n in range(350)]
        statuses = [Status("failure", at(days=3))]
        world.add(Repo(name, id=number, runs=runs, deployments=[Deployment(number, at(days=3), statuses=statuses)]))
    with FakeGithub(world) as server:
        site.config.write_text(
            f'[[source]]\nname = "gh"\nkind = "github"\nbase_url = "{server.base_url}"\n'
            f'repos = ["acme/a", "acme/b", "acme/c"]\njobs = false\nparallel = 2\n'
        )
        site.ingest()
        for repo in world.repos.values():
            repo.runs[5].conclusion = repo.runs[-1].conclusion = "timed_out"
        yield server


def changed(site: Site) -> int:
    return int(site.rows("select count(*) from staging.ci_run where conclusion = 'timed_out'")[0][0])


@pytest.mark.parametrize("words", [("--full",), ("--since", "2026-04-01")])
def test_a_look_back_that_is_cut_short_is_gone_on_with(site: Site, github: FakeGithub, words: tuple[str, ...]) -> None:
    assert "nothing new" in site.ingest().stdout and changed(site) == 0
    github.faults.append(Fault("refused", match="&page=2", spare=2, times=99))
    stopped = site.uptake("ingest", *words)
    assert stopped.exit_code == 1 and "a token is needed (401: Bad credentials)" in stopped.stderr
    github.faults.clear()
    assert changed(site) < 6
    github.asked()
    site.ingest()
    assert changed(site) == 6
    assert "nothing new" in site.ingest().stdout
    before = site.checksums()
    assert site.uptake("replay").exit_code == 0
    assert site.checksums() == before


def test_what_was_read_before_the_cut_is_not_read_again(site: Site, github: FakeGithub) -> None:
    github.faults.append(Fault("refused", match="repositories/3|acme/c/actions", times=99))
    site.uptake("ingest", "--full")
    github.faults.clear()
    github.asked()
    site.ingest()
    assert {status for address, status in github.asked() if "acme/a/" in address} == {304}


def test_marks_go_back_to_a_time_in_their_own_form() -> None:
    marks = {
        "a": {"seen": "2026-05-01T00:00:00Z", "etag": "x", "open": {"1": None}},
        "b": {"seen": "2026-05-01T00:00:00.000Z", "etag": "x"},
        "c": {"seen": "2026-02-01T00:00:00Z", "etag": "x"},
        "at that time": {"seen": "2026-03-01T00:00:00Z", "etag": "x"},
        "d": {"seen": 7, "etag": "x"},
        "e": "x",
    }
    assert rewound(marks, datetime(2026, 3, 1)) == {
        "a": {"seen": "2026-03-01T00:00:00Z", "etag": None, "open": {"1": None}},
        "b": {"seen": "2026-03-01T00:00:00.000Z", "etag": None},
    }
