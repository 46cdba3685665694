"""truth.json: what was put in (parameters) and what came out in these very rows (realised). No view reads it."""

from collections import Counter
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from app.demo.calendar import local
from app.demo.deployment import Deployment
from app.demo.dirty import BadRow
from app.demo.effect import effects_found
from app.demo.organisation import ADOPTING, Team
from app.demo.pain import Pain, pains
from app.demo.roadmap import PLANNED, ROADMAP
from app.demo.simulation import Simulation
from app.demo.survey import Survey, expected_severity

Tree = dict[str, Any]
QUADRANTS = ("quick_win", "listen", "drift", "later", "unsure")


def truth(simulation: Simulation, bad_rows: list[BadRow]) -> Tree:
    """Both halves, ready for JSON. Times are UTC; ratios 0 to 1."""
    world = simulation.world
    return {
        "simulated": True,
        "seed": world.seed,
        "teams": len(world.teams),
        "from": world.start.isoformat(),
        "until": world.now.isoformat(),
        "parameters": {
            "effects": asdict(world.effects),
            "teams": [_planned_team(team) for team in world.teams],
            "pains": [_planned_pain(pain) for pain in pains(world.seed)],
            **_roadmap(pains(world.seed)),
        },
        "realised": {
            "teams": [_realised_team(simulation, team) for team in world.teams],
            "counts": _counts(simulation),
            "change_fail": _change_fail(simulation),
            "effects": effects_found(simulation),
            "surveys": [_realised_survey(survey, pains(world.seed)) for survey in simulation.surveys],
            "rejected": {
                "by_file": dict(sorted(Counter(bad.file for bad in bad_rows).items())),
                "rows": [asdict(bad) for bad in bad_rows],
            },
        },
    }


def _planned_team(team: Team) -> Tree:
    return {
        "team_id": team.team_id,
        "name": team.name,
        "kind": team.kind,
        "stage": team.stage,
        "speed_factor": round(team.speed, 4),
        "eligible_at": _iso(team.eligible_at),
        "onboarded_at": _iso(team.onboarded_at),
        "adopted_at": _iso(team.adopted_at),
        "stopped_at": _iso(team.stopped_at),
    }


def _planned_pain(pain: Pain) -> Tree:
    return {
        "pain_id": pain.pain_id,
        "title": pain.title,
        "quadrant": pain.quadrant,
        "reach_off_platform_by_wave": list(pain.reach),
        "reach_on_platform_factor": pain.adopted,
        "top_box_share_of_affected": pain.intensity,
        "role_factors": dict(pain.roles),
    }


def _roadmap(drawn: tuple[Pain, ...]) -> Tree:
    """Quadrants as the definitions give them: pain from the true reach, priority from planned work."""
    by_quadrant = {quadrant: [pain.pain_id for pain in drawn if pain.quadrant == quadrant] for quadrant in QUADRANTS}
    planned = [work for work in ROADMAP if work.status in PLANNED]
    wins = set(by_quadrant["quick_win"])
    return {
        "pains_by_quadrant": by_quadrant,
        "quick_win_initiatives": [
            {
                "initiative_id": work.initiative_id,
                "pain_ids": sorted(wins & set(work.pain_ids)),
                "effort_days": work.effort_days,
            }
            for work in planned
            if wins & set(work.pain_ids) and work.effort_days <= 10 and not work.blocker
        ],
        "drift_initiatives": [
            work.initiative_id for work in planned if work.pain_ids and set(work.pain_ids) <= set(by_quadrant["drift"])
        ],
        "unmapped_initiatives": [work.initiative_id for work in planned if not work.pain_ids],
    }


def _realised_team(simulation: Simulation, team: Team) -> Tree:
    made = [one for one in _live(simulation) if one.product.owner(one.created_at) is team]
    changes = [one for one in made if one.ships]
    first = next((one for one in made if one.path == "platform"), None)
    return {
        "team_id": team.team_id,
        "production_deployments": len(made),
        "production_changes": len(changes),
        "first_platform_production_deployment": first and first.deployment_id,
        "first_platform_production_at": _iso(first.finished_at) if first else None,
        "adoption_month": f"{local(first.finished_at):%Y-%m}" if first and first.finished_at else None,
        "last_production_change_at": _iso(changes[-1].finished_at) if changes else None,
        "is_lapsed": _is_lapsed(team, changes, simulation.world.now),
    }


