"""A provider's answers, read page by page.

A whole page is validated straight from its bytes, and only the fields in use are built. Where one item is not as its
provider documents it, the page is gone through item by item, so that the others stay.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticInvalidForJsonSchema
from pydantic_core import from_json

from ingest.source import Hasher, Rejected

Item = dict[str, Any]
Cut = Callable[[Any, Hasher], Item]
"""Takes what is kept of an item, persons hashed."""


@dataclass(frozen=True)
class Listing:
    """The items of one answer, those that were refused, the number of all items where the answer tells it, and what
    else of the answer stands in the page's type, such as where to go on."""

    items: list[Item]
    rejected: tuple[Rejected, ...] = ()
    total: int = 0
    rest: Item = field(default_factory=dict)


class Shape:
    """How one endpoint answers: the type of an item, the type of a page, the key in it that holds the list (None: the
    page is the list), what is kept of an item, and the permission that reading it needs.

    Of an item that is not of its type only plain values are kept: nothing of `free_text`, which may hold a person or a
    secret, and of `persons` (a field and what in it names the person) the hash.
    """

    def __init__(
        self,
        item: Any,
        page: Any,
        key: str | None,
        cut: Cut,
        needs: str = "",
        *,
        persons: Mapping[str, str] = {},
        free_text: Collection[str] = (),
    ) -> None:
        self.needs = needs
        self._persons = persons
        self._free_text = set(free_text)
        self._types = item
        self._item = TypeAdapter[Any](item)
        self._page = TypeAdapter[Any](page)
        beside = get_type_hints(get_origin(page) or page) if key else {}
        self._beside = {name: TypeAdapter[Any](kind) for name, kind in beside.items() if name != key}
        self._key = key
        self._cut = cut

    def many(self, body: bytes, place: str, hashed: Hasher) -> Listing:
        """A page of a list. Raises ValueError when it is no JSON or no list of this kind."""
        try:
            answer = self._page.validate_json(body)
        except ValidationError:
            return self._singly(body, place, hashed)
        # some answer without the list where it is empty, or with null: then their type says so
        found = (answer.get(self._key) or []) if self._key else answer
        total = answer.get("total_count", len(found)) if self._key else len(found)
        return Listing([self._cut(item, hashed) for item in found], total=total, rest=self._rest(answer))

    def one(self, body: bytes, place: str, hashed: Hasher) -> Listing:
        """The answer for a single item, as a list of one. Raises ValueError when it is no JSON."""
        try:
            return Listing([self._cut(self._item.validate_json(body), hashed)], total=1)
        except ValidationError:
            return self._each([_json(body)], place, hashed, 1)

    def _singly(self, body: bytes, place: str, hashed: Hasher) -> Listing:
        answer = _json(body)
        if self._key and not isinstance(answer, dict):
            raise ValueError(f"it holds no list of {self._key}")
        found = answer.get(self._key) if self._key else answer
        if not isinstance(found, list):
            raise ValueError(f"it holds no list{f' of {self._key}' if self._key else ''}")
        total = answer.get("total_count") if self._key else None
        listing = self._each(found, place, hashed, total if isinstance(total, int) else len(found))
        return replace(listing, rest=self._rest(answer))

    def _rest(self, answer: Any) -> Item:
        """What stands beside the list. What is not of its type is left out, as if the answer had not told it."""
        rest: Item = {}
        for name in self._beside.keys() & answer.keys() if self._key else ():
            with suppress(ValidationError):
                rest[name] = self._beside[name].validate_python(answer[name])
        return rest

    def _each(self, found: list[Any], place: str, hashed: Hasher, total: int) -> Listing:
        items, rejected = [], []
        for index, raw in enumerate(found):
            try:
                items.append(self._cut(self._item.validate_python(raw), hashed))
            except ValidationError as error:
                number = raw.get("id") if isinstance(raw, dict) else None
                row = number if isinstance(number, int) else index + 1
                rejected.append(Rejected(place, row, _why(error), self._salvage(raw, hashed)))
        return Listing(items, tuple(rejected), total)

    @cached_property
    def _plain(self) -> set[str]:
        """The fields that hold a text or a number, and those of persons: where an object belongs, text may be one."""
        found = set()
        for name, kind in get_type_hints(get_origin(self._types) or self._types).items():
            with suppress(PydanticInvalidForJsonSchema):
                schema = TypeAdapter[Any](kind).json_schema()
                if name in self._persons or not re.search(r'"(object|array)"', json.dumps(schema)):
                    found.add(name)
        return found

    def _salvage(self, raw: Any, hashed: Hasher) -> Item | None:
        """What may be kept of an item that is not as documented: plain values of listed fields, persons hashed."""
        if not isinstance(raw, dict):
            return None
        kept: Item = {}
        for key in self._plain - self._free_text:
            value = raw.get(key)
            if key in self._persons:
                login = value.get(self._persons[key]) if isinstance(value, dict) else None
                kept[key] = hashed(login) if isinstance(login, str) else None
            elif isinstance(value, str | int | float | None):
                kept[key] = value
        return dict(sorted(kept.items()))


def _json(body: bytes) -> Any:
    try:
        return from_json(body)
    except ValueError:
        raise ValueError("it is not JSON") from None


def _why(error: ValidationError) -> str:
    """The first faults without the values found: what the provider sent there may hold a person."""
    faults = error.errors(include_url=False, include_input=False, include_context=False)[:3]
    return "; ".join(f"{'.'.join(str(part) for part in fault['loc']) or 'item'}: {fault['msg']}" for fault in faults)
