"""A simulated organisation, small and with everything in it: what tests that need plenty of rows share."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb
import pytest

from app.demo.parameters import Effects
from app.demo.rows import rows
from app.demo.simulation import simulate
from queries.definitions import Definitions
from tests.queries.world import read_model

SEED = 7
START, END = date(2025, 10, 15), date(2026, 4, 15)


@dataclass(frozen=True)
class Simulated:
    """The read model, and what it was built from."""

    con: duckdb.DuckDBPyConnection
    records: dict[str, list[dict[str, Any]]]
    definitions: Definitions
    now: datetime


@pytest.fixture(scope="session")
def simulated() -> Simulated:
    """Eight teams over six months in Amsterdam, over both changes of the clock and the turn of the year."""
    definitions = Definitions(
        timezone="Europe/Amsterdam",
        platform_rules={"uses": ("acme/ml-platform/.github/workflows/*",), "workflows": ("ML deploy*",)},
    )
    records = rows(simulate(SEED, 8, START, END, Effects()))
    now = datetime(2026, 4, 15, 6)
    return Simulated(read_model(records, definitions, now), records, definitions, now)
