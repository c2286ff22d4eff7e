"""May this service ship now: the answer for every policy tier."""

from pathlib import Path

import pytest

from dashboard.domain.policy import Policy
from dashboard.domain.policy_tier import ChangeType
from dashboard.domain.slo import Catalogue
from dashboard.domain.tier_forecast import Assumption
from dashboard.errors import InputError
from dashboard.reports.deploy_policy import deploy_policy_report
from tests.histories import NOW

_FIXES = {"bugfix", "security", "rollback", "emergency"}


@pytest.mark.parametrize(
    ("name", "tier", "allowed", "approvers"),
    [
        ("normal", "normal", set(ChangeType), ()),
        ("cautious", "cautious", set(ChangeType), ()),
        ("protected", "protected", _FIXES, ("SRE",)),
        ("exhausted", "exhausted", _FIXES - {"bugfix"}, ("VP Engineering",)),
        ("silent", "unknown", _FIXES, ("SRE",)),
        ("stale", "unknown", _FIXES, ("SRE",)),
        ("thin", "unknown", _FIXES, ("SRE",)),
        ("idle", "normal", set(ChangeType), ()),
        ("quiet", "normal", set(ChangeType), ()),
    ],
)
def test_each_tier_allows_what_the_framework_allows(  # noqa: PLR0913, PLR0917 - a row and two fixtures
    fleet: tuple[Path, Catalogue],
    policy: Policy,
    name: str,
    tier: str,
    allowed: set[str],
    approvers: tuple[str, ...],
) -> None:
    report = deploy_policy_report(*fleet, policy, name, NOW)
    assert report.rule is not None
    assert (report.status.policy_tier, set(report.allowed), report.rule.approvers) == (
        tier,
        allowed,
        approvers,
    )
    assert sorted(report.allowed + report.denied) == sorted(ChangeType)
    assert ChangeType.ROLLBACK in report.allowed
    assert not report.rule.needs_approval(ChangeType.ROLLBACK)
    assert report.status.reason


def test_a_best_effort_service_may_ship_anything(fleet: tuple[Path, Catalogue], policy: Policy) -> None:
    report = deploy_policy_report(*fleet, policy, "free", NOW)
    assert (report.rule, report.allowed, report.denied) == (None, tuple(ChangeType), ())


def test_the_next_change_is_told_with_its_assumption(fleet: tuple[Path, Catalogue], policy: Policy) -> None:
    (change, *_) = deploy_policy_report(*fleet, policy, "cautious", NOW).status.tier_changes
    assert (change.to, change.at.isoformat()) == ("normal", "2026-11-23T17:25:00+00:00")
    assert change.assuming is Assumption.NOTHING_MORE_BURNS


def test_what_is_unknown_has_no_next_change(fleet: tuple[Path, Catalogue], policy: Policy) -> None:
    assert deploy_policy_report(*fleet, policy, "stale", NOW).status.tier_changes == ()


def test_an_unknown_service_is_told(fleet: tuple[Path, Catalogue], policy: Policy) -> None:
    with pytest.raises(InputError, match="found 'nobody', expected a service of the catalogue"):
        deploy_policy_report(*fleet, policy, "nobody", NOW)
