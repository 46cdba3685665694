"""Statistics of what has an end that some have not reached yet, each with its source. Frames in, frames out."""

from collections.abc import Mapping

import polars as pl


def waiting_quantiles(lives: pl.DataFrame, keys: list[str], shares: Mapping[str, float]) -> pl.DataFrame:
    """Quantiles of the time to an event that some have not had yet (Kaplan and Meier 1958), per combination of `keys`.

    `lives` has the keys, `length` and `is_waiting` (no event after so long), one row a case. `shares` maps a name to
    the share that has had the event: 0.5 is the median. Returns the keys and a column of each name, null where too few
    have had the event. Where the curve lies exactly at a share, the quantile is midway to the next event, so that
    without any that waits 0.5 is the ordinary median; the others are then the ordinary ones too, linear between two
    cases as SQL's quantile_cont has them.
    """
    # of those that are equally long, the ones that have had the event come first
    ordered = lives.sort("length", "is_waiting")
    length, waits = pl.col("length"), pl.col("is_waiting").arg_true()
    groups = (
        ordered.group_by(keys).agg(length=length, waits=waits, count=pl.len())
        if keys
        else ordered.select(length=length.implode(), waits=waits.implode(), count=pl.len())
    ).with_row_index("group")
    runs = _runs(groups)
    found = [_in_group(groups, _places(runs, share)).alias(name) for name, share in shares.items()]
    return groups.select(*keys, *found)


def _runs(groups: pl.DataFrame) -> pl.DataFrame:
    """The events of each group in runs, each ended by one that waits or by the end: few rows, since few wait.

    Within a run each event takes the same off the survival, which is (count - 1 - place) / count * `factor` after the
    one at a place (from 0 on). `first` is the run's first place and `end` the place after its last, `next` the first
    place of the next run that is not empty. Empty runs are left out.
    """
    end, count, before = pl.col("end"), pl.col("count"), pl.col("end").shift().over("group")
    return (
        groups.select(
            "group",
            count.cast(pl.Int64),
            end=pl.concat_list("waits", "count"),
            is_plain=pl.col("waits").list.len() == 0,
        )
        .explode("end")
        .with_columns(end.cast(pl.Int64))
        .with_columns(
            first=(before + 1).fill_null(0),
            factor=((count - before) / (count - before - 1)).fill_null(1).cum_prod().over("group"),
        )
        .filter(pl.col("first") < end)
        .with_columns(next=pl.col("first").shift(-1).over("group"))
    )


def _places(runs: pl.DataFrame, share: float) -> pl.DataFrame:
    """Between which two places of a group a quantile lies, and how far on the way; no row where it is not reached."""
    level, count, factor, low = 1 - share, pl.col("count"), pl.col("factor"), pl.col("low")
    rank = (count - 1) * share
    reached = runs.filter((count - pl.col("end")) / count * factor <= level + 1e-9)
    following = pl.when(low + 1 < pl.col("end")).then(low + 1).otherwise("next")
    is_exact = ((count - 1 - low) / count * factor - level).abs() < 1e-9
    return (
        reached.unique("group", keep="first", maintain_order=True)
        .with_columns(low=(count - 1 - (level + 1e-9) * count / factor).ceil().cast(pl.Int64))
        .with_columns(low.clip("first", pl.col("end") - 1))
        .select(
            "group",
            low=pl.when("is_plain").then(rank.floor().cast(pl.Int64)).otherwise(low),
            high=pl.when("is_plain").then(rank.ceil().cast(pl.Int64)).when(is_exact).then(following),
            way=pl.when("is_plain").then(rank - rank.floor()).otherwise(0.5),
        )
        .with_columns(high=pl.coalesce("high", "low"))
    )


def _in_group(groups: pl.DataFrame, places: pl.DataFrame) -> pl.Series:
    """The length at the place of each group; null where there is none."""
    # the lengths are many: they are neither joined nor copied
    found = groups.select("group").join(places, on="group", how="left", maintain_order="left")
    low, high = (pl.col("length").list.get(pl.col(end)) for end in ("low", "high"))
    return found.with_columns(groups["length"]).select(low + (high - low) * pl.col("way")).to_series()


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
