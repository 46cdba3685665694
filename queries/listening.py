"""What users say hurts, and whether the platform's plans answer it."""

from dataclasses import replace

import duckdb
import polars as pl

from queries import pains
from queries.clock import clock
from queries.counted import sql_of
from queries.slice import Slice, keys, query


def pain(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Per pain point and survey: respondents, share affected and mean severity, groups under the floor hidden."""
    file = sql_of("pain")
    frame = query(file, part).run(con).sort(keys(file, part), nulls_last=True)
    return pains.hide_small(pains.with_severity_interval(frame), keys(file, part), clock(con).min_group)


def pain_overlap(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """Per pain point: users' pain against the platform's priority, and the quadrant; the newest survey unless named."""
    frame = query(sql_of("pain_overlap"), replace(part, by="all")).run(con)
    return pains.with_quadrant(frame, clock(con).min_group)


def overlap_index(con: duckdb.DuckDBPyConnection, part: Slice) -> pl.DataFrame:
    """One row per survey: how far the platform's attention lies where the pain is, and where the rest goes."""
    return query(sql_of("overlap_index"), replace(part, by="all")).run(con)
