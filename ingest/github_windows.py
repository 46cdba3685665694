"""Searching runs by the time they were created: GitHub ends a search at 1,000 results, so a full window is split."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from math import ceil

from ingest.api import Api
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


def windows(api: Api, begin: str, end: str) -> Iterator[Window]:
    """All runs created from `begin` to `end`, the oldest window first, page by page."""
    first = api.many(PATH, RUNS, {"created": f"{begin}..{end}"})
    total = first.value.total
    start, seconds = moment(begin), int((moment(end) - moment(begin)) / SECOND)
    if total >= SEARCH_LIMIT and seconds > 0:
        # a few more pieces than would do for an even spread: runs come in bursts
        pieces = min(max(2, ceil(1.25 * total / SEARCH_LIMIT)), seconds + 1)
        edges = [start + SECOND * ((seconds + 1) * piece // pieces) for piece in range(pieces + 1)]
        for left, right in pairwise(edges):
            yield from windows(api, stamp(left), stamp(right - SECOND))
        return
    if total > SEARCH_LIMIT:
        raise SourceError(
            f"{api.source}/{api.part}: {PATH}: {total:,} runs in the one second {begin}, and GitHub shows at most "
            f"{SEARCH_LIMIT:,}; set `since` after it"
        )
    for reading in range(1, READINGS + 1):
        steady = True
        for listing, last in api.pages(PATH, RUNS, first):
            # a run that is deleted meanwhile moves another one onto a page already read
            steady = steady and listing.total == total
            yield Window(begin, end, listing, last and (steady or reading == READINGS))
        if steady:
            return
        if reading < READINGS:
            first = api.many(PATH, RUNS, {"created": f"{begin}..{end}"})
            total = first.value.total
