"""How long a read model takes to build and to publish, from a made-up organisation of any size."""

from pathlib import Path

import duckdb

from ingest import warehouse
from queries import build, readmodel
from queries.definitions import Definitions
from tests.bench_views import median_ms

WORLD = Path(__file__).with_name("bench_world.sql")
UNTIL = "2026-11-20 12:00:00"


def build_model(data: Path, runs: int, teams: int) -> dict[str, float]:
    """Fills staging with an organisation, unless `data` holds one already, and builds the read model from it."""
    file = data / warehouse.FILE
    is_new = not file.exists()
    data.mkdir(parents=True, exist_ok=True)
    with warehouse.Warehouse(data):
        pass  # makes the tables, and adds what an older organisation lacks
    if is_new:
        _fill(file, {"runs": runs, "deployments": runs // 10, "teams": teams, "until": UNTIL})
    published = build.build(file, data / "read", Definitions(), force=True)
    return {
        "deployments": runs // 10,
        "teams": teams,
        "build_seconds": published.seconds,
        "build_mb": published.path.stat().st_size / 2**20,
        "publish_swap_ms": median_ms(lambda: _swap(data / "read")),
    }


def _fill(file: Path, sizes: dict[str, object]) -> None:
    with duckdb.connect(str(file)) as con:
        for statement in duckdb.extract_statements(WORLD.read_text("utf-8")):
            con.execute(statement, {name: sizes[name] for name in statement.named_parameters})


def _swap(read: Path) -> None:
    link = read / ".swap"
    link.symlink_to((read / readmodel.CURRENT).readlink())
    link.rename(read / readmodel.CURRENT)
