"""What tests of the whole way share: a folder with a config, exports and data, and the real command on it."""

import gzip
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result

from app.cli import main
from ingest import config, run
from ingest.lock import exclusive

ROOT = Path(__file__).parent.parent
CONFIG = """
[[source]]
name = "drop"
kind = "files"
path = "exports"
"""


class Site:
    """One installation of Uptake in a folder of its own."""

    def __init__(self, folder: Path, exports: Path | None = None, pepper: str = "pepper") -> None:
        self.folder = folder
        self.data = folder / "data"
        self.exports = exports or folder / "exports"
        self.exports.mkdir(parents=True, exist_ok=True)
        folder.mkdir(exist_ok=True)
        self.config = folder / "uptake.toml"
        self.config.write_text(CONFIG.replace('"exports"', json.dumps(str(self.exports))))
        self.environment = {**os.environ, "PYTHONPATH": str(ROOT), "UPTAKE_PEPPER": pepper}
        self.environment.pop("UPTAKE_CONFIG", None)
        self.environment.pop("UPTAKE_DATA", None)

    def export(self, name: str, content: str | bytes) -> Path:
        """Writes an export; one whose name ends in .gz is compressed when its content is text."""
        file = self.exports / name
        if isinstance(content, str):
            content = gzip.compress(content.encode()) if name.endswith(".gz") else content.encode()
        file.write_bytes(content)
        return file

    def uptake(self, *arguments: str) -> Result:
        """Runs the command in this process."""
        places = ["--config", str(self.config), "--data", str(self.data)]
        return CliRunner(env={"UPTAKE_PEPPER": self.environment["UPTAKE_PEPPER"]}).invoke(main, [*places, *arguments])

    def ingest(self, *arguments: str) -> Result:
        """Runs an ingest in this process; fails when it does not end well."""
        result = self.uptake("ingest", *arguments)
        assert result.exit_code == 0, result.output
        return result

    def load(self, *names: str) -> list[str]:
        """Pulls and loads as an ingest does, but publishes nothing, which takes most of its time; gives the faults."""
        with self.hashing():
            settings = config.load(self.config)
            with exclusive(self.data):
                results = run.ingest(settings, self.data, names or [source.name for source in settings.source])
        return [fault for result in results for fault in result.faults]

    @contextmanager
    def hashing(self) -> Iterator[None]:
        """Within it, persons are hashed in this process as the site's command does."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("UPTAKE_PEPPER", self.environment["UPTAKE_PEPPER"])
            yield

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """Starts the command as a process of its own."""
        places = ["--config", str(self.config), "--data", str(self.data)]
        return subprocess.Popen(
            [sys.executable, "-m", "app.cli", *arguments, *places],
            env=self.environment,
            text=True,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options,
        )

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query on the warehouse gives."""
        with duckdb.connect(str(self.data / "warehouse.duckdb"), read_only=True) as con:
            return con.execute(sql).fetchall()

    def checksums(self) -> dict[str, str]:
        """A checksum of each table's sorted rows: staging and the watermark, and the published facts and marts."""
        return {
            **_checksums(self.data / "warehouse.duckdb", ("staging", "meta.watermark")),
            **_checksums((self.data / "read" / "current").resolve(), ("facts", "marts")),
        }

    def files(self) -> set[str]:
        """All files of the data folder, by their path in it."""
        return {path.relative_to(self.data).as_posix() for path in self.data.rglob("*") if path.is_file()}


def _checksums(file: Path, wanted: tuple[str, ...]) -> dict[str, str]:
    with duckdb.connect(str(file), read_only=True) as con:
        tables = con.execute("select schema_name, table_name from duckdb_tables() order by all").fetchall()
        named = [f"{schema}.{table}" for schema, table in tables if schema in wanted or f"{schema}.{table}" in wanted]
        assert named, f"{file} has nothing of {wanted}"
        return {
            name: hashlib.sha256(repr(con.execute(f"from {name} order by all").fetchall()).encode()).hexdigest()
            for name in named
        }


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """An installation with one source `drop` of kind files, and no export yet."""
    return Site(tmp_path)


@pytest.fixture
def table() -> Callable[[list[Mapping[str, Any]]], str]:
    """Rows as the text of a CSV file; the first row names the columns."""

    def text(rows: list[Mapping[str, Any]]) -> str:
        lines = [",".join(rows[0]), *(",".join(str(value) for value in row.values()) for row in rows)]
        return "\n".join(lines) + "\n"

    return text
