"""Rate limits that are seen coming: requests end before the provider, or those who share the token, run out."""

from datetime import datetime

import pytest

from ingest.answers import Response
from ingest.budget import Budget
from ingest.errors import SourceStopped
from ingest.http import Http
from tests.conftest import Site
from tests.fake_github import FakeGithub
from tests.github_world import Repo, Run, World
from tests.ingest.github_reading import TOKEN
from tests.ingest.github_repo import at

REPO = "repos/acme/fraud"
NOW = datetime(2026, 5, 4, 12).timestamp()


def test_the_last_request_is_the_last_until_the_limit_begins_anew(github: FakeGithub) -> None:
    github.remaining, github.resets_in = 2, 30
    slept: list[float] = []
    http = Http(github.base_url, TOKEN, sleep=slept.append)
    http.get(REPO)
    http.get(REPO)
    assert slept == []
    github.remaining = 5_000
    http.get(REPO)
    http.get(REPO)
    assert slept == [pytest.approx(31, abs=1)]


def test_a_reserve_is_left_to_others(github: FakeGithub) -> None:
    github.remaining = 1_002
    http = Http(github.base_url, TOKEN, reserve=0.2)
    http.get(REPO)
    http.get(REPO)
    with pytest.raises(SourceStopped) as caught:
        http.get(REPO, place="gh/acme/fraud: runs")
    assert str(caught.value) == (
        "gh/acme/fraud: runs: 1,000 of 5,000 requests are left, which reserve = 0.2 keeps for others; resets at "
        "13:00Z; run again then; what was read so far is kept"
    )
    assert len(github.requests) == 2


def test_what_has_a_limit_of_its_own_is_not_held(github: FakeGithub) -> None:
    github.remaining = 1
    http = Http(github.base_url, TOKEN)
    http.get(REPO)
    assert http.post("nothing", {}, ok=(404,)).status == 404
    with pytest.raises(SourceStopped):
        http.get(REPO)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"RateLimit-Limit": "600", "RateLimit-Remaining": "0", "RateLimit-Reset": str(int(NOW) + 40)}, 41),
        ({"RateLimit-Limit": "600", "RateLimit-Remaining": "0", "RateLimit-Reset": "40"}, 41),
        ({"X-RateLimit-Limit": "600", "X-RateLimit-Remaining": "60", "X-RateLimit-Reset": str(int(NOW) + 9)}, 10),
        ({"X-RateLimit-Limit": "600", "X-RateLimit-Remaining": "61", "X-RateLimit-Reset": str(int(NOW) + 9)}, None),
        ({"X-RateLimit-Limit": "600", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW) - 9)}, None),
        ({"X-RateLimit-Limit": "600", "X-RateLimit-Remaining": "0"}, None),
        ({"X-RateLimit-Limit": "many", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9"}, None),
    ],
)
def test_what_providers_tell_is_read(headers: dict[str, str], wait: float | None) -> None:
    budget = Budget(0.1)
    budget.note("GET", Response(200, b"", headers, ""), NOW)
    spent = budget.spent("GET")
    assert spent is None if wait is None else spent and spent.wait == pytest.approx(wait, abs=0.5)


def test_a_run_that_meets_the_reserve_keeps_what_it_read_and_says_when_to_go_on(site: Site) -> None:
    world = World()
    for name in ("acme/a", "acme/b"):
        number = len(world.repos) + 1
        world.add(Repo(name, id=number, runs=[Run(number, at(hours=3))]))
    with FakeGithub(world) as github:
        site.config.write_text(
            f'[[source]]\nname = "gh"\nkind = "github"\nbase_url = "{github.base_url}"\nrepos = ["acme/a", "acme/b"]\n'
            "since = 2026-01-01\nreserve = 0.5\nparallel = 1\n"
        )
        github.remaining = 2_507
        result = site.uptake("ingest")
        assert result.exit_code == 1
        assert "of 5,000 requests are left, which reserve = 0.5 keeps for others; resets at" in result.stderr
        github.remaining = 5_000
        assert site.uptake("ingest").exit_code == 0
    assert site.rows("select count(*) from staging.ci_run") == [(2,)]
