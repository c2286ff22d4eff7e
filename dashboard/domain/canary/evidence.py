r"""Evidence on the ratio of two error rates that may be looked at after every tick, without a price.

Ratio means the canary's error rate ÷ the stable sibling's. In a tick with n requests to the canary and m to
stable, and given the errors T = a + b of both, the a of the canary are binomial: each error is the canary's
with the chance θ(ratio) = ratio × n ÷ (ratio × n + m), its share of the exposure weighed by the ratio
(Lindon and Malek 2020, arXiv 2011.03567: counts of Poisson processes whose common intensity may change over
time). So no error rate has to be known, and it may differ from tick to tick, as the weight may.

Against the null "the ratio is at most r" stands the likelihood ratio of r × eᵟ to r, multiplied over the
ticks, where δ > 0 is the natural logarithm of a rise:

    Lᵟ = Π (θ(r eᵟ) ÷ θ(r))ᵃ × ((1 − θ(r eᵟ)) ÷ (1 − θ(r)))ᵇ,
    log Lᵟ = δ × Σ a − Σ T × log(1 + θ(r) × (eᵟ − 1)).

Its expectation in the next tick is at most 1 under the null. It has a factor u = θ(r eᵟ) ÷ θ(r) > 1 for each
error of the canary and v < 1 for each of stable, so with the error rates p and q it is at most
exp(n p (u − 1) + m q (v − 1)), since 1 + x ≤ eˣ; that exponent is 0 at p = r q and grows with p. This holds
for Poisson counts (then with equality) and for binomial ones at any error rate, and when the rates depend on
the past. So Lᵟ is a test supermartingale, a weighted mean of them over δ is one too, and by Ville's
inequality it ever reaches 1 ÷ alpha with a chance of alpha at most, however often it is looked at (Ramdas,
Grünwald, Vovk and Shafer 2023, Statistical Science 38:576, arXiv 2210.01948).

The mean is taken with half-normal weights of δ, of standard deviation 1: two thirds of the weight is on
rises up to e = 2.7 times, and no rise is left out. A mean over fixed points is exact: there is nothing to
integrate. Why a mean and not a bet: a bet on one rise is best when it is that rise and is blind to others
(one on 4× misses a third of the 2× within 60 looks), and one that learns while it goes pays for the
learning. With 2,000 requests a minute, a tenth of them the canary's, and errors in 0.5 %, half of the rises
to 2× are found within 11 looks, where the best test, which knows the rise beforehand, takes 9, and half of
those to 4× within 2, as by the best; about 2 % of canaries without a change are ever called worse
(tests/benchmarks/canary_sequential.py).
"""

from collections.abc import Callable, Iterable, Sequence
from math import ceil, exp, expm1, inf, log, log1p, log2

from dashboard.domain.canary.pooled_errors import PooledErrors
from dashboard.domain.canary.ticks import Tick

#: Natural logarithms of the rises that are weighed, in steps of √2 from 287× down to one part in 130,000:
#: between two of them at most 4 % of the evidence is lost, (1 − (2^¼ − 1)²).
RISES: tuple[float, ...] = tuple(2.0 ** (step / 2) for step in range(5, -35, -1))

#: How far a ratio is looked for, as natural logarithms: 5e21 to either side.
_FARTHEST = 50.0
#: How exactly: a float near 50 cannot tell much less apart.
_EXACTLY = 1e-13

_GROWTHS = tuple(expm1(rise) for rise in RISES)


def _half_normal(rises: Sequence[float]) -> tuple[float, ...]:
    """Logarithms of weights that add up to 1: a half-normal density times the width of each step."""
    weights = [rise * exp(-rise * rise / 2) for rise in rises]
    return tuple(log(weight / sum(weights)) for weight in weights)


_LOG_WEIGHTS = _half_normal(RISES)


def running_log_e(ticks: Iterable[Tick], ratio: float, most: float = inf) -> list[float]:
    """After each tick, the logarithm of the e-value against "the ratio is at most `ratio`" (above 0).

    Both arms have requests in each of the `ticks`. No tick adds more than `most` to the evidence of a rise:
    under the null, what a tick multiplies it by is at most 1 on average, and it only becomes less, so that
    each stays a test supermartingale and so does their mean. Each rise by itself: if only their mean were
    held back, one tick full of errors would move it to the largest rises, which the next ticks refute.
    """
    won, now = [0.0] * len(RISES), 0.0
    found = []
    for tick in ticks:
        if tick.bad:
            cost = costs(tick.bad, expected_share(tick.canary_total, tick.stable_total, ratio))
            won = [
                before + min(rise * tick.canary_bad - spent, most)
                for before, rise, spent in zip(won, RISES, cost, strict=True)
            ]
            now = _log_mean_of(won)
        found.append(now)
    return found


