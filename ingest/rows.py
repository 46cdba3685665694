"""From what a page's items say to records: each row is validated by itself, so that one bad row costs no other."""

from collections.abc import Callable, Iterator
from typing import Any

from pydantic import ValidationError

from ingest.reasons import reason
from ingest.records import Record
from ingest.shapes import Item
from ingest.source import Page, Rejected

Row = tuple[type[Record], dict[str, Any]]
"""A record's class and the values that it is to be made of."""


def records(page: Page, rows: Callable[[Item], Iterator[Row]]) -> Iterator[Record | Rejected]:
    """The records of a page; a row that is none comes as Rejected under its item's id."""
    for index, item in enumerate(page.items):
        for record, values in rows(item):
            try:
                yield record.model_validate(values)
            except ValidationError as error:
                number = item.get("id")
                row = number if isinstance(number, int) else page.row(index)
                yield Rejected(page.place, row, reason(error), values)
