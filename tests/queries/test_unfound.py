"""A filter by a value that nothing has is told, since an answer of 0 would pass for a quiet period."""

import pytest

from queries import metrics, unfound
from tests.queries.conftest import Simulated


@pytest.mark.parametrize(
    ("name", "where", "said"),
    [
        (
            "deployment_count",
            {"path": ("platforn", "platform")},
            ["nothing that deployment_count counts has path 'platforn'; there are off_platform, platform, unknown"],
        ),
        ("lead_time", {"team_id": ("x",), "repo": ("",)}, ["nothing that lead_time counts has team_id 'x'"]),
        ("lead_time", {"is_bot": ("true",)}, []),
        ("pain", {"role": ("nobody",)}, []),
    ],
)
def test_values_that_no_metric_counts(
    name: str, where: dict[str, tuple[str, ...]], said: list[str], simulated: Simulated
) -> None:
    lines = unfound.in_metric(simulated.con, name, where)
    assert [line.partition("; there are")[0] if "team_id" in line else line for line in lines] == said


def test_an_id_without_its_source_is_found(simulated: Simulated) -> None:
    team = simulated.con.sql("select any_value(team_id) from marts.deployment").fetchall()[0][0]
    assert unfound.in_metric(simulated.con, "deployment_count", {"team_id": (team,)}) == []
    simulated.con.execute("create or replace temp table one as select 'gh:' || $team as team_id", {"team": team})
    assert unfound._lines("none has", "team_id", (team,), simulated.con.sql("from one").pl()["team_id"]) == []


def test_every_metric_can_be_asked_by_all_that_it_can_be_filtered_by(simulated: Simulated) -> None:
    for name, metric in metrics.METRICS.items():
        unfound.in_metric(simulated.con, name, dict.fromkeys(metric.dimensions, ("nothing",)))


def test_values_that_no_row_of_a_fact_has(simulated: Simulated) -> None:
    where = {"status": ("succeded", "succeeded"), "is_unplanned": ("true",)}
    (line,) = unfound.in_fact(simulated.con, "deployment", where)
    assert line.startswith("no deployment has status 'succeded'; there are ") and "succeeded" in line
