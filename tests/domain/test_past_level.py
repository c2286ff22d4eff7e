"""The service level at an instant of the past, and which checks nobody can judge any more."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from fractions import Fraction

from dashboard.domain.past_level import PastLevel, PastObjective, past_level
from dashboard.domain.policy_tier import PolicyTier
from dashboard.domain.slo import Objective
from tests.histories import DAY_BUCKETS, NOW, RULES, Buckets, evenly, history, objective, windows_of

FIVE_MINUTES, HOUR = timedelta(minutes=5), timedelta(hours=1)
AVAILABILITY, LATENCY = objective(days=1), objective(days=1, indicator="latency")
OF_THE_BUDGET = {"slo.change_type", "slo.budget_remaining", "approval.approvals"}
OF_THE_BURN = {"slo.fast_burn", "slo.slow_burn"}
DAYS_AGO = timedelta(days=2)


def then(subject: Objective, buckets: Buckets, begins: datetime | None) -> PastObjective:
    return PastObjective(objective=subject, history=history(buckets, windows_of(subject)), begins=begins)


def level(*objectives: PastObjective, at: datetime = NOW) -> PastLevel:
    return past_level(objectives, RULES, (FIVE_MINUTES, HOUR), at)


GOOD: Mapping[int, tuple[int, int]] = evenly(288_000, 0, DAY_BUCKETS)
SPENT: Mapping[int, tuple[int, int]] = evenly(288_000, 2_880, DAY_BUCKETS)
HALF: Mapping[int, tuple[int, int]] = evenly(144_000, 0, DAY_BUCKETS // 2)


def test_the_worst_objective_decides_each_number() -> None:
    found = level(then(AVAILABILITY, GOOD, NOW - DAYS_AGO), then(LATENCY, SPENT, NOW - DAYS_AGO))
    assert found.policy_tier is PolicyTier.EXHAUSTED
    assert (found.remaining, found.fast_burn, found.slow_burn) == (Fraction(-9), Fraction(10), Fraction(10))
    assert found.untold == set()


def test_without_objectives_there_is_no_tier_and_nothing_untold() -> None:
    found = level()
    assert (found.policy_tier, found.remaining, found.untold) == (None, None, frozenset())


def test_what_was_before_the_history_is_untold() -> None:
    found = level(then(AVAILABILITY, HALF, NOW - timedelta(hours=12)))
    assert (found.policy_tier, found.remaining) == (PolicyTier.UNKNOWN, None)
    assert found.untold == OF_THE_BUDGET, "the burn rates of the last hour are known"
    assert level(then(AVAILABILITY, {}, None)).untold == OF_THE_BUDGET | OF_THE_BURN


def test_a_gap_in_the_history_was_unknown_then_as_well() -> None:
    found = level(then(AVAILABILITY, HALF, NOW - DAYS_AGO))
    assert found.policy_tier is PolicyTier.UNKNOWN
    assert "availability: coverage" in found.reason
    assert found.untold == set()


def test_data_that_was_stale_then_is_known_to_have_been_unknown() -> None:
    found = level(then(AVAILABILITY, HALF, NOW - timedelta(hours=12)), at=NOW + HOUR)
    assert found.policy_tier is PolicyTier.UNKNOWN
    assert (found.fast_burn, found.untold) == (None, frozenset())


def test_a_spent_budget_settles_it_whatever_another_objective_was() -> None:
    found = level(then(AVAILABILITY, HALF, NOW - timedelta(hours=12)), then(LATENCY, SPENT, NOW - DAYS_AGO))
    assert (found.policy_tier, found.untold) == (PolicyTier.EXHAUSTED, frozenset())


def test_an_objective_that_was_unknown_then_settles_it_too() -> None:
    short, gap = then(AVAILABILITY, HALF, NOW - timedelta(hours=12)), then(LATENCY, HALF, NOW - DAYS_AGO)
    found = level(short, gap)
    assert (found.policy_tier, found.untold) == (PolicyTier.UNKNOWN, frozenset())
