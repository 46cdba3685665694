"""The true effect of adoption: each change beside itself in the same organisation, had adoption changed nothing."""

import math
import statistics
from collections.abc import Callable
from datetime import datetime
from typing import Any

from app.demo.change import Change
from app.demo.founding import found
from app.demo.organisation import World
from app.demo.simulation import Simulation, delivery

Part = Callable[[Change], float | None]


def _hours(first: datetime | None, last: datetime | None) -> float | None:
    return None if first is None or last is None else (last - first).total_seconds() / 3600


PARTS: dict[str, Part] = {
    "lead_time": lambda change: _hours(change.first_commit_at, change.shipped_at),
    "coding": lambda change: _hours(change.first_commit_at, change.opened_at),
    "review": lambda change: _hours(change.opened_at, change.merged_at),
    "deploy": lambda change: _hours(change.merged_at, change.shipped_at),
}


def effects_found(simulation: Simulation) -> dict[str, Any]:
    """Medians (hours) of the shipped changes of teams that adopted, before and after, and what adoption made of them.

    `true_median_ratio` compares the changes after adoption with the same changes in the organisation without effects:
    the figure that an estimate should find. `naive_median_ratio` is after over before, trend and seasons included.
    """
    world = simulation.world
    changes = _compared(simulation.histories)
    unchanged = _compared(delivery(_without_effects(world)))
    pairs = [(change, unchanged[key]) for key, change in changes.items() if key in unchanged and _is_after(change)]
    return {
        name: _part(part, list(changes.values()), [pair for pair in pairs if _both(part, pair)])
        for name, part in PARTS.items()
    }


def _part(part: Part, changes: list[Change], pairs: list[tuple[Change, Change]]) -> dict[str, Any]:
    before = [value for change in changes if not _is_after(change) and (value := part(change)) is not None]
    after = [value for change in changes if _is_after(change) and (value := part(change)) is not None]
    with_it, without = [part(one) or 0.0 for one, _ in pairs], [part(other) or 0.0 for _, other in pairs]
    return {
        "before_count": len(before),
        "before_hours_median": _median(before),
        "after_count": len(after),
        "after_hours_median": _median(after),
        "after_without_adoption_hours_median": _median(without),
        "naive_median_ratio": _ratio(_median(after), _median(before)),
        "true_median_ratio": _ratio(_median(with_it), _median(without)),
        "true_mean_log_ratio": _mean_log_ratio(with_it, without),
    }


def _compared(histories: Any) -> dict[str, Change]:
    """Changes by people of teams that adopted, by merge commit; fixes in a hurry exist in one world only."""
    return {
        change.merge_sha: change
        for history in histories
        for change in history.changes
        if change.product.team.adopted_at is not None and not change.is_bot and not change.is_hotfix
    }


def _is_after(change: Change) -> bool:
    return change.product.team.on_platform(change.merged_at)


def _both(part: Part, pair: tuple[Change, Change]) -> bool:
    return all(part(change) is not None for change in pair)


def _without_effects(world: World) -> World:
    return found(world.seed, len(world.teams), world.start.date(), world.now.date(), world.effects.without_adoption())


def _median(values: list[float]) -> float | None:
    return round(statistics.median(values), 2) if values else None


def _ratio(value: float | None, base: float | None) -> float | None:
    return None if value is None or not base else round(value / base, 4)


def _mean_log_ratio(values: list[float], bases: list[float]) -> float | None:
    logs = [math.log(value / base) for value, base in zip(values, bases, strict=True) if value > 0 and base > 0]
    return round(statistics.fmean(logs), 4) if logs else None
