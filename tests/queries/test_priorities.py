"""Weights and what-if: the ranking follows at once, and without a change it is the metric's own."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from queries import metrics, priorities
from queries.readmodel import frame
from queries.slice import Slice
from tests.queries.conftest import Simulated


@pytest.fixture(scope="module")
def asked(simulated: Simulated) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The labelled pains and the roadmap."""
    return metrics.ask(simulated.con, "pain_overlap", Slice()), frame(simulated.con, "from marts.initiative")


def ranking(wins: pl.DataFrame) -> list[tuple[str, str]]:
    return [(row["pain_id"], row["initiative_id"]) for row in wins.iter_rows(named=True)]


def test_without_a_change_the_page_has_the_metric_s_answer(
    asked: tuple[pl.DataFrame, pl.DataFrame], simulated: Simulated
) -> None:
    overlap, work = asked
    assert ranking(priorities.quick_wins(overlap, work)) == ranking(metrics.ask(simulated.con, "quick_wins", Slice()))
    assert_frame_equal(priorities.replanned(overlap, work), overlap)


def test_other_effort_ranks_at_once(asked: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    overlap, work = asked
    usual = ranking(priorities.quick_wins(overlap, work))
    last = usual[-1][1]
    sooner = priorities.changed(work, last, 0.5, None)
    assert priorities.quick_wins(overlap, sooner)["initiative_id"][0] == last
    later = priorities.changed(work, usual[0][1], 10.5, None)
    assert usual[0] not in ranking(priorities.quick_wins(overlap, later))


def test_other_priority_moves_the_mark_and_ranks_where_it_counts(asked: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    overlap, work = asked
    pain, initiative = ranking(priorities.quick_wins(overlap, work))[-1]
    urgent = priorities.changed(work, initiative, work.filter(initiative_id=initiative)["effort_days"][0], 1)
    moved = priorities.replanned(overlap, urgent).filter(pain_id=pain)
    assert moved["priority_score"][0] == 1.0
    assert moved["attention_share"][0] >= overlap.filter(pain_id=pain)["attention_share"][0]
    before, after = (
        dict(priorities.quick_wins(overlap, one, {"priority": 2.0}).select("initiative_id", "score").rows())
        for one in (priorities.changed(work, initiative, 9.0, 5), priorities.changed(work, initiative, 9.0, 1))
    )
    assert after[initiative] == pytest.approx(25 * before[initiative])


def test_a_factor_that_does_not_count_changes_nothing(asked: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    """With everything but effort at 0, the score is one over the days."""
    overlap, work = asked
    only = priorities.quick_wins(overlap, work, {"reach": 0, "intensity": 0, "confidence": 0})
    for row in only.iter_rows(named=True):
        assert row["score"] == pytest.approx(1 / max(row["effort_days"], 0.5))
