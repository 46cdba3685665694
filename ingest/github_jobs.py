"""Jobs of one repository's runs. They cost a request per run, so that they come after everything else of all
repositories, and what was fetched before a rate limit or a failure stays."""

from collections.abc import Iterator

from ingest.api import GONE, Api
from ingest.errors import SourceError, SourceStopped
from ingest.github_pages import JOBS
from ingest.github_runs import BATCH, RunMark
from ingest.github_windows import PATH, windows
from ingest.progress import Meter
from ingest.shapes import Item, Listing
from ingest.source import Fault, Page, Rejected
from ingest.times import share


class Jobs:
    """Goes on from the mark that the reading of the runs left."""

    def __init__(self, api: Api, key: str, mark: RunMark, meter: Meter) -> None:
        self._api = api
        self._key = key
        self._mark = mark
        self._meter = meter
        self._failed: list[str] = []

    def fetch(self) -> Iterator[Page | Fault]:
        """The jobs that are due, then those of windows not looked at yet, up to where the runs are complete."""
        mark = self._mark
        yield from self._pay()
        if mark.jobs_seen and mark.seen and mark.jobs_seen < mark.seen:
            begin = mark.jobs_seen
            for window in windows(self._api, begin, mark.seen):
                mark.due += [str(run["id"]) for run in window.listing.items if run["status"] == "completed"]
                if window.complete:
                    mark.jobs_seen = window.end
                    yield from self._pay()
                    self._meter.within(share(begin, window.end, mark.seen))
            yield self._page([], ())

    def _pay(self) -> Iterator[Page | Fault]:
        """Fetches the jobs of all runs that are due; those that fail stay due for the next time."""
        mark = self._mark
        waiting = [run_id for run_id in dict.fromkeys(mark.due) if run_id not in self._failed]
        for batch in (waiting[start : start + BATCH] for start in range(0, len(waiting), BATCH)):
            items: list[Item] = []
            rejected: list[Rejected] = []
            paid: set[str] = set()
            stopped: SourceStopped | None = None
            for run_id, jobs in self._api.http.each(batch, self._jobs):
                try:
                    for listing in jobs():
                        items += listing.items
                        rejected += listing.rejected
                    paid.add(run_id)
                except SourceStopped as error:
                    stopped = error
                    break
                except SourceError as error:
                    self._failed.append(run_id)
                    yield Fault(str(error))
            mark.due = [run_id for run_id in mark.due if run_id not in paid]
            self._meter.within(1 - len(mark.due) / len(waiting))
            if paid:
                yield self._page(items, tuple(rejected))
            if stopped:
                raise stopped

    def _jobs(self, run_id: str) -> list[Listing]:
        path = f"{PATH}/{run_id}/jobs"
        first = self._api.many(path, JOBS, {"filter": "latest"}, ok=GONE)
        return [] if first.status in GONE else [listing for listing, _ in self._api.pages(path, JOBS, first)]

    def _page(self, items: list[Item], rejected: tuple[Rejected, ...]) -> Page:
        return Page(
            "ci_job",
            self._api.place(f"{PATH}/jobs"),
            items,
            marks=self._mark.saved(self._key),
            rejected=rejected,
            starts=False,
        )
