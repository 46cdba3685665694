"""Requests below one path of an API that pages its lists by Link headers, as GitHub and GitLab do."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ingest.answers import Response
from ingest.errors import SourceError
from ingest.http import Http, Params
from ingest.shapes import Listing, Shape
from ingest.source import Hasher

PER_PAGE = 100
GONE = (404, 410)
EMPTY_PAGES = 3
"""So many empty pages in a row may have others behind them, as where a server leaves out what may not be seen."""
MOST_PAGES = 10_000
"""No list is longer; one that never ends would be followed for ever."""


@dataclass(frozen=True)
class Api:
    """GET requests below `root`, say `repos/acme/fraud`; `source` and `part`, say acme/fraud, name it in messages."""

    http: Http
    hasher: Hasher
    source: str
    part: str
    root: str
    headers: Mapping[str, str] = field(default_factory=dict)
    sized: Mapping[str, int] = field(default_factory=lambda: {"per_page": PER_PAGE})
    """How the size of a page is asked for."""

    def itself(self, shape: Shape, etag: str | None = None) -> Response:
        """What `root` names, as a Listing of one. Raises SourceError when it cannot be seen."""
        return self.http.get(
            self.root,
            etag=etag,
            headers=self.headers,
            decode=lambda body: shape.one(body, self.part, self.hasher),
            place=f"{self.source}/{self.part}",
            needs=shape.needs,
        )

    def many(
        self,
        path: str,
        shape: Shape,
        params: Params | None = None,
        *,
        etag: str | None = None,
        ok: tuple[int, ...] = (),
    ) -> Response:
        """The first page of a list; its `value` is a Listing."""
        params = {**self.sized, **(params or {})}
        return self._get(path, shape.many, shape.needs, params=params, etag=etag, ok=ok)

    def one(
        self,
        path: str,
        shape: Shape,
        etag: str | None = None,
        params: Params | None = None,
        *,
        ok: tuple[int, ...] = GONE,
    ) -> Response:
        """A single item as a Listing of one; a status in `ok`, and no value, when it is gone."""
        return self._get(path, shape.one, shape.needs, params=params, etag=etag, ok=ok)

    def later(self, path: str, shape: Shape, first: Response, number: int) -> Response:
        """A later page by its number, without the answers before it."""
        return self._get(path, shape.many, shape.needs, address=f"{first.url}&page={number}")

    def pages(
        self, path: str, shape: Shape, first: Response, ahead: Iterable[Response] = ()
    ) -> Iterator[tuple[Listing, bool]]:
        """The first page and those after it, each with whether it is the last.

        Those that were asked for `ahead` are taken from there, as long as pages follow. Raises SourceError when they
        lead outside the host or run in circles.
        """
        page: Response | None = first
        coming = iter(ahead)
        before: list[Any] = []
        seen: set[str] = set()
        empty = 0
        while page:
            listing: Listing = page.value
            rows: list[Any] = [*listing.items, *listing.rejected]
            if (rows and rows == before) or page.url in seen:
                raise SourceError(f"{self.source}/{self.part}: {path}: its pages repeat themselves; run again later")
            if len(seen) == MOST_PAGES:
                raise SourceError(
                    f"{self.source}/{self.part}: {path}: does not end after {MOST_PAGES:,} pages; check base_url, or "
                    "read less of it with `since`"
                )
            seen.add(page.url)
            empty = 0 if rows else empty + 1
            following = page.next if empty <= EMPTY_PAGES else None
            # asked for before this page is worked on: what is deleted in between would move items off the next one
            page = None
            if following:
                page = next(coming, None) or self._get(path, shape.many, shape.needs, address=following)
            yield listing, page is None
            before = rows

    def place(self, path: str) -> str:
        """Where an item was found, for rejected rows."""
        return f"{self.part}/{path}"

    def _get(
        self,
        path: str,
        decode: Callable[[bytes, str, Hasher], Listing],
        needs: str,
        *,
        address: str | None = None,
        params: Params | None = None,
        etag: str | None = None,
        ok: tuple[int, ...] = (),
    ) -> Response:
        return self.http.get(
            address or f"{self.root}/{path}",
            params,
            etag,
            headers=self.headers,
            ok=ok,
            decode=lambda body: decode(body, self.place(path), self.hasher),
            place=f"{self.source}/{self.part}: {path}",
            needs=needs,
        )
