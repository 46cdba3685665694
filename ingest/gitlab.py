"""The `gitlab` source: pipelines and jobs, deployments and merged requests of GitLab projects.

docs/gitlab.md tells what it reads, in which order, and what that costs.
"""

from collections.abc import Iterator
from fnmatch import fnmatch
from urllib.parse import quote

from ingest.answers import Response
from ingest.api import GONE, Api
from ingest.errors import SourceError, SourceStopped
from ingest.gitlab_fields import PROJECTS
from ingest.gitlab_lists import Changes, Deployments, Pipelines, ProjectList
from ingest.gitlab_records import records
from ingest.going_on import going_on
from ingest.http import Http
from ingest.reach import Reach
from ingest.records import Record
from ingest.settings import GitlabSettings
from ingest.shapes import Item
from ingest.source import Fault, Hasher, Page, Rejected, Watermark
from ingest.times import utc

LISTS = (Deployments, Changes, Pipelines)
"""Pipelines come last, since they cost the most requests."""

IN_ORDER = {"order_by": "id", "sort": "asc"}


class Gitlab:
    """One GitLab, of gitlab.com or self-managed. Its marks are one per project and list, under the project's id."""

    def __init__(self, settings: GitlabSettings, hasher: Hasher) -> None:
        self.name = settings.name
        self._settings = settings
        self._hash = hasher

    def fetch(self, http: Http, since: Watermark) -> Iterator[Page | Fault]:
        """What is new of every project.

        What fails is a Fault, and the rest goes on. Raises SourceStopped when the host, the token or its rate limit
        lets nothing more be read.
        """
        projects: list[tuple[Response, Item]] = []
        for found in self._projects(http):
            if isinstance(found, Fault):
                yield found
            else:
                projects.append(found)
        for kind in LISTS:
            for response, project in projects:
                if kind.feature not in project["disabled"]:
                    yield from going_on(self._reading(kind, http, project, since).fetch(http.clock(response)))

    def parse(self, page: Page) -> Iterator[Record | Rejected]:
        return records(page)

    def check(self, http: Http) -> Iterator[str]:
        """One line for each thing that keeps something from being read."""
        try:
            for found in self._projects(http, one_of_each=True):
                yield from [found.message] if isinstance(found, Fault) else self._unreadable(http, *found)
        except SourceError as error:
            yield str(error)

    def _unreadable(self, http: Http, response: Response, project: Item) -> Iterator[str]:
        for kind in LISTS:
            try:
                if kind.feature not in project["disabled"]:
                    self._reading(kind, http, project, Watermark()).ask(utc(str(http.clock(response))))
            except SourceStopped:
                raise
            except SourceError as error:
                yield str(error)

    def _reading(self, kind: type[ProjectList], http: Http, project: Item, since: Watermark) -> ProjectList:
        api = Api(http, self._hash, self.name, project["path"], f"projects/{project['id']}")
        return kind(api, project, self._settings, since.marks, Reach.of(self._settings.since, since.floor))

    def _projects(self, http: Http, one_of_each: bool = False) -> Iterator[tuple[Response, Item] | Fault]:
        """The projects of the config, each once, with the answer that named them; archived ones too, since their
        history counts."""
        seen: set[int] = set()
        for pattern in self._settings.projects:
            try:
                found = self._matching(http, pattern)
            except SourceStopped:
                raise
            except SourceError as error:
                yield Fault(str(error))
                continue
            if not found:
                yield Fault(f"{self.name}/{pattern}: matches no project that the token can see; correct `projects`")
            for response, project in found[:1] if one_of_each else found:
                if project["id"] not in seen:
                    seen.add(project["id"])
                    yield response, project

    def _matching(self, http: Http, pattern: str) -> list[tuple[Response, Item]]:
        """One project by its path, else those of a group and its subgroups (of a person, of all) that match."""
        fixed = pattern.split("/")
        while any(char in "*?[" for char in "/".join(fixed)):
            fixed.pop()
        if fixed == pattern.split("/"):
            api = Api(http, self._hash, self.name, pattern, "projects")
            response = api.one(quote(pattern, safe=""), PROJECTS)
            return [(response, project) for project in (response.value.items if response.value else [])]
        response, api = self._listed(http, pattern, quote("/".join(fixed), safe=""))
        return [
            (response, project)
            for listing, _ in api.pages("projects", PROJECTS, response)
            for project in listing.items
            if fnmatch(project["path"].lower(), pattern.lower())
        ]

    def _listed(self, http: Http, pattern: str, group: str) -> tuple[Response, Api]:
        if not group:
            api = Api(http, self._hash, self.name, pattern, "")
            return api.many("projects", PROJECTS, {"membership": "true", "pagination": "keyset", **IN_ORDER}), api
        api = Api(http, self._hash, self.name, pattern, f"groups/{group}")
        within = {"include_subgroups": "true", "with_shared": "false"}
        response = api.many("projects", PROJECTS, within | IN_ORDER, ok=GONE)
        if response.status in GONE:
            api = Api(http, self._hash, self.name, pattern, f"users/{group}")
            response = api.many("projects", PROJECTS, IN_ORDER)
        return response, api
