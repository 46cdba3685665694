"""The only door to the data: opens the read model that is current now, and remembers its answers per build.

Every rerun asks which build is current, so a new one shows at the next rerun; sessions on an older build finish in
peace, since DuckDB keeps an open file readable after it is removed.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import streamlit as st

from queries import metrics, readmodel, rows
from queries.clock import Clock, clock
from queries.errors import DamagedReadModel
from queries.slice import Slice
from queries.sqlfile import folder as folder_of

STALE_HOURS = 36
"""Without a successful run for this long the data is called stale, unless its source is allowed to be older."""

QUESTION_THREADS = max(1, (os.cpu_count() or 2) // 2)
"""On so many cores each question is answered: those of a page run side by side and would wait for one another."""

Where = tuple[tuple[str, tuple[str, ...]], ...]
Key = tuple[str, tuple[str, ...], date | None, date | None, Where, tuple[str, ...] | None]
"""A slice as what the cache can hash: by, group, since, until, where, costly."""
Question = tuple[str, Slice]
"""A metric, and the part of the data that is meant."""
ASKED: ContextVar[list[Question] | None] = ContextVar("asked", default=None)
"""Where the questions of the page that runs are noted, if anywhere."""


class Vanished(Exception):
    """The build went away between finding and reading it; a newer one is there, so the page runs again."""


class Outdated(Exception):
    """The build was made by another version of the logic and lacks what this one asks for."""


@dataclass(frozen=True)
class Model:
    """One published build, and what a page needs to know of it before it asks anything."""

    path: Path
    clock: Clock
    first_days: Mapping[str, date]
    built_at: datetime

    @property
    def first_day(self) -> date | None:
        """The oldest day in the data; None where nothing happened yet."""
        return min(self.first_days.values(), default=None)

    def first_day_of(self, name: str) -> date | None:
        """The oldest day of the records that a metric counts: what it says of earlier days is unknown, not 0."""
        needed = folder_of("metrics")[name].listed("needs")
        return self.first_days.get(needed[0]) if needed else None

    def ask(self, name: str, part: Slice) -> pl.DataFrame:
        """The answer of a metric. Raises Vanished."""
        if (noted := ASKED.get()) is not None:
            noted.append((name, part))
        return self.answer(name, part)

    def answer(self, name: str, part: Slice) -> pl.DataFrame:
        """The same, not noted as a question of the page."""
        key = (part.by, part.group, part.since, part.until, _frozen(part.where), part.costly)
        return _answer(str(self.path), name, key)

    def rows(self, name: str, part: Slice) -> pl.DataFrame:
        """The fact rows behind a figure; only asked for when somebody wants to see them. Raises Vanished."""
        return _rows(str(self.path), name, part.since, part.until, _frozen(part.where))

    def table(self, name: str) -> pl.DataFrame:
        """One of TABLES as a whole. Raises Vanished."""
        return _table(str(self.path), name)

    def names(self) -> dict[str, str]:
        """team_id -> name of the teams, in the order of their names."""
        return self._names.copy()

    @cached_property
    def _names(self) -> dict[str, str]:
        """Sorted once per build, since a page asks for every team that it names."""
        teams = self.table("team").sort(pl.col("name").str.to_lowercase())
        return dict(zip(teams["team_id"], teams["name"], strict=True))


TABLES = {
    "team": "from marts.team",
    "initiative": "from marts.initiative",
    "survey": "select survey_id, title, opened_at, closed_at, invited_count, response_count from facts.survey "
    "where survey_id in (select survey_id from marts.pain) order by opened_at desc, survey_id desc",
    "build": "from meta.build",
    "source": "from meta.source",
    "rejected": "from meta.rejected order by source, file, row_number limit 1000",
    "rejected_count": "select source, record, count(*) as rejected_count from meta.rejected group by all order by all",
    "extent": "select 'deployment' as record, min(day) as first_day from marts.deployment "
    "union all select 'change', min(day) from marts.change union all select 'ci_run', min(day) from marts.ci_run",
}
"""Small tables that pages show as they are."""


def folder() -> Path:
    """The data folder: UPTAKE_DATA, else data."""
    return Path(os.environ.get("UPTAKE_DATA") or "data")


def current() -> Model | None:
    """The build that is published now; None when there is none yet. Raises Vanished."""
    path = readmodel.current_path(folder() / "read")
    return _model(str(path)) if path else None


def status() -> Mapping[str, Any] | None:
    """What the last ingest wrote about its sources and runs; None when there is none to read."""
    try:
        content = json.loads((folder() / "status.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and isinstance(content.get("sources"), dict) else None


def utc_now() -> datetime:
    """The time, as a naive UTC instant like all times of the read model."""
    return datetime.now(UTC).replace(tzinfo=None)


def last_success(content: Mapping[str, Any] | None) -> datetime | None:
    """When the source that is furthest behind last ran well; None when one never did or nothing is known."""
    times = [_instant(source.get("last_success_at")) for source in (content or {}).get("sources", {}).values()]
    known = [time for time in times if time is not None]
    return min(known) if known and len(known) == len(times) else None


def _instant(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
    except ValueError:
        return None


def _frozen(where: Mapping[str, tuple[str, ...]]) -> Where:
    return tuple(sorted((name, tuple(values)) for name, values in where.items()))


def _close(con: duckdb.DuckDBPyConnection) -> None:
    con.close()


@st.cache_resource(max_entries=3, show_spinner=False, on_release=_close)
def _open(build: str) -> duckdb.DuckDBPyConnection:
    try:
        con = readmodel.open_path(Path(build))
    except (duckdb.IOException, DamagedReadModel) as error:
        raise Vanished(build) from error
    con.execute(f"set threads = {QUESTION_THREADS}")
    return con


@contextmanager
def _connected(build: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """The build's connection; threads share it, since each question opens a cursor of its own.

    Raises Vanished when newer builds pushed this one out while the page still ran, and Outdated when it lacks a table
    or a column.
    """
    try:
        yield _open(build)
    except duckdb.ConnectionException as error:
        raise Vanished(build) from error
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        raise Outdated(build) from error


@st.cache_resource(max_entries=3, show_spinner=False)
def _model(build: str) -> Model:
    with _connected(build) as con:
        first = {record: day for record, day in readmodel.frame(con, TABLES["extent"]).rows() if day is not None}
        built_at = readmodel.frame(con, "select built_at from meta.build")["built_at"][0]
        return Model(Path(build), clock(con), first, built_at)


@st.cache_data(max_entries=1000, show_spinner=False)
def _answer(build: str, name: str, part: Key) -> pl.DataFrame:
    by, group, since, until, where, costly = part
    with _connected(build) as con:
        return metrics.ask(con, name, Slice(by, group, since, until, dict(where), costly))


@st.cache_data(max_entries=20, show_spinner=False)
def _rows(build: str, name: str, since: date | None, until: date | None, where: Where) -> pl.DataFrame:
    with _connected(build) as con:
        return rows.fact_rows(con, name, since, until, dict(where))


@st.cache_data(max_entries=50, show_spinner=False)
def _table(build: str, name: str) -> pl.DataFrame:
    with _connected(build) as con:
        return readmodel.frame(con, TABLES[name])
