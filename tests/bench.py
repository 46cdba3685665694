"""`make bench`: ingest, build and query times, as a table and as bench.json. Measures; asserts nothing.

Ingest is measured against a server in a process of its own, so that its time is ingest's alone. Queries are those that
each view really asks: recorded while the page runs, then timed alone, warm.
"""

import argparse
import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
import streamlit as st
from streamlit.testing.v1 import AppTest

from ingest import warehouse
from queries import build, metrics, readmodel, rows
from queries.definitions import Definitions

ROOT = Path(__file__).parent.parent
UNTIL = "2026-11-20 12:00:00"
VIEWS = {"overview": "Overview", "delivery": "Delivery", "pain": "Pain and priorities", "data": "Data"}
"""Module -> title of each page."""
REPEATS = 7


def main() -> None:
    """Runs all parts and prints them."""
    logging.disable(logging.WARNING)  # Streamlit warns at every turn that no browser is there
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--github-runs", type=int, default=20_000, help="runs of 12 kB to ingest")
    parser.add_argument("--runs", type=int, default=1_000_000, help="CI runs to query; a tenth as many deployments")
    parser.add_argument("--teams", type=int, default=100)
    parser.add_argument("--out", type=Path, default=Path("bench.json"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="uptake-bench-") as folder:
        results = ingest_github(Path(folder) / "github", options.github_runs)
        data = Path(folder) / "big"
        results |= build_model(data, options.runs, options.teams)
        results |= query_views(data)
    options.out.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    width = max(map(len, results))
    for name, value in results.items():
        print(f"{name:{width}}  {value:>12,.1f}" if isinstance(value, float) else f"{name:{width}}  {value:>12,}")


def ingest_github(folder: Path, runs: int) -> dict[str, Any]:
    """Ingests runs of 12 kB from a local server, twice: all of them, and then nothing new."""
    folder.mkdir(parents=True)
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.fake_github", "--runs", str(runs)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        config = folder / "uptake.toml"
        config.write_text(
            f'[[source]]\nname = "gh"\nkind = "github"\nbase_url = "{address}"\nrepos = ["acme/*"]\njobs = false\n',
            "utf-8",
        )
        first = _measured(config, folder / "data", "ingest", "--full")
        again = _measured(config, folder / "data", "ingest")
    finally:
        server.kill()
        server.wait()
    with duckdb.connect(str(folder / "data" / warehouse.FILE), read_only=True) as con:
        (loaded,) = con.sql("select count(*) from staging.ci_run").fetchall()[0]
    return {
        "ingest_runs": loaded,
        "ingest_runs_per_cpu_second": loaded / first["cpu_seconds"],
        "ingest_runs_per_second": loaded / first["seconds"],
        "ingest_peak_mb": first["peak_mb"],
        "ingest_nothing_new_seconds": again["seconds"],
        "ingest_nothing_new_cpu_seconds": again["cpu_seconds"],
    }


def _measured(config: Path, data: Path, *words: str) -> dict[str, float]:
    """Wall and CPU seconds and peak memory of one `uptake` process. Raises RuntimeError when it fails."""
    command = [sys.executable, "-m", "app.cli", "--config", str(config), "--data", str(data), *words]
    started = time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(words)} ended with {process.returncode}")
    return {
        "seconds": seconds,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_mb": usage.ru_maxrss / 1024,
    }


def build_model(data: Path, runs: int, teams: int) -> dict[str, Any]:
    """Fills staging with a made-up organisation and builds the read model from it."""
    data.mkdir(parents=True)
    with warehouse.Warehouse(data):
        pass
    con = duckdb.connect(str(data / warehouse.FILE))
    sizes = {"runs": runs, "deployments": runs // 10, "teams": teams, "until": UNTIL}
    for statement in duckdb.extract_statements((ROOT / "tests" / "bench_world.sql").read_text("utf-8")):
        con.execute(statement, {name: sizes[name] for name in statement.named_parameters})
    con.close()
    published = build.build(data / warehouse.FILE, data / "read", Definitions())
    swap = _median_ms(lambda: _swap(data / "read"))
    return {
        "model_runs": runs,
        "model_deployments": runs // 10,
        "model_teams": teams,
        "build_seconds": published.seconds,
        "build_mb": published.path.stat().st_size / 2**20,
        "publish_swap_ms": swap,
    }


def _swap(read: Path) -> None:
    link = read / ".swap"
    link.symlink_to((read / readmodel.CURRENT).readlink())
    link.rename(read / readmodel.CURRENT)


def query_views(data: Path) -> dict[str, Any]:
    """For each view: its page's time in process, how many questions it asks, and their time together, warm."""
    os.environ["UPTAKE_DATA"] = str(data)
    results: dict[str, Any] = {}
    with readmodel.open_current(data / "read") as con:
        for view in VIEWS:
            asked, seconds = _asked_by(view, con)
            results[f"{view}_questions"] = len(asked)
            results[f"{view}_queries_ms"] = _median_ms(partial(_ask_all, asked))
            results[f"{view}_page_ms"] = seconds * 1000
    return results


def _asked_by(view: str, con: duckdb.DuckDBPyConnection) -> tuple[list[Callable[[], object]], float]:
    """The questions that a view asks when its period changes and nothing is cached, and the seconds its page takes."""
    asked: list[Callable[[], object]] = []

    def recorded(answer: Callable[..., Any]) -> Callable[..., Any]:
        def record(_: Any, *question: Any, **named: Any) -> Any:
            asked.append(partial(answer, con, *question, **named))
            return answer(con, *question, **named)

        return record

    script = f"from app.page import around\nfrom app.views import {view}\naround({VIEWS[view]!r}, {view}.page)"
    page = AppTest.from_string(script, default_timeout=120).run()
    page.query_params["period"] = "Last 12 months"
    st.cache_data.clear()
    with (
        patch.object(metrics, "ask", recorded(metrics.ask)),
        patch.object(rows, "fact_rows", recorded(rows.fact_rows)),
    ):
        started = time.monotonic()
        page.run()
        seconds = time.monotonic() - started
    if page.exception:
        raise RuntimeError(f"{view}: {page.exception[0].message}")
    return asked, seconds


def _ask_all(questions: list[Callable[[], object]]) -> None:
    for question in questions:
        question()


def _median_ms(action: Callable[[], object]) -> float:
    times = []
    for _ in range(REPEATS):
        started = time.monotonic()
        action()
        times.append(time.monotonic() - started)
    return statistics.median(times) * 1000


if __name__ == "__main__":
    main()
