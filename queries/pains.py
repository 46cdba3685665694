"""The quadrants, and what too few answers cannot carry. Frames in, frames out.

Among a dozen pains one seems to hurt by chance alone far sooner than a single one does. So a pain is called one by a
test of all pains of its survey together (binomial, Holm 1979): where none of them reaches a third of the users, fewer
than 5 in 100 surveys call one so. That no pain is there is said at 80 % for each, since it commits nobody to work.
"""

import math
from typing import Any

import polars as pl

from queries.statistics import change_interval, chi_square_tail, holm, probability_as_many, probability_reach

REACH = 1 / 3
FALSE_ALARM = 0.05
HARDLY = 0.2
LEAST_ANSWERS = 15
NO_ROADMAP = "priorities are not measured: no source delivers initiatives"


def with_quadrant(frame: pl.DataFrame, min_group: int) -> pl.DataFrame:
    """Adds `reach_probability`, `chance_alone`, `quadrant` and `withheld`; nulls what too few answers carry.

    `frame` holds all pains of each of its surveys. Ordered by pain score, the worst first.
    """
    least = max(LEAST_ANSWERS, min_group)
    parts = [_labelled(part, least, min_group) for part in frame.partition_by("survey_id", maintain_order=True)]
    answered = pl.concat(parts) if parts else _labelled(frame, least, min_group)
    private = ["affected_count", "affected_ratio", "affected_ratio_low", "affected_ratio_high"]
    private += [
        "severity_mean",
        "severity_mean_low",
        "severity_mean_high",
        "pain_score",
        "pain_share",
        "reach_probability",
        "chance_alone",
    ]
    enough = pl.col("answer_count") >= min_group
    count = pl.when(enough | (pl.col("answer_count") == 0)).then(pl.col("answer_count")).alias("answer_count")
    hidden = [pl.when(enough).then(pl.col(name)).alias(name) for name in private]
    return answered.with_columns(*hidden, count).sort(
        "survey_id", "pain_score", "pain_id", descending=[False, True, False], nulls_last=True
    )


def _labelled(survey: pl.DataFrame, least: int, min_group: int) -> pl.DataFrame:
    rows = list(survey.iter_rows(named=True))
    tested = [place for place, row in enumerate(rows) if row["answer_count"] >= least]
    chances = holm([probability_as_many(rows[n]["affected_count"], rows[n]["answer_count"], REACH) for n in tested])
    chance = dict(zip(tested, chances, strict=True))
    reach = [probability_reach(row["affected_count"], n, REACH) if (n := row["answer_count"]) else None for row in rows]
    quadrant = []
    reason: list[str | None] = []
    for place, row in enumerate(rows):
        n, probability, planned = row["answer_count"], reach[place], row["initiative_count"] > 0
        label = "unsure"
        if place in chance and chance[place] <= FALSE_ALARM:
            label = "quick_win" if planned else "listen"
        elif place in chance and probability is not None and probability <= HARDLY:
            label = "drift" if planned else "later"
        count = n if n == 0 or n >= min_group else "fewer"
        quadrant.append(label)
        reason.append(None if place in chance else f"a label needs {least} respondents, has {count}")
    return survey.with_columns(
        pl.Series("reach_probability", reach, dtype=pl.Float64),
        pl.Series("chance_alone", [chance.get(place) for place in range(len(rows))], dtype=pl.Float64),
        pl.Series("quadrant", quadrant, dtype=pl.String),
        pl.Series("withheld", reason, dtype=pl.String),
    )


def without_roadmap(frame: pl.DataFrame) -> pl.DataFrame:
    """The answer where no source delivers initiatives: nobody can say that nothing is planned, so no label either."""
    work = ["priority_score", "attention_share", "initiative_count", "initiative_ids", "effort_days"]
    return frame.with_columns(
        *(pl.lit(None, dtype=frame.schema[name]).alias(name) for name in work),
        quadrant=pl.lit("unsure"),
        withheld=pl.lit(NO_ROADMAP),
    )


