"""The github source against a real server on loopback: what it reads, when it reads again, what a failure leaves."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest

from tests.fake_github import FakeGithub
from tests.github_faults import Fault
from tests.github_world import Deployment, Job, Pull, Repo, Run, Status, World, iso, simulated
from tests.ingest.github_reading import TOKEN, Reading

NOW = datetime(2026, 5, 4, 12, 0, 0)


@pytest.fixture
def github() -> Iterator[FakeGithub]:
    world = World(token=TOKEN, now=NOW)
    world.add(Repo("acme/fraud"))
    with FakeGithub(world) as server:
        yield server


def at(**before: float) -> str:
    return iso(NOW - timedelta(**before))


def fraud(github: FakeGithub) -> Repo:
    return github.world.repos["acme/fraud"]


def finished(run_id: int, created: str, **more: object) -> Run:
    return Run(run_id, created, updated=created, **more)  # type: ignore[arg-type]


def bury(github: FakeGithub, count: int = 150) -> None:
    """So many newer runs that what was before is no longer on the newest page."""
    now, repo = github.world.time(), fraud(github)
    first = max((run.id for run in repo.runs), default=0) + 1
    repo.runs += [finished(first + n, iso(now - timedelta(minutes=count - n))) for n in range(count)]


def later(github: FakeGithub, **span: float) -> str:
    assert github.world.now
    github.world.now += timedelta(**span)
    return iso(github.world.now)


def test_the_first_reading_goes_back_ninety_days(github: FakeGithub) -> None:
    fraud(github).runs = [finished(n, at(days=days)) for n, days in enumerate([300, 91, 89, 1])]
    assert [run.run_id for run in Reading(github).sync().of("ci_run")] == ["3", "2"]


def test_the_first_reading_goes_back_to_since(github: FakeGithub) -> None:
    fraud(github).runs = [finished(n, at(days=days)) for n, days in enumerate([300, 91, 89, 1])]
    found = Reading(github, since=date(2026, 1, 1)).sync().of("ci_run")
    assert [run.run_id for run in found] == ["3", "2", "1"]


def test_nothing_new_costs_one_conditional_request_a_list(github: FakeGithub) -> None:
    bury(github, 30)
    reading = Reading(github, jobs=True)
    reading.sync()
    again = reading.sync()
    assert again.pages == [] and again.faults == []
    assert [(address.split("?")[0], status) for address, status in again.requests] == [
        ("/repos/acme/fraud/deployments", 304),
        ("/repos/acme/fraud/pulls", 304),
        ("/repos/acme/fraud/actions/runs", 304),
    ]


def test_an_unfinished_run_costs_one_conditional_request(github: FakeGithub) -> None:
    fraud(github).runs = [Run(7, at(hours=2), status="in_progress")]
    reading = Reading(github)
    reading.sync()
    reading.sync()
    again = reading.sync()
    assert again.pages == [] and again.requests[-1] == ("/repos/acme/fraud/actions/runs/7", 304)


@pytest.mark.parametrize("days", [0.1, 3, 80])
@pytest.mark.parametrize("newer", [0, 150, 1200])
def test_a_run_in_progress_is_seen_finished_however_old(github: FakeGithub, days: float, newer: int) -> None:
    run = Run(7, at(days=days), status="in_progress")
    fraud(github).runs = [run]
    reading = Reading(github)
    assert reading.sync().of("ci_run")[0].status == "in_progress"
    run.updated = later(github, days=2)
    bury(github, newer)
    run.status, run.conclusion = "completed", "failure"
    reading.sync()
    [seen] = [each for each in reading.of("ci_run") if each.run_id == "7"]
    assert (seen.status, seen.conclusion, iso(seen.finished_at)) == ("completed", "failure", run.updated)


def test_a_run_that_is_deleted_before_it_finishes_is_let_go(github: FakeGithub) -> None:
    fraud(github).runs = [Run(7, at(days=1), status="queued")]
    reading = Reading(github)
    reading.sync()
    fraud(github).runs = []
    reading.sync()
    assert reading.marks["acme/fraud/runs"]["open"] == {}


def rerun(run: Run, updated: str, **now: object) -> None:
    """The run's next attempt; GitHub keeps id and time of creation."""
    earlier = {**run.earlier, run.attempt: Run(run.id, run.created, run.updated, conclusion=run.conclusion)}
    run.earlier = earlier
    run.attempt, run.updated, run.started = run.attempt + 1, updated, updated
    for name, value in now.items():
        setattr(run, name, value)


