"""Runs and jobs: what is read, when it is read again, and that none is missed."""

from datetime import date, datetime, timedelta

import pytest

from tests.fake_github import FakeGithub
from tests.github_faults import Fault
from tests.github_world import Job, Repo, Run, iso, simulated
from tests.ingest.github_reading import Reading
from tests.ingest.github_repo import NOW, at, bury, finished, fraud, later, rerun


def test_the_first_reading_goes_back_ninety_days(github: FakeGithub) -> None:
    fraud(github).runs = [finished(n, at(days=days)) for n, days in enumerate([300, 91, 89, 1])]
    assert [run.run_id for run in Reading(github).sync().of("ci_run")] == ["3", "2"]


def test_the_first_reading_goes_back_to_since(github: FakeGithub) -> None:
    fraud(github).runs = [finished(n, at(days=days)) for n, days in enumerate([300, 91, 89, 1])]
    found = Reading(github, since=date(2026, 1, 1)).sync().of("ci_run")
    assert [run.run_id for run in found] == ["3", "2", "1"]


def test_nothing_new_costs_one_conditional_request_for_the_name_and_one_a_list(github: FakeGithub) -> None:
    bury(github, 30)
    reading = Reading(github, jobs=True)
    reading.sync()
    again = reading.sync()
    assert again.pages == [] and again.faults == []
    assert [(address.split("?")[0], status) for address, status in again.requests] == [
        ("/repos/acme/fraud", 304),
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


def test_a_run_with_more_jobs_than_a_page_holds_has_them_all(github: FakeGithub) -> None:
    jobs = [Job(f"test {number}", failed_step="pytest" if number == 140 else None) for number in range(150)]
    fraud(github).runs = [finished(7, at(days=1), jobs=jobs)]
    found = Reading(github, jobs=True).sync().of("ci_job")
    assert len(found) == 150 and [job.name for job in found if job.failed_step == "pytest"] == ["test 140"]


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


@pytest.mark.parametrize("config", [True, False])
def test_looking_further_back_goes_on_where_it_was_cut_short(github: FakeGithub, config: bool) -> None:
    """Else what lies between the last window that was read and the first reading would never be read."""
    fraud(github).runs = [finished(n, at(days=80 - n / 60)) for n in range(3_000)]
    reading = Reading(github, since="2026-04-01")
    reading.sync()
    recent = len(reading.of("ci_run"))
    github.faults.append(Fault("forbidden", match="page=2", spare=2))
    if config:
        reading.settings["since"] = "2026-01-01"
        reading.sync()
    else:
        reading.sync(floor=datetime(2026, 1, 1))
    assert recent < len(reading.of("ci_run")) < 3_000
    between = reading.sync()
    assert len(reading.of("ci_run")) == 3_000 and between.faults == []
