"""What is fuzzed: the parsers of every source behind its real server, of files, of the config and of the receiver.

A target is entered once and then tried with one Random after the other. A trial raises AssertionError, or whatever the
code under test raises that is none of its own errors.
"""

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from email.message import Message
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import openpyxl
import polars as pl
import pyarrow as pa
from pydantic_core import to_json

from ingest import config, raw
from ingest.cdevents import Cdevents
from ingest.errors import ConfigError, SourceError
from ingest.files import Files
from ingest.load import load
from ingest.receive import Inbox, Refused
from ingest.settings import CdeventsSettings, FilesSettings
from ingest.source import Fault, Page, Source, Watermark
from ingest.spool import Spool
from ingest.warehouse import Warehouse
from tests.cdevents import life
from tests.fuzz.damage import PERSON, broken, peopled, wrong
from tests.fuzz.surveys import surveys
from tests.ingest.reading import HASH, Reading
from tests.providers import PROVIDERS, TOKEN, Provider

Trial = Callable[[Random], None]
Target = Callable[[Path], AbstractContextManager[Trial]]
ROOT = Path(__file__).parents[2]
MOST_REQUESTS = 300
"""Of one reading; whoever asks for more runs in circles."""


class Loading:
    """Takes the pages of a reading all the way into staging, and looks for persons in them."""

    def __init__(self, data: Path) -> None:
        self.warehouse = Warehouse(data)
        self._data = data
        self._numbers = count(1)

    def take(self, source: Source, parts: Iterator[Page | Fault], *, nameless: bool) -> dict[str, Any]:
        """Lands and loads the pages; gives the marks. With `nameless`, no page and no fault may hold the person."""
        marks: dict[str, Any] = {}
        with raw.Landing(self._data, "src", self._numbers) as landing:
            try:
                for part in parts:
                    said = part.message.encode() if isinstance(part, Fault) else to_json(part)
                    assert not (nameless and PERSON.lower().encode() in said.lower()), f"a person stands in {said!r}"
                    if isinstance(part, Page):
                        marks |= part.marks
                        landing.add(part)
            except SourceError as error:
                assert not (nameless and PERSON.lower() in str(error).lower()), str(error)
            file = landing.close()
        if file:
            load(self.warehouse, source, file, {"src"})
            file.path.unlink()
        return marks


@contextmanager
def provider(kind: str, folder: Path) -> Iterator[Trial]:
    """A server of this kind whose answers are damaged; a reading, one more with its marks, and an honest one."""
    with PROVIDERS[kind]() as served:
        answers = _Answers(served)
        loading = Loading(folder)

        def trial(random: Random) -> None:
            reading = Reading(served.server, **({"name": "src", "token_env": "TOKEN"} | served.source))
            token = None if kind == "statuspage" else TOKEN
            nameless = answers.spoil(random)
            marks: dict[str, Any] = {}
            for is_honest in (False, False, True):
                if is_honest:
                    answers.mend()
                answers.asked = 0
                source = reading.source()
                parts = source.fetch(reading.http(token), Watermark(json.loads(json.dumps(marks))))
                marks |= loading.take(source, parts, nameless=nameless)
                assert answers.asked < MOST_REQUESTS, "asks without end"

        yield trial


class _Answers:
    """Stands before a server's answers."""

    def __init__(self, served: Provider) -> None:
        self.asked = 0
        self._whole = served.server.answer
        self._damage: Callable[[bytes], bytes] = lambda body: body
        served.server.answer = self._answer

    def spoil(self, random: Random) -> bool:
        """From here on answers are damaged; True when they stay JSON, so that persons stand where they should."""
        structured = random.random() < 0.8
        rate = random.choice([0.1, 0.5, 1])

        def damage(body: bytes) -> bytes:
            if random.random() > rate:
                return body
            return json.dumps(wrong(json.loads(body), random)).encode() if structured else broken(body, random)

        self._damage = damage
        return structured

    def mend(self) -> None:
        self._damage = lambda body: body

    def _answer(self, *arguments: Any, **options: Any) -> Any:
        reply = self._whole(*arguments, **options)
        self.asked += 1
        if reply.status == 200 and reply.body and self.asked < MOST_REQUESTS:
            body = self._damage(json.dumps(peopled(json.loads(reply.body))).encode())
            if hasattr(reply, "content"):
                reply.content = body
            else:
                reply.body = body
        elif self.asked >= MOST_REQUESTS:
            reply.status = 404
        return reply


