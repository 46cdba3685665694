"""A whole run through the command: twice, replayed, rehearsed, with a failing source; and what it leaves behind."""

import json
import shutil
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import pytest

from ingest import raw, run
from ingest.warehouse import Warehouse
from tests.conftest import Site

TEAM = "team_id,name,headcount\na,Alpha,5\nb,Beta,\n"
DEPLOYMENT = (
    "deployment_id,repo,environment,created_at,status,finished_at,actor,product\n"
    "1,acme/x,prod,2025-01-01T10:00:00Z,succeeded,2025-01-01T10:05:00Z,Jane Doe,churn\n"
    "2,acme/x,prod,2025-01-03T10:00:00Z,failed,2025-01-03T10:05:00Z,Joe Bloggs,churn\n"
)


@pytest.fixture
def filled(site: Site) -> Site:
    site.export("team.csv", TEAM)
    site.export("deployment.csv", DEPLOYMENT)
    return site


def test_the_first_run_says_what_it_did(filled: Site) -> None:
    result = filled.ingest()
    assert result.stderr == ""
    assert result.stdout.startswith("ingest: 1 source, 4 rows new or changed, published read-000001 in ")
    assert filled.rows("select deployment_id, actor is not null, created_at from staging.deployment order by 1") == [
        ("drop:1", True, datetime(2025, 1, 1, 10)),
        ("drop:2", True, datetime(2025, 1, 3, 10)),
    ]


def test_a_second_run_changes_nothing_but_the_run_log(filled: Site) -> None:
    filled.ingest()
    before, files = filled.checksums(), filled.files()
    assert filled.ingest().stdout == "ingest: 1 source, nothing new; read-000001 stays\n"
    assert filled.checksums() == before
    assert filled.files() == files
    assert filled.rows("select run_id, row_count, outcome from meta.run order by 1") == [(1, 4, "ok"), (2, 0, "ok")]


def test_an_older_row_gives_way_to_a_newer_one_and_rows_of_a_file_that_is_gone_stay(filled: Site) -> None:
    filled.ingest()
    filled.export("deployment.csv", DEPLOYMENT.replace("failed", "succeeded"))
    (filled.exports / "team.csv").unlink()
    assert filled.ingest().stdout.startswith("ingest: 1 source, 1 rows new or changed, published read-000002 in ")
    assert filled.rows("select status from staging.deployment") == [("succeeded",), ("succeeded",)]
    assert filled.rows("select count(*) from staging.team") == [(2,)]


def test_rejected_rows_go_when_their_file_is_mended(filled: Site) -> None:
    filled.export("team.csv", TEAM + "c,,\n")
    filled.export("survey.csv", "survey_id,opened_at\ns,never\n")
    assert len(filled.load()) == 1
    assert filled.rows("select file, row_number from staging.rejected order by 1") == [
        ("drop/survey.csv", 2),
        ("drop/team.csv", 4),
    ]
    filled.export("team.csv", TEAM + "c,Gamma,\n")
    assert filled.load() == []
    assert filled.rows("select file, row_number from staging.rejected") == [("drop/survey.csv", 2)]


def test_full_reads_all_again_and_ends_the_same(filled: Site) -> None:
    filled.ingest()
    before = filled.checksums()
    assert filled.ingest("--full").stdout.startswith("ingest: 1 source, nothing new, published read-000002 in ")
    assert filled.checksums() == before
    assert len(raw.files(filled.data)) == 3  # the second says that all is to be read again


def test_replay_gives_the_same_tables(filled: Site) -> None:
    filled.export("team.csv", TEAM + "c,,\n")
    filled.uptake("ingest")
    filled.export("team.csv", TEAM.replace("Alpha", "Alef"))
    filled.ingest()
    before = filled.checksums()
    assert filled.rows("select name from staging.team order by 1") == [("Alef",), ("Beta",)]
    result = filled.uptake("replay")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("replay: 1 source, 5 rows new or changed, 1 rejected, published read-000003 in ")
    assert filled.checksums() == before


def test_a_lost_warehouse_is_made_anew_from_raw(filled: Site) -> None:
    filled.ingest()
    before = filled.checksums()
    (filled.data / "warehouse.duckdb").write_bytes(b"no database")
    broken = filled.uptake("ingest")
    assert broken.exit_code == 1
    assert broken.stderr.startswith(f"error: {filled.data}/warehouse.duckdb: cannot be read or written (")
    (filled.data / "warehouse.duckdb").unlink()
    filled.ingest()
    assert filled.checksums() == before
    assert len(raw.files(filled.data)) == 1


