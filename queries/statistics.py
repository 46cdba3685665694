"""The statistics that SQL cannot do, each with its source. Frames in, frames out; no database."""

import math
from collections.abc import Sequence

import polars as pl


def probability_reach(affected: int, answers: int, share: float = 1 / 3) -> float:
    """Probability that the true reach is at least `share`, given so many affected of so many answers (uniform prior).

    The posterior is Beta(affected + 1, answers - affected + 1); its tail is a binomial sum, exact for whole numbers.
    From 2,000 answers on, where the normal approximation is within 0.01 of it, that is used.
    """
    n = answers + 1
    if n > 2000:
        z = (affected + 0.5 - n * share) / math.sqrt(n * share * (1 - share))
        return 0.5 * math.erfc(-z / math.sqrt(2))
    odds = math.log(share), math.log1p(-share)
    terms = (
        math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) + k * odds[0] + (n - k) * odds[1]
        for k in range(affected + 1)
    )
    return min(1.0, math.fsum(math.exp(term) for term in terms))


def probability_as_many(affected: int, answers: int, share: float = 1 / 3) -> float:
    """Probability of so many affected or more among `answers`, were the true reach exactly `share` (binomial)."""
    return 1 - probability_reach(affected - 1, answers - 1, share) if affected else 1.0


def holm(chances: Sequence[float]) -> list[float]:
    """Probabilities of chance alone, made good for being several (Holm 1979), in the order given.

    Calling true what is at most 0.05 then errs at all in at most 5 of 100 families, however the cases hang together.
    """
    adjusted, least = [0.0] * len(chances), 0.0
    for rank, place in enumerate(sorted(range(len(chances)), key=chances.__getitem__)):
        least = max(least, min(1.0, chances[place] * (len(chances) - rank)))
        adjusted[place] = least
    return adjusted


def kaplan_meier_median(durations: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Median time to an event where some have not had it yet (Kaplan and Meier 1958), per combination of `keys`.

    `durations` has the keys, `length`, `event_count` (events after that long) and `censored_count` (not yet by then).
    Returns the keys and `median`, null where fewer than half have had the event. Where the curve lies exactly at
    one half, the median is midway to the next event, so that without censoring it is the ordinary median.
    """
    group = keys or ["_all"]
    frame = durations if keys else durations.with_columns(pl.lit(0).alias("_all"))
    total = pl.col("event_count") + pl.col("censored_count")
    curve = (
        frame.group_by([*group, "length"])
        .agg(pl.col("event_count").sum(), pl.col("censored_count").sum())
        .sort([*group, "length"], nulls_last=True)
        .with_columns(at_risk=total.sum().over(group) - total.cum_sum().over(group) + total)
        .filter(pl.col("event_count") > 0)
        .with_columns(survival=(1 - pl.col("event_count") / pl.col("at_risk")).cum_prod().over(group))
        .with_columns(next_length=pl.col("length").shift(-1).over(group))
        .filter(pl.col("survival") <= 0.5 + 1e-9)
    )
    at_half = (pl.col("survival") - 0.5).abs() < 1e-9
    medians = curve.group_by(group, maintain_order=True).agg(
        pl.when(at_half & pl.col("next_length").is_not_null())
        .then((pl.col("length") + pl.col("next_length")) / 2)
        .otherwise(pl.col("length"))
        .first()
        .alias("median")
    )
    return medians if keys else medians.drop("_all")
