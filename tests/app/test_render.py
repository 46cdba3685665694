"""Frames as text: nothing that a terminal obeys, a spreadsheet computes or JSON does not know."""

import csv
import io
import json
from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pytest

from app.render import render

FRAME = pl.DataFrame(
    {
        "text": ["a", None, "\x1b[2J=1"],
        "at": [datetime(2025, 1, 1, 10), None, datetime(2025, 1, 1, 10, 0, 0, 5000)],
        "day": [date(2025, 1, 1), None, None],
        "ratio": [0.25, float("nan"), float("inf")],
        "count": [1234567, None, -5],
        "flag": [True, False, None],
        "list": [["x", "=y"], [], None],
        "exact": pl.Series([Decimal("1.50"), None, Decimal("-2")], dtype=pl.Decimal(10, 2)),
    },
    strict=False,
)


def test_json_knows_no_nan_and_every_instant_has_its_zone() -> None:
    assert json.loads(render(FRAME, "json")) == [
        {
            "text": "a",
            "at": "2025-01-01T10:00:00Z",
            "day": "2025-01-01",
            "ratio": 0.25,
            "count": 1234567,
            "flag": True,
            "list": ["x", "=y"],
            "exact": 1.5,
        },
        {
            "text": None,
            "at": None,
            "day": None,
            "ratio": None,
            "count": None,
            "flag": False,
            "list": [],
            "exact": None,
        },
        {
            "text": "\x1b[2J=1",
            "at": "2025-01-01T10:00:00.005000Z",
            "day": None,
            "ratio": None,
            "count": -5,
            "flag": None,
            "list": None,
            "exact": -2.0,
        },
    ]


def test_a_table_is_aligned_and_cannot_move_the_cursor() -> None:
    lines = render(FRAME, "table").splitlines()
    assert [line.split() for line in lines[:2]] == [
        FRAME.columns,
        ["a", "2025-01-01T10:00:00Z", "2025-01-01", "0.25", "1,234,567", "true", "x;", "=y", "1.5"],
    ]
    assert "\x1b" not in lines[3]
    assert lines[1].index("1,234,567") + len("1,234,567") == lines[3].index("-5") + len("-5")
    assert render(FRAME.clear(), "table").splitlines()[1:] == ["(no rows)"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_could_be_a_formula_is_text(start: str) -> None:
    frame = pl.DataFrame({"text": [f"{start}1", f"a{start}"], "list": [[f"{start}x"], ["y"]], "number": [-1, 2]})
    rows = list(csv.reader(io.StringIO(render(frame, "csv"), newline="")))
    assert rows[1:] == [[f"'{start}1", f"'{start}x", "-1"], [f"a{start}", "y", "2"]]
