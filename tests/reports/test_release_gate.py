"""A decision from a store: what it knows counts, what it does not is missing, and every reason is there."""

from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from dashboard.domain.deployments import DeploymentState
from dashboard.domain.gate_rules import ExceptionType, GateName
from dashboard.domain.policy import Policy
from dashboard.domain.policy_tier import ChangeType
from dashboard.domain.release_decision import Check, Decision
from dashboard.domain.tier_forecast import Assumption
from tests.gates import EVIDENCE, MINUTE, approve, decide, freeze, grant, request, unmet
from tests.pages.releases import HOUR, deployed, incident, tell
from tests.pages.stores import NEWEST, NOW, WELL, Fleet, build, burst, measured_since, steady

_DAY = timedelta(days=1)


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    """Ninety percent of the budget of `api` is left, and nothing else is wrong."""
    return build(tmp_path / "fleet", WELL)


def _check(decision: Decision, code: str) -> Check:
    return next(check for gate in decision.gates for check in gate.checks if check.code == code)


def _codes(decision: Decision) -> list[str]:
    return [notice.code for notice in decision.warnings]


def test_a_healthy_service_with_evidence_may_be_released(fleet: Fleet) -> None:
    decision = decide(fleet, request())
    assert decision.allow
    assert unmet(decision) == set()
    assert [gate.name for gate in decision.gates] == list(GateName)
    assert all(gate.passes for gate in decision.gates)
    assert (decision.policy_tier, decision.strategy) == ("normal", "progressive-canary")


def test_what_the_store_knows_says_where_it_came_from_and_how_old_it_is(fleet: Fleet) -> None:
    budget = _check(decide(fleet, request()), "slo.budget_remaining")
    assert budget.source == "store, data up to 2026-11-23T09:00:00Z"
    assert budget.seen == 90


def test_a_pipeline_cannot_lie_about_the_budget(tmp_path: Path) -> None:
    fleet = build(tmp_path / "fleet", WELL | {"api/availability": steady(0.0009)})
    lie = request(slo={"error_budget_remaining": 99.0}, policy_tier="normal")
    decision = decide(fleet, lie)
    assert unmet(decision) == {"slo.budget_remaining", "slo.change_type", "approval.approvals"}
    assert _check(decision, "slo.budget_remaining").seen == pytest.approx(10)
    told = [notice.message for notice in decision.warnings if notice.code == "warn.input_differs"]
    assert any("error_budget_remaining: the input says 99, the store says 10" in text for text in told)
    assert any("policy_tier: the input says normal, the store says protected" in text for text in told)


def test_a_trusted_input_says_itself_what_its_service_level_is(tmp_path: Path) -> None:
    fleet = build(tmp_path / "fleet", WELL | {"api/availability": steady(0.0009)})
    decision = decide(fleet, request(slo={"error_budget_remaining": 99.0}), trusted=True)
    assert decision.policy_tier == "normal"
    assert _check(decision, "slo.budget_remaining").source == "input (trusted)"
    assert decision.allow


def test_a_value_that_says_the_same_as_the_store_is_not_told_about(fleet: Fleet) -> None:
    assert "warn.input_differs" not in _codes(decide(fleet, request(slo={"active_p1_incidents": 0})))


def test_nothing_is_allowed_where_the_store_is_missing(tmp_path: Path) -> None:
    fleet = build(tmp_path / "fleet", WELL)
    fleet.store.unlink()
    decision = decide(fleet, request())
    assert not decision.allow
    assert decision.policy_tier == "unknown"
    budget = _check(decision, "slo.budget_remaining")
    assert (budget.seen, "found no store" in budget.source) == (None, True)


def test_a_trusted_input_needs_no_store(tmp_path: Path) -> None:
    fleet = build(tmp_path / "fleet", WELL)
    fleet.store.unlink()
    slo = {
        "error_budget_remaining": 80,
        "fast_burn_rate": 0.1,
        "slow_burn_rate": 0.1,
        "active_p1_incidents": 0,
        "active_p2_incidents": 0,
        "rollbacks_last_24h": 0,
    }
    assert decide(fleet, request(slo=slo), trusted=True).allow


