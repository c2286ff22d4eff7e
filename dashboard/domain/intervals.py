"""Two-sided 95 % intervals of proportions and rates: how far a figure from few events can be trusted.

The quantiles come from `scipy.special`, which `scipy.stats` itself calls, because it loads in a fraction of
the time.
"""

from dataclasses import dataclass
from math import inf, sqrt
from statistics import NormalDist

from scipy import special

#: The coverage that every interval aims at: of a hundred such intervals, 95 hold the true figure.
CONFIDENCE = 0.95

_BELOW = (1 - CONFIDENCE) / 2
_ABOVE = 1 - _BELOW
_Z = NormalDist().inv_cdf(_ABOVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate with its two-sided 95 % interval, all three in the unit of the estimate.

    `low` ≤ `value` ≤ `high`, and all are finite.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Proportion:
    """`k` of `n`: the share `value` = k ÷ n with its two-sided 95 % interval, as fractions from 0 to 1."""

    k: int
    n: int
    value: float
    low: float
    high: float


def wilson(k: int, n: int) -> Proportion | None:
    """The share k ÷ n with Wilson's score interval; None when `n` is 0.

    The interval inverts the score test of a proportion (Wilson 1927, Journal of the American Statistical
    Association 22:209). Its coverage is near 95 % on average over the true shares, even for few
    trials (Brown, Cai and DasGupta 2001, Statistical Science 16:101, section 3.1.1).

    Raises:
        ValueError: unless 0 ≤ k ≤ n.
    """
    _require_part_of_whole(k, n)
    if not n:
        return None
    share, weight = k / n, _Z * _Z / n
    middle = (share + weight / 2) / (1 + weight)
    half = _Z * sqrt(share * (1 - share) / n + weight / (4 * n)) / (1 + weight)
    # In real numbers the limits of "none" and "all" are 0 and 1; in floats they miss them by a rounding.
    low = middle - half if k else 0.0
    high = middle + half if k < n else 1.0
    return Proportion(k=k, n=n, value=share, low=low, high=high)


def exact_proportion(k: int, n: int) -> Proportion | None:
    """The share k ÷ n with the exact interval, which never covers less than 95 %; None when `n` is 0.

    The limits are quantiles of beta distributions (Clopper and Pearson 1934, Biometrika 26:404; Brown, Cai
    and DasGupta 2001, Statistical Science 16:101, section 4.2.1). Wider than Wilson's: the price of the
    guarantee.

    Raises:
        ValueError: unless 0 ≤ k ≤ n.
    """
    _require_part_of_whole(k, n)
    if not n:
        return None
    low = float(special.betaincinv(k, n - k + 1, _BELOW)) if k else 0.0
    high = float(special.betaincinv(k + 1, n - k, _ABOVE)) if k < n else 1.0
    return Proportion(k=k, n=n, value=k / n, low=low, high=high)


def poisson_rate(events: int, exposure: float) -> Interval | None:
    """The rate events ÷ exposure with its exact interval; None when `exposure` is not above 0.

    The unit is events per unit of `exposure` (days, say). The limits are those of a Poisson count, halves of
    chi-squared quantiles with 2 × events and 2 × events + 2 degrees of freedom (Garwood 1936, Biometrika
    28:437), here as quantiles of the gamma distribution, which are the same numbers. They never cover less
    than 95 % if events come independently at a constant rate; events that come in clusters need more.

    Raises:
        ValueError: when `events` is negative.
    """
    if events < 0:
        raise ValueError(f"found {events} events, expected none or more")
    if not 0 < exposure < inf:
        return None
    low = float(special.gammaincinv(events, _BELOW)) if events else 0.0
    high = float(special.gammaincinv(events + 1, _ABOVE))
    return Interval(value=events / exposure, low=low / exposure, high=high / exposure)


def student_t(probability: float, degrees: float) -> float:
    """The quantile of Student's t distribution below which `probability` of it lies (`degrees` above 0)."""
    return float(special.stdtrit(degrees, probability))


def two_sided_t(degrees: float) -> float:
    """How many standard errors the 95 % interval of Student's t reaches to each side."""
    return student_t(_ABOVE, degrees)


def _require_part_of_whole(k: int, n: int) -> None:
    if not 0 <= k <= n:
        raise ValueError(f"found {k} of {n}, expected a part of a whole: 0 ≤ k ≤ n")
