"""What other tools of this field get wrong, each in the situation in which they do, named after the mistake.

All were met in tools that are in use. What a page must not do stands in tests/app/test_delivery.py and test_charts.py.
"""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from queries import metrics, rows
from queries.definitions import Definitions
from queries.slice import Slice
from tests.conftest import Site
from tests.fake_github import FakeGithub
from tests.github_world import Repo, Run, World, iso
from tests.ingest.github_reading import TOKEN, Reading
from tests.queries.world import Rows, read_model

LIVE = {"repo": "acme/fraud", "environment": "production", "status": "succeeded", "cause": "human_change"}
LIVE |= {"created_at": "2026-06-01 09:00", "finished_at": "2026-06-01 10:00"}
CHANGE = {"repo": "acme/fraud", "merged_at": "2026-06-01 08:00"}
RUN = {"repo": "acme/fraud", "workflow": "test", "status": "completed", "created_at": "2026-06-01 09:00"}


def ask(records: Rows, name: str, part: Slice | None = None, **definitions: Any) -> list[dict[str, Any]]:
    con = read_model(records, Definitions(**definitions) if definitions else None)
    return metrics.ask(con, name, part or Slice()).to_dicts()


def one(records: Rows, name: str, part: Slice | None = None) -> dict[str, Any]:
    (row,) = ask(records, name, part)
    return row


def test_a_run_in_progress_at_one_sync_is_never_fetched_again() -> None:
    """It began before the first sync and ended before the second, while newer runs had come and gone."""
    start = datetime(2026, 6, 1)
    repo, world = Repo("acme/fraud"), World(token=TOKEN, now=start)
    world.add(repo)
    at = iso(start)
    repo.runs = [Run(1, at, at, at, status="in_progress"), Run(2, at, at, at, conclusion="success")]
    with FakeGithub(world) as github:
        reading = Reading(github)
        reading.sync()
        world.now = start + timedelta(hours=2)
        repo.runs[0].status, repo.runs[0].conclusion, repo.runs[0].updated = "completed", "failure", iso(world.now)
        later = iso(world.now)
        repo.runs += [Run(n, later, later, later, conclusion="success") for n in range(3, 8)]
        reading.sync()
    runs = [record.model_dump() for record in reading.kept.values() if record.noun == "ci_run"]
    row = one({"ci_run": runs}, "ci_health")
    assert (row["run_count"], row["success_count"], row["failure_count"]) == (7, 6, 1)


def test_an_incident_40_days_after_the_only_deployment_gives_a_failure_rate_of_100_per_cent() -> None:
    incident = {"incident_id": "i", "opened_at": "2026-07-11 10:00", "repo": "acme/fraud"}
    con = read_model({"deployment": [LIVE | {"deployment_id": "d"}], "incident": [incident]}, now=datetime(2026, 8, 1))
    row = metrics.ask(con, "change_fail_rate", Slice()).row(0, named=True)
    assert (row["deployment_count"], row["failed_count"], row["change_fail_ratio"]) == (1, 0, 0)
    # within three days it does
    near = incident | {"opened_at": "2026-06-03 10:00"}
    row = one({"deployment": [LIVE | {"deployment_id": "d"}], "incident": [near]}, "change_fail_rate")
    assert (row["failed_count"], row["change_fail_ratio"]) == (1, 1)


def test_an_incident_is_blamed_on_another_repository_s_failed_run() -> None:
    """Right before it, the run that deploys another repository failed, and another repository was deployed."""
    records: Rows = {
        "deployment": [
            LIVE | {"deployment_id": "mine"},
            LIVE | {"deployment_id": "other", "repo": "acme/other", "finished_at": "2026-06-01 12:00"},
            LIVE
            | {"deployment_id": "failed", "repo": "acme/other", "status": "failed", "finished_at": "2026-06-01 12:30"},
        ],
        "ci_run": [
            RUN | {"run_id": "r", "repo": "acme/other", "conclusion": "failure", "created_at": "2026-06-01 12:20"}
        ],
        "incident": [{"incident_id": "i", "opened_at": "2026-06-01 13:00", "repo": "acme/fraud"}],
    }
    found = rows.fact_rows(read_model(records), "deployment_failure")
    assert found["deployment_id"].to_list() == ["mine"]


def test_failed_deployments_count_in_no_rate_or_cancelled_ones_in_the_denominator() -> None:
    states = ["succeeded"] * 6 + ["failed"] * 2 + ["cancelled"] * 8
    made = [LIVE | {"deployment_id": f"d{n}", "status": state} for n, state in enumerate(states)]
    row = one({"deployment": made}, "deployment_failure_rate")
    assert (row["attempt_count"], row["failed_count"], row["failure_ratio"]) == (8, 2, 0.25)


