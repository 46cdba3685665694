"""The whole way of a source on a real data folder: fetch, land, load, and the replay from raw."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from ingest import config, run

TABLES = ("ci_run", "ci_job", "deployment", "deployed_commit", "change", "incident", "model_version", "initiative")


class WholeWay:
    """One installation with one source; `table` is its `[[source]]`."""

    def __init__(self, data: Path, table: dict[str, Any]) -> None:
        self.data = data
        self.name = table["name"]
        self._settings = config.parse({"source": [table]}, data / "uptake.toml")

    def ingest(self, full: bool = False) -> None:
        self._run(lambda: run.ingest(self._settings, self.data, [self.name], full=full))

    def replay(self) -> None:
        self._run(lambda: run.replay(self._settings, self.data, [self.name]))

    def staging(self) -> dict[str, list[tuple[Any, ...]]]:
        """The rows of each table that holds any."""
        with duckdb.connect(str(self.data / "warehouse.duckdb"), read_only=True) as con:
            rows = {name: con.execute(f"select * from staging.{name} order by all").fetchall() for name in TABLES}
        return {name: found for name, found in rows.items() if found}

    def _run(self, act: Callable[[], list[run.SourceResult]]) -> None:
        [result] = act()
        assert result.faults == [] and result.loaded.rejected == 0
