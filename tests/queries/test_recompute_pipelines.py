"""The hours of the pipelines, added up again in plain Python from the records alone."""

from collections import defaultdict

import polars as pl
import pytest

from queries import metrics
from queries.slice import Slice
from tests.queries.conftest import Simulated


def test_hours_by_pipeline_are_those_of_its_newest_attempts(simulated: Simulated) -> None:
    runs = defaultdict(list)
    for row in simulated.records["ci_run"]:
        runs[row["run_id"]].append(row)
    expected: dict[tuple[str, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for attempts in runs.values():
        attempts.sort(key=lambda row: row.get("attempt") or 1)
        first, newest = attempts[0], attempts[-1]
        if newest["status"] != "completed" or not newest.get("conclusion"):
            continue
        ended = {"success": "passed", "failure": "failed", "timed_out": "failed", "cancelled": "cancelled"}.get(
            newest["conclusion"]
        )
        if ended is None:
            continue
        found = expected[newest["repo"], newest["workflow"]]
        # what was cancelled and never told a start may never have run
        began = newest.get("started_at") or (None if ended == "cancelled" else newest["created_at"])
        if began and newest.get("finished_at"):
            hours = (newest["finished_at"] - began).total_seconds() / 3600
            if hours >= 0:
                found[f"{ended}_hours"] += hours
                found["run_hours"] += hours
        if (first.get("attempt") or 1) == 1 and first.get("started_at"):
            found["queue_hours"] += max(0.0, (first["started_at"] - first["created_at"]).total_seconds() / 3600)
    answer = metrics.ask(simulated.con, "pipeline_hours", Slice(group=("repo", "workflow")))
    assert len(answer) == len(expected) > 20
    for row in answer.iter_rows(named=True):
        for name in ("run_hours", "passed_hours", "failed_hours", "cancelled_hours", "queue_hours"):
            assert row[name] == pytest.approx(expected[row["repo"], row["workflow"]][name], abs=1e-6), (row, name)
    assert answer["failed_hours"].sum() > 1 and answer["cancelled_hours"].sum() > 0.1


def test_weeks_add_up_to_what_the_runs_say(simulated: Simulated) -> None:
    """Whole months come from weeks, a window that cuts a week from the runs: each month is the sum of its days."""
    months = metrics.ask(simulated.con, "pipeline_hours", Slice("month"))
    days = metrics.ask(simulated.con, "pipeline_hours", Slice("day"))
    names = [name for name in months.columns if name.endswith(("_hours", "_count"))]
    by_month = days.group_by(pl.col("period").dt.month_start()).agg(pl.col(names).sum()).sort("period")
    assert len(by_month) == len(months) > 5
    for name in names:
        assert months[name].to_list() == pytest.approx(by_month[name].to_list())
