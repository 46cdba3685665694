"""Lists whose answers say in their body how to go on: with a token, or how many there are."""

from collections.abc import Callable, Iterator
from typing import Any

from ingest.answers import Response
from ingest.api import EMPTY_PAGES, Api
from ingest.errors import SourceError
from ingest.http import Params
from ingest.shapes import Listing, Shape

After = Callable[[Listing, Params], Params | None]
"""What to ask for after a page: its listing, and what it was asked for with. None after the last one."""


def pages(
    api: Api, path: str, shape: Shape, params: Params, after: After, *, first: Response | None = None
) -> Iterator[tuple[Listing, bool]]:
    """All pages of a list (where the first was asked for already, it is `first`), each with whether it is the last.

    Raises SourceError when they run in circles.
    """
    following: Params | None = {**api.sized, **params}
    before: list[Any] = []
    empty = 0
    while following is not None:
        response = first or api.many(path, shape, following)
        listing: Listing = response.value
        first = None
        rows: list[Any] = [*listing.items, *listing.rejected]
        if rows and rows == before:
            raise SourceError(f"{api.source}/{api.part}: {path}: its pages repeat themselves; run again later")
        empty = 0 if rows else empty + 1
        following = after(listing, following) if empty <= EMPTY_PAGES else None
        yield listing, following is None
        before = rows


def by_token(field: str, param: str) -> After:
    """The answer's `field` holds what the next page is asked for with; empty after the last one."""

    def after(listing: Listing, params: Params) -> Params | None:
        token = listing.rest.get(field)
        return {**params, param: str(token)} if token else None

    return after


def by_offset(more: str | None = None, size: str = "limit") -> After:
    """Counted on by `size`; until the answer's `more` says that it was the last page, else until one is not full."""

    def after(listing: Listing, params: Params) -> Params | None:
        count = len(listing.items) + len(listing.rejected)
        goes_on = bool(listing.rest.get(more)) if more else count == params[size]
        return {**params, "offset": _number(params["offset"]) + count} if goes_on else None

    return after


def _number(value: object) -> int:
    return value if isinstance(value, int) else int(str(value))