def test_too_little_data_makes_the_tier_unknown_with_the_reason(tmp_path: Path) -> None:
    fleet = build(tmp_path / "fleet", WELL | {"api/availability": measured_since(timedelta(hours=5))})
    decision = decide(fleet, request(change_type="bugfix"))
    assert decision.policy_tier == "unknown"
    assert "only 60 of 864 five-minute buckets" in _check(decision, "slo.change_type").source
    assert _check(decision, "slo.budget_remaining").seen is None


def test_a_service_without_an_objective_has_no_budget_to_check(fleet: Fleet) -> None:
    decision = decide(fleet, request(service="docs", image="ghcr.io/acme/docs:1"))
    assert decision.policy_tier == "best_effort"
    assert decision.allow


def test_an_unknown_service_is_denied_whatever_else_is_well(fleet: Fleet) -> None:
    assert "policy.service" in unmet(decide(fleet, request(service="apis")))


@pytest.mark.parametrize(
    ("severity", "service", "change", "code"),
    [
        ("P1", "api", "feature", "slo.incidents_p1"),
        ("P2", "api", "feature", "slo.incidents_p2"),
        ("P3", "api", "feature", None),
        ("P1", "worker", "feature", None),
        ("P1", "api", "rollback", None),
        ("who knows", "api", "feature", "slo.incidents_p2"),
    ],
)
def test_an_open_incident_of_the_service_holds_everything_but_a_rollback(
    fleet: Fleet, severity: str, service: str, change: str, code: str | None
) -> None:
    tell(fleet, incident("INC-1", HOUR, None, severity=severity, services=(service,)))
    assert unmet(decide(fleet, request(change_type=change))) == ({code} if code else set())


def test_an_incident_that_is_over_holds_nothing(fleet: Fleet) -> None:
    tell(fleet, incident("INC-1", HOUR, HOUR - MINUTE))
    assert decide(fleet, request()).allow
    assert not decide(fleet, request(), now=NOW - 2 * MINUTE).allow


def test_an_incident_of_nobody_s_service_is_told_about(fleet: Fleet) -> None:
    tell(fleet, incident("INC-1", HOUR, None, services=("checkout",)))
    assert "warn.incident_unmapped" in _codes(decide(fleet, request()))


def _rolled_back(name: str, ago: timedelta, **said: Any) -> Any:
    return deployed(name, ago, change_type=ChangeType.ROLLBACK, **said)


def test_one_rollback_in_24_hours_warns_and_two_deny_until_the_older_is_a_day_old(fleet: Fleet) -> None:
    tell(fleet, deployed("1", 40 * HOUR), _rolled_back("2", 20 * HOUR))
    once = decide(fleet, request())
    assert once.allow
    assert "warn.rollbacks" in _codes(once)
    tell(fleet, deployed("3", 10 * HOUR), _rolled_back("4", 2 * HOUR))
    twice = decide(fleet, request())
    assert unmet(twice) == {"slo.rollbacks"}
    assert _check(twice, "slo.rollbacks").seen == 2
    (relief,) = [change.at for change in twice.changes_at if "rollbacks" in change.what]
    assert relief == NOW - 20 * HOUR + 24 * HOUR
    assert decide(fleet, request(), now=relief).allow or "slo.rollbacks" not in unmet(
        decide(fleet, request(), now=relief)
    )


def test_a_release_that_its_own_source_took_back_counts_as_a_rollback(fleet: Fleet) -> None:
    tell(fleet, deployed("1", 3 * HOUR, state=DeploymentState.ROLLED_BACK))
    assert _check(decide(fleet, request()), "slo.rollbacks").seen == 1


def test_rollbacks_elsewhere_do_not_count(fleet: Fleet) -> None:
    tell(fleet, _rolled_back("1", HOUR, service="worker"), _rolled_back("2", HOUR, environment="staging"))
    assert _check(decide(fleet, request()), "slo.rollbacks").seen == 0
    staged = decide(fleet, request(environment="staging"))
    assert _check(staged, "slo.rollbacks").seen == 1


def test_an_environment_by_another_name_is_ours(fleet: Fleet) -> None:
    assert decide(fleet, request(environment="prod")).environment == "production"


