"""The github source against a real server on loopback: what a failure leaves, what it finds, what it never writes."""

import pytest

from tests.fake_github import FakeGithub
from tests.github_faults import Fault
from tests.github_world import Repo, Run, World
from tests.ingest.github_reading import TOKEN, Reading
from tests.ingest.github_repo import NOW, at, bury, deployed, finished, fraud, merged, rerun


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("failed", "the server failed (500: Server Error) (2 tries)"),
        (
            "forbidden",
            "may not read this (403: Resource not accessible by personal access token); give it the permission",
        ),
        ("missing", "not found (404): renamed, removed or not visible to $GITHUB_TOKEN"),
        ("invalid", "the answer cannot be read (it is not JSON)"),
        ("html", "check that base_url is the API"),
        ("short", "the answer broke off"),
        ("elsewhere", "leads to http://127.0.0.2:9/repos/acme/fraud/actions/runs?page=2, outside"),
        ("endless", "its pages repeat themselves"),
        ("away", "leads to http://127.0.0.2:9/login, outside"),
    ],
)
@pytest.mark.parametrize("path", ["actions/runs", "deployments", "pulls"])
def test_a_list_that_fails_is_a_fault_and_the_rest_goes_on(
    github: FakeGithub, kind: str, words: str, path: str
) -> None:
    bury(github, 10)
    fraud(github).deployments = [deployed("success")]
    fraud(github).pulls = [merged(1, days=1)]
    github.world.add(Repo("acme/churn", runs=[finished(900, at(days=1))]))
    github.faults.append(Fault(kind, match=rf"acme/fraud/{path}\?", times=99))
    reading = Reading(github, repos=["acme/fraud", "acme/churn"])
    found = reading.sync()
    [fault] = found.faults
    assert found.stopped is None and words in fault and fault.startswith(f"gh/acme/fraud: {path}: ")
    assert "\n" not in fault and TOKEN not in fault
    assert "acme/churn" in {run.repo for run in found.of("ci_run")}
    key = f"acme/fraud/{path.removeprefix('actions/')}"
    assert reading.marks.get(key, {}).get("seen") is None
    github.faults.clear()
    assert reading.sync().faults == []
    assert len(reading.kept) == 13


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("refused", "gh/acme/fraud: actions/runs: $GITHUB_TOKEN was refused (401: Bad credentials); make a new one"),
        ("primary", "rate limit of 5000 requests an hour reached; resets at 14:05Z"),
        ("secondary", "rate limit of 5000 requests an hour reached; resets at 14:05Z"),
    ],
)
def test_what_stops_all_stops_the_source_and_keeps_what_was_read(github: FakeGithub, kind: str, words: str) -> None:
    fraud(github).deployments = [deployed("success")]
    bury(github, 5)
    github.world.add(Repo("acme/churn", runs=[finished(900, at(days=1))]))
    github.faults.append(Fault(kind, match="actions/runs", times=99, wait=7_500))
    reading = Reading(github, repos=["acme/fraud", "acme/churn"])
    found = reading.sync()
    assert words in (found.stopped or "") and [record.noun for record in found.records] == ["deployment"]
    github.faults.clear()
    reading.sync()
    assert len(reading.of("ci_run")) == 6


def test_a_rate_limit_in_the_middle_is_waited_out(github: FakeGithub) -> None:
    bury(github, 350)
    github.faults.append(Fault("primary", match="page=3", wait=60))
    found = Reading(github).sync()
    assert found.faults == [] and len({run.run_id for run in found.of("ci_run")}) == 350


def test_a_renamed_repository_is_read_under_its_new_name(github: FakeGithub) -> None:
    github.world.add(Repo("acme/scoring", id=77, runs=[finished(n, at(days=1)) for n in range(150)]))
    github.world.repos["acme/scoring"].deployments = [deployed("success")]
    github.world.repos["acme/scoring"].pulls = [merged(1, days=1)]
    github.world.moved["acme/old"] = "acme/scoring"
    found = Reading(github, repos=["acme/old"]).sync()
    assert found.faults == [] and len(found.records) == 152
    assert {record.repo for record in found.records} == {"acme/scoring"}  # type: ignore[attr-defined]


