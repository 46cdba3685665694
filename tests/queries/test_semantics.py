"""What holds of every metric whatever the data: neither order nor machine nor a neighbour in the repository matters."""

import os
import random
import subprocess
import sys
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from unittest.mock import patch

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal, assert_series_equal

from queries import counted, delivery, metrics, pipelines, rows, sqlfile
from queries.definitions import Definitions
from queries.errors import UsageError
from queries.slice import Slice, unwanted
from tests.queries.conftest import END, START, Simulated
from tests.queries.world import Rows, read_model


def checksums(con: duckdb.DuckDBPyConnection) -> dict[str, list[Any]]:
    """Every row of every fact and mart, sorted."""
    tables = [file.table for schema in ("facts", "marts") for file in sqlfile.folder(schema).values()]
    return {table: con.sql(f"from {table} order by all").fetchall() for table in tables}


def tied_world() -> Rows:
    """Much happens at the same instant: where order decided, it would show."""
    same = {"created_at": "2026-06-01 09:00", "finished_at": "2026-06-01 10:00"}
    live = {"repo": "acme/mono", "environment": "production", "status": "succeeded", **same}
    run = {"repo": "acme/mono", "workflow": "test", "status": "completed", "created_at": "2026-06-01 09:00"}
    rated = {"survey_id": "s1", "scale_min": 1, "scale_max": 5, "pain_id": "p1", "submitted_at": "2026-05-02"}
    return {
        "team": [{"team_id": "a:x", "name": "X"}, {"team_id": "b:x", "name": "X too"}],
        "ownership": [
            {"pattern": "acme/m*", "team_id": "alpha"},
            {"pattern": "acme/*o", "team_id": "beta"},
            {"pattern": "acme/mono", "product": "fraud", "team_id": "gamma"},
        ],
        "deployment": [
            *({**live, "deployment_id": f"d{n}", "sha": f"s{n % 2}"} for n in range(4)),
            *({**live, "deployment_id": f"f{n}", "product": "fraud"} for n in range(3)),
            {**live, "deployment_id": "h1", "cause": "hotfix"},
            {**live, "deployment_id": "r1", "cause": "rollback", "rollback_of": "d1"},
        ],
        "change": [
            {"change_id": f"c{n}", "repo": "acme/mono", "merged_at": "2026-06-01 08:00", "head_sha": f"s{n % 3}"}
            for n in range(4)
        ],
        "incident": [
            {"incident_id": "i1", "opened_at": "2026-06-01 10:00", "repo": "acme/mono"},
            {"incident_id": "i2", "opened_at": "2026-06-01 11:00", "product": "fraud"},
            {"incident_id": "i3", "opened_at": "2026-06-01 11:00", "team_id": "alpha"},
        ],
        "ci_run": [
            *({**run, "run_id": f"r{n}", "sha": "aaa", "conclusion": ["failure", "success"][n % 2]} for n in range(6)),
            *({**run, "run_id": "again", "attempt": n, "conclusion": "failure"} for n in (1, 2, 3)),
        ],
        "survey": [{"survey_id": "s1", "opened_at": "2026-05-01"}, {"survey_id": "s2", "opened_at": "2026-05-01"}],
        "survey_answer": [
            *({**rated, "response_id": f"r{n}", "question_id": "q1", "rating": 1 + n % 5} for n in range(8)),
            *({**rated, "response_id": "r1", "question_id": f"q{n}", "rating": n} for n in (2, 3, 4)),
        ],
        "initiative": [
            {"initiative_id": f"i{n}", "title": "t", "status": "planned", "pain_ids": ["p1"], "priority": 2}
            for n in range(3)
        ],
    }


def test_the_order_of_rows_does_not_matter() -> None:
    world = tied_world()
    expected = checksums(read_model(world))
    for seed in range(4):
        shuffled = {noun: random.Random(seed).sample(given, len(given)) for noun, given in world.items()}
        assert checksums(read_model(shuffled)) == expected


def test_the_order_of_a_whole_organisation_does_not_matter(simulated: Simulated) -> None:
    backwards = {noun: given[::-1] for noun, given in simulated.records.items()}
    rebuilt = checksums(read_model(backwards, simulated.definitions, simulated.now))
    for table, expected in checksums(simulated.con).items():
        assert rebuilt[table] == expected, table


def late_evenings() -> str:
    """Everything that is built from deployments late in the evening, as read in St John's."""
    world = tied_world()
    for n, row in enumerate(world["deployment"]):
        row["finished_at"] = f"2026-06-{n + 1:02d} 23:30"
    con = read_model(world, Definitions(timezone="America/St_Johns"))
    by_day = metrics.ask(con, "deployment_count", Slice(by="day"))
    answers = [metrics.ask(con, name, Slice(by=by)).rows() for name in metrics.METRICS for by in ("week", "all")]
    return repr(sorted(checksums(con).items())) + repr(by_day.rows()) + repr(answers)