def log_e_above(found: PooledErrors, ratio: float) -> float:
    """The logarithm of the e-value against "the ratio is at most `ratio`" (above 0)."""
    spent = [0.0] * len(RISES)
    for pool in found.pools:
        more = costs(pool.errors, expected_share(pool.canary, pool.stable, ratio))
        spent = [cost + new for cost, new in zip(spent, more, strict=True)]
    return log_mean(found.of_canary, spent)


def log_e_below(found: PooledErrors, ratio: float) -> float:
    """The logarithm of the e-value against "the ratio is at least `ratio`": the arms are swapped."""
    return log_e_above(found.mirrored, 1 / ratio)


def most_likely(found: PooledErrors) -> float | None:
    """The ratio under which the canary's share of the errors is the likeliest; None when it has no bound.

    0 without an error of the canary, no bound without one of stable, and None without any. Each tick is
    compared within itself, so that it does not matter when the weight and the error rate rise together.
    """
    if not found.of_stable:
        return None
    if not found.of_canary:
        return 0.0

    def missing(at: float) -> float:
        ratio = exp(at)
        return found.of_canary - sum(
            pool.errors * expected_share(pool.canary, pool.stable, ratio) for pool in found.pools
        )

    return exp(_where_it_falls_to_0(missing, _FARTHEST))


def at_least(found: PooledErrors, threshold: float) -> float:
    """The lowest ratio that the evidence allows: "at most" each lower one has an e-value above `threshold`.

    0 when it allows every one. The evidence against a ratio falls as the ratio grows, so there is one
    limit.
    """

    def beyond(at: float) -> float:
        return log_e_above(found, exp(at)) - log(threshold)

    if beyond(-_FARTHEST) <= 0:
        return 0.0
    best = most_likely(found)
    return exp(_where_it_falls_to_0(beyond, log(best) if best else _FARTHEST))


def at_most(found: PooledErrors, threshold: float) -> float | None:
    """The highest ratio that the evidence allows, as `at_least`; None when it allows every one."""
    lowest = at_least(found.mirrored, threshold)
    return 1 / lowest if lowest else None


def expected_share(canary: float, stable: float, ratio: float) -> float:
    """The chance that an error is the canary's, when its error rate is `ratio` times stable's.

    `canary` and `stable` are their exposures, both above 0.
    """
    weighed = ratio * canary
    return weighed / (weighed + stable)


def log_mean(bad: float, spent: Sequence[float]) -> float:
    """The logarithm of the weighted mean of exp(δ × `bad` − spent(δ)), computed so that nothing overflows."""
    return _log_mean_of([rise * bad - cost for rise, cost in zip(RISES, spent, strict=True)])


def _log_mean_of(won: Sequence[float]) -> float:
    parts = [weight + one for weight, one in zip(_LOG_WEIGHTS, won, strict=True)]
    highest = max(parts)
    return highest + log(sum(exp(part - highest) for part in parts))


def costs(errors: float, share: float) -> list[float]:
    """For each rise, what `errors` take from its evidence when `share` are expected in the canary."""
    return [errors * log1p(share * growth) for growth in _GROWTHS]


def _where_it_falls_to_0(value: Callable[[float], float], high: float) -> float:
    """Where a falling function passes through 0 between −`_FARTHEST` and `high`; the end nearer to it if not.

    The method of Oliveira and Takahashi 2020 (ACM Transactions on Mathematical Software 47:5): the secant,
    drawn towards the middle and kept so near to it that it takes no more than one step more than halving,
    and mostly half of them.
    """
    low = -_FARTHEST
    at_low, at_high = value(low), value(high)
    if at_low <= 0 or at_high >= 0:
        return low if at_low <= 0 else high
    reach = _EXACTLY / 2 * 2.0 ** (ceil(log2(max(1.0, (high - low) / _EXACTLY))) + 1)
    pull = 0.2 / (high - low)
    while high - low > _EXACTLY:
        middle, span = (low + high) / 2, high - low
        secant = (at_high * low - at_low * high) / (at_high - at_low)
        inward = 1.0 if secant < middle else -1.0
        drawn = secant + inward * pull * span * span if pull * span * span <= abs(middle - secant) else middle
        farthest = max(0.0, reach - span / 2)
        asked = drawn if abs(drawn - middle) <= farthest else middle - inward * farthest
        asked = asked if low < asked < high else middle
        found = value(asked)
        if found > 0:
            low, at_low = asked, found
        else:
            high, at_high = asked, found
        reach /= 2
    return (low + high) / 2