def test_globs_find_the_repositories_of_organisations_and_people(github: FakeGithub) -> None:
    for number in range(130):
        github.world.add(Repo(f"acme/model-{number}", id=number))
    github.world.add(Repo("mona/Thesis"))
    found = Reading(github, repos=["acme/MODEL-*", "acme/model-7", "mona/t*", "acme/none-*"]).sync()
    lists = [address for address, _ in found.requests if "actions/runs" in address]
    assert len(lists) == len(set(lists)) == 131
    assert found.faults == ["gh/acme/none-*: matches no repository that the token can see; correct `repos`"]


def test_an_owner_that_cannot_be_listed_is_a_fault(github: FakeGithub) -> None:
    github.faults.append(Fault("failed", match="orgs/acme", times=99))
    found = Reading(github, repos=["acme/*", "acme/fraud"]).sync()
    assert len(found.faults) == 1 and len(found.pages) == 4


def test_no_person_and_no_secret_gets_into_a_page(github: FakeGithub) -> None:
    repo = fraud(github)
    person = "nora-nystrom"
    repo.runs = [finished(7, at(days=1), actor=person, branch=f"{person}-patch-1")]
    repo.runs += [finished(8, at(days=1), actor=person, broken=True), Run(9, at(days=1), actor=person, status="queued")]
    rerun(repo.runs[0], at(hours=1))
    repo.runs[0].earlier[1].actor = person
    repo.deployments = [deployed("success")]
    repo.deployments[0].creator, repo.deployments[0].ref = person, f"users/{person.title()}/x"
    repo.deployments[0].payload = {"product": "fraud", "secret": "hunter2", "requested_by": person}
    repo.deployments[0].statuses[0].log_url = "https://ci.acme.example/log/5?sig=hunter2"
    pull = merged(1, days=1)
    pull.user, pull.reviews = person, [(at(days=2), "rita-reviewer", "User")]
    repo.pulls = [pull]
    reading = Reading(github, jobs=True)
    found = reading.sync()
    assert len(found.records) == 6 and len(found.rejected) == 1
    written = reading.written.lower()
    for word in (person, "rita", "octo", "monalisa", "@acme", "hunter2", "amazing", "please", "linter", TOKEN.lower()):
        assert word not in written
    assert found.of("deployment")[0].actor == found.of("change")[0].author == found.of("ci_run")[0].actor


def test_an_enterprise_server_works_below_its_path() -> None:
    world = World(token=TOKEN, now=NOW)
    world.add(Repo("acme/fraud", runs=[finished(n, at(days=1)) for n in range(250)]))
    with FakeGithub(world, prefix="/api/v3") as github:
        assert len(Reading(github).sync().of("ci_run")) == 250


def test_check_is_silent_when_all_is_well(github: FakeGithub) -> None:
    reading = Reading(github)
    assert list(reading.source().check(reading.http())) == []


def test_check_names_what_is_missing(github: FakeGithub) -> None:
    reading = Reading(github, repos=["acme/fraud", "acme/gone"])
    github.faults.append(Fault("forbidden", match="deployments"))
    lines = list(reading.source().check(reading.http()))
    assert [line.split(";")[0] for line in lines] == [
        "gh/acme/fraud: deployments: $GITHUB_TOKEN may not read this (403: Resource not accessible by personal access "
        "token)",
        "gh/acme/gone: not found (404): renamed, removed or not visible to $GITHUB_TOKEN",
    ]
    assert "give it the permission Deployments: read" in lines[0]
    github.world.token = "another"
    [line] = reading.source().check(reading.http())
    assert line.startswith("gh: ") and "$GITHUB_TOKEN was refused (401: Bad credentials)" in line
