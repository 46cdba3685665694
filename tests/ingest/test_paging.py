"""Lists over many pages: an empty page is no end, where the answer says that others follow."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from typing_extensions import TypedDict

from ingest import paging
from ingest.api import EMPTY_PAGES, Api
from ingest.http import Http
from ingest.shapes import Listing, Shape
from tests.loopback import Loopback, Reply, Request


class Thing(TypedDict):
    id: int


class Things(TypedDict, total=False):
    things: list[Thing]
    next: str


THINGS = Shape(Thing, Things, "things", lambda item, hashed: dict(item))


@pytest.fixture
def server() -> Iterator[Loopback]:
    """A list whose second and third page are empty, and another that goes on with nothing for ever."""

    def answer(request: Request) -> Reply:
        number = int(request.query.get("page", 1))
        is_empty = number in {2, 3} or request.path == "/endless"
        shown: dict[str, Any] = {"things": [] if is_empty else [{"id": number}]}
        if number == 4 and request.path == "/list":
            return Reply(shown)
        shown["next"] = str(number + 1)
        return Reply(shown, headers={"Link": f'<{request.path}?page={number + 1}>; rel="next"'})

    with Loopback(answer, lambda: datetime(2026, 5, 4, 12)) as running:
        yield running


def by_link(api: Api, path: str) -> Iterator[tuple[Listing, bool]]:
    return api.pages(path, THINGS, api.many(path, THINGS))


def by_token(api: Api, path: str) -> Iterator[tuple[Listing, bool]]:
    return paging.pages(api, path, THINGS, {}, paging.by_token("next", "page"))


@pytest.mark.parametrize("read", [by_link, by_token])
def test_an_empty_page_amid_others_ends_no_list(server: Loopback, read: Any) -> None:
    with Http(server.base_url) as http:
        api = Api(http, lambda name: name, "s", "p", "", sized={})
        found = list(read(api, "list"))
        assert [item["id"] for listing, _ in found for item in listing.items] == [1, 4]
        assert [is_last for _, is_last in found] == [False, False, False, True]
        assert len(list(read(api, "endless"))) == EMPTY_PAGES + 1
