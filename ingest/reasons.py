"""Why a row is no record, in one line: each column with what is wrong and the value found."""

from typing import Any

from pydantic import ValidationError

SHOWN = 3
LONGEST_VALUE = 60


def reason(error: ValidationError) -> str:
    """The first faults of a row as `column: what is wrong (value)`, joined by semicolons."""
    faults = error.errors(include_url=False)
    lines = [_line(fault) for fault in faults[:SHOWN]]
    if len(faults) > SHOWN:
        lines.append(f"and {len(faults) - SHOWN} more")
    return "; ".join(lines)


def _line(fault: Any) -> str:
    column = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "missing":
        return f"{column}: is missing"
    message = fault["msg"].removeprefix("Value error, ").removeprefix("Input ")
    if not column:
        return str(message)
    return f"{column}: {message} ({_short(fault['input'])})"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 3] + "..."
