"""What to do first, what nobody works on, and which work nobody needs: the labelled pains joined with the roadmap.

Frames in, frames out. `overlap` is an answer of pain_overlap, `work` has a row per initiative and pain that it names.
"""

from collections.abc import Mapping

import polars as pl

QUICK_DAYS = 10
"""Planned work up to this many days counts as quick."""
WEIGHTS = {"reach": 1.0, "intensity": 1.0, "confidence": 1.0, "effort": 1.0, "priority": 0.0}
"""How much each factor of the score counts: the power that it is raised to."""
_LEAST_DAYS = 0.5
"""A shorter effort counts as this much: no work is free."""
_PAIN = ["title", "theme", "evidence_metric"]
_FELT = ["affected_ratio", "affected_ratio_low", "affected_ratio_high", "severity_mean", "severity_mean_low"]
_FELT += ["severity_mean_high", "reach_probability"]


def quick_wins(overlap: pl.DataFrame, work: pl.DataFrame, weights: Mapping[str, float] | None = None) -> pl.DataFrame:
    """Unblocked work of up to QUICK_DAYS on pains labelled quick wins, ranked within their survey.

    The score is reach times intensity times confidence over days of effort, each to the power of its weight; so is the
    work's priority (1 for the highest down to 0.2), which does not count unless a weight is given.
    """
    weight = {**WEIGHTS, **(weights or {})}
    felt = overlap.filter(pl.col("quadrant") == "quick_win").select(
        "survey_id",
        "pain_id",
        pl.col("title").alias("pain_title"),
        "evidence_metric",
        "answer_count",
        pl.col("affected_ratio").alias("reach"),
        pl.col("affected_ratio_low").alias("reach_low"),
        pl.col("affected_ratio_high").alias("reach_high"),
        pl.col("severity_mean").alias("intensity"),
        pl.col("reach_probability").alias("confidence"),
    )
    quick = work.filter(
        pl.col("is_planned") & (pl.col("effort_days") <= QUICK_DAYS) & pl.col("blocker").is_null()
    ).select("pain_id", "initiative_id", "title", "status", "priority", "effort_days")
    effort = pl.max_horizontal(pl.col("effort_days"), pl.lit(_LEAST_DAYS))
    score = (
        pl.col("reach") ** weight["reach"]
        * pl.col("intensity") ** weight["intensity"]
        * pl.col("confidence") ** weight["confidence"]
        / effort ** weight["effort"]
        * ((6 - pl.col("priority").fill_null(3)) / 5) ** weight["priority"]
    )
    order = ["survey_id", "score", "priority", "pain_id", "initiative_id"]
    return (
        felt.join(quick.unique(["pain_id", "initiative_id"]), on="pain_id")
        .with_columns(score=score)
        .sort(order, descending=[False, True, False, False, False], nulls_last=True)
        .with_columns(rank=pl.int_range(1, pl.len() + 1).over("survey_id"))
        .select(
            *("survey_id", "pain_id", "initiative_id", "rank", "score", "pain_title", "title", "status", "priority"),
            *("answer_count", "reach", "reach_low", "reach_high", "intensity", "confidence", "effort_days"),
            "evidence_metric",
        )
    )


def changed(work: pl.DataFrame, initiative_id: str, effort_days: float, priority: int | None) -> pl.DataFrame:
    """The work as it would be, were one initiative of another effort and (unless None) priority."""
    mine = pl.col("initiative_id") == initiative_id
    urgency = pl.lit(priority, dtype=work.schema["priority"])
    frame = work.with_columns(
        effort_days=pl.when(mine).then(pl.lit(effort_days)).otherwise(pl.col("effort_days")),
        priority=pl.when(mine & urgency.is_not_null()).then(urgency).otherwise(pl.col("priority")),
    )
    score = (6 - pl.col("priority").fill_null(3)) / 5
    score = pl.when("is_planned").then(score).otherwise(0.0)
    return frame.with_columns(priority_score=score, attention=score / pl.len().over("initiative_id"))