def test_a_rerun_on_the_newest_page_is_seen_at_once_with_its_first_attempt(github: FakeGithub) -> None:
    run = finished(7, at(days=20), conclusion="failure")
    fraud(github).runs = [run]
    reading = Reading(github)
    reading.sync()
    rerun(run, later(github, hours=1), conclusion="success")
    found = reading.sync().of("ci_run")
    assert [(each.attempt, each.conclusion) for each in found] == [(2, "success"), (1, "failure")]


def test_a_rerun_of_a_buried_run_is_seen_within_a_day(github: FakeGithub) -> None:
    run = finished(7, at(days=20), conclusion="failure")
    fraud(github).runs = [run]
    bury(github, 1_200)
    reading = Reading(github)
    reading.sync()
    rerun(run, later(github, hours=1), conclusion="success")
    later(github, hours=24)
    found = reading.sync().of("ci_run")
    assert [(each.run_id, each.attempt) for each in found] == [("7", 2), ("7", 1)]


def test_an_attempt_seen_running_is_seen_finished_after_a_rerun(github: FakeGithub) -> None:
    run = Run(7, at(hours=1), status="in_progress")
    fraud(github).runs = [run]
    reading = Reading(github)
    reading.sync()
    run.status, run.conclusion, run.updated = "completed", "failure", later(github, minutes=30)
    rerun(run, later(github, minutes=30), status="in_progress", conclusion=None)
    reading.sync()
    first = reading.kept["ci_run", "7", 1]
    assert (first.status, first.conclusion) == ("completed", "failure")  # type: ignore[attr-defined]
    assert reading.kept["ci_run", "7", 2].status == "in_progress"  # type: ignore[attr-defined]


def test_a_search_is_split_where_github_would_end_it(github: FakeGithub) -> None:
    github.world.repos["acme/fraud"].runs = simulated(3_300).repos["acme/model-0"].runs
    github.world.now = None
    found = Reading(github).sync()
    assert len(found.of("ci_run")) == len(found.records) == 3_300
    assert len({run.run_id for run in found.of("ci_run")}) == 3_300
    assert len(found.requests) < 70


