"""Titles and answers say what the data say, and no more."""

from datetime import date

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import figures, priorities, sentences, words
from queries import trends
from queries.sqlfile import FOLDER
from queries.statistics import probability_reach, wilson
from queries.trends import Change

MONTHS = [date(2026, month, 1) for month in range(1, 10)]


def course(values: list[float | None], partial: int = 0, by: str = "month") -> str:
    n = len(values)
    frame = pl.DataFrame(
        {"period": MONTHS[:n], "count": values, "is_partial": [False] * (n - partial) + [True] * partial},
        schema_overrides={"count": pl.Float64},
    )
    return sentences.course(frame, "count", by, "Deployments", words.number)


def test_a_steady_rise_is_called_one_with_both_ends() -> None:
    assert course([10, 12, 15, 19, 22, 30]) == "Deployments rose from 10 in January to 30 in June 2026"


def test_a_steady_fall_too() -> None:
    assert course([30, 22, 19, 15, 12, 10]) == "Deployments fell from 30 in January to 10 in June 2026"


def test_noise_is_called_no_steady_trend() -> None:
    assert course([20, 31, 18, 25, 22, 27]).startswith(
        "Deployments: no steady trend since January (20 then, 27 in June"
    )


def test_the_running_period_decides_nothing() -> None:
    assert course([10, 12, 15, 19, 22, 1], partial=1) == "Deployments rose from 10 in January to 22 in May 2026"


@pytest.mark.parametrize(
    ("values", "partial", "said"),
    [
        ([], 0, "Deployments: no whole month to show yet"),
        ([4], 1, "Deployments: no whole month to show yet"),
        ([4, None], 0, "Deployments: 4 in January 2026"),
        ([1, 2, 3, 4], 0, "Deployments: no steady trend since January (1 then, 4 in April 2026)"),
    ],
)
def test_few_periods_carry_no_direction(values: list[float | None], partial: int, said: str) -> None:
    assert course(values, partial) == said


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=9))
def test_a_title_never_contradicts_its_ends(values: list[float]) -> None:
    text = course(list(values))
    if " rose " in text:
        assert values[-1] > values[0]
    if " fell " in text:
        assert values[-1] < values[0]


def test_kendall_against_its_published_table() -> None:
    # n = 6: S of 13 and more has a two-sided p of 0.017, S of 9 one of 0.136 (Kendall 1970, table 1)
    assert trends.direction([1, 2, 3, 4, 6, 5]) == 1
    assert trends.direction([3, 2, 1, 4, 5, 6]) == 0


def test_wilson_is_the_one_of_the_read_model() -> None:
    con = duckdb.connect()
    con.execute((FOLDER / "macros.sql").read_text("utf-8"))
    for count, total in ((0, 8), (3, 8), (46, 417), (417, 417)):
        expected = con.sql(f"select wilson_low({count}, {total}), wilson_high({count}, {total})").fetchall()[0]
        assert wilson(count, total) == pytest.approx(expected)


def test_newcombe_against_his_own_example() -> None:
    # Newcombe 1998, table II (a): 56/70 against 48/80 gives 0.0524 to 0.3339, which leaves out 0
    change = trends.of_ratios(48, 80, 56, 70)
    assert change is not None and change.is_clear and change.direction == 1
    # (d): 5/56 against 0/29 gives -0.0381 to 0.1926
    change = trends.of_ratios(0, 29, 5, 56)
    assert change is not None and not change.is_clear


def test_a_difference_below_a_percentage_point_is_never_called_clear() -> None:
    change = trends.of_ratios(900_000, 1_000_000, 905_000, 1_000_000)
    assert change is not None and not change.is_clear


def test_shares_of_nothing_are_not_compared() -> None:
    assert trends.of_ratios(0, 0, 3, 8) is None


