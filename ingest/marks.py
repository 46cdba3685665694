"""What a source keeps in its marks: where a list stands, from one reading to the next."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Self

from ingest.times import moment, stamp, utc


@dataclass
class Mark:
    """Where a list stands. Marks of an older version lack fields or have more; both are well."""

    @classmethod
    def of(cls, marks: Mapping[str, Any], key: str) -> Self:
        """The mark under this key, as a copy: what a reading starts from stays as it is."""
        known = {each.name for each in fields(cls)}
        return cls(**{name: deepcopy(value) for name, value in (marks.get(key) or {}).items() if name in known})

    def saved(self, key: str) -> dict[str, Any]:
        """As a page's marks."""
        return {key: asdict(self)}


def rewound(marks: Mapping[str, Any], floor: datetime) -> dict[str, Any]:
    """Marks that tell up to when a list is read (`seen`), where that is after `floor`, as if it was read up to there: a
    look back that is cut short is then made up for by the next reading."""
    return {
        key: {**mark, "seen": _as(mark["seen"], floor), "etag": None}
        for key, mark in marks.items()
        if isinstance(mark, dict) and isinstance(mark.get("seen"), str) and moment(mark["seen"]) > floor
    }


def _as(text: str, time: datetime) -> str:
    """A time written as another is: such texts are compared with one another."""
    return utc(stamp(time)) if "." in text else stamp(time)
