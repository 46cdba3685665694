"""What several questions of a page stand on is fetched once: see queries/readmodel.py."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from unittest.mock import patch

import duckdb
import polars as pl
import pytest

from queries import readmodel
from queries.delivery import lead_time
from queries.slice import Slice
from tests.queries.world import read_model

SOME = "select unnest(range($size)) as number"


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


class Counting:
    """The true `many`, counted."""

    def __init__(self) -> None:
        self.asked: list[object] = []
        self.many = readmodel.many

    def __call__(self, con: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, object] | None) -> pl.DataFrame:
        self.asked.append(parameters)
        return self.many(con, sql, parameters)


def test_questions_side_by_side_share_one_answer(con: duckdb.DuckDBPyConnection) -> None:
    with patch.object(readmodel, "many", Counting()) as counting, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: readmodel.shared(con, SOME, {"size": 100_000}), range(8)))
    assert len(counting.asked) == 1
    assert all(answer is answers[0] for answer in answers)


def test_other_values_are_another_question_and_only_the_newest_two_are_kept(con: duckdb.DuckDBPyConnection) -> None:
    with patch.object(readmodel, "many", Counting()) as counting:
        heights = [readmodel.shared(con, SOME, {"size": size}).height for size in (1, 2, 3, 2, 3, 1)]
    assert heights == [1, 2, 3, 2, 3, 1]
    assert counting.asked == [{"size": 1}, {"size": 2}, {"size": 3}, {"size": 1}]


def test_what_failed_is_asked_again(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(duckdb.CatalogException):
        readmodel.shared(con, "from later")
    con.execute("create table later as select 1 as number")
    assert readmodel.shared(con, "from later").rows() == [(1,)]


def test_lead_times_by_period_by_path_and_at_all_stand_on_the_same_cases() -> None:
    part = Slice(since=date(2026, 1, 1))
    with (
        read_model({"deployment": [], "change": []}, only={"marts.change"}) as model,
        patch.object(readmodel, "many", Counting()) as counting,
    ):
        for by, group in (("all", ()), ("month", ()), ("all", ("path",)), ("quarter", ("path",))):
            lead_time(model, replace(part, by=by, group=group))
        assert len(counting.asked) == 1
        lead_time(model, replace(part, group=("repo",)))
        assert len(counting.asked) == 2
