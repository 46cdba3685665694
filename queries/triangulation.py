"""Claim and measurement side by side: by team, and before and after what was shipped."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from statistics import median
from typing import Any

import duckdb
import polars as pl

from queries import evidence, listening, pains, priorities
from queries.clock import clock
from queries.counted import sql_of
from queries.readmodel import frame as frame_of
from queries.slice import Slice, keys, query

WINDOW = timedelta(days=180)
LEAST_AFTER = timedelta(days=30)
Evidence = tuple[str, int, int]
"""A verdict, how many teams confirm, and of how many."""
Measured = tuple[evidence.Measure | None, Mapping[str, float], float | None]
"""A measure, what it says of each team, and of the middle one where there are enough."""
_UNMEASURED: Evidence = ("unmeasured", 0, 0)
_CLAIM = ["answer_count", "affected_ratio", "affected_ratio_low", "affected_ratio_high"]


def triangulation(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Per pain and team: the share affected, what the evidence metric measures, and whether it confirms."""
    file, part = sql_of("triangulation"), replace(part, by="all")
    columns = keys(file, part)
    asked = query(file, part).run(con).sort(columns, nulls_last=True)
    surveys = {"survey_id": tuple(asked["survey_id"].unique()), "pain_id": tuple(asked["pain_id"].unique())}
    said = listening.pain(con, Slice(group=listening.TEAMS, where=surveys)).select(*columns, *_CLAIM, "withheld")
    frame = asked.join(said, on=columns, how="left")
    days = _survey_days(con)
    measured: dict[tuple[str, str | None], Measured] = {}
    for survey, metric in frame.select("survey_id", "evidence_metric").unique().rows():
        measured[survey, metric] = _measured(con, evidence.measure_of(metric), days[survey])
    needed = ("survey_id", "evidence_metric", "team_id", "affected_ratio")
    rows = [
        _judged(team, affected, measured[survey, metric])
        for survey, metric, team, affected in frame.select(needed).rows()
    ]
    kinds = {"measured": pl.Float64, "middle": pl.Float64, "unit": pl.String, "verdict": pl.String}
    added = pl.DataFrame(rows, kinds, orient="row")
    return frame.hstack(added).select(*columns, *file.columns, "withheld")


def _measured(con: duckdb.DuckDBPyConnection, measure: evidence.Measure | None, until: date | None) -> Measured:
    values = evidence.by_team(con, measure, until - WINDOW, until) if measure and until else {}
    return measure, values, median(values.values()) if len(values) >= evidence.LEAST_TEAMS else None


def _judged(team: str, affected: float | None, measured: Measured) -> tuple[Any, ...]:
    measure, values, middle = measured
    mine = values.get(team)
    unit = measure.unit if measure else None
    if affected is None:
        return mine, middle, unit, None
    worse = measure.more_is_worse if measure else True
    return mine, middle, unit, evidence.verdict(affected, mine, middle, pains.REACH, more_is_worse=worse)


