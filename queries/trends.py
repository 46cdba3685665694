"""Is it a change or is it noise? Small tests with a name each, so that no title says more than the data do.

Pure: numbers in, verdicts out. "Clear" means beyond what chance explains at 95 %.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

from queries.statistics import wilson

_Z = NormalDist().inv_cdf(0.975)
_FEW = 300
"""Up to so many cases the exact test is asked too; beyond, it says what the limits say."""


@dataclass(frozen=True)
class Change:
    """From one value to another; `is_clear` says whether that is more than noise, None that nobody can tell.

    `low` and `high` are the ends of the 95 % interval of the difference, where there is one.
    """

    before: float
    now: float
    is_clear: bool | None
    low: float | None = None
    high: float | None = None

    @property
    def direction(self) -> int:
        """1 up, -1 down, 0 the same."""
        return (self.now > self.before) - (self.now < self.before)


def of_ratios(before_count: int, before_total: int, now_count: int, now_total: int) -> Change | None:
    """Two shares: clear when the interval of their difference leaves out 0 (Newcombe 1998, method 10).

    With many cases any difference is clear; one below a percentage point is not worth a reader's time.
    """
    if not before_total or not now_total:
        return None
    before, now = before_count / before_total, now_count / now_total
    return of_intervals(before, wilson(before_count, before_total), now, wilson(now_count, now_total), is_share=True)


def of_intervals(
    before: float, before_ends: tuple[float, float], now: float, now_ends: tuple[float, float], is_share: bool
) -> Change:
    """Two estimates with their 95 % intervals: clear when that of their difference (Zou and Donner 2008) leaves out 0.

    Of shares it is Newcombe's method 10; there one below a percentage point is never clear.
    """
    difference = now - before
    low = difference - math.hypot(now - now_ends[0], before_ends[1] - before)
    high = difference + math.hypot(now_ends[1] - now, before - before_ends[0])
    is_clear = (low > 0 or high < 0) and (not is_share or abs(difference) >= 0.01)
    return Change(before, now, is_clear, low, high)


def of_counts(before: int, now: int) -> Change:
    """Two counts over windows of one length: clear when beyond Poisson noise and by a tenth at least.

    Each has its exact limits (Garwood 1936), and of few the conditional test (Przyborowski and Wilenski 1940) must say
    so too: 0 and 5, or 9 and 20, are within noise. The tenth stands in for what makes deployments burstier than
    Poisson: holidays, freezes, release days.
    """
    change = of_intervals(before, _limits(before), now, _limits(now), is_share=False)
    is_rare = before + now > _FEW or _by_chance(before, now) < 0.05
    return replace(change, is_clear=bool(change.is_clear and is_rare and abs(now - before) >= 0.1 * max(before, 1)))


def _limits(count: int) -> tuple[float, float]:
    """95 % limits of a Poisson count, by Byar's approximation to the exact ones."""
    low, high = (
        n * max(0.0, 1 - 1 / (9 * n) + side * _Z / (3 * math.sqrt(n))) ** 3 if n else 0.0
        for n, side in ((count, -1), (count + 1, 1))
    )
    return low, high


def _by_chance(before: int, now: int) -> float:
    """Probability of two counts at least so unlike at one rate: given their sum, each is binomial with a half."""
    total = before + now
    tail: int = sum(math.comb(total, k) for k in range(max(before, now), total + 1))
    return min(1.0, float(2 * tail / 2**total))


def of_weeks(
    before: float | None, now: float | None, weeks_before: Sequence[float], weeks_now: Sequence[float]
) -> Change | None:
    """Two medians: clear when the weekly values of one window tend above those of the other (Mann and Whitney 1947).

    Weeks are the units, since what ships together is not independent; with fewer than four a side nobody can tell.
    """
    if before is None or now is None:
        return None
    if min(len(weeks_before), len(weeks_now)) < 4:
        return Change(before, now, None)
    # the weeks must lean the way that the figures do, or the sentence would contradict the test
    z = _mann_whitney(weeks_before, weeks_now)
    return Change(before, now, abs(z) > _Z and (z > 0) == (now > before))


def direction(values: Sequence[float | None]) -> int:
    """1 when a series clearly rises, -1 when it clearly falls, else 0 (Mann 1945, Kendall 1975), ties counted.

    Exact enough from five values on; with fewer it never calls a direction. The ends must agree with the test.
    """
    known = [value for value in values if value is not None]
    n = len(known)
    if n < 5:
        return 0
    score = sum((b > a) - (b < a) for i, a in enumerate(known) for b in known[i + 1 :])
    ties = [known.count(value) for value in set(known)]
    variance = (n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties)) / 18
    if variance <= 0:
        return 0
    z = (score - (score > 0) + (score < 0)) / math.sqrt(variance)
    sign = (score > 0) - (score < 0)
    ends = (known[-1] > known[0]) - (known[-1] < known[0])
    return sign if abs(z) > _Z and sign == ends else 0


def _mann_whitney(first: Sequence[float], second: Sequence[float]) -> float:
    """z of the rank sum, positive when `second` tends to be larger; normal approximation, corrected for ties."""
    n, m = len(first), len(second)
    wins = sum((b > a) + 0.5 * (b == a) for a in first for b in second)
    pooled = [*first, *second]
    ties = sum(t**3 - t for t in (pooled.count(value) for value in set(pooled)))
    total = n + m
    variance = n * m / 12 * (total + 1 - ties / (total * (total - 1)))
    if variance <= 0:
        return 0.0
    shift = wins - n * m / 2
    # continuity: half a rank towards no difference
    return math.copysign(max(0.0, abs(shift) - 0.5), shift) / math.sqrt(variance)
