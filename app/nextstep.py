"""What is next for one team: its next stage on the platform, the move that its chain asks for, its stopgaps. Pure."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from app import words

_MOVES = {
    "version control": "Get version control first",
    "CI/CD": "Let a pipeline bring what is merged to production",
    "monitoring": "Let monitoring tell before the users do",
    "review": "Shorten the way through review",
    "smaller changes": "Make changes smaller",
}
"""Move of the metric -> what a team is told; the others ask for nothing."""
Row = Mapping[str, Any]


def steps(adoption: Row | None, move: Row | None, depth: pl.DataFrame) -> list[tuple[str, str]]:
    """Up to three steps with their reasons.

    `adoption` is the team's row of the funnel, None where it is not eligible; `move` that of first_move; `depth` has a
    row per surface.
    """
    return [*_stage(adoption), *_move(move), *_stopgap(depth)]


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


def _move(row: Row | None) -> list[tuple[str, str]]:
    if row is None or row["move"] not in _MOVES:
        return []
    return [(_MOVES[row["move"]], words.sentence(row["reason"]))]


def _stopgap(depth: pl.DataFrame) -> list[tuple[str, str]]:
    own = depth.filter(pl.col("tactical_count") > 0)["capability"].sort().to_list()
    return [(f"Replace its own {own[0]}", "A stopgap of its own does the work.")] if own else []