def test_one_incident_naming_three_commits_gives_150_per_cent() -> None:
    """Two deployments; one incident is told three times, once for each commit that it names, and two more follow."""
    made = [LIVE | {"deployment_id": f"d{n}", "sha": f"s{n}"} for n in range(2)]
    told = [{"incident_id": f"i-{n}", "opened_at": "2026-06-01 11:00", "deployment_id": "d1"} for n in range(3)]
    row = one({"deployment": made, "incident": told}, "change_fail_rate")
    assert (row["deployment_count"], row["failed_count"], row["change_fail_ratio"]) == (2, 1, 0.5)


def test_a_missing_stage_counts_as_zero() -> None:
    """145 hours from first commit to production, 25 of them after the merge; it was never opened for review."""
    changes = [
        CHANGE | {"change_id": f"c{n}", "first_commit_at": "2026-05-26 09:00", "merged_at": "2026-05-31 09:00"}
        for n in range(6)
    ]
    row = one({"deployment": [LIVE | {"deployment_id": "d"}], "change": changes}, "lead_time")
    assert (row["lead_time_hours_median"], row["deploy_hours_median"]) == (145, 25)
    assert (row["coding_hours_median"], row["review_hours_median"]) == (None, None)
    assert (row["coding_count"], row["review_count"], row["negative_count"]) == (0, 0, 0)


def test_the_lower_median_passes_for_the_median() -> None:
    """10 to 60 hours: the median is 35, the lower one 30."""
    changes = [
        CHANGE | {"change_id": f"c{n}", "first_commit_at": datetime(2026, 6, 1, 10) - timedelta(hours=10 * n)}
        for n in range(1, 7)
    ]
    assert (
        one({"deployment": [LIVE | {"deployment_id": "d"}], "change": changes}, "lead_time")["lead_time_hours_median"]
        == 35
    )


def test_the_first_deployment_of_a_repo_claims_year_old_changes_or_none() -> None:
    changes = [
        CHANGE | {"change_id": "old", "merged_at": "2025-06-01 08:00"},
        CHANGE | {"change_id": "new", "merged_at": "2026-05-20 08:00"},
    ]
    found = rows.fact_rows(read_model({"deployment": [LIVE | {"deployment_id": "d"}], "change": changes}), "lead_time")
    assert dict(zip(found["change_id"], found["deployment_id"], strict=True)) == {"old": None, "new": "d"}


def test_squash_merges_lose_their_lead_time() -> None:
    """The commit on main is new: neither the branch's head nor in its history. It was deployed as such."""
    made = [
        LIVE | {"deployment_id": "before", "sha": "other", "created_at": "2026-06-01 08:30"},
        LIVE
        | {
            "deployment_id": "with it",
            "sha": "squashed",
            "created_at": "2026-06-01 12:00",
            "finished_at": "2026-06-01 13:00",
        },
    ]
    change = CHANGE | {
        "change_id": "c",
        "head_sha": "branch",
        "merge_sha": "squashed",
        "first_commit_at": "2026-05-31 13:00",
    }
    found = rows.fact_rows(read_model({"deployment": made, "change": [change]}), "lead_time").row(0, named=True)
    assert (found["deployment_id"], found["link_method"], found["lead_time_hours"]) == ("with it", "sha", 24)


def test_staging_counts_as_production() -> None:
    places = ["production", "staging", "test-eu", "preprod", "Prod-eu", "qa"]
    made = [LIVE | {"deployment_id": f"d{n}", "environment": place} for n, place in enumerate(places)]
    assert one({"deployment": made}, "deployment_count")["deployment_count"] == 2


def test_a_deployment_s_time_is_its_start() -> None:
    """Begun in June, live in July: it is July's, and its change took 25 hours and not one."""
    made = {"created_at": "2026-06-30 22:00", "started_at": "2026-06-30 23:00", "finished_at": "2026-07-01 23:00"}
    change = {
        "change_id": "c",
        "first_commit_at": "2026-06-30 22:00",
        "merged_at": "2026-06-30 22:00",
        "shipped_in": "d",
    }
    records: Rows = {"deployment": [LIVE | made | {"deployment_id": "d"}], "change": [CHANGE | change]}
    con = read_model(records, now=datetime(2026, 8, 2))
    counts = metrics.ask(con, "deployment_count", Slice(by="month"))
    assert dict(zip(counts["period"], counts["deployment_count"], strict=True))[date(2026, 7, 1)] == 1
    assert rows.fact_rows(con, "lead_time")["lead_time_hours"].to_list() == [25]


def test_a_figure_of_one_project_changes_when_another_shares_its_repo() -> None:
    mine: Rows = {
        "deployment": [LIVE | {"deployment_id": f"m{n}", "product": "fraud"} for n in range(3)],
        "incident": [{"incident_id": "i", "opened_at": "2026-06-01 11:00", "product": "fraud", "repo": "acme/fraud"}],
        "change": [CHANGE | {"change_id": "c", "first_commit_at": "2026-05-31 10:00", "shipped_in": "m0"}],
    }
    other: Rows = {
        "deployment": [
            LIVE | {"deployment_id": f"o{n}", "product": "churn", "finished_at": "2026-06-01 10:30"} for n in range(7)
        ],
        "incident": [{"incident_id": "j", "opened_at": "2026-06-01 11:30", "product": "churn", "repo": "acme/fraud"}],
        "change": [CHANGE | {"change_id": "d", "first_commit_at": "2026-05-01 10:00", "shipped_in": "o0"}],
    }
    both = {noun: mine[noun] + other[noun] for noun in mine}
    part = Slice(where={"product": ("fraud",)})
    for name in ("deployment_count", "change_fail_rate", "lead_time", "recovery_time", "rework_rate"):
        assert ask(both, name, part) == ask(mine, name, part), name