def test_weeks_decide_over_medians() -> None:
    low, high = [5.0, 6, 5.5, 6.2, 5.8], [8.0, 9, 8.5, 9.5, 8.8]
    assert trends.of_weeks(5.8, 8.8, low, high) == Change(5.8, 8.8, True)
    assert trends.of_weeks(8.8, 5.8, low, high) == Change(8.8, 5.8, False), "weeks and medians disagree"
    assert trends.of_weeks(5.8, 8.8, low[:3], high) == Change(5.8, 8.8, None), "too few weeks"
    assert trends.of_weeks(None, 8.8, low, high) is None


def test_mann_whitney_agrees_with_the_exact_count_of_orders() -> None:
    # 5 against 5 without ties: U of 2 and less has a two-sided p of 0.032, U of 3 one of 0.056
    def change(first: list[float], second: list[float]) -> bool | None:
        made = trends.of_weeks(1, 2, first, second)
        return made.is_clear if made else None

    assert change([1, 2, 3, 4, 7], [5, 6, 8, 9, 10])
    assert not change([1, 2, 3, 4, 8], [5, 6, 7, 9, 10])


@pytest.mark.parametrize(
    ("change", "text", "mood"),
    [
        (Change(10, 20, True), "▲ up from 10 in the period before", "better"),
        (Change(20, 10, True), "▼ down from 10 in the period before", "worse"),
        (Change(10, 11, False), "no clear change: 10 in the period before", "same"),
        (Change(10, 10, True), "the same as in the period before", "same"),
        (Change(10, 20, None), "▲ up from 10 in the period before; too few weeks to tell it from chance", "same"),
        (None, "", "same"),
    ],
)
def test_what_is_within_noise_is_neither_better_nor_worse(change: Change | None, text: str, mood: str) -> None:
    assert figures.trend(change, "10", "the period before", good=1) == (text, mood)
    assert figures.trend(change, "10", "a year ago", good=1)[0] == text.replace("in the period before", "a year ago")


@pytest.mark.parametrize(
    ("moves", "said"),
    [
        ([], "There is no earlier period to compare with; the charts below show the course of this one."),
        ([(1, False)], "No clear change in a."),
        ([(1, True)], "Yes: a improved."),
        ([(1, True), (1, False)], "In part: a improved. No clear change in b."),
        ([(-1, True)], "No: a got worse."),
        ([(1, True), (-1, True)], "Mixed: a improved, but b got worse."),
    ],
)
def test_whether_it_gets_better(moves: list[tuple[int, bool]], said: str) -> None:
    changes = [(name, Change(10, 10 + way, clear), 1) for name, (way, clear) in zip("abc", moves, strict=False)]
    assert sentences.better_or_not(changes) == said


def overlap(rows: list[dict[str, object]]) -> pl.DataFrame:
    usual = {
        "survey_id": "S1",
        "theme": None,
        "evidence_metric": None,
        "answer_count": 100,
        "affected_count": 60,
        "affected_ratio": 0.6,
        "affected_ratio_low": 0.5,
        "affected_ratio_high": 0.69,
        "severity_mean": 0.6,
        "severity_mean_low": 0.5,
        "severity_mean_high": 0.7,
        "pain_score": 0.36,
        "reach_probability": probability_reach(60, 100),
        "priority_score": 0.8,
        "attention_share": 0.2,
        "initiative_ids": ["I1"],
        "withheld": None,
    }
    return pl.DataFrame(
        [{**usual, "pain_id": f"P{n}", "title": f"Pain {n}", **row} for n, row in enumerate(rows)],
        schema_overrides={"answer_count": pl.Int64, "withheld": pl.String},
    )


def roadmap(rows: list[dict[str, object]]) -> pl.DataFrame:
    usual = {"title": "Fast lane", "status": "in_progress", "is_planned": True, "priority": 2, "attention": 0.8}
    usual |= {"effort_days": 5.0, "blocker": None, "pain_id": None}
    return pl.DataFrame(
        [{**usual, "initiative_id": f"I{n}", **row} for n, row in enumerate(rows, 1)],
        schema_overrides={"pain_id": pl.String, "blocker": pl.String, "effort_days": pl.Float64},
    )


INITIATIVES = roadmap(
    [{"pain_id": "P0"}, {"title": "New region", "status": "planned", "priority": 3, "effort_days": None}]
)