def test_the_time_zone_of_the_machine_does_not_matter() -> None:
    """A day begins where the configuration says, wherever the machine stands: here, and where it is 14 hours later."""
    code = "import sys; from tests.queries.test_semantics import late_evenings; sys.stdout.write(late_evenings())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "TZ": "Pacific/Kiritimati", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "2026, 6, 1" in done.stdout
    assert done.stdout == late_evenings()


def test_ids_may_be_given_without_their_source() -> None:
    live = {"repo": "acme/fraud", "environment": "production", "status": "succeeded"}
    at = {"created_at": "2026-06-01 09:00", "finished_at": "2026-06-01 10:00"}
    rated = {"pain_id": "roadmap:p1", "question_id": "q", "rating": 5, "scale_min": 1, "scale_max": 5}
    con = read_model(
        {
            "team": [{"team_id": "hr:alpha", "name": "Alpha"}, {"team_id": "hr:beta", "name": "Beta"}],
            "ownership": [{"pattern": "acme/fraud", "team_id": "hr:alpha"}],
            "deployment": [{**live, **at, "deployment_id": "gh:1"}, {**live, **at, "deployment_id": "jenkins:1"}],
            "survey": [{"survey_id": "forms:s1", "opened_at": "2026-05-01"}],
            "survey_answer": [{**rated, "survey_id": "forms:s1", "response_id": f"forms:r{n}"} for n in range(6)],
            "pain_point": [{"pain_id": "roadmap:p1", "title": "Slow"}],
        }
    )

    def count(*teams: str) -> int:
        return metrics.ask(con, "deployment_count", Slice(where={"team_id": teams}))["deployment_count"][0]

    assert [count("alpha"), count("hr:alpha"), count("beta"), count("gh:alpha")] == [2, 2, 0, 0]
    assert count("alpha", "hr:alpha") == count("beta", "alpha") == 2
    for given_id, found in (("1", 2), ("gh:1", 1), ("2", 0)):
        assert len(rows.fact_rows(con, "deployment", where={"deployment_id": (given_id,)})) == found
    answer = metrics.ask(con, "pain", Slice(where={"survey_id": ("s1",), "pain_id": ("p1",)}))
    assert answer["answer_count"].to_list() == [6]


OWN = ("deployment_count", "deployment_failure_rate", "change_fail_rate", "lead_time", "deployment_frequency")


def history(rng: random.Random, repo: str, product: str) -> Rows:
    """Some weeks of one product of a repository: deployments, the changes that they shipped, incidents."""
    start = datetime(2026, 5, 25)
    made = [start + timedelta(hours=rng.randrange(600)) for _ in range(rng.randint(1, 6))]
    deployments = [
        {
            "deployment_id": f"{repo}-{product}-{n}",
            "repo": repo,
            "product": f"{repo}-{product}",
            "environment": "production",
            "status": rng.choice(["succeeded", "succeeded", "failed"]),
            "cause": rng.choice([None, "hotfix", "retrain", "rollback"]),
            "via_platform": rng.random() < 0.5,
            "created_at": at,
            "finished_at": at + timedelta(hours=1),
        }
        for n, at in enumerate(made)
    ]
    changes = [
        {
            "change_id": f"{one['deployment_id']}-c",
            "repo": repo,
            "merged_at": one["created_at"] - timedelta(hours=2),
            "first_commit_at": one["created_at"] - timedelta(hours=rng.randint(3, 90)),
            "shipped_in": one["deployment_id"],
        }
        for one in deployments
        if one["status"] == "succeeded"
    ]
    incidents = [
        {
            "incident_id": f"{repo}-{product}-i{n}",
            "opened_at": start + timedelta(hours=rng.randrange(700)),
            "product": f"{repo}-{product}",
            "repo": rng.choice([repo, None]),
        }
        for n in range(rng.randint(0, 4))
    ]
    return {"deployment": deployments, "change": changes, "incident": incidents}


def test_a_product_is_not_touched_by_its_neighbours_in_the_repository() -> None:
    """Eighty repositories with one product each, and the same with a second product in each."""
    rng = random.Random(11)
    alone: Rows = {"deployment": [], "change": [], "incident": []}
    together: Rows = {"deployment": [], "change": [], "incident": []}
    for repo in (f"acme/r{n}" for n in range(80)):
        mine, other = history(rng, repo, "fraud"), history(rng, repo, "churn")
        for noun in alone:
            alone[noun] += mine[noun]
            together[noun] += [*mine[noun], *other[noun]]
    answers = []
    for world in (alone, together):
        con = read_model(world, only={"marts.deployment", "marts.change"})
        window = Slice(since=date(2026, 5, 25), until=date(2026, 6, 29), group=("product",))
        tables = [metrics.ask(con, name, window) for name in OWN]
        answers.append([table.filter(pl.col("product").str.ends_with("-fraud")).rows() for table in tables])
    assert all(len(table) > 40 for table in answers[0])
    for name, before, after in zip(OWN, *answers, strict=True):
        assert before == after, name