@pytest.mark.parametrize(
    "name", ["change_fail_rate", "recovery_time", "deployment_failure_rate", "lead_time", "ci_health"]
)
def test_no_data_reads_as_the_best_band(name: str) -> None:
    """Nobody reports incidents, runs or changes, or deployments at all: there is no figure and a reason."""
    records: Rows = (
        {"deployment": [LIVE | {"deployment_id": "d"}]} if name in {"change_fail_rate", "recovery_time"} else {}
    )
    row = one(records, name)
    figures = {
        column: value
        for column, value in row.items()
        if column.endswith(("_ratio", "_median", "_low", "_high", "failed_count", "recovered_count"))
    }
    assert figures and set(figures.values()) == {None}
    assert row["withheld"].startswith("not measured: no source delivers ")


def test_months_without_data_are_drawn_as_0() -> None:
    """April and June have changes of ten hours, May none: no median, and no share of failed deployments, is 0 there."""
    made = [
        LIVE
        | {
            "deployment_id": f"{month}-{n}",
            "created_at": f"2026-0{month}-0{n} 09:00",
            "finished_at": f"2026-0{month}-0{n} 10:00",
        }
        for month in (4, 6)
        for n in range(1, 8)
    ]
    changes = [
        {"change_id": row["deployment_id"], "repo": row["repo"], "merged_at": row["created_at"]}
        | {"first_commit_at": f"{row['finished_at'][:10]} 00:00", "shipped_in": row["deployment_id"]}
        for row in made
    ]
    records: Rows = {"deployment": made, "change": changes, "incident": []}
    lead = ask(records, "lead_time", Slice(by="month"))
    assert [row["lead_time_hours_median"] for row in lead] == [10, None, 10]
    fail = ask(records, "change_fail_rate", Slice(by="month"))
    assert [(row["deployment_count"], row["change_fail_ratio"]) for row in fail] == [(7, 0), (0, None), (7, 0)]
    # and before the first there is no month at all
    assert fail[0]["period"] == date(2026, 4, 1)


def test_two_teams_that_push_build_number_42_overwrite_each_other(site: Site) -> None:
    site.config.write_text(
        "".join(f'[[source]]\nname = "{name}"\nkind = "files"\npath = "{name}"\n' for name in ("alpha", "beta"))
    )
    header = "deployment_id,repo,environment,created_at,status,finished_at\n"
    for name in ("alpha", "beta"):
        (site.folder / name).mkdir()
        row = f"42,acme/{name},prod,2026-06-01T10:00:00Z,succeeded,2026-06-01T10:05:00Z\n"
        (site.folder / name / "deployment.csv").write_text(header + row)
    site.ingest()
    found = site.rows("select deployment_id, repo from staging.deployment order by all")
    assert found == [("alpha:42", "acme/alpha"), ("beta:42", "acme/beta")]


def test_re_run_attempts_count_as_new_runs() -> None:
    attempts = [RUN | {"run_id": "r", "attempt": n, "conclusion": "failure" if n < 3 else "success"} for n in (1, 2, 3)]
    row = one({"ci_run": attempts}, "ci_health")
    assert (row["run_count"], row["success_ratio"], row["rerun_count"], row["first_success_ratio"]) == (1, 1, 1, 0)


def test_three_failure_rates_in_one_product() -> None:
    """There are two, of two things, with names that cannot be mixed up; and whoever asks gets the same figure."""
    failing = {
        (name, column)
        for name, metric in metrics.METRICS.items()
        for column in metric.columns
        if column.endswith("_ratio") and "fail" in column
    }
    assert failing == {("change_fail_rate", "change_fail_ratio"), ("deployment_failure_rate", "failure_ratio")}
    made = [LIVE | {"deployment_id": f"d{n}", "status": "failed" if n < 3 else "succeeded"} for n in range(10)]
    records: Rows = {
        "deployment": made,
        "incident": [{"incident_id": "i", "opened_at": "2026-06-01 11:00", "deployment_id": "d5"}],
    }
    con = read_model(records)
    whole = metrics.ask(con, "change_fail_rate", Slice())["change_fail_ratio"][0]
    assert whole == pytest.approx(1 / 7)
    for part in (
        Slice(by="quarter"),
        Slice(group=("repo",)),
        Slice(group=("path",)),
        Slice(where={"repo": ("acme/fraud",)}),
    ):
        assert metrics.ask(con, "change_fail_rate", part)["change_fail_ratio"].to_list() == [whole]
    assert metrics.ask(con, "deployment_failure_rate", Slice())["failure_ratio"][0] == 0.3
