"""One reading of an MLflow registry.

MLflow keeps no history: it tells which version an alias or a stage names now. So each reading compares that with what
the last one found, and what is new was put there when it was first seen.
"""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ingest.api import Api
from ingest.errors import SourceError, SourceStopped
from ingest.http import Params
from ingest.marks import Mark
from ingest.mlflow_fields import MODELS, RUN, VERSION, VERSIONS
from ingest.paging import by_token, pages
from ingest.shapes import Item
from ingest.source import Fault, Page, Rejected
from ingest.times import stamp

BATCH = 50
LATE = 24 * 60 * 60 * 1000
"""Milliseconds. Tags set on a version do not count as a change of it: so long it is looked at again."""

NEXT = by_token("next_page_token", "page_token")
KEPT = ("name", "version", "created_at", "updated_at", "stage", "run_id")


@dataclass
class RegistryMark(Mark):
    """Where the registry stands. A key is model/version.

    Versions changed up to `seen` (epoch milliseconds) are landed, save those in `due`. `recent` holds what was landed
    of those that are so new that they are read again. `named` tells what names which version (`alias champion`, `stage
    Production`), each with when it was first seen to: "" where that was the first reading, which is over once `begun`.
    """

    seen: int | None = None
    begun: bool = False
    recent: dict[str, list[Any]] = field(default_factory=dict)
    due: list[str] = field(default_factory=list)
    named: dict[str, dict[str, str]] = field(default_factory=dict)


