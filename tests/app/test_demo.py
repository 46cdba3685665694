"""The simulated organisation's files: their rows are records, and the same arguments give the same bytes."""

from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.demo import write
from app.demo.founding import found
from app.demo.parameters import Effects
from ingest.errors import ConfigError
from ingest.records import RECORDS
from tests.app.demo_folder import END, DemoFolder, contents, default_demo, office_time

COMPARED = "deployed_commit"
"""What only a comparison of commits gives: the files of an organisation name the deployment of a change themselves."""

MIDNIGHT = datetime(END.year, END.month, END.day)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoFolder:
    return default_demo(tmp_path_factory.getbasetemp())


def by_people(demo: DemoFolder) -> list[Any]:
    return [made for made in demo.production() if made.actor != "retrain-bot"]


def test_the_rows_that_are_no_records_are_those_that_truth_names(demo: DemoFolder) -> None:
    rejected = demo.truth["realised"]["rejected"]
    assert sorted((bad["file"], bad["row"]) for bad in rejected["rows"]) == sorted(demo.rejected)
    assert rejected["by_file"] == dict(Counter(name for name, _ in demo.rejected))
    assert len(demo.rejected) == 7
    assert all(bad < 0.01 * demo.row_counts[name] for name, bad in rejected["by_file"].items())


def test_every_record_is_there_in_the_sizes_that_were_asked_for(demo: DemoFolder) -> None:
    sizes = {noun: len(rows) for noun, rows in demo.records.items()}
    assert [noun for noun, size in sizes.items() if not size] == [COMPARED]
    assert sizes["team"] == 40
    assert 8_000 <= sizes["deployment"] <= 12_000
    assert 60_000 <= sizes["ci_run"] <= 120_000
    assert 10_000 <= sizes["change"] <= 15_000
    assert 200 <= sizes["incident"] <= 300
    assert (sizes["pain_point"], sizes["initiative"], sizes["survey"]) == (12, 14, 2)


def test_all_three_formats_are_used_and_the_folder_stays_small(demo: DemoFolder) -> None:
    files = contents(demo.folder)
    endings = {Path(name).suffix for name in files if name.startswith("exports")}
    assert endings == {".csv", ".jsonl", ".gz", ".parquet"}
    assert sum(map(len, files.values())) < 60_000_000


def test_it_says_that_it_is_simulated(demo: DemoFolder) -> None:
    assert [source.simulated for source in demo.settings.source] == [True]
    assert demo.settings.organisation.name == "Acme (simulated)"
    readme = (demo.folder / "README.md").read_text("utf-8")
    assert "made up" in readme
    assert "--seed 1" in readme
    assert "2026-11-23" in readme


def test_nothing_happened_after_the_end(demo: DemoFolder) -> None:
    planned = {"eligible_at"}
    late = [
        (noun, name, value)
        for noun, rows in demo.records.items()
        for row in rows
        for name, value in row
        if isinstance(value, datetime) and value >= MIDNIGHT and name not in planned
    ]
    assert late == []


