"""The statistics that SQL cannot do, each with its source. Frames in, frames out; no database."""

import math
from collections.abc import Mapping, Sequence

import polars as pl

_Z = 1.959963984540054


def wilson(count: float, total: float) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927), as in queries/macros.sql."""
    centre = count + _Z**2 / 2
    half = _Z * math.sqrt(max(0.0, count * (total - count) / total) + _Z**2 / 4)
    return max(0.0, (centre - half) / (total + _Z**2)), min(1.0, (centre + half) / (total + _Z**2))


def change_interval(
    before: tuple[float, float], now: tuple[float, float], pairs: tuple[int, int, int, int] = (0, 0, 0, 0)
) -> tuple[float, float]:
    """95 % interval of the difference of two shares, each given as (count, total), of which some people are in both.

    `pairs` are those people: how many, affected both times, now, before. Newcombe 1998, method 10 for none of them;
    with them his paired method, the correlation scaled to the part of both samples that they are.
    """
    (k0, n0), (k1, n1), (pairs_count, both, paired_now, paired_before) = before, now, pairs
    p0, p1, (low0, high0), (low1, high1) = k0 / n0, k1 / n1, wilson(k0, n0), wilson(k1, n1)
    spread = paired_now * (pairs_count - paired_now) * paired_before * (pairs_count - paired_before)
    phi = 0.0
    if spread:
        phi = (both * pairs_count - paired_now * paired_before) / math.sqrt(spread)
        phi *= pairs_count / math.sqrt(n0 * n1)
    down, up = (p1 - low1, high0 - p0), (high1 - p1, p0 - low0)
    low, high = (math.sqrt(max(0.0, a * a - 2 * phi * a * b + b * b)) for a, b in (down, up))
    return max(-1.0, p1 - p0 - low), min(1.0, p1 - p0 + high)


def chi_square_tail(square: float, freedom: int) -> float:
    """Probability of at least this sum of squares by chance (Wilson and Hilferty 1931), within 0.005."""
    third = 2 / (9 * freedom)
    z = ((square / freedom) ** (1 / 3) - (1 - third)) / math.sqrt(third)
    return 0.5 * math.erfc(z / math.sqrt(2))


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


def t_quantile_975(df: int) -> float:
    """97.5 % quantile of Student's t (Abramowitz and Stegun 26.7.5), within 1 %; exact for `df` 1 and 2."""
    if df <= 2:
        return math.tan(0.475 * math.pi) if df == 1 else 0.95 / math.sqrt(2 * 0.975 * 0.025)
    z = 1.959964
    return (
        z
        + (z**3 + z) / (4 * df)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * df**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * df**3)
    )


def with_mean_interval(frame: pl.DataFrame, mean: str, deviation: str, count: str) -> pl.DataFrame:
    """Replaces the column `deviation` by `<mean>_low` and `<mean>_high`: the 95 % interval of the mean (Student's t).

    For means of what cannot be negative: the lower end is never below 0. Null with fewer than two cases.
    """
    counts = {n: t_quantile_975(n - 1) for n in frame[count].unique() if n is not None and n > 1}
    factor = pl.col(count).replace_strict(counts, default=None, return_dtype=pl.Float64)
    half = factor * pl.col(deviation) / pl.col(count).cast(pl.Float64).sqrt()
    place = frame.columns.index(mean) + 1
    ends = frame.select(
        (pl.col(mean) - half).clip(lower_bound=0).alias(f"{mean}_low"), (pl.col(mean) + half).alias(f"{mean}_high")
    )
    for end in reversed(ends.get_columns()):
        frame = frame.insert_column(place, end)
    return frame.drop(deviation)


def with_ratio_interval(frame: pl.DataFrame, name: str, part: str, whole: str) -> pl.DataFrame:
    """Adds the ratio `name` of two counts, and `<name>_low` and `<name>_high`: its 95 % interval (Wilson 1927).

    As wilson_low and wilson_high of macros.sql, for counts that only meet in a frame. Null without any case.
    """
    z = 1.959963984540054
    k, n = pl.col(part).cast(pl.Float64), pl.col(whole).cast(pl.Float64)
    centre = k + z**2 / 2
    half = z * (k * (n - k) / n + z**2 / 4).sqrt()
    none, all_of_them = k == 0, k == n
    return frame.with_columns(
        pl.when(n > 0).then(k / n).alias(name),
        pl.when(n > 0)
        .then(pl.when(none).then(0.0).otherwise(((centre - half) / (n + z**2)).clip(lower_bound=0.0)))
        .alias(f"{name}_low"),
        pl.when(n > 0)
        .then(pl.when(all_of_them).then(1.0).otherwise(((centre + half) / (n + z**2)).clip(upper_bound=1.0)))
        .alias(f"{name}_high"),
    )


def counted_quantiles(counts: pl.DataFrame, keys: list[str], shares: Mapping[str, float]) -> pl.DataFrame:
    """Quantiles of values that are counted, per combination of `keys`: the same as those of the cases themselves.

    `counts` has the keys, `length` and `case_count`. `shares` maps a name to a share. Returns the keys and a column of
    each name. Between two cases the quantile is linear, as SQL's quantile_cont has it.
    """
    total = pl.col("case_count").sum().alias("total")
    columns = ["length", pl.col("case_count").cum_sum().alias("upto"), total]
    values = counts.sort("length")
    ranked = values.group_by(keys).agg(columns).explode("length", "upto") if keys else values.select(columns)
    found = [_of_rank((pl.col("total").first() - 1) * share).alias(name) for name, share in shares.items()]
    return ranked.group_by(keys).agg(found) if keys else ranked.select(found)


def _of_rank(rank: pl.Expr) -> pl.Expr:
    """The value at a rank from 0 on; between two whole ranks in proportion."""
    low, high = (pl.col("length").filter(pl.col("upto") > end).first() for end in (rank.floor(), rank.ceil()))
    return low + (high - low) * (rank - rank.floor())
