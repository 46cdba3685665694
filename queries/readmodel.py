"""The published read model: which file is current, and opening it. Nobody reads any other file of the data folder."""

import warnings
from concurrent.futures import Future
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import duckdb
import polars as pl

from queries.errors import DamagedReadModel, NoReadModel

CURRENT = "current"
# of what `frame` reads the copy is small
warnings.filterwarnings("ignore", "Arrow output on a DB-API result makes an extra copy", UserWarning)


def current_path(read: Path) -> Path | None:
    """The file that the symlink `current` names now, or None when nothing is published.

    Readers open the resolved path, never the symlink: DuckDB caches by path and would go on serving the old file.
    """
    link = read / CURRENT
    path = link.resolve()
    return path if path.is_file() else None


def open_path(path: Path) -> duckdb.DuckDBPyConnection:
    """Opens one build read-only. Use a cursor per thread: one connection shared by threads raises.

    Raises DamagedReadModel where a file is there and is no build.
    """
    try:
        return duckdb.connect(str(path), read_only=True)
    except (duckdb.IOException, duckdb.SerializationException) as error:
        if not path.exists():
            raise
        cause = str(error).splitlines()[0]
        raise DamagedReadModel(f"{path}: cannot be read ({cause}); `uptake build` makes another one") from None


def open_current(read: Path) -> duckdb.DuckDBPyConnection:
    """Opens the current build. Raises NoReadModel when there is none yet."""
    path = current_path(read)
    if path is None:
        raise NoReadModel(f"{read}: no data yet; run `uptake ingest` first, or name the data folder with --data")
    return open_path(path)


def build_info(path: Path) -> dict[str, Any]:
    """The row of meta.build of one build, by column name."""
    with open_path(path) as con:
        # not as a frame: that imports pyarrow, which an ingest with nothing new would wait for
        found = con.execute("from meta.build")
        names = [column[0] for column in found.description or ()]
        return dict(zip(names, found.fetchone() or (), strict=True))


_STRAY_PAINS = """
    select initiative_id, pain_id
    from facts.planned_work
    where is_planned and pain_id is not null
        and pain_id not in (select pain_id from facts.pain_point)
        and pain_id not in (select pain_id from facts.pain_answer)
    order by all
"""


def stray_pains(path: Path) -> list[tuple[str, str]]:
    """Planned initiatives of one build and the pains that they name, where neither a record nor an answer knows these:
    most often a slip of the pen, by which the work answers no pain that anybody has."""
    with open_path(path) as con:
        return con.execute(_STRAY_PAINS).fetchall()


def defined(path: Path) -> dict[str, str]:
    """What the settings said in one build, as Definitions.parts gives it; nothing where an older version built it."""
    with open_path(path) as con:
        try:
            return dict(con.execute("from meta.definition").fetchall())
        except duckdb.CatalogException:
            return {}


_ONCE: WeakKeyDictionary[duckdb.DuckDBPyConnection, dict[str, pl.DataFrame]] = WeakKeyDictionary()


def once(con: duckdb.DuckDBPyConnection, sql: str) -> pl.DataFrame:
    """Runs SQL without parameters, and remembers the answer as long as the connection lives: a build never changes.

    For what nearly every question asks first, such as the clock.
    """
    known = _ONCE.setdefault(con, {})
    if sql not in known:
        known[sql] = frame(con, sql)
    return known[sql]


def frame(con: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, Any] | None = None) -> pl.DataFrame:
    """Runs SQL that gives few rows, on a cursor of its own, so that threads can share the connection.

    A relation would be bound twice before it runs, which takes longer than the rows of most answers.
    """
    with con.cursor() as cursor:
        return pl.DataFrame(cursor.execute(sql, parameters or {}).to_arrow_table())


def many(con: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, Any] | None = None) -> pl.DataFrame:
    """The same for SQL that gives many rows, such as one a case, which are not copied then."""
    with con.cursor() as cursor:
        result: pl.DataFrame = cursor.sql(sql, params=parameters or {}).pl()
    return result


_SHARED: WeakKeyDictionary[duckdb.DuckDBPyConnection, dict[str, Future[pl.DataFrame]]] = WeakKeyDictionary()
_SHARED_LOCK = Lock()
_KEPT = 2
"""So many of them are kept per connection, since each may hold a row for every change of the window."""


def shared(con: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, Any] | None = None) -> pl.DataFrame:
    """`many`, remembered for what is asked next; a question that is asked meanwhile waits for the answer."""
    key = f"{sorted((parameters or {}).items())} {sql}"
    with _SHARED_LOCK:
        known = _SHARED.setdefault(con, {})
        is_first = key not in known
        answer = known.setdefault(key, Future())
        for old in list(known)[:-_KEPT]:
            del known[old]
    if is_first:
        try:
            answer.set_result(many(con, sql, parameters))
        except BaseException as error:
            with _SHARED_LOCK:
                known.pop(key, None)
            answer.set_exception(error)
            raise
    return answer.result()


def forget_shared() -> None:
    """Lets go of what `shared` remembers, so that a measurement asks for everything anew."""
    with _SHARED_LOCK:
        _SHARED.clear()
