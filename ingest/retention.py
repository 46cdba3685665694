"""How long raw files stay: those older than a source's `keep_raw_days` are folded into its snapshot, then removed.

A snapshot, data/raw/<source>/<number>.duckdb, holds what loading all raw files of the source up to that number made. So
a replay begins with it, goes on with the raw files after it, and ends as if none had been removed. It is made from the
snapshot before it and the files that go, not from the warehouse, and stands under its name only when it is whole: a run
that is killed leaves files that are in the snapshot already, and the next one removes them.
"""

import os
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingest import raw
from ingest.errors import LandingError
from ingest.load import load
from ingest.raw import RawFile
from ingest.source import Source
from ingest.warehouse import Warehouse

_NAME = re.compile(r"(\d{9,})\.duckdb")


@dataclass(frozen=True, order=True)
class Snapshot:
    """What became of the raw files up to `number`."""

    number: int
    path: Path


def snapshots(data: Path, source: str) -> list[Snapshot]:
    """Those of a source; only the last one counts."""
    found = ((_NAME.fullmatch(path.name), path) for path in (data / raw.FOLDER / source).glob("*.duckdb"))
    return sorted(Snapshot(int(match[1]), path) for match, path in found if match)


def restore(warehouse: Warehouse, data: Path, source: str) -> None:
    """Gives an emptied warehouse what the source's snapshot holds; does nothing where it has that already."""
    for snapshot in snapshots(data, source)[-1:]:
        if snapshot.number not in warehouse.raw_files().values():
            warehouse.restore(snapshot.path)


def last_number(data: Path) -> int:
    """The highest number that a raw file of the folder has, or had when it was folded; 0 without any."""
    folders = [folder.name for folder in (data / raw.FOLDER).glob("*/")]
    folded = [snapshot.number for name in folders for snapshot in snapshots(data, name)]
    return max([*(file.number for file in raw.files(data)), *folded], default=0)


def held(data: Path, source: str) -> tuple[int, str | None]:
    """The bytes of a source's raw data, and the day of its oldest raw file: before it, there is only the snapshot."""
    files = [file.path for file in raw.files(data) if file.source == source]
    paths = [*files, *(snapshot.path for snapshot in snapshots(data, source))]
    return sum(path.stat().st_size for path in paths), min((file.parent.name for file in files), default=None)


def fold(warehouse: Warehouse, data: Path, source: Source, names: Collection[str], keep_days: int) -> None:
    """Folds what was landed more than `keep_days` ago, and removes it. What waits to be loaded stays, and all after it.

    Raises DamagedRaw or LandingError, with every raw file still there.
    """
    oldest = datetime.now(UTC).date() - timedelta(days=keep_days)
    landed = [file for file in raw.files(data) if file.source == source.name]
    known = snapshots(data, source.name)
    done = known[-1].number if known else 0
    loaded = warehouse.raw_files()
    old: list[RawFile] = []
    for file in landed:
        # the folder's name is the day; a clock that went wrong makes it stay longer, or go earlier into the snapshot
        if file.name not in loaded or file.path.parent.name >= oldest.isoformat():
            break
        old.append(file)
    new = [file for file in old if file.number > done]
    try:
        if new:
            done = _fold(data, source, names, known, new)
        _remove(data, source.name, [file for file in old if file.number <= done], done)
    except OSError as error:
        raise LandingError(
            f"{data / raw.FOLDER / source.name}: raw data cannot be folded ({error.strerror or error}); "
            "nothing is lost; free space or mend permissions and run again"
        ) from None


def _fold(data: Path, source: Source, names: Collection[str], known: list[Snapshot], files: list[RawFile]) -> int:
    """Makes the snapshot up to the last of the files; gives its number."""
    folder, number = data / raw.FOLDER / source.name, files[-1].number
    with Warehouse(folder, name=raw.SNAPSHOT_DRAFT) as draft:
        for before in known[-1:]:
            draft.restore(before.path)
        for file in files:
            load(draft, source, file, names)
    with (folder / raw.SNAPSHOT_DRAFT).open("rb") as written:
        os.fsync(written.fileno())
    (folder / raw.SNAPSHOT_DRAFT).rename(folder / f"{number:09d}.duckdb")
    raw.sync_folder(folder)
    return number


def _remove(data: Path, source: str, files: list[RawFile], done: int) -> None:
    for file in files:
        file.path.unlink()
        if not any(file.path.parent.iterdir()):
            file.path.parent.rmdir()
    for snapshot in snapshots(data, source):
        if snapshot.number < done:
            snapshot.path.unlink()
