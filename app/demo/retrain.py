"""Scheduled retrains of a live model, and the model versions that they and releases bring."""

import math
from datetime import timedelta

from app.demo.deployment import Deployment, History
from app.demo.organisation import World

MINUTE = timedelta(minutes=1)


def retrains(world: World, history: History) -> list[Deployment]:
    """Deployments by schedule, holidays included, in the small hours (UTC). They ship no code."""
    product = history.product
    if product.retrain is None:
        return []
    rng = world.rng("retrain", product.name)
    made: list[Deployment] = []
    night = world.start
    while (night := night + timedelta(days=1)) < world.now:
        due = {"night": True, "week": night.weekday() == 1, "month": night.day == 3}[product.retrain]
        if not due or rng.random() < 0.015:
            continue
        created_at = night + timedelta(hours=1) + rng.uniform(5, 12) * MINUTE
        made.append(
            Deployment(
                product=product,
                environment=product.team.environments[0],
                environment_class="production",
                created_at=created_at,
                status="failed" if rng.random() < 0.03 else "succeeded",
                cause="retrain",
                path="platform" if product.team.on_platform(created_at) else "off_platform",
                actor="retrain-bot",
                started_at=created_at + MINUTE,
                finished_at=created_at + rng.lognormvariate(math.log(50), 0.25) * MINUTE,
            )
        )
    return made


def version_models(world: World, history: History) -> None:
    """Numbers the model's versions: each retrain and every other release brings one; retrains run the live commit."""
    rng = world.rng("version", history.product.name)
    version, live_sha = 1, None
    for made in history.deployments:
        if made.environment_class != "production":
            continue
        if made.cause == "retrain":
            made.sha = live_sha
        elif made.ships:
            live_sha = made.sha
        if history.product.has_model:
            brings = made.cause == "retrain" or (made.is_planned and rng.random() < 0.5)
            version += brings
            made.model_version = version - 1 if made.cause == "rollback" and version > 1 else version
