"""How many requests it takes until the sequential test of error rates can be expected to answer."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, inf, isfinite, log, sqrt
from statistics import NormalDist

from dashboard.domain.canary.evidence import costs, log_mean
from dashboard.domain.canary.ticks import Arm

#: The chance with which the answer would have come after so many requests.
POWER = 0.8

_Z = NormalDist().inv_cdf(POWER)
#: More errors than this are never waited for: then there is no number to tell.
_MOST_ERRORS = 1e15
_PRECISION = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """What it takes to answer, if the true ratio of the error rates is `ratio`.

    `requests` to both arms together, split between them as until now, of which there have been `seen`,
    would have given the answer with a chance of 80 %. `requests` is None when that cannot be told: no
    errors or no requests in one arm yet.
    """

    ratio: float
    requests: int | None
    seen: int


def needed_above(canary: Arm, stable: Arm, tolerated: float, ratio: float, alpha: float) -> Needed:
    """What it takes to reject "the ratio is at most `tolerated`" at `alpha` when it is `ratio`, a larger one.

    The number of errors x is sought at which the evidence reaches 1 ÷ alpha when the canary has as many of
    them as it has at least with a chance of 80 %: x q − 0.84 √(x q (1 − q)), with its expected share q
    (normal approximation of the binomial). The error rate of stable is taken to be that of both arms under
    the null: all errors ÷ (tolerated × the canary's requests + stable's).
    """
    seen = round(canary.total + stable.total)
    nobody_knows = Needed(ratio=ratio, requests=None, seen=seen)
    if not (canary.total and stable.total and canary.bad + stable.bad) or ratio <= tolerated:
        return nobody_knows
    base = (canary.bad + stable.bad) / (tolerated * canary.total + stable.total)
    share, expected = (by * canary.total / (by * canary.total + stable.total) for by in (tolerated, ratio))

    def evidence(errors: float) -> float:
        bad = max(0.0, errors * expected - _Z * sqrt(errors * expected * (1 - expected)))
        return log_mean(bad, costs(errors, share)) + log(alpha)

    errors = _where_it_turns_positive(evidence)
    errors_per_request = base * (ratio * canary.total + stable.total) / (canary.total + stable.total)
    requests = errors / errors_per_request
    return Needed(ratio=ratio, requests=ceil(requests), seen=seen) if isfinite(requests) else nobody_knows


def needed_below(canary: Arm, stable: Arm, harmful: float, ratio: float, alpha: float) -> Needed:
    """What it takes to reject "the ratio is at least `harmful`" when it is `ratio`, a smaller one."""
    mirrored = needed_above(stable, canary, 1 / harmful, 1 / ratio, alpha)
    return Needed(ratio=ratio, requests=mirrored.requests, seen=mirrored.seen)


def _where_it_turns_positive(value: Callable[[float], float]) -> float:
    """The first power of two, refined, at which `value` is above 0; infinity when there is none."""
    high = 1.0
    while value(high) <= 0:
        high *= 2
        if high > _MOST_ERRORS:
            return inf
    low = high / 2
    while high - low > _PRECISION * high:
        middle = (low + high) / 2
        if value(middle) > 0:
            high = middle
        else:
            low = middle
    return high
