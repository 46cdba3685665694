"""A small organisation as records, and a data folder that holds it: what tests of the dashboard look at."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from ingest.records import RECORDS
from ingest.warehouse import FILE, Warehouse
from queries.build import Published, build
from queries.definitions import Definitions

NOW = datetime(2026, 6, 24, 12, tzinfo=UTC).replace(tzinfo=None)
DEFINITIONS = Definitions(organisation="Acme & <b>Sons</b>", simulated_sources=("s",))
HOSTILE = "<script>alert(1)</script> [x](javascript:alert(2)) $\\LaTeX$ :bug: *y*"
"""Markup as data could hold it; it must stand on the page as it is written here."""
Records = dict[str, list[dict[str, Any]]]


def records(teams: int = 4, since: date = date(2025, 10, 1)) -> Records:
    """Teams with a production deployment on most working days, half of them through the platform, and one survey."""
    nouns = ("team", "ownership", "deployment", "change", "incident", "ci_run", "ci_job", "capability")
    found: Records = {name: [] for name in nouns}
    for t in range(teams):
        name = HOSTILE if t == 1 else f"Team {chr(65 + t)}"
        domain, onboarded = "Risk" if t % 2 else "Sales", datetime(since.year, since.month, since.day)
        team = {"team_id": f"t{t}", "name": name, "domain": domain, "headcount": 6, "onboarded_at": onboarded}
        found["team"].append(team)
        found["capability"] += [_state(f"t{t}", "CI/CD", t), _state(f"t{t}", f"compute {HOSTILE}", t + 1)]
        found["ownership"].append({"pattern": f"acme/model-{t}", "team_id": f"t{t}"})
    day, n = since, 0
    while day < date(2026, 6, 23):
        for t in range(teams):
            if day.weekday() < 5 and (day.toordinal() + t) % 3 == 0:
                _one_day(found, n, t, datetime(day.year, day.month, day.day, 9))
                n += 1
        day += timedelta(days=1)
    return {**found, **survey()}


def _state(team: str, surface: str, n: int) -> dict[str, Any]:
    level, since = ("strategic", "tactical", "none", "not_required")[n % 4], datetime(2025, 1, 1)
    return {
        "team_id": team,
        "capability": surface,
        "level": level,
        "observed_at": datetime(2025, 11, 1),
        "since": since,
    }


def _one_day(found: Records, n: int, t: int, at: datetime) -> None:
    repo, sha = f"acme/model-{t}", f"{n:040x}"
    deployment = {
        "deployment_id": f"d{n}",
        "repo": repo,
        "product": f"model {t}",
        "environment": "production",
        "created_at": at,
        "finished_at": at + timedelta(minutes=20),
        "status": "failed" if n % 19 == 0 else "succeeded",
        "sha": sha,
        "via_platform": None if n % 37 == 0 else t % 2 == 0,
        "cause": "retrain" if n % 5 == 0 else "human_change",
        "url": "javascript:alert(3)" if n % 7 == 0 else f"https://tool.example/{n}",
    }
    found["deployment"].append(deployment)
    found["change"].append(
        {
            "change_id": f"c{n}",
            "repo": repo,
            "first_commit_at": at - timedelta(hours=50 + n % 30),
            "opened_at": at - timedelta(hours=30),
            "merged_at": at - timedelta(hours=5),
            "merge_sha": sha,
        }
    )
    found["ci_run"].append(
        {
            "run_id": f"r{n}",
            "repo": repo,
            "workflow": "CI",
            "branch": "main",
            "url": deployment["url"],
            "created_at": at,
            "started_at": at + timedelta(seconds=20),
            "finished_at": at + timedelta(minutes=6),
            "status": "completed",
            "conclusion": "failure" if n % 9 == 0 else "success",
        }
    )
    found["ci_job"].append(
        {
            "job_id": f"j{n}",
            "run_id": f"r{n}",
            "name": f"lint {HOSTILE}",
            "conclusion": found["ci_run"][-1]["conclusion"],
        }
    )
    if n % 11 == 0 and deployment["status"] == "succeeded":
        found["incident"].append(
            {"incident_id": f"i{n}", "opened_at": at + timedelta(hours=3), "deployment_id": f"d{n}"}
        )


def survey() -> Records:
    """Two surveys about six pains; one pain is rated by four people only. Titles hold markup."""
    pains = ["Slow approvals", HOSTILE, "No alarms", "Notebooks", "Old guide", "Rarely met"]
    ratings = [5, 5, 4, 1, 1, 5]
    answers = []
    for survey_id in ("S1", "S2"):
        for person in range(24):
            for p, rating in enumerate(ratings):
                if p < 5 or person < 4:
                    answers.append(_answer(survey_id, person, p, rating if person % 6 else 3))
    return {
        "survey": [
            {"survey_id": "S1", "title": "First", "opened_at": datetime(2025, 11, 3), "invited_count": 40},
            {"survey_id": "S2", "title": "Second", "opened_at": datetime(2026, 5, 4), "invited_count": 40},
        ],
        "survey_answer": answers,
        "pain_point": [{"pain_id": f"P{p}", "title": title} for p, title in enumerate(pains)],
        "initiative": [
            {"initiative_id": "I1", "title": f"Fast lane {HOSTILE}", "status": "planned", "pain_ids": ["P0"],
             "priority": 1, "effort_days": 5},
            {"initiative_id": "I2", "title": "Scheduler", "status": "in_progress", "pain_ids": ["P3"],
             "priority": 2, "effort_days": 30},
            {"initiative_id": "I3", "title": "New region", "status": "planned", "priority": 3},
        ],
    }  # fmt: skip


def _answer(survey_id: str, person: int, pain: int, rating: int) -> dict[str, Any]:
    return {
        "survey_id": survey_id,
        "response_id": f"{survey_id}-{person}",
        "question_id": f"q{pain}",
        "respondent": f"p{person}",
        "team_id": f"t{person % 3}",
        "role": "owner" if person < 4 else "data scientist",
        "pain_id": f"P{pain}",
        "rating": rating,
        "scale_min": 1,
        "scale_max": 5,
    }


def publish(data: Path, rows: Records, now: datetime = NOW, definitions: Definitions = DEFINITIONS) -> Published:
    """Replaces what the data folder's warehouse holds by these records (source `s`) and publishes a new build."""
    data.mkdir(parents=True, exist_ok=True)
    (data / FILE).unlink(missing_ok=True)
    with Warehouse(data):
        pass
    with duckdb.connect(str(data / FILE)) as con:
        con.begin()
        for noun, found in rows.items():
            con.execute("insert into staging.coverage values ('s', ?)", [noun])
            if found:
                values = [{"source": "s", **_prefixed(noun, row)} for row in found]
                con.register("found", pl.DataFrame(values, infer_schema_length=None))
                con.execute(f"insert into staging.{noun} by name from found")
        con.execute(
            "insert into staging.rejected values ('s', 'team', 's/team.csv', 3, ?, ?)", [f"name: {HOSTILE}", HOSTILE]
        )
        con.commit()
    return build(data / FILE, data / "read", definitions, force=True, now=now)


def _prefixed(noun: str, row: dict[str, Any]) -> dict[str, Any]:
    """A validated row whose ids and references begin with the source's name, as ingest makes them."""
    kind = RECORDS[noun]
    values = kind.model_validate(row).model_dump()
    for name in (*kind.ids, *kind.refs):
        if isinstance(values[name], list):
            values[name] = [f"s:{one}" for one in values[name]]
        elif values[name] is not None:
            values[name] = f"s:{values[name]}"
    return values
