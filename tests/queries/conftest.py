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
    """Eight teams over six months in Amsterdam, over both changes of the clock and the turn of the year.

    Beyond what the demo simulates, three products share one repository, another changes hands, a third is nobody's,
    some deployments do not say how they came about, and two changes can have shipped with no deployment.
    """
    definitions = Definitions(
        timezone="Europe/Amsterdam",
        platform_rules={"uses": ("acme/ml-platform/.github/workflows/*",), "workflows": ("ML deploy*",)},
    )
    records = _with_rarities(rows(simulate(SEED, 8, START, END, Effects())))
    now = datetime(2026, 4, 15, 6)
    return Simulated(read_model(records, definitions, now), records, definitions, now)


def _with_rarities(records: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    for given in records.values():
        for row in given:
            for name in ("repo", "pattern"):
                if str(row.get(name, "")).startswith("acme/next-best-offer-"):
                    row[name] = "acme/next-best-offer"
    old = next(rule for rule in records["ownership"] if rule["pattern"] == "acme/churn-model")
    records["ownership"].append({**old, "team_id": "t08", "since": datetime(2026, 1, 15)})
    records["ownership"] = [rule for rule in records["ownership"] if rule["pattern"] != "acme/promotions-features"]
    for row in records["deployment"][::20]:
        for name in ("via_platform", "workflow", "run_id"):
            row.pop(name, None)
    change = {"first_commit_at": datetime(2025, 9, 1), "merged_at": datetime(2025, 9, 2)}
    records["change"].append({**change, "change_id": "library-1", "repo": "acme/library"})
    records["change"].append({**change, "change_id": "early-1", "repo": "acme/inventory-service"})
    return records
