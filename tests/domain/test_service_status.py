"""Services and fleets: the worst decides."""

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.objective_status import ObjectiveStatus, objective_status
from dashboard.domain.policy_tier import ChangeType, PolicyTier, TierRule, worst
from dashboard.domain.service_status import (
    ServiceStatus,
    fleet_status,
    least_remaining,
    service_status,
)
from tests.histories import BANDS, DAY_BUCKETS, NOW, RULES, evenly, history, objective, service, windows_of

_BAD = {
    PolicyTier.NORMAL: 0,
    PolicyTier.CAUTIOUS: 600,
    PolicyTier.PROTECTED: 900,
    PolicyTier.EXHAUSTED: 1000,
}


def _objective(tier: PolicyTier, name: str = "api", indicator: str = "availability") -> ObjectiveStatus:
    subject = objective(days=1, service=name, indicator=indicator)
    buckets = {} if tier is PolicyTier.UNKNOWN else evenly(1_000_000, _BAD[tier], DAY_BUCKETS)
    return objective_status(subject, history(buckets, windows_of(subject)), RULES, NOW)


def _service(*tiers: PolicyTier, name: str = "api") -> ServiceStatus:
    statuses = tuple(_objective(tier, name, f"i{index}") for index, tier in enumerate(tiers))
    return service_status(service(*(item.objective for item in statuses), name=name), statuses, BANDS)


def test_unknown_ranks_between_protected_and_exhausted() -> None:
    ranked = sorted(PolicyTier, key=lambda tier: tier.severity)
    assert ranked == ["normal", "cautious", "protected", "unknown", "exhausted"]


@given(tiers=st.lists(st.sampled_from(PolicyTier), min_size=1, max_size=4))
def test_a_service_is_in_the_worst_tier_of_its_objectives(tiers: list[PolicyTier]) -> None:
    status = _service(*tiers)
    assert status.policy_tier is max(tiers, key=lambda tier: tier.severity)
    assert status.decided_by is not None
    assert tiers[int(status.decided_by.indicator.removeprefix("i"))] is status.policy_tier


def test_a_service_without_objectives_is_best_effort_and_has_no_tier() -> None:
    status = _service()
    assert (status.policy_tier, status.decided_by, status.tier_changes) == (None, None, ())
    assert "best effort" in status.reason
    assert worst([]) is None


@pytest.mark.parametrize("tier", list(PolicyTier))
def test_every_tier_has_a_reason(tier: PolicyTier) -> None:
    words = {
        PolicyTier.NORMAL: "more than 50 %",
        PolicyTier.CAUTIOUS: "50 % or less",
        PolicyTier.PROTECTED: "less than 20 %",
        PolicyTier.EXHAUSTED: "spent",
        PolicyTier.UNKNOWN: "no data",
    }
    assert words[tier] in _service(tier).reason


def test_a_known_protected_objective_does_not_hide_an_unknown_one() -> None:
    status = _service(PolicyTier.PROTECTED, PolicyTier.UNKNOWN)
    assert status.policy_tier is PolicyTier.UNKNOWN
    assert status.reason.startswith("i1: no data")


def test_an_unknown_objective_leaves_no_forecast_for_the_service() -> None:
    assert _service(PolicyTier.EXHAUSTED, PolicyTier.UNKNOWN).tier_changes == ()
    assert _service(PolicyTier.EXHAUSTED, PolicyTier.NORMAL).tier_changes != ()


def test_of_equal_tiers_the_least_budget_decides() -> None:
    subjects = [objective(days=1, indicator=name) for name in ("first", "second")]
    statuses = tuple(
        objective_status(
            subject, history(evenly(1_000_000, bad, DAY_BUCKETS), windows_of(subject)), RULES, NOW
        )
        for subject, bad in zip(subjects, (600, 601), strict=True)
    )
    status = service_status(service(*subjects), statuses, BANDS)
    assert status.decided_by == subjects[1]
    assert least_remaining(status) == Fraction(399, 1000)


