"""What a source is: it fetches pages and parses pages. It knows nothing of tables, locks or the data folder."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from ingest.progress import Meter
from ingest.records import Record

if TYPE_CHECKING:
    from ingest.http import Http

Hasher = Callable[[str | None], str | None]
"""Turns a person's name into a keyed hash (None stays None). Only hashed names may stand in a page."""


@dataclass(frozen=True)
class Watermark:
    """Where a source left off: what its committed pages said in `marks`, and from when a person asked to look again.

    `floor` is the time given with --since; sources fetch at least what changed after it, whatever the marks say.
    With --full the marks are empty and the floor is None. A source that can tell how far it is says so to `meter`.
    """

    marks: Mapping[str, Any] = field(default_factory=dict)
    floor: datetime | None = None
    meter: Meter = field(default_factory=Meter)


@dataclass(frozen=True)
class Rejected:
    """A row that is not a record: where it stood, why it was refused, and the row (people hashed)."""

    place: str
    row: int
    reason: str
    content: Any


@dataclass(frozen=True)
class Page:
    """A page as received, cut to the fields that may be kept, people hashed: what raw holds and parse reads.

    `kind` says what the items are (a record's noun for files, an endpoint for an API). `place` names the file or URL
    for messages; `first_row` is the number of the first item there, `rows` the number of each where they do not follow
    one another. `marks` are set once the page is committed. `rejected` holds rows that could not even be split into
    fields. `starts` says that its place is read anew from here: what was rejected there before is forgotten.
    `forgets` names records that are read anew as a whole: (noun, first column of its key), or (noun, None) for all of
    the source; what was loaded of them before goes first. A source says so once in a run, before their first page.
    """

    kind: str
    place: str
    items: list[dict[str, Any]]
    first_row: int = 1
    marks: dict[str, Any] = field(default_factory=dict)
    rejected: tuple[Rejected, ...] = ()
    rows: list[int] | None = None
    starts: bool = True
    forgets: tuple[tuple[str, str | None], ...] = ()

    def row(self, index: int) -> int:
        """The number that a person finds the item under at the page's place."""
        return self.rows[index] if self.rows else self.first_row + index


@dataclass(frozen=True)
class Event:
    """One of the things that were told of a record, which they make only together: see Assembling."""

    noun: str
    id: str
    content: dict[str, Any]


@dataclass(frozen=True)
class Named:
    """What a repository is called now. What is in staging under the name that its `id` had before, and of its source,
    comes under this one."""

    id: str
    name: str


@dataclass(frozen=True)
class Fault:
    """A part of a source that could not be fetched: one line naming place, cause and remedy. The rest goes on."""

    message: str


class Source(Protocol):
    """One kind of source in one file. Its constructor takes its settings and the hasher."""

    name: str

    def fetch(self, http: "Http", since: Watermark) -> Iterator[Page | Fault]:
        """Yields pages in an order in which committing each and its marks leaves no hole."""
        ...

    def parse(self, page: Page) -> Iterator[Record | Rejected | Event | Named]:
        """Pure: no HTTP, clock or database. Ids are those of the source; ingest prefixes them later."""
        ...

    def check(self, http: "Http") -> Iterator[str]:
        """Yields one line for each thing that is missing (credential, permission, reachability); nothing when fine."""
        ...


@runtime_checkable
class Assembling(Protocol):
    """A source whose `parse` gives events. All that were ever loaded of a record are kept, each once."""

    def assemble(self, noun: str, place: str, events: list[dict[str, Any]]) -> Iterator[Record | Rejected]:
        """Pure, as `parse`: what all events of a record make of it, if anything yet.

        They come in a fixed order, whatever that in which they arrived. `place` names the record in messages.
        """
        ...


@runtime_checkable
class Settling(Protocol):
    """A source that keeps what it fetches from until it is loaded."""

    def settle(self, marks: Mapping[str, Any]) -> None:
        """Called when all that was fetched is loaded, with the marks as they then are: what they name may go."""
        ...