def test_a_freeze_denies_from_its_start_up_to_its_end(fleet: Fleet) -> None:
    freeze(fleet, NOW, NOW + HOUR, services=["api"])
    assert unmet(decide(fleet, request())) == {"approval.freeze"}
    assert unmet(decide(fleet, request(service="worker", image="ghcr.io/acme/w:1"))) == set()
    assert decide(fleet, request(), now=NOW - timedelta(microseconds=1)).allow
    assert decide(fleet, request(), now=NOW + HOUR - timedelta(microseconds=1)).allow is False
    assert decide(fleet, request(change_type="rollback")).allow
    ends = [change for change in decide(fleet, request()).changes_at if "FRZ-1 ends" in change.what]
    assert [change.at for change in ends] == [NOW + HOUR]


def test_a_yes_holds_until_the_first_of_what_is_known_to_end_it(fleet: Fleet) -> None:
    inside = decide(fleet, request())
    assert inside.holds_until is not None
    assert (inside.holds_until.at, inside.holds_until.closes) == (
        NOW.replace(hour=16, minute=0),
        ("approval.window",),
    )
    assert inside.holds_at_most_until == inside.holds_until
    freeze(fleet, NOW + HOUR, NOW + 2 * HOUR)
    earlier = decide(fleet, request()).holds_until
    assert earlier is not None
    assert (earlier.at, earlier.what, earlier.assuming) == (NOW + HOUR, "the freeze FRZ-1 begins", None)


def test_a_freeze_that_is_far_away_ends_a_yes_too(fleet: Fleet) -> None:
    freeze(fleet, NOW + 20 * _DAY, NOW + 21 * _DAY)
    docs = request(service="docs", image="ghcr.io/acme/docs:1")
    ends = decide(fleet, docs).holds_until
    assert ends is not None
    assert (ends.at, ends.what) == (NOW + 20 * _DAY, "the freeze FRZ-1 begins")


def test_a_yes_that_no_time_is_known_to_end_says_none(fleet: Fleet) -> None:
    assert decide(fleet, request(environment="staging")).holds_until is None


def test_a_yes_ends_when_the_budget_falls_below_its_floor_at_the_current_pace(tmp_path: Path) -> None:
    # 31 % of three days' budget are left, and it burns at 0.9: below 30 % in 48 minutes.
    def burning(ago: timedelta) -> float:
        if ago < HOUR:
            return 0.0009
        return 0.01 if timedelta(hours=3) <= ago < timedelta(hours=7, minutes=55) else 0.0

    fleet = build(tmp_path / "fleet", WELL | {"api/availability": burning})
    decision = decide(fleet, request())
    assert (decision.allow, decision.policy_tier) == (True, "cautious")
    ends = decision.holds_until
    assert ends is not None
    assert ends.closes == ("slo.budget_remaining",)
    assert ends.what == "the error budget falls below its floor of 30 % at the current pace"
    assert ends.assuming is Assumption.CURRENT_PACE
    seen = Fraction(str(_check(decision, "slo.budget_remaining").seen))
    room = (seen - 30) / 100 * 72 / Fraction(9, 10)
    assert ends.at == pytest.approx(NEWEST + timedelta(hours=float(room)), abs=timedelta(minutes=1))
    sure = decision.holds_at_most_until
    assert sure is not None
    assert (sure.what, sure.assuming) == ("the deployment window closes", None)
    trusted = decide(fleet, request(slo={"error_budget_remaining": 99}, policy_tier="normal"), trusted=True)
    assert trusted.holds_until == sure, "the store's forecasts mean nothing for a budget of the input's own"


def test_a_fix_that_a_stricter_tier_asks_an_approval_for_holds_until_that_tier(
    tmp_path: Path, policy: Policy
) -> None:
    def burning(ago: timedelta) -> float:
        if ago < HOUR:
            return 0.0009
        return 0.01 if timedelta(hours=3) <= ago < timedelta(hours=8, minutes=35) else 0.0

    fleet = build(tmp_path / "fleet", WELL | {"api/availability": burning})
    name = grant(fleet, ExceptionType.SLO, policy, ends=NOW + 90 * MINUTE)
    decision = decide(fleet, request(change_type="bugfix"))
    assert (decision.allow, decision.policy_tier) == (True, "cautious")
    ends, sure = decision.holds_until, decision.holds_at_most_until
    assert ends is not None
    assert ends.closes == ("approval.approvals",), "the budget's floor is lifted, the approval is not"
    assert ends.what == "the policy tier becomes protected at the current pace"
    assert sure is not None
    assert (sure.at, sure.what) == (NOW + 90 * MINUTE, f"exception {name} expires")
    approve(fleet, policy, "SRE")
    signed = decide(fleet, request(change_type="bugfix")).holds_until
    assert signed is not None
    assert signed.at == NOW + 90 * MINUTE