def replanned(overlap: pl.DataFrame, work: pl.DataFrame) -> pl.DataFrame:
    """The answer of pain_overlap for other work: priorities and attention anew. What is planned at all stays so."""
    planned = work.filter("is_planned")
    total = planned["attention"].sum()
    ordered = planned.filter(pl.col("pain_id").is_not_null()).sort(
        ["priority_score", "initiative_id"], descending=[True, False]
    )
    by_pain = ordered.group_by("pain_id").agg(
        pl.col("priority_score").max(),
        (pl.col("attention").sum() / total).alias("attention_share"),
        pl.col("initiative_id").alias("initiative_ids"),
        pl.col("effort_days").min(),
    )
    kept = [name for name in overlap.columns if name not in set(by_pain.columns) - {"pain_id"}]
    frame = overlap.select(kept).join(by_pain, on="pain_id", how="left", maintain_order="left")
    zero = pl.lit(0.0 if total else None, dtype=pl.Float64)
    return frame.with_columns(
        pl.col("priority_score").fill_null(0.0),
        pl.col("attention_share").fill_null(zero),
        pl.col("initiative_ids").fill_null(pl.lit([], dtype=pl.List(pl.String))),
    ).select(overlap.columns)


def listen(overlap: pl.DataFrame, work: pl.DataFrame) -> pl.DataFrame:
    """Pains labelled listen, the worst first, with the ideas and the ended work that name them."""
    idle = (
        work.filter(~pl.col("is_planned") & pl.col("pain_id").is_not_null())
        .unique(["pain_id", "initiative_id"])
        .sort("initiative_id")
        .group_by("pain_id", maintain_order=True)
        .agg(
            pl.col("initiative_id").alias("idle_initiative_ids"),
            pl.format("{} ({})", pl.col("title"), pl.col("status")).alias("idle_initiatives"),
        )
    )
    none = pl.lit([], dtype=pl.List(pl.String))
    return (
        overlap.filter(pl.col("quadrant") == "listen")
        .join(idle, on="pain_id", how="left")
        .with_columns(pl.col(name).fill_null(none) for name in ("idle_initiative_ids", "idle_initiatives"))
        .sort("survey_id", "pain_score", "pain_id", descending=[False, True, False])
        .select(
            "survey_id",
            "pain_id",
            *_PAIN,
            "answer_count",
            *_FELT,
            "pain_score",
            "idle_initiative_ids",
            "idle_initiatives",
        )
    )


def drift(overlap: pl.DataFrame, work: pl.DataFrame) -> pl.DataFrame:
    """Planned initiatives that name no pain, or only pains labelled drift; what takes most attention first."""
    total = work.filter(pl.col("is_planned"))["attention"].sum()
    labels = overlap.select("survey_id", "pain_id", "quadrant", pl.col("title").alias("pain_title"))
    surveys = overlap.select("survey_id").unique(maintain_order=True)
    planned = (
        surveys.join(work.filter(pl.col("is_planned")), how="cross")
        .join(labels, on=["survey_id", "pain_id"], how="left")
        .sort("survey_id", "initiative_id", "pain_id", nulls_last=True)
    )
    return (
        planned.group_by("survey_id", "initiative_id", maintain_order=True)
        .agg(
            *(pl.col(name).first() for name in ("title", "status", "priority", "effort_days")),
            pl.col("pain_id").drop_nulls().alias("pain_ids"),
            pl.col("pain_title").drop_nulls().alias("pain_titles"),
            (pl.col("attention").sum() / total if total else pl.lit(None, dtype=pl.Float64)).alias("attention_share"),
            (pl.col("quadrant") == "drift").fill_null(False).all().alias("_hardly"),
        )
        .filter(pl.col("_hardly") | (pl.col("pain_ids").list.len() == 0))
        .with_columns(
            kind=pl.when(pl.col("_hardly")).then(pl.lit("hardly any pain")).otherwise(pl.lit("names no pain"))
        )
        .sort("survey_id", "attention_share", "initiative_id", descending=[False, True, False], nulls_last=True)
        .select(
            *("survey_id", "initiative_id", "title", "status", "kind", "priority", "effort_days", "attention_share"),
            *("pain_ids", "pain_titles"),
        )
    )
