"""Searching runs by the time they were created: GitHub ends a search at 1,000 results, so a full window is split."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import groupby, pairwise
from math import ceil

from ingest.answers import Response
from ingest.api import PER_PAGE, Api
from ingest.errors import SourceError
from ingest.github_pages import RUNS
from ingest.shapes import Listing
from ingest.times import moment, stamp

PATH = "actions/runs"
SEARCH_LIMIT = 1_000
READINGS = 3
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Window:
    """A page of the runs created from `begin` to `end`, both included; `complete` when no more of them follow."""

    begin: str
    end: str
    listing: Listing
    complete: bool


@dataclass(frozen=True, eq=False)
class Span:
    """A search that GitHub shows whole, and its first page."""

    begin: str
    end: str
    first: Response

    @property
    def total(self) -> int:
        total: int = self.first.value.total
        return total


def windows(api: Api, begin: str, end: str) -> Iterator[Window]:
    """All runs created from `begin` to `end`, the oldest window first, page by page; further pages are asked for while
    one is worked on."""
    numbered = (
        (span, number) for span in _spans(api, begin, end, _search(api, (begin, end))) for number in _numbers(span)
    )
    answers = api.http.each(numbered, lambda each: _numbered(api, *each))
    for span, pages in groupby(answers, key=lambda each: each[0][0]):
        yield from _whole(api, span, (answer() for _, answer in pages))


def _spans(api: Api, begin: str, end: str, first: Response) -> Iterator[Span]:
    """The searches that give all runs from `begin` to `end`. Raises SourceError when one second holds too many."""
    total = first.value.total
    start, seconds = moment(begin), int((moment(end) - moment(begin)) / SECOND)
    if total >= SEARCH_LIMIT and seconds > 0:
        # a few more pieces than would do for an even spread: runs come in bursts
        pieces = min(max(2, ceil(1.25 * total / SEARCH_LIMIT)), seconds + 1)
        edges = [start + SECOND * ((seconds + 1) * piece // pieces) for piece in range(pieces + 1)]
        parts = [(stamp(left), stamp(right - SECOND)) for left, right in pairwise(edges)]
        for part, answer in api.http.each(parts, partial(_search, api)):
            yield from _spans(api, *part, answer())
    elif total > SEARCH_LIMIT:
        raise SourceError(
            f"{api.source}/{api.part}: {PATH}: {total:,} runs in the one second {begin}, and GitHub shows at most "
            f"{SEARCH_LIMIT:,}; set `since` after it"
        )
    else:
        yield Span(begin, end, first)


def _search(api: Api, part: tuple[str, str]) -> Response:
    return api.many(PATH, RUNS, {"created": f"{part[0]}..{part[1]}"})


def _numbers(span: Span) -> range:
    return range(1, max(1, ceil(span.total / PER_PAGE)) + 1)


def _numbered(api: Api, span: Span, number: int) -> Response:
    return span.first if number == 1 else api.later(PATH, RUNS, span.first, number)


def _whole(api: Api, span: Span, pages: Iterator[Response]) -> Iterator[Window]:
    """The pages of a search, again where it changed while it was read."""
    total, first = span.total, next(pages)
    for reading in range(1, READINGS + 1):
        steady = True
        for listing, last in api.pages(PATH, RUNS, first, pages):
            # a run that is deleted meanwhile moves another one onto a page already read
            steady = steady and listing.total == total
            yield Window(span.begin, span.end, listing, last and (steady or reading == READINGS))
        if steady:
            return
        if reading < READINGS:
            first, pages = _search(api, (span.begin, span.end)), iter(())
            total = first.value.total
