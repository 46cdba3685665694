"""Reads a fake GitHub again and again as `uptake ingest` does, but keeps what it got in memory."""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from ingest.errors import SourceError
from ingest.github import Github
from ingest.http import Http
from ingest.people import hasher
from ingest.records import Record
from ingest.settings import GithubSettings
from ingest.source import Event, Fault, Named, Page, Rejected, Watermark
from tests.fake_github import FakeGithub

TOKEN = "ghp_0123456789abcdefSECRET"
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

    def __init__(self, github: FakeGithub, parallel: int = 1, patience: int = 1, **settings: Any) -> None:
        """`patience` is how often a request is tried again."""
        self.github = github
        self.parallel = parallel
        self.patience = patience
        self.settings = {"repos": ["acme/fraud"], "jobs": False, "graphql": False} | settings
        self.marks: dict[str, Any] = {}
        self.kept: dict[tuple[Any, ...], Record] = {}
        self.written = ""
        self.events: dict[tuple[str, str], list[dict[str, Any]]] = {}

    def source(self) -> Github:
        settings = {"name": "gh", "kind": "github", "base_url": self.github.base_url} | self.settings
        return Github(GithubSettings.model_validate(settings), HASH)

    def http(self) -> Http:
        options: dict[str, Any] = {"token_name": "$GITHUB_TOKEN", "parallel": self.parallel}
        return Http(self.github.base_url, TOKEN, **options, sleep=lambda _: None, retries=self.patience)

    def sync(self, floor: datetime | None = None, full: bool = False) -> Sync:
        sync, source = Sync(), self.source()
        self.github.asked()
        try:
            for part in source.fetch(self.http(), Watermark({} if full else dict(self.marks), floor)):
                if isinstance(part, Fault):
                    sync.faults.append(part.message)
                else:
                    self._take(source, part, sync)
        except SourceError as error:
            sync.stopped = str(error)
        sync.requests = self.github.asked()
        return sync

    def _take(self, source: Github, page: Page, sync: Sync) -> None:
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
            if isinstance(parsed, Event):
                self._assemble(source, parsed, sync)
                continue
            self._keep(parsed, sync)

    def _assemble(self, source: Github, event: Event, sync: Sync) -> None:
        events = self.events.setdefault((event.noun, event.id), [])
        events += [event.content] if event.content not in events else []
        self.kept.pop((event.noun, event.id), None)
        for made in source.assemble(event.noun, "", sorted(events, key=json.dumps)):
            assert not isinstance(made, Rejected), made
            self._keep(made, sync)

    def _keep(self, record: Record, sync: Sync) -> None:
        sync.records.append(record)
        self.kept[(record.noun, *(getattr(record, key) for key in record.key))] = record

    def of(self, noun: str) -> list[Any]:
        return [record for (kind, *_), record in self.kept.items() if kind == noun]