ROWS = [
    {"deployment_id": f"{n}", "repo": "acme/x", "environment": "prod", "created_at": "2025-01-01T10:00:00Z"}
    | {"status": "succeeded", "actor": PERSON, "via_platform": "true", "finished_at": "2025-01-01T11:00:00Z"}
    for n in range(6)
]


def _csv(rows: list[dict[str, Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(ROWS[0]), extrasaction="ignore")
    writer.writeheader()
    writer.writerows(row for row in rows if isinstance(row, dict))
    return out.getvalue().encode("utf-8", "replace")


def _jsonl(rows: list[Any]) -> bytes:
    return "\n".join(json.dumps(row) for row in rows).encode()


def _parquet(rows: list[Any]) -> bytes:
    texts = [{name: str(row.get(name))[:100] for name in ROWS[0]} for row in rows if isinstance(row, dict)] or ROWS
    out = io.BytesIO()
    pl.DataFrame(json.loads(json.dumps(texts).replace("\\ud800", ""))).write_parquet(out)
    return out.getvalue()


def _xlsx(rows: list[Any]) -> bytes:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append(list(ROWS[0]))
    for row in rows:
        cells = [str(row.get(name))[:100] for name in ROWS[0]] if isinstance(row, dict) else [None]
        sheet.append(["".join(c for c in cell if c.isprintable()) if cell else None for cell in cells])
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


FORMATS: dict[str, Callable[[list[Any]], bytes]] = {
    "csv": _csv,
    "jsonl": _jsonl,
    "parquet": _parquet,
    "xlsx": _xlsx,
    "csv.gz": lambda rows: gzip.compress(_csv(rows)),
    "jsonl.zst": lambda rows: pa.compress(_jsonl(rows), "zstd", asbytes=True),
}


@contextmanager
def files(suffix: str, folder: Path) -> Iterator[Trial]:
    """An export whose rows or bytes are damaged."""
    exports = folder / "exports"
    exports.mkdir()
    loading = Loading(folder)
    whole = FORMATS[suffix](ROWS)

    def trial(random: Random) -> None:
        if structured := random.random() < 0.5:
            damaged = wrong(ROWS, random)
            body = FORMATS[suffix](damaged if isinstance(damaged, list) else ROWS)
        else:
            body = broken(whole, random)
        (exports / f"deployment.{suffix}").write_bytes(body)
        source = Files(FilesSettings(name="src", kind="files", path=exports), HASH)
        loading.take(source, source.fetch(None, Watermark()), nameless=structured)

    yield trial


@contextmanager
def events(folder: Path) -> Iterator[Trial]:
    """CDEvents that are posted, and what is made of those that are taken."""
    entry = CdeventsSettings(name="src", kind="cdevents", token_env="SECRET")
    spool = Spool(folder, "src")
    inbox = Inbox(spool, b"secret", HASH)
    loading = Loading(folder)
    headers = Message()
    headers["Content-Type"] = "application/json"

    def trial(random: Random) -> None:
        whole = peopled(random.sample(life(), random.randint(1, 6)))
        structured = random.random() < 0.8
        for event in whole:
            body = json.dumps(event).encode()
            body = json.dumps(wrong(event, random)).encode() if structured else broken(body, random)
            try:
                inbox.take(body, headers)
            except Refused as refused:
                assert refused.status < 500 and not (structured and PERSON in str(refused)), refused
        source = Cdevents(entry, HASH, spool)
        marks = loading.take(source, source.fetch(None, Watermark()), nameless=structured)
        source.settle(marks)

    yield trial


@contextmanager
def settings(folder: Path) -> Iterator[Trial]:
    """A config of which lines are damaged."""
    import tomllib

    text = (ROOT / "uptake.example.toml").read_text("utf-8")
    whole = json.loads(json.dumps(tomllib.loads(text), default=str))

    def trial(random: Random) -> None:
        file = folder / "uptake.toml"
        try:
            if random.random() < 0.5:
                file.write_bytes(broken(text.encode(), random))
                config.load(file)
            else:
                damaged = wrong(whole, random)
                config.parse(damaged if isinstance(damaged, dict) else {}, file)
        except ConfigError as error:
            assert str(error)

    yield trial


@contextmanager
def survey(folder: Path) -> Iterator[Trial]:
    """Exports of surveys and their mapping."""
    with surveys(Loading(folder).take, folder) as trial:
        yield trial


TARGETS: dict[str, Target] = {
    **{kind: partial(provider, kind) for kind in PROVIDERS},
    **{f"files.{suffix}": partial(files, suffix) for suffix in FORMATS},
    "cdevents": events,
    "survey": survey,
    "config": settings,
}
