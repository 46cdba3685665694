"""Which commits each deployment brought: it is compared with the one before it in its environment.

Only then is it known which changes a deployment ships. Each costs a request, and is asked for once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import quote

# pydantic reads TypedDicts of `typing` from Python 3.12 on only
from typing_extensions import TypedDict

from ingest.api import GONE, Api
from ingest.errors import NotAllowed, SourceError, SourceStopped
from ingest.github_records import outcome
from ingest.shapes import Item, Shape
from ingest.source import Fault

BATCH = 100
MOST_DUE = 1_000
MOST_COMMITS = 5_000
"""What differs by more than this was not shipped as one change or another."""

TRIES = 3
"""In so many runs GitHub may fail to compare two commits, as it does where they differ by too much."""

CONTENTS = "Contents: read"


class Commit(TypedDict):
    sha: str


class Comparison(TypedDict):
    commits: list[Commit]
    total_commits: int


def commit(item: Commit, hashed: object) -> Item:
    return {"sha": item["sha"]}


COMPARED = Shape(Commit, Comparison, "commits", commit, CONTENTS)


@dataclass
class Compare:
    """What the config wants compared, in one run. `is_allowed` until the token proves to lack the permission."""

    environments: Sequence[str]
    is_allowed: bool = True

    def covers(self, environment: str) -> bool:
        return any(fnmatchcase(environment.lower(), glob.lower()) for glob in self.environments)


@dataclass
class Compared:
    """How far comparing has got; part of a list's mark.

    `chains` holds for each environment and product: `newest`, the newest deployment of the readings so far ([finished,
    sha]); and while a reading is under way, which goes from the newest down, `top`, the newest of that, and `last`, the
    last one met ([id, sha, whether it was met before, finished]). `due` are those to be compared: id -> [with, sha,
    tries]. Deployments created since `since` are in the chains.
    """

    chains: dict[str, dict[str, list[Any]]] = field(default_factory=dict)
    due: dict[str, list[Any]] = field(default_factory=dict)
    since: str | None = None


class Comparisons:
    """Those of one repository."""

    def __init__(self, api: Api, compare: Compare, state: dict[str, Any]) -> None:
        self._api = api
        self._compare = compare
        self._state = Compared(**state)

    @property
    def state(self) -> dict[str, Any]:
        return {"chains": self._state.chains, "due": self._state.due, "since": self._state.since}

    def meet(self, items: list[Item]) -> None:
        """Some deployments, of which none is newer than those that were met before in this reading."""
        succeeded = [
            (finished, item)
            for item in items
            if item["sha"] and self._compare.covers(item["environment"]) and (finished := _succeeded(item)) is not None
        ]
        for finished, item in sorted(succeeded, key=lambda each: (each[0], each[1]["id"]), reverse=True):
            product = item["payload"].get("product", "")
            self._link(self._state.chains.setdefault(f"{item['environment'].lower()}\n{product}", {}), finished, item)

    def end(self, since: str | None) -> None:
        """The reading is complete: all deployments created since then were met."""
        for chain in self._state.chains.values():
            last, top, newest = chain.pop("last", None), chain.pop("top", None), chain.get("newest")
            # what is older than all that was known is the first of its environment
            if last and newest and not last[2] and last[3] > newest[0]:
                self._owe(last, newest[1])
            if top and (newest is None or top > newest):
                chain["newest"] = top
        self._state.since = since

    def pay(self) -> Iterator[list[Item] | Fault]:
        """Compares what is due: the deployments with the commits that each brought, to be landed with the state."""
        due = self._state.due
        waiting = [(name, base, head) for name, (base, head, _) in due.items()]
        for batch in (waiting[start : start + BATCH] for start in range(0, len(waiting), BATCH)):
            if not self._compare.is_allowed:
                return
            found: list[Item] = []
            faults: list[Fault] = []
            stopped: SourceStopped | None = None
            for (name, _, _), answer in self._api.http.each(batch, lambda each: self._commits(*each[1:])):
                try:
                    shas = answer()
                    del due[name]
                    found += [{"id": int(name), "shas": shas}] if shas else []
                except SourceStopped as error:
                    stopped = error
                    break
                except NotAllowed as error:
                    faults.append(Fault(f"{error}; or set compare = [] to do without"))
                    self._compare.is_allowed = False
                    break
                except SourceError as error:
                    faults.append(Fault(str(error)))
                    self._failed(name)
            yield found
            yield from faults
            if stopped:
                raise stopped

    def _link(self, chain: dict[str, list[Any]], finished: str, item: Item) -> None:
        last, newest = chain.get("last"), chain.get("newest")
        if last and last[0] == str(item["id"]):
            # a new one moved it onto the next page too
            return
        is_known = newest is not None and finished <= newest[0] and item["created_at"] >= (self._state.since or "")
        if last and not (is_known and last[2]):
            # one that is met again need not be the one before
            self._owe(last, newest[1] if newest and is_known else item["sha"])
        if not is_known:
            chain.setdefault("top", [finished, item["sha"]])
        chain["last"] = [str(item["id"]), item["sha"], is_known, finished]

    def _owe(self, later: list[Any], base: str) -> None:
        due = self._state.due
        due[later[0]] = [base, later[1], 0]
        # so many only while the permission is missing: a mark must stay small
        for name in list(due)[:-MOST_DUE]:
            del due[name]

    def _failed(self, name: str) -> None:
        due = self._state.due
        due[name][2] += 1
        if due[name][2] >= TRIES:
            del due[name]

    def _commits(self, base: str, head: str) -> list[str] | None:
        """The commits that a deployment brought, its own among them; None where they cannot be compared, as after the
        history was rewritten."""
        shas = [head]
        if base != head:
            path = f"compare/{quote(base, safe='')}...{quote(head, safe='')}"
            first = self._api.many(path, COMPARED, ok=GONE)
            if first.status in GONE or first.value.rest.get("total_commits", 0) > MOST_COMMITS:
                return None
            shas += [item["sha"] for listing, _ in self._api.pages(path, COMPARED, first) for item in listing.items]
        return list(dict.fromkeys(shas))


def _succeeded(item: Item) -> str | None:
    """When a deployment succeeded; None of one that did not."""
    result = outcome(item["statuses"])
    return result.finished_at if result.status == "succeeded" else None
