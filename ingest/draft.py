"""A page in the making: rows are added until it is full."""

from collections.abc import Mapping
from typing import Any

from ingest.source import Page, Rejected

PAGE_ROWS = 5_000
PAGE_CHARACTERS = 4_000_000
"""A page ends at the one or the other, so that long texts do not fill the memory either."""


class Draft:
    """A page of one place; `starts` says that the place is read anew from here."""

    def __init__(self, kind: str, place: str, starts: bool = True) -> None:
        self._kind, self._place, self._starts = kind, place, starts
        self._items: list[dict[str, Any]] = []
        self._rows: list[int] = []
        self._rejected: list[Rejected] = []
        self._characters = 0

    @property
    def is_full(self) -> bool:
        return self.size >= PAGE_ROWS or self._characters >= PAGE_CHARACTERS

    @property
    def follows_rows(self) -> bool:
        """Has any row of the place been read, into this page or one before?"""
        return bool(self.size) or not self._starts

    @property
    def size(self) -> int:
        return len(self._items) + len(self._rejected)

    def next(self) -> "Draft":
        """The page that goes on where this one ends."""
        return Draft(self._kind, self._place, starts=False)

    def accept(self, number: int, item: dict[str, Any]) -> None:
        self._items.append(item)
        self._characters += sum(len(cell) for cell in item.values() if isinstance(cell, str))
        self._rows.append(number)

    def reject(self, number: int, why: str, content: dict[str, Any] | None) -> None:
        self._rejected.append(Rejected(self._place, number, why, content))

    def page(self, marks: Mapping[str, Any] | None = None) -> Page:
        first = self._rows[0] if self._rows else 1
        follows = self._rows == list(range(first, first + len(self._rows)))
        return Page(
            kind=self._kind,
            place=self._place,
            items=self._items,
            first_row=first,
            marks=dict(marks or {}),
            rejected=tuple(self._rejected),
            rows=None if follows else self._rows,
            starts=self._starts,
        )
