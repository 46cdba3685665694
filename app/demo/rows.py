"""The simulated history as rows of the records that a file source accepts: noun -> rows, absent values left out."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from app.demo.deployment import Deployment
from app.demo.incident import Incident, scopes
from app.demo.organisation import Product, Team, World
from app.demo.pain import pains
from app.demo.pipeline import workflow_of
from app.demo.roadmap import ROADMAP
from app.demo.simulation import Simulation

Row = dict[str, Any]
HOST = "https://git.acme.example"


def rows(simulation: Simulation) -> dict[str, list[Row]]:
    """One list of rows per record. Times are naive UTC datetimes to the second."""
    world = simulation.world
    made: dict[str, Iterator[Row]] = {
        "team": (_team(team) for team in world.teams),
        "ownership": _ownership(world),
        "ci_run": ({**_plain(vars(run), "product"), "repo": run.product.repo} for run in simulation.runs),
        "ci_job": (asdict(job) for job in simulation.jobs),
        "deployment": _deployments(simulation),
        "change": _changes(simulation),
        "incident": (_incident(incident) for incident in simulation.incidents),
        "model_version": _model_versions(simulation),
        "capability": (asdict(capability) for capability in simulation.capabilities),
        "survey": (
            _plain(vars(survey), "number", "response_count", "answers", "expected_reach")
            for survey in simulation.surveys
        ),
        "survey_answer": _answers(simulation),
        "pain_point": (
            {key: getattr(pain, key) for key in ("pain_id", "title", "description", "theme", "evidence_metric")}
            for pain in pains(world.seed)
        ),
        "initiative": _initiatives(world),
    }
    return {noun: [_tidy(row) for row in every] for noun, every in made.items()}


def _plain(values: dict[str, Any], *without: str) -> Row:
    return {key: value for key, value in values.items() if key not in without}


def _tidy(row: Row) -> Row:
    """Absent values left out, times to the second."""
    return {
        key: value.replace(microsecond=0) if isinstance(value, datetime) else value
        for key, value in row.items()
        if value is not None
    }


def _team(team: Team) -> Row:
    return {
        "team_id": team.team_id,
        "name": team.name,
        "domain": team.domain,
        "headcount": team.headcount,
        "eligible_at": team.eligible_at,
        "onboarded_at": team.onboarded_at,
        "support_model": team.support_model,
        "is_platform_team": team.kind == "platform",
    }


def owned_by_glob(world: World) -> Team | None:
    """The one team whose repositories are given by a pattern: the first with several, none of them special."""
    for team in world.teams:
        own = [product for product in world.products if product.team is team]
        if len(own) > 1 and all(product.repo != "acme/mono" and product.handover is None for product in own):
            return team
    return None


def _ownership(world: World) -> Iterator[Row]:
    by_glob = owned_by_glob(world)
    if by_glob is not None:
        yield {"pattern": f"acme/{by_glob.slug}-*", "team_id": by_glob.team_id}
    for product in world.products:
        if product.team is by_glob:
            continue
        pattern = f"acme/mono:services/{product.name}" if product.repo == "acme/mono" else product.repo
        yield {"pattern": pattern, "team_id": product.team.team_id, "product": product.name}
        if product.handover is not None:
            since, team = product.handover
            yield {"pattern": pattern, "team_id": team.team_id, "product": product.name, "since": since}


def _names_product(world: World, product: Product) -> bool:
    """Some deployments leave the product to the ownership of their repository."""
    return product.number % 9 != 4 or product.repo == "acme/mono" or product.team is owned_by_glob(world)


def _deployments(simulation: Simulation) -> Iterator[Row]:
    world = simulation.world
    made = [one for history in simulation.histories for one in history.deployments]
    named = {product.name: _names_product(world, product) for product in world.products}
    traced = {product.name: world.rng("trace", product.name) for product in world.products}
    for one in sorted(made, key=lambda one: (one.created_at, one.deployment_id)):
        chance = 0.97 if one.path == "platform" else 0.45
        has_version, has_data, has_artifact = (traced[one.product.name].random() < chance for _ in range(3))
        yield {
            **_deployment(one),
            "product": one.product.name if named[one.product.name] else None,
            **(_model(one, has_version, has_data) if one.model_version is not None else {}),
            "artifact": _artifact(one) if has_artifact else None,
        }


def _deployment(one: Deployment) -> Row:
    product = one.product
    says_path = product.mark == "flag" or one.path == "off_platform"
    gives_cause = product.number % 3 != 0 or one.cause == "retrain"
    is_repair = one.cause in {"hotfix", "rollback"}
    return {
        "deployment_id": one.deployment_id,
        "repo": product.repo,
        "environment": one.environment,
        "created_at": one.created_at,
        "status": one.status,
        "sha": one.sha,
        "ref": one.ref,
        "started_at": one.started_at,
        "finished_at": one.finished_at,
        "workflow": workflow_of(one),
        "run_id": one.run_id,
        "actor": one.actor,
        "via_platform": one.path == "platform" if says_path else None,
        "approval_requested_at": one.approval_requested_at,
        "approved_at": one.approved_at,
        "rollback_of": one.rollback_of.deployment_id if one.rollback_of else None,
        "is_unplanned": True if is_repair and product.number % 2 == 0 else None,
        "cause": one.cause if gives_cause else None,
        "url": f"{HOST}/{product.repo}/deployments/{one.deployment_id}",
    }


def _model(one: Deployment, has_version: bool, has_data: bool) -> Row:
    return {
        "model_name": one.product.name,
        "model_version": str(one.model_version) if has_version else None,
        "data_version": _data_version(one) if has_data else None,
    }


def _data_version(one: Deployment) -> str:
    """The data of the day before."""
    return f"snapshot-{one.created_at - timedelta(days=1):%Y%m%d}"


def _artifact(one: Deployment) -> str:
    return f"images.acme.example/{one.product.name}:{(one.sha or one.deployment_id)[:12]}"


def _changes(simulation: Simulation) -> Iterator[Row]:
    made = [change for history in simulation.histories for change in history.changes]
    for change in sorted(made, key=lambda change: (change.merged_at, change.change_id)):
        names_deployment = change.product.link == "shipped_in"
        yield {
            "change_id": change.change_id,
            "repo": change.product.repo,
            "merged_at": change.merged_at,
            "number": change.number,
            "opened_at": change.opened_at,
            "first_commit_at": change.first_commit_at,
            "first_review_at": change.first_review_at,
            "head_sha": change.head_sha,
            "merge_sha": change.merge_sha,
            "author": change.author,
            "is_bot": change.is_bot,
            "shipped_in": change.shipped_by if names_deployment else None,
            "url": f"{HOST}/{change.product.repo}/pull/{change.number}",
        }


def _incident(incident: Incident) -> Row:
    product, link = incident.product, incident.link
    names = scopes(product, incident.opened_at)
    return {
        "incident_id": incident.incident_id,
        "opened_at": incident.opened_at,
        "resolved_at": incident.resolved_at,
        "deployment_id": incident.caused_by.deployment_id if incident.caused_by and link == "deployment" else None,
        "repo": names["repo"] if link == "repo" else None,
        "product": names["product"] if link in {"deployment", "product"} else None,
        "team_id": None if link == "product" and incident.caused_by else names["team"],
        "severity": incident.severity,
        "detected_by": incident.detected_by,
        "title": incident.title,
        "url": f"https://tickets.acme.example/{incident.incident_id}",
    }


def _model_versions(simulation: Simulation) -> Iterator[Row]:
    """Each version when it was first taken towards production; the newest one that is live is the champion."""
    for history in simulation.histories:
        first: dict[int, Deployment] = {}
        for one in history.deployments:
            if one.model_version is not None:
                first.setdefault(one.model_version, one)
        champion = max((version for version, one in first.items() if one.is_live), default=None)
        for version, one in first.items():
            yield {
                "model_name": history.product.name,
                "version": str(version),
                "created_at": one.created_at - timedelta(minutes=40),
                "product": history.product.name,
                "alias": "champion" if version == champion else None,
                "stage": "Production" if version == champion else "Archived",
                "source_sha": one.sha,
                "run_id": one.run_id,
                "data_version": _data_version(one),
            }


def _answers(simulation: Simulation) -> Iterator[Row]:
    for survey in simulation.surveys:
        for answer in survey.answers:
            yield {
                **_plain(vars(answer), "person"),
                "respondent": answer.person.member.account,
                "team_id": answer.person.team.team_id,
                "role": answer.person.member.role,
            }


def _initiatives(world: World) -> Iterator[Row]:
    for work in ROADMAP:
        yield {
            "initiative_id": work.initiative_id,
            "title": work.title,
            "status": work.status,
            "pain_ids": list(work.pain_ids) or None,
            "priority": work.priority,
            "effort_days": work.effort_days,
            "started_at": None if work.started is None else world.at_share(work.started),
            "shipped_at": None if work.shipped is None else world.at_share(work.shipped),
            "url": f"https://roadmap.acme.example/{work.initiative_id}",
            "blocker": work.blocker,
        }