def test_a_burst_is_split_down_to_the_second(github: FakeGithub) -> None:
    start = NOW - timedelta(days=40)
    fraud(github).runs = [finished(n, iso(start + timedelta(seconds=n // 500))) for n in range(2_600)]
    assert len({run.run_id for run in Reading(github).sync().of("ci_run")}) == 2_600


def test_more_runs_in_a_second_than_github_shows_are_not_passed_over(github: FakeGithub) -> None:
    fraud(github).runs = [finished(n, at(days=3)) for n in range(1_001)]
    [fault] = Reading(github).sync().faults
    assert "1,001 runs in the one second 2026-05-01T12:00:00Z, and GitHub shows at most 1,000" in fault


def test_a_run_deleted_while_paging_hides_no_other(github: FakeGithub) -> None:
    bury(github, 350)
    everything = {str(run.id) for run in fraud(github).runs}
    github.faults.append(Fault(match="page=3", action=lambda world: world.repos["acme/fraud"].runs.pop()))
    assert {run.run_id for run in Reading(github).sync().of("ci_run")} == everything


def test_one_bad_row_costs_no_other(github: FakeGithub) -> None:
    bury(github, 100)
    fraud(github).runs[40].broken = True
    found = Reading(github).sync()
    [bad] = found.rejected
    assert len(found.of("ci_run")) == 99 and found.faults == []
    assert (bad.place, bad.row) == ("acme/fraud/actions/runs", 41)
    assert bad.reason == "created_at: Input should be a valid string"
    assert bad.content["status"] == "completed" and bad.content["actor"].startswith("p_")


def test_a_row_with_an_impossible_value_is_rejected_by_itself(github: FakeGithub) -> None:
    bury(github, 10)
    fraud(github).runs[3].conclusion = "exploded"
    found = Reading(github).sync()
    assert len(found.of("ci_run")) == 9
    assert [(bad.row, bad.reason.split(":")[0]) for bad in found.rejected] == [(4, "conclusion")]


def test_a_late_clock_hides_no_run(github: FakeGithub) -> None:
    reading = Reading(github)
    reading.sync()
    fraud(github).runs = [finished(7, at(minutes=5))]
    assert [run.run_id for run in reading.sync().of("ci_run")] == ["7"]


def test_since_reads_again_from_there(github: FakeGithub) -> None:
    fraud(github).runs = [finished(n, at(days=days)) for n, days in enumerate([120, 100, 50, 1])]
    reading = Reading(github)
    reading.sync()
    found = reading.sync(floor=NOW - timedelta(days=110)).of("ci_run")
    assert [run.run_id for run in found] == ["3", "2", "1"]
    assert reading.sync(floor=NOW - timedelta(hours=1)).of("ci_run") == []


def test_full_reads_all_again(github: FakeGithub) -> None:
    bury(github, 20)
    reading = Reading(github)
    reading.sync()
    assert len(reading.sync(full=True).of("ci_run")) == 20


def test_an_earlier_since_in_the_config_is_caught_up(github: FakeGithub) -> None:
    fraud(github).runs = [finished(n, at(days=days)) for n, days in enumerate([120, 1])]
    reading = Reading(github)
    reading.sync()
    reading.settings["since"] = date(2026, 1, 1)
    assert [run.run_id for run in reading.sync().of("ci_run")] == ["1", "0"]
    assert reading.sync().records == []


def test_jobs_come_for_finished_runs_only(github: FakeGithub) -> None:
    fraud(github).runs = [
        finished(7, at(days=1), jobs=[Job("lint"), Job("test")]),
        Run(8, at(hours=1), status="queued"),
    ]
    reading = Reading(github, jobs=True)
    found = reading.sync()
    assert [(job.job_id, job.run_id, job.name) for job in found.of("ci_job")] == [
        ("70", "7", "lint"),
        ("71", "7", "test"),
    ]
    run = fraud(github).runs[1]
    run.status, run.updated = "completed", later(github, hours=1)
    assert [job.run_id for job in reading.sync().of("ci_job")] == ["8"]
    assert reading.sync().records == []


def test_jobs_switched_on_later_are_caught_up(github: FakeGithub) -> None:
    bury(github, 30)
    reading = Reading(github)
    assert reading.sync().of("ci_job") == []
    reading.settings["jobs"] = True
    assert len(reading.sync().of("ci_job")) == 30


def test_jobs_of_more_runs_than_a_mark_holds_all_come(github: FakeGithub) -> None:
    bury(github, 1_150)
    reading = Reading(github, jobs=True)
    found = reading.sync()
    assert len({job.run_id for job in found.of("ci_job")}) == len(found.of("ci_job")) == 1_150
    assert max(len(page.marks.get("acme/fraud/runs", {}).get("due", [])) for page in found.pages) <= 1_000
    assert reading.sync().pages == []


def test_jobs_come_after_all_repositories(github: FakeGithub) -> None:
    github.world.add(Repo("acme/churn", runs=[finished(9, at(days=1))]))
    bury(github, 5)
    kinds = [page.kind for page in Reading(github, repos=["acme/*"], jobs=True).sync().pages]
    assert kinds.index("ci_job") > max(n for n, kind in enumerate(kinds) if kind != "ci_job")


def deployed(*states: str, number: int = 5, days: float = 1) -> Deployment:
    created = NOW - timedelta(days=days)
    statuses = [Status(state, iso(created + timedelta(minutes=n + 1))) for n, state in enumerate(states)]
    return Deployment(number, iso(created), statuses=statuses)


def test_a_deployment_is_read_again_until_it_is_over(github: FakeGithub) -> None:
    deployment = deployed("queued", days=80)
    fraud(github).deployments = [deployment]
    reading = Reading(github)
    assert reading.sync().of("deployment")[0].status == "pending"
    reading.sync()
    assert reading.sync().pages == []
    later(github, days=40)
    fraud(github).deployments += [deployed("success", number=100 + n, days=-1) for n in range(120)]
    deployment.statuses += [Status("in_progress", github.world.ago(minutes=2)), Status("success", github.world.ago())]
    reading.sync()
    seen = reading.kept["deployment", "5"]
    assert (seen.status, iso(seen.finished_at)) == ("succeeded", iso(github.world.time()))  # type: ignore[attr-defined]
    assert reading.sync().pages == []


def test_a_failed_deployment_that_succeeds_after_all_is_seen(github: FakeGithub) -> None:
    deployment = deployed("failure")
    fraud(github).deployments = [deployment]
    reading = Reading(github)
    reading.sync()
    deployment.updated = later(github, hours=1)
    deployment.statuses.append(Status("success", deployment.updated))
    assert [each.status for each in reading.sync().of("deployment")] == ["succeeded"]


def merged(number: int, **before: float) -> Pull:
    return Pull(1_000 + number, number, at(days=200), at(**before), at(**before), commits=[at(days=201)], reviews=[])


def test_requests_merged_into_the_default_branch_are_changes(github: FakeGithub) -> None:
    other, closed = merged(2, days=2), merged(3, days=3)
    other.base, closed.merged = "release-1", None
    fraud(github).pulls = [merged(1, days=1), other, closed, merged(4, days=100)]
    found = Reading(github).sync()
    assert [change.change_id for change in found.of("change")] == ["1001"]
    assert sum("/commits" in address for address, _ in found.requests) == 1


def test_a_comment_on_a_merged_request_while_reading_loses_none(github: FakeGithub) -> None:
    fraud(github).pulls = [merged(n, days=1 + n / 10) for n in range(1, 251)]

    def comment(world: World) -> None:
        world.repos["acme/fraud"].pulls[240].updated = iso(NOW)

    github.faults.append(Fault(match="pulls.*page=2", action=comment))
    reading = Reading(github)
    reading.sync()
    later(github, hours=1)
    reading.sync()
    assert len(reading.of("change")) == 250


def test_a_detail_that_fails_is_asked_for_again(github: FakeGithub) -> None:
    fraud(github).pulls = [merged(n, days=n) for n in range(1, 4)]
    fraud(github).deployments = [deployed("success", number=n, days=n) for n in range(1, 4)]
    github.faults += [
        Fault("failed", match="pulls/2/commits", times=2),
        Fault("failed", match="deployments/2/", times=2),
    ]
    reading = Reading(github)
    first = reading.sync()
    assert len(first.faults) == 2 and len(first.of("change")) == len(first.of("deployment")) == 2
    second = reading.sync()
    assert second.faults == [] and len(reading.of("change")) == len(reading.of("deployment")) == 3


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
    assert len(found.faults) == 1 and len(found.pages) == 3


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


def test_check_is_silent_when_all_is_well(github: FakeGithub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_TOKEN", TOKEN)
    reading = Reading(github, token_env="SOME_TOKEN")
    assert list(reading.source().check(reading.http())) == []


def test_check_names_what_is_missing(github: FakeGithub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOME_TOKEN", raising=False)
    reading = Reading(github, token_env="SOME_TOKEN")
    assert list(reading.source().check(reading.http())) == [
        "gh: $SOME_TOKEN is not set; set it to a token that may read acme/fraud"
    ]
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