def test_a_low_traffic_warning_is_part_of_the_reason() -> None:
    subject = objective(days=1)
    known = history(evenly(100, 0, DAY_BUCKETS), windows_of(subject))
    status = service_status(service(subject), (objective_status(subject, known, RULES, NOW),), BANDS)
    assert "low traffic" in status.reason


def test_a_fleet_is_told_worst_first() -> None:
    order = [PolicyTier.NORMAL, PolicyTier.UNKNOWN, PolicyTier.EXHAUSTED, PolicyTier.CAUTIOUS]
    services = [_service(tier, name=tier.value) for tier in order]
    services += [_service(PolicyTier.PROTECTED, name="b"), _service(PolicyTier.PROTECTED, name="a")]
    services.append(_service(name="free"))
    fleet = fleet_status(services, NOW)
    names = [status.service.name for status in fleet.services]
    assert names == ["exhausted", "unknown", "a", "b", "cautious", "normal", "free"]
    assert fleet.counts == {
        PolicyTier.NORMAL: 1,
        PolicyTier.CAUTIOUS: 1,
        PolicyTier.PROTECTED: 2,
        PolicyTier.UNKNOWN: 1,
        PolicyTier.EXHAUSTED: 1,
    }
    assert (fleet.best_effort, fleet.worst) == (1, PolicyTier.EXHAUSTED)


def test_of_one_tier_the_service_with_alerts_comes_first() -> None:
    subject = objective(days=1, service="z")
    burning = evenly(1_000_000, 0, DAY_BUCKETS)
    for start in sorted(burning)[-12:]:
        good, total = burning[start]
        burning[start] = (good - 60, total)
    known = history(burning, windows_of(subject))
    loud = service_status(service(subject, name="z"), (objective_status(subject, known, RULES, NOW),), BANDS)
    assert loud.policy_tier is PolicyTier.CAUTIOUS
    fleet = fleet_status([_service(PolicyTier.CAUTIOUS, name="a"), loud], NOW)
    assert [status.service.name for status in fleet.services] == (
        ["z", "a"] if loud.objectives[0].alerts else ["a", "z"]
    )


@given(tiers=st.permutations([*PolicyTier]))
def test_the_order_of_a_fleet_does_not_depend_on_the_order_of_reading(tiers: list[PolicyTier]) -> None:
    fleet = fleet_status([_service(tier, name=tier.value) for tier in tiers], NOW)
    found = [status.policy_tier for status in fleet.services]
    assert found == sorted(PolicyTier, key=lambda tier: -tier.severity)


def test_an_empty_fleet_has_no_worst_tier() -> None:
    fleet = fleet_status([], NOW)
    assert (fleet.worst, fleet.services, sum(fleet.counts.values())) == (None, (), 0)


def test_a_rollback_never_needs_approval() -> None:
    rule = TierRule(allowed=frozenset(ChangeType), approvers=("SRE",), notify=(), conditions=())
    waiting = [change for change in ChangeType if not rule.needs_approval(change)]
    assert waiting == [ChangeType.ROLLBACK]


def test_the_forecast_of_a_service_waits_for_its_slowest_objective() -> None:
    early, late = objective(days=1, indicator="early"), objective(days=1, indicator="late")
    statuses = []
    for subject, index in ((early, 10), (late, 20)):
        buckets = evenly(1_000_000, 0, DAY_BUCKETS)
        start = sorted(buckets)[index]
        buckets[start] = (buckets[start][0] - 700, buckets[start][1])
        statuses.append(objective_status(subject, history(buckets, windows_of(subject)), RULES, NOW))
    status = service_status(service(early, late), tuple(statuses), BANDS)
    (change,) = status.tier_changes
    assert (change.to, change.at) == (PolicyTier.NORMAL, NOW + timedelta(minutes=5) * 21)