@pytest.mark.parametrize("name", metrics.METRICS)
def test_a_quantile_is_the_same_whichever_others_are_asked_for(name: str, simulated: Simulated) -> None:
    for part in (Slice(), Slice("month", metrics.METRICS[name].dimensions[:1])):
        whole = metrics.ask(simulated.con, name, part)
        known = unwanted(sqlfile.folder("metrics")[name], replace(part, costly=()))
        none = metrics.ask(simulated.con, name, replace(part, costly=()))
        assert_frame_equal(none.drop("withheld", strict=False), whole.drop(*known, "withheld", strict=False))
        for quantile in known:
            one = metrics.ask(simulated.con, name, replace(part, costly=(quantile,)))
            assert [column for column in one.columns if column in known] == [quantile]
            assert_series_equal(one[quantile], whole[quantile])


def test_a_quantile_that_a_metric_does_not_have_is_refused(simulated: Simulated) -> None:
    with pytest.raises(
        UsageError, match="lead_time has no costly column 'lead_time_hours_p99'; it has lead_time_hours_med"
    ):
        metrics.ask(simulated.con, "lead_time", Slice(costly=("lead_time_hours_p99",)))


DAYS = st.dates(START - timedelta(days=10), END + timedelta(days=10))
QUICK = settings(max_examples=15, deadline=None, derandomize=True)
MONDAYS_AND_FIRSTS = [START + timedelta(days=n) for n in range(183)]
MONDAYS_AND_FIRSTS = [day for day in MONDAYS_AND_FIRSTS if day.weekday() == 0 or day.day == 1]
ENDS = st.one_of(st.none(), st.sampled_from([START, END]), st.sampled_from(MONDAYS_AND_FIRSTS), DAYS)


@pytest.mark.parametrize("by", ["all", "week", "month", "quarter"])
@pytest.mark.parametrize("group", [(), ("workflow",), ("team_id", "repo")])
@pytest.mark.parametrize(
    ("name", "quantile"), [("ci_health", "duration_seconds_p90"), ("control_friction", "blocked_hours_p75")]
)
def test_whole_weeks_add_up_to_the_same_figures_as_runs(
    name: str, quantile: str, by: str, group: tuple[str, ...], simulated: Simulated
) -> None:
    seen = set[bool]()
    in_weeks = pipelines._in_weeks

    def noted(*question: Any) -> Slice | None:
        found = in_weeks(*question)
        seen.add(found is not None)
        return found

    @settings(max_examples=25, deadline=None, derandomize=True)
    @given(ENDS, ENDS, st.sampled_from([None, (quantile,), ()]), st.sampled_from([{}, {"repo": ("x",)}]))
    def holds(one: date | None, other: date | None, costly: tuple[str, ...] | None, where: Any) -> None:
        since, until = (min(one, other), max(one, other)) if one and other else (one, other)
        part = Slice(by, group, since, until if until != since else None, where, costly)
        with patch.object(pipelines, "_in_weeks", noted):
            answer = metrics.ask(simulated.con, name, part)
        with patch.object(pipelines, "_in_weeks", return_value=None):
            assert_frame_equal(answer, metrics.ask(simulated.con, name, part), rel_tol=1e-12)

    holds()
    assert seen == {True, False}, "only one of the two ways was taken, so this would compare it with itself"


DAILY = [name.removesuffix("_daily") for name in sqlfile.folder("metrics") if name.endswith("_daily")]


@pytest.mark.parametrize("by", ["all", "day", "week", "month"])
@pytest.mark.parametrize("name", DAILY)
def test_days_add_up_to_the_same_figures_as_deployments(name: str, by: str, simulated: Simulated) -> None:
    wheres = st.sampled_from([{}, {"path": ("platform", "unknown")}, {"environment_class": ("test", "production")}])
    groups = st.sampled_from([(), ("path",), ("cause",), ("domain", "environment")])
    seen = set[bool]()

    @settings(max_examples=25, deadline=None, derandomize=True)
    @given(ENDS, ENDS, groups, wheres)
    def holds(one: date | None, other: date | None, group: tuple[str, ...], where: Any) -> None:
        since, until = (min(one, other), max(one, other)) if one and other else (one, other)
        known = metrics.METRICS[name].dimensions
        group = tuple(column for column in group if column in known)
        where = {column: one for column, one in where.items() if column in known}
        period = "quarter" if name == "deployment_frequency" and by == "day" else by  # it knows no days
        part = Slice(period, group, since, until if until != since else None, where, ())
        seen.add(counted.daily(name, part) is not None)
        answer = metrics.ask(simulated.con, name, part)
        with patch.object(counted, "daily", return_value=None), patch.object(delivery, "daily", return_value=None):
            assert_frame_equal(answer, metrics.ask(simulated.con, name, part), rel_tol=1e-12)

    holds()
    assert seen == {True}, "this would compare deployments with themselves"
    assert counted.daily(name, Slice(by, ("team_id",), costly=())) is None


@pytest.mark.parametrize("name", DAILY)
def test_what_is_added_up_from_days_knows_no_more_columns_than_its_metric(name: str) -> None:
    assert {*sqlfile.folder("metrics")[f"{name}_daily"].listed("dimensions")} < {*metrics.METRICS[name].dimensions}
