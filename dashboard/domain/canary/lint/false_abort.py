"""How often a good canary is aborted by chance: few requests make a noisy error ratio."""

from collections.abc import Callable
from dataclasses import dataclass

from scipy import special

#: A share of errors, 0 to 1, and whether a measurement of it fails.
FailsAt = Callable[[float], bool]
_BISECTIONS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseAbort:
    """`requests` of which `errors` fail a measurement (at a true error ratio of `ratio`), and what follows.

    `one` is the chance that one measurement fails, `chance` that more of them do than the limit allows.
    """

    requests: int
    errors: int
    ratio: float
    one: float
    chance: float


def false_abort(
    fails: FailsAt, *, requests: int, ratio: float, measurements: int, failure_limit: int
) -> FalseAbort | None:
    """The chance that a canary whose true error ratio is `ratio` is aborted.

    Each of `measurements` sees `requests`, of which a binomial number are errors; they are taken as
    independent. None where no number of errors fails one, or none passes it.
    """
    if requests < 1 or fails(0.0) or not fails(1.0):
        return None
    passing, failing = 0, requests
    while failing - passing > 1:
        middle = (passing + failing) // 2
        passing, failing = (passing, middle) if fails(middle / requests) else (middle, failing)
    one = more_than(failing - 1, requests, ratio)
    chance = more_than(failure_limit, measurements, one)
    return FalseAbort(requests=requests, errors=failing, ratio=ratio, one=one, chance=chance)


def more_than(limit: int, trials: int, chance: float) -> float:
    """The chance of more than `limit` successes in `trials`, each of which has `chance`."""
    if limit >= trials:
        return 0.0
    # The binomial's upper tail as a beta integral: it holds for as many trials as a float can tell apart.
    return float(special.betainc(limit + 1, trials - limit, min(max(chance, 0.0), 1.0)))


def threshold(fails: FailsAt) -> float | None:
    """The share of errors from which on a measurement fails; None where it fails at none, or at every."""
    if fails(0.0) or not fails(1.0):
        return None
    passing, failing = 0.0, 1.0
    for _ in range(_BISECTIONS):
        middle = (passing + failing) / 2
        passing, failing = (passing, middle) if fails(middle) else (middle, failing)
    return failing