def _is_lapsed(team: Team, changes: list[Deployment], now: datetime) -> bool:
    """Adopted, and nothing through the platform for 30 days although its product is no monthly one."""
    if team.stage not in ADOPTING - {"monthly"} or team.adopted_at is None:
        return False
    last = max((one.created_at for one in changes if one.path == "platform"), default=team.adopted_at)
    return now - last > timedelta(days=30)


def _live(simulation: Simulation) -> list[Deployment]:
    """Succeeded production deployments, oldest first."""
    made = [one for history in simulation.histories for one in history.deployments if one.is_live]
    return sorted(made, key=lambda one: (one.finished_at or one.created_at, one.deployment_id))


def _counts(simulation: Simulation) -> Tree:
    deployments = [one for history in simulation.histories for one in history.deployments]
    changes = [change for history in simulation.histories for change in history.changes]
    live = _live(simulation)
    users = [one for one in live if one.product.team.kind != "platform"]
    shared = [change for change in changes if change.product.repo == "acme/mono"]
    return {
        "teams": len(simulation.world.teams),
        "products": len(simulation.world.products),
        "deployments": len(deployments),
        "deployments_by_environment_class": _tally(one.environment_class for one in deployments),
        "production_attempts_by_status": _tally(
            one.status for one in deployments if one.environment_class == "production"
        ),
        "production_succeeded_by_path": _tally(one.path for one in live),
        "production_succeeded_by_path_without_platform_team": _tally(one.path for one in users),
        "production_succeeded_by_true_cause": _tally(one.cause for one in live),
        "changes": len(changes),
        "changes_by_bots": sum(change.is_bot for change in changes),
        "changes_shipped": sum(change.shipped_by is not None for change in changes),
        "changes_not_shipped": sum(change.shipped_by is None for change in changes),
        "changes_not_shipped_in_shared_repo": sum(change.shipped_by is None for change in shared),
        "incidents": len(simulation.incidents),
        "incidents_open": sum(incident.resolved_at is None for incident in simulation.incidents),
        "incidents_caused_by_link": _tally(one.link for one in simulation.incidents if one.caused_by),
        "incidents_not_caused": sum(one.caused_by is None for one in simulation.incidents),
        "ci_runs": len({run.run_id for run in simulation.runs}),
        "ci_run_attempts": len(simulation.runs),
        "ci_jobs": len(simulation.jobs),
    }


def _tally(values: Any) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))


def _change_fail(simulation: Simulation) -> Tree:
    """True failures. Repairs and retrains never fail, so over all succeeded the ratio is lower than over planned."""
    live = _live(simulation)
    planned = [one for one in live if one.is_planned]
    by_path = {path: [one for one in planned if one.path == path] for path in ("off_platform", "platform")}
    return {
        "failed": sum(one.led_to is not None for one in live),
        "failed_by_sign": _tally(one.led_to for one in live if one.led_to),
        "ratio_of_all_succeeded": _share(live),
        "ratio_of_planned": _share(planned),
        "ratio_of_planned_by_path": {path: _share(made) for path, made in by_path.items()},
        "planned_by_path": {path: len(made) for path, made in by_path.items()},
    }


def _share(made: list[Deployment]) -> float | None:
    return round(sum(one.led_to is not None for one in made) / len(made), 4) if made else None


def _realised_survey(survey: Survey, drawn: tuple[Pain, ...]) -> Tree:
    return {
        "survey_id": survey.survey_id,
        "opened_at": _iso(survey.opened_at),
        "invited_count": survey.invited_count,
        "response_count": survey.response_count,
        "pains": [_realised_pain(survey, pain) for pain in drawn],
    }


def _realised_pain(survey: Survey, pain: Pain) -> Tree:
    rated = [
        answer.rating - answer.scale_min
        for answer in survey.answers
        if answer.pain_id == pain.pain_id and answer.rating is not None and answer.scale_min is not None
    ]
    expected = survey.expected_reach[pain.pain_id]
    affected = sum(box >= 3 for box in rated)
    return {
        "pain_id": pain.pain_id,
        "answer_count": len(rated),
        "affected_count": affected,
        "affected_ratio": round(affected / len(rated), 4) if rated else None,
        "severity_mean": round(sum(rated) / 4 / len(rated), 4) if rated else None,
        "expected_reach": round(expected, 4) if rated else None,
        "expected_severity": round(expected_severity(expected, pain.intensity), 4) if rated else None,
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else f"{at.replace(microsecond=0).isoformat()}Z"
