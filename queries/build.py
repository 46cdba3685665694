"""staging -> facts -> marts -> publish: each build is a new file, and one rename of a symlink makes it current."""

import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb

from queries import readmodel, sqlfile
from queries.definitions import CAUSES, Definitions
from queries.errors import DamagedReadModel
from queries.renew import Renewal

KEPT_BUILDS = 3
"""Builds that stay on disk: readers of an older one finish in peace, and the last good one can be looked at."""
MEMORY = "1500MB"
"""Of a build, whatever the history; what does not fit goes to a folder beside the read models."""
SPILL = ".spill"


@dataclass(frozen=True)
class Published:
    """The read model that is current after a build. `rebuilt` is False when nothing had changed.

    `redefined` are the settings that now mean something else than in the build before.
    """

    name: str
    path: Path
    rebuilt: bool
    seconds: float
    redefined: tuple[str, ...] = ()


def logic_version() -> str:
    """A short hash of everything in queries/ that decides a figure."""
    digest = hashlib.sha256()
    for path in sorted([*sqlfile.FOLDER.rglob("*.sql"), *sqlfile.FOLDER.glob("*.py")]):
        digest.update(path.relative_to(sqlfile.FOLDER).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def build(
    warehouse: Path, read: Path, definitions: Definitions, *, force: bool = False, now: datetime | None = None
) -> Published:
    """Builds a read model from the warehouse's staging and publishes it under `read`, unless nothing changed.

    It goes on from the build before where that was made by the same logic and definitions; with `force` it does not.
    The caller holds the ingest lock. `now` (naive UTC) is the build's clock. Raises duckdb.Error and OSError when the
    disk fails; what was current before stays current.
    """
    started = time.monotonic()
    read.mkdir(parents=True, exist_ok=True)
    for leftover in read.glob(".building-*"):
        leftover.unlink()
    shutil.rmtree(read / SPILL, ignore_errors=True)
    con = duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": str(read / SPILL)})
    try:
        con.execute(f"attach {_quoted(warehouse)} as warehouse (read_only)")
        version = _version(con, definitions)
        current = _current(read)
        if current is not None and not force and readmodel.build_info(current).get("version") == version:
            return Published(current.stem, current, False, time.monotonic() - started)
        draft = read / f".building-{os.getpid()}.duckdb"
        before = current if current and not force and _is_same_logic(current, definitions) else None
        if before:
            shutil.copyfile(before, draft)
        con.execute(f"attach {_quoted(draft)} as model")
        con.execute("use model")
        renewal = Renewal(con) if before else None
        con.execute("create schema staging")
        for (table,) in con.sql(
            "select table_name from duckdb_tables() where database_name = 'warehouse' and schema_name = 'staging'"
        ).fetchall():
            con.execute(f'create view staging."{table}" as from warehouse.staging."{table}"')
        now = now or datetime.now(UTC).replace(tzinfo=None)
        populate(con, definitions, now, renewal)
        _describe(con, version, definitions, now)
        con.execute("use memory")
        con.execute("detach model")
    finally:
        con.close()
    redefined = definitions.differing(readmodel.defined(current)) if current else ()
    path = _publish(draft, read)
    return Published(path.stem, path, True, time.monotonic() - started, redefined)


def populate(
    con: duckdb.DuckDBPyConnection, definitions: Definitions, now: datetime, renewal: Renewal | None = None
) -> None:
    """Makes settings, facts and marts in the connection's current database, from the staging schema that it sees.

    With a renewal, what the database holds already is renewed rather than made.
    """
    con.execute((sqlfile.FOLDER / "macros.sql").read_text("utf-8"))
    _settings(con, definitions, now)
    for schema in ("facts", "marts"):
        con.execute(f"create schema if not exists {schema}")
        files = sqlfile.folder(schema)
        for table in in_order(files):
            file = files[table.partition(".")[2]]
            if not (renewal and renewal.renew(file)):
                con.execute(f"create table {table} as {file.body}")


def in_order(files: dict[str, sqlfile.SqlFile]) -> Iterator[str]:
    """Tables of one folder, each after those that it reads."""
    tables = {file.table for file in files.values()}
    graph = {file.table: tables.intersection(file.listed("reads")) for file in files.values()}
    return iter(TopologicalSorter(graph).static_order())


def _settings(con: duckdb.DuckDBPyConnection, definitions: Definitions, now: datetime) -> None:
    con.execute((sqlfile.FOLDER / "settings.sql").read_text("utf-8"))
    con.execute(
        "insert into settings.definition values (?, ?, ?, ?, ?, ?)",
        [
            definitions.timezone,
            definitions.organisation,
            definitions.incident_window_hours,
            definitions.provisional_days,
            definitions.min_group,
            now,
        ],
    )
    order = ("production", "test", "development")
    rows: dict[str, list[tuple[object, ...]]] = {
        "environment": [
            (name, order.index(name), glob) for name, globs in definitions.environments.items() for glob in globs
        ],
        "platform_rule": [(kind, glob) for kind, globs in definitions.platform_rules.items() for glob in globs],
        "cause_rule": [
            (cause, list(CAUSES).index(cause), kind, glob)
            for cause, rules in definitions.cause_rules.items()
            for kind, globs in rules.items()
            for glob in globs
        ],
        "default_branch": [(name,) for name in definitions.default_branches],
        "working_time": [(*definitions.working_hours, list(definitions.working_weekdays))],
        "holiday": [(day,) for day in definitions.holidays],
        "control": [(control, glob) for control, globs in definitions.controls.items() for glob in globs],
        "simulated_source": [(name,) for name in definitions.simulated_sources],
    }
    for table, values in rows.items():
        for value in values:
            con.execute(f"insert into settings.{table} values ({', '.join('?' * len(value))})", list(value))


def _version(con: duckdb.DuckDBPyConnection, definitions: Definitions) -> str:
    """What a build depends on: the logic, the configuration and the raw files that staging was loaded from."""
    digest = hashlib.sha256(f"{logic_version()} {definitions.version()}".encode())
    for row in con.sql("select name from warehouse.meta.raw_file order by name").fetchall():
        digest.update(str(row[0]).encode())
    return digest.hexdigest()[:16]


def _current(read: Path) -> Path | None:
    """The build before, where it can be read."""
    path = readmodel.current_path(read)
    try:
        return path if path and readmodel.build_info(path) else None
    except DamagedReadModel:
        return None


def _is_same_logic(path: Path, definitions: Definitions) -> bool:
    """Whether a build was made by the logic and the definitions of now, so that what it holds can be gone on from."""
    made_by = readmodel.build_info(path).get("logic_version")
    return made_by == logic_version() and readmodel.defined(path) == definitions.parts()


def _describe(con: duckdb.DuckDBPyConnection, version: str, definitions: Definitions, now: datetime) -> None:
    parameters = {"version": version, "logic_version": logic_version(), "built_at": now}
    parameters |= {"names": list(definitions.parts()), "contents": list(definitions.parts().values())}
    for statement in duckdb.extract_statements((sqlfile.FOLDER / "meta.sql").read_text("utf-8")):
        wanted = {name: parameters[name] for name in statement.named_parameters}
        con.execute(statement, wanted)
    con.execute("drop schema staging cascade")


def _publish(draft: Path, read: Path) -> Path:
    """Gives the draft its number and swaps the symlink; a reader sees either the old or the new model, never none."""
    taken = [int(found[1]) for path in read.iterdir() if (found := re.fullmatch(r"read-(\d+)\.duckdb", path.name))]
    final = read / f"read-{max(taken, default=0) + 1:06d}.duckdb"
    _sync(draft)
    draft.rename(final)
    link = read / f".current-{os.getpid()}"
    link.unlink(missing_ok=True)
    link.symlink_to(final.name)
    link.rename(read / readmodel.CURRENT)
    _sync(read)
    retire(read, KEPT_BUILDS)
    return final


def retire(read: Path, kept: int = 1) -> None:
    """Removes the builds before the newest ones; who has one of them open goes on reading it."""
    for old in sorted(read.glob("read-*.duckdb"))[:-kept]:
        old.unlink()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
