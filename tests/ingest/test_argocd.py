"""The argocd source against a real server on loopback: what it keeps of what Argo CD soon forgets."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from ingest.settings import ArgocdSettings
from tests.argocd_world import World, commit
from tests.ingest.reading import TOKEN, Reading
from tests.loopback import Reply, Trouble

NOW = datetime(2026, 5, 4, 12)


@pytest.fixture
def world() -> Iterator[World]:
    made = World(NOW, TOKEN)
    with made.server:
        yield made


def reading(world: World, **settings: Any) -> Reading:
    return Reading(world.server, kind="argocd", **settings)


def test_a_synchronisation_is_a_deployment(world: World) -> None:
    world.sync(world.add(), commit("1"), "nora")
    found = reading(world).sync()
    [deployment] = found.of("deployment")
    assert deployment.deployment_id == "argocd/fraud-prod/0/111111111111"
    assert (deployment.status, deployment.environment, deployment.repo) == ("succeeded", "fraud", "acme/deploy")
    assert (deployment.sha, deployment.ref, deployment.workflow) == (commit("1"), "main", "ml")
    assert deployment.created_at == deployment.started_at == NOW + timedelta(minutes=9, seconds=30)
    assert deployment.finished_at == NOW + timedelta(minutes=10)
    assert deployment.url == f"{world.server.base_url}/applications/argocd/fraud-prod"
    assert deployment.actor and deployment.rollback_of is None and deployment.cause is None
    assert found.faults == [] and found.rejected == []


def test_what_argo_cd_forgets_is_kept(world: World) -> None:
    application = world.add()
    site = reading(world)
    for number in range(25):
        world.sync(application, f"{number:040d}")
        if number % 4 == 0:
            site.sync()
    site.sync()
    assert len(application["status"]["history"]) == 10
    assert [each.sha for each in site.of("deployment")] == [f"{number:040d}" for number in range(25)]


def test_nothing_new_costs_one_request_and_brings_no_page(world: World) -> None:
    for name in ("a", "b"):
        world.sync(world.add(name), commit("1"))
    site = reading(world)
    assert len(site.sync().records) == 2
    again = site.sync()
    assert again.pages == [] and len(again.requests) == 1


def test_a_failed_operation_is_a_failed_deployment_once(world: World) -> None:
    application = world.add()
    world.sync(application, commit("1"))
    site = reading(world)
    site.sync()
    for phase in ("Failed", "Error"):
        world.operate(application, phase, commit("2"), "nora")
        [deployment] = site.sync().of("deployment")
        assert (deployment.status, deployment.sha, deployment.finished_at) == ("failed", commit("2"), world.now)
        assert site.sync().pages == []
    world.sync(application, commit("2"))
    assert [each.status for each in site.sync().of("deployment")] == ["succeeded"]
    assert sorted(each.status for each in site.of("deployment")) == ["failed", "failed", "succeeded", "succeeded"]


def test_an_operation_that_runs_is_seen_when_it_is_over(world: World) -> None:
    application = world.add()
    site = reading(world)
    for phase in ("Running", "Terminating"):
        world.operate(application, phase, commit("1"))
        assert site.sync().records == []
    world.now += timedelta(days=40)
    world.sync(application, commit("1"))
    assert [each.status for each in site.sync().of("deployment")] == ["succeeded"]


def test_an_application_that_was_never_synchronised_has_no_deployment(world: World) -> None:
    world.add()
    site = reading(world)
    found = site.sync()
    assert found.records == [] and found.faults == [] and [page.kind for page in found.pages] == ["deployment"]
    assert site.sync().pages == []


def test_an_application_made_anew_is_read_anew(world: World) -> None:
    site = reading(world)
    application = world.add()
    for letter in "123":
        world.sync(application, commit(letter))
    site.sync()
    world.applications.clear()
    application = world.add()
    for letter in "4567":
        world.sync(application, commit(letter))
    site.sync()
    assert [each.sha for each in site.of("deployment")] == [commit(letter) for letter in "1234567"]


def test_applications_of_one_name_in_two_namespaces_are_two(world: World) -> None:
    for namespace in ("argocd", "team-a"):
        world.sync(world.add("fraud", namespace), commit("1"))
    assert {each.deployment_id for each in reading(world).sync().of("deployment")} == {
        "argocd/fraud/0/111111111111",
        "team-a/fraud/0/111111111111",
    }


@pytest.mark.parametrize(
    ("rule", "environment"),
    [
        (["namespace"], "fraud"),
        (["cluster"], "eu-west"),
        (["label:env"], "production"),
        (["project"], "ml"),
        (["application"], "fraud-prod"),
        (["label:none", "annotation:none", "label:env"], "production"),
        (["label:none"], "unknown"),
    ],
)
def test_the_environment_is_known_by_a_rule(world: World, rule: list[str], environment: str) -> None:
    world.sync(world.add(), commit("1"))
    assert [each.environment for each in reading(world, environment=rule).sync().of("deployment")] == [environment]


def test_product_and_repository_are_known_by_rules_too(world: World) -> None:
    world.sync(world.add(), commit("1"))
    site = reading(world, product=["label:product"], repo=["annotation:acme.example/repo"])
    [deployment] = site.sync().of("deployment")
    assert (deployment.product, deployment.repo) == ("fraud", "acme/fraud")


@pytest.mark.parametrize("rule", ["env", "label:", "label:a b"])
def test_a_rule_that_cannot_be_one_is_refused(rule: str) -> None:
    with pytest.raises(ValueError, match="environment"):
        ArgocdSettings(name="a", kind="argocd", base_url="http://a", environment=[rule])


def test_going_back_by_hand_to_what_was_there_is_a_rollback(world: World) -> None:
    application = world.add()
    world.sync(application, commit("1"))
    world.sync(application, commit("2"))
    world.sync(application, commit("1"), "nora")
    world.sync(application, commit("3"), "nora")
    found = reading(world).sync().of("deployment")
    assert [each.rollback_of for each in found] == [None, None, "argocd/fraud-prod/1/222222222222", None]
    assert [each.cause for each in found] == [None, None, "rollback", None]


def test_what_only_looks_like_going_back_is_no_rollback(world: World) -> None:
    application = world.add()
    world.sync(application, commit("1"))
    world.sync(application, commit("2"))
    world.sync(application, commit("2"), "nora")
    world.sync(application, commit("1"))
    world.sync(application, commit("2"), "nora", source={"repoURL": "git@x:a/b", "targetRevision": "topic"})
    assert [each.rollback_of for each in reading(world).sync().of("deployment")] == [None] * 5


def test_a_chart_has_a_version_and_no_commit(world: World) -> None:
    chart = {"repoURL": "https://charts.acme.example", "chart": "fraud", "targetRevision": "1.2.*"}
    world.sync(world.add(), "1.2.3", source=chart)
    [deployment] = reading(world).sync().of("deployment")
    assert (deployment.sha, deployment.artifact, deployment.repo) == (None, "fraud:1.2.3", "argocd/fraud-prod")


def test_of_several_sources_the_code_counts(world: World) -> None:
    sources = [
        {"repoURL": "https://charts.acme.example", "chart": "base", "targetRevision": "1.2.3"},
        {"repoURL": "https://git.acme.example/acme/fraud.git", "targetRevision": "main"},
    ]
    revisions = ["1.2.3", commit("a")]
    world.sync(world.add(), "", revisions=revisions, sources=sources, source={"repoURL": ""})
    [deployment] = reading(world).sync().of("deployment")
    assert (deployment.sha, deployment.repo) == (commit("a"), "acme/fraud")
    assert deployment.deployment_id == "argocd/fraud-prod/0/1.2.3+aaaaaaaaaaaa"


def test_an_old_entry_has_no_start(world: World) -> None:
    entry = world.sync(world.add(), commit("1"))
    del entry["deployStartedAt"]
    [deployment] = reading(world).sync().of("deployment")
    assert (deployment.started_at, deployment.created_at) == (None, deployment.finished_at)


def test_since_and_full_read_again_what_is_still_there(world: World) -> None:
    application = world.add()
    for letter in "123":
        world.sync(application, commit(letter))
    world.operate(application, "Failed", commit("4"))
    site = reading(world)
    assert len(site.sync().records) == 4
    assert len(site.sync(floor=NOW + timedelta(minutes=15)).records) == 3
    assert len(site.sync(full=True).records) == 4
    assert site.sync().records == []


def test_many_applications_come_in_pages(world: World) -> None:
    for number in range(230):
        world.sync(world.add(f"model-{number}"), commit("1"))
    found = reading(world).sync()
    assert len(found.pages) == 3 and len(found.of("deployment")) == 230


def test_globs_choose_applications(world: World) -> None:
    for name in ("fraud-prod", "churn-prod", "web"):
        world.sync(world.add(name), commit("1"))
    found = reading(world, applications=["*-PROD", "argocd/we?"]).sync()
    assert len(found.of("deployment")) == 3
    [fault] = reading(world, applications=["none*"]).sync().faults
    assert fault.startswith("src: no application that the token can see matches none*; correct `applications`, or give")


def test_one_bad_row_costs_no_other(world: World) -> None:
    entry = world.sync(world.add("a"), commit("1"))
    world.sync(world.add("b"), commit("1"))
    entry["deployedAt"] = "yesterday"
    found = reading(world).sync()
    assert [each.deployment_id for each in found.of("deployment")] == ["argocd/b/0/111111111111"]
    assert [bad.reason for bad in found.rejected] == ["status.history.0.deployedAt: Value error, is no time"]


@pytest.mark.parametrize(
    ("reply", "stops", "words"),
    [
        (Reply({"message": "permission denied"}, 403), False, "give it the permission applications, get"),
        (Reply({"message": "internal"}, 500), False, "the server failed (500: internal) (2 tries)"),
        (Reply(b"<html>Log in</html>"), False, "check that base_url is the API"),
        (Reply({"message": "token is expired"}, 401), True, "$TOKEN was refused (401: token is expired)"),
    ],
)
def test_a_failure_is_named_and_nothing_is_lost(world: World, reply: Reply, stops: bool, words: str) -> None:
    world.sync(world.add(), commit("1"))
    world.server.troubles = [Trouble("", reply, times=99)]
    site = reading(world)
    found = site.sync()
    [line] = [found.stopped] if stops else found.faults
    assert line and words in line and line.startswith("src/applications: ") and TOKEN not in line
    world.server.troubles = []
    assert len(site.sync().records) == 1


def test_no_person_and_no_secret_gets_into_a_page(world: World) -> None:
    application = world.add()
    world.sync(application, commit("1"), "nora-nystrom")
    world.operate(application, "Failed", commit("2"), "nora-nystrom")
    site = reading(world, environment=["label:env"])
    found = site.sync()
    assert len({each.actor for each in found.of("deployment")}) == 1
    for word in ("nora", "nystrom", "hunter2", "words", "robot", "secret", "last-applied"):
        assert word not in site.written.lower()


def test_check_is_silent_when_all_is_well_and_names_what_is_missing(world: World) -> None:
    [line] = reading(world).check()
    assert "no application that the token can see" in line
    world.add()
    assert reading(world).check() == []
