"""The `github` source: workflow runs and jobs, deployments and merged pull requests of GitHub repositories.

docs/github.md tells what it reads, in which order, and what that costs.
"""

import os
from collections.abc import Iterator
from fnmatch import fnmatch

from ingest.answers import Response
from ingest.api import GONE, Api
from ingest.errors import SourceError, SourceStopped
from ingest.github_jobs import Jobs
from ingest.github_lists import Changes, Deployments, ListMark, Newest
from ingest.github_pages import DEPLOYMENTS, PULLS, REPOSITORIES, RUNS
from ingest.github_records import records
from ingest.github_runs import RunMark, Runs
from ingest.going_on import going_on
from ingest.http import Http
from ingest.reach import Reach
from ingest.records import Record
from ingest.settings import GithubSettings
from ingest.source import Fault, Hasher, Page, Rejected, Watermark

HEADERS = {"Accept": "application/vnd.github+json"}
Reading = Newest | Runs
CHECKED = (("actions/runs", RUNS), ("deployments", DEPLOYMENTS), ("pulls", PULLS))


class Github:
    """One GitHub or GitHub Enterprise host. Its marks are one per repository and list, under the repository's name."""

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
        for reading, newest in http.each(self._readings(http, since), _newest):
            if isinstance(reading, Fault):
                yield reading
                continue
            ended = yield from going_on(reading.fetch(newest))
            if ended and isinstance(reading, Runs) and self._settings.jobs:
                later.append(Jobs(*reading.stand))
        for jobs in later:
            yield from going_on(jobs.fetch())

    def _readings(self, http: Http, since: Watermark) -> Iterator[Reading | Fault]:
        """One of each list of each repository."""
        reach = Reach.of(self._settings.since, since.floor)
        for found in self._repos(http):
            if isinstance(found, Fault):
                yield found
                continue
            api, key = self._api(http, found), found.lower()
            for kind in (Deployments, Changes):
                list_key = f"{key}/{kind.path}"
                yield kind(api, list_key, ListMark.of(since.marks, list_key), reach)
            run_key = f"{key}/runs"
            yield Runs(api, run_key, RunMark.of(since.marks, run_key), reach, self._settings.jobs)

    def parse(self, page: Page) -> Iterator[Record | Rejected]:
        return records(page)

    def check(self, http: Http) -> Iterator[str]:
        """One line for each thing that keeps something from being read."""
        if line := self._unset_token():
            yield line
            return
        try:
            # a GitHub Enterprise without rate limits has no such page
            http.get("rate_limit", ok=GONE, place=f"{self.name}: {http.base_url}")
            for found in self._repos(http, one_of_each=True):
                yield from [found.message] if isinstance(found, Fault) else self._unreadable(self._api(http, found))
        except SourceError as error:
            yield str(error)

    def _unreadable(self, api: Api) -> Iterator[str]:
        """What of a repository cannot be read; only the first line when it is not visible at all."""
        try:
            api.visible("Metadata: read")
        except SourceStopped:
            raise
        except SourceError as error:
            yield str(error)
            return
        for path, shape in CHECKED:
            try:
                api.many(path, shape, {"per_page": 1})
            except SourceStopped:
                raise
            except SourceError as error:
                yield str(error)

    def _repos(self, http: Http, one_of_each: bool = False) -> Iterator[str | Fault]:
        """The repositories of the config, each once; archived ones too, since their history counts."""
        seen: set[str] = set()
        for pattern in self._settings.repos:
            owner, name = pattern.split("/", 1)
            try:
                names = self._listed(http, owner, name) if any(c in name for c in "*?[") else [pattern]
            except SourceStopped:
                raise
            except SourceError as error:
                yield Fault(str(error))
                continue
            if not names:
                yield Fault(f"{self.name}/{pattern}: matches no repository that the token can see; correct `repos`")
            for repo in names[:1] if one_of_each else names:
                if repo.lower() not in seen:
                    seen.add(repo.lower())
                    yield repo

    def _listed(self, http: Http, owner: str, glob: str) -> list[str]:
        """The full names that match, of an organisation, else of a person."""
        api = self._api(http, f"{owner}/{glob}", f"orgs/{owner}")
        first = api.many("repos", REPOSITORIES, ok=GONE)
        if first.status in GONE:
            api = self._api(http, f"{owner}/{glob}", f"users/{owner}")
            first = api.many("repos", REPOSITORIES)
        return [
            repo["full_name"]
            for listing, _ in api.pages("repos", REPOSITORIES, first)
            for repo in listing.items
            if fnmatch(repo["name"].lower(), glob.lower())
        ]

    def _api(self, http: Http, repo: str, root: str | None = None) -> Api:
        return Api(http, self._hash, self.name, repo, root or f"repos/{repo}", HEADERS)

    def _unset_token(self) -> str | None:
        variable = self._settings.token_env
        if variable is None or os.environ.get(variable, "").strip():
            return None
        return f"{self.name}: ${variable} is not set; set it to a token that may read {', '.join(self._settings.repos)}"


def _newest(reading: Reading | Fault) -> Response:
    if isinstance(reading, Fault):
        raise SourceError(reading.message)
    return reading.head()
