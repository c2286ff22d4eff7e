"""The errors of a course, pooled by exposure: all that the evidence on the ratio of two rates depends on.

Ticks whose exposures stand in the same ratio add up. A course of thousands of ticks has as many ratios, when
the traffic varies by itself. But what the evidence asks of a tick, the logarithm of 1 + θ × (eᵟ − 1), is a
smooth function of the logarithm of its exposure ratio, with its nearest singularity π beside the real axis.
So the errors of all ticks within a factor of e are handed to 15 Chebyshev points there, each tick's by the
weights with which its value is interpolated: that reproduces the sum to the last digits (Trefethen 2013,
Approximation Theory and Approximation Practice, theorem 8.2: the error shrinks 12.6-fold a point) at a cost
that no longer grows with the course.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import cos, exp, floor, fsum, log, pi, sin

from dashboard.domain.canary.ticks import Tick

_POINTS = 15
_ANGLES = tuple((2 * place + 1) * pi / (2 * _POINTS) for place in range(_POINTS))
#: The Chebyshev points of a stretch of length 1 from its middle, and their barycentric weights.
_PLACES = tuple(cos(angle) / 2 for angle in _ANGLES)
_WEIGHTS = tuple((-1) ** place * sin(angle) for place, angle in enumerate(_ANGLES))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """`errors` of both arms while their exposures stood as `canary` to `stable`, both above 0.

    At an interpolation point the errors may be negative: only sums over all pools mean something.
    """

    errors: float
    canary: float
    stable: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledErrors:
    """The errors of each arm, and those of both by exposure."""

    of_canary: float
    of_stable: float
    pools: tuple[Pool, ...]

    @property
    def mirrored(self) -> "PooledErrors":
        """The same with the arms swapped."""
        return PooledErrors(
            of_canary=self.of_stable,
            of_stable=self.of_canary,
            pools=tuple(
                Pool(errors=pool.errors, canary=pool.stable, stable=pool.canary) for pool in self.pools
            ),
        )


def pooled(ticks: Iterable[Tick]) -> PooledErrors:
    """The errors of the ticks in which both arms had requests; the others say nothing of the ratio."""
    told = [tick for tick in ticks if tick.canary_total and tick.stable_total and tick.bad]
    stretches: dict[int, dict[float, Pool]] = {}
    for tick in told:
        at = log(tick.canary_total) - log(tick.stable_total)
        pools = stretches.setdefault(floor(at), {})
        same = pools.get(at)
        pools[at] = Pool(
            errors=tick.bad if same is None else same.errors + tick.bad,
            canary=tick.canary_total if same is None else same.canary,
            stable=tick.stable_total if same is None else same.stable,
        )
    return PooledErrors(
        of_canary=fsum(tick.canary_bad for tick in told),
        of_stable=fsum(tick.stable_bad for tick in told),
        pools=tuple(
            pool
            for begin, pools in stretches.items()
            for pool in (pools.values() if len(pools) <= _POINTS else _interpolated(begin, pools))
        ),
    )


def _interpolated(begin: int, pools: Mapping[float, Pool]) -> list[Pool]:
    """The pools at logarithmic exposure ratios from `begin` to `begin` + 1, handed to Chebyshev points."""
    points = [begin + 0.5 + place for place in _PLACES]
    handed = [0.0] * _POINTS
    for at, pool in pools.items():
        if at in points:
            handed[points.index(at)] += pool.errors
            continue
        shares = [weight / (at - point) for weight, point in zip(_WEIGHTS, points, strict=True)]
        unit = pool.errors / sum(shares)
        handed = [before + unit * share for before, share in zip(handed, shares, strict=True)]
    # Half the logarithm to each arm, so that no exposure overflows.
    return [
        Pool(errors=errors, canary=exp(point / 2), stable=exp(-point / 2))
        for errors, point in zip(handed, points, strict=True)
    ]
