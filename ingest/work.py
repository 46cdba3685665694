"""One source at work in a run: what is pending, then fetch -> land -> load."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ingest import raw, retention
from ingest.errors import SourceError
from ingest.load import Loaded, load
from ingest.marks import rewound
from ingest.progress import Meter, Progress, Reached
from ingest.source import Fault, Page, Source, Watermark
from ingest.warehouse import Warehouse

if TYPE_CHECKING:
    from ingest.http import Http


@dataclass
class SourceResult:
    """What one source did in a run; it failed when it has a fault. `notes` are worth a line, but no fault."""

    name: str
    loaded: Loaded = field(default_factory=Loaded)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC).replace(tzinfo=None))
    seconds: float = 0.0

    @property
    def outcome(self) -> str:
        return "failed" if self.faults else "ok"


@dataclass
class Work:
    """One source at work in a run; what it loads adds up in `result`."""

    warehouse: Warehouse
    source: Source
    names: Collection[str]
    result: SourceResult
    progress: Progress
    read: int = 0
    meter: Meter = field(init=False)

    def __post_init__(self) -> None:
        self.meter = Meter(self._tell)

    def load_pending(self, data: Path, landed: list[raw.RawFile]) -> None:
        """Loads the raw files of this source that are not loaded yet, in the order in which they were landed."""
        retention.restore(self.warehouse, data, self.source.name)
        known = self.warehouse.raw_files()
        pending = [file for file in landed if file.source == self.source.name and file.name not in known]
        for index, file in enumerate(pending):
            self.meter.part("raw files", index, len(pending))
            self._load(file)

    def look_back(self, landing: raw.Landing, since: datetime | None, full: bool) -> None:
        """Lands first of all that the source has not read what is to be read again: cut short, the next run goes on."""
        marks = self.warehouse.marks(self.source.name)
        changed = dict.fromkeys(marks) if full else rewound(marks, since) if since else {}
        if changed:
            landing.add(Page("marks", self.source.name, [], marks=changed, starts=False))
            self._close(landing)

    def pull(self, http: "Http", floor: datetime | None, landing: raw.Landing) -> None:
        """Fetches what is new; each raw file is loaded as soon as it is full, the last one also after a fault."""
        since = Watermark(self.warehouse.marks(self.source.name), floor, self.meter)
        try:
            for part in self.source.fetch(http, since):
                if isinstance(part, Fault):
                    self.result.faults.append(part.message)
                    continue
                self.read += len(part.items)
                self._tell()
                if file := landing.add(part):
                    self._load(file)
        except SourceError as error:
            self.result.faults.append(str(error))
        self._close(landing)

    def _close(self, landing: raw.Landing) -> None:
        if file := landing.close():
            self._load(file)

    def _load(self, file: raw.RawFile) -> None:
        self.result.loaded += load(self.warehouse, self.source, file, self.names)
        self.read = max(self.read, self.result.loaded.received)
        self._tell()

    def _tell(self) -> None:
        self.progress(Reached(self.source.name, self.read, self.meter.what, self.meter.share))
