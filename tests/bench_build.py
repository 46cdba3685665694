"""How long a read model takes to build and to publish, from a made-up organisation of any size.

`python -m tests.bench_build DATA` builds in a process of its own, so that its memory is the build's alone.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb

from ingest import warehouse
from queries import build, readmodel
from queries.definitions import Definitions
from tests.bench_views import median_ms

WORLD, DAY = (Path(__file__).with_name(name) for name in ("bench_world.sql", "bench_day.sql"))
UNTIL = "2026-11-20 12:00:00"


def build_model(data: Path, runs: int, teams: int) -> dict[str, float]:
    """Fills staging with an organisation, unless `data` holds one; builds it whole, and once more a day later."""
    file = data / warehouse.FILE
    is_new = not file.exists()
    data.mkdir(parents=True, exist_ok=True)
    with warehouse.Warehouse(data):
        pass  # makes the tables, and adds what an older organisation lacks
    if is_new:
        _run(file, WORLD, {"runs": runs, "deployments": runs // 10, "teams": teams, "until": UNTIL})
    shutil.rmtree(data / "read", ignore_errors=True)
    whole, later = _built(data), _a_day_later(data)
    return {
        "deployments": runs // 10,
        "teams": teams,
        "build_seconds": whole["seconds"],
        "build_peak_mb": whole["peak_mb"],
        "build_mb": (data / "read" / readmodel.CURRENT).stat().st_size / 2**20,
        "build_a_day_later_seconds": later["seconds"],
        "build_a_day_later_peak_mb": later["peak_mb"],
        "publish_swap_ms": median_ms(lambda: _swap(data / "read")),
    }


def _run(file: Path, script: Path, values: dict[str, Any]) -> None:
    with duckdb.connect(str(file)) as con:
        for statement in duckdb.extract_statements(script.read_text("utf-8")):
            con.execute(statement, {name: values[name] for name in statement.named_parameters})


def _built(data: Path) -> dict[str, float]:
    done = subprocess.run([sys.executable, "-m", "tests.bench_build", data], check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _a_day_later(data: Path) -> dict[str, float]:
    """The build that goes on from the one of `data` when one more day has come; in a copy, which goes away."""
    copy = data / "later"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(data / "read", copy / "read", symlinks=True)
    shutil.copyfile(data / warehouse.FILE, copy / warehouse.FILE)
    _run(copy / warehouse.FILE, DAY, {"until": UNTIL})
    later = _built(copy)
    shutil.rmtree(copy)
    return later


def _swap(read: Path) -> None:
    link = read / ".swap"
    link.symlink_to((read / readmodel.CURRENT).readlink())
    link.rename(read / readmodel.CURRENT)


if __name__ == "__main__":
    data = Path(sys.argv[1])
    published = build.build(data / warehouse.FILE, data / "read", Definitions())
    # ru_maxrss would be at least that of the process that started this one
    peak = next(line for line in Path("/proc/self/status").read_text("utf-8").splitlines() if line.startswith("VmHWM"))
    peak_mb = int(peak.split()[1]) / 1024
    print(json.dumps({"seconds": published.seconds, "peak_mb": peak_mb}))
