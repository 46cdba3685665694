"""Values that too few cases carry are withheld, with the reason in words."""

from dataclasses import dataclass

import polars as pl

LEAST = {"median": 6, "p75": 13, "p90": 36}
"""Cases that each quantile needs."""


@dataclass(frozen=True)
class Rule:
    """`column` needs at least `least` cases, counted in `count_column`."""

    column: str
    count_column: str
    least: int


def quantile_rules(stem: str, count_column: str) -> list[Rule]:
    """The cases that `<stem>_median`, `_p75` and `_p90` need."""
    return [Rule(f"{stem}_{end}", count_column, least) for end, least in LEAST.items()]


def withhold(frame: pl.DataFrame, rules: list[Rule]) -> pl.DataFrame:
    """Nulls what breaks a rule and adds `withheld`: the reasons, or null where nothing is held back.

    A rule for a column that was not asked for says nothing.
    """
    rules = [rule for rule in rules if rule.column in frame.columns]
    too_few = [pl.col(rule.count_column).fill_null(0) < rule.least for rule in rules]
    reasons = [
        pl.when(few).then(pl.format(f"{rule.column} needs {rule.least}, has {{}}", pl.col(rule.count_column)))
        for few, rule in zip(too_few, rules, strict=True)
        # the ends of an interval go with their value, for the same reason
        if not rule.column.endswith(("_low", "_high"))
    ]
    given = [pl.col("withheld")] if "withheld" in frame.columns else []
    none = pl.lit(None, dtype=pl.String)
    text = pl.concat_str([*given, *reasons, none], separator="; ", ignore_nulls=True)
    breaks: dict[str, pl.Expr] = {}
    for few, rule in zip(too_few, rules, strict=True):
        breaks[rule.column] = breaks[rule.column] | few if rule.column in breaks else few
    hidden = [pl.when(~few).then(pl.col(column)).alias(column) for column, few in breaks.items()]
    return frame.with_columns(*hidden, withheld=pl.when(text != "").then(text))


def unmeasured(frame: pl.DataFrame, keys: list[str], missing: list[str]) -> pl.DataFrame:
    """An answer for which no source delivers the records: no groups or periods, and no value but the reason."""
    empty = frame.clear() if keys else frame
    values = [name for name in frame.columns if name not in keys]
    return empty.with_columns(pl.lit(None, dtype=frame.schema[name]).alias(name) for name in values).with_columns(
        withheld=pl.lit(not_measured(missing))
    )


def not_measured(missing: list[str]) -> str:
    """The reason in words, by the kinds of record that no source delivers."""
    return "not measured: no source delivers " + " and no ".join(f"{record.replace('_', ' ')}s" for record in missing)
