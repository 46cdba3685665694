"""The statistics against independent ones: plain loops, numerical integration, printed tables, simulated surveys."""

import math
import random
import statistics
from fractions import Fraction

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queries import pains, sqlfile
from queries.statistics import holm, kaplan_meier, probability_as_many, probability_reach, t_quantile_975

TABLE_975 = {
    1: 12.706,
    2: 4.303,
    3: 3.182,
    4: 2.776,
    5: 2.571,
    6: 2.447,
    8: 2.306,
    9: 2.262,
    10: 2.228,
    15: 2.131,
    20: 2.086,
    30: 2.042,
    60: 2.000,
    120: 1.980,
}
MEDIAN = {"median": 0.5}
LIVES = st.lists(st.tuples(st.integers(1, 8), st.booleans()), min_size=1, max_size=14)


def plain_kaplan_meier(lives: list[tuple[int, bool]], share: Fraction = Fraction(1, 2)) -> Fraction | None:
    """One life after the other, in exact fractions: (length, whether it ended) -> when a share of them has."""
    survival = Fraction(1)
    ends = sorted({length for length, ended in lives if ended})
    for place, moment in enumerate(ends):
        at_risk = sum(length >= moment for length, _ in lives)
        ended = sum(length == moment and is_end for length, is_end in lives)
        survival *= 1 - Fraction(ended, at_risk)
        if survival == 1 - share and place + 1 < len(ends):
            return Fraction(moment + ends[place + 1], 2)
        if survival <= 1 - share:
            return Fraction(moment)
    return None


def durations(lives: list[tuple[int, bool]], **keys: str | None) -> pl.DataFrame:
    rows = [{**keys, "length": float(n), "event_count": int(e), "censored_count": int(not e)} for n, e in lives]
    return pl.DataFrame(rows)


@settings(max_examples=150, deadline=None)
@given(LIVES)
def test_kaplan_meier_is_that_of_a_plain_loop(lives: list[tuple[int, bool]]) -> None:
    answer = kaplan_meier(durations(lives), [], {"median": 0.5, "p75": 0.75, "p90": 0.9})
    found = answer.row(0, named=True) if len(answer) else {"median": None, "p75": None, "p90": None}
    shares = {"median": Fraction(1, 2), "p75": Fraction(3, 4), "p90": Fraction(9, 10)}
    assert found == {name: plain_kaplan_meier(lives, share) for name, share in shares.items()}


@settings(max_examples=50, deadline=None)
@given(LIVES, LIVES)
def test_kaplan_meier_keeps_groups_apart(some: list[tuple[int, bool]], others: list[tuple[int, bool]]) -> None:
    frame = pl.concat([durations(some, team="a"), durations(others, team=None)], how="vertical_relaxed")
    answer = kaplan_meier(frame, ["team"], MEDIAN)
    found = dict(zip(answer["team"], answer["median"], strict=True))
    assert found.get("a") == plain_kaplan_meier(some)
    assert found.get(None) == plain_kaplan_meier(others)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 8), min_size=1, max_size=14))
def test_without_anything_waiting_it_is_the_ordinary_median(lengths: list[int]) -> None:
    answer = kaplan_meier(durations([(length, True) for length in lengths]), [], MEDIAN)
    assert answer["median"][0] == statistics.median(lengths)


def test_kaplan_meier_of_a_textbook() -> None:
    """Remission in weeks under 6-mercaptopurine (Freireich and others 1963): the printed median is 23, placebo 8."""
    ended = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    still = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    treated = [(n, True) for n in ended] + [(n, False) for n in still]
    placebo = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
    assert kaplan_meier(durations(treated), [], MEDIAN)["median"][0] == 23
    assert kaplan_meier(durations([(n, True) for n in placebo]), [], MEDIAN)["median"][0] == 8


def tail_by_integration(affected: int, answers: int, share: float) -> float:
    """P(reach >= share) of a Beta posterior, by Simpson's rule in 4,000 steps."""

    def density(reach: float) -> float:
        return reach**affected * (1 - reach) ** (answers - affected)

    def area(low: float, high: float, steps: int = 4000) -> float:
        width = (high - low) / steps
        inner = sum((4 if step % 2 else 2) * density(low + step * width) for step in range(1, steps))
        return (density(low) + inner + density(high)) * width / 3

    return area(share, 1) / area(0, 1)


@pytest.mark.parametrize(
    ("affected", "answers"), [(0, 1), (1, 1), (7, 15), (6, 15), (1, 20), (7, 20), (15, 20), (40, 90)]
)
@pytest.mark.parametrize("share", [1 / 3, 0.5])
def test_probability_of_reach_is_the_area_under_the_posterior(affected: int, answers: int, share: float) -> None:
    assert probability_reach(affected, answers, share) == pytest.approx(
        tail_by_integration(affected, answers, share), abs=1e-6
    )


@pytest.mark.parametrize("share_affected", [0.32, 0.33, 1 / 3, 0.34, 0.35])
def test_probability_of_reach_is_as_good_where_it_is_approximated(share_affected: float) -> None:
    """From 2,000 answers on a normal curve stands in; just below it the sum is exact, so both must meet."""
    exact = probability_reach(round(1990 * share_affected), 1990)
    approximate = probability_reach(round(2010 * share_affected), 2010)
    assert approximate == pytest.approx(exact, abs=0.02)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n))))
def test_more_affected_is_more_probable(case: tuple[int, int]) -> None:
    affected, answers = case
    assert probability_reach(affected, answers) <= probability_reach(affected + 1, answers) <= 1


@pytest.mark.parametrize(("df", "printed"), TABLE_975.items())
def test_t_quantile_is_that_of_the_table(df: int, printed: float) -> None:
    assert t_quantile_975(df) == pytest.approx(printed, rel=0.01)


@pytest.mark.parametrize(("k", "n"), [(k, n) for n in (1, 2, 5, 36, 1000) for k in {0, 1, n // 2, n}])
def test_wilson_is_where_the_score_test_turns(k: int, n: int) -> None:
    """Both ends solve |k/n - p| = z * sqrt(p * (1 - p) / n); at 0 and n of n one end is the wall."""
    con = duckdb.connect()
    con.execute((sqlfile.FOLDER / "macros.sql").read_text("utf-8"))
    low, high = con.execute("select wilson_low($k, $n), wilson_high($k, $n)", {"k": k, "n": n}).fetchall()[0]
    z = statistics.NormalDist().inv_cdf(0.975)
    for end in [end for end in (low, high) if 1e-9 < end < 1 - 1e-9]:
        assert abs(k / n - end) == pytest.approx(z * math.sqrt(end * (1 - end) / n), rel=1e-6)
    assert 0 <= low <= k / n <= high + 1e-9 <= 1 + 1e-9
    assert (low < 1e-9) == (k == 0) and (high > 1 - 1e-9) == (k == n)


def test_wilson_of_nothing_is_nothing() -> None:
    con = duckdb.connect()
    con.execute((sqlfile.FOLDER / "macros.sql").read_text("utf-8"))
    assert con.execute("select wilson_low(0, 0), wilson_high(0, 0), ratio(0, 0)").fetchall() == [(None, None, None)]


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
        "select shape, wilson_low(k, $n), wilson_high(k, $n), rating_low(m, v, $n), rating_high(m, v, $n) from survey",
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