LEAST_CHANGE = 0.01
"""With many answers any difference is clear; one below a percentage point is not worth a reader's time."""


def with_change(pairs: pl.DataFrame, pain: pl.DataFrame, keys: list[str], floor: int) -> pl.DataFrame:
    """Joins the answers of a survey with those of the one before and says whether the difference exceeds noise.

    `pairs` has the keys, before_survey_id and the counts of people who answered both times, `pain` the answers of all
    surveys by the same keys, small groups hidden.
    """
    values = pain.select(*keys, "answer_count", "affected_count", "withheld")
    others = [name for name in keys if name != "survey_id"]
    before = values.rename({"survey_id": "before_survey_id"})
    frame = pairs.join(values, on=keys, how="left", nulls_equal=True).join(
        before, on=["before_survey_id", *others], how="left", nulls_equal=True, suffix="_before"
    )
    rows = [_change(row, floor) for row in frame.iter_rows(named=True)]
    kinds = dict.fromkeys(("affected_now", "affected_before", "change", "change_low", "change_high"), pl.Float64)
    added = pl.DataFrame(rows, {**kinds, "paired": pl.Int64, "verdict": pl.String, "reason": pl.String}, orient="row")
    shown = added["change"].is_not_null()
    return frame.hstack(added).select(
        *keys,
        "before_survey_id",
        pl.when(shown).then(pl.col("answer_count")).alias("answer_count"),
        pl.when(shown).then(pl.col("answer_count_before")).alias("answer_count_before"),
        pl.col("paired").alias("paired_count"),
        *kinds,
        "verdict",
        pl.col("reason").alias("withheld"),
    )


def _change(row: dict[str, Any], floor: int) -> tuple[Any, ...]:
    hidden = row["withheld"] or row["withheld_before"]
    if hidden or row["affected_count"] is None or row["affected_count_before"] is None:
        return None, None, None, None, None, None, None, hidden or "nobody of this group was asked before"
    before = row["affected_count_before"], row["answer_count_before"]
    now = row["affected_count"], row["answer_count"]
    counts = row["paired_count"], row["both_count"], row["paired_now_count"], row["paired_before_count"]
    # fewer than the floor would be read from the interval; leaving them out only makes it wider
    pairs = counts if row["paired_count"] >= floor else (0, 0, 0, 0)
    low, high = change_interval(before, now, pairs)
    difference = now[0] / now[1] - before[0] / before[1]
    is_clear = (low > 0 or high < 0) and abs(difference) >= LEAST_CHANGE
    verdict = "no clear change" if not is_clear else "rose" if difference > 0 else "fell"
    return now[0] / now[1], before[0] / before[1], difference, low, high, pairs[0] or None, verdict, None


def with_relation(frame: pl.DataFrame, floor: int) -> pl.DataFrame:
    """Adds what unrelated pains would have in common, the correlation and its chance; hides small groups."""
    found: list[tuple[float | None, ...]] = []
    reasons: list[str | None] = []
    for n, both, first, other in frame.select("pair_count", "both_count", "first_count", "other_count").rows():
        groups = both, first - both, other - both, n - first - other + both
        small = n < floor or any(0 < size < floor for size in groups)
        reasons.append("a group of fewer people than the privacy floor could be read from it" if small else None)
        spread = first * (n - first) * other * (n - other)
        phi = (both * n - first * other) / math.sqrt(spread) if spread else None
        chance = chi_square_tail(n * phi**2, 1) if phi is not None else None
        found.append((None, None, None) if small else (first * other / n, phi, chance))
    added = pl.DataFrame(found, dict.fromkeys(("expected_count", "phi", "chance"), pl.Float64), orient="row")
    frame = frame.drop("first_count", "other_count").hstack(added)
    frame = frame.with_columns(withheld=pl.Series(reasons, dtype=pl.String))
    shown = pl.col("withheld").is_null()
    return frame.with_columns(pl.when(shown).then(pl.col(name)).alias(name) for name in ("pair_count", "both_count"))
