"""What users say hurts, and whether the platform's plans answer it."""

from dataclasses import replace

import duckdb
import polars as pl

from queries import hiding, pains
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


def overlap_index(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """One row per survey: how far the platform's attention lies where the pain is, and where the rest goes."""
    return query(sql_of("overlap_index"), replace(part, by="all")).run(con)