def test_a_yes_by_an_exception_holds_on_where_the_window_opens_before_it_expires(
    fleet: Fleet, policy: Policy
) -> None:
    grant(fleet, ExceptionType.WINDOW, policy, ends=NOW + HOUR)
    early = decide(fleet, request(), now=NOW - 4 * MINUTE)
    assert early.allow
    assert early.holds_until is not None
    assert early.holds_until.what == "the deployment window closes"
    late = NOW.replace(hour=8)
    assert not decide(fleet, request(), now=late).allow, "it was not approved yet"


def test_a_yes_by_an_exception_holds_until_it_expires(fleet: Fleet, policy: Policy) -> None:
    freeze(fleet, NOW - HOUR, NOW + 2 * HOUR)
    name = grant(fleet, ExceptionType.FREEZE, policy, ends=NOW + HOUR)
    ends = decide(fleet, request()).holds_until
    assert ends is not None
    assert (ends.at, ends.what, ends.closes) == (
        NOW + HOUR,
        f"exception {name} expires",
        ("approval.freeze",),
    )


def test_an_override_is_good_for_the_one_time_that_it_is_asked_for(tmp_path: Path) -> None:
    fleet = build(tmp_path / "fleet", WELL | {"api/availability": steady(0.002)})
    override = {"emergency_override": True, "override_approver": "cto", "incident_id": "INC-1"}
    decision = decide(fleet, request(**override | {"override_reason": "the checkout is down"}))
    assert (decision.allow, decision.holds_until) == (True, None)


def test_the_floor_of_the_budget_is_met_again_at_an_exact_time(tmp_path: Path) -> None:
    begin, end = timedelta(hours=60), timedelta(hours=54)
    fleet = build(tmp_path / "fleet", WELL | {"api/availability": burst(0.009, begin, end)})
    decision = decide(fleet, request())
    assert unmet(decision) == {"slo.budget_remaining"}
    (again,) = [change for change in decision.changes_at if "is left again" in change.what]
    assert again.what == "at least 30 % of the error budget is left again if nothing more burns"
    assert again.assuming is Assumption.NOTHING_MORE_BURNS
    for at, met in ((again.at, True), (again.at - 5 * MINUTE, False)):
        passed = at - NEWEST
        later = build(
            tmp_path / f"{met}",
            WELL | {"api/availability": burst(0.009, begin + passed, end + passed)},
            newest=at,
        )
        assert ("slo.budget_remaining" not in unmet(decide(later, request(), now=at))) is met


def test_a_no_lasts_at_least_until_the_window_is_open_once_the_rest_has_ended(tmp_path: Path) -> None:
    spent = burst(0.055, timedelta(hours=61), timedelta(hours=60))
    fleet = build(tmp_path / "fleet", WELL | {"api/availability": spent})
    tell(fleet, incident("INC-1", HOUR, None))
    decision = decide(fleet, request())
    assert unmet(decision) >= {"slo.budget_remaining", "slo.incidents_p1"}
    bound = decision.not_before
    assert bound is not None
    (relief,) = [change.at for change in decision.changes_at if "is left again" in change.what]
    assert relief.hour >= 16, "the budget is back in the evening, when the window is closed"
    assert bound.at == (relief + _DAY).replace(hour=9, minute=0)
    assert bound.check == "slo.budget_remaining"
    assert bound.what.endswith("if nothing more burns, and then the deployment window opens")
    assert bound.then_still == ("slo.incidents_p1",)
    assert decide(fleet, request(environment="staging")).not_before is not None


def test_what_no_time_ends_has_no_bound(fleet: Fleet) -> None:
    tell(fleet, incident("INC-1", HOUR, None))
    assert decide(fleet, request()).not_before is None


