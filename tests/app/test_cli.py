"""The command line: what each command prints, which way it ends, and that options work on either side of its name."""

import csv
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from app.cli import main
from queries import metrics
from queries.rows import FACTS
from tests.conftest import ROOT, Site

DEPLOYMENT = (
    "deployment_id,repo,environment,created_at,status,finished_at,product\n"
    "1,acme/x,prod,2025-01-01T10:00:00Z,succeeded,2025-01-01T10:05:00Z,=churn\n"
    "2,acme/x,prod,2025-02-03T10:00:00Z,failed,2025-02-03T10:05:00Z,=churn\n"
    "3,acme/y,live,2025-02-04T10:00:00Z,succeeded,2025-02-04T10:05:00Z,fraud\n"
)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site that has ingested; its tests only read."""
    site = Site(tmp_path_factory.mktemp("filled"))
    site.export("deployment.csv", DEPLOYMENT)
    site.ingest()
    return site


def answer(site: Site, *arguments: str) -> list[dict[str, Any]]:
    result = site.uptake(*arguments, "--format", "json")
    assert result.exit_code == 0, result.output
    rows: list[dict[str, Any]] = json.loads(result.stdout)
    return rows


def test_metric_prints_rows_as_json(filled: Site) -> None:
    (row,) = answer(filled, "metric", "deployment_count")
    assert row["deployment_count"] == 2
    by_month = answer(filled, "metric", "deployment_count", "--by", "month", "--group", "product, repo")
    assert {(row["period"], row["product"], row["repo"]): row["deployment_count"] for row in by_month}[
        ("2025-02-01", "fraud", "acme/y")
    ] == 1


def test_metric_takes_a_window_and_conditions(filled: Site) -> None:
    def counted(*arguments: str) -> int:
        return sum(row["deployment_count"] for row in answer(filled, "metric", "deployment_count", *arguments))

    assert counted("--since", "2025-02-01") == 1
    assert counted("--until", "2025-02-04") == 1
    assert counted("--where", "repo=acme/x") == 1
    assert counted("--where", " repo = acme/x ") == 1
    assert counted("--where", "repo=acme/x", "--where", "repo=acme/y") == 2
    assert counted("--where", "repo=acme/x", "--where", "product=fraud") == 0


def test_a_value_that_nothing_has_is_told_beside_the_answer(filled: Site) -> None:
    asked = filled.uptake("metric", "deployment_count", "--where", "repo=acme/z", "--format", "json")
    assert asked.stderr == "note: nothing that deployment_count counts has repo 'acme/z'; there are acme/x, acme/y\n"
    assert asked.exit_code == 0 and json.loads(asked.stdout)[0]["deployment_count"] == 0
    listed = filled.uptake("rows", "deployment", "--where", "repo=acme/z", "--where", "status=failed")
    assert listed.stderr.splitlines()[0].startswith("note: no deployment has repo 'acme/z'; there are acme/")


def test_metric_groups_by_each_column_once_however_it_is_named(filled: Site) -> None:
    both = answer(filled, "metric", "deployment_count", "--group", "product,repo")
    assert list(both[0])[:2] == ["product", "repo"]
    assert answer(filled, "metric", "deployment_count", "--group", "product", "--group", "repo,product") == both


def test_metric_compares_with_the_period_before(filled: Site) -> None:
    rows = answer(filled, "metric", "deployment_count", "--by", "month", "--compare", "before")
    found = {row["period"]: row for row in rows if row["figure"] == "deployment_count"}
    counts = {
        row["period"]: row["deployment_count"] for row in answer(filled, "metric", "deployment_count", "--by", "month")
    }
    first, *others = sorted(counts)
    assert found[first]["value_before"] is None and found[first]["withheld"].startswith("the data begins on ")
    assert others and all(found[month]["value"] == counts[month] for month in counts)
    assert found[others[0]]["value_before"] == counts[first]


@pytest.mark.parametrize("more", [[], ["--compare", "before"]], ids=["alone", "compared"])
@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_a_metric_that_nobody_can_answer_says_so_beside_its_empty_answer(
    filled: Site, form: str, more: list[str]
) -> None:
    result = filled.uptake("metric", "lead_time", "--by", "week", "--format", form, *more)
    assert result.exit_code == 0
    assert result.stderr == "note: lead_time is not measured: no source delivers changes\n"
    assert form != "json" or json.loads(result.stdout) == []
    logged = json.loads(filled.uptake("--log", "json", "metric", "lead_time", "--by", "week", *more).stderr)
    assert (logged["level"], logged["message"]) == ("note", result.stderr.removeprefix("note: ").rstrip())


def test_an_empty_answer_of_what_is_measured_has_nothing_beside_it(filled: Site) -> None:
    window = ["--since", "2030-01-01", "--until", "2030-02-01"]
    result = filled.uptake("metric", "deployment_count", "--group", "team_id", *window, "--format", "json")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "[]\n", "")


def test_build_makes_the_tables_that_a_newer_version_knows(site: Site) -> None:
    site.export("deployment.csv", DEPLOYMENT)
    site.ingest()
    with duckdb.connect(str(site.data / "warehouse.duckdb")) as con:
        con.execute("drop table staging.change")
    result = site.uptake("build")
    assert result.exit_code == 0, result.output
    assert answer(site, "metric", "deployment_count")[0]["deployment_count"] == 2


def test_metric_list_names_each_with_its_question(filled: Site) -> None:
    lines = filled.uptake("metric", "--list").stdout.splitlines()
    assert [line.split(maxsplit=1) for line in lines] == [
        [name, metric.question] for name, metric in metrics.METRICS.items()
    ]
    listed = [{"name": name, "question": metric.question} for name, metric in metrics.METRICS.items()]
    assert answer(filled, "metric", "--list") == listed
    written = io.StringIO(filled.uptake("metric", "--list", "--format", "csv").stdout)
    assert list(csv.DictReader(written)) == listed


@pytest.mark.parametrize("name", metrics.METRICS)
def test_every_metric_answers_in_every_format(filled: Site, name: str) -> None:
    rows = answer(filled, "metric", name)
    table = filled.uptake("metric", name).stdout.splitlines()
    assert len(table) == max(len(rows), 1) + 1
    written = list(csv.DictReader(io.StringIO(filled.uptake("metric", name, "--format", "csv").stdout)))
    assert len(written) == len(rows)
    assert not rows or list(written[0]) == list(rows[0]) == table[0].split()


@pytest.mark.parametrize("name", FACTS)
def test_every_fact_prints_its_rows(filled: Site, name: str) -> None:
    assert filled.uptake("rows", name).exit_code == 0


def test_rows_takes_a_window_and_conditions(filled: Site) -> None:
    rows = answer(filled, "rows", "deployment", "--since", "2025-02-01", "--where", "status=failed")
    assert [(row["deployment_id"], row["finished_at"]) for row in rows] == [("drop:2", "2025-02-03T10:05:00Z")]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("finished_at=2025-02-03T10:05:00Z", ["drop:2"]),
        ("finished_at=2025-02-03T11:05:00+01:00", ["drop:2"]),
        ("is_unplanned=False", ["drop:1", "drop:2", "drop:3"]),
        ("is_unplanned=0", ["drop:1", "drop:2", "drop:3"]),
        ("is_unplanned=true", []),
    ],
)
def test_rows_finds_a_value_as_it_is_meant(filled: Site, condition: str, found: list[str]) -> None:
    rows = answer(filled, "rows", "deployment", "--where", condition)
    assert sorted(row["deployment_id"] for row in rows) == found


def test_csv_runs_no_formula(filled: Site) -> None:
    text = filled.uptake("rows", "deployment", "--format", "csv").stdout
    assert [row["product"] for row in csv.DictReader(io.StringIO(text))] == ["'=churn", "'=churn", "fraud"]


USAGE = [
    (["metric", "nope"], "unknown metric 'nope'; there are deployment_count, "),
    (["metric", "lead_time", "--by", "year"], "unknown period 'year'; use one of day, week, month, quarter, all"),
    (["metric", "lead_time", "--group", "colour"], "lead_time has no column 'colour' to group or filter by; it has "),
    (["metric", "lead_time", "--where", "team_id"], "--where team_id: give it as COL=VALUE"),
    (["metric", "lead_time", "--since", "yesterday"], "Invalid value for '--since': 'yesterday' does not match "),
    (["metric", "lead_time", "--since", "2025-01-02", "--until", "2025-01-01"], "--until 2025-01-01 is not after "),
    (["metric", "lead_time", "--compare", "year"], "a comparison needs a window: name its first day with --since, or "),
    (
        ["metric", "lead_time", "--by", "week", "--compare", "last"],
        "cannot compare with 'last'; use one of before, year",
    ),
    (
        ["metric", "pain", "--by", "week", "--compare", "year"],
        "pain is compared with no other period; use --since and --until for each",
    ),
    (["metric"], "name a metric; `uptake metric --list` shows them all"),
    (["rows", "nope"], "unknown fact 'nope'; there are "),
    (["metric", "lead_time", "--where", "is_bot=maybe"], "--where is_bot=maybe: is_bot is true or false"),
    (
        ["rows", "deployment", "--where", "finished_at=noon"],
        "--where finished_at=noon: finished_at is a time such as 2026-01-31T09:00:00Z",
    ),
    (["rows", "lead_time", "--where", "coding_hours=-"], "--where coding_hours=-: coding_hours is a number"),
    (["rows", "deployment", "--where", "a=b"], "fact deployment has no column 'a'; it has "),
    (["ingest", "nope"], "no source is called 'nope'; there are drop"),
    (["replay", "nope"], "no source is called 'nope'; there are drop"),
    (["ingest", "--colour"], "No such option '--colour'"),
    (["frobnicate"], "No such command 'frobnicate'."),
    (["app", "--port", "0"], "Invalid value for '--port': 0 is not in the range 1<=x<=65535."),
]


@pytest.mark.parametrize(("arguments", "fault"), USAGE)
def test_bad_usage_is_one_line_and_exit_code_2(filled: Site, arguments: list[str], fault: str) -> None:
    result = filled.uptake(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith(f"error: {fault}")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments", [["metric", "lead_time"], ["rows", "deployment"], ["build"]], ids=lambda arguments: arguments[0]
)
def test_without_data_a_question_says_what_to_do(site: Site, arguments: list[str]) -> None:
    result = site.uptake(*arguments)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"error: {site.data}")
    assert "run `uptake ingest` first, or name the" in result.stderr


@pytest.mark.parametrize("arguments", [["metric", "lead_time"], ["rows", "deployment"], ["status"], ["app"]])
def test_settings_that_are_named_must_be_there(
    filled: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str]
) -> None:
    gone = str(tmp_path / "gone.toml")
    monkeypatch.setattr(os, "execve", lambda *given: pytest.fail("it serves with settings that are not there"))
    run = CliRunner().invoke
    for options, variable in ((["--config", gone], str(filled.config)), ([], gone)):
        monkeypatch.setenv("UPTAKE_CONFIG", variable)
        result = run(main, [*arguments, *options, "--data", str(filled.data)])
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith(f"error: {gone}: no such file; ") and result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["adoption_funnel", "--since", "2025-01-01"],
            "adoption_funnel tells how things stand now, whatever --since says",
        ),
        (["retention", "--by", "week"], "retention answers for a window as a whole, whatever --by says; --since and "),
        (["lead_time", "--by", "week", "--since", "2025-01-01"], ""),
    ],
)
def test_what_a_metric_does_not_know_is_said_beside_its_answer(filled: Site, arguments: list[str], said: str) -> None:
    places = ["--config", str(filled.config), "--data", str(filled.data), "--format", "json"]
    result = CliRunner().invoke(main, ["metric", *arguments, *places])
    assert result.exit_code == 0 and isinstance(json.loads(result.stdout), list)
    assert result.stderr.startswith(f"note: {said}") if said else "whatever" not in result.stderr


def test_a_question_needs_no_settings(filled: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("UPTAKE_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    for arguments in (["metric", "lead_time"], ["rows", "deployment"]):
        assert CliRunner().invoke(main, [*arguments, "--data", str(filled.data)]).exit_code == 0


def test_common_options_stand_before_or_after_the_name(filled: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPTAKE_DATA", "nowhere")
    places = ["--config", str(filled.config), "--data", str(filled.data)]
    run = CliRunner().invoke
    before, after = run(main, [*places, "status"]), run(main, ["status", *places])
    assert (before.exit_code, after.exit_code) == (0, 0)
    assert before.stdout == after.stdout
    assert run(main, ["status", *places[:2]]).exit_code == 1
    monkeypatch.setenv("UPTAKE_DATA", str(filled.data))
    monkeypatch.setenv("UPTAKE_CONFIG", str(filled.config))
    assert run(main, ["status"]).stdout == before.stdout


@pytest.mark.parametrize("before", [True, False])
def test_the_json_log_has_one_object_a_line(site: Site, before: bool) -> None:
    site.export("deployment.csv", DEPLOYMENT)
    site.export("colour.csv", "a\n")
    result = site.uptake(*(["--log", "json", "ingest"] if before else ["ingest", "--log", "json"]))
    assert result.exit_code == 1
    (said,) = (json.loads(line) for line in result.stdout.splitlines())
    assert said["level"] == "info"
    assert said["message"].startswith("ingest: 1 source, 1 failed, 3 rows new or changed, published read-000001 in ")
    assert said["sources"] == {"drop": {"pages": 1, "received": 3, "rows": 3, "rejected": 0, "faults": 1}}
    assert said["read_model"] == "read-000001"
    (fault,) = (json.loads(line) for line in result.stderr.splitlines())
    assert fault.keys() == {"at", "level", "message"}
    assert fault["level"] == "error"
    assert datetime.fromisoformat(fault["at"]) <= datetime.now(UTC)
    # and what ends a command early is an object too
    assert json.loads(site.uptake("--log=json", "metric", "nope").stderr)["level"] == "error"


def test_status_of_what_never_ran_is_stale(site: Site) -> None:
    result = site.uptake("status")
    assert result.exit_code == 1
    assert result.stdout == "drop (files): STALE, never succeeded, 0 rows rejected\nread model: none yet\n"
    assert not site.data.exists()


def test_status_tells_freshness_rows_and_the_read_model(site: Site) -> None:
    site.export("deployment.csv", DEPLOYMENT)
    site.ingest()
    fresh = site.uptake("status", "--format", "json")
    assert fresh.exit_code == 0
    found = json.loads(fresh.stdout)
    (source,) = found["sources"]
    assert source["name"] == "drop"
    assert source["kind"] == "files"
    assert source["rows"] == {"deployment": 3}
    assert source["rejected"] == 0
    assert source["stale"] is False
    assert source["last_run_at"] == source["last_success_at"]
    assert found["read_model"]["name"] == "read-000001"

    log = site.data / "status.json"
    old = (datetime.now(UTC) - timedelta(hours=37)).strftime("%Y-%m-%dT%H:%M:%SZ")
    log.write_text(log.read_text().replace(source["last_success_at"], old))
    result = site.uptake("status")
    assert result.exit_code == 1
    assert "drop (files): STALE, last success 37 h ago, 0 rows rejected\n    deployment: 3 rows\n" in result.stdout
    site.config.write_text(site.config.read_text() + "stale_after_hours = 38\n")
    assert site.uptake("status").exit_code == 0


@pytest.mark.parametrize("content", [b'{"sources": {"dr', b"\xff\xfe", b""])
def test_a_damaged_run_log_is_named_until_the_next_ingest_mends_it(site: Site, content: bytes) -> None:
    site.export("deployment.csv", DEPLOYMENT)
    site.ingest()
    log = site.data / "status.json"
    log.write_bytes(content)
    result = site.uptake("status")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"error: {log}: cannot be read (is damaged); the next `uptake ingest` writes it anew\n"
    site.ingest()
    assert site.uptake("status").exit_code == 0


def test_a_damaged_read_model_is_named_and_made_anew(site: Site) -> None:
    site.export("deployment.csv", DEPLOYMENT)
    site.ingest()
    current = (site.data / "read" / "current").resolve()
    current.write_bytes(b"half")
    for question in (["status"], ["metric", "deployment_count"], ["rows", "deployment"]):
        result = site.uptake(*question)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith(f"error: {current}: cannot be read (")
        assert result.stderr.endswith("); `uptake build` makes another one\n")
        assert result.stderr.count("\n") == 1
    assert "published read-000002" in site.ingest().stdout
    assert site.uptake("status").exit_code == 0


def test_a_disk_too_full_for_the_log_is_one_line_and_what_was_loaded_stays(site: Site) -> None:
    site.export("deployment.csv", DEPLOYMENT)
    with Path("/dev/full").open("w") as full:
        ended = site.start("ingest", stdout=full)
        _, said = ended.communicate(timeout=60)
    line = "error: the output: cannot be written (No space left on device); free space and run again\n"
    assert (ended.returncode, said) == (1, line)
    assert site.rows("select count(*) from staging.deployment") == [(3,)]


def test_status_names_planned_work_for_a_pain_that_nobody_knows(site: Site) -> None:
    """p1 is a pain point; p2 only a survey rates; what is shipped or names none is no slip."""
    site.export("pain_point.csv", "pain_id,title\np1,Slow builds\n")
    site.export("survey.csv", "survey_id,opened_at\ns1,2025-01-01\n")
    site.export("survey_answer.csv", "survey_id,response_id,question_id,pain_id,rating\ns1,r1,q1,p2,5\n")
    site.export(
        "initiative.csv",
        "initiative_id,title,status,pain_ids\ni1,a,planned,p1\ni2,b,in_progress,p2\ni3,c,planned,p1;pl\n"
        "i4,d,shipped,gone\ni5,e,planned,\n",
    )
    site.ingest()
    text = site.uptake("status")
    assert (text.exit_code, text.stdout.count("warning: ")) == (0, 1)
    warning = "initiative drop:i3 names pain drop:pl, which is no pain point and no survey rates; mend its pain_ids, "
    assert f"\nwarning: {warning}or add the pain point\n" in text.stdout
    assert json.loads(site.uptake("status", "--format", "json").stdout)["warnings"] == [
        f"{warning}or add the pain point"
    ]


def test_check_says_what_is_missing_and_writes_nothing(site: Site) -> None:
    site.config.write_text(
        site.config.read_text()
        + '\n[[source]]\nname = "gh"\nkind = "github"\nrepos = ["acme/x"]\ntoken_env = "NO_SUCH_TOKEN"\n'
    )
    result = site.uptake("check")
    assert result.exit_code == 1
    assert result.stdout == "config: ok\n"
    missing, token = result.stderr.splitlines()
    assert missing.startswith(f"error: drop: {site.exports} holds no file to read; ")
    assert token.startswith("error: gh: ")
    assert "NO_SUCH_TOKEN" in token
    assert not site.data.exists()


def test_check_of_a_good_site(site: Site) -> None:
    site.export("deployment.csv", DEPLOYMENT)
    result = site.uptake("check")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "config: ok\ndrop: ok\n", "")


def test_demo_ingests_as_simulated(tmp_path: Path) -> None:
    run = CliRunner(env={"UPTAKE_PEPPER": "pepper"}).invoke
    written = run(main, ["demo", "--teams", "2", "--months", "2", "--out", str(tmp_path / "demo")])
    config = tmp_path / "demo" / "uptake.toml"
    assert written.exit_code == 0
    assert written.stdout == f"demo: simulated organisation written; next: uptake ingest --config {config}\n"
    places = ["--config", str(config), "--data", str(tmp_path / "data")]
    assert run(main, ["ingest", *places]).exit_code == 0
    found = json.loads(run(main, ["status", "--format", "json", *places]).stdout)
    assert found["read_model"]["is_simulated"] is True


@pytest.mark.slow
def test_help_is_quick_since_it_imports_nothing_heavy() -> None:
    listing = "import sys, app.cli; from click.testing import CliRunner; CliRunner().invoke(app.cli.main, ['--help'])"
    heavy = "{'duckdb', 'polars', 'pydantic', 'streamlit', 'requests', 'pyarrow'}"
    printed = subprocess.run(
        [sys.executable, "-c", f"{listing}; print(sorted({heavy} & sys.modules.keys()))"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert printed.stdout == "[]\n"


@pytest.mark.slow
def test_a_reader_that_leaves_early_is_not_bothered(filled: Site) -> None:
    process = filled.start("rows", "deployment")
    assert process.stdout
    process.stdout.close()
    assert process.stderr
    assert process.stderr.read() == ""
    assert process.wait(timeout=30) == 1


@pytest.mark.slow
def test_app_serves_at_the_address_that_it_says(filled: Site) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = filled.start("app", "--port", str(port))
    try:
        assert process.stdout
        assert process.stdout.readline() == f"Uptake: http://localhost:{port}\n"
        answered = 0
        given_up = time.monotonic() + 30
        while answered != 200 and time.monotonic() < given_up:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5) as response:
                    answered = response.status
            except OSError:
                time.sleep(0.1)
        assert answered == 200
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
