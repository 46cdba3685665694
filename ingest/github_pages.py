"""GitHub's answers, read page by page.

A whole page is validated straight from its bytes, and only the fields in use are built. Where one item is not as GitHub
documents it, the page is gone through item by item, so that the others stay.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from ingest import github_fields as fields
from ingest.github_fields import Item
from ingest.source import Hasher, Rejected


@dataclass(frozen=True)
class Listing:
    """The items of one answer, those that were refused, and the number of all items where the answer tells it."""

    items: list[Item]
    rejected: tuple[Rejected, ...] = ()
    total: int = 0


class Shape:
    """How one endpoint answers: the type of an item, the type of a page, the key in it that holds the list (None: the
    page is the list), what is kept of an item, and the permission that reading it needs."""

    def __init__(self, item: Any, page: Any, key: str | None, cut: Callable[[Any, Hasher], Item], needs: str) -> None:
        self.needs = needs
        self._fields = item.__annotations__.keys()
        self._item = TypeAdapter[Any](item)
        self._page = TypeAdapter[Any](page)
        self._key = key
        self._cut = cut

    def many(self, body: bytes, place: str, hashed: Hasher) -> Listing:
        """A page of a list. Raises ValueError when it is no JSON or no list of this kind."""
        try:
            answer = self._page.validate_json(body)
        except ValidationError:
            return self._singly(body, place, hashed)
        found = answer[self._key] if self._key else answer
        total = answer["total_count"] if self._key else len(found)
        return Listing([self._cut(item, hashed) for item in found], total=total)

    def one(self, body: bytes, place: str, hashed: Hasher) -> Listing:
        """The answer for a single item, as a list of one. Raises ValueError when it is no JSON."""
        try:
            return Listing([self._cut(self._item.validate_json(body), hashed)], total=1)
        except ValidationError:
            return self._each([_json(body)], place, hashed, 1)

    def _singly(self, body: bytes, place: str, hashed: Hasher) -> Listing:
        answer = _json(body)
        found = answer.get(self._key) if self._key and isinstance(answer, dict) else answer
        if not isinstance(found, list):
            raise ValueError(f"it holds no list{f' of {self._key}' if self._key else ''}")
        total = answer.get("total_count") if self._key else None
        return self._each(found, place, hashed, total if isinstance(total, int) else len(found))

    def _each(self, found: list[Any], place: str, hashed: Hasher, total: int) -> Listing:
        items, rejected = [], []
        for index, raw in enumerate(found):
            try:
                items.append(self._cut(self._item.validate_python(raw), hashed))
            except ValidationError as error:
                number = raw.get("id") if isinstance(raw, dict) else None
                row = number if isinstance(number, int) else index + 1
                rejected.append(Rejected(place, row, _why(error), self._salvage(raw, hashed)))
        return Listing(items, tuple(rejected), total)

    def _salvage(self, raw: Any, hashed: Hasher) -> Item | None:
        """What may be kept of an item that is not as documented: plain values of listed fields, persons hashed."""
        if not isinstance(raw, dict):
            return None
        kept: Item = {}
        for key in self._fields - fields.FREE_TEXT:
            value = raw.get(key)
            if key in fields.PERSONS:
                login = value.get("login") if isinstance(value, dict) else None
                kept[key] = hashed(login) if isinstance(login, str) else None
            elif isinstance(value, str | int | float | None):
                kept[key] = value
        return dict(sorted(kept.items()))


ACTIONS = "Actions: read"
DEPLOYS = "Deployments: read"
REQUESTS = "Pull requests: read"

RUNS = Shape(fields.Run, fields.RunPage, "workflow_runs", fields.run, ACTIONS)
JOBS = Shape(fields.Job, fields.JobPage, "jobs", fields.job, ACTIONS)
DEPLOYMENTS = Shape(fields.Deployment, list[fields.Deployment], None, fields.deployment, DEPLOYS)
STATUSES = Shape(fields.Status, list[fields.Status], None, fields.status, DEPLOYS)
PULLS = Shape(fields.Pull, list[fields.Pull], None, fields.pull, REQUESTS)
COMMITS = Shape(fields.Commit, list[fields.Commit], None, fields.commit, REQUESTS)
REVIEWS = Shape(fields.Review, list[fields.Review], None, fields.review, REQUESTS)
REPOSITORIES = Shape(fields.Repository, list[fields.Repository], None, fields.repository, "Metadata: read")


def _json(body: bytes) -> Any:
    try:
        return from_json(body)
    except ValueError:
        raise ValueError("it is not JSON") from None


def _why(error: ValidationError) -> str:
    """The first faults without the values found: what GitHub sent there may hold a person."""
    faults = error.errors(include_url=False, include_input=False, include_context=False)[:3]
    return "; ".join(f"{'.'.join(str(part) for part in fault['loc']) or 'item'}: {fault['msg']}" for fault in faults)
