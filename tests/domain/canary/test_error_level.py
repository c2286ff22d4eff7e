"""The canary's own share of errors: what stable does makes it neither better nor worse."""

from fractions import Fraction

import numpy as np
import pytest

from dashboard.domain.canary.error_level import ALPHA, ErrorLevel, own_errors
from dashboard.domain.canary.share_evidence import log_e_share_above
from dashboard.domain.canary.ticks import Tick
from dashboard.domain.policy import ErrorLimits

LIMITS = ErrorLimits(warning=Fraction(1, 100), critical=Fraction(5, 100))


def tick(bad: float, total: float, *, weight: float = 0.1, stable_bad: float = 0) -> Tick:
    return Tick(canary_bad=bad, canary_total=total, stable_bad=stable_bad, stable_total=9_000, weight=weight)


@pytest.mark.parametrize(
    ("bad", "total", "expected"),
    [
        (0, 0, ErrorLevel.FINE),
        (0, 1000, ErrorLevel.FINE),
        (10, 1000, ErrorLevel.FINE),
        (11, 1000, ErrorLevel.HIGH),
        (50, 1000, ErrorLevel.HIGH),
        (3, 20, ErrorLevel.HIGH),
        (100, 1000, ErrorLevel.CRITICAL),
    ],
)
def test_critical_has_to_be_shown_and_high_is_said_by_the_share(
    bad: float, total: float, expected: ErrorLevel
) -> None:
    assert own_errors([tick(bad, total)], LIMITS).level is expected


def test_what_goes_wrong_at_this_weight_does_not_hide_behind_what_went_well() -> None:
    found = own_errors([tick(0, 100_000), tick(300, 1000, weight=0.5)], LIMITS)
    assert found.level is ErrorLevel.CRITICAL
    assert found.canary is not None
    assert (found.canary.k, found.canary.n) == (300, 1000)
    assert own_errors([tick(0, 100_000), tick(1, 10, weight=0.5)], LIMITS).level is ErrorLevel.FINE


def test_stable_has_a_level_of_its_own() -> None:
    found = own_errors([tick(0, 1000, stable_bad=1_200)], LIMITS)
    assert (found.level, found.stable_level) == (ErrorLevel.FINE, ErrorLevel.CRITICAL)
    assert own_errors([], LIMITS).canary is None


def _looks_until_critical(random: np.random.Generator, share: float, weights: list[float]) -> int | None:
    """The first of the looks, 40 requests each, at which a canary that fails `share` of them is critical."""
    seen: list[Tick] = []
    for look, (bad, weight) in enumerate(
        zip(random.binomial(40, share, len(weights)).tolist(), weights, strict=True), start=1
    ):
        seen.append(tick(bad, 40, weight=weight))
        if own_errors(seen, LIMITS).level is ErrorLevel.CRITICAL:
            return look
    return None


@pytest.mark.parametrize("weights", [[0.1] * 60, [0.01] * 5 + [0.1] * 15 + [0.25] * 20 + [0.5] * 20])
def test_looking_every_minute_calls_a_canary_at_the_limit_critical_in_5_percent_at_most(
    weights: list[float],
) -> None:
    random, courses = np.random.default_rng(5), 150
    called = [_looks_until_critical(random, 0.05, weights) for _ in range(courses)]
    assert sum(look is not None for look in called) <= ALPHA * courses


def test_a_canary_that_fails_a_fifth_of_its_requests_is_critical_within_a_few_looks() -> None:
    random = np.random.default_rng(6)
    looks = sorted(_looks_until_critical(random, 0.2, [0.1] * 60) or 61 for _ in range(60))
    assert looks[30] <= 3
    assert looks[-1] <= 10


def test_a_share_far_below_the_limit_is_no_evidence_that_it_is_above() -> None:
    assert log_e_share_above(0, 100_000, 0.05) < -1_000
    assert log_e_share_above(40, 1000, 0.05) < 0


@pytest.mark.parametrize(("bad", "total"), [(0, 0), (3, 20), (7.25, 41.5), (100, 1000)])
def test_the_evidence_is_the_mean_of_the_likelihood_ratios_over_the_higher_shares(
    bad: float, total: float
) -> None:
    edges = np.linspace(0.05, 1, 200_001)
    share = (edges[1:] + edges[:-1]) / 2
    ratio = (share / 0.05) ** bad * ((1 - share) / 0.95) ** (total - bad)
    assert log_e_share_above(bad, total, 0.05) == pytest.approx(float(np.log(ratio.mean())), abs=1e-6)
