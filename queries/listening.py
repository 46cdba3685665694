"""What users say hurts, and whether the platform's plans answer it."""

from collections.abc import Callable
from dataclasses import replace

import duckdb
import polars as pl

from queries import hiding, pains, priorities
from queries.clock import clock
from queries.counted import delivered, sql_of
from queries.slice import Slice, keys, query


def pain(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Per pain point and survey: respondents, share affected and mean severity, groups under the floor hidden."""
    file, columns = sql_of("pain"), keys(sql_of("pain"), part)
    frame = query(file, part).run(con).sort(columns, nulls_last=True)
    view = hiding.view_of({*part.group, *part.where})
    about = {name: values for name, values in part.where.items() if name not in hiding.PEOPLE}
    asked = query(file, replace(part, by="all", group=view)).run(con)
    cells = query(file, replace(part, by="all", group=view, where=about)).run(con)
    return hiding.hide_small(frame, columns, view, cells=cells, asked=asked, floor=clock(con).min_group)


def pain_overlap(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Per pain point: users' pain against the platform's priority, and the quadrant; the newest survey unless named."""
    file, about = sql_of("pain_overlap"), {name: one for name, one in part.where.items() if name != "pain_id"}
    # a label depends on all pains of the survey, so it is given before a pain is picked
    answer = pains.with_quadrant(query(file, replace(part, by="all", where=about)).run(con), clock(con).min_group)
    if "pain_id" in part.where:
        picked = query(file, replace(part, by="all")).run(con)
        answer = answer.join(picked, on=["survey_id", "pain_id"], how="semi")
    return answer if "initiative" in delivered(con) else pains.without_roadmap(answer)


def quick_wins(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Per labelled pain and quick planned initiative: its rank and score, with every factor."""
    return _of_the_roadmap(con, "quick_wins", part, priorities.quick_wins)


def listen(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Per pain that hurts and has no work planned: how much, and what became of work that named it."""
    return _of_the_roadmap(con, "listen", part, priorities.listen)


def drift(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Per planned initiative that answers no pain: what it is and how much of the planned work it takes."""
    return _of_the_roadmap(con, "drift", part, priorities.drift)


def _of_the_roadmap(
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
    return query(sql_of("overlap_index"), replace(part, by="all")).run(con)
