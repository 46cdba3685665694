"""The repositories of the config, each known by its id, which stays when it is renamed or moved to another owner."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatch
from typing import Any

from ingest.api import GONE, Api
from ingest.errors import SourceError, SourceStopped
from ingest.github_pages import REPOSITORIES
from ingest.http import Http
from ingest.marks import Mark
from ingest.shapes import Item
from ingest.source import Fault, Hasher, Page

HEADERS = {"Accept": "application/vnd.github+json"}
KEY = "repositories"
Told = dict[str, Any]


@dataclass(frozen=True)
class Repo:
    """`key` is what its marks stand under: the name that it was first known by. `now` is the server's clock."""

    id: str
    name: str
    key: str
    now: datetime


@dataclass
class NamesMark(Mark):
    """`known` holds by id what a repository is called (`name`), what its marks stand under (`key`), and of one that the
    config names in full that name (`asked`) and the `etag` of its answer."""

    known: dict[str, dict[str, str | None]] = field(default_factory=dict)


class Repositories:
    """One reading of them. `source` and `patterns` are the config's."""

    def __init__(
        self, http: Http, hasher: Hasher, source: str, patterns: list[str], marks: Mapping[str, Any] | None = None
    ) -> None:
        self._http = http
        self._hash = hasher
        self._source = source
        self._patterns = patterns
        self._mark = NamesMark.of(marks or {}, KEY)
        self._before = NamesMark.of(marks or {}, KEY)

    def all(self, one_of_each: bool = False) -> Iterator[Repo | Fault]:
        """Each once; archived ones too, since their history counts. With `one_of_each`, the first of each pattern."""
        seen: set[str] = set()
        for pattern, answer in self._http.each(self._patterns, self._asked):
            try:
                now, found = answer()
            except SourceStopped:
                raise
            except SourceError as error:
                yield Fault(str(error))
                continue
            if not found:
                yield Fault(f"{self._source}/{pattern}: matches no repository that the token can see; correct `repos`")
            for told in found[:1] if one_of_each else found:
                repo = self._known(now, **told)
                if repo.id not in seen:
                    seen.add(repo.id)
                    yield repo

    def page(self) -> Page | None:
        """What they are called, where that is news; to be landed before anything of theirs."""
        known, before = self._mark.known, self._before.known
        if known == before:
            return None
        items = [
            {"id": int(repo_id), "name": repo["name"]}
            for repo_id, repo in known.items()
            if repo["name"] != before.get(repo_id, {}).get("name")
        ]
        return Page("repository", KEY, items, marks=self._mark.saved(KEY), starts=False)

    def _asked(self, pattern: str) -> tuple[datetime, list[Told]]:
        """What the server says of the repositories that a pattern names, and when."""
        if any(char in pattern for char in "*?["):
            return self._listed(pattern)
        asked = pattern.lower()
        before: Told = next(
            ({"id": repo_id, **told} for repo_id, told in self._before.known.items() if told.get("asked") == asked), {}
        )
        response = self._api(pattern, f"repos/{pattern}").itself(REPOSITORIES, before.get("etag"))
        if response.not_modified:
            found = [{name: before[name] for name in ("id", "name")}]
        else:
            told = {"asked": asked, "etag": response.etag}
            found = [{**_told(item), **told} for item in response.value.items]
        return self._http.clock(response), found

    def _listed(self, pattern: str) -> tuple[datetime, list[Told]]:
        """Those that match, of an organisation, else of a person."""
        owner, glob = pattern.split("/", 1)
        api = self._api(pattern, f"orgs/{owner}")
        first = api.many("repos", REPOSITORIES, ok=GONE)
        if first.status in GONE:
            api = self._api(pattern, f"users/{owner}")
            first = api.many("repos", REPOSITORIES)
        return self._http.clock(first), [
            _told(item)
            for listing, _ in api.pages("repos", REPOSITORIES, first)
            for item in listing.items
            if fnmatch(item["name"].lower(), glob.lower())
        ]

    def _known(self, now: datetime, *, id: str, name: str, **told: str | None) -> Repo:
        """Notes what it is called. The marks of one that takes over another's name stand under its id too."""
        known = self._mark.known
        key = known.get(id, {}).get("key")
        if key is None:
            taken = {repo["key"] for repo in known.values()}
            key = name.lower() if name.lower() not in taken else f"{name.lower()}#{id}"
        known[id] = {**known.get(id, {}), "name": name, "key": key, **told}
        return Repo(id, name, key, now)

    def _api(self, part: str, root: str) -> Api:
        return Api(self._http, self._hash, self._source, part, root, HEADERS)


def _told(item: Item) -> Told:
    return {"id": str(item["id"]), "name": item["full_name"]}
