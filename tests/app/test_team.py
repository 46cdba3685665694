"""The page of one team: its own figures and nothing of another, what is next, what is hidden, and what it can check."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from app import filters, nextstep, quiet, words
from app.filters import Filters
from queries import metrics
from queries.clock import clock
from queries.metrics import METRICS
from queries.readmodel import open_current
from queries.slice import Slice
from tests.app.organisation import publish, records
from tests.app.reading import Open, parsed, seen

SPRING = date(2026, 3, 1)
STAGES = ("onboarded", "first_run", "first_deployment", "habitual", "lapsed")


def row(**given: int) -> dict[str, Any]:
    return {f"{stage}_count": 0 for stage in STAGES} | {f"{stage}_count": count for stage, count in given.items()}


def has(**levels: str) -> pl.DataFrame:
    """Surfaces of one team: name -> strategic or tactical."""
    columns = ("strategic_count", "tactical_count")
    lines = [
        {"capability": name} | {column: int(column.startswith(level)) for column in columns}
        for name, level in levels.items()
    ]
    schema = {"capability": pl.String} | dict.fromkeys(columns, pl.Int64)
    return pl.DataFrame(lines, schema=schema)


def test_the_figures_are_those_of_the_metrics_for_this_team_alone(small: Path, read: Open) -> None:
    text = seen(read("team", small, {"team": "Team C", "period": "Last 3 months"}))
    con = open_current(small / "read")
    window = filters.window(Filters(period="Last 3 months"), clock(con).today, date(2025, 10, 1))
    part = Slice(since=window.since, until=window.until, where={"team_id": ("s:t2",)})
    asked = {
        name: metrics.ask(con, name, part).row(0, named=True) for name in ("adoption_share", "lead_time", "ci_health")
    }
    share, lead, runs = asked["adoption_share"], asked["lead_time"], asked["ci_health"]
    assert f"Production deployments through the platform {share['platform_count']} " in text
    assert f"From first commit to production {words.duration(lead['lead_time_hours_median'])} " in text
    assert f"Pipeline runs that pass {words.share(runs['success_ratio'])}" in text
    assert f"CI acme/model-2 {runs['run_count']} " in text
    assert "Team A" not in text and "Team D" not in text and "acme/model-0" not in text


def test_without_a_team_there_is_a_choice_one_click_away(small: Path, read: Open) -> None:
    test = read("team", small, {"domain": "Risk", "period": "All data"})
    assert "Which team?" in seen(test) and not test.get("plotly_chart")
    links = parsed(test).links
    assert len(links) == 2 and all(link.startswith("team?period=All%20data&team=") for link in links)
    both = read("team", small, {"team": ["Team A", "Team C"]})
    # each stands in the line of what is chosen, and in the list
    assert parsed(both).links == [f"team?team=Team%20{letter}" for letter in "ACAC"]
    assert "No team fits both filters" in seen(read("team", small, {"team": ["Team A", "Team C"], "domain": "Risk"}))


def test_the_labels_of_teams_are_put_together_once_however_many_are_linked(
    small: Path, read: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    labels = filters.labels
    monkeypatch.setattr(filters, "labels", lambda names: made.append(len(names)) or labels(names))
    assert len(parsed(read("team", small, {"period": "All data"})).links) == 4
    assert len(made) == 2, "once for the filter, once for all links"


def test_shares_of_few_people_are_hidden(tmp_path: Path, read: Open) -> None:
    for people, hidden in ((4, True), (5, False)):
        rows = records(1, SPRING)
        for n, deployment in enumerate(rows["deployment"]):
            deployment["actor"] = f"hash-{n // 5 % people}"
        publish(tmp_path / "data", rows)
        text = seen(read("team", tmp_path / "data", {"team": "Team A"}))
        assert ("fewer than 5 people are known to deploy here" in text) == hidden
        assert ("By the busiest pair of hands hidden" in text) == hidden
        assert "hash-" not in text


def test_whether_it_is_fair_can_be_checked(small: Path, read: Open) -> None:
    test = read("team", small, {"team": "Team A"})
    text = seen(test)
    assert "Is this fair to us?" in text and "Nobody is ranked." in text
    for name in ("lead_time", "change_fail_rate", "heroics"):
        assert METRICS[name].definition in text
    assert not test.dataframe
    test.session_state["behind"] = True
    test.run()
    assert set(test.dataframe[0].value["team"]) == {"Team A"}


def test_a_team_of_one_that_has_done_nothing_is_answered_in_words(tmp_path: Path, read: Open) -> None:
    rows = records(1, SPRING)
    rows["team"].append({"team_id": "new", "name": "New", "headcount": 1, "eligible_at": SPRING})
    publish(tmp_path / "data", rows)
    text = seen(read("team", tmp_path / "data", {"team": "New"}))
    assert "It does not use it yet." in text and "1 person" in text
    assert "Nothing that people decide on was deployed" in text
    assert "Run a first pipeline on the platform" in text


@pytest.mark.parametrize(
    ("adoption", "first"),
    [
        (row(), "Run a first pipeline on the platform"),
        (row(onboarded=1, first_run=1), "Bring one product to production through the platform"),
        (row(first_run=1, first_deployment=1), "Make it the usual way"),
        (row(first_deployment=1, habitual=1, lapsed=1), "Ask why it stopped"),
    ],
)
def test_the_next_stage_is_the_next_step(adoption: dict[str, Any], first: str) -> None:
    assert nextstep.steps(adoption, None, has())[0][0] == first
    assert not nextstep.steps(row(first_deployment=1, habitual=1), None, has())
    assert quiet.of_one(adoption)


def test_the_move_of_its_chain_follows_and_then_its_stopgap() -> None:
    habit = row(first_deployment=1, habitual=1)
    move = {"move": "review", "reason": "the slowest link is the way until a change is approved: half take 50 hours"}
    surfaces = has(serving="tactical", compute="tactical", monitoring="strategic")
    assert nextstep.steps(habit, move, surfaces) == [
        (
            "Shorten the way through review",
            "The slowest link is the way until a change is approved: half take 50 hours.",
        ),
        ("Replace its own compute", "A stopgap of its own does the work."),
    ]
    for nothing in ("none", "measure first"):
        assert not nextstep.steps(habit, {"move": nothing, "reason": "x"}, has())


@pytest.mark.parametrize("page", ["overview", "adoption", "delivery", "team"])
def test_a_chosen_team_is_one_click_away_on_every_page(page: str, small: Path, read: Open) -> None:
    assert "team?team=Team%20A" in parsed(read(page, small, {"team": "Team A"})).links


def test_the_teams_of_a_survey_are_one_click_away_too(small: Path, read: Open) -> None:
    test = read("pain", small)
    assert "team?team=Team%20A" not in parsed(test).links
    test.session_state["pain-group"] = "team_id"
    assert "team?team=Team%20A" in parsed(test.run()).links