def test_a_dry_run_counts_and_writes_nothing(filled: Site) -> None:
    filled.export("survey.csv", "survey_id\n")
    result = filled.uptake("ingest", "--dry-run")
    assert result.exit_code == 1
    assert result.stderr == "error: drop/survey.csv: column 'opened_at' is missing; every survey needs it\n"
    assert result.stdout == "dry run: 1 source, 1 failed, 4 rows to load\n"
    assert not filled.data.exists()

    (filled.exports / "survey.csv").unlink()
    filled.ingest()
    state = {path: path.stat() for path in filled.data.rglob("*")}
    filled.export("team.csv", TEAM + "c,Gamma,\n")
    assert filled.uptake("ingest", "--dry-run").stdout == "dry run: 1 source, 3 rows to load\n"
    assert {path: path.stat().st_mtime_ns for path in filled.data.rglob("*")} == {
        path: stat.st_mtime_ns for path, stat in state.items()
    }


def second_source(site: Site, name: str) -> Path:
    """Adds a source whose folder has its name; the folder is not made."""
    site.config.write_text(
        site.config.read_text() + f'\n[[source]]\nname = "{name}"\nkind = "files"\npath = "{name}"\n'
    )
    return site.folder / name


def test_a_source_that_fails_does_not_stop_the_others(filled: Site) -> None:
    folder = second_source(filled, "lost")
    result = filled.uptake("ingest")
    assert result.exit_code == 1
    assert result.stderr == f"error: lost: {folder}: no such folder or file; mend `path`, or make it\n"
    assert result.stdout.startswith("ingest: 2 sources, 1 failed, 4 rows new or changed, published read-000001 in ")
    assert filled.rows("select source, outcome from meta.run order by 1") == [("drop", "ok"), ("lost", "failed")]


def test_only_the_named_sources_are_pulled(filled: Site) -> None:
    second_source(filled, "lost")
    assert filled.ingest("drop").stdout.startswith("ingest: 1 source, 4 rows")
    assert filled.rows("select source from meta.run") == [("drop",)]


def test_references_keep_the_name_of_the_source_that_they_point_into(site: Site) -> None:
    plan = second_source(site, "plan")
    plan.mkdir()
    (plan / "initiative.jsonl").write_text(
        '{"initiative_id": "i", "title": "T", "status": "idea", "pain_ids": ["p", "drop:p", "other:p"]}\n'
    )
    site.export("incident.csv", "incident_id,opened_at,deployment_id,team_id\ndrop:7,2025-01-01,plan:1,\n")
    assert site.load() == []
    assert site.rows("select initiative_id, pain_ids from staging.initiative") == [
        ("plan:i", ["plan:p", "drop:p", "plan:other:p"])
    ]
    assert site.rows("select incident_id, deployment_id, team_id from staging.incident") == [("drop:7", "plan:1", None)]


def test_a_file_without_rows_counts_as_delivered(site: Site) -> None:
    site.export("incident.csv", "incident_id,opened_at\n")
    site.ingest()
    assert site.rows("from staging.coverage") == [("drop", "incident")]
    assert json.loads((site.data / "status.json").read_text())["sources"]["drop"]["rows"] == {"incident": 0}


def test_a_damaged_raw_file_is_named_and_its_source_waits(filled: Site) -> None:
    filled.ingest()
    before = filled.checksums()
    (file,) = (filled.data / "raw").glob("*/*/*.gz")
    good = file.read_bytes()
    file.write_bytes(good[:-20])
    result = filled.uptake("replay")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"error: {file}: this raw file is damaged (Compressed file ended")
    assert result.stderr.endswith("); restore it from a backup, or move it away and run `uptake ingest drop --full`\n")
    # the source is not pulled either, since newer rows must not come before the older ones; but the others are
    plan = second_source(filled, "plan")
    plan.mkdir()
    (plan / "survey.csv").write_text("survey_id,opened_at\ns,2025-01-01\n")
    assert filled.uptake("ingest").exit_code == 1
    assert filled.rows("select count(*) from staging.team") == [(0,)]
    assert filled.rows("select survey_id from staging.survey") == [("plan:s",)]
    file.write_bytes(good)
    filled.ingest()
    after = filled.checksums()
    for table in ("staging.team", "staging.deployment", "staging.rejected", "facts.deployment"):
        assert after[table] == before[table]


