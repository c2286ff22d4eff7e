"""Which durations stand out from their own routine variation: the chart of individuals and moving ranges."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from math import exp, fsum

from dashboard.domain.durations_summary import log_seconds, require_durations, rounding_deviation

#: The first so many durations set the limits, and none that comes later moves them: a baseline that grew
#: would let a shift widen the very limits that are to show it.
MINIMUM_BASELINE = 12

#: The mean range of two values from a normal distribution, in standard deviations (NIST/SEMATECH
#: e-Handbook, 6.3.2.2).
_D2 = 1.128

#: The limits' distance from the centre, in standard deviations.
_SIGMAS = 3.0

_RUN = 8
_WITHIN, _NEAR = 4, 3

#: A point this close to the centre, relative to it, is on it: what remains is the rounding of floats.
_ON_CENTRE = 1e-9


class Signal(StrEnum):
    """What makes a point stand out (Wheeler, Understanding Variation).

    It is outside the limits; it is the eighth in a row on one side of the centre, or a later one of that
    row; or it and at least two of the three points before it are, on the same side, closer to the limit
    than to the centre.
    """

    BEYOND_LIMIT = "beyond_limit"
    RUN_OF_EIGHT = "run_of_eight"
    THREE_OF_FOUR = "three_of_four"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The centre and the natural process limits, from the first `baseline` values, in the values' unit."""

    centre: float
    lower: float
    upper: float
    mean_moving_range: float
    baseline: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlChart:
    """Durations in order of time, in seconds, and what stands out among them.

    `limits` are those of the logarithms, told in seconds: `centre` is the geometric mean of the baseline,
    `lower` and `upper` are one factor below and above it, and `mean_moving_range` is a factor too, by
    which two successive durations typically differ. None when there are too few durations; then nothing
    stands out. `signals` holds one set for each value.
    """

    values: tuple[float, ...]
    limits: Limits | None
    signals: tuple[frozenset[Signal], ...]


def limits(values: Sequence[float], baseline: int) -> Limits | None:
    """The limits of the individuals chart from the first `baseline` values; None with fewer than two.

    Centre ± 3 ÷ 1.128 × the mean moving range (NIST/SEMATECH e-Handbook, 6.3.2.2). The moving range sees
    only the variation from one value to the next, so a slow drift within the baseline does not widen it.
    """
    first = values[: max(baseline, 0)]
    moving_ranges = [abs(later - earlier) for earlier, later in pairwise(first)]
    if not moving_ranges:
        return None
    return _limits_around(fsum(first) / len(first), fsum(moving_ranges) / len(moving_ranges), len(first))


def find_signals(values: Sequence[float], bounds: Limits) -> tuple[frozenset[Signal], ...]:
    """What makes each of the values, in order of time, stand out from `bounds`; mostly nothing.

    Each is judged with those before it only, so a later value never changes what was said of an earlier.
    """
    sides = [_side(value, bounds) for value in values]
    outer = [
        side if abs(value - bounds.centre) > (bounds.upper - bounds.centre) / 2 else 0
        for value, side in zip(values, sides, strict=True)
    ]
    rules: dict[Signal, Callable[[int], bool]] = {
        Signal.BEYOND_LIMIT: lambda at: not bounds.lower <= values[at] <= bounds.upper,
        Signal.RUN_OF_EIGHT: lambda at: _in_a_row(sides, at, within=_RUN, needed=_RUN),
        Signal.THREE_OF_FOUR: lambda at: _in_a_row(outer, at, within=_WITHIN, needed=_NEAR),
    }
    return tuple(
        frozenset(signal for signal, holds in rules.items() if holds(at)) for at in range(len(values))
    )


def duration_chart(values: Sequence[float]) -> ControlChart:
    """The chart of durations in seconds, in order of time, with limits from the first twelve of them.

    Durations are skewed, and three sigmas around a mean are made for values that are not: so the limits are
    those of the logarithms. Durations below `SHORTEST_SECONDS` count as that, and the limits are not narrower
    than the resolution of the source makes them.

    Twelve are few: of later durations from the very same lognormal distribution 4 in 100 get a signal, 2 of
    them for being beyond a limit (60,000 simulated; a baseline of twenty would give 2.5 and 1). A signal is
    a reason to look, not a proof. Whoever charts a moving period moves the baseline with it; durations from
    a fixed beginning keep their limits.

    Raises:
        ValueError: when a value is no duration (`durations_summary.require_durations`).
    """
    require_durations(values)
    logs = [log_seconds(value) for value in values]
    found = limits(logs, MINIMUM_BASELINE) if len(logs) >= MINIMUM_BASELINE else None
    if found is None:
        return ControlChart(values=tuple(values), limits=None, signals=(frozenset(),) * len(values))
    bounds = _at_least_rounding(found)
    return ControlChart(
        values=tuple(values),
        limits=Limits(
            centre=exp(bounds.centre),
            lower=exp(bounds.lower),
            upper=exp(bounds.upper),
            mean_moving_range=exp(bounds.mean_moving_range),
            baseline=bounds.baseline,
        ),
        signals=find_signals(logs, bounds),
    )


def _limits_around(centre: float, mean_moving_range: float, baseline: int) -> Limits:
    reach = _SIGMAS / _D2 * mean_moving_range
    return Limits(
        centre=centre,
        lower=centre - reach,
        upper=centre + reach,
        mean_moving_range=mean_moving_range,
        baseline=baseline,
    )


def _at_least_rounding(bounds: Limits) -> Limits:
    """`bounds` of log durations, not narrower than the resolution of the source makes them.

    A baseline of one and the same duration would otherwise make a signal of a single second.
    """
    least = _D2 * rounding_deviation(bounds.centre)
    return _limits_around(bounds.centre, max(bounds.mean_moving_range, least), bounds.baseline)


def _side(value: float, bounds: Limits) -> int:
    """1 above the centre, −1 below it, 0 on it."""
    away = value - bounds.centre
    if abs(away) <= _ON_CENTRE * max(1.0, abs(bounds.centre)):
        return 0
    return 1 if away > 0 else -1


def _in_a_row(sides: Sequence[int], at: int, *, within: int, needed: int) -> bool:
    """Whether the point at `at` and enough of those just before it are on the same side."""
    last = sides[max(0, at + 1 - within) : at + 1]
    return sides[at] != 0 and last.count(sides[at]) >= needed
