"""The fake GitHub answers as GitHub documents it: otherwise all that is proven with it is proven of nothing."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import requests

from tests.fake_github import FakeGithub
from tests.github_objects import example
from tests.github_world import Deployment, Issue, Pull, Repo, Run, Status, World

T = "2026-05-01T10:00:00Z"


@pytest.fixture(scope="module")
def github() -> Iterator[FakeGithub]:
    world = World(now=datetime(2026, 5, 4, 12, 0, 0))
    repo = world.add(Repo("acme/fraud"))
    repo.runs = [
        Run(n, f"2026-05-01T10:{n // 60:02}:{n % 60:02}Z", uses=("acme/ml/.github/workflows/d.yml",))
        for n in range(1_250)
    ]
    repo.deployments = [Deployment(5, T, statuses=[Status("success", T)])]
    repo.pulls = [Pull(1, 1, T, T, T, commits=[T], reviews=[(T, "rita", "User")])]
    repo.issues = [Issue(2, 2, "2026-05-01T09:00:00Z", labels=["incident"], events=[("labeled", T, "incident")])]
    with FakeGithub(world) as server:
        yield server


def get(github: FakeGithub, path: str, **headers: str) -> requests.Response:
    return requests.get(f"{github.base_url}/{path}", headers=headers, timeout=5)


def differences(real: Any, fake: Any, path: str = "") -> list[str]:
    """Where the fake lacks a key of the real object or has another JSON type there; null may stand for any type."""
    if isinstance(real, dict) and isinstance(fake, dict):
        missing = [f"{path}.{key} is missing" for key in real.keys() - fake.keys()]
        return missing + [
            line for key in real.keys() & fake.keys() for line in differences(real[key], fake[key], f"{path}.{key}")
        ]
    if real is None or fake is None or type(real) is type(fake):
        return []
    return [f"{path} is {type(fake).__name__}, not {type(real).__name__}"]


@pytest.mark.parametrize(
    ("path", "file", "key"),
    [
        ("actions/runs", "workflow-run-paginated", "workflow_runs"),
        ("actions/runs/7/jobs", "job-paginated", "jobs"),
        ("deployments", "deployment-items", None),
        ("deployments/5/statuses", "deployment-status-items", None),
        ("pulls?state=closed", "pull-request-simple-items", None),
        ("pulls/1/commits", "commit-items", None),
        ("issues?state=all", "issue-items", None),
        ("issues/2/events", "issue-event-for-issue-items", None),
    ],
)
def test_lists_hold_what_github_documents(github: FakeGithub, path: str, file: str, key: str | None) -> None:
    real, fake = example(file), get(github, f"repos/acme/fraud/{path}").json()
    if key:
        assert fake["total_count"] >= 1 and fake.keys() == real.keys()
        real, fake = real[key], fake[key]
    assert fake and differences(real[0], fake[0]) == []


@pytest.mark.parametrize(
    ("path", "file", "key"),
    [
        ("repos/acme/fraud/actions/runs/7", "workflow-run-paginated", "workflow_runs"),
        ("repos/acme/fraud/deployments/5", "deployment-items", None),
        ("repos/acme/fraud/pulls/1", "pull-request-simple-items", None),
        ("repos/acme/fraud", "repository-paginated", "repositories"),
    ],
)
def test_single_items_hold_what_github_documents(github: FakeGithub, path: str, file: str, key: str | None) -> None:
    real = example(file)[key] if key else example(file)
    assert differences(real[0], get(github, path).json()) == []


def test_repositories_and_limits_hold_what_github_documents(github: FakeGithub) -> None:
    real = example("repository-paginated")["repositories"][0]
    assert differences(real, get(github, "orgs/acme/repos").json()[0]) == []
    assert differences(example("rate-limit-overview"), get(github, "rate_limit").json()) == []


def test_runs_are_as_large_as_githubs(github: FakeGithub) -> None:
    assert 10_000 < len(json.dumps(get(github, "repos/acme/fraud/actions/runs/7").json())) < 15_000


def test_runs_come_newest_first_in_pages_that_link_on(github: FakeGithub) -> None:
    first = get(github, "repos/acme/fraud/actions/runs?per_page=100")
    second = requests.get(first.links["next"]["url"], timeout=5).json()
    assert [run["id"] for run in first.json()["workflow_runs"][:2]] == [1_249, 1_248]
    assert [run["id"] for run in second["workflow_runs"][:2]] == [1_149, 1_148]


@pytest.mark.parametrize(
    ("created", "total"),
    [
        ("2026-05-01T10:00:00Z..2026-05-01T10:00:59Z", 60),
        (">=2026-05-01T10:20:00Z", 50),
        ("<=2026-05-01T10:00:09Z", 10),
        ("2026-05-01", 1_250),
        ("2026-05-02", 0),
    ],
)
def test_a_search_finds_runs_by_their_creation(github: FakeGithub, created: str, total: int) -> None:
    answer = get(github, f"repos/acme/fraud/actions/runs?created={created}").json()
    assert answer["total_count"] == total
    assert len(answer["workflow_runs"]) == min(total, 30)


def test_a_search_ends_at_a_thousand_results(github: FakeGithub) -> None:
    address: str | None = f"{github.base_url}/repos/acme/fraud/actions/runs?created=2026-05-01&per_page=100"
    found = 0
    while address:
        page = requests.get(address, timeout=5)
        found += len(page.json()["workflow_runs"])
        address = page.links.get("next", {}).get("url")
    assert found == 1_000 and page.json()["total_count"] == 1_250
    beyond = get(github, "repos/acme/fraud/actions/runs?created=2026-05-01&per_page=100&page=11").json()
    assert beyond["workflow_runs"] == []


def test_limits_etags_and_the_clock_are_in_the_headers(github: FakeGithub) -> None:
    first = get(github, "repos/acme/fraud/deployments")
    again = get(github, "repos/acme/fraud/deployments", **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["X-RateLimit-Remaining"] == again.headers["X-RateLimit-Remaining"]
    assert first.headers["Date"] == "Mon, 04 May 2026 12:00:00 GMT"


def test_what_is_not_there_is_not_found(github: FakeGithub) -> None:
    for path in ("repos/acme/none", "repos/acme/fraud/actions/runs/99999", "orgs/none/repos", "nonsense"):
        assert get(github, path).status_code == 404