def test_what_was_landed_and_not_loaded_is_loaded_first(filled: Site) -> None:
    filled.ingest()
    before = filled.checksums()
    # as after a kill between the two, with the exports gone meanwhile
    (filled.data / "warehouse.duckdb").unlink()
    shutil.rmtree(filled.exports)
    filled.exports.mkdir()
    assert filled.ingest().stdout == "ingest: 1 source, 4 rows new or changed; read-000001 stays\n"
    assert filled.checksums() == before


def test_what_a_killed_run_left_half_written_is_removed(filled: Site) -> None:
    filled.load()
    (day,) = (filled.data / "raw" / "drop").iterdir()
    (day / "000000002.jsonl.gz.tmp").write_bytes(b"half")
    filled.load()
    assert [path.name for path in day.iterdir()] == ["000000001.jsonl.gz"]


def test_status_json_tells_readers_about_the_last_runs(filled: Site) -> None:
    filled.ingest()
    first = json.loads((filled.data / "status.json").read_text())
    filled.export("colour.csv", "a\n")
    filled.export("team.csv", TEAM + "c,,\n")
    assert filled.uptake("ingest").exit_code == 1
    status = json.loads((filled.data / "status.json").read_text())
    drop = status["sources"]["drop"]
    assert drop["kind"] == "files"
    assert drop["rows"] == {"deployment": 2, "team": 2}
    assert drop["rejected"] == 1
    assert drop["stale_after_hours"] == 36
    assert drop["faults"][0].startswith("drop/colour.csv: matches no record")
    assert drop["last_success_at"] == first["sources"]["drop"]["last_run_at"]
    assert drop["last_run_at"] >= drop["last_success_at"]
    assert [(run["run_id"], run["outcome"]) for run in status["runs"]] == [(2, "failed"), (1, "ok")]
    assert status["build"]["name"] == "read-000002"

    (filled.exports / "colour.csv").unlink()
    filled.export("team.csv", TEAM)
    filled.ingest()
    assert json.loads((filled.data / "status.json").read_text())["sources"]["drop"]["faults"] == []


def test_status_json_keeps_the_last_50_runs(filled: Site) -> None:
    filled.ingest()
    with Warehouse(filled.data) as warehouse, warehouse.transaction():
        for run_id in range(2, 80):
            at = datetime(2025, 1, 1)
            counts = {"page_count": 0, "row_count": 0, "rejected_count": 0}
            entry = {"source": "drop", "started_at": at, "finished_at": at, "outcome": "ok", "message": None}
            warehouse.log_run(run_id=run_id, command="ingest", **entry, **counts)
    filled.ingest()
    runs = json.loads((filled.data / "status.json").read_text())["runs"]
    assert [run["run_id"] for run in runs] == list(range(80, 30, -1))


class Clock(datetime):
    """Shows so many days more than it should."""

    days = 0

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:
        return datetime.now(tz) + timedelta(days=cls.days)


def test_a_clock_that_jumps_loses_nothing_and_the_last_run_stays_the_last(
    filled: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (raw, run):
        monkeypatch.setattr(module, "datetime", Clock)
    for days, name in ((0, "One"), (4000, "Two"), (-4000, "Three"), (1, "Four")):
        monkeypatch.setattr(Clock, "days", days)
        filled.export("team.csv", TEAM.replace("Alpha", name))
        filled.ingest()
        assert filled.rows("select name from staging.team order by 1 desc limit 1") == [(name,)]
    before = filled.checksums()
    assert filled.uptake("replay").exit_code == 0
    assert filled.checksums() == before
    last = filled.rows("select max(finished_at) from meta.run where run_id = 4")[0][0]
    status = json.loads((filled.data / "status.json").read_text())["sources"]["drop"]
    assert status["last_run_at"] == status["last_success_at"] == f"{last:%Y-%m-%dT%H:%M:%SZ}"


def test_raw_files_are_ordered_by_number_whatever_their_day(filled: Site) -> None:
    assert filled.load() == []
    (day,) = (filled.data / "raw" / "drop").iterdir()
    # as if the clock had stood in the future at the first run
    day.rename(day.with_name("2999-12-31"))
    filled.export("team.csv", TEAM.replace("Alpha", "Alef"))
    (filled.data / "warehouse.duckdb").unlink()
    assert filled.load() == []
    filled.uptake("replay")
    assert [file.number for file in raw.files(filled.data)] == [1, 2]
    assert filled.rows("select name from staging.team order by 1") == [("Alef",), ("Beta",)]
