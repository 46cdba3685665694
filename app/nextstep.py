"""What is next for one team: its next stage, the slowest link of its way to production, and what it lacks. Pure."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from app import words

MOST = 3
"""Steps that are said; more would be a list to ignore."""
_LINKS = {
    "coding_hours_median": ("writing the change", "Smaller changes reach review sooner."),
    "review_hours_median": ("review", "Agree who reviews, and by when."),
    "deploy_hours_median": ("the way from merge to production", "Let the pipeline deploy what is merged."),
}
_FIRST = ("version control", "ci/cd", "monitoring", "basic monitoring")
"""Surfaces whose lack holds back all others, the first of them first."""
Row = Mapping[str, Any]


def steps(adoption: Row | None, lead: Row, depth: pl.DataFrame) -> list[tuple[str, str]]:
    """Up to three steps with their reasons.

    `adoption` is the team's row of the funnel, None where it is not eligible; `lead` that of lead_time; `depth` has a
    row per surface.
    """
    found = [*_missing_first(depth), *_stage(adoption), *_slowest(lead), *_missing(depth), *_stopgap(depth)]
    return found[:MOST]


def _stage(row: Row | None) -> list[tuple[str, str]]:
    if row is None:
        return []
    if row["lapsed_count"]:
        return [("Ask why it stopped", "It deployed through the platform and no longer does.")]
    if not row["first_run_count"] and not row["first_deployment_count"]:
        why = (
            "It is onboarded, and nothing has run yet." if row["onboarded_count"] else "It can use the platform by now."
        )
        return [("Run a first pipeline on the platform", why)]
    if not row["first_deployment_count"]:
        return [("Bring one product to production through the platform", "Pipelines run there already.")]
    if not row["habitual_count"]:
        return [("Make it the usual way", "It deploys through the platform, but not in most weeks.")]
    return []


def _slowest(row: Row) -> list[tuple[str, str]]:
    known = [column for column in _LINKS if row.get(column) is not None]
    if len(known) < len(_LINKS):
        # the slowest of some links need not be the slowest
        return []
    column = max(known, key=lambda name: float(row[name]))
    name, move = _LINKS[column]
    return [(f"Shorten {name}", f"It takes longest: {words.duration(row[column])} for half of the changes. {move}")]


def _missing_first(depth: pl.DataFrame) -> list[tuple[str, str]]:
    gone = _lacking(depth)
    first = [name for surface in _FIRST[:1] for name in gone if name.lower() == surface]
    return [(f"Get {name} first", "It is declared missing, and everything else rests on it.") for name in first]


def _missing(depth: pl.DataFrame) -> list[tuple[str, str]]:
    gone = sorted(_lacking(depth), key=lambda name: (_place(name), name.lower()))
    return [(f"Get {name}", "It is declared missing.") for name in gone if name.lower() != _FIRST[0]][:1]


def _stopgap(depth: pl.DataFrame) -> list[tuple[str, str]]:
    own = depth.filter(pl.col("tactical_count") > 0)["capability"].to_list()
    return [(f"Replace its own {sorted(own, key=_place)[0]}", "A stopgap of its own does the work.")] if own else []


def _lacking(depth: pl.DataFrame) -> list[str]:
    # what the data shows in use is there, whatever was declared
    return depth.filter((pl.col("missing_count") > 0) & (pl.col("seen_count").fill_null(0) == 0))[
        "capability"
    ].to_list()


def _place(name: str) -> int:
    return _FIRST.index(name.lower()) if name.lower() in _FIRST else len(_FIRST)
