"""What a survey can carry: intervals that cover, labels that chance does not give, changes that exceed noise."""

import math
import random
import statistics
from fractions import Fraction

import duckdb
import polars as pl
import pytest

from queries import pains, sqlfile
from queries.statistics import change_interval, chi_square_tail, holm, probability_as_many, probability_reach


@pytest.mark.parametrize(("affected", "answers"), [(0, 15), (1, 15), (7, 15), (15, 15), (60, 200)])
def test_probability_of_as_many_is_that_of_the_binomial(affected: int, answers: int) -> None:
    chances = (
        math.comb(answers, k) * Fraction(1, 3) ** k * Fraction(2, 3) ** (answers - k)
        for k in range(affected, answers + 1)
    )
    assert probability_as_many(affected, answers) == pytest.approx(float(sum(chances)), abs=1e-9)


def test_holm_by_hand() -> None:
    """The smallest of four times 4, the next times 3, then 2 and 1; never less than the one before, never above 1."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.6]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []


RATINGS = {
    "even": (20, 20, 20, 20, 20),
    "low": (55, 25, 12, 5, 3),
    "high": (3, 5, 12, 25, 55),
    "very low": (80, 10, 5, 3, 2),
    "middle": (5, 25, 40, 25, 5),
    "torn": (40, 10, 0, 10, 40),
    "rising": (8, 15, 27, 32, 18),
    "falling": (25, 30, 25, 12, 8),
    "simulated pain": (10, 14, 12, 30, 34),
}
"""Ratings from 0 to 4, and how often each is given of a hundred times."""


@pytest.mark.parametrize("n", [8, 20, 200])
def test_intervals_cover_what_they_promise(n: int) -> None:
    """95 % intervals of reach and of severity hold the truth in 93 to 97 of 100 surveys.

    Over nine shapes of ratings together; each alone may be off by what a few whole numbers of people allow.
    """
    rng = random.Random(n)
    surveys, times = [], 1500 if n < 200 else 700
    for shape, weights in RATINGS.items():
        for _ in range(times):
            given = rng.choices(range(5), weights, k=n)
            total, squares = sum(given) / 4, sum(one * one for one in given) / 16
            surveys.append((shape, sum(one >= 3 for one in given), total / n, squares / n - (total / n) ** 2))
    con = duckdb.connect()
    con.execute((sqlfile.FOLDER / "macros.sql").read_text("utf-8"))
    con.register("survey", pl.DataFrame(surveys, ["shape", "k", "m", "v"], orient="row"))
    ends = con.execute(
        "select shape, wilson_low(k, $n), wilson_high(k, $n), wilson_low(m * s, s), wilson_high(m * s, s)"
        " from (select *, rating_n(m, v, $n) as s from survey)",
        {"n": n},
    ).fetchall()
    held: dict[str, dict[str, list[bool]]] = {"reach": {}, "severity": {}}
    for shape, reach_low, reach_high, low, high in ends:
        reach = sum(RATINGS[shape][3:]) / 100
        severity = sum(box * weight for box, weight in enumerate(RATINGS[shape])) / 400
        held["reach"].setdefault(shape, []).append(reach_low <= reach <= reach_high)
        held["severity"].setdefault(shape, []).append(low - 1e-9 <= severity <= high + 1e-9)
    for name, of_shape in held.items():
        cover = {shape: statistics.mean(found) for shape, found in of_shape.items()}
        assert 0.93 <= statistics.mean(cover.values()) <= 0.97, (name, cover)
        assert all(0.9 <= one <= 0.99 for one in cover.values()), (name, cover)


@pytest.mark.parametrize("twice", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(("before", "now", "n"), [(0.5, 0.5, 40), (0.2, 0.35, 60), (0.6, 0.3, 25)])
def test_the_interval_of_a_change_covers_what_it_promises(before: float, now: float, n: int, twice: float) -> None:
    """People who answer twice keep their mind seven times in ten; a part of them, all or none do."""
    rng = random.Random(9)
    held = []
    for _ in range(700):
        first = [rng.random() for _ in range(n)]
        again = round(n * twice)
        second = [first[k] if k < again and rng.random() < 0.7 else rng.random() for k in range(n)]
        was, is_now = [one < before for one in first], [one < now for one in second]
        both = sum(a and b for a, b in zip(was[:again], is_now[:again], strict=True))
        pairs = again, both, sum(is_now[:again]), sum(was[:again])
        low, high = change_interval((sum(was), n), (sum(is_now), n), pairs)
        held.append(low <= now - before <= high)
    assert 0.925 <= statistics.mean(held) <= 0.985


@pytest.mark.parametrize(("square", "freedom"), [(3.841, 1), (5.991, 2), (11.070, 5), (18.307, 10), (67.505, 50)])
def test_chi_square_is_that_of_the_table(square: float, freedom: int) -> None:
    assert chi_square_tail(square, freedom) == pytest.approx(0.05, abs=0.004)


def survey(rng: random.Random, answers: int, reach: float, planned: int) -> pl.DataFrame:
    """Twelve pains that hurt exactly alike: of each, every respondent is affected with the same probability.

    The first `planned` have planned work; that tells nothing of the pain, for there is nothing to tell.
    """
    affected = [sum(rng.random() < reach for _ in range(answers)) for _ in range(12)]
    return pl.DataFrame(
        {
            "survey_id": ["s"] * 12,
            "pain_id": [f"p{n:02d}" for n in range(12)],
            "answer_count": [answers] * 12,
            "affected_count": affected,
            "initiative_count": [int(n < planned) for n in range(12)],
            "pain_score": [(count / answers) ** 2 for count in affected],
        }
        | {name: [0.0] * 12 for name in ("affected_ratio", "affected_ratio_low", "affected_ratio_high")}
        | {name: [0.0] * 12 for name in ("severity_mean", "severity_mean_low", "severity_mean_high", "pain_share")}
    )


def surveys_with_a_false_quick_win(answers: int, reach: float, planned: int, times: int = 800) -> float:
    rng = random.Random(20260601)
    found = (pains.with_quadrant(survey(rng, answers, reach, planned), 5) for _ in range(times))
    return sum("quick_win" in set(frame["quadrant"]) for frame in found) / times


@pytest.mark.parametrize("reach", [0.15, 0.2, 0.3])
def test_twelve_equal_pains_seldom_make_a_false_quick_win(reach: float) -> None:
    """Equal pains below a third reach: a pain among them that is called a quick win is false."""
    assert surveys_with_a_false_quick_win(15, reach, 12) < 0.05


@pytest.mark.parametrize("answers", [15, 16, 17, 20, 30, 60, 150])
def test_that_holds_just_below_a_third_and_for_any_number_of_people(answers: int) -> None:
    """Exact: the fewest affected that are called a quick win, and how often any of twelve pains has as many."""
    counts = [0] * 12

    def label(affected: int) -> str:
        frame = survey(random.Random(1), answers, 0.0, 12)
        frame = frame.with_columns(affected_count=pl.Series([affected, *counts[1:]]))
        return dict(pains.with_quadrant(frame, 5).select("pain_id", "quadrant").rows())["p00"]

    fewest = next(affected for affected in range(answers + 1) if label(affected) == "quick_win")
    binomial = (math.comb(answers, k) * (1 / 3) ** k * (2 / 3) ** (answers - k) for k in range(fewest, answers + 1))
    assert 0.01 < 1 - (1 - sum(binomial)) ** 12 < 0.05


def test_eighty_per_cent_for_each_pain_would_not_do() -> None:
    """What the rule replaces, at a reach of a fifth and 15 people: in every fifth survey a pain is called one."""
    rng = random.Random(20260601)
    found = 0
    for _ in range(400):
        affected = survey(rng, 15, 0.2, 12)["affected_count"]
        found += any(probability_reach(count, 15) >= 0.8 for count in affected)
    assert 0.12 <= found / 400 <= 0.28


def test_people_who_find_everything_bad_make_no_more_of_them() -> None:
    """Pains hang together: half the people find a third as much bad as the others. Holm holds all the same."""
    rng = random.Random(4)
    found = 0
    for _ in range(600):
        people = [rng.choice((0.16, 0.5)) for _ in range(15)]
        affected = [sum(rng.random() < chance for chance in people) for _ in range(12)]
        frame = survey(rng, 15, 0.2, 12).with_columns(affected_count=pl.Series(affected))
        found += "quick_win" in set(pains.with_quadrant(frame, 5)["quadrant"])
    assert found / 600 < 0.05


def test_a_split_at_the_median_would_find_some_nearly_always() -> None:
    """What the rule replaces: above the median pain and planned makes quick wins of pure chance."""
    rng = random.Random(20260601)
    counts = []
    for _ in range(800):
        frame = survey(rng, 15, 0.2, 6)
        split = frame["pain_score"].median()
        counts.append(frame.filter((pl.col("pain_score") > split) & (pl.col("initiative_count") > 0)).height)
    assert sum(count > 0 for count in counts) / len(counts) > 0.95
    assert 2 < statistics.mean(counts) < 3.2


@pytest.mark.parametrize(
    ("answers", "reach", "least"), [(15, 0.75, 0.6), (15, 0.9, 0.97), (20, 0.75, 0.85), (30, 0.7, 0.85), (60, 0.6, 0.9)]
)
def test_a_pain_that_hurts_is_found(answers: int, reach: float, least: float) -> None:
    """The other side: how often a pain of this reach among eleven that hurt a tenth is called a quick win."""
    rng = random.Random(3)
    found = 0
    for _ in range(300):
        frame = survey(rng, answers, 0.1, 12)
        hurts = sum(rng.random() < reach for _ in range(answers))
        frame = frame.with_columns(affected_count=pl.Series([hurts, *frame["affected_count"][1:]]))
        labels = dict(pains.with_quadrant(frame, 5).select("pain_id", "quadrant").rows())
        found += labels["p00"] == "quick_win"
    assert found / 300 > least


def test_the_floor_of_a_survey_holds_for_labels_too() -> None:
    """Fourteen answers are too few for a label, and so are nineteen where groups under twenty are hidden."""
    rng = random.Random(1)
    for answers, min_group in ((14, 5), (19, 20)):
        answer = pains.with_quadrant(survey(rng, answers, 1.0, 12), min_group)
        assert set(answer["quadrant"]) == {"unsure"}
        assert all("respondents" in reason for reason in answer["withheld"])
