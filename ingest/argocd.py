"""The `argocd` source: what Argo CD synchronised, as deployments.

Argo CD keeps the last ten synchronisations of an application and its last operation: they are read again and again, and
what is new of them is kept. docs/argocd.md tells how the environment is known.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch

from ingest.api import Api
from ingest.argocd_fields import FIELDS, applications
from ingest.going_on import going_on
from ingest.http import Http
from ingest.marks import Mark
from ingest.records import Deployment, Record
from ingest.rows import Row, records
from ingest.settings import ArgocdSettings
from ingest.shapes import Item, Listing
from ingest.source import Fault, Hasher, Page, Rejected, Watermark
from ingest.times import in_order, stamp

BATCH = 100
FAILED = {"Failed", "Error"}


@dataclass
class ApplicationMark(Mark):
    """What is landed of what the application shows: entries of its history, and a failed operation by its start."""

    history: list[str] = field(default_factory=list)
    failed: str | None = None


class Argocd:
    """One Argo CD. Its marks are one per application."""

    def __init__(self, settings: ArgocdSettings, hasher: Hasher) -> None:
        self.name = settings.name
        self._settings = settings
        self._hash = hasher

    def fetch(self, http: Http, since: Watermark) -> Iterator[Page | Fault]:
        """What is new of every application. Raises SourceStopped."""
        yield from going_on(self._new(http, since))

    def parse(self, page: Page) -> Iterator[Record | Rejected]:
        return records(page, self._rows)

    def check(self, http: Http) -> Iterator[str]:
        """One line when nothing can be read."""
        yield from (part.message for part in going_on(self._new(http, Watermark())) if isinstance(part, Fault))

    def _new(self, http: Http, since: Watermark) -> Iterator[Page | Fault]:
        settings = self._settings
        origins = {*settings.environment, *settings.product, *settings.repo}
        api = Api(http, self._hash, self.name, "applications", "api/v1", sized={})
        listing: Listing = api.many("applications", applications(origins), {"fields": FIELDS}).value
        found = [each for each in listing.items if self._wants(each["name"])]
        if not found:
            globs = ", ".join(settings.applications)
            yield Fault(
                f"{self.name}: no application that the token can see matches {globs}; correct `applications`, or give "
                "its account the permission applications, get"
            )
        rejected = listing.rejected
        for start in range(0, max(len(found), 1), BATCH):
            items: list[Item] = []
            marks: dict[str, object] = {}
            for application in found[start : start + BATCH]:
                key = f"application/{application['name']}"
                mark = ApplicationMark.of(since.marks, key)
                items += _unknown(application, mark, stamp(since.floor) if since.floor else None)
                seen = _landed(application)
                if seen.saved(key) != mark.saved(key) or key not in since.marks:
                    marks |= seen.saved(key)
            if items or marks or rejected:
                yield Page("deployment", api.place("history"), items, marks=marks, rejected=rejected, starts=False)
            rejected = ()

    def _wants(self, name: str) -> bool:
        plain = name.rpartition("/")[2]
        globs = [glob.lower() for glob in self._settings.applications]
        return any(fnmatch(each.lower(), glob) for each in (name, plain) for glob in globs)

    def _rows(self, item: Item) -> Iterator[Row]:
        settings, origins = self._settings, item["origins"]

        def told(wanted: list[str]) -> str | None:
            return next((origins[each] for each in wanted if each in origins), None)

        started, finished = in_order(item["started"], item["finished"])
        yield (
            Deployment,
            {
                "deployment_id": item["deployment_id"],
                "repo": told(settings.repo) or item["repo"] or item["application"],
                "environment": told(settings.environment) or "unknown",
                "created_at": started or finished,
                "status": item["status"],
                "product": told(settings.product),
                "sha": item["sha"],
                "ref": item["ref"],
                "started_at": started,
                "finished_at": finished,
                "workflow": item["workflow"],
                "actor": item["actor"],
                "artifact": item["artifact"],
                "rollback_of": item["rollback_of"],
                "cause": "rollback" if item["rollback_of"] else None,
                "url": f"{settings.base_url}/applications/{item['application']}",
            },
        )


def _unknown(application: Item, mark: ApplicationMark, floor: str | None) -> list[Item]:
    """What an application shows and is not landed, or happened since `floor`."""
    common = {"application": application["name"]} | {key: application[key] for key in ("workflow", "origins")}
    history: list[Item] = application["history"]
    found = [
        {**entry, **common, "deployment_id": _name(application, entry), "status": "succeeded"}
        | {"rollback_of": _rolled_back(application, history[:index], entry)}
        for index, entry in enumerate(history)
        if _moment(entry) not in mark.history or (floor and entry["finished"] >= floor)
    ]
    operation: Item | None = application["operation"]
    if operation and operation["phase"] in FAILED:
        began: str = operation["started"]
        if began != mark.failed or (floor and began >= floor):
            name = f"{application['name']}@{began}"
            failed = {**operation, **common, "deployment_id": name, "status": "failed", "rollback_of": None}
            found.append(failed | {"finished": operation["finished"] or began})
    return found


def _landed(application: Item) -> ApplicationMark:
    operation: Item | None = application["operation"]
    failed = operation["started"] if operation and operation["phase"] in FAILED else None
    return ApplicationMark([_moment(entry) for entry in application["history"]], failed)


def _rolled_back(application: Item, before: list[Item], entry: Item) -> str | None:
    """The entry before, where a person went back from it to a revision that had been there before it."""
    if len(before) < 2 or entry["automated"]:
        return None
    last = before[-1]
    went_back = entry["revisions"] != last["revisions"] and entry["ref"] == last["ref"]
    known = any(entry["revisions"] == each["revisions"] for each in before[:-1])
    return _name(application, last) if went_back and known else None


def _name(application: Item, entry: Item) -> str:
    return f"{application['name']}/{entry['id']}/{'+'.join(revision[:12] for revision in entry['revisions'])}"


def _moment(entry: Item) -> str:
    """An entry as the mark knows it: an application that is made anew counts from the start again."""
    return f"{entry['id']} {entry['finished']}"
