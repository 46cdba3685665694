"""Cuts the sample from the recorded data that it comes from: `python data/sample/cut.py RECORDED_FOLDER`.

Kept so that anyone can see what was changed: columns are renamed to Uptake's records, words become numbers, and what a
record has no column for is left out. No value is invented; data/sample/README.md says where each comes from.
"""

import csv
import gzip
import io
import json
import re
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CONCLUSION = {"COMPLETED": "success", "FAILED": "failure", "ABORTED": "cancelled"}
KEPT_JOBS = 2000
SURVEY = "jupyter-2020"


def main(recorded: Path) -> None:
    """Writes the files of ci, incidents and survey."""
    with (recorded / "ci" / "bitcoin-core" / "jobs_full.csv").open(encoding="utf-8") as file:
        jobs = list(csv.DictReader(file))
    _write("ci/ci_run.csv.gz", _runs(jobs))
    _write("ci/ci_job.csv.gz", [_job(job) for job in jobs[:KEPT_JOBS]])
    lines = (recorded / "incidents" / "github-status" / "incidents.jsonl").read_text("utf-8").splitlines()
    _write("incidents/incident.csv.gz", [_incident(json.loads(line)) for line in lines])
    with (recorded / "surveys" / "jupyter-2020" / "all_responses.csv").open(encoding="utf-8-sig") as file:
        responses = list(csv.DictReader(file))
    pains = [(name, *_pain(name)) for name in responses[0] if _is_pain(name)]
    _write("survey/pain_point.csv", [{"pain_id": pain_id, "title": title} for _, pain_id, title in pains])
    _write("survey/survey.csv", [{"survey_id": SURVEY, "opened_at": "2020-12-01", "title": "Jupyter survey 2020"}])
    _write("survey/survey_answer.csv.gz", [a for n, row in enumerate(responses, 1) for a in _answers(n, row, pains)])


def _runs(jobs: list[dict[str, str]]) -> list[dict[str, Any]]:
    runs: dict[str, dict[str, Any]] = {}
    for job in jobs:
        run = runs.setdefault(
            job["run_id"],
            {
                "run_id": job["run_id"],
                "repo": "bitcoin/bitcoin",
                "workflow": "CI",
                "created_at": job["run_created_at"],
                "status": "completed",
                "conclusion": CONCLUSION[job["run_status"]],
                "branch": job["head_branch"],
                "sha": job["head_sha"],
                "started_at": job["job_started_at"],
                "finished_at": job["job_finished_at"],
            },
        )
        run["started_at"] = min(run["started_at"], job["job_started_at"])
        run["finished_at"] = max(run["finished_at"], job["job_finished_at"])
    return list(runs.values())


def _job(job: dict[str, str]) -> dict[str, Any]:
    return {
        "job_id": job["job_id"],
        "run_id": job["run_id"],
        "name": job["job_name"],
        "conclusion": CONCLUSION[job["job_status"]],
        "created_at": job["job_created_at"],
        "started_at": job["job_started_at"],
        "finished_at": job["job_finished_at"],
    }


def _incident(incident: dict[str, Any]) -> dict[str, Any]:
    return {
        "incident_id": incident["id"],
        "opened_at": incident["started_at"],
        "resolved_at": incident["resolved_at"],
        "product": "github.com",
        "severity": incident["impact"],
        "title": incident["title"],
        "url": incident["url"],
    }


def _is_pain(question: str) -> bool:
    return re.match(r"(10|13|15|19|20)[a-i]\. ", question) is not None


def _pain(question: str) -> tuple[str, str]:
    number, _, title = question.replace("\xa0", " ").partition(". ")
    return f"q{number}", " ".join(title.rstrip(".").split())


def _answers(number: int, row: dict[str, str], pains: list[tuple[str, str, str]]) -> list[dict[str, Any]]:
    roles = [name[3:].rstrip(".") for name, value in row.items() if name.startswith("4. ") and value.strip()]
    answers = []
    for question, pain_id, _ in pains:
        rating = re.match(r"\((\d)\)", row[question])
        if rating:
            answers.append(
                {
                    "survey_id": SURVEY,
                    "response_id": str(number),
                    "question_id": pain_id,
                    "pain_id": pain_id,
                    "role": roles[0] if len(roles) == 1 else "several or none",
                    "rating": rating[1],
                    "scale_min": 0,
                    "scale_max": 4,
                }
            )
    return answers


def _write(name: str, rows: list[dict[str, Any]]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    data = text.getvalue().encode()
    path = HERE / name
    path.write_bytes(gzip.compress(data, mtime=0) if name.endswith(".gz") else data)
    print(f"{path.name}: {len(rows)} rows, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
