"""How fast ingest is, and how little it does when nothing is new: against a local server in a process of its own."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb

from ingest import warehouse

ROOT = Path(__file__).parent.parent


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
