"""What a set of durations says: its centre and its long tail, with intervals that are honest about skew.

Durations of work and of incidents are skewed to the right: many short ones, a few very long ones. So the
median and the geometric mean tell what is typical, the arithmetic mean what it costs in total.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cbrt, exp, floor, fsum, log, sqrt

from dashboard.domain.intervals import Interval, two_sided_t

#: What the sources resolve: they write the moments between which a duration lies in whole seconds.
RESOLUTION_SECONDS = 1.0

#: The logarithm of 0 does not exist. A duration that the source could not tell from 0 lay somewhere between
#: 0 and its resolution, so on the log scale it counts as the middle of that.
SHORTEST_SECONDS = RESOLUTION_SECONDS / 2

#: Over 30,000 years: what is longer is no duration, and below it no exponential here can overflow.
LONGEST_SECONDS = 1e12

#: Fewest durations for an interval: a spread needs two values, a skewness three.
MINIMUM_FOR_GEOMETRIC_MEAN = 2
MINIMUM_FOR_MEAN = 3

#: Fewest durations for a quantile to rest on more than the one or two longest of them.
MINIMUM_FOR_P75 = 10
MINIMUM_FOR_P90 = 20

#: Variance of an error that is even over one resolution: values that all look the same still have it.
_ROUNDING_VARIANCE = RESOLUTION_SECONDS**2 / 12

#: Below this skewness Hall's transformation is the identity to nine digits, and its formula divides 0 by 0.
_NO_SKEWNESS = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The summary of `n` durations, in seconds; what `n` is too small for is None.

    `mean` is there from the first duration on, `mean_interval` (around the same mean) and `geometric_mean`
    when there are enough for an interval, and the quantiles from their minimum number on.
    """

    n: int
    mean: float | None
    mean_interval: Interval | None
    median: float | None
    p75: float | None
    p90: float | None
    geometric_mean: Interval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogMoments:
    """Of `n` durations on the log scale (natural logarithms of seconds): mean, and variance over n − 1.

    The variance is never less than what the resolution alone makes of it, so it is never 0.
    """

    n: int
    mean: float
    variance: float


def summarise(values: Sequence[float]) -> Summary:
    """The summary of durations in seconds.

    Raises:
        ValueError: when a value is no duration (`require_durations`).
    """
    n = len(values)
    ordered = sorted(values)  # once; to sort what is in order costs next to nothing
    return Summary(
        n=n,
        mean=arithmetic_mean(ordered),
        mean_interval=mean(ordered),
        median=quantile(ordered, 0.5),
        p75=quantile(ordered, 0.75) if n >= MINIMUM_FOR_P75 else None,
        p90=quantile(ordered, 0.9) if n >= MINIMUM_FOR_P90 else None,
        geometric_mean=geometric_mean(ordered),
    )


def quantile(values: Sequence[float], p: float) -> float | None:
    """The value below which the share `p` of the durations lies, in seconds; None when there are none.

    Linear between the order statistics, the k-th of n at p = (k − 1) ÷ (n − 1): definition 7 of Hyndman and
    Fan 1996 (The American Statistician 50:361), which is also what spreadsheets and numpy do.

    Raises:
        ValueError: when `p` is not from 0 to 1, or a value is no duration (`require_durations`).
    """
    if not 0 <= p <= 1:
        raise ValueError(f"found the share {p}, expected one from 0 to 1")
    require_durations(values)
    if not values:
        return None
    ordered = sorted(values)
    position = p * (len(ordered) - 1)
    below = floor(position)
    above = min(below + 1, len(ordered) - 1)
    # Added to the lower neighbour, a share of the gap is exact for equal neighbours and never leaves them.
    between = ordered[below] + (position - below) * (ordered[above] - ordered[below])
    return min(between, ordered[above])


def geometric_mean(values: Sequence[float]) -> Interval | None:
    """The geometric mean in seconds with its interval; None with fewer than two durations.

    The exponential of the mean logarithm, and of Student's t interval around it (Bland and Altman 1996,
    British Medical Journal 312:1079); its coverage is exact when the logarithms are normal. A duration below
    `SHORTEST_SECONDS` counts as that.

    Raises:
        ValueError: when a value is no duration (`require_durations`).
    """
    moments = log_moments(values)
    if moments is None:
        return None
    half = two_sided_t(moments.n - 1) * sqrt(moments.variance / moments.n)
    return Interval(value=exp(moments.mean), low=exp(moments.mean - half), high=exp(moments.mean + half))


def arithmetic_mean(values: Sequence[float]) -> float | None:
    """The plain mean in seconds; None when there are no durations.

    Raises:
        ValueError: when a value is no duration (`require_durations`).
    """
    require_durations(values)
    return fsum(values) / len(values) if values else None


