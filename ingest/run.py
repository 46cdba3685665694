"""One ingest from end to end: per source load what is pending, then fetch -> land -> load; and the replay from raw.

All but `rehearse`, which writes nothing, expect the lock of `ingest.lock` to be held.
"""

import secrets
import shutil
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ingest import meaning, people, raw, retention
from ingest.config import Settings
from ingest.errors import DamagedRaw, LandingError, SourceError
from ingest.files import Files
from ingest.load import Loaded
from ingest.progress import Progress
from ingest.settings import CdeventsSettings, SourceSettings
from ingest.source import Fault, Hasher, Named, Rejected, Settling, Source, Watermark
from ingest.spool import Spool
from ingest.tables import ApiSettings
from ingest.warehouse import FILE, Warehouse
from ingest.work import SourceResult, Work

if TYPE_CHECKING:
    from ingest.http import Http


def _remote(module: str, name: str) -> Callable[[Any, Hasher], Source]:
    """A class that is imported only where it is used: what speaks HTTP is slow to import."""

    def source(settings: Any, hasher: Hasher) -> Source:
        made: Source = getattr(import_module(f"ingest.{module}"), name)(settings, hasher)
        return made

    return source


KINDS: dict[str, Callable[[Any, Hasher], Source]] = {
    "files": Files,
    "github": _remote("github", "Github"),
    "gitlab": _remote("gitlab", "Gitlab"),
    "argocd": _remote("argocd", "Argocd"),
    "azure_devops": _remote("azure_devops", "AzureDevops"),
    "jenkins": _remote("jenkins", "Jenkins"),
    "mlflow": _remote("mlflow", "Mlflow"),
    "buildbot": _remote("buildbot", "Buildbot"),
    "pagerduty": _remote("pagerduty", "Pagerduty"),
    "opsgenie": _remote("opsgenie", "Opsgenie"),
    "statuspage": _remote("statuspage", "Statuspage"),
    "jira": _remote("jira", "Jira"),
    "survey": _remote("survey", "Survey"),
    "typeform": _remote("typeform", "Typeform"),
}
"""kind -> the class behind it; a new source adds its line here."""


def ingest(
    settings: Settings,
    data: Path,
    names: Collection[str],
    *,
    since: datetime | None = None,
    full: bool = False,
    progress: Progress = lambda reached: None,
) -> list[SourceResult]:
    """Loads what an earlier run left pending and all that is new at the named sources; one result each.

    A source that fails says so in its faults and the others go on. Raises LandingError when data cannot be written.
    """
    hasher = people.hasher(people.key(data))
    raw.tidy(data)
    results: list[SourceResult] = []
    with Warehouse(data) as warehouse:
        run_id = warehouse.next_run()
        landed = raw.files(data)
        numbers = count(1 + max([retention.last_number(data), *warehouse.raw_files().values()]))
        for entry in _chosen(settings, names):
            source = _made(entry, hasher, data)
            with _recorded(warehouse, run_id, "ingest", entry.name, results) as result:
                work = Work(warehouse, source, _names(settings), result, progress)
                if note := meaning.renew(warehouse, data, entry, _names(settings)):
                    result.notes.append(note)
                work.load_pending(data, landed)
                with raw.Landing(data, entry.name, numbers) as landing, session(entry) as http:
                    work.look_back(landing, since, full)
                    work.pull(http, since, landing)
                if isinstance(source, Settling):
                    source.settle(warehouse.marks(entry.name))
                _judge(result, result.loaded.rejected, entry.max_rejected_ratio)
                if entry.keep_raw_days:
                    try:
                        retention.fold(warehouse, data, source, _names(settings), entry.keep_raw_days)
                    except LandingError as error:
                        # what came is loaded, and what is old can go next time
                        result.faults.append(str(error))
    return results


def replay(
    settings: Settings, data: Path, names: Collection[str], progress: Progress = lambda reached: None
) -> list[SourceResult]:
    """Empties the named sources' part of staging and loads it again from raw; killed, the next run goes on with it."""
    hasher = people.hasher(people.key(data))
    raw.tidy(data)
    results: list[SourceResult] = []
    with Warehouse(data) as warehouse:
        run_id = warehouse.next_run()
        landed = raw.files(data)
        warehouse.forget(list(names))
        for entry in _chosen(settings, names):
            meaning.renew(warehouse, data, entry, _names(settings))
            with _recorded(warehouse, run_id, "replay", entry.name, results) as result:
                source = _made(entry, hasher, data)
                Work(warehouse, source, _names(settings), result, progress).load_pending(data, landed)
                _judge(result, warehouse.rejected_counts().get(entry.name, 0), entry.max_rejected_ratio)
    return results


def strangers(settings: Settings, data: Path) -> list[str]:
    """Sources that data are loaded or landed of and that the config does not name."""
    with Warehouse(data) as warehouse:
        found = warehouse.sources() | {path.name for path in (data / raw.FOLDER).glob("*/")}
    return sorted(found - _names(settings))