def test_evidence_that_is_missing_stands_in_the_way_still(fleet: Fleet) -> None:
    bound = decide(fleet, request(gates={}), now=NOW.replace(hour=8, minute=50)).not_before
    assert bound is not None
    assert (bound.at, bound.check) == (NOW.replace(hour=9, minute=0), "approval.window")
    assert {"build.lint", "security.secrets"} <= set(bound.then_still)
    assert "approval.approvals" not in bound.then_still


def test_an_exception_that_has_expired_by_then_no_longer_lifts_anything(fleet: Fleet, policy: Policy) -> None:
    name = grant(fleet, ExceptionType.SECURITY, policy, ends=NOW + HOUR)
    freeze(fleet, NOW - HOUR, NOW + 2 * HOUR)
    holed = EVIDENCE | {"security": EVIDENCE["security"] | {"high_cves": 1}}
    decision = decide(fleet, request(gates=holed))
    assert unmet(decision) == {"approval.freeze"}
    assert _check(decision, "security.high_cves").waived_by == name
    assert decision.not_before is not None
    assert decision.not_before.then_still == ("security.high_cves",)


def test_a_freeze_to_come_is_among_what_changes(fleet: Fleet) -> None:
    freeze(fleet, NOW + HOUR, NOW + 2 * HOUR)
    decision = decide(fleet, request())
    assert decision.allow
    assert [change.at for change in decision.changes_at if "FRZ-1 begins" in change.what] == [NOW + HOUR]


def test_the_window_says_when_it_opens_and_when_it_closes(fleet: Fleet) -> None:
    inside = decide(fleet, request())
    closes = [change.at for change in inside.changes_at if change.what == "the deployment window closes"]
    assert closes == [NOW.replace(hour=16, minute=0)]
    early = decide(fleet, request(), now=NOW - 4 * MINUTE)
    assert unmet(early) == {"approval.window"}
    opens = [change.at for change in early.changes_at if change.what == "the deployment window opens"]
    assert opens == [NOW.replace(hour=9, minute=0)]


def test_protected_asks_for_the_approval_of_sre_by_somebody_else(tmp_path: Path, policy: Policy) -> None:
    fleet = build(tmp_path / "fleet", WELL | {"api/availability": steady(0.0009)})
    fix = request(change_type="bugfix")
    assert unmet(decide(fleet, fix)) == {"slo.budget_remaining", "approval.approvals"}
    approve(fleet, policy, "SRE", by="Dana")
    assert "approval.approvals" in unmet(decide(fleet, fix))
    approve(fleet, policy, "SRE")
    decision = decide(fleet, fix)
    assert unmet(decision) == {"slo.budget_remaining"}
    assert [(item.role, item.satisfied) for item in decision.required_approvals] == [("SRE", True)]
    assert "approval.approvals" in unmet(decide(fleet, request(change_type="bugfix", requested_by=None)))


def test_an_approval_counts_for_a_day(tmp_path: Path, policy: Policy) -> None:
    fleet = build(tmp_path / "fleet", WELL | {"api/availability": steady(0.0009)})
    approve(fleet, policy, "SRE", at=NOW - 24 * HOUR + MINUTE)
    fix = request(change_type="bugfix")
    decision = decide(fleet, fix)
    assert decision.required_approvals[0].satisfied
    assert [change.at for change in decision.changes_at if "approval by Lena" in change.what] == [
        NOW + MINUTE
    ]
    assert not decide(fleet, fix, now=NOW + MINUTE).required_approvals[0].satisfied


def test_approvals_and_exceptions_that_only_the_input_knows_do_not_count(tmp_path: Path) -> None:
    fleet = build(tmp_path / "fleet", WELL | {"api/availability": steady(0.0009)})
    claims = request(
        change_type="bugfix",
        approvals=["SRE"],
        exceptions=[{"id": "EXC-9", "type": "slo"}],
        freeze_exception={"freeze_id": "F", "approved": True, "approver": "cto"},
    )
    decision = decide(fleet, claims)
    assert unmet(decision) == {"slo.budget_remaining", "approval.approvals"}
    assert _codes(decision).count("warn.input_ignored") == 3
    trusted = decide(fleet, claims, trusted=True)
    assert trusted.allow
    assert {use.id for use in trusted.exceptions_used} == {"EXC-9"}


