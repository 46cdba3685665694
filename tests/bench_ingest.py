"""How fast ingest is, near and far from the server, and how little it does when nothing is new.

The server runs in this process and ingest in one of its own, so that its time and memory are ingest's alone. Part of
`make bench`; alone, with as many runs as wanted: python -m tests.bench_ingest --runs 200000
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb

from ingest import warehouse
from tests.fake_github import FakeGithub
from tests.github_world import World, simulated

ROOT = Path(__file__).parent.parent
FAR = 0.3
"""Seconds that a distant server takes for an answer."""

REPOS = 500


def ingest_github(folder: Path, runs: int) -> dict[str, Any]:
    """Runs of 12 kB from a server nearby and from one far away, and a run that finds nothing new in 1 and 500
    repositories."""
    near, nothing, _ = _twice(folder / "near", simulated(runs, repos=5))
    far, _, _ = _twice(folder / "far", simulated(runs, repos=5), latency=FAR)
    _, alone, _ = _twice(folder / "alone", simulated(100))
    _, many, asked = _twice(folder / "many", simulated(10 * REPOS, repos=REPOS))
    return {
        "runs": near["runs"],
        "runs_per_cpu_second": near["runs"] / near["cpu_seconds"],
        "runs_per_second": near["runs"] / near["seconds"],
        "peak_mb": near["peak_mb"],
        "nothing_new_cpu_seconds": nothing["cpu_seconds"],
        "far_runs_per_second": far["runs"] / far["seconds"],
        "far_peak_mb": far["peak_mb"],
        "1_repo_nothing_new_seconds": alone["seconds"],
        "1_repo_nothing_new_cpu_seconds": alone["cpu_seconds"],
        f"{REPOS}_repos_nothing_new_seconds": many["seconds"],
        f"{REPOS}_repos_nothing_new_cpu_seconds": many["cpu_seconds"],
        f"{REPOS}_repos_nothing_new_most_requests_per_list": max(asked.values()),
    }


def _twice(folder: Path, world: World, latency: float = 0) -> tuple[dict[str, float], dict[str, float], Counter[str]]:
    """What a first and a second ingest took, and how often the second one asked for each path."""
    folder.mkdir(parents=True)
    config, data = folder / "uptake.toml", folder / "data"
    with FakeGithub(world, latency=lambda address: latency) as github:
        config.write_text(
            f'[[source]]\nname = "gh"\nkind = "github"\nbase_url = "{github.base_url}"\nrepos = ["acme/*"]\n'
            "jobs = false\n",
            "utf-8",
        )
        first = _measured(config, data, "ingest", "--full")
        github.asked()
        second = _measured(config, data, "ingest")
        asked = Counter(address.partition("?")[0] for address, _ in github.asked("/repos/"))
    with duckdb.connect(str(data / warehouse.FILE), read_only=True) as con:
        (loaded,) = con.sql("select count(*) from staging.ci_run").fetchall()[0]
    return first | {"runs": loaded}, second, asked


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20_000)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory(prefix="uptake-bench-") as folder:
        print(json.dumps(ingest_github(Path(folder), runs), indent=1))


if __name__ == "__main__":
    main()
