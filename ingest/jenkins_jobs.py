"""The jobs of a Jenkins, through folders, organisations and multibranch projects."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from ingest.api import Api
from ingest.branches import MAINLINES
from ingest.errors import SourceError, SourceStopped
from ingest.http import Http
from ingest.jenkins_fields import JOB_TREE, JOBS
from ingest.shapes import Item, Listing
from ingest.source import Fault, Hasher

LEVELS = 4
"""So many levels of folders are asked for at once."""

_PERSONLESS = re.compile(r"(PR|MR)-\d+|v?\d[\d.]*|(release|hotfix)[-_/]v?\d[\d.]*", re.IGNORECASE)


@dataclass(frozen=True)
class Folder:
    """A folder, or a multibranch project, whose jobs are branches."""

    path: str = ""
    name: str = ""
    is_multibranch: bool = False


@dataclass(frozen=True)
class Job:
    """A job: where it is, what globs match it by, and what it may be called in data.

    A branch's name may hold a person's: in `key` a hash stands in its place, unless it is of a kind that cannot.
    """

    path: str
    full_name: str
    key: str
    workflow: str
    branch: str | None
    next: int
    is_pipeline: bool

    def told(self) -> Item:
        """What every build of it is landed with."""
        is_plain = self.key == self.full_name
        return {
            "name": self.key,
            "workflow": self.workflow,
            "branch": self.branch,
            "path": self.path if is_plain else None,
        }


class Jobs:
    """The jobs that one Jenkins shows to the token."""

    def __init__(self, http: Http, hasher: Hasher, source: str) -> None:
        self._http = http
        self._hash = hasher
        self._source = source

    def all(self, folder: Folder = Folder()) -> Iterator[Job | Fault]:
        """All jobs below a folder; one that cannot be listed is a Fault. Raises SourceStopped."""
        try:
            api = Api(self._http, self._hash, self._source, folder.name or "jobs", folder.path, sized={})
            listing: Listing = api.many("api/json", JOBS, {"tree": _tree(LEVELS)}).value
        except SourceStopped:
            raise
        except SourceError as error:
            yield Fault(str(error))
            return
        yield from self._within(listing.items, folder)

    def _within(self, items: list[Item], folder: Folder) -> Iterator[Job | Fault]:
        for item in items:
            name = item["name"]
            here = Folder(
                f"{folder.path}/job/{quote(name, safe='')}".lstrip("/"),
                f"{folder.name}/{name}".lstrip("/"),
                item["class"].endswith("MultiBranchProject"),
            )
            inside: list[Item] | None = item["jobs"]
            if inside is None:
                if item["next"] is not None:
                    yield self._job(item, here, folder)
            elif any(each["full_name"] is None for each in inside):
                yield from self.all(here)
            else:
                yield from self._within(inside, here)

    def _job(self, item: Item, here: Folder, folder: Folder) -> Job:
        common: dict[str, Any] = {"next": item["next"], "is_pipeline": item["class"] == "WorkflowJob"}
        if not folder.is_multibranch:
            return Job(here.path, here.name, here.name, here.name, None, **common)
        branch = unquote(item["name"])
        full_name = f"{folder.name}/{branch}"
        told = branch if branch in MAINLINES or _PERSONLESS.fullmatch(branch) else self._hash(branch) or ""
        return Job(here.path, full_name, f"{folder.name}/{told}", folder.name, told, **common)


def _tree(levels: int) -> str:
    return f"jobs[{JOB_TREE},{_tree(levels - 1)}]" if levels else "jobs[name]"
