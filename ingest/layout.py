"""How this version lays out its tables, and what differs in a file that another one made."""

import re
from collections.abc import Iterable

_TABLE = re.compile(r"^create table if not exists (\S+) \((.*?)^\);", re.MULTILINE | re.DOTALL)
_COLUMN = re.compile(r"^ +(\w+) (\w+(?:\[\])?)", re.MULTILINE)
_AS_TOLD = {"text": "varchar", "text[]": "varchar[]"}
"""What DuckDB calls a type that the statements call otherwise."""

Layout = dict[str, dict[str, str]]
"""table -> column -> type, as DuckDB calls it in lower case."""


def read(*statements: str) -> Layout:
    """The tables that these statements make."""
    return {
        table: {name: _AS_TOLD.get(kind, kind) for name, kind in _COLUMN.findall(columns)}
        for statement in statements
        for table, columns in _TABLE.findall(statement)
    }


def difference(wanted: Layout, found: Iterable[tuple[str, str, str]]) -> str | None:
    """The first column that is missing, unknown or of another type, in words; None where all is as it should be.

    `found` has table, column and type of every column; tables that nobody wants do not matter.
    """
    there: Layout = {}
    for table, column, kind in found:
        there.setdefault(table, {})[column] = kind.lower()
    for table, columns in wanted.items():
        if different := sorted({*columns.items()} ^ {*there.get(table, {}).items()}):
            return f"{table} differs in '{different[0][0]}'"
    return None
