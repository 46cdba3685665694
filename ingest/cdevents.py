"""The `cdevents` source: what pipelines tell of themselves as CDEvents, in files of JSON lines or pushed over HTTP.

docs/cdevents.md tells what becomes of them. An event is known by its content: one that comes twice counts once, and all
events of a run, a deployment, an incident or a change are put together anew whenever one more of them comes.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ingest import readers
from ingest.cdevents_fields import cut
from ingest.cdevents_records import Story, Teller
from ingest.cloudevents import unwrapped
from ingest.draft import Draft
from ingest.errors import SourceError
from ingest.folder import Folder, Found, digest, unchanged
from ingest.reasons import reason
from ingest.records import Record
from ingest.settings import CdeventsSettings
from ingest.shapes import Item
from ingest.source import Event, Fault, Hasher, Page, Rejected, Watermark
from ingest.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.http import Http

SUFFIXES = (".jsonl", ".jsonl.gz", ".jsonl.zst")
KIND = "event"
SPOOL = " spool"
"""The mark with the names of the spooled files that are loaded; no file's key begins with a space."""


class Cdevents:
    """One place that events come from. Its marks are those of the files, as in the `files` source, and SPOOL."""

    def __init__(self, settings: CdeventsSettings, hasher: Hasher, spool: Spool) -> None:
        self.name = settings.name
        self._folder = Folder(settings.name, settings.path) if settings.path else None
        self._hash = hasher
        self._spool = spool
        self._teller = Teller(settings.belongs, settings.via_platform)

    def fetch(self, http: "Http | None", since: Watermark) -> Iterator[Page | Fault]:
        """What was received and is not loaded yet, and the files that changed."""
        yield from self._received(set(since.marks.get(SPOOL, ())))
        for file in self._folder.files(SUFFIXES) if self._folder else []:
            try:
                yield from self._changed(file, since.marks.get(file.key, {}))
            except OSError as error:
                yield Fault(f"{self.name}/{file.key}: cannot be read ({error.strerror or error})")

    def parse(self, page: Page) -> Iterator[Record | Rejected | Event]:
        for item in page.items:
            yield Event(item["noun"], item["subject"], item)

    def assemble(self, noun: str, place: str, events: list[Item]) -> Iterator[Record | Rejected]:
        for record, values in self._teller.rows(Story(events)):
            try:
                yield record.model_validate(values)
            except ValidationError as error:
                yield Rejected(place, 1, reason(error), {name: value for name, value in values.items() if value})

    def settle(self, marks: "Mapping[str, Any]") -> None:
        self._spool.remove(marks.get(SPOOL, ()))

    def check(self, http: "Http | None") -> Iterator[str]:
        try:
            if self._folder:
                self._folder.files(SUFFIXES)
        except SourceError as error:
            yield str(error)

    def _received(self, loaded: set[str]) -> Iterator[Page | Fault]:
        """What lies in the spool as pages; the last one names the files, so that they go once it is loaded."""
        names = [name for name in self._spool.names() if name not in loaded]
        draft = Draft(KIND, f"{self.name}/received")
        for name in names:
            for number, item in enumerate(self._spool.read(name), 1):
                if draft.is_full:
                    yield draft.page()
                    draft = draft.next()
                draft.accept(number, item)
        if names:
            yield draft.page({SPOOL: names})

    def _changed(self, file: Found, mark: dict[str, Any]) -> Iterator[Page | Fault]:
        version = file.version()
        if not unchanged(version, mark):
            with file.local() as path:
                state = {**version, "sha256": digest(path)}
                if state["sha256"] != mark.get("sha256"):
                    yield from self._pages(file, readers.read(path, lambda columns: None), state)
                    return
        if "damaged" in mark:
            yield Fault(f"{self.name}/{file.key}: {mark['damaged']}")

    def _pages(self, file: Found, rows: Iterator[readers.Row], state: dict[str, Any]) -> Iterator[Page | Fault]:
        """A file as pages, its mark on the last. One that breaks off is loaded as far as it goes, and said."""
        draft = Draft(KIND, f"{self.name}/{file.key}")
        fault: SourceError | None = None
        try:
            for number, row in rows:
                self._keep(draft, number, row)
                if draft.is_full:
                    yield draft.page()
                    draft = draft.next()
        except SourceError as error:
            fault = error
        damage = {"damaged": str(fault)} if fault else {}
        # what kept the disk from reading may be gone next time; the same bytes break off at the same place
        yield draft.page({} if isinstance(fault, readers.Unreadable) else {file.key: state | damage})
        if fault:
            yield Fault(f"{self.name}/{file.key}: {fault}")

    def _keep(self, draft: Draft, number: int, row: dict[str, Any] | str) -> None:
        if isinstance(row, str):
            draft.reject(number, row, None)
            return
        try:
            if item := cut(unwrapped(row), self._hash):
                draft.accept(number, item)
        except ValueError as error:
            # its content may hold what must not be kept
            draft.reject(number, f"{error}; content withheld", None)