def test_quick_wins_stand_in_the_order_of_relief_per_day_with_every_factor() -> None:
    plans = roadmap(
        [
            {"pain_id": "P0", "effort_days": 9.0},
            {"pain_id": "P1", "effort_days": 3.0},
            {"pain_id": "P2", "effort_days": 40.0},
            {"pain_id": "P3", "effort_days": None},
            {"pain_id": "P1", "effort_days": 8.0, "title": "Slow lane"},
            {"pain_id": "P5", "effort_days": 2.0, "blocker": "an audit"},
            {"pain_id": "P4", "effort_days": 2.0, "title": "Leaflet", "status": "dropped", "is_planned": False},
        ]
    )
    frame = overlap(
        [
            {"quadrant": "quick_win"},
            {"quadrant": "quick_win"},
            {"quadrant": "quick_win", "initiative_ids": ["I3"]},
            {"quadrant": "quick_win", "initiative_ids": ["I4"]},
            {"quadrant": "listen", "initiative_ids": []},
            {"quadrant": "quick_win", "initiative_ids": ["I6"]},
        ]
    )
    wins = priorities.quick_wins(frame, plans)
    assert [move.name for move in wins] == ["Pain 1", "Pain 0"]
    assert wins[0].why == (
        "hurts 60 % of 100 respondents, mean severity 0.6 of 1; "
        "“Fast lane” is in progress (priority 2, 3 days of work); or “Slow lane”, 8 days."
    ).replace(" %", "\u00a0%")
    bigger = priorities.bigger_wins(frame, plans)
    assert [move.name for move in bigger] == ["Pain 2", "Pain 3", "Pain 5"]
    assert "waits for an audit" in bigger[2].why
    unheard = priorities.listen(frame, plans)
    assert [move.name for move in unheard] == ["Pain 4"]
    assert unheard[0].why.endswith("nothing is planned for it, only Leaflet (dropped).")
    assert priorities.next_move(frame, plans).startswith("Start with “Pain 1”")


def test_work_that_answers_no_pain_is_named() -> None:
    astray = priorities.drift(overlap([{"quadrant": "drift", "affected_ratio": 0.1}]), INITIATIVES)
    assert [move.name for move in astray] == ["Fast lane", "New region"]
    assert "50\u00a0% of all planned work; “Pain 0” hurts 10\u00a0%" in astray[0].why
    assert astray[1].why == (
        "planned (priority 3, effort not estimated), 50\u00a0% of all planned work; it names no pain of the users."
    )


def test_without_answers_or_plans_nothing_is_advised() -> None:
    nobody = overlap([{"quadrant": "unsure", "answer_count": 0}])
    assert priorities.next_move(nobody, INITIATIVES).startswith("Ask first")
    no_plans = overlap([{"quadrant": "unsure", "priority_score": None}])
    assert priorities.next_move(no_plans, INITIATIVES).startswith("Name your plans")
    assert "cannot be said" in priorities.overlap_in_words(pl.DataFrame())


def test_too_few_answers_are_refused_in_words() -> None:
    few: dict[str, object] = {"quadrant": "unsure", "withheld": "a label needs 15 respondents, has fewer"}
    assert priorities.next_move(overlap([few | {"answer_count": n} for n in (9, 14)]), INITIATIVES) == (
        "Too few answered to call any pain one: it takes 15 respondents to a question, and there were 14 at most."
    )
    assert "fewer than may be shown" in priorities.next_move(overlap([few | {"answer_count": None}]), INITIATIVES)
    assert priorities.too_few(overlap([few, {"quadrant": "unsure"}])) is None


def test_the_overlap_is_said_with_where_the_rest_goes() -> None:
    index = pl.DataFrame({"overlap_index": [0.53], "misallocated_share": [0.37], "unmapped_share": [0.1]})
    text = priorities.overlap_in_words(index)
    assert text.startswith(f"{words.share(0.53)} of the planned work goes where it hurts")
    assert words.share(0.37) in text and words.share(0.1) in text
