"""Whether durations became shorter or longer, and how large a change these many could show at all."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import exp, sqrt

from dashboard.domain.durations_summary import LogMoments, log_moments
from dashboard.domain.intervals import Interval, student_t, two_sided_t

#: Fewest durations on either side: with two, a spread rests on one difference and the interval is useless.
MINIMUM_PER_SIDE = 3

#: The chance with which a change of the `detectable` size would have been found.
POWER = 0.8


class Verdict(StrEnum):
    """What a comparison of two periods allows to say; shorter is better."""

    IMPROVED = "improved"
    WORSE = "worse"
    NO_DETECTABLE_CHANGE = "no_detectable_change"
    TOO_FEW = "too_few"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """The change from `n_before` durations to `n_after`.

    `ratio` is the geometric mean after ÷ before: 0.62 is 38 % shorter. `detectable` is the ratio below 1
    such that a true change to it would have been called improved with a chance of 80 %, with as many
    durations and as much spread as here: without a verdict, smaller changes are not ruled out. Both are
    None when there are too few. `open` is how many of the durations after have not ended.
    """

    verdict: Verdict
    n_before: int
    n_after: int
    ratio: Interval | None
    detectable: float | None
    open: int = 0


def compare(before: Sequence[float], after: Sequence[float]) -> Trend:
    """The change of the geometric mean between two independent sets of durations, in seconds.

    A change is called when the whole interval of the ratio lies on one side of 1. The interval is that of
    Welch's t for unequal variances (Welch 1947, Biometrika 34:28) on the difference of the mean logarithms,
    exponentiated. `detectable` is exp(−(t(0.975, ν) + t(0.8, ν)) × standard error), the usual approximation
    of a t test's power by central t quantiles (Julious 2004, Statistics in Medicine 23:1921).

    Raises:
        ValueError: when a value is no duration (`durations_summary.require_durations`).
    """
    old, new = log_moments(before), log_moments(after)
    if old is None or new is None or min(old.n, new.n) < MINIMUM_PER_SIDE:
        return Trend(
            verdict=Verdict.TOO_FEW, n_before=len(before), n_after=len(after), ratio=None, detectable=None
        )
    error, degrees = _standard_error(old, new)
    change, reach = new.mean - old.mean, two_sided_t(degrees)
    ratio = Interval(value=exp(change), low=exp(change - reach * error), high=exp(change + reach * error))
    return Trend(
        verdict=_verdict(ratio),
        n_before=old.n,
        n_after=new.n,
        ratio=ratio,
        detectable=exp(-(reach + student_t(POWER, degrees)) * error),
    )


def compare_with_open(before: Sequence[float], after: Sequence[float], still_open: Sequence[float]) -> Trend:
    """As `compare`, where cases after have lasted `still_open` so far and have not ended.

    What has ended first is short, so leaving the open ones out flatters; what they have lasted so far is the
    least that they will. The less favourable of the two comparisons is told.
    """
    ended = compare(before, after)
    if not still_open:
        return ended
    whole = compare(before, [*after, *still_open])
    worse = max((ended, whole), key=lambda trend: _UNFAVOURABLE.index(trend.verdict))
    return replace(worse, open=len(still_open))


_UNFAVOURABLE = (Verdict.IMPROVED, Verdict.NO_DETECTABLE_CHANGE, Verdict.TOO_FEW, Verdict.WORSE)


def _verdict(ratio: Interval) -> Verdict:
    if ratio.high < 1:
        return Verdict.IMPROVED
    if ratio.low > 1:
        return Verdict.WORSE
    return Verdict.NO_DETECTABLE_CHANGE


def _standard_error(old: LogMoments, new: LogMoments) -> tuple[float, float]:
    """The standard error of the difference of two means, and its degrees of freedom.

    By Welch and Satterthwaite (NIST/SEMATECH e-Handbook, 1.3.5.3). The variances are never 0, see
    `LogMoments`, so identical values on both sides need no case of their own.
    """
    one, two = old.variance / old.n, new.variance / new.n
    degrees = (one + two) ** 2 / (one**2 / (old.n - 1) + two**2 / (new.n - 1))
    return sqrt(one + two), degrees
