"""The policy: the shipped one is the framework's, a short one is completed, a wrong one says why."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from dashboard.config import load_policy
from dashboard.domain.policy import ErrorLimits, Policy
from dashboard.domain.policy_tier import ChangeType, PolicyTier
from dashboard.domain.slo import ServiceTier
from dashboard.paths import DEFAULT_POLICY
from tests.histories import RULES

_Faults = Callable[[str], list[str]]
_ALL = frozenset(ChangeType)
_FIXES = frozenset({ChangeType.BUGFIX, ChangeType.SECURITY, ChangeType.ROLLBACK, ChangeType.EMERGENCY})


def _load(tmp_path: Path, text: str) -> Policy:
    path = tmp_path / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    return load_policy(path)


def _bands(
    cautious: str = "0.50", protected: str = "0.20", exhausted: str = "0.0", coverage: str = "0.90"
) -> str:
    return (
        f"error_budget: {{cautious_at: {cautious}, protected_below: {protected}, "
        f"exhausted_at: {exhausted}, minimum_coverage: {coverage}}}\n"
    )


def test_the_shipped_policy_is_the_framework_s() -> None:
    shipped = load_policy(DEFAULT_POLICY)
    assert shipped.budget == RULES
    assert shipped.timezone.key == "UTC"
    assert shipped.canary_errors == ErrorLimits(warning=Fraction(1, 100), critical=Fraction(5, 100))


@pytest.mark.parametrize(
    ("tier", "allowed", "approvers", "notify"),
    [
        (PolicyTier.NORMAL, _ALL, (), ()),
        (PolicyTier.CAUTIOUS, _ALL, (), ("SRE",)),
        (PolicyTier.PROTECTED, _FIXES, ("SRE",), ()),
        (PolicyTier.EXHAUSTED, _FIXES - {ChangeType.BUGFIX}, ("VP Engineering",), ()),
        (PolicyTier.UNKNOWN, _FIXES, ("SRE",), ()),
    ],
)
def test_each_shipped_tier_allows_what_the_framework_allows(
    tier: PolicyTier, allowed: frozenset[ChangeType], approvers: tuple[str, ...], notify: tuple[str, ...]
) -> None:
    rule = load_policy(DEFAULT_POLICY).tiers[tier]
    assert (rule.allowed, rule.approvers, rule.notify) == (allowed, approvers, notify)


def test_a_policy_of_only_a_timezone_is_the_shipped_one_there(tmp_path: Path) -> None:
    loaded = _load(tmp_path, "timezone: Europe/Berlin\n")
    assert loaded.timezone.key == "Europe/Berlin"
    assert replace(loaded, timezone=load_policy(DEFAULT_POLICY).timezone) == load_policy(DEFAULT_POLICY)


def test_the_four_keys_of_the_design_are_enough(tmp_path: Path) -> None:
    loaded = _load(tmp_path, "timezone: UTC\n" + _bands("0.6", "0.3", "0.1", "0.8"))
    assert loaded.budget.bands.cautious_at == Fraction(3, 5)
    assert loaded.budget.bands.protected_below == Fraction(3, 10)
    assert loaded.budget.bands.exhausted_at == Fraction(1, 10)
    assert loaded.budget.minimum_coverage == Fraction(4, 5)
    assert (loaded.budget.minimum_events, loaded.budget.stale_after) == (1000, timedelta(minutes=15))
    assert loaded.budget.alert_rules == RULES.alert_rules


def test_one_tier_may_be_written_without_the_others(tmp_path: Path) -> None:
    loaded = _load(tmp_path, "tiers:\n  protected: {allowed: [security], approvers: [CTO]}\n")
    assert loaded.tiers[PolicyTier.PROTECTED].approvers == ("CTO",)
    assert loaded.tiers[PolicyTier.NORMAL].allowed == _ALL


def test_a_tier_keeps_the_approvers_that_the_file_leaves_out(tmp_path: Path) -> None:
    loaded = _load(tmp_path, "tiers:\n  exhausted: {allowed: [security]}\n")
    assert loaded.tiers[PolicyTier.EXHAUSTED].approvers == ("VP Engineering",)
    assert loaded.tiers[PolicyTier.EXHAUSTED].conditions_for(ServiceTier.INTERNAL)


def test_unknown_follows_protected_unless_it_is_written(tmp_path: Path) -> None:
    loaded = _load(tmp_path, "tiers:\n  protected: {allowed: [security], approvers: [CTO]}\n")
    assert loaded.tiers[PolicyTier.UNKNOWN].allowed == {ChangeType.SECURITY, ChangeType.ROLLBACK}
    assert loaded.tiers[PolicyTier.UNKNOWN].approvers == ("CTO",)


def test_a_condition_may_be_for_some_service_tiers_only(tmp_path: Path) -> None:
    cautious = _load(tmp_path, "timezone: UTC\n").tiers[PolicyTier.CAUTIOUS]
    canary = "This service must use a canary or blue-green"
    assert canary in cautious.conditions_for(ServiceTier.CRITICAL_PATH)
    assert canary not in cautious.conditions_for(ServiceTier.SUPPORTING)


def test_no_policy_forbids_a_rollback(tmp_path: Path) -> None:
    loaded = _load(tmp_path, "tiers:\n  exhausted: {allowed: []}\n")
    assert loaded.tiers[PolicyTier.EXHAUSTED].allowed == {ChangeType.ROLLBACK}


@pytest.mark.parametrize(
    "zone", ["Mars/Olympus", "''", "5", "~", "[UTC]", "no", "../../etc/passwd", "Europe", '"\\0"', "{a: b}"]
)
def test_an_unknown_zone_is_told(policy_faults: _Faults, zone: str) -> None:
    (line,) = policy_faults(f"# a comment\ntimezone: {zone}\n")
    assert line.startswith("policy.yaml:2: timezone: found ")
    assert "an unknown time zone; expected an IANA name such as UTC or Europe/Berlin" in line


@pytest.mark.parametrize(
    ("cautious", "protected", "exhausted"),
    [("0.2", "0.5", "0.0"), ("0.5", "0.2", "0.2"), ("0.5", "0.2", "0.3"), ("1.0", "0.2", "0.0")],
)
def test_bands_that_do_not_rise_are_one_fault(
    policy_faults: _Faults, cautious: str, protected: str, exhausted: str
) -> None:
    (line,) = policy_faults(_bands(cautious, protected, exhausted))
    assert line.startswith("policy.yaml:1: error_budget: found exhausted_at ")
    assert "expected them to rise" in line


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (_bands("50"), "policy.yaml:1: error_budget.cautious_at: found 50, expected a share from 0 to 1"),
        (_bands("50 %"), "policy.yaml:1: error_budget.cautious_at: found '50 %', expected a number"),
        (_bands(coverage="1.1"), "policy.yaml:1: error_budget.minimum_coverage: found 1.1, expected a share"),
        (
            "error_budget:\n  minimum_events: -1\n",
            "policy.yaml:2: error_budget.minimum_events: found -1, exp",
        ),
        (
            "error_budget:\n  minimum_events: 1.5\n",
            "policy.yaml:2: error_budget.minimum_events: found 1.5, exp",
        ),
        ("error_budget:\n  stale_after: 15\n", "policy.yaml:2: error_budget.stale_after: found 15, expected"),
        ("colour: red\n", "policy.yaml:1: colour: found a key that is not known here"),
        (
            "tiers:\n  purple: {allowed: []}\n",
            "policy.yaml:2: tiers.purple: found a key that is not known here",
        ),
        (
            "tiers:\n  unknown:\n    allowed: [feature]\n",
            "policy.yaml:3: tiers.unknown.allowed: found feature, expected nothing that protected",
        ),
        (
            "key_metrics:\n  error_ratio: {warning: 0.06}\n",
            "policy.yaml:2: key_metrics.error_ratio: found",
        ),
        (
            "tiers:\n  unknown:\n    approvers: []\n",
            "policy.yaml:3: tiers.unknown.approvers: found no approver, expected one",
        ),
        (
            "tiers:\n  normal:\n    allowed: [fun]\n",
            "policy.yaml:3: tiers.normal.allowed[0]: found 'fun', exp",
        ),
        (
            "tiers:\n  normal:\n    allowed: [[fun]]\n",
            "policy.yaml:3: tiers.normal.allowed[0]: found ['fun'], exp",
        ),
        (
            "tiers:\n  normal:\n    allowed: all\n",
            "policy.yaml:3: tiers.normal.allowed: found 'all', expected",
        ),
        (
            "burn_rate:\n  pace_window: 45m\n",
            "policy.yaml:2: burn_rate.pace_window: found 45m, expected one of",
        ),
        (
            "burn_rate:\n  minimum_coverage: 2\n",
            "policy.yaml:2: burn_rate.minimum_coverage: found 2, expected",
        ),
        (
            "burn_rate:\n  windows: [5m, 30m, 1h, 2h, 6h, 1d, 3d, 7m]\n",
            "policy.yaml:2: burn_rate.windows[7]: found 7m, expected a multiple of 5m",
        ),
        (
            "burn_rate:\n  alerts:\n    - {severity: page, long: 1h, short: 1h, budget_share: 0.02}\n",
            "policy.yaml:3: burn_rate.alerts[0].short: found 1h, expected less than the long window",
        ),
        (
            "burn_rate:\n  alerts:\n    - {severity: loud, long: 1h, short: 5m, budget_share: 0.02}\n",
            "policy.yaml:3: burn_rate.alerts[0].severity: found 'loud', expected one of page, ticket",
        ),
        (
            "burn_rate:\n  alerts:\n    - {severity: [page], long: 1h, short: 5m, budget_share: 0.02}\n",
            "policy.yaml:3: burn_rate.alerts[0].severity: found ['page'], expected one of page, ticket",
        ),
        (
            "burn_rate:\n  alerts:\n    - {severity: page, long: 4h, short: 5m, budget_share: 0.02}\n",
            "policy.yaml:3: burn_rate.alerts[0].long: found 4h, expected one of burn_rate.windows",
        ),
    ],
)
def test_each_fault_is_one_line_with_its_place(policy_faults: _Faults, text: str, place: str) -> None:
    if text.startswith("error_budget:\n"):
        text += "  cautious_at: 0.5\n  protected_below: 0.2\n  exhausted_at: 0.0\n  minimum_coverage: 0.9\n"
    (line,) = policy_faults(text)
    assert line.startswith(place)
    assert "expected" in line


def test_a_bad_window_does_not_move_the_place_of_the_next_one(policy_faults: _Faults) -> None:
    lines = policy_faults("burn_rate:\n  windows: [bogus, 7m, 5m, 30m, 1h, 2h, 6h, 1d, 3d]\n")
    assert [line.split(": ")[1] for line in lines] == ["burn_rate.windows[0]", "burn_rate.windows[1]"]


def test_the_edges_of_the_bands_may_not_be_left_out(policy_faults: _Faults) -> None:
    lines = policy_faults("error_budget:\n  minimum_events: 5\n")
    assert [line.split(": ")[1] for line in lines] == [
        f"error_budget.{name}"
        for name in ("cautious_at", "protected_below", "exhausted_at", "minimum_coverage")
    ]


def test_all_faults_are_told_together(policy_faults: _Faults) -> None:
    lines = policy_faults(
        "timezone: Nowhere\n"
        + _bands("half")
        + "tiers:\n  normal: {allowed: [fun]}\nextra: 1\ntimezone: UTC\n"
    )
    assert [line.split(": ")[:2] for line in lines] == [
        ["policy.yaml:1", "timezone"],
        ["policy.yaml:1", "timezone"],
        ["policy.yaml:2", "error_budget.cautious_at"],
        ["policy.yaml:4", "tiers.normal.allowed[0]"],
        ["policy.yaml:5", "extra"],
    ]


@pytest.mark.parametrize("section", ["error_budget", "burn_rate", "tiers"])
def test_a_section_that_is_no_mapping_is_one_fault(policy_faults: _Faults, section: str) -> None:
    for value in ("", " 5", " []", " text"):
        (line,) = policy_faults(f"{section}:{value}\n")
        assert line.startswith(f"policy.yaml:1: {section}: found ")


@pytest.mark.parametrize("section", ["error_budget", "burn_rate", "tiers"])
def test_a_message_is_free_of_the_names_of_the_code(policy_faults: _Faults, section: str) -> None:
    (line,) = policy_faults(f"{section}:\n")
    assert "instance of _" not in line
