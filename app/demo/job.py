"""Jobs of a sample of pipeline runs: which control passed, which one blocked."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.demo.organisation import Product, World
from app.demo.pipeline import Run

SAMPLE = 0.12

# job, share of the run's time, how often it is the one that fails, step that fails
_CI = (
    ("pre-commit", 0.10, 10, "Run hooks"),
    ("type check", 0.15, 14, "Run mypy"),
    ("unit tests", 0.60, 46, "Run tests"),
    ("build image", 0.80, 16, "Build"),
    ("security scan", 0.30, 14, "Scan dependencies"),
)
_PLANS = {
    "CI": _CI,
    "Lint": (("lint", 0.9, 1, "Run linter"),),
    "Security scan": (("security scan", 0.9, 1, "Scan dependencies"),),
}
# controls that come with the platform's template
_TEMPLATE_ONLY = frozenset({"type check", "security scan"})


@dataclass(frozen=True)
class Job:
    job_id: str
    run_id: str
    name: str
    conclusion: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    failed_step: str | None


def jobs(world: World, product: Product, runs: list[Run]) -> Iterator[Job]:
    """Jobs of about one in eight runs of CI, Lint and Security scan, whatever their outcome."""
    rng = world.rng("job", product.name)
    sampled = {run.run_id for run in runs if run.workflow in _PLANS and rng.random() < SAMPLE}
    for run in runs:
        if run.run_id in sampled and run.finished_at is not None and run.started_at is not None:
            yield from _jobs_of(rng, run, run.started_at, run.finished_at)


def _jobs_of(rng: random.Random, run: Run, started_at: datetime, finished_at: datetime) -> Iterator[Job]:
    team = run.product.owner(run.created_at)
    templated = team.on_platform(run.created_at)
    plan = [part for part in _PLANS[run.workflow] if run.workflow != "CI" or templated or part[0] not in _TEMPLATE_ONLY]
    failed = rng.choices(plan, [part[2] for part in plan])[0][0] if run.conclusion in {"failure", "timed_out"} else None
    takes, blocked = finished_at - started_at, False
    for number, (name, share, _, step) in enumerate(plan, start=1):
        conclusion = run.conclusion if name == failed or failed is None else "success"
        skipped = blocked or run.conclusion in {"cancelled", "skipped"}
        begun_at = started_at + timedelta(seconds=rng.uniform(1, 4))
        yield Job(
            job_id=f"{run.run_id}-{run.attempt}-{number}",
            run_id=run.run_id,
            name=name,
            conclusion="skipped" if skipped else conclusion,
            created_at=started_at,
            started_at=None if skipped else begun_at,
            finished_at=None if skipped else begun_at + share * rng.uniform(0.8, 1.0) * takes,
            failed_step=step if name == failed else None,
        )
        blocked = blocked or name == failed