def forget(data: Path, name: str) -> None:
    """Removes all that was ever loaded or landed of a source. Killed, it can be told again.

    Raises LandingError where something cannot be removed.
    """
    # what is loaded goes last: as long as it is there, the source can be forgotten again
    for folder in (data / raw.FOLDER / name, Spool(data, name).folder):
        if folder.exists():
            try:
                shutil.rmtree(folder)
            except OSError as error:
                raise LandingError(
                    f"{error.filename or folder}: cannot be removed ({error.strerror}); "
                    f"mend that, then forget {name} again"
                ) from None
    with Warehouse(data) as warehouse:
        warehouse.forget([name])


def rehearse(
    settings: Settings, data: Path, names: Collection[str], *, since: datetime | None = None, full: bool = False
) -> list[SourceResult]:
    """Fetches and parses as `ingest` would, and writes nothing at all; a key for hashing lives only for this run."""
    hasher = people.hasher(people.existing_key(data) or secrets.token_bytes(32))
    marks: dict[str, dict[str, Any]] = {}
    if not full and (data / FILE).exists():
        with Warehouse(data, read_only=True) as warehouse:
            marks = {name: warehouse.marks(name) for name in names}
    results: list[SourceResult] = []
    for entry in _chosen(settings, names):
        result = SourceResult(entry.name)
        with _timed(result), session(entry) as http:
            left_off = Watermark(marks.get(entry.name, {}), since)
            _rehearse(_made(entry, hasher, data), http, left_off, result)
            _judge(result, result.loaded.rejected, entry.max_rejected_ratio)
        results.append(result)
    return results


def check(settings: Settings, data: Path) -> Iterator[tuple[str, list[str]]]:
    """Per source its name and one line for each thing that is missing; writes nothing."""
    hasher = people.hasher(people.existing_key(data) or secrets.token_bytes(32))
    for entry in settings.source:
        try:
            with session(entry) as http:
                yield entry.name, list(_made(entry, hasher, data).check(http))
        except SourceError as error:
            yield entry.name, [str(error)]


def _made(entry: SourceSettings, hasher: Hasher, data: Path) -> Source:
    if isinstance(entry, CdeventsSettings):
        from ingest.cdevents import Cdevents

        return Cdevents(entry, hasher, Spool(data, entry.name))
    return KINDS[entry.kind](entry, hasher)


@contextmanager
def session(entry: SourceSettings) -> Iterator["Http"]:
    """The connection of a source. Raises SourceError when its token is not where the settings say."""
    if not isinstance(entry, ApiSettings):
        # files have no host; their source never touches it
        yield cast("Http", None)
        return
    from ingest.connection import connect

    with connect(entry) as http:
        yield http


def _rehearse(source: Source, http: "Http", since: Watermark, result: SourceResult) -> None:
    for part in source.fetch(http, since):
        if isinstance(part, Fault):
            result.faults.append(part.message)
            continue
        parsed = list(source.parse(part))
        bad = sum(isinstance(each, Rejected) for each in parsed)
        good = len(part.items) - bad - sum(isinstance(each, Named) for each in parsed)
        result.loaded += Loaded(1, good, good, bad + len(part.rejected))


@contextmanager
def _recorded(
    warehouse: Warehouse, run_id: int, command: str, source: str, results: list[SourceResult]
) -> Iterator[SourceResult]:
    """Times a source, turns its failure into a fault, and logs what came of it."""
    result = SourceResult(source)
    results.append(result)
    with _timed(result):
        yield result
    with warehouse.transaction():
        warehouse.log_run(
            run_id=run_id,
            command=command,
            source=result.name,
            started_at=result.started_at,
            finished_at=datetime.now(UTC).replace(tzinfo=None),
            outcome=result.outcome,
            page_count=result.loaded.pages,
            row_count=result.loaded.rows,
            rejected_count=result.loaded.rejected,
            message="\n".join(result.faults) or None,
        )


@contextmanager
def _timed(result: SourceResult) -> Iterator[None]:
    started = time.monotonic()
    try:
        yield
    except (SourceError, DamagedRaw) as error:
        result.faults.append(str(error))
    result.seconds = time.monotonic() - started


def _judge(result: SourceResult, rejected: int, most: float) -> None:
    """Adds a fault when more of the rows than the config bears were rejected."""
    rows = rejected + result.loaded.received
    if rejected and rejected / rows > most:
        result.faults.append(
            f"{result.name}: {rejected:,} of {rows:,} rows rejected, more than max_rejected_ratio = {most:g}; "
            "the Data page lists them with the reasons; mend the export, or raise the limit"
        )


def _chosen(settings: Settings, names: Collection[str]) -> list[SourceSettings]:
    return [entry for entry in settings.source if entry.name in names]


def _names(settings: Settings) -> set[str]:
    return {entry.name for entry in settings.source}