class Registry:
    """`noun` is the kind of the pages that tell what names a version; `runs` says whether to ask for their runs too."""

    def __init__(
        self, api: Api, key: str, mark: RegistryMark, floor: datetime | None, *, runs: bool, noun: str
    ) -> None:
        self._api = api
        self._key = key
        self._mark = mark
        self._floor = floor
        self._runs = runs
        self._noun = noun
        self._named_before = deepcopy(mark.named)
        self._seen_at = ""
        self._now = 0
        self._tags: dict[str, dict[str, str]] = {}
        self._aliases: dict[str, set[str]] = {}

    def fetch(self) -> Iterator[Page | Fault]:
        """The versions that changed, or that something else names than before, and what newly names them."""
        mark = self._mark
        yield from self._read_aliases()
        changed: dict[str, Item | None] = {}
        yield from self._read_changed(changed)
        others = [key for key in [*mark.due, *self._renamed()] if key not in changed]
        work = [*((key, None) for key in dict.fromkeys(others)), *changed.items()]
        for batch in (work[start : start + BATCH] for start in range(0, len(work), BATCH)):
            yield from self._land(batch)
        if not mark.begun:
            mark.begun = True
            # an empty page says that deployments are measured from here on
            yield self._page(self._noun, [])

    def _read_aliases(self) -> Iterator[Page]:
        """Which aliases name which version, and the models' tags; MLflow's clock dates what is new."""
        path = "registered-models/search"
        first = self._api.many(path, MODELS)
        now = self._api.http.clock(first)
        self._seen_at, self._now = stamp(now), int(now.replace(tzinfo=UTC).timestamp() * 1000)
        for listing, _ in pages(self._api, path, MODELS, {}, NEXT, first=first):
            if listing.rejected:
                yield Page("registered_model", self._api.place(path), [], rejected=listing.rejected)
            for model in listing.items:
                self._tags[model["name"]] = model["tags"]
                for version, alias in model["aliases"]:
                    self._aliases.setdefault(f"{model['name']}/{version}", set()).add(alias)

    def _read_changed(self, changed: dict[str, Item | None]) -> Iterator[Page]:
        """Puts the versions that changed since the last reading into `changed`, the one that changed first in front."""
        mark = self._mark
        # a version that says that it changed in the future must not hide what others change until then
        begin = 0 if mark.seen is None else min(mark.seen, self._now) - LATE
        if self._floor:
            begin = min(begin, int(self._floor.replace(tzinfo=UTC).timestamp() * 1000))
        path = "model-versions/search"
        found: list[Item] = []
        rejected: list[Rejected] = []
        newest = {"order_by": "last_updated_timestamp DESC"}
        for listing, _ in pages(self._api, path, VERSIONS, newest, NEXT):
            found += listing.items
            rejected += listing.rejected
            if any(item["updated_at"] < begin for item in listing.items):
                break
        if rejected:
            yield Page("model_version", self._api.place(path), [], rejected=tuple(rejected))
        for item in sorted(found, key=lambda item: int(item["updated_at"])):
            is_new = self._floor or mark.recent.get(_key(item)) != _content(item)
            if item["updated_at"] >= begin and is_new:
                changed[_key(item)] = item

    def _renamed(self) -> list[str]:
        """The versions that have an alias more or less than before."""
        before = {
            key: {pointer.removeprefix("alias ") for pointer in pointers if pointer.startswith("alias ")}
            for key, pointers in self._mark.named.items()
        }
        keys = sorted(before.keys() | self._aliases.keys())
        return [key for key in keys if before.get(key, set()) != self._aliases.get(key, set())]

    def _land(self, batch: list[tuple[str, Item | None]]) -> Iterator[Page | Fault]:
        """A page of versions, and one of what newly names them. A version that fails is due."""
        mark, before = self._mark, deepcopy(self._mark)
        versions: list[Item] = []
        newly_named: list[Item] = []
        for key, listed in batch:
            if listed:
                mark.seen = min(max(mark.seen or 0, listed["updated_at"]), self._now)
                mark.recent[key] = _content(listed)
            try:
                whole = self._whole(key, listed)
            except SourceStopped:
                raise
            except SourceError as error:
                mark.due = [*dict.fromkeys([*mark.due, key])]
                yield Fault(str(error))
                continue
            mark.due = [each for each in mark.due if each != key]
            newly_named += self._compare(key, whole)
            versions += [whole] if whole else []
        mark.recent = {key: kept for key, kept in mark.recent.items() if kept[0] >= (mark.seen or 0) - LATE}
        if newly_named:
            yield self._page("model_version", versions, marked=False)
            yield self._page(self._noun, newly_named)
        elif versions or mark != before:
            yield self._page("model_version", versions)

    def _whole(self, key: str, listed: Item | None) -> Item | None:
        """A version with its aliases and what its run tells; None when it is gone."""
        name, _, version = key.rpartition("/")
        listed = listed or self._one("model-versions/get", VERSION, {"name": name, "version": version})
        if not listed:
            return None
        run = self._one("runs/get", RUN, {"run_id": listed["run_id"]}) if self._runs and listed["run_id"] else None
        told = run or {}
        tags = self._tags.get(name, {}) | listed["tags"]
        return {
            **{kept: listed[kept] for kept in KEPT},
            "aliases": sorted(self._aliases.get(key, ())),
            "source_sha": told.get("source_sha"),
            "data_version": tags.get("data_version") or told.get("data_version"),
            "product": tags.get("product"),
            "repo": tags.get("repo") or told.get("repo"),
        }

    def _one(self, path: str, shape: Any, params: Params) -> Item | None:
        listing = self._api.one(path, shape, params=params).value
        if listing and listing.rejected:
            raise SourceError(f"{self._api.source}/{self._api.part}: {path}: {listing.rejected[0].reason}")
        return listing.items[0] if listing else None

    def _compare(self, key: str, whole: Item | None) -> list[Item]:
        """One item for each alias or stage that names the version and did not before; keeps what names it now."""
        mark = self._mark
        before = mark.named.pop(key, {})
        if whole is None:
            return []
        pointers = [f"alias {alias}" for alias in whole["aliases"]]
        pointers += [f"stage {whole['stage']}"] if whole["stage"] else []
        at = self._seen_at if mark.begun else ""
        if pointers:
            mark.named[key] = {pointer: before.get(pointer, at) for pointer in pointers}
        new = [pointer for pointer in pointers if pointer not in before and mark.begun]
        return [whole | {"pointer": each, "seen_at": at, "before": self._predecessor(key, each)} for each in new]

    def _predecessor(self, key: str, pointer: str) -> Item | None:
        """The version of the model that the alias or stage named before, the newest where a stage named several."""
        model = key.rpartition("/")[0]
        others = [
            {"version": other.rpartition("/")[2], "seen_at": pointers[pointer]}
            for other, pointers in self._named_before.items()
            if pointer in pointers and other != key and other.rpartition("/")[0] == model
        ]
        return max(others, key=lambda other: int(other["version"]), default=None)

    def _page(self, kind: str, items: list[Item], marked: bool = True) -> Page:
        marks = self._mark.saved(self._key) if marked else {}
        return Page(kind, self._api.place("model-versions"), items, marks=marks, starts=False)


def _key(item: Item) -> str:
    return f"{item['name']}/{item['version']}"


def _content(item: Item) -> list[Any]:
    """What tells whether a version that is read again has changed."""
    return [item["updated_at"], item["tags"]]
