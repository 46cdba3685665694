"""What a source keeps in its marks: where a list stands, from one reading to the next."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass, fields
from typing import Any, Self


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
