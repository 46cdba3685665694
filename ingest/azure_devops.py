"""The `azure_devops` source: builds and jobs, deployments to environments, and completed pull requests of projects.

docs/azure_devops.md tells what it reads, in which order, and what that costs.
"""

from collections.abc import Iterator
from datetime import datetime
from fnmatch import fnmatch

from ingest.api import Api
from ingest.azure_devops_api import pages, project_api
from ingest.azure_devops_builds import Builds
from ingest.azure_devops_changes import Changes
from ingest.azure_devops_deployments import Deployments, Details
from ingest.azure_devops_pages import BUILDS, ENVIRONMENTS, PROJECTS, PULL_REQUESTS
from ingest.azure_devops_records import records
from ingest.errors import SourceError, SourceStopped
from ingest.going_on import going_on
from ingest.http import Http
from ingest.reach import Reach
from ingest.records import Record
from ingest.settings import AzureDevopsSettings
from ingest.shapes import Item
from ingest.source import Fault, Hasher, Page, Rejected, Watermark

CHECKED = (
    ("build/builds", BUILDS),
    ("distributedtask/environments", ENVIRONMENTS),
    ("git/pullrequests", PULL_REQUESTS),
)


class AzureDevops:
    """One organisation or collection. Its marks are one per project and list, under the project's id."""

    def __init__(self, settings: AzureDevopsSettings, hasher: Hasher) -> None:
        self.name = settings.name
        self._settings = settings
        self._hash = hasher

    def fetch(self, http: Http, since: Watermark) -> Iterator[Page | Fault]:
        """What is new of every project; builds come last, since they cost the most requests.

        What fails is a Fault, and the rest goes on. Raises SourceStopped when the host, the token or its rate limit
        lets nothing more be read.
        """
        reach = Reach.of(self._settings.since, since.floor)
        now, projects = self._projects(http)
        if not projects:
            globs = ", ".join(self._settings.projects)
            yield Fault(f"{self.name}: no project that the token can see matches {globs}; correct `projects`")
        apis = [(project, project_api(http, self._hash, self._settings, project)) for project in projects]
        for project, api in apis:
            yield from going_on(self._deployments(api, project, since, reach, now))
        for project, api in apis:
            yield from going_on(Changes(api, f"{project['id']}/pullrequests", since.marks, reach).fetch(now))
        for project, api in apis:
            builds = Builds(api, f"{project['id']}/builds", since.marks, reach)
            builds.jobs = self._settings.jobs
            yield from going_on(builds.fetch(now))

    def parse(self, page: Page) -> Iterator[Record | Rejected]:
        return records(page)

    def check(self, http: Http) -> Iterator[str]:
        """One line for each thing that keeps something from being read; tries the first project."""
        try:
            for project in self._projects(http)[1][:1]:
                api = project_api(http, self._hash, self._settings, project)
                for path, shape in CHECKED:
                    try:
                        api.many(path, shape, {"$top": 1})
                    except SourceStopped:
                        raise
                    except SourceError as error:
                        yield str(error)
                return
            yield f"{self.name}: no project that the token can see matches {', '.join(self._settings.projects)}"
        except SourceError as error:
            yield str(error)

    def _projects(self, http: Http) -> tuple[datetime, list[Item]]:
        """The server's clock, and the projects that the config's globs match. Raises SourceError."""
        api = project_api(http, self._hash, self._settings)
        now = http.clock(api.many("projects", PROJECTS, {"$top": 1}))
        found = [project for listing in pages(api, "projects", PROJECTS) for project in listing.items]
        globs = [glob.lower() for glob in self._settings.projects]
        return now, [each for each in found if any(fnmatch(each["name"].lower(), glob) for glob in globs)]

    def _deployments(
        self, api: Api, project: Item, since: Watermark, reach: Reach, now: datetime
    ) -> Iterator[Page | Fault]:
        details = Details(api, self._settings.approvals)
        if f"{project['id']}/environments" not in since.marks:
            # says that deployments are looked for, also where there is no environment yet
            marks = {f"{project['id']}/environments": True}
            yield Page("deployment", api.place("environments"), [], marks=marks, starts=False)
        for listing in pages(api, "distributedtask/environments", ENVIRONMENTS):
            for environment in listing.items:
                key = f"{project['id']}/environments/{environment['id']}"
                reading = Deployments(api, key, environment, details, since.marks)
                yield from going_on(reading.fetch(now, reach))
