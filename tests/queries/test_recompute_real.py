"""Recorded runs and jobs of a real repository: the figures of pipelines equal what plain Python counts from them."""

import csv
import gzip
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from ingest.records import RECORDS
from queries import metrics
from queries.definitions import Definitions
from queries.slice import Slice
from tests.queries.conftest import Simulated
from tests.queries.figures import health, quantiles
from tests.queries.recount import Ran, Recount, Row
from tests.queries.recount_more import breaks, checks
from tests.queries.test_recompute_more import compare, with_waiting
from tests.queries.world import read_model

SAMPLE = Path(__file__).parents[2] / "data" / "sample" / "ci"
NOW = datetime(2025, 10, 31)
NOUNS = ("team", "ownership", "deployment", "change", "incident", "survey_answer")
SLICES = [Slice(), Slice(by="week"), Slice(by="month"), Slice(by="day", group=("repo",)), Slice(group=("branch",))]
every_slice = pytest.mark.parametrize("part", SLICES, ids=lambda part: " ".join([part.by, *part.group]))


def recorded(noun: str) -> list[Row]:
    """Rows of the sample that are valid, as typed values; what a record does not say is left out."""
    found = []
    with gzip.open(SAMPLE / f"{noun}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            try:
                valid = RECORDS[noun].model_validate({name: value or None for name, value in row.items()})
            except ValidationError:
                continue
            found.append({name: value for name, value in valid.model_dump().items() if value is not None})
    return found


@pytest.fixture(scope="module")
def real() -> Simulated:
    records = {noun: recorded(noun) for noun in ("ci_run", "ci_job")}
    definitions = Definitions(timezone="Europe/Amsterdam")
    return Simulated(read_model(records, definitions, NOW), records, definitions, NOW)


@pytest.fixture(scope="module")
def recount(real: Simulated) -> Recount:
    nothing: dict[str, list[Row]] = {noun: [] for noun in NOUNS}
    runs = [{"attempt": 1} | run for run in real.records["ci_run"]]
    return Recount(nothing | real.records | {"ci_run": runs}, real.definitions, real.now)


def key_of(run: Row, part: Slice) -> tuple[Any, ...]:
    return tuple(run.get(column) for column in part.group)


@every_slice
def test_health(part: Slice, real: Simulated, recount: Recount) -> None:
    things = [(key_of(run.last, part), recount.day(run.created_at), run) for run in recount.runs]
    assert len(things) == 923

    def count(runs: list[Ran]) -> dict[str, Any]:
        return health(runs)

    compare(real, "ci_health", part, things, count)


@every_slice
def test_time_to_green(part: Slice, real: Simulated, recount: Recount) -> None:
    def count(some: list[tuple[float, bool, int]]) -> dict[str, Any]:
        mended = sum(green for _, green, _ in some)
        return {
            "mended_count": mended,
            "open_count": len(some) - mended,
            "failure_count": sum(failures for _, _, failures in some),
            **with_waiting("green_hours", [(length, green) for length, green, _ in some]),
        }

    found = breaks(recount)
    assert len(found) == 5
    things = [(key_of(row, part), recount.day(moment), tuple(rest)) for row, _, moment, *rest in found]
    compare(real, "time_to_green", part, things, count)


def test_controls(real: Simulated, recount: Recount) -> None:
    def count(some: list[Row]) -> dict[str, Any]:
        blocked = [check for check in some if check["blocked"]]
        waits = [check["hours"] for check in blocked if check["hours"] is not None]
        return {
            "run_count": len(some),
            "blocked_count": len(blocked),
            "passed_count": len(waits),
            "open_count": len(blocked) - len(waits),
            **quantiles("blocked_hours", waits),
        }

    things = [((check["control"],), recount.day(check["at"]), check) for check in checks(recount)]
    assert sum(check["blocked"] for _, _, check in things) >= 10
    compare(real, "control_friction", Slice(), things, count)


def test_what_nobody_deploys_is_not_measured(real: Simulated) -> None:
    for name in ("deployment_count", "lead_time", "change_fail_rate", "adoption_share"):
        row = metrics.ask(real.con, name, Slice(since=date(2025, 9, 1))).row(0, named=True)
        assert row["withheld"].startswith("not measured: no source delivers "), name
