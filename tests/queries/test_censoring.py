"""Changes that wait are not dropped: where lead times are known the medians come out as they were put in.

Forty repositories work alike: changes begin evenly over the last sixty days, are merged within hours, and ship after a
time drawn from one distribution. What has not shipped by the end waits. The median of the shipped is that of the quick.
"""

import math
import random
import statistics
from datetime import datetime, timedelta

import duckdb
import pytest

from queries import metrics
from queries.slice import Slice
from tests.queries.world import Rows, read_model

END = datetime(2026, 6, 30)
DAYS, REPOS, CHANGES, MEDIAN_HOURS = 60, 40, 120, 30 * 24.0
QUANTILES = {"median": 0.0, "p75": 0.6744897501960817}
"""How many standard deviations above the middle of the logarithms a quantile lies."""
SPREAD = 0.5


def organisation(seed: int) -> Rows:
    """Each change ships with a deployment of its own, so that its time is exactly what was drawn."""
    rng = random.Random(seed)
    records: Rows = {"deployment": [], "change": [], "incident": []}
    for repo in (f"acme/r{n}" for n in range(REPOS)):
        for n in range(CHANGES):
            began = END - timedelta(days=DAYS * rng.random())
            took = timedelta(hours=MEDIAN_HOURS * math.exp(SPREAD * rng.gauss(0, 1)))
            change = {"change_id": f"{repo}-{n}", "repo": repo, "first_commit_at": began}
            change["merged_at"] = min(began + timedelta(hours=2 * rng.random()), END)
            if began + took <= END:
                live = {"deployment_id": f"{repo}-d{n}", "repo": repo, "environment": "prod", "status": "succeeded"}
                live |= {"created_at": began + took, "finished_at": began + took, "cause": "retrain"}
                records["deployment"].append(live)
                change["shipped_in"] = live["deployment_id"]
            records["change"].append(change)
    # something happens at the very end, so that the records are known to reach there
    last = {"deployment_id": "last", "repo": "acme/last", "environment": "prod", "status": "succeeded"}
    records["deployment"].append(last | {"created_at": END, "finished_at": END})
    return records


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    return read_model(organisation(seed=5), now=END + timedelta(hours=1), only={"marts.change"})


@pytest.mark.parametrize(("name", "deviations"), QUANTILES.items())
def test_quantiles_with_what_waits_are_those_that_were_put_in(
    name: str, deviations: float, con: duckdb.DuckDBPyConnection
) -> None:
    """On average over the repositories within 3 %, and of all changes together as well."""
    truth = MEDIAN_HOURS * math.exp(SPREAD * deviations)
    found = metrics.ask(con, "lead_time", Slice(group=("repo",)))[f"lead_time_hours_{name}"].drop_nulls()
    if name == "median":
        assert len(found) == REPOS
        assert statistics.mean(found) == pytest.approx(truth, rel=0.03)
    whole = metrics.ask(con, "lead_time", Slice()).row(0, named=True)
    assert whole[f"lead_time_hours_{name}"] == pytest.approx(truth, rel=0.03)


def test_the_median_of_the_shipped_is_that_of_the_quick(con: duckdb.DuckDBPyConnection) -> None:
    """Below in each single repository, and by a fifth on average."""
    found = metrics.ask(con, "lead_time", Slice(group=("repo",)))["lead_time_hours_median_shipped"].drop_nulls()
    assert len(found) == REPOS and max(found) < MEDIAN_HOURS
    assert statistics.mean(found) == pytest.approx(0.8 * MEDIAN_HOURS, rel=0.03)
    row = metrics.ask(con, "lead_time", Slice()).row(0, named=True)
    assert row["waiting_count"] > 1000 and row["change_count"] > 1000
