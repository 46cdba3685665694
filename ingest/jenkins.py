"""The `jenkins` source: builds of jobs in folders and multibranch projects, their stages, and what of it deploys.

docs/jenkins.md tells what it reads, in which order, and what that costs.
"""

from collections.abc import Iterator
from fnmatch import fnmatch
from functools import partial

from ingest.api import Api
from ingest.errors import SourceError
from ingest.going_on import going_on
from ingest.http import Http
from ingest.jenkins_builds import BuildMark, Builds
from ingest.jenkins_fields import builds
from ingest.jenkins_jobs import Job, Jobs
from ingest.jenkins_records import rows
from ingest.reach import Reach
from ingest.records import Record
from ingest.rows import records
from ingest.settings import JenkinsSettings
from ingest.shapes import Shape
from ingest.source import Fault, Hasher, Page, Rejected, Watermark

COVERED = "deployments"


class Jenkins:
    """One Jenkins controller. Its marks are one per job, under the job's full name."""

    def __init__(self, settings: JenkinsSettings, hasher: Hasher) -> None:
        self.name = settings.name
        self._settings = settings
        self._hash = hasher

    def fetch(self, http: Http, since: Watermark) -> Iterator[Page | Fault]:
        """What is new of every job. What fails is a Fault, and the rest goes on. Raises SourceStopped."""
        settings = self._settings
        if settings.deployments and COVERED not in since.marks:
            # says that deployments are looked for, also where there is none yet
            yield Page("deployment", self.name, [], marks={COVERED: True}, starts=False)
        now = http.clock(http.get("api/json", {"tree": "mode"}, place=f"{self.name}: {http.base_url}"))
        reach = Reach.of(settings.since, since.floor)
        shape = self._shape()
        for found in self._jobs(http):
            if isinstance(found, Fault):
                yield found
            else:
                api = self._api(http, found)
                stages = settings.stages and found.is_pipeline
                reading = Builds(api, found, shape, BuildMark.of(since.marks, found.key), reach)
                yield from going_on(reading.fetch(now, stages))

    def parse(self, page: Page) -> Iterator[Record | Rejected]:
        settings = self._settings
        return records(page, partial(rows, base_url=settings.base_url, deployments=settings.deployments))

    def check(self, http: Http) -> Iterator[str]:
        """One line for each thing that keeps something from being read."""
        try:
            for found in self._jobs(http):
                if isinstance(found, Fault):
                    yield found.message
                else:
                    # who may read one job may read all: Jenkins gives the permission as a rule for the whole
                    Builds(self._api(http, found), found, self._shape(), BuildMark(), Reach(None, None)).ask(
                        self._settings.stages and found.is_pipeline
                    )
                    return
        except SourceError as error:
            yield str(error)

    def _api(self, http: Http, job: Job) -> Api:
        return Api(http, self._hash, self.name, job.key, job.path, sized={})

    def _shape(self) -> Shape:
        rules, libraries = self._settings.deployments, set(self._settings.libraries)
        return builds({rule.parameter for rule in rules if rule.parameter}, libraries)

    def _jobs(self, http: Http) -> Iterator[Job | Fault]:
        """The jobs that the config's globs match; a Fault when that is none."""
        seen = False
        for found in Jobs(http, self._hash, self.name).all():
            if isinstance(found, Fault) or self._wants(found):
                seen = True
                yield found
        if not seen:
            globs = ", ".join(self._settings.jobs)
            yield Fault(f"{self.name}: no job that the user can see matches {globs}; correct `jobs`, or give Job/Read")

    def _wants(self, job: Job) -> bool:
        return any(fnmatch(job.full_name.lower(), glob.lower()) for glob in self._settings.jobs)
