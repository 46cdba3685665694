"""The `github` source: runs and jobs, deployments, releases, merged pull requests, issues and projects of GitHub.

docs/github.md tells what it reads, in which order, and what that costs.
"""

from collections.abc import Iterator

from pydantic import ValidationError

from ingest import github_issue_records, github_project_records
from ingest.api import GONE, Api
from ingest.errors import SourceError, SourceStopped
from ingest.github_comparison import COMPARED, Compare
from ingest.github_deployments import Deployments
from ingest.github_graphql import Graph
from ingest.github_issue_fields import ISSUES
from ingest.github_issues import NOUNS, IssueReading, Issues
from ingest.github_jobs import Jobs
from ingest.github_lists import Changes, ListMark, Newest
from ingest.github_pages import DEPLOYMENTS, PULLS, RELEASES, RUNS
from ingest.github_projects import ProjectReading
from ingest.github_records import records
from ingest.github_releases import ReleaseMark, Releases
from ingest.github_repositories import HEADERS, Repo, Repositories
from ingest.github_runs import RunMark, Runs
from ingest.going_on import going_on
from ingest.http import Http
from ingest.reach import Reach
from ingest.reasons import reason
from ingest.records import Record
from ingest.settings import GithubSettings
from ingest.shapes import Item, Shape
from ingest.source import Event, Fault, Hasher, Named, Page, Rejected, Watermark

Reading = Newest | Releases | Runs | IssueReading
CHECKED: tuple[tuple[str, Shape, tuple[int, ...]], ...] = (
    ("actions/runs", RUNS, ()),
    ("deployments", DEPLOYMENTS, ()),
    ("pulls", PULLS, ()),
)


class Github:
    """One GitHub or GitHub Enterprise host. Its marks are one per repository and list."""

    def __init__(self, settings: GithubSettings, hasher: Hasher) -> None:
        self.name = settings.name
        self._settings = settings
        self._hash = hasher

    def fetch(self, http: Http, since: Watermark) -> Iterator[Page | Fault]:
        """What is new of every repository; the jobs of the runs come last, since they cost the most requests.

        What fails is a Fault, and the rest goes on. Raises SourceStopped when the host, the token or its rate limit
        lets nothing more be read.
        """
        later: list[Jobs] = []
        repositories = self._repositories(http, since)
        repos: list[Repo] = []
        for found in repositories.all():
            if isinstance(found, Fault):
                yield found
            else:
                repos.append(found)
        if names := repositories.page():
            yield names
        readings = list(self._readings(http, repos, since))
        for index, (reading, newest) in enumerate(http.each(readings, lambda reading: reading.head())):
            since.meter.part("lists", index, len(readings))
            ended = yield from going_on(reading.fetch(newest))
            if ended and isinstance(reading, Runs) and self._settings.jobs:
                later.append(Jobs(*reading.stand))
        for project in self._projects(http, since):
            yield from going_on(project.fetch(anew=since.floor is not None))
        for index, jobs in enumerate(later):
            since.meter.part("jobs", index, len(later))
            yield from going_on(jobs.fetch())

    def _projects(self, http: Http, since: Watermark) -> Iterator[ProjectReading]:
        for table in self._settings.roadmap:
            yield ProjectReading(http, self.name, table, since.marks)

    def _readings(self, http: Http, repos: list[Repo], since: Watermark) -> Iterator[Reading]:
        """One of each list of each repository."""
        reach = Reach.of(self._settings.since, since.floor)
        compare = Compare(self._settings.compare)
        graph = Graph(http, self._hash, self.name, is_on=self._settings.graphql)
        for repo in repos:
            api, key = self._api(http, repo), repo.key
            list_key = f"{key}/deployments"
            listed = ListMark.of(since.marks, list_key)
            approvals = self._settings.approvals
            yield Deployments(api, graph, list_key, listed, reach, compare=compare, approvals=approvals)
            if environment := self._settings.released_to(repo.name):
                list_key = f"{key}/releases/{environment}"
                released = ReleaseMark.of(since.marks, list_key)
                yield Releases(api, list_key, released, reach, environment=environment, compare=compare)
            list_key = f"{key}/pulls"
            yield Changes(api, graph, list_key, ListMark.of(since.marks, list_key), reach)
            run_key = f"{key}/runs"
            mark = RunMark.of(since.marks, run_key)
            yield Runs(api, run_key, mark, reach, jobs=self._settings.jobs, meter=since.meter)
            for table in self._settings.issues:
                if table.covers(repo.name):
                    yield IssueReading(Issues(api, key, table, since.marks, reach), repo.now)

    def parse(self, page: Page) -> Iterator[Record | Rejected | Event | Named]:
        if page.kind in NOUNS.values():
            return (Event(page.kind, str(item["id"]), item) for item in page.items)
        return records(page)

    def assemble(self, noun: str, place: str, events: list[Item]) -> Iterator[Record | Rejected]:
        """An issue, or an item of a project, from all readings of it."""
        if "project" in events[0]:
            made = github_project_records.rows(self._settings.roadmap, events)
        else:
            made = github_issue_records.rows(self._settings.issues, noun, events)
        for record, values in made:
            try:
                yield record.model_validate(values)
            except ValidationError as error:
                yield Rejected(place, 1, reason(error), values)

    def check(self, http: Http) -> Iterator[str]:
        """One line for each thing that keeps something from being read."""
        try:
            # a GitHub Enterprise without rate limits has no such page
            http.get("rate_limit", ok=GONE, place=f"{self.name}: {http.base_url}")
            for found in self._repositories(http, Watermark()).all(one_of_each=True):
                yield from [found.message] if isinstance(found, Fault) else self._unreadable(http, found)
            for project in self._projects(http, Watermark()):
                if line := project.check():
                    yield line
        except SourceError as error:
            yield str(error)

    def _unreadable(self, http: Http, repo: Repo) -> Iterator[str]:
        """What of a repository cannot be read."""
        # a repository may have its issues switched off, and one without a commit has nothing to compare
        issues = [("issues", ISSUES, GONE)] if any(table.covers(repo.name) for table in self._settings.issues) else []
        releases = [("releases", RELEASES, ())] if self._settings.released_to(repo.name) else []
        comparisons = [("compare/HEAD...HEAD", COMPARED, GONE)] if self._settings.compare else []
        for path, shape, ok in (*CHECKED, *issues, *releases, *comparisons):
            try:
                self._api(http, repo).many(path, shape, {"per_page": 1}, ok=ok)
            except SourceStopped:
                raise
            except SourceError as error:
                yield str(error)

    def _repositories(self, http: Http, since: Watermark) -> Repositories:
        return Repositories(http, self._hash, self.name, self._settings.repos, since.marks)

    def _api(self, http: Http, repo: Repo) -> Api:
        return Api(http, self._hash, self.name, repo.name, f"repos/{repo.name}", HEADERS)
