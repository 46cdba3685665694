"""SQL tests as data: each file in tests/cases holds records, questions and the answers worked out by hand."""

import math
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from queries import metrics, rows
from queries.definitions import Definitions
from queries.slice import Slice
from tests.queries.world import NOW, read_model

CASES = sorted((Path(__file__).parent.parent / "cases").glob("**/*.yaml"))


def scenarios() -> list[Any]:
    found = []
    for path in CASES:
        for scenario in yaml.safe_load(path.read_text("utf-8")):
            found.append(pytest.param(scenario, id=f"{path.stem}: {scenario['name']}"))
    return found


@pytest.mark.parametrize("scenario", scenarios())
def test_case(scenario: dict[str, Any]) -> None:
    unknown = set(scenario) - {"name", "why", "records", "definitions", "now", "asks"}
    assert not unknown, f"unknown keys in the case: {unknown}"
    definitions = Definitions(**{k: _frozen(v) for k, v in scenario.get("definitions", {}).items()})
    con = read_model(scenario["records"], definitions, scenario.get("now", NOW))
    assert scenario["asks"], "a case without a question tests nothing"
    for question in scenario["asks"]:
        answer = _answer(con, question)
        for expected in question["expect"] or [{}]:
            missing = set(expected) - set(answer.columns)
            assert not missing, f"{question} has no column {missing}; it has {answer.columns}"
        got = [{name: row[name] for name in (question["expect"] or [{}])[0]} for row in answer.iter_rows(named=True)]
        assert len(got) == len(question["expect"]), f"{question}\ngot {got}"
        for actual, expected in zip(got, question["expect"], strict=True):
            assert all(_same(actual[name], value) for name, value in expected.items()), (
                f"{question}\nexpected {expected}\ngot      {actual}"
            )


def _answer(con: Any, question: dict[str, Any]) -> pl.DataFrame:
    given = question.get("where", {})
    where = {name: tuple(value if isinstance(value, list) else [value]) for name, value in given.items()}
    if "fact" in question:
        return rows.fact_rows(con, question["fact"], question.get("since"), question.get("until"), where)
    part = Slice(
        question.get("by", "all"), tuple(question.get("group", ())), question.get("since"), question.get("until"), where
    )
    return metrics.ask(con, question["metric"], part)


def _same(actual: Any, expected: Any) -> bool:
    if isinstance(expected, float) and isinstance(actual, int | float):
        return math.isclose(actual, expected, rel_tol=1e-4, abs_tol=1e-6)
    if isinstance(actual, datetime) and isinstance(expected, datetime):
        return actual == expected.replace(tzinfo=None)
    if isinstance(actual, date) and isinstance(expected, str):
        return actual.isoformat() == expected
    return bool(actual == expected)


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: tuple(item) for name, item in value.items()}
    return tuple(value) if isinstance(value, list) else value
