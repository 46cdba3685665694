"""Reads a provider again and again as `uptake ingest` does, but keeps what it got in memory."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from ingest.errors import SourceError
from ingest.http import Http
from ingest.people import hasher
from ingest.records import Record
from ingest.run import KINDS
from ingest.settings import ApiSettings, SourceSettings
from ingest.source import Fault, Named, Page, Rejected, Source, Watermark
from tests.loopback import Loopback

TOKEN = "token-0123456789abcdefSECRET"
HASH = hasher(b"pepper")


@dataclass
class Sync:
    """What one reading brought."""

    pages: list[Page] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    stopped: str | None = None
    records: list[Record] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    requests: list[tuple[str, int]] = field(default_factory=list)

    def of(self, noun: str) -> list[Any]:
        return [record for record in self.records if record.noun == noun]


class Reading:
    """A source with its marks and everything it ever delivered, the newest copy of each."""

    def __init__(self, server: Loopback, **settings: Any) -> None:
        self.server = server
        self.settings = settings
        self.marks: dict[str, Any] = {}
        self.kept: dict[tuple[Any, ...], Record] = {}
        self.written = ""

    def entry(self) -> ApiSettings:
        settings = {"name": "src", "base_url": self.server.base_url} | self.settings
        entry = TypeAdapter[Any](SourceSettings).validate_python(settings)
        assert isinstance(entry, ApiSettings)
        return entry

    def source(self) -> Source:
        return KINDS[self.settings["kind"]](self.entry(), HASH)

    def http(self, token: str | None = TOKEN, sleep: Callable[[float], None] = lambda _: None) -> Http:
        entry = self.entry()
        options: dict[str, Any] = {"authorization": entry.authorization, "parallel": self.settings.get("parallel", 1)}
        return Http(entry.base_url, token, token_name="$TOKEN", sleep=sleep, retries=1, **options)

    def sync(self, floor: datetime | None = None, full: bool = False) -> Sync:
        sync, source = Sync(), self.source()
        self.server.asked()
        try:
            for part in source.fetch(self.http(), Watermark({} if full else dict(self.marks), floor)):
                if isinstance(part, Fault):
                    sync.faults.append(part.message)
                else:
                    self._take(source, part, sync)
        except SourceError as error:
            sync.stopped = str(error)
        sync.requests = self.server.asked()
        return sync

    def check(self) -> list[str]:
        return list(self.source().check(self.http()))

    def _take(self, source: Source, page: Page, sync: Sync) -> None:
        line = json.dumps(asdict(page))
        self.written += line
        self.marks |= json.loads(line)["marks"]
        sync.pages.append(page)
        sync.rejected += page.rejected
        for parsed in source.parse(page):
            if isinstance(parsed, Rejected):
                sync.rejected.append(parsed)
                continue
            if isinstance(parsed, Named):
                continue
            sync.records.append(parsed)
            self.kept[(parsed.noun, *(getattr(parsed, key) for key in parsed.key))] = parsed

    def of(self, noun: str) -> list[Any]:
        return [record for (kind, *_), record in self.kept.items() if kind == noun]
