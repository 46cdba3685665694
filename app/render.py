"""Frames as text for the command line: an aligned table, CSV that no spreadsheet runs as a formula, or JSON."""

import csv
import io
import json
import math
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl

FORMATS = ("table", "csv", "json")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def render(frame: pl.DataFrame, form: str) -> str:
    """The frame in one of FORMATS, without a line end. Times are UTC instants; what is not there is null or empty."""
    return {"table": _table, "csv": _csv, "json": _json}[form](frame)


def plain(value: Any) -> Any:
    """A value as JSON knows it: UTC instants as ISO 8601 with Z, days as YYYY-MM-DD, NaN and infinity as null."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat() + "Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return {key: plain(item) for key, item in value.items()} if isinstance(value, dict) else value


def guarded(text: str) -> str:
    """Text of a CSV cell that a spreadsheet shows and never computes."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _json(frame: pl.DataFrame) -> str:
    return json.dumps([plain(row) for row in frame.iter_rows(named=True)], ensure_ascii=False, indent=1)


def _csv(frame: pl.DataFrame) -> str:
    return "\n".join(_line(values) for values in (frame.columns, *(map(_cell, row) for row in frame.iter_rows())))


def _line(values: Iterable[Any]) -> str:
    # the writer quotes a carriage return only when it ends its lines with one
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(values)
    return out.getvalue().removesuffix("\r\n")


def _cell(value: Any) -> Any:
    value = plain(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else guarded(_text(value, ""))


def _text(value: Any, nothing: str) -> str:
    if value is None:
        return nothing
    if isinstance(value, bool):
        return str(value).lower()
    return "; ".join(map(str, value)) if isinstance(value, list) else str(value)


def _table(frame: pl.DataFrame) -> str:
    rows = [frame.columns, *([_shown(value) for value in row] for row in frame.iter_rows())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    to_the_right = [kind.is_numeric() for kind in frame.dtypes]
    lines = [
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, to_the_right, strict=True)
        ).rstrip()
        for row in rows
    ]
    return "\n".join([*lines, *([] if frame.height else ["(no rows)"])])


def _shown(value: Any) -> str:
    value = plain(value)
    if isinstance(value, float):
        return f"{value:,.3f}".rstrip("0").rstrip(".")
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    # a control character could move the cursor of the terminal
    return "".join(char if char.isprintable() else "�" for char in _text(value, "-"))
