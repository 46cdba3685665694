"""The statistics against independent ones: plain loops, numerical integration, printed tables, simulated surveys."""

import math
import statistics
from fractions import Fraction
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queries import sqlfile
from queries.statistics import (
    probability_reach,
    t_quantile_975,
)
from queries.waiting import waiting_quantiles

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
SHARES = {"median": Fraction(1, 2), "p75": Fraction(3, 4), "p90": Fraction(9, 10)}
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


def plain_quantile(lives: list[tuple[int, bool]], share: Fraction) -> Fraction | None:
    """That of Kaplan and Meier where any waits; else the ordinary one, in proportion between two cases."""
    if not all(ended for _, ended in lives):
        return plain_kaplan_meier(lives, share)
    lengths, rank = sorted(length for length, _ in lives), (len(lives) - 1) * share
    low, high = lengths[math.floor(rank)], lengths[math.ceil(rank)]
    return low + (high - low) * (rank - math.floor(rank))


def in_plain(lives: list[tuple[int, bool]]) -> dict[str, Any]:
    plain = {name: plain_quantile(lives, share) for name, share in SHARES.items()}
    return {name: None if value is None else pytest.approx(float(value)) for name, value in plain.items()}


def durations(lives: list[tuple[int, bool]], **keys: str | None) -> pl.DataFrame:
    rows = [{**keys, "length": float(n), "is_waiting": not e} for n, e in lives]
    return pl.DataFrame(rows)


@settings(max_examples=300, deadline=None)
@given(LIVES)
def test_quantiles_with_what_waits_are_those_of_a_plain_loop(lives: list[tuple[int, bool]]) -> None:
    found = waiting_quantiles(durations(lives), [], {name: float(share) for name, share in SHARES.items()})
    assert found.row(0, named=True) == in_plain(lives)


@settings(max_examples=100, deadline=None)
@given(LIVES, LIVES)
def test_quantiles_with_what_waits_keep_groups_apart(
    some: list[tuple[int, bool]], others: list[tuple[int, bool]]
) -> None:
    frame = pl.concat([durations(some, team="a"), durations(others, team=None)], how="vertical_relaxed")
    answer = waiting_quantiles(frame, ["team"], {name: float(share) for name, share in SHARES.items()})
    found = {row.pop("team"): row for row in answer.rows(named=True)}
    assert found == {"a": in_plain(some), None: in_plain(others)}


@settings(max_examples=100, deadline=None)
@given(LIVES, st.lists(st.one_of(st.none(), st.integers(0, 9))), st.data())
def test_a_case_without_length_counts_for_its_parts_alone(
    lives: list[tuple[int, bool]], parts: list[int | None], data: st.DataObject
) -> None:
    known = durations(lives).with_columns(part=pl.lit(None, dtype=pl.Float64))
    unknown = pl.DataFrame({"length": None, "is_waiting": True, "part": parts}, known.schema)
    frame = pl.concat([known, unknown]).with_columns(pl.lit("a").alias("team"))
    frame = frame[data.draw(st.permutations(range(frame.height)))]
    given_parts = sorted(part for part in parts if part is not None)
    expected = in_plain(lives) | {"part_median": statistics.median(given_parts) if given_parts else None}
    shares, of_parts = {name: float(share) for name, share in SHARES.items()}, {"part_median": ("part", 0.5)}
    assert waiting_quantiles(frame, [], shares, of_parts).row(0, named=True) == expected
    assert waiting_quantiles(frame, ["team"], shares, of_parts).row(0, named=True) == {"team": "a", **expected}


def test_quantiles_of_nothing_are_none() -> None:
    none = durations([(1, True)]).clear()
    assert waiting_quantiles(none, [], MEDIAN).rows() == [(None,)]
    assert waiting_quantiles(none.with_columns(team=pl.lit("a")), ["team"], MEDIAN).is_empty()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 8), min_size=1, max_size=14))
def test_without_anything_waiting_it_is_the_ordinary_median(lengths: list[int]) -> None:
    answer = waiting_quantiles(durations([(length, True) for length in lengths]), [], MEDIAN)
    assert answer["median"][0] == statistics.median(lengths)


def test_quantiles_with_what_waits_of_a_textbook() -> None:
    """Remission in weeks under 6-mercaptopurine (Freireich and others 1963): the printed median is 23, placebo 8."""
    ended = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    still = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    treated = [(n, True) for n in ended] + [(n, False) for n in still]
    placebo = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
    assert waiting_quantiles(durations(treated), [], MEDIAN)["median"][0] == 23
    assert waiting_quantiles(durations([(n, True) for n in placebo]), [], MEDIAN)["median"][0] == 8


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
