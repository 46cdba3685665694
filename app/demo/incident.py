"""Incidents: those that bad releases caused, linked in the ways that real records are, and those with another cause."""

import math
import random
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.demo.deployment import Deployment, History
from app.demo.organisation import Product, World

HOUR = timedelta(hours=1)
WINDOW = timedelta(hours=72)

_TITLES = (
    "Scores missing for part of the customers",
    "Prediction service answers with errors",
    "Latency above the agreed limit",
    "Predictions drift after release",
    "Batch did not finish before the morning",
    "Wrong segment shown in the app",
    "Feature values arrive empty",
    "Dashboard shows figures of last week",
    "Memory of the service keeps growing",
    "Schema of an input table changed",
)
_OTHER_TITLES = (
    "Upstream supplier delivered no data",
    "Certificate expired",
    "Network of the data centre disturbed",
    "Source system down for maintenance",
)
_DETECTION = ("test", "monitoring", "internal_user", "customer")


@dataclass
class Incident:
    """One incident. `link` says what the record names: deployment, product, repo or team."""

    product: Product
    opened_at: datetime
    resolved_at: datetime | None
    severity: str
    detected_by: str | None
    title: str
    caused_by: Deployment | None
    link: str
    incident_id: str = ""


class LiveDeployments:
    """Succeeded production deployments by product, repo and team, as a record that names one of these can find them."""

    def __init__(self, histories: Iterable[History]) -> None:
        found: dict[tuple[str, str], list[tuple[datetime, str]]] = {}
        for history in histories:
            for made in history.deployments:
                if made.is_live and made.finished_at is not None:
                    for scope in scopes(made.product, made.created_at).items():
                        found.setdefault(scope, []).append((made.finished_at, made.deployment_id))
        self._found = {scope: sorted(rows) for scope, rows in found.items()}

    def newest(self, scope: tuple[str, str], at: datetime) -> tuple[datetime, str] | None:
        """The newest deployment of that scope that had finished by then."""
        rows = self._found.get(scope, [])
        place = bisect_right(rows, (at, "\uffff"))
        return rows[place - 1] if place else None


def scopes(product: Product, at: datetime) -> dict[str, str]:
    return {"product": product.name, "repo": product.repo, "team": product.owner(at).team_id}


def incidents(world: World, histories: list[History]) -> list[Incident]:
    """All incidents, oldest first, numbered."""
    live = LiveDeployments(histories)
    made = [*_caused(world, histories, live), *_others(world, histories, live)]
    made.sort(key=lambda incident: (incident.opened_at, incident.product.name))
    for number, incident in enumerate(made, start=1):
        incident.incident_id = f"INC-{number:04}"
    return made


def _caused(world: World, histories: list[History], live: LiveDeployments) -> Iterable[Incident]:
    for history in histories:
        rng = world.rng("incident", history.product.name)
        for made in history.deployments:
            if made.led_to is not None and "incident" in made.led_to and made.noticed_at is not None:
                yield _incident(
                    world,
                    rng,
                    history.product,
                    made.noticed_at,
                    title=rng.choice(_TITLES),
                    caused_by=made,
                    link=_link(rng, live, made, made.noticed_at),
                )


def _link(rng: random.Random, live: LiveDeployments, made: Deployment, at: datetime) -> str:
    """What the record names: less than the deployment only where that still leads to the true one."""
    wanted = rng.choices(("deployment", "product", "repo", "team"), (45, 35, 10, 10))[0]
    if wanted == "deployment":
        return wanted
    newest = live.newest((wanted, scopes(made.product, at)[wanted]), at)
    return wanted if newest is not None and newest[1] == made.deployment_id else "deployment"


def _others(world: World, histories: list[History], live: LiveDeployments) -> Iterable[Incident]:
    """Incidents that no deployment caused: none of its product is younger than the window."""
    for history in histories:
        rng = world.rng("other incident", history.product.name)
        for share in sorted(rng.random() for _ in range(rng.choice((0, 0, 1, 1)))):
            at = world.start + share * (world.now - world.start)
            at = at.replace(microsecond=0)
            newest = live.newest(("product", history.product.name), at)
            if newest is not None and at - newest[0] > WINDOW + HOUR:
                yield _incident(
                    world, rng, history.product, at, title=rng.choice(_OTHER_TITLES), caused_by=None, link="product"
                )


def _incident(
    world: World,
    rng: random.Random,
    product: Product,
    at: datetime,
    *,
    title: str,
    caused_by: Deployment | None,
    link: str,
) -> Incident:
    on_platform = product.owner(at).on_platform(at)
    hours = rng.lognormvariate(math.log(7), 0.9) * (world.effects.recovery_factor if on_platform else 1.0)
    resolved_at = at + hours * HOUR
    forgotten = rng.random() < 0.02
    detected_by = rng.choices(_DETECTION, (8, 54, 24, 14) if on_platform else (4, 24, 30, 42))[0]
    return Incident(
        product=product,
        opened_at=at,
        resolved_at=None if forgotten or resolved_at >= world.now else resolved_at,
        severity=rng.choices(("sev1", "sev2", "sev3"), (8, 32, 60))[0],
        detected_by=None if rng.random() < 0.07 else detected_by,
        title=title,
        caused_by=caused_by,
        link=link,
    )