def mean(values: Sequence[float]) -> Interval | None:
    """The plain mean in seconds with an interval made for skew; None with fewer than three durations.

    The plain t interval misses the mean of skewed data much more often than it says, nearly always from
    below. Here the upper limit is that of the t statistic after Hall's cubic transformation, which removes
    the skewness from it (Hall 1992, Journal of the Royal Statistical Society B 54:221), with the
    bias-adjusted sample skewness (Joanes and Gill 1998, The Statistician 47:183, their G₁); it is replaced
    by the upper limit of the t interval of log(mean) where that is higher, which is so for the fewest
    durations, when the skewness cannot yet be seen in them. The lower limit is that of log(mean) (by the
    delta method, standard error ÷ mean), for a mean duration is above 0. Both limits enclose the mean.

    Coverage of the true mean in percent, in 20,000 samples each, and after the stroke the plain t interval's:

    ================  ===========  ===========  ===========  ===========  ===========
    durations         n = 3        n = 5        n = 10       n = 20       n = 50
    ================  ===========  ===========  ===========  ===========  ===========
    lognormal, σ 0.5  95.2 / 91.9  95.0 / 91.7  94.7 / 92.1  94.8 / 93.1  95.0 / 94.0
    lognormal, σ 1    92.7 / 84.0  92.0 / 82.6  91.8 / 83.6  92.5 / 86.3  93.7 / 90.1
    lognormal, σ 1.5  87.1 / 69.6  84.8 / 68.7  87.6 / 71.7  89.3 / 76.2  90.8 / 81.6
    gamma, shape 0.5  93.5 / 81.4  92.5 / 82.5  93.8 / 86.0  94.5 / 89.3  95.0 / 92.1
    gamma, shape 1    94.9 / 88.3  94.6 / 88.6  94.5 / 90.3  94.7 / 91.8  95.1 / 93.7
    ================  ===========  ===========  ===========  ===========  ===========

    So for the heaviest tails (σ 1.5: one in ten lasts seven times the median) it is still too short, most so
    with few durations. No other method that was compared is better throughout. The modified Cox interval
    (Olsson 2005, Journal of Statistics Education 13:1) covers at least 92 % of lognormal data, but 68 % of
    gamma data of shape 0.5 with n = 50, and less with more; durations of 0 s among hours, three in ten, make
    it 80,000 times the mean and more. The bootstrap t covers about as much as this one, but has no finite
    limits for the fewest durations and needs random numbers; Johnson's modified t gains hardly a point over
    the plain t.

    Raises:
        ValueError: when a value is no duration (`require_durations`).
    """
    value = arithmetic_mean(values)
    n = len(values)
    if value is None or n < MINIMUM_FOR_MEAN:
        return None
    deviations = [duration - value for duration in values]
    spread = sqrt(max(fsum(step**2 for step in deviations) / (n - 1), _ROUNDING_VARIANCE))
    reach = two_sided_t(n - 1) / sqrt(n)
    relative = reach * spread / max(value, SHORTEST_SECONDS)
    upward = -_without_skewness(-reach, _skewness(deviations), n)
    return Interval(
        value=value,
        low=value * exp(-relative),
        high=max(value + upward * spread, value * exp(relative)),
    )


def log_moments(values: Sequence[float]) -> LogMoments | None:
    """The moments of the durations' logarithms; None with fewer than two durations.

    Raises:
        ValueError: when a value is no duration (`require_durations`).
    """
    require_durations(values)
    n = len(values)
    if n < MINIMUM_FOR_GEOMETRIC_MEAN:
        return None
    logs = [log_seconds(value) for value in values]
    centre = fsum(logs) / n
    variance = fsum((each - centre) ** 2 for each in logs) / (n - 1)
    return LogMoments(n=n, mean=centre, variance=max(variance, rounding_deviation(centre) ** 2))


def log_seconds(duration: float) -> float:
    """The natural logarithm of a duration in seconds; one below `SHORTEST_SECONDS` counts as that."""
    return log(max(duration, SHORTEST_SECONDS))


def rounding_deviation(log_of_duration: float) -> float:
    """The standard deviation that the resolution alone gives to the logarithm of a duration about that long.

    One resolution ÷ √12 in seconds, the standard deviation of an even distribution, and to first order that
    ÷ duration on the log scale.
    """
    return sqrt(_ROUNDING_VARIANCE) * exp(-log_of_duration)


def require_durations(values: Sequence[float]) -> None:
    """Refuse what is no duration in seconds.

    Raises:
        ValueError: when a value is negative, not a number, or longer than `LONGEST_SECONDS`.
    """
    for value in values:
        if not 0 <= value <= LONGEST_SECONDS:
            raise ValueError(f"found {value}, expected a duration in seconds from 0 to {LONGEST_SECONDS:g}")


def _skewness(deviations: Sequence[float]) -> float:
    """The bias-adjusted sample skewness G₁ of three or more values, from their deviations from the mean.

    0 when the spread is within the resolution: what is left is rounding, whose shape says nothing.
    """
    n = len(deviations)
    second = fsum(step**2 for step in deviations) / n
    if second <= _ROUNDING_VARIANCE:
        return 0.0
    third = fsum(step**3 for step in deviations) / n
    return third / (second * sqrt(second)) * sqrt(n * (n - 1)) / (n - 2)


def _without_skewness(limit: float, skewness: float, n: int) -> float:
    """Hall's inverse cubic transformation of a limit of t ÷ √n: the limit of (mean − truth) ÷ deviation."""
    if abs(skewness) < _NO_SKEWNESS:
        return limit
    return 3 / skewness * (cbrt(1 + skewness * (limit - skewness / (6 * n))) - 1)
