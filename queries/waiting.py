"""Statistics of what has an end that some have not reached yet, each with its source. Frames in, frames out."""

import math
from collections.abc import Mapping

import polars as pl

_CLOSE = 1e-9
"""Survivals that differ by less are the same."""


def waiting_quantiles(
    lives: pl.DataFrame,
    keys: list[str],
    shares: Mapping[str, float],
    parts: Mapping[str, tuple[str, float]] | None = None,
) -> pl.DataFrame:
    """Quantiles of the time to an event that some have not had yet (Kaplan and Meier 1958), per combination of `keys`.

    `lives` has the keys, `length` and `is_waiting` (no event after so long), one row a case; one without `length` is no
    case. `shares` maps a name to the share that has had the event: 0.5 is the median. `parts` maps further names to
    another column of `lives` and a share: the ordinary quantile of the values that are known. Returns the keys and a
    column of each name, null where too few have had the event. Where the curve lies exactly at a share, the quantile is
    midway to the next event, so that without any that waits 0.5 is the ordinary median; the others are then the
    ordinary ones too, linear between two cases as SQL's quantile_cont has them.
    """
    ordered = lives if _is_in_order(lives) else lives.sort("length", "is_waiting", nulls_last=True)
    length, parts = pl.col("length").drop_nulls(), parts or {}
    lists = {
        "length": length,
        "waits": (pl.col("is_waiting") & pl.col("length").is_not_null()).arg_true(),
        "count": length.len(),
        # without nulls a quantile takes a third of the time
        **{f"all_{column}": pl.col(column).drop_nulls() for column, _ in parts.values()},
    }
    groups = (
        ordered.group_by(keys).agg(**lists)
        if keys
        else ordered.select(**{name: each if name == "count" else each.implode() for name, each in lists.items()})
    )
    cases = list(zip(groups["count"].to_list(), groups["waits"].to_list(), strict=True))
    found = {name: _at(groups["length"], [_place(*case, share) for case in cases]) for name, share in shares.items()}
    return groups.select(
        *keys,
        *(values.alias(name) for name, values in found.items()),
        *(
            pl.col(f"all_{column}").list.eval(pl.element().quantile(share, "linear")).list.first().alias(name)
            for name, (column, share) in parts.items()
        ),
    )


def _is_in_order(lives: pl.DataFrame) -> bool:
    """By length, and of the equally long the ones that have had the event first; to see it is quicker than to sort."""
    length, waits = pl.col("length"), pl.col("is_waiting")
    is_equal = length == length.shift()
    return (
        lives["length"].is_sorted(nulls_last=True)
        and not lives.select((is_equal & (waits < waits.shift())).any()).item()
    )


Place = tuple[int | None, int | None, float]
"""Two places, from 0 on, between which a value lies, and how far on the way; none where there is no such value."""


def _place(count: int, waits: list[int], share: float) -> Place:
    """Where in order of length the quantile of so many cases lies, those at the places `waits` without event.

    The survival falls at events alone, and between two that wait each takes the same off it: after the event at `place`
    it is (count - 1 - place) / count * factor, with a factor that grows with each that waits before.
    """
    if not waits:
        rank = max(0, count - 1) * share
        return (math.floor(rank), math.ceil(rank), rank % 1) if count else (None, None, 0.0)
    level, factor, first = 1 - share, 1.0, 0
    for end in (*waits, count):
        if first < end and (count - end) / count * factor <= level + _CLOSE:
            place = min(max(math.ceil(count - 1 - (level + _CLOSE) * count / factor), first), end - 1)
            is_exact = abs((count - 1 - place) / count * factor - level) < _CLOSE
            waiting = set(waits)
            following = next((one for one in range(place + 1, count) if one not in waiting), None) if is_exact else None
            return place, place if following is None else following, 0.5
        if end + 1 < count:
            factor *= (count - end) / (count - end - 1)
        first = end + 1
    return None, None, 0.0


def _at(lengths: pl.Series, places: list[Place]) -> pl.Series:
    low, high = (lengths.list.get(pl.Series([place[end] for place in places], dtype=pl.Int64)) for end in (0, 1))
    return low + (high - low) * pl.Series([place[2] for place in places], dtype=pl.Float64)


def kaplan_meier_share(counts: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Share that has had an event by each day, where some have not had it yet (Kaplan and Meier 1958), per `keys`.

    `counts` has the keys, `day_count`, `deployed_count` (events on that day) and `waiting_count` (not yet, last known
    of on it). Adds `at_risk_count`, `deployed_ratio` and its 95 % ends (Greenwood 1926 on the log-log scale, so that
    they stay within 0 and 1); null ends where all or none of those left have had it.
    """
    over = [pl.col(key) for key in keys] or [pl.lit(1)]
    events, leaving = pl.col("deployed_count"), pl.col("deployed_count") + pl.col("waiting_count")
    at_risk = pl.col("at_risk_count")
    log = pl.col("_survival").log()
    # the standard error of log(-log S)
    spread = 1.959963984540054 * pl.col("_greenwood").sqrt() / log.abs()
    known = (pl.col("_survival") > 0) & (pl.col("_survival") < 1)
    return (
        counts.sort([*keys, "day_count"], nulls_last=True)
        .with_columns(at_risk_count=leaving.cum_sum(reverse=True).over(over))
        .with_columns(
            _survival=(1 - events / at_risk).cum_prod().over(over),
            _greenwood=(events / (at_risk * (at_risk - events))).cum_sum().over(over),
        )
        .with_columns(
            deployed_ratio=1 - pl.col("_survival"),
            deployed_ratio_low=pl.when(known).then(1 - (log * (-spread).exp()).exp()),
            deployed_ratio_high=pl.when(known).then(1 - (log * spread.exp()).exp()),
        )
        .drop("_survival", "_greenwood")
    )
