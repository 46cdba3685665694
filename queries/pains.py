"""Pain: intervals and the quadrants. Frames in, frames out."""

import math

import polars as pl

from queries.statistics import probability_reach, t_quantile_975

REACH = 1 / 3
SURE = 0.8
LEAST_ANSWERS = 15


def with_severity_interval(frame: pl.DataFrame) -> pl.DataFrame:
    """Replaces `severity_sd` by the 95 % interval of the mean (Student's t, clipped to 0 and 1)."""
    low, high = [], []
    for row in frame.iter_rows(named=True):
        n, mean, sd = row["answer_count"], row["severity_mean"], row["severity_sd"]
        half = None if n < 2 or sd is None else t_quantile_975(n - 1) * sd / math.sqrt(n)
        low.append(None if half is None else max(0.0, mean - half))
        high.append(None if half is None else min(1.0, mean + half))
    return frame.drop("severity_sd").with_columns(
        pl.Series("severity_mean_low", low, dtype=pl.Float64), pl.Series("severity_mean_high", high, dtype=pl.Float64)
    )


def with_quadrant(frame: pl.DataFrame, min_group: int) -> pl.DataFrame:
    """Adds `reach_probability`, `quadrant` and `withheld`; nulls what too few answers carry.

    Ordered by pain score, the worst first.
    """
    probability: list[float | None] = []
    quadrant: list[str] = []
    reason: list[str | None] = []
    for row in frame.iter_rows(named=True):
        n, affected, planned = row["answer_count"], row["affected_count"], row["initiative_count"] > 0
        p = probability_reach(affected, n, REACH) if n else None
        probability.append(p)
        if p is None or n < LEAST_ANSWERS:
            quadrant.append("unsure")
            count = n if n == 0 or n >= min_group else "fewer"
            reason.append(f"a label needs {LEAST_ANSWERS} respondents, has {count}")
        elif p >= SURE:
            quadrant.append("quick_win" if planned else "listen")
            reason.append(None)
        elif p <= 1 - SURE:
            quadrant.append("drift" if planned else "later")
            reason.append(None)
        else:
            quadrant.append("unsure")
            reason.append(None)
    answered = frame.with_columns(
        pl.Series("reach_probability", probability, dtype=pl.Float64),
        pl.Series("quadrant", quadrant, dtype=pl.String),
        pl.Series("withheld", reason, dtype=pl.String),
    )
    private = ["affected_count", "affected_ratio", "affected_ratio_low", "affected_ratio_high"]
    private += ["severity_mean", "pain_score", "pain_share", "reach_probability"]
    enough = pl.col("answer_count") >= min_group
    count = pl.when(enough | (pl.col("answer_count") == 0)).then(pl.col("answer_count")).alias("answer_count")
    hidden = [pl.when(enough).then(pl.col(name)).alias(name) for name in private]
    return answered.with_columns(*hidden, count).sort(
        "survey_id", "pain_score", "pain_id", descending=[False, True, False], nulls_last=True
    )


def without_roadmap(frame: pl.DataFrame) -> pl.DataFrame:
    """The answer where no source delivers initiatives: nobody can say that nothing is planned, so no label either."""
    work = ["priority_score", "attention_share", "initiative_count", "initiative_ids", "effort_days"]
    return frame.with_columns(
        *(pl.lit(None, dtype=frame.schema[name]).alias(name) for name in work),
        quadrant=pl.lit("unsure"),
        withheld=pl.lit("priorities are not measured: no source delivers initiatives"),
    )
