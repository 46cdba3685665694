"""Values that a filter names and nothing has: most often a slip of the pen, which would pass for a quiet period."""

from collections.abc import Iterable, Mapping

import duckdb
import polars as pl

from queries.counted import sql_of
from queries.hiding import PEOPLE
from queries.readmodel import many
from queries.rows import FACTS
from queries.slice import Slice, query

_FEW = 8
"""So many values are named beside the one that is not there."""
_OF_RESPONDENTS = ("marts.pain", "marts.mention", "marts.quote", "marts.survey_response")


def in_metric(con: duckdb.DuckDBPyConnection, name: str, where: Mapping[str, tuple[str, ...]]) -> list[str]:
    """A line for each value of the filters that nothing has which the metric counts, whatever the window."""
    file = sql_of(name)
    of_people = any(mart in file.body for mart in _OF_RESPONDENTS)
    lines = []
    for column, values in where.items():
        # whether anybody answered who has a role or a team is not told
        if not (of_people and column in PEOPLE):
            there = query(file, Slice(group=(column,), costly=())).run(con)[column]
            lines += _lines(f"nothing that {name} counts has", column, values, there)
    return lines


def in_fact(con: duckdb.DuckDBPyConnection, name: str, where: Mapping[str, tuple[str, ...]]) -> list[str]:
    """A line for each value of the filters that no row of a fact has, whatever the window."""
    lines = []
    for column, values in where.items():
        there = many(con, f"select distinct {column} from {FACTS[name].table}")[column]
        lines += _lines(f"no {name} has", column, values, there)
    return lines


def _lines(begin: str, column: str, values: Iterable[str], there: pl.Series) -> list[str]:
    """What is no text is read by its kind, and has no slips that look like it."""
    if there.dtype != pl.String:
        return []
    known = sorted(set(there.drop_nulls()))
    # ids carry their source's name; people leave it out
    found = {*known, *(name.partition(":")[2] for name in known if column.endswith("_id"))}
    rest = f"; there are {', '.join(known)}" if 0 < len(known) <= _FEW else ""
    return [f"{begin} {column} '{value}'{rest}" for value in values if value and value not in found]