def test_an_exception_lifts_its_checks_until_the_instant_it_expires(tmp_path: Path, policy: Policy) -> None:
    fleet = build(tmp_path / "fleet", WELL | {"api/availability": steady(0.0009)})
    approve(fleet, policy, "SRE")
    name = grant(fleet, ExceptionType.SLO, policy, ends=NOW + 30 * MINUTE)
    decision = decide(fleet, request(change_type="bugfix"))
    assert decision.allow
    assert _check(decision, "slo.budget_remaining").waived_by == name
    assert [change.at for change in decision.changes_at if name in change.what] == [NOW + 30 * MINUTE]
    late = decide(fleet, request(change_type="bugfix"), now=NOW + 30 * MINUTE)
    assert "slo.budget_remaining" in unmet(late)


def test_an_exception_that_expires_before_the_window_opens_is_warned_of(fleet: Fleet, policy: Policy) -> None:
    early = NOW.replace(hour=8, minute=53)
    grant(fleet, ExceptionType.SLO, policy, ends=NOW.replace(hour=9, minute=0))
    decision = decide(fleet, request(), now=early)
    (told,) = [item.message for item in decision.warnings if item.code == "warn.exception_too_early"]
    assert told == (
        "The exception EXC-slo (slo) expires on 2026-11-23 09:00 UTC, before the deployment window opens on"
        " 2026-11-23 09:00 UTC: it will lift nothing"
    )
    for harmless in (request(environment="staging"), request(change_type="rollback")):
        assert "warn.exception_too_early" not in _codes(decide(fleet, harmless, now=early))


def test_an_exception_from_one_freeze_does_not_lift_another(fleet: Fleet, policy: Policy) -> None:
    freeze(fleet, NOW - HOUR, NOW + HOUR)
    grant(fleet, ExceptionType.FREEZE, policy, ends=NOW + HOUR, freeze="FRZ-2")
    assert unmet(decide(fleet, request())) == {"approval.freeze"}


def test_who_approved_an_exception_for_just_this_version_has_approved_it(
    tmp_path: Path, policy: Policy
) -> None:
    fleet = build(tmp_path / "fleet", WELL | {"api/availability": steady(0.002)})
    grant(
        fleet,
        ExceptionType.BUDGET,
        policy,
        ends=NOW + 30 * MINUTE,
        environment="production",
        version="v2.4.0",
    )
    decision = decide(fleet, request(change_type="security"))
    other = decide(fleet, request(change_type="security", version="v2.4.1"))
    assert not other.required_approvals[0].satisfied
    assert decision.policy_tier == "exhausted"
    assert [(item.role, item.satisfied) for item in decision.required_approvals] == [("VP Engineering", True)]
    assert unmet(decision) == {"slo.slow_burn", "slo.fast_burn"}


def test_an_emergency_override_lifts_what_it_may(tmp_path: Path) -> None:
    fleet = build(tmp_path / "fleet", WELL | {"api/availability": steady(0.002)})
    override = {
        "emergency_override": True,
        "override_approver": "cto",
        "override_reason": "the checkout is down",
        "incident_id": "INC-1",
    }
    decision = decide(fleet, request(**override))
    assert (decision.allow, decision.emergency.used) == (True, True)
    assert not decision.gate(GateName.SLO).passes
    assert not decide(fleet, request(**override | {"override_reason": "  "})).allow
    broken = request(**override)
    broken["gates"]["build"]["lint"] = "fail"
    assert "override.essential" in unmet(decide(fleet, broken))


def test_the_tier_that_gets_better_by_itself_is_among_what_changes(tmp_path: Path) -> None:
    def spent(ago: timedelta) -> float:
        return 0.05 if timedelta(hours=60) <= ago < timedelta(hours=61) else 0.0

    fleet = build(tmp_path / "fleet", WELL | {"api/availability": spent})
    changes = decide(fleet, request()).changes_at
    better = [change for change in changes if "the policy tier becomes" in change.what]
    assert better
    assert all(change.what.endswith("if nothing more burns") for change in better)
    assert list(changes) == sorted(changes, key=lambda change: change.at)
