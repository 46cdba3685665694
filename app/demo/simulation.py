"""One simulated history of the whole organisation."""

from dataclasses import dataclass
from datetime import date

from app.demo.capability import Capability, capabilities
from app.demo.change import number_changes, planned_changes
from app.demo.deployment import History
from app.demo.founding import found
from app.demo.incident import Incident, incidents
from app.demo.job import Job, jobs
from app.demo.organisation import World
from app.demo.parameters import Effects
from app.demo.pipeline import Pipeline, Run
from app.demo.release import Release
from app.demo.retrain import retrains, version_models
from app.demo.survey import Survey, surveys


@dataclass(frozen=True)
class Simulation:
    """Everything that happened, as objects."""

    world: World
    histories: list[History]
    incidents: list[Incident]
    runs: list[Run]
    jobs: list[Job]
    surveys: list[Survey]
    capabilities: list[Capability]


def simulate(seed: int, teams: int, start: date, now: date, effects: Effects) -> Simulation:
    """The history from `start` to `now` (exclusive, UTC)."""
    world = found(seed, teams, start, now, effects)
    histories = delivery(world)
    runs: list[Run] = []
    sampled: list[Job] = []
    for history in histories:
        mine = Pipeline(world, history).run()
        runs.extend(mine)
        sampled.extend(jobs(world, history.product, mine))
    runs.sort(key=lambda run: (run.created_at, run.run_id, run.attempt))
    return Simulation(
        world=world,
        histories=histories,
        incidents=incidents(world, histories),
        runs=runs,
        jobs=sampled,
        surveys=surveys(world),
        capabilities=list(capabilities(world)),
    )


def delivery(world: World) -> list[History]:
    """Changes and deployments of each product."""
    histories = []
    for product in world.products:
        history = Release(world, product, planned_changes(world, product)).run()
        history.deployments.extend(retrains(world, history))
        history.complete(world.start, world.now)
        version_models(world, history)
        histories.append(history)
    number_changes([change for history in histories for change in history.changes])
    return histories