def test_the_first_month_is_a_month_like_any_other(demo: DemoFolder) -> None:
    """Nothing was deployed or run before the start, yet what was merged before it and shipped after it is there."""
    start = datetime(2025, 5, 23)
    created = [row.created_at for noun in ("deployment", "ci_run") for row in demo.records[noun]]
    assert min(created) >= start
    first = Counter((made.created_at - start).days // 28 for made in by_people(demo))
    assert first[0] == pytest.approx(first[1], rel=0.25)
    early = [change for change in demo.records["change"] if change.merged_at < start]
    assert len(early) > 100
    assert min(change.merged_at for change in early) > start - timedelta(days=31)


def test_references_lead_somewhere(demo: DemoFolder) -> None:
    known = {
        "team_id": {row.team_id for row in demo.records["team"]},
        "run_id": {row.run_id for row in demo.records["ci_run"]},
        "deployment_id": {row.deployment_id for row in demo.records["deployment"]},
        "survey_id": {row.survey_id for row in demo.records["survey"]},
        "pain_id": {row.pain_id for row in demo.records["pain_point"]},
    }
    known |= {"rollback_of": known["deployment_id"], "shipped_in": known["deployment_id"], "pain_ids": known["pain_id"]}
    for noun, rows in demo.records.items():
        for name in RECORDS[noun].refs if noun != COMPARED else ():
            given = [getattr(row, name) for row in rows if getattr(row, name) is not None]
            flat = {one for value in given for one in (value if isinstance(value, list) else [value])}
            assert flat, f"{noun}.{name} is never given"
            assert flat <= known[name], f"{noun}.{name}"


def test_ids_are_unique(demo: DemoFolder) -> None:
    for noun, rows in demo.records.items():
        keys = Counter(tuple(getattr(row, part) for part in RECORDS[noun].key) for row in rows)
        assert [key for key, count in keys.items() if count > 1] == [], noun


def test_people_rest_at_christmas_and_mostly_at_weekends(demo: DemoFolder) -> None:
    days = [office_time(made.created_at) for made in by_people(demo)]
    assert not [day for day in days if (day.month, day.day) in {(12, 25), (12, 26), (1, 1)}]
    assert 0 < sum(day.weekday() >= 5 for day in days) < 0.03 * len(days)
    retrained = {office_time(made.created_at).date() for made in demo.production() if made.actor == "retrain-bot"}
    assert date(2025, 12, 25) in retrained


def test_the_fortnight_around_christmas_is_quiet(demo: DemoFolder) -> None:
    weeks = Counter((office_time(made.created_at).date() - date(2025, 12, 22)).days // 7 for made in by_people(demo))
    usual = sum(weeks[week] for week in range(-8, -2)) / 6
    assert weeks[0] < 0.5 * usual


def test_office_hours_follow_daylight_saving(demo: DemoFolder) -> None:
    merged = [change.merged_at for change in demo.records["change"]]
    winter = [at.hour + at.minute / 60 for at in merged if at.month in {1, 2, 12}]
    summer = [at.hour + at.minute / 60 for at in merged if at.month in {5, 6, 7}]
    shift = sum(winter) / len(winter) - sum(summer) / len(summer)
    assert 0.8 < shift < 1.2


def test_dirty_details_of_real_life_are_there(demo: DemoFolder) -> None:
    statuses = {made.status for made in demo.records["deployment"]}
    assert {"succeeded", "failed", "cancelled", "inactive"} <= statuses
    assert statuses & {"waiting", "in_progress"}
    conclusions = {run.conclusion for run in demo.records["ci_run"]}
    assert {"success", "failure", "cancelled", "skipped", "timed_out"} <= conclusions
    assert any(run.attempt == 2 for run in demo.records["ci_run"])
    assert any(change.is_bot for change in demo.records["change"])
    assert any(change.first_commit_at is None for change in demo.records["change"])
    rated = [answer for answer in demo.records["survey_answer"] if answer.pain_id and answer.rating is not None]
    assert {answer.scale_min for answer in rated} == {0, 1}
    assert any(row.since for row in demo.records["ownership"])
    assert sum(row.pattern.startswith("acme/mono:services/") for row in demo.records["ownership"]) == 3
    assert any(incident.resolved_at is None for incident in demo.records["incident"])


def test_same_arguments_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    first = contents(write(tmp_path / "a", seed=3, teams=6, months=3, end=END).parent)
    again = contents(write(tmp_path / "b", seed=3, teams=6, months=3, end=END).parent)
    other = contents(write(tmp_path / "c", seed=4, teams=6, months=3, end=END).parent)
    assert first == again
    assert {name for name in first if first[name] != other.get(name)} >= {
        "exports/change.jsonl.gz",
        "exports/ci_job.parquet",
        "exports/deployment-2026.csv",
        "exports/survey_answer.csv",
        "exports/team.csv",
        "truth.json",
    }


def test_writing_again_leaves_nothing_of_the_simulation_before(tmp_path: Path) -> None:
    write(tmp_path / "a", teams=3, months=18, end=END)
    renewed = contents(write(tmp_path / "a", teams=2, months=2, end=END).parent)
    assert renewed == contents(write(tmp_path / "b", teams=2, months=2, end=END).parent)


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "uptake.toml").write_text("timezone = 'UTC'\n", "utf-8")
    with pytest.raises(ConfigError, match="give another folder with --out"):
        write(tmp_path, teams=1, months=1, end=END)
    assert contents(tmp_path) == {"uptake.toml": b"timezone = 'UTC'\n"}


@pytest.mark.parametrize(("teams", "months"), [(0, 1), (1, 0)])
def test_no_organisation_without_teams_or_time(tmp_path: Path, teams: int, months: int) -> None:
    with pytest.raises(ConfigError, match="at least 1 team and 1 month"):
        write(tmp_path, teams=teams, months=months, end=END)


@pytest.mark.parametrize(("teams", "months"), [(1, 1), (1, 2), (2, 2), (3, 18), (45, 1)])
def test_small_and_short_organisations_are_sound(tmp_path: Path, teams: int, months: int) -> None:
    demo = DemoFolder(write(tmp_path, teams=teams, months=months, end=END))
    assert len(demo.records["team"]) == teams
    assert len({team.name for team in demo.records["team"]}) == teams
    assert demo.live()
    rejected = demo.truth["realised"]["rejected"]["rows"]
    assert sorted((bad["file"], bad["row"]) for bad in rejected) == sorted(demo.rejected)
    assert len(demo.rejected) <= 0.01 * sum(demo.row_counts.values())


def test_a_large_organisation_shares_no_person_and_no_name() -> None:
    world = found(1, 700, date(2026, 10, 1), END, Effects())
    accounts = [member.account for team in world.teams for member in team.members]
    assert len(set(accounts)) == len(accounts) > 5_500
    assert len({team.name for team in world.teams}) == len(world.teams) == 700
    assert len({product.name for product in world.products}) == len(world.products)


def test_it_ends_today_unless_told_otherwise(tmp_path: Path) -> None:
    demo = DemoFolder(write(tmp_path, teams=1, months=1))
    until = datetime.fromisoformat(demo.truth["until"])
    assert abs(until - datetime.now()) < timedelta(days=2)
    assert max(run.created_at for run in demo.records["ci_run"]) > until - timedelta(days=6)