def quick_wins(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Per labelled pain and quick planned initiative: rank and score with every factor, evidence and first move."""
    frame = listening.of_the_roadmap(con, "quick_wins", part, priorities.quick_wins)
    about = {"pain_id": tuple(frame["pain_id"].unique()), "survey_id": tuple(frame["survey_id"].unique())}
    said: dict[str, Evidence] = {}
    begin: dict[str, tuple[str, float]] = {}
    if len(frame):
        said = summed_up(triangulation(con, Slice(where=about)))
        begin = begins(listening.pain(con, Slice(group=("domain",), where=about)))
    rows = [
        (
            *said.get(row["pain_id"], _UNMEASURED),
            move_in_words(row["title"], row["status"], begin.get(row["pain_id"])),
        )
        for row in frame.iter_rows(named=True)
    ]
    kinds = {"evidence": pl.String, "confirming_count": pl.Int64, "measured_count": pl.Int64, "first_move": pl.String}
    return frame.hstack(pl.DataFrame(rows, kinds, orient="row"))


def summed_up(frame: pl.DataFrame) -> dict[str, Evidence]:
    """Pain -> verdict over the teams that hurt and are measured, how many of them confirm, and how many there are.

    `frame` is an answer of triangulation. A verdict needs more on one side than chance would have (sign test).
    """
    found = {}
    for (pain,), rows in frame.group_by("pain_id"):
        counts = dict(rows.group_by("verdict").len().rows())
        confirming, measured = counts.get("confirmed", 0), counts.get("confirmed", 0) + counts.get("contradicted", 0)
        lean = evidence.leaning(confirming, measured)
        verdict = {1: "confirmed", -1: "contradicted", 0: "unclear"}[lean] if measured else "unmeasured"
        found[str(pain)] = verdict, confirming, measured
    return found


def begins(frame: pl.DataFrame) -> dict[str, tuple[str, float]]:
    """Pain -> the part of the organisation that hurts most of those shown, and the share affected in it.

    `frame` is an answer of pain by domain. Where fewer than two parts are shown there is no most.
    """
    shown = frame.filter(pl.col("domain").is_not_null() & pl.col("affected_ratio").is_not_null())
    shown = shown.filter(pl.len().over("pain_id") >= 2).sort(["affected_ratio", "domain"], descending=[True, False])
    first = shown.unique("pain_id", keep="first", maintain_order=True)
    return {row["pain_id"]: (row["domain"], row["affected_ratio"]) for row in first.iter_rows(named=True)}


def move_in_words(title: str, status: str, begin: tuple[str, float] | None) -> str:
    """The suggested first move on a quick win."""
    verb = "Carry on with" if status == "in_progress" else "Start"
    where = f", first in {begin[0]}, where {begin[1]:.0%} are hurt" if begin else ""
    return f"{verb} “{title}”{where}"


def initiative_effect(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Per shipped initiative and pain: the share affected and the evidence metric before and after it."""
    file, part = sql_of("initiative_effect"), replace(part, by="all", since=None, until=None)
    columns = keys(file, part)
    frame = query(file, part).run(con).sort(columns, nulls_last=True)
    days = _survey_days(con)
    changes = listening.pain_change(con, Slice()).to_dicts()
    end = clock(con).tomorrow
    rows = [
        {**row, **_pain_change(row, changes, days), **_evidence_change(con, row, end)}
        for row in frame.iter_rows(named=True)
    ]
    numbers = ("affected_before", "affected_after", "change", "change_low", "change_high")
    kinds: dict[str, Any] = dict.fromkeys((*numbers, "measured_before", "measured_after"), pl.Float64)
    kinds |= {"team_count": pl.Int64, "improved_count": pl.Int64, "shipped_day": pl.Date}
    schema = {name: kinds.get(name, pl.String) for name in (*columns, *file.columns, "withheld")}
    return pl.DataFrame(rows, schema)


def _survey_days(con: duckdb.DuckDBPyConnection) -> dict[str, date | None]:
    found = frame_of(con, "select survey_id, any_value(day) as day from marts.pain group by survey_id")
    return dict(zip(found["survey_id"], found["day"], strict=True))


def _pain_change(
    row: Mapping[str, Any], changes: list[dict[str, Any]], days: Mapping[str, date | None]
) -> dict[str, Any]:
    """The change from the last survey before an initiative shipped to the first after, of those that asked the pain."""
    for change in changes:
        before, after = days.get(change["before_survey_id"]), days.get(change["survey_id"])
        if change["pain_id"] == row["pain_id"] and before and after and before < row["shipped_day"] <= after:
            said = {"rose": "grew", "fell": "eased"}
            return {
                "before_survey_id": change["before_survey_id"],
                "after_survey_id": change["survey_id"],
                "affected_before": change["affected_before"],
                "affected_after": change["affected_now"],
                **{name: change[name] for name in ("change", "change_low", "change_high")},
                "pain_verdict": said.get(change["verdict"], change["verdict"]),
                "withheld": change["withheld"],
            }
    return {"pain_verdict": "not asked before and after"}


def _evidence_change(con: duckdb.DuckDBPyConnection, row: Mapping[str, Any], end: date) -> dict[str, Any]:
    measure, shipped = evidence.measure_of(row["evidence_metric"]), row["shipped_day"]
    until = min(shipped + WINDOW, end)
    unmeasured = {"evidence_verdict": "unmeasured", "unit": measure.unit if measure else None}
    if measure is None or until - shipped < LEAST_AFTER:
        return unmeasured
    before = evidence.by_team(con, measure, shipped - WINDOW, shipped)
    after = evidence.by_team(con, measure, shipped, until)
    teams = [team for team in before if team in after]
    moved = [team for team in teams if after[team] != before[team]]
    improved = sum((after[team] < before[team]) == measure.more_is_worse for team in moved)
    if not teams:
        return unmeasured
    lean = evidence.leaning(improved, len(moved))
    return {
        "unit": measure.unit,
        "measured_before": median(before[team] for team in teams),
        "measured_after": median(after[team] for team in teams),
        "team_count": len(teams),
        "improved_count": improved,
        "evidence_verdict": {1: "improved", -1: "worsened", 0: "no clear change"}[lean],
    }
