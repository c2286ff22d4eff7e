"""Evidence that a share of errors is above a limit, which may be looked at after every request.

Against the null "the share is at most p" stands the likelihood ratio of a higher share t to p, after s errors
and f other requests:

    Lᵗ = (t ÷ p)ˢ × ((1 − t) ÷ (1 − p))ᶠ.

Where the true share is q, its expectation after the next request is q t ÷ p + (1 − q)(1 − t) ÷ (1 − p)
times what it is: exactly 1 at q = p, and less below it, since t > p. So it is a test supermartingale under
the null, a mean of them over t is one too, and by Ville's inequality it ever reaches 1 ÷ alpha with a chance
of alpha at most, however often it is looked at (Robbins 1970, Annals of Mathematical Statistics 41:1397;
Ramdas, Grünwald, Vovk and Shafer 2023, Statistical Science 38:576).

With 40 requests a minute and a limit of 5 %, a canary that fails 5 % is ever shown to be above it within 60
looks in 0.2 % of courses, where an exact 95 % interval that is looked at each time says so in 14 %. One that
fails 10 % is found within 8 looks in half of them, one that fails 20 % at the first
(tests/benchmarks/canary_sequential.py).

The mean is taken uniformly over the shares from p to 1. A weight on shares below p, as the whole beta
mixture has, would take a canary that is far better than the limit for evidence against it.
"""

from math import inf, log, log1p

from scipy import special


def log_e_share_above(bad: float, total: float, limit: float) -> float:
    """The logarithm of the e-value against "the share of errors is at most `limit`" (above 0, below 1).

    `bad` of `total` requests failed, 0 ≤ bad ≤ total; a fraction, as PromQL's `increase()` gives it, is taken
    as it is. The integral of the uniform mean is a beta function times the upper tail of its distribution.
    """
    good = total - bad
    above = float(special.betainc(good + 1, bad + 1, 1 - limit))
    if not above:
        # Less than a float can tell: the share is so far below the limit that there is no evidence at all.
        return -inf
    mixed = float(special.betaln(bad + 1, good + 1)) + log(above) - log1p(-limit)
    return mixed - bad * log(limit) - good * log1p(-limit)
