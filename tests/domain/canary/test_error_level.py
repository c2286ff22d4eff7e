"""The canary's own share of errors: what stable does makes it neither better nor worse."""

from fractions import Fraction

import pytest

from dashboard.domain.canary.error_level import ErrorLevel, own_errors
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
