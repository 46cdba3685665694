"""A repository keeps its id when it is renamed, so its rows come under the new name, and nothing is read twice."""

from pathlib import Path
from typing import Any

import pytest

from tests.fake_github import FakeGithub
from tests.github_faults import Fault
from tests.github_world import Repo
from tests.ingest.github_reading import TOKEN, Reading
from tests.ingest.github_repo import at, deployed, finished, later, merged
from tests.ingest.whole_way import WholeWay


def full(name: str, first: int, **more: Any) -> Repo:
    """A repository with a run, a deployment and a change."""
    return Repo(
        name,
        runs=[finished(first, at(days=1))],
        deployments=[deployed("success", number=first)],
        pulls=[merged(first, days=1)],
        **more,
    )


@pytest.fixture
def way(github: FakeGithub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WholeWay:
    """Reads all repositories of acme; `fraud` is there."""
    monkeypatch.setenv("GITHUB", TOKEN)
    github.world.repos.clear()
    github.world.add(full("acme/fraud", 1))
    return WholeWay(tmp_path, table(github, ["acme/*"]))


def table(github: FakeGithub, repos: list[str]) -> dict[str, Any]:
    return {"name": "gh", "kind": "github", "base_url": github.base_url, "token_env": "GITHUB", "repos": repos}


def names(way: WholeWay) -> dict[str, dict[str, str]]:
    """What the repository of each row is called, by table and id."""
    nouns = ("ci_run", "deployment", "change")
    return {noun: {row[1]: row[2] for row in rows} for noun, rows in way.staging().items() if noun in nouns}


def all_named(ids: dict[int, str]) -> dict[str, dict[str, str]]:
    expected = {f"gh:{number}": name for number, name in ids.items()}
    return {
        "ci_run": expected,
        "deployment": expected,
        "change": {f"gh:{1_000 + number}": name for number, name in ids.items()},
    }


def test_old_rows_come_under_the_new_name_and_a_replay_gives_the_same(github: FakeGithub, way: WholeWay) -> None:
    way.ingest()
    github.world.rename("acme/fraud", "acme/scoring")
    github.world.repos["acme/scoring"].runs.append(finished(2, later(github, days=1)))
    way.ingest()
    after = way.staging()
    assert {name for rows in names(way).values() for name in rows.values()} == {"acme/scoring"}
    assert len(after["ci_run"]) == 2
    way.replay()
    assert way.staging() == after


def test_names_that_are_exchanged_or_taken_over_mix_nothing(github: FakeGithub, way: WholeWay) -> None:
    github.world.add(full("acme/churn", 2))
    way.ingest()
    github.world.rename("acme/fraud", "acme/aside")
    github.world.rename("acme/churn", "acme/fraud")
    github.world.rename("acme/aside", "acme/churn")
    way.ingest()
    assert names(way) == all_named({1: "acme/churn", 2: "acme/fraud"})
    github.world.rename("acme/fraud", "acme/scoring")
    github.world.add(full("acme/fraud", 3))
    way.ingest()
    expected = all_named({1: "acme/churn", 2: "acme/scoring", 3: "acme/fraud"})
    assert names(way) == expected
    way.replay()
    assert names(way) == expected


def test_what_is_older_than_a_full_reading_comes_under_the_new_name_too(
    github: FakeGithub, way: WholeWay, tmp_path: Path
) -> None:
    github.world.repos["acme/fraud"].runs.insert(0, finished(9, at(days=80)))
    way.ingest()
    github.world.rename("acme/fraud", "acme/scoring")
    later(github, days=40)
    way.ingest(full=True)
    assert names(way)["ci_run"] == {"gh:9": "acme/scoring", "gh:1": "acme/scoring"}


def test_a_renamed_repository_goes_on_where_it_was(github: FakeGithub) -> None:
    reading = Reading(github, repos=["acme/*"])
    github.world.repos["acme/fraud"].runs = [finished(1, at(days=1))]
    reading.sync()
    github.world.rename("acme/fraud", "acme/scoring")
    found = reading.sync()
    assert found.records == []
    assert sum("/repos/acme/scoring" in address for address, _ in found.requests) == 3


def test_one_that_is_named_in_full_is_asked_for_its_name(github: FakeGithub) -> None:
    reading = Reading(github, repos=["acme/fraud"])
    reading.sync()
    assert reading.sync().requests[0] == ("/repos/acme/fraud", 304)
    github.world.rename("acme/fraud", "acme/scoring")
    github.world.rename("acme/scoring", "acme/scores")
    github.world.repos["acme/scores"].runs = [finished(2, at(minutes=1))]
    found = reading.sync()
    page = found.pages[0]
    assert (page.kind, page.items) == ("repository", [{"id": 1_296_269, "name": "acme/scores"}])
    assert [run.repo for run in found.of("ci_run")] == ["acme/scores"]
    assert reading.sync().pages == []


def test_one_that_cannot_be_asked_for_leaves_the_others_and_its_marks(github: FakeGithub) -> None:
    github.world.add(Repo("acme/churn", runs=[finished(9, at(days=1))]))
    reading = Reading(github, repos=["acme/fraud", "acme/churn"])
    github.faults.append(Fault("missing", match=r"acme/fraud$"))
    found = reading.sync()
    [fault] = found.faults
    assert fault.startswith("gh/acme/fraud: not found (404): renamed, removed or not visible to $GITHUB_TOKEN")
    assert [run.run_id for run in found.of("ci_run")] == ["9"]
    assert reading.sync().faults == []
