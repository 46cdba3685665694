"""The recorded real data through the real commands, compared with counts made in plain Python from the same files."""

import csv
import gzip
import json
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

SAMPLE = Path(__file__).parent.parent / "data" / "sample"


def read(name: str) -> list[dict[str, str]]:
    with gzip.open(SAMPLE / name, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def uptake(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    data = tmp_path_factory.mktemp("sample") / "data"

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [
            sys.executable,
            "-m",
            "app.cli",
            "--config",
            str(SAMPLE / "uptake.toml"),
            "--data",
            str(data),
            *words,
        ]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    first = run("ingest")
    assert first.returncode == 0, first.stderr
    # 19 of the recorded jobs end before they start; they are refused by name, the rest is loaded
    assert "19 rejected" in first.stdout + first.stderr
    return run


def ask(uptake: Callable[..., Any], *words: str) -> list[dict[str, Any]]:
    done = uptake(*words, "--format", "json")
    assert done.returncode == 0, done.stderr
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def test_ci_health_of_a_real_repository(uptake: Callable[..., Any]) -> None:
    runs = read("ci/ci_run.csv.gz")
    counted = [run for run in runs if run["conclusion"] in {"success", "failure"}]

    def seconds(run: dict[str, str], first: str, last: str) -> float:
        return (datetime.fromisoformat(run[last]) - datetime.fromisoformat(run[first])).total_seconds()

    (row,) = ask(uptake, "metric", "ci_health")
    assert len(runs) == 923
    assert row["run_count"] == len(counted)
    assert row["success_count"] == sum(run["conclusion"] == "success" for run in counted)
    assert row["failure_count"] == sum(run["conclusion"] == "failure" for run in counted)
    assert row["cancelled_count"] == sum(run["conclusion"] == "cancelled" for run in runs)
    assert row["queue_seconds_median"] == statistics.median(seconds(r, "created_at", "started_at") for r in counted)
    assert row["duration_seconds_median"] == statistics.median(seconds(r, "started_at", "finished_at") for r in counted)


def test_flaky_commits_of_a_real_repository(uptake: Callable[..., Any]) -> None:
    verdicts = defaultdict(list)
    for run in read("ci/ci_run.csv.gz"):
        if run["conclusion"] in {"success", "failure"}:
            verdicts[run["sha"]].append((run["finished_at"], run["conclusion"]))
    flaky = 0
    for runs in verdicts.values():
        outcomes = [conclusion for _, conclusion in sorted(runs)]
        flaky += "failure" in outcomes and "success" in outcomes[outcomes.index("failure") :]
    (row,) = ask(uptake, "metric", "ci_health")
    assert row["flaky_count"] == flaky > 0


def test_weeks_of_a_real_repository_add_up(uptake: Callable[..., Any]) -> None:
    weeks = ask(uptake, "metric", "ci_health", "--by", "week")
    (whole,) = ask(uptake, "metric", "ci_health")
    assert len(weeks) == 7
    assert sum(week["run_count"] for week in weeks) == whole["run_count"]


def test_pain_of_a_real_survey(uptake: Callable[..., Any]) -> None:
    ratings = defaultdict(list)
    for answer in read("survey/survey_answer.csv.gz"):
        ratings[answer["pain_id"]].append(int(answer["rating"]))
    rows = {row["pain_id"].removeprefix("jupyter:"): row for row in ask(uptake, "metric", "pain")}
    assert set(rows) == set(ratings)
    assert len(rows) == 33
    for pain_id, given in ratings.items():
        row = rows[pain_id]
        assert row["answer_count"] == len(given)
        assert row["affected_count"] == sum(rating >= 3 for rating in given)
        assert row["severity_mean"] == pytest.approx(statistics.mean(given) / 4)
        assert row["affected_ratio_low"] < row["affected_ratio"] < row["affected_ratio_high"]


def test_incidents_without_deployments_are_kept_and_blame_nothing(uptake: Callable[..., Any]) -> None:
    incidents = ask(uptake, "rows", "incident")
    assert len(incidents) == len(read("incidents/incident.csv.gz")) == 819
    assert all(incident["deployment_id"] is None for incident in incidents)
    assert ask(uptake, "rows", "deployment_failure") == []


def test_small_groups_of_a_real_survey_are_hidden(uptake: Callable[..., Any]) -> None:
    rows = ask(uptake, "metric", "pain", "--group", "role")
    hidden = [row for row in rows if row["withheld"]]
    assert hidden, "the survey has roles that fewer than five people hold"
    for row in rows:
        assert (row["answer_count"] is None) == (row["affected_count"] is None) == bool(row["withheld"])
        assert row["answer_count"] is None or row["answer_count"] >= 5


def test_again_changes_nothing(uptake: Callable[..., Any]) -> None:
    again = uptake("ingest")
    assert again.returncode == 0
    assert "nothing new" in again.stdout + again.stderr
