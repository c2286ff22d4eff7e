"""The gate's sections of the policy: the shipped ones are the framework's, and every mistake is told."""

from collections.abc import Callable
from datetime import time, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from dashboard.config import load_policy
from dashboard.domain.gate_rules import AuditLevel, EnvironmentRule, ExceptionType, GateRules, Weekday
from dashboard.domain.incidents import Severity
from dashboard.domain.policy_tier import PolicyTier
from dashboard.domain.slo import ServiceTier, Strategy
from dashboard.paths import DEFAULT_POLICY

_Faults = Callable[[str], list[str]]
_T1, _T2, _T3 = ServiceTier


@pytest.fixture(scope="module")
def shipped() -> GateRules:
    return load_policy(DEFAULT_POLICY).gate


def test_the_thresholds_are_the_framework_s(shipped: GateRules) -> None:
    assert shipped.coverage == {_T1: 80, _T2: 70, _T3: 60}
    assert shipped.budget_floor == {_T1: Fraction(3, 10), _T2: Fraction(1, 5), _T3: Fraction(1, 10)}
    assert shipped.environments == {
        "production": EnvironmentRule(high_cves=0, slsa_level=3, image_signed=True, window=True),
        "staging": EnvironmentRule(high_cves=5, slsa_level=2, image_signed=True, window=False),
        "development": EnvironmentRule(high_cves=10, slsa_level=1, image_signed=False, window=False),
    }
    assert shipped.golden_path_tiers == {_T1, _T2}
    both = (Severity.P1, Severity.P2)
    assert shipped.incidents == {_T1: both, _T2: both, _T3: (Severity.P1,)}
    assert (shipped.rollbacks_within, shipped.rollbacks_warn_from, shipped.rollbacks_deny_from) == (
        timedelta(hours=24),
        1,
        2,
    )
    assert shipped.relaxed_tiers == {_T3}
    assert shipped.override_approvers == ("sre-lead", "vp-engineering", "cto")


def test_the_window_is_the_framework_s(shipped: GateRules) -> None:
    week, friday = shipped.windows
    assert (week.start, week.end, week.service_tiers) == (time(9), time(16), frozenset(ServiceTier))
    assert week.days == {Weekday.MONDAY, Weekday.TUESDAY, Weekday.WEDNESDAY, Weekday.THURSDAY}
    assert (friday.days, friday.start, friday.end) == (frozenset({Weekday.FRIDAY}), time(9), time(12))
    assert friday.service_tiers == {_T2, _T3}


@pytest.mark.parametrize(
    ("kind", "approvers", "limit", "audit"),
    [
        (ExceptionType.WINDOW, ("Release Captain",), timedelta(hours=4), AuditLevel.STANDARD),
        (
            ExceptionType.SECURITY,
            ("Security Team", "Engineering Director"),
            timedelta(days=7),
            AuditLevel.HIGH,
        ),
        (ExceptionType.SLO, ("SRE Lead",), timedelta(hours=2), AuditLevel.HIGH),
        (ExceptionType.BUDGET, ("VP Engineering",), timedelta(hours=1), AuditLevel.CRITICAL),
        (ExceptionType.FREEZE, ("VP Engineering", "CTO"), None, AuditLevel.CRITICAL),
    ],
)
def test_each_exception_has_the_framework_s_approvers_limit_and_audit_level(
    shipped: GateRules,
    kind: ExceptionType,
    approvers: tuple[str, ...],
    limit: timedelta | None,
    audit: AuditLevel,
) -> None:
    rule = shipped.exceptions[kind]
    assert (rule.approvers, rule.lasts_at_most, rule.audit) == (approvers, limit, audit)


def test_the_canaries_have_the_framework_s_steps(shipped: GateRules) -> None:
    def steps(strategy: Strategy) -> list[tuple[int, float, tuple[str, ...]]]:
        found = shipped.strategies[strategy].steps
        return [(step.weight, step.pause.total_seconds(), step.analysis) for step in found]

    assert steps(Strategy.PROGRESSIVE_CANARY) == [
        (1, 60, ("smoke-check",)),
        (10, 300, ("slo-burn-check", "error-budget-check")),
        (25, 600, ("slo-burn-check", "synthetic-check")),
        (50, 900, ("slo-burn-check", "anomaly-check")),
        (100, 0, ()),
    ]
    assert steps(Strategy.STANDARD_CANARY) == [
        (10, 120, ("quick-health-check",)),
        (50, 180, ("slo-burn-check",)),
        (100, 0, ()),
    ]


