"""For whom a survey speaks: response, warnings, and weights where response is uneven. Frames in, frames out."""

from collections.abc import Sequence

import polars as pl

from queries.statistics import chi_square_tail, wilson

LOW_RESPONSE = 0.5
"""Below this share of those asked, the silent outnumber those who speak."""
ONE_ROLE = 0.6
"""From this share on, the mean of all is the mean of one role."""
UNEVEN = 0.01
"""Differences between teams that chance explains less often than this are called uneven."""
_ENDS = ("response_ratio", "response_ratio_low", "response_ratio_high")


def with_ratio(frame: pl.DataFrame) -> pl.DataFrame:
    """Adds the share of those invited that answered, with its interval; null where more answered than were asked."""
    found: dict[str, list[float | None]] = {name: [] for name in _ENDS}
    for answered, asked in frame.select("response_count", "invited_count").rows():
        known = asked is not None and 0 < asked >= answered
        values = (answered / asked, *wilson(answered, asked)) if known else (None, None, None)
        for name, value in zip(_ENDS, values, strict=True):
            found[name].append(value)
    return frame.with_columns(pl.Series(name, values, dtype=pl.Float64) for name, values in found.items())


def warnings(row: dict[str, object], roles: Sequence[tuple[str | None, int]], teams: pl.DataFrame) -> str | None:
    """Why the answers of a survey may not speak for everybody, in words; None when nothing is known against it.

    `roles` are the shown roles with their answers, `teams` the shown teams with response_count and invited_count.
    """
    found = []
    ratio, total = row["response_ratio"], row["response_count"]
    if isinstance(ratio, float) and ratio < LOW_RESPONSE:
        found.append(f"low response: {ratio:.0%} of those asked answered, and the silent may feel otherwise")
    named = [(role, count) for role, count in roles if role is not None]
    if named and isinstance(total, int) and total:
        role, count = max(named, key=lambda one: one[1])
        if count / total >= ONE_ROLE and count < total:
            found.append(f"skewed by role: {count / total:.0%} of the answers come from one, {role}")
    if (spread := _spread(teams)) is not None:
        low, high = spread
        found.append(
            f"uneven response: from {low:.0%} to {high:.0%} of a team; compare the figures weighted by headcount"
        )
    return "; ".join(found) or None


def _spread(teams: pl.DataFrame) -> tuple[float, float] | None:
    """The least and the most response of the teams, where they differ by more than chance."""
    known = teams.filter((pl.col("invited_count") > 0) & (pl.col("response_count") <= pl.col("invited_count")))
    asked, answered = int(known["invited_count"].sum()), int(known["response_count"].sum())
    if len(known) < 2 or not 0 < answered < asked:
        return None
    mean = answered / asked
    square = sum(
        (k - n * mean) ** 2 / (n * mean * (1 - mean)) for k, n in known["response_count", "invited_count"].rows()
    )
    if chi_square_tail(square, len(known) - 1) >= UNEVEN:
        return None
    ratios = known["response_count"] / known["invited_count"]
    return ratios.min(), ratios.max()  # type: ignore[return-value]


def with_weights(frame: pl.DataFrame, teams: pl.DataFrame, headcount: int, floor: int) -> pl.DataFrame:
    """Adds the weighted figures to a row per survey and pain, and hides pains with fewer answers than the floor.

    `teams` are the shown teams of these pains with their headcount, `headcount` is that of all teams. Teams that are
    hidden, and people without a team, count together as one, so that none of them can be told apart.
    """
    found: list[tuple[float | None, ...]] = []
    for row in frame.iter_rows(named=True):
        shown = teams.filter((pl.col("survey_id") == row["survey_id"]) & (pl.col("pain_id") == row["pain_id"]))
        parts = shown.select("answer_count", "affected_ratio", "severity_mean", "headcount").rows()
        total = row["answer_count"], row["unweighted_share"], row["unweighted_severity"]
        found.append(_weighted(total, parts, headcount) if row["answer_count"] >= floor else (None,) * 5)
    names = ["weighted_ratio", "weighted_ratio_low", "weighted_ratio_high", "weighted_severity", "effective_answers"]
    added = pl.DataFrame(found, dict.fromkeys(names, pl.Float64), orient="row")
    enough = pl.col("answer_count") >= floor
    private = ("answer_count", "unweighted_share", "unweighted_severity")
    return (
        frame.hstack(added)
        .with_columns(withheld=pl.when(~enough).then(pl.lit(f"fewer than {floor} answers")))
        .with_columns(pl.when(enough).then(pl.col(name)).alias(name) for name in private)
    )


def _weighted(
    total: tuple[float, float, float], shown: Sequence[tuple[float, ...]], headcount: int
) -> tuple[float, ...]:
    """`total` is answers, share and severity of all; `shown` the same of teams, and their headcount."""
    parts = list(shown)
    count, heads = (sum(part[place] for part in parts) for place in (0, 3))
    if (rest := total[0] - count) > 0:
        share, mean = (
            (total[0] * total[place] - sum(part[0] * part[place] for part in parts)) / rest for place in (1, 2)
        )
        parts.append((rest, share, mean, max(headcount - heads, rest)))
    weight = sum(part[3] for part in parts)
    ratio, severity = (sum(part[3] * part[place] for part in parts) / weight for place in (1, 2))
    # as many answers as would be equally certain (Kish 1965)
    effective = weight**2 / sum(part[3] ** 2 / part[0] for part in parts)
    return ratio, *wilson(ratio * effective, effective), severity, effective
