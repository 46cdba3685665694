"""Workflow runs of one repository, so that none is missed, however and whenever it changes.

New runs come from the newest page when it reaches back to the last reading, else from windows of time, oldest first.
Runs that were not finished are asked for by id until they are. A finished run can be started again for 30 days: once a
day, what changed in that time is read again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ingest.answers import Response
from ingest.api import GONE, Api
from ingest.errors import SourceError, SourceStopped
from ingest.github_pages import RUNS
from ingest.github_windows import PATH, SEARCH_LIMIT, Window, windows
from ingest.marks import Mark
from ingest.progress import Meter
from ingest.reach import OVERLAP, Reach
from ingest.shapes import Item, Listing
from ingest.source import Fault, Page, Rejected
from ingest.times import moment, share, stamp

BATCH = 100
RERUN_TIME = timedelta(days=31)
SWEEP_EVERY = timedelta(days=1)


@dataclass
class RunMark(Mark):
    """Where the runs and jobs of a repository stand. Times are as GitHub writes them.

    Runs created from `since` to `seen` are landed. `etag` is that of the newest page, `oldest` its last run where more
    follow. Changes of older runs were looked for until `swept`. Unfinished runs stand in `open` with their etag. Jobs
    of runs created up to `jobs_seen` are landed, save those of the runs in `due`.
    """

    since: str | None = None
    seen: str | None = None
    etag: str | None = None
    oldest: str | None = None
    swept: str | None = None
    jobs_seen: str | None = None
    open: dict[str, str | None] = field(default_factory=dict)
    due: list[str] = field(default_factory=list)

    def saved(self, key: str) -> dict[str, Any]:
        self.due = list(dict.fromkeys(self.due))
        return super().saved(key)


class Runs:
    """One reading of a repository's runs. Its mark goes out only on a page that completes what it says."""

    def __init__(self, api: Api, key: str, mark: RunMark, reach: Reach, *, jobs: bool, meter: Meter) -> None:
        self._api = api
        self._key = key
        self._mark = mark
        self._reach = reach
        self._jobs = jobs
        self._meter = meter
        self._anew = reach.anew(mark.since)
        self._open_before = set(mark.open)
        self._read: set[str] = set()

    @property
    def stand(self) -> tuple[Api, str, RunMark, Meter]:
        """What the reading of the jobs goes on from."""
        return self._api, self._key, self._mark, self._meter

    def head(self) -> Response:
        """The newest page, which may be asked for long before the others."""
        return self._api.many(PATH, RUNS, etag=None if self._anew else self._mark.etag)

    def fetch(self, newest: Callable[[], Response]) -> Iterator[Page | Fault]:
        """What is new, given the answer to `head`."""
        mark, head = self._mark, newest()
        now = self._api.http.clock(head)
        if head.not_modified:
            begin, covered = "", mark.oldest
        else:
            begin = self._reach.begin(mark.since, mark.seen, now)
            mark.oldest = min((run["created_at"] for run in head.value.items), default=begin) if head.next else None
            covered = mark.oldest and min(begin, mark.oldest)
        sweep = self._sweep_from(now, covered)
        if not head.not_modified:
            until = stamp(now)
            enough = covered is None or covered < begin
            if self._anew:
                # all from there on is read again: cut short, the next reading goes on where this one was
                mark.seen, mark.etag = begin, None
            mark.since = min(mark.since or begin, begin)
            mark.jobs_seen = min(mark.jobs_seen or begin, begin) if self._anew else mark.jobs_seen or begin
            found = iter([Window(begin, until, head.value, True)]) if enough else windows(self._api, begin, until)
            yield from self._new(found, begin, until, head.etag)
        yield from self._unfinished()
        if sweep and covered:
            yield from self._sweep(sweep, covered, now)

    def _new(self, found: Iterator[Window], begin: str, until: str, etag: str | None) -> Iterator[Page | Fault]:
        """Runs created or changed since `begin`. The etag vouches for all of them, so the last page brings it."""
        mark = self._mark
        done: list[str] = []
        for window in found:
            items, faults = self._take(window.listing, begin)
            done += [str(run["id"]) for run in items if run["status"] == "completed"]
            if window.complete:
                self._owe(window, done)
                done = []
                mark.seen = max(mark.seen or window.end, window.end)
                self._meter.within(share(begin, window.end, until))
                if window.end == until:
                    mark.etag, mark.swept = etag, mark.swept or until
            yield self._page(items, window.listing.rejected, window.complete)
            yield from faults

    def _owe(self, window: Window, done: list[str]) -> None:
        """The jobs of a window's runs are due, unless so many are that they are better listed again when their turn
        comes: a mark must stay small."""
        mark = self._mark
        reached = mark.jobs_seen is not None and window.begin <= mark.jobs_seen <= window.end
        if self._jobs and reached and len(mark.due) + len(done) <= SEARCH_LIMIT:
            mark.due += done
            mark.jobs_seen = window.end

    def _take(self, listing: Listing, changed_since: str) -> tuple[list[Item], list[Fault]]:
        """The runs that changed, with their earlier attempts, and what failed of those. Keeps the mark's ids."""
        mark = self._mark
        items = [run for run in listing.items if run["updated_at"] >= changed_since]
        earlier: list[Item] = []
        faults: list[Fault] = []
        started_again = {run["id"]: run for run in items if run["run_attempt"] > 1}
        attempts = dict(self._api.http.each(started_again, lambda run_id: self._earlier(started_again[run_id])))
        for run in items:
            run_id = str(run["id"])
            if run_id in self._open_before:
                self._read.add(run_id)
            if run["status"] == "completed":
                mark.open.pop(run_id, None)
                if self._jobs and mark.jobs_seen and run["created_at"] <= mark.jobs_seen:
                    mark.due.append(run_id)
            else:
                mark.open[run_id] = None
            try:
                earlier += attempts[run["id"]]() if run["id"] in attempts else []
            except SourceStopped:
                raise
            except SourceError as error:
                mark.open[run_id] = None
                faults.append(Fault(str(error)))
        return items + earlier, faults

    def _earlier(self, run: Item) -> list[Item]:
        """The attempts before the one that is listed: only they tell that a run failed at first."""
        found: list[Item] = []
        for attempt in range(1, run["run_attempt"]):
            response = self._api.one(f"{PATH}/{run['id']}/attempts/{attempt}", RUNS)
            if response.status not in GONE:
                found += response.value.items
        return found

    def _unfinished(self) -> Iterator[Page | Fault]:
        """Asks by id for the runs that were not finished and did not turn up in the list."""
        mark = self._mark
        waiting = sorted(self._open_before - self._read)
        for batch in (waiting[start : start + BATCH] for start in range(0, len(waiting), BATCH)):
            items: list[Item] = []
            rejected: list[Rejected] = []
            before = dict(mark.open)
            for run_id, answer in self._api.http.each(batch, self._ask):
                try:
                    found, faults = self._again(run_id, answer())
                except SourceStopped:
                    raise
                except SourceError as error:
                    yield Fault(str(error))
                    continue
                yield from faults
                items += found.items
                rejected += found.rejected
            if items or rejected or mark.open != before:
                yield self._page(items, tuple(rejected), True)

    def _ask(self, run_id: str) -> Response:
        return self._api.one(f"{PATH}/{run_id}", RUNS, self._mark.open.get(run_id))

    def _again(self, run_id: str, response: Response) -> tuple[Listing, list[Fault]]:
        """One run that was asked for by its id; nothing when it has not changed or is gone."""
        open_runs = self._mark.open
        if response.status in GONE:
            del open_runs[run_id]
        if response.value is None:
            return Listing([]), []
        items, faults = self._take(response.value, "")
        if run_id in open_runs and not faults:
            open_runs[run_id] = response.etag
        return Listing(items, response.value.rejected), faults

    def _sweep_from(self, now: datetime, covered: str | None) -> str | None:
        """From when on runs must be looked at again; None when it is not yet time or the newest page shows them all."""
        mark = self._mark
        if mark.swept is None or now - moment(mark.swept) < SWEEP_EVERY:
            return None
        begin = stamp(moment(mark.swept) - RERUN_TIME)
        if covered and begin < covered:
            return begin
        mark.swept = stamp(now)
        return None

    def _sweep(self, begin: str, covered: str, now: datetime) -> Iterator[Page | Fault]:
        """Runs created from `begin` to `covered` that changed since the last sweep."""
        mark = self._mark
        changed_since = stamp(moment(mark.swept or begin) - OVERLAP)
        for window in windows(self._api, begin, covered):
            items, faults = self._take(window.listing, changed_since)
            if items:
                yield self._page(items, window.listing.rejected, False)
            yield from faults
        mark.swept = stamp(now)
        yield self._page([], (), True)

    def _page(self, items: list[Item], rejected: tuple[Rejected, ...], complete: bool) -> Page:
        return Page(
            "ci_run",
            self._api.place(PATH),
            items,
            marks=self._mark.saved(self._key) if complete else {},
            rejected=rejected,
            starts=False,
        )