def test_pauses_are_doubled_from_cautious_on(shipped: GateRules) -> None:
    assert shipped.pause_factors == {tier: 1 if tier is PolicyTier.NORMAL else 2 for tier in PolicyTier}
    assert shipped.careful_in == set(PolicyTier) - {PolicyTier.NORMAL}


def test_a_file_that_sets_one_threshold_keeps_the_others(tmp_path: Path, shipped: GateRules) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text("release_gate: {rollbacks: {deny_from: 3}}\n", encoding="utf-8")
    gate = load_policy(path).gate
    assert (gate.rollbacks_deny_from, gate.rollbacks_warn_from) == (3, 1)
    assert gate.coverage == shipped.coverage


def test_a_window_may_last_until_midnight(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(
        'release_gate: {windows: [{days: [Sunday], from: "22:00", until: "24:00"}]}\n', encoding="utf-8"
    )
    (window,) = load_policy(path).gate.windows
    assert (window.end, window.service_tiers) == (None, frozenset(ServiceTier))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "release_gate: {coverage: {1: 80, 2: 70}}",
            None,  # completed from the shipped policy
        ),
        (
            "release_gate: {coverage: {1: 101}}",
            "policy.yaml:1: release_gate.coverage[1]: found 101, expected a percentage from 0 to 100",
        ),
        (
            "release_gate: {coverage: {1: 80.0000001}}",
            "policy.yaml:1: release_gate.coverage[1]: found 80.0000001, expected at most six decimals",
        ),
        (
            "release_gate: {budget_floor: {2: 1.5}}",
            "policy.yaml:1: release_gate.budget_floor[2]: found 1.5, expected a share from 0 to 1",
        ),
        (
            "release_gate: {coverage: {4: 10}}",
            "policy.yaml:1: release_gate.coverage: found 1, 2, 3, 4, expected a value for each",
        ),
        (
            'release_gate: {windows: [{days: [Mon], from: "09:00", until: "10:00"}]}',
            "policy.yaml:1: release_gate.windows[0].days[0]: found 'Mon', expected one of Monday, Tuesday,",
        ),
        (
            "release_gate: {windows: [{days: [Monday], from: 09:00, until: 10:00}]}",
            "policy.yaml:1: release_gate.windows[0].until: found 600, expected a time of day in quotes",
        ),
        (
            'release_gate: {windows: [{days: [Monday], from: "16:00", until: "09:00"}]}',
            "policy.yaml:1: release_gate.windows[0].until: found '09:00', expected a time after '16:00'",
        ),
        (
            "release_gate: {rollbacks: {warn_from: 5}}",
            "policy.yaml:1: release_gate.rollbacks.warn_from: found 5, expected at most deny_from, 2",
        ),
        (
            "release_gate: {exceptions: {slo: {lasts_at_most: null}}}",
            "policy.yaml:1: release_gate.exceptions.slo.lasts_at_most: found nothing, expected a duration",
        ),
        (
            "release_gate: {exceptions: {slo: {approvers: []}}}",
            "policy.yaml:1: release_gate.exceptions.slo.approvers: found a list, expected",
        ),
        (
            "release_gate: {relaxed_tiers: [4]}",
            "policy.yaml:1: release_gate.relaxed_tiers: found [4], expected service tiers 1, 2, 3",
        ),
        (
            "release_gate: {environments: {production: {slsa_level: 9}}}",
            "policy.yaml:1: release_gate.environments.production.slsa_level: found 9, expected less than or",
        ),
        (
            "release_gate: {trusted_registries: []}",
            "policy.yaml:1: release_gate.trusted_registries: found a list, expected",
        ),
        (
            "strategies: {canary: {risk: low}}",
            "policy.yaml:1: strategies.canary: found a key that is not known here",
        ),
        (
            "burn_rate: {gate: [{window: 5m, below: 2.0}]}",
            "policy.yaml:1: burn_rate.gate: found a list, expected",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_is_expected(
    policy_faults: _Faults, tmp_path: Path, text: str, fault: str | None
) -> None:
    if fault is None:
        path = tmp_path / "fine.yaml"
        path.write_text(text, encoding="utf-8")
        assert load_policy(path).gate.coverage[_T3] == 60
        return
    (told,) = policy_faults(text)
    assert told.startswith(fault)
