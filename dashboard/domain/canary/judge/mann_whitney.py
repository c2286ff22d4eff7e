"""By how much one sample lies above another, whatever the shape of their distributions: ranks only.

The test is that of Mann and Whitney, the shift that of Hodges and Lehmann with the interval that the test
does not reject. Both follow the unit: values in milliseconds give a thousand times the shift of seconds,
and the same answers.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import floor, isfinite, sqrt
from statistics import NormalDist, median

from dashboard.domain.canary.judge.differences import ordered_differences
from dashboard.domain.canary.judge.rank_distribution import with_ties, without_ties

#: Up to so many pairs the distribution without ties is computed exactly, and up to so many values the one
#: with ties; from there on, both are as good as normal.
EXACT_PAIRS = 10_000
EXACT_TIED_VALUES = 50

#: Values that a subtraction made differ by less than this share of them were meant to be equal.
_ROUNDING = 1e-12

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True, kw_only=True)
class RankTest:
    """The chances, if both samples came from the same source, of so high or so low an experiment.

    `greater` is the chance of ranks as high as those of the experiment or higher, `less` of as low ones or
    lower. `share_above` is the share of pairs in which the experiment's value is above the control's, ties
    counted half: the common language effect size (Vargha and Delaney 2000, Journal of Educational and
    Behavioral Statistics 25:101); 0.5 is no difference.
    """

    greater: float
    less: float
    share_above: float

    @property
    def two_sided(self) -> float:
        """The chance of so large a difference to either side."""
        return min(1.0, 2 * min(self.greater, self.less))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How far the experiment lies above the control, in the unit of the values.

    `estimate` is the median of all differences between a value of the experiment and one of the control.
    `low` and `high` are its interval; both are None when there are too few values for one at that
    confidence.
    """

    estimate: float
    low: float | None
    high: float | None


def rank_test(experiment: Sequence[float], control: Sequence[float], shift: float = 0.0) -> RankTest:
    """The Mann-Whitney test of the experiment, less `shift`, against the control.

    Exact for small samples: without ties from the distribution of all arrangements, with ties from the
    permutations of the very ranks found (`rank_distribution`). Larger samples use the normal approximation
    with the correction for ties and for continuity (Lehmann 1975, Nonparametrics, section 1.4).

    Raises:
        ValueError: when a sample is empty or a value is not finite.
    """
    _require_values(experiment, control)
    n, m = len(experiment), len(control)
    ranks, shares = _doubled_ranks(experiment, control, shift)
    total = sum(ranks)
    above = (total - n * (n + 1)) / (2 * n * m)
    if len(shares) == n + m and n * m <= EXACT_PAIRS:
        distribution, found = without_ties(n, m), (total - n * (n + 1)) // 2
    elif n + m <= EXACT_TIED_VALUES:
        distribution, found = with_ties(shares, n), total
    else:
        return _normal_test(above, n, m, shares)
    return RankTest(greater=distribution.at_least(found), less=distribution.at_most(found), share_above=above)


def shift_interval(experiment: Sequence[float], control: Sequence[float], confidence: float) -> Shift:
    """The Hodges-Lehmann estimate of the shift, with the interval that the two-sided test does not reject.

    The limits are order statistics of all differences (Hodges and Lehmann 1963, Annals of Mathematical
    Statistics 34:598; Lehmann 1975, Nonparametrics, section 2.6), whose rank is taken from the distribution
    without ties: with ties the interval covers more than it says, never less (Pratt and Gibbons 1981,
    Concepts of Nonparametric Theory).

    Raises:
        ValueError: when a sample is empty, a value is not finite, or `confidence` is not between 0 and 1.
    """
    _require_values(experiment, control)
    if not 0 < confidence < 1:
        raise ValueError(f"confidence: found {confidence}, expected above 0 and below 1")
    n, m = len(experiment), len(control)
    outside = _differences_outside(n, m, confidence)
    pairs = n * m
    middle = (pairs - 1) // 2
    positions = [middle, pairs - 1 - middle, max(outside - 1, 0), pairs - max(outside, 1)]
    below, above, low, high = ordered_differences(experiment, control, positions)
    # Half the sum could overflow, and the sum of halves of equals is exact.
    return Shift(
        estimate=below / 2 + above / 2 if below != above else below,
        low=low if outside else None,
        high=high if outside else None,
    )


def relative(shift: float, control: Sequence[float]) -> float | None:
    """`shift` as a share of the control's level, its median without the sign; None when that is 0."""
    level = abs(median(control))
    return shift / level if level and isfinite(shift / level) else None


@lru_cache(maxsize=256)
def _differences_outside(n: int, m: int, confidence: float) -> int:
    """How many of the smallest differences lie below the lower limit, that limit counted; 0 when none may."""
    error = (1 - confidence) / 2
    pairs = n * m
    if pairs > EXACT_PAIRS:
        deviation = sqrt(pairs * (n + m + 1) / 12)
        return max(0, floor(pairs / 2 + 0.5 + _NORMAL.inv_cdf(error) * deviation))
    distribution = without_ties(n, m)
    low, high = 0, pairs // 2 + 1
    while high - low > 1:
        middle = (low + high) // 2
        if distribution.at_most(middle - 1) <= error:
            low = middle
        else:
            high = middle
    return low


def _normal_test(share_above: float, n: int, m: int, shares: Counter[int]) -> RankTest:
    values = n + m
    tied = sum(count**3 - count for count in shares.values())
    variance = n * m / 12 * (values + 1 - tied / (values * (values - 1)))
    if variance <= 0:
        return RankTest(greater=1.0, less=1.0, share_above=share_above)
    beyond, deviation = (share_above - 0.5) * n * m, sqrt(variance)
    return RankTest(
        greater=_NORMAL.cdf((0.5 - beyond) / deviation),
        less=_NORMAL.cdf((0.5 + beyond) / deviation),
        share_above=share_above,
    )


def _doubled_ranks(
    experiment: Sequence[float], control: Sequence[float], shift: float
) -> tuple[list[int], Counter[int]]:
    """Twice the rank of each value of the experiment, and how many of both share each such rank."""
    pooled = sorted(
        [*((value - shift, True) for value in experiment), *((value, False) for value in control)]
    )
    ranks: list[int] = []
    shares: Counter[int] = Counter()
    start = 0
    while start < len(pooled):
        end = start + 1
        while end < len(pooled) and _equal(pooled[end - 1][0], pooled[end][0], shift):
            end += 1
        doubled = start + end + 1
        shares[doubled] = end - start
        ranks += [doubled for _, of_experiment in pooled[start:end] if of_experiment]
        start = end
    return ranks, shares


def _equal(low: float, high: float, shift: float) -> bool:
    """Whether two neighbours are equal; after a subtraction they may miss each other by a rounding."""
    return low == high or (shift != 0 and high - low <= _ROUNDING * max(abs(low), abs(high), abs(shift)))


def _require_values(experiment: Sequence[float], control: Sequence[float]) -> None:
    for name, values in (("experiment", experiment), ("control", control)):
        if not values:
            raise ValueError(f"{name}: found no values, expected one or more")
        if not all(map(isfinite, values)):
            raise ValueError(f"{name}: found a value that is not finite, expected finite numbers")
