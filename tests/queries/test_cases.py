"""SQL tests as data: each file in tests/cases holds records, questions and the answers worked out by hand.

A case: `name`, `why` (the working), `records` (see world.py), `definitions`, `now` and `asks`. An ask names a `metric`
or a `fact`, `by`, `group`, `since`, `until` and `where`, and either `expect` (the rows in order; only the columns that
are named there are compared) or `error` (a part of the refusal). An expected value `{has: text}` is met by a text that
contains it, `{between: [low, high]}` by a number from low to high.
"""

import math
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from queries import metrics, rows, sqlfile
from queries.definitions import Definitions
from queries.errors import UsageError
from queries.slice import Slice
from tests.queries.world import NOW, read_model

CASES = sorted((Path(__file__).parent.parent / "cases").glob("**/*.yaml"))
CASE_KEYS = {"name", "why", "records", "definitions", "now", "asks"}
ASK_KEYS = {"metric", "fact", "by", "group", "since", "until", "where", "expect", "error"}


def scenarios() -> list[Any]:
    found = []
    for path in CASES:
        for scenario in yaml.safe_load(path.read_text("utf-8")):
            found.append(pytest.param(scenario, id=f"{path.stem}: {scenario['name']}"))
    return found


@pytest.mark.parametrize("scenario", scenarios())
def test_case(scenario: dict[str, Any]) -> None:
    assert set(scenario) <= CASE_KEYS, f"unknown keys in the case: {set(scenario) - CASE_KEYS}"
    assert scenario["asks"], "a case without a question tests nothing"
    definitions = Definitions(**{k: _frozen(v) for k, v in scenario.get("definitions", {}).items()})
    tables = {table for question in scenario["asks"] for table in _tables(question)}
    con = read_model(scenario["records"], definitions, _instant(scenario.get("now", NOW)), tables)
    wrong = [fault for question in scenario["asks"] for fault in _faults(con, question)]
    if wrong:
        pytest.fail("\n".join([scenario.get("why", ""), *wrong]), pytrace=False)


def _tables(question: dict[str, Any]) -> set[str]:
    """The tables that a question is answered from."""
    if question.get("fact") in sqlfile.folder("facts"):
        return {f"facts.{question['fact']}"}
    files, name = sqlfile.folder("metrics"), question.get("metric")
    used = files[name].listed("uses") if name in files else ()
    bodies = [
        file.body for file in files.values() if name in {file.name, file.header.get("part_of")} or file.name in used
    ]
    return {table for body in bodies for table in re.findall(r"\bmarts\.\w+", body)}


def _faults(con: Any, question: dict[str, Any]) -> list[str]:
    """What is wrong with the answer to one question; nothing when it is as expected."""
    assert set(question) <= ASK_KEYS, f"unknown keys in the question: {set(question) - ASK_KEYS}"
    asked = {name: value for name, value in question.items() if name not in {"expect", "error"}}
    if "error" in question:
        with pytest.raises(UsageError, match=question["error"]):
            _answer(con, question)
        return []
    answer = _answer(con, question)
    expected = question["expect"]
    named = sorted({name for row in expected for name in row})
    missing = set(named) - set(answer.columns)
    if missing:
        return [f"{asked} has no column {missing}; it has {answer.columns}"]
    got = answer.select(named).rows(named=True) if named else answer.rows(named=True)
    if len(got) != len(expected):
        return [f"{asked}\n  expected {len(expected)} rows\n  got      {got}"]
    return [
        f"{asked}\n  expected {row}\n  got      { {name: actual[name] for name in row} }"
        for actual, row in zip(got, expected, strict=True)
        if not all(_same(actual[name], value) for name, value in row.items())
    ]


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
    if isinstance(expected, dict):
        if "has" in expected:
            return isinstance(actual, str) and expected["has"] in actual
        low, high = expected["between"]
        return isinstance(actual, int | float) and low <= actual <= high
    if isinstance(actual, datetime):
        return expected is not None and actual == _instant(expected)
    if isinstance(actual, date) and isinstance(expected, str):
        return actual.isoformat() == expected
    if type(actual) is float and isinstance(expected, int | float):
        return math.isclose(actual, expected, rel_tol=1e-5, abs_tol=1e-6)
    return type(actual) is type(expected) and bool(actual == expected)


def _instant(value: str | datetime) -> datetime:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _frozen(item) for name, item in value.items()}
    return tuple(value) if isinstance(value, list) else value
