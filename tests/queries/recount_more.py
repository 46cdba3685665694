"""What the later metrics are made of, once more: plain Python over what `recount` makes of the records, no SQL."""

import statistics
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from fnmatch import fnmatch
from itertools import pairwise
from typing import Any

from tests.queries.recount import VERDICTS, Deployed, Recount, Row

Key = tuple[Any, ...]


def hours(first: datetime, last: datetime) -> float:
    return (last - first).total_seconds() / 3600


def incidents_by_deployment(recount: Recount) -> dict[str, list[Row]]:
    """Live deployment -> the incidents that are put down to it."""
    found: dict[str, list[Row]] = defaultdict(list)
    products = {one.product for one in recount.live}
    for incident in recount.records["incident"]:
        opened, named = incident["opened_at"], incident.get("deployment_id")
        product, repo, team = (incident.get(name) for name in ("product", "repo", "team_id"))

        def is_meant(one: Deployed, by: tuple[Any, ...] = (product, repo, team)) -> bool:
            product, repo, team = by
            if product and (not repo or product in products):
                return one.product == product
            return one.row["repo"] == repo and not (product and one.product) if repo else one.team_id == team

        before = [
            one
            for one in recount.live
            if (
                one.id == named
                if named
                else is_meant(one) and timedelta() <= opened - one.finished_at <= timedelta(days=3)
            )
        ]
        if before:
            found[max(before, key=lambda one: (one.finished_at, one.id)).id].append(incident)
    return found


def broken(recount: Recount) -> list[tuple[Deployed, float, bool]]:
    """Deployments that led to a failure, how many hours it lasted (so far), and whether it is over."""
    incidents, replaced = incidents_by_deployment(recount), {}
    for one in recount.deployments:
        if one.row["status"] == "succeeded" and one.previous and one.finished_at:
            replaced[one.previous.id] = min(one.finished_at, replaced.get(one.previous.id, one.finished_at))
    found = []
    for one in recount.live:
        assert one.finished_at is not None
        if not one.failures:
            continue
        mine = [incident.get("resolved_at") for incident in incidents[one.id]]
        ends = [replaced[one.id]] if one.id in replaced else []
        ends += [max(mine)] if mine and None not in mine else []
        found.append((one, hours(one.finished_at, min(ends, default=recount.as_of)), bool(ends)))
    return found


def breaks(recount: Recount) -> list[tuple[Row, str | None, datetime, float, bool, int]]:
    """First failing run, its team, when, hours (so far), whether it is green again, and how many runs failed."""
    pipelines: dict[Key, list[tuple[datetime, str, bool, str | None, Row]]] = defaultdict(list)
    for run in recount.runs:
        row = run.last
        if row.get("branch", "").lower() in {"main", "master", "trunk"} and row.get("conclusion") in VERDICTS:
            moment = row.get("finished_at") or row.get("started_at") or row["created_at"]
            passed = row["conclusion"] == "success"
            pipelines[row["repo"], row["workflow"], row["branch"]].append(
                (moment, row["run_id"], passed, run.team_id, row)
            )
    found = []
    for verdicts in pipelines.values():
        failing: list[tuple[datetime, str, bool, str | None, Row]] = []
        for verdict in sorted(verdicts, key=lambda one: one[:2]):
            if not verdict[2]:
                failing.append(verdict)
            elif failing:
                first = failing[0]
                found.append((first[4], first[3], first[0], hours(first[0], verdict[0]), True, len(failing)))
                failing = []
        if failing:
            first = failing[0]
            found.append((first[4], first[3], first[0], hours(first[0], recount.as_of), False, len(failing)))
    return found


def control_of(name: str | None, recount: Recount) -> list[str]:
    globs = recount.definitions.controls
    return [control for control, some in globs.items() if any(fnmatch((name or "").lower(), one) for one in some)]


def checks(recount: Recount) -> list[Row]:
    """Runs in which a control was checked: whether it stopped them, and the hours until it passed on the branch."""
    runs = {run.last["run_id"]: run for run in recount.runs}
    newest: dict[Key, Row] = {}
    for job in recount.records["ci_job"]:
        moment = job.get("finished_at") or job.get("started_at") or job["created_at"]
        key = job["run_id"], job["name"]
        if key not in newest or (moment, job["job_id"]) > (newest[key]["moment"], newest[key]["job_id"]):
            newest[key] = job | {"moment": moment}
    jobs = [job for job in newest.values() if job.get("conclusion") in VERDICTS]
    checked_in: dict[Key, set[str]] = defaultdict(set)
    for job in jobs:
        place = runs[job["run_id"]].last["repo"], job["name"]
        checked_in[place].update(control_of(job["name"], recount), control_of(job.get("failed_step"), recount))
    found: dict[Key, Row] = {}
    for job in jobs:
        run = runs[job["run_id"]]
        by_step = control_of(job.get("failed_step"), recount)
        for control in checked_in[run.last["repo"], job["name"]]:
            failed = job["conclusion"] != "success"
            stopped = control in (by_step or control_of(job["name"], recount))
            check = found.setdefault((job["run_id"], control), {"passed": True, "blocked": False, "at": job["moment"]})
            check |= {"run": run, "control": control, "at": max(check["at"], job["moment"])}
            check["passed"] = check["passed"] and not failed
            check["blocked"] |= failed and stopped and run.last["conclusion"] != "success"
    real = [
        check
        for check in found.values()
        if check["passed"] or check["blocked"] or check["run"].last["conclusion"] == "success"
    ]
    lines: dict[Key, list[Row]] = defaultdict(list)
    for check in sorted(real, key=lambda check: (check["at"], check["run"].last["run_id"])):
        run = check["run"].last
        lines[run["repo"], run["workflow"], run.get("branch"), check["control"]].append(check)
    for line in lines.values():
        for place, check in enumerate(line):
            later = [other for other in line[place + 1 :] if other["passed"]]
            check["hours"] = hours(check["at"], later[0]["at"]) if check["blocked"] and later else None
    return real


def adopters(recount: Recount) -> dict[str, Row]:
    return {team["team_id"]: team for team in recount.records["team"] if not team.get("is_platform_team")}


def via_platform(recount: Recount) -> dict[str, list[Deployed]]:
    """Team -> its succeeded production deployments through the platform, oldest first."""
    made: dict[str, list[Deployed]] = {team_id: [] for team_id in adopters(recount)}
    for one in sorted(recount.live, key=lambda one: (one.finished_at, one.id)):
        if one.path == "platform" and one.team_id in made:
            made[one.team_id].append(one)
    return made


def usual_gap(days: list[date]) -> float | None:
    gaps = [(last - first).days for first, last in pairwise(sorted(set(days)))]
    return statistics.median(gaps) if len(gaps) >= 2 else None


def runs_on_platform(run: Row, recount: Recount) -> bool:
    rules = recount.definitions.platform_rules
    return any(fnmatch(run["workflow"].lower(), glob.lower()) for glob in rules["workflows"]) or any(
        fnmatch(used.lower(), glob.lower()) for used in run.get("uses") or [] for glob in rules["uses"]
    )


def off_hours(one: Deployed, recount: Recount) -> bool:
    """Started on a free day or outside working hours, by the clock on the wall."""
    began = one.row.get("started_at") or one.row["created_at"]
    wall = began.replace(tzinfo=UTC).astimezone(recount.zone)
    first, end = recount.definitions.working_hours
    free = wall.isoweekday() not in recount.definitions.working_weekdays or wall.date() in recount.definitions.holidays
    return free or not first <= wall.hour < end
