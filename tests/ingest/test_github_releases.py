"""Releases as deployments, where publishing one is what deploys it."""

from datetime import date, datetime

import pytest

from ingest.settings import GithubSettings
from tests.fake_github import FakeGithub
from tests.github_faults import Fault
from tests.github_world import Release, Repo
from tests.ingest.github_reading import HASH, Reading
from tests.ingest.github_repo import at, deployed, fraud, later, merged


def sha(number: int) -> str:
    return f"{number:040x}"


def publish(github: FakeGithub, number: int, days: float, **more: bool) -> Release:
    """The release v`number` of the commit `number`."""
    made = Release(number, f"v{number}", at(days=days + 1), at(days=days), **more)
    fraud(github).releases.append(made)
    fraud(github).tags[made.tag] = sha(number)
    fraud(github).parents = {sha(n): [sha(n - 1)] if n > 1 else [] for n in range(1, 400)}
    return made


def reading(github: FakeGithub) -> Reading:
    return Reading(github, releases={"acme/FRAUD*": "production"})


def test_a_published_release_is_a_deployment(github: FakeGithub) -> None:
    publish(github, 10, 20)
    publish(github, 12, 10)
    fraud(github).deployments = [deployed("success", number=12)]
    found = reading(github).sync()
    [released] = [each for each in found.of("deployment") if each.deployment_id == "release-12"]
    assert released.model_dump(exclude_none=True) == {
        "deployment_id": "release-12",
        "repo": "acme/fraud",
        "environment": "production",
        "created_at": datetime(2026, 4, 24, 12),
        "finished_at": datetime(2026, 4, 24, 12),
        "status": "succeeded",
        "sha": sha(12),
        "ref": "v12",
        "actor": HASH("mona-lisa"),
        "url": "https://github.com/acme/fraud/releases/tag/v12",
    }
    commits = [(each.deployment_id, int(each.sha, 16)) for each in found.of("deployed_commit")]
    assert sorted(commits) == [("release-12", 11), ("release-12", 12)]


def test_only_repositories_that_are_named_deploy_by_release(github: FakeGithub) -> None:
    github.world.add(Repo("acme/library", releases=[Release(1, "v1", at(days=2), at(days=1))]))
    publish(github, 1, 2)
    source = reading(github)
    source.settings["repos"] = ["acme/*"]
    found = source.sync()
    assert [each.repo for each in found.of("deployment")] == ["acme/fraud"]
    assert not any("acme/library/releases" in address for address, _ in found.requests)


def test_drafts_and_previews_count_once_they_are_released(github: FakeGithub) -> None:
    preview = publish(github, 1, 3, prerelease=True)
    draft = publish(github, 2, 2)
    draft.published = None
    source = reading(github)
    assert source.sync().of("deployment") == []
    preview.prerelease = False
    draft.published = later(github, hours=1)
    assert {each.deployment_id for each in source.sync().of("deployment")} == {"release-1", "release-2"}
    assert source.sync().pages == []


def test_nothing_new_costs_one_conditional_request(github: FakeGithub) -> None:
    publish(github, 1, 3)
    source = reading(github)
    source.sync()
    again = source.sync()
    asked = [(address.split("?")[0], status) for address, status in again.requests if "releases" in address]
    assert again.pages == [] and asked == [("/repos/acme/fraud/releases", 304)]


def test_a_new_one_costs_no_reading_of_the_old(github: FakeGithub) -> None:
    for number in range(1, 301):
        publish(github, number, 85 - number / 4)
    source = reading(github)
    assert len(source.sync().of("deployment")) == 300
    publish(github, 301, 0)
    found = source.sync()
    assert [each.deployment_id for each in found.of("deployment")] == ["release-301"]
    assert len([address for address, _ in found.requests if "fraud/releases" in address]) <= 3


def test_a_reading_that_is_cut_short_leaves_no_hole(github: FakeGithub) -> None:
    for number in range(1, 251):
        publish(github, number, 85 - number / 4)
    source = reading(github)
    github.faults.append(Fault("primary", match=r"releases\?.*page=3", times=99, wait=9_999))
    assert source.sync().stopped
    github.faults.clear()
    assert source.sync().faults == []
    assert len(source.of("deployment")) == 250


def test_a_commit_that_cannot_be_asked_for_is_asked_again_and_a_tag_that_is_gone_is_not(github: FakeGithub) -> None:
    publish(github, 1, 3)
    publish(github, 2, 2)
    del fraud(github).tags["v2"]
    source = reading(github)
    github.faults.append(Fault("failed", match="commits/v1", times=2))
    found = source.sync()
    assert len(found.faults) == 1 and [each.sha for each in found.of("deployment")] == [None]
    found = source.sync()
    assert found.faults == [] and [each.sha for each in found.of("deployment")] == [sha(1)]
    assert source.sync().pages == []


def test_older_ones_come_with_an_earlier_since(github: FakeGithub) -> None:
    publish(github, 1, 200)
    publish(github, 2, 2)
    source = reading(github)
    assert len(source.sync().of("deployment")) == 1
    source.settings["since"] = date(2025, 1, 1)
    assert [each.deployment_id for each in source.sync().of("deployment")] == ["release-1"]


def test_a_change_ships_with_the_release_that_holds_it(github: FakeGithub) -> None:
    publish(github, 10, 20)
    publish(github, 15, 1)
    pull = merged(5, days=8)
    pull.merge_sha = sha(13)
    fraud(github).pulls = [pull]
    found = reading(github).sync()
    assert ("release-15", sha(13)) in {(each.deployment_id, each.sha) for each in found.of("deployed_commit")}


def test_check_names_the_permission_for_releases(github: FakeGithub) -> None:
    github.faults.append(Fault("forbidden", match="/releases"))
    source = reading(github)
    [line] = source.source().check(source.http())
    assert line.startswith("gh/acme/fraud: releases: ") and "Contents: read" in line


@pytest.mark.parametrize(("repo", "environment"), [("acme/lib-a", "live"), ("Acme/LIB-b", "live"), ("acme/x", None)])
def test_the_first_glob_tells_the_environment(repo: str, environment: str | None) -> None:
    releases = {"acme/lib-*": "live", "acme/lib-a": "other"}
    settings = GithubSettings(name="gh", kind="github", repos=["acme/*"], releases=releases)
    assert settings.released_to(repo) == environment
