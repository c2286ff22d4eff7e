"""A policy with other thresholds differs from it in these alone."""

from dataclasses import replace
from fractions import Fraction

import pytest

from dashboard.config import load_policy
from dashboard.domain.policy_thresholds import ALWAYS_OPEN, thresholds_of, with_thresholds
from dashboard.domain.slo import ServiceTier
from dashboard.paths import DEFAULT_POLICY

POLICY = load_policy(DEFAULT_POLICY)
TODAY = thresholds_of(POLICY)


def test_its_own_thresholds_change_nothing() -> None:
    assert with_thresholds(POLICY, TODAY) == POLICY


def test_each_threshold_goes_where_it_belongs() -> None:
    tried = replace(
        TODAY,
        budget_floor=(Fraction(1, 2), Fraction(2, 5), Fraction(1, 3)),
        cautious_at=Fraction(3, 5),
        protected_below=Fraction(1, 10),
        fast_below=Fraction(3),
        slow_below=Fraction(3, 2),
        rollbacks_deny_from=4,
        is_always_open=True,
    )
    found = with_thresholds(POLICY, tried)
    assert thresholds_of(found) == tried
    assert found.gate.budget_floor[ServiceTier.INTERNAL] == Fraction(1, 3)
    assert [limit.window for limit in found.burn_gate] == [limit.window for limit in POLICY.burn_gate]
    assert found.gate.windows == ALWAYS_OPEN
    assert (
        with_thresholds(found, replace(TODAY, is_always_open=True)).gate.budget_floor
        == POLICY.gate.budget_floor
    )


def test_a_warning_never_comes_after_the_denial() -> None:
    gate = with_thresholds(POLICY, replace(TODAY, rollbacks_deny_from=1)).gate
    assert (gate.rollbacks_warn_from, gate.rollbacks_deny_from) == (1, 1)


@pytest.mark.parametrize(("protected", "cautious"), [("0.6", "0.5"), ("0", "0.5"), ("0.2", "1")])
def test_edges_that_do_not_rise_are_refused(protected: str, cautious: str) -> None:
    tried = replace(TODAY, protected_below=Fraction(protected), cautious_at=Fraction(cautious))
    with pytest.raises(ValueError, match="expected them to rise from 0 and to stay below 1"):
        with_thresholds(POLICY, tried)
