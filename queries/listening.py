"""What users say hurts, and whether the platform's plans answer it."""

from collections.abc import Callable
from dataclasses import replace

import duckdb
import polars as pl

from queries import hiding, pains, priorities, responses
from queries.clock import clock
from queries.counted import delivered, sql_of
from queries.slice import Slice, keys, narrowed, query

_NO_SCORE = "no pain was rated by as many people as the privacy floor"

TEAMS = ("domain", "team_id")
"""How teams are asked for: with the domain, in which each lies, they are the very cells that may have to be hidden."""


def pain(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Per pain point and survey: respondents, share affected and mean severity, groups under the floor hidden."""
    file = sql_of("pain")
    frame = query(file, part).run(con).sort(keys(file, part), nulls_last=True)
    return _hidden(con, "pain", part, frame)


def survey_response(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Per survey: people who answered, over those invited; groups under the floor hidden; with a warning in words."""
    frame = _responses(con, part)
    view = hiding.view_of({*part.group, *part.where})
    said: list[str | None] = [None] * len(frame)
    if not view:
        whole = replace(part, by="all", group=())
        roles, teams = (_responses(con, replace(whole, group=(name,))) for name in ("role", "team_id"))
        for place, row in enumerate(frame.iter_rows(named=True)):
            if row["withheld"] is None:
                of_roles, of_teams = (
                    one.filter((pl.col("survey_id") == row["survey_id"]) & pl.col("withheld").is_null())
                    for one in (roles, teams)
                )
                said[place] = responses.warnings(row, of_roles.select("role", "response_count").rows(), of_teams)
    return frame.drop("withheld").with_columns(pl.Series("warning", said, dtype=pl.String), frame["withheld"])


def _responses(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    file = sql_of("survey_response")
    frame = query(file, part).run(con).sort(keys(file, part), nulls_last=True)
    view = hiding.view_of({*part.group, *part.where})
    if "role" in view:
        frame = frame.with_columns(invited_count=pl.lit(None, dtype=pl.Int64))
    elif view:
        heads, on = _headcount(con, part), [name for name in part.group if name in hiding.PEOPLE]
        frame = frame.drop("invited_count")
        frame = frame.join(heads, on=on, how="left", nulls_equal=True) if on else frame.join(heads, how="cross")
        frame = frame.rename({"headcount": "invited_count"})
    return _hidden(con, "survey_response", part, responses.with_ratio(frame))


def _headcount(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """People in the teams that a slice is about, by those of its groups that are about people."""
    group = tuple(name for name in part.group if name in hiding.PEOPLE)
    where = {name: values for name, values in part.where.items() if name in hiding.PEOPLE}
    return query(sql_of("headcount"), Slice(group=group, where=where)).run(con)


def _hidden(con: duckdb.DuckDBPyConnection, name: str, part: Slice, frame: pl.DataFrame) -> pl.DataFrame:
    """An answer about people without what a group under the privacy floor could be read or derived from.

    The metric's first column counts the people.
    """
    file, whole, view = sql_of(name), replace(part, by="all"), hiding.view_of({*part.group, *part.where})
    unfiltered = {one: values for one, values in part.where.items() if one not in hiding.PEOPLE}
    of_view = (
        part.by == "all" and set(view) <= set(part.group) and set(part.group) <= {*view, *file.listed("always_by")}
    )
    count = next(iter(file.columns))

    def cells(of: Slice) -> pl.DataFrame:
        return narrowed(query(file, of), [*keys(file, of), count]).run(con)

    asked = frame if of_view else cells(replace(whole, group=view))
    is_whole = unfiltered == dict(part.where)
    return hiding.hide_small(
        frame,
        keys(file, part),
        view,
        cells=asked if is_whole else cells(replace(whole, group=view, where=unfiltered)),
        asked=asked,
        floor=clock(con).min_group,
        about=file.listed("always_by"),
        count=count,
    )


def weighted_pain(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Per pain point of a survey: share affected and severity, each team weighed by its headcount."""
    file, part = sql_of("weighted_pain"), replace(part, by="all")
    frame = query(file, part).run(con).sort(keys(file, part), nulls_last=True)
    heads = _headcount(con, Slice(group=("team_id",))).drop_nulls()
    surveys = {"survey_id": tuple(frame["survey_id"].unique())}
    teams = pain(con, Slice(group=TEAMS, where=surveys)).filter(pl.col("withheld").is_null())
    teams = teams.join(heads, on="team_id")
    return responses.with_weights(frame, teams, int(heads["headcount"].sum()), clock(con).min_group)


def mentions(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Per survey and pain: people whose own words speak of it, those under the floor hidden."""
    file = sql_of("mentions")
    frame = query(file, part).run(con).filter(pl.col("pain_id").is_not_null()).sort(keys(file, part), nulls_last=True)
    return _hidden(con, "mentions", part, frame)


def quotes(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """What people wrote, scrubbed, under its pain point, without a word on who did; the newest survey unless named."""
    file, part = sql_of("quotes"), replace(part, by="all")
    answer = query(file, part).run(con)
    order = pl.col("said").hash(seed=1)
    return answer.sort("survey_id", pl.col("pain_id"), order, nulls_last=True)


def pain_change(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Per pain point and survey: the share affected against the survey before, and whether that exceeds noise."""
    file, part = sql_of("pain_change"), replace(part, by="all")
    columns = keys(file, part)
    pairs = query(file, part).run(con).sort(columns, nulls_last=True)
    where = {name: values for name, values in part.where.items() if name != "survey_id"}
    return pains.with_change(pairs, pain(con, Slice(group=part.group, where=where)), columns, clock(con).min_group)


def pain_pairs(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Per pair of pains of a survey: people who have both, and whether the two hang together."""
    file, part = sql_of("pain_pairs"), replace(part, by="all")
    frame = query(file, part).run(con).sort(keys(file, part), nulls_last=True)
    return pains.with_relation(frame, clock(con).min_group)


def pain_overlap(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Per pain point: users' pain against the platform's priority, and the quadrant; the newest survey unless named."""
    file, about = sql_of("pain_overlap"), {name: one for name, one in part.where.items() if name != "pain_id"}
    # a label depends on all pains of the survey, so it is given before a pain is picked
    answer = pains.with_quadrant(query(file, replace(part, by="all", where=about)).run(con), clock(con).min_group)
    if "pain_id" in part.where:
        picked = query(file, replace(part, by="all")).run(con)
        answer = answer.join(picked, on=["survey_id", "pain_id"], how="semi")
    return answer if "initiative" in delivered(con) else pains.without_roadmap(answer)


def listen(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Per pain that hurts and has no work planned: how much, and what became of work that named it."""
    return of_the_roadmap(con, "listen", part, priorities.listen)


def drift(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Per planned initiative that answers no pain: what it is and how much of the planned work it takes."""
    return of_the_roadmap(con, "drift", part, priorities.drift)


def of_the_roadmap(
    con: duckdb.DuckDBPyConnection, name: str, part: Slice, lists: Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame]
) -> pl.DataFrame:
    """A list made of the labelled pains and the work; ranks are those of the whole survey, whatever rows are picked."""
    file, part = sql_of(name), replace(part, by="all")
    survey = {one: values for one, values in part.where.items() if one == "survey_id"}
    whole = replace(part, group=(), where=survey)
    work = query(file, whole).run(con)
    answer = lists(pain_overlap(con, whole), work.drop("survey_id").unique(maintain_order=True))
    if survey == part.where:
        return answer
    columns = keys(file, part)
    return answer.join(query(file, part).run(con), on=columns, how="semi", nulls_equal=True)


def overlap_index(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """One row per survey: how far the platform's attention lies where the pain is, and where the rest goes."""
    frame = query(sql_of("overlap_index"), replace(part, by="all")).run(con)
    no_work = "no work is planned" if "initiative" in delivered(con) else pains.NO_ROADMAP
    why = pl.when(pl.col("unmapped_share").is_null()).then(pl.lit(no_work)).otherwise(pl.lit(_NO_SCORE))
    return frame.with_columns(withheld=pl.when(pl.col("overlap_index").is_null()).then(why))
