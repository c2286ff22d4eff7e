"""What each policy tier allows, and whose approval it asks for; a rollback, tier 3, and what nobody told."""

import pytest

from dashboard.policy.data import GatePolicy
from tests.policy.releases import CHANGE_TYPES, ENVIRONMENTS, MISSING, POLICY_TIERS, SERVICE_OF, release
from tests.policy.verdicts import Judge, checks, violated

_FIXES = {"bugfix", "security", "rollback", "emergency"}
_ALLOWED = {
    "normal": set(CHANGE_TYPES),
    "cautious": set(CHANGE_TYPES),
    "protected": _FIXES,
    "exhausted": _FIXES - {"bugfix"},
    "unknown": _FIXES,
}
_APPROVERS = {"protected": ["SRE"], "exhausted": ["VP Engineering"], "unknown": ["SRE"]}
_EVERYBODY = [{"role": "sre", "by": "kim"}, {"role": "vp-engineering", "by": "jo"}]


def _warned(decision: object) -> set[str]:
    assert isinstance(decision, dict)
    return {item["code"] for item in decision["warnings"]}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("service_tier", SERVICE_OF)
@pytest.mark.parametrize("policy_tier", POLICY_TIERS)
def test_a_policy_tier_allows_what_the_framework_says(
    judge: Judge, policy_tier: str, service_tier: int, environment: str
) -> None:
    for change in CHANGE_TYPES:
        asked = change != "rollback" and service_tier in (1, 2)
        changes = {
            "service": SERVICE_OF[service_tier],
            "environment": environment,
            "policy_tier": policy_tier,
            "change_type": change,
        }
        decision = judge(release(changes, approvals=_EVERYBODY))
        forbidden = change not in _ALLOWED[policy_tier]
        assert violated(decision) == ({"slo.change_type"} if forbidden and asked else set()), change
        assert decision["allow"] == (not (forbidden and asked)), change
        assert ("slo.change_type" in _warned(decision)) == (forbidden and not asked), change
        assert (decision["policy_tier"], decision["change_type"]) == (policy_tier, change)
        roles = _APPROVERS.get(policy_tier, []) if asked else []
        assert [item["role"] for item in decision["required_approvals"]] == roles, change
        alone = judge(release(changes))
        assert ("approval.approvals" in violated(alone)) == bool(roles), change


@pytest.mark.parametrize("service_tier", [1, 2])
@pytest.mark.parametrize("told", [MISSING, None, "", "gold", "Normal", 1, True, ["normal"], {}])
def test_a_policy_tier_that_nobody_told_allows_nothing_and_asks_everybody(
    judge: Judge, told: object, service_tier: int
) -> None:
    for change in CHANGE_TYPES:
        if change == "rollback":
            continue
        decision = judge(release(service=SERVICE_OF[service_tier], policy_tier=told, change_type=change))
        assert violated(decision) == {"slo.change_type", "approval.approvals"}
        assert [item["role"] for item in decision["required_approvals"]] == ["SRE", "VP Engineering"]
    assert judge(release(policy_tier=told, change_type="rollback"))["allow"]
    assert judge(release(service=SERVICE_OF[3], policy_tier=told))["allow"]


@pytest.mark.parametrize("told", [MISSING, None])
@pytest.mark.parametrize("migration", [True, False])
def test_a_change_type_that_nobody_told_passes_where_every_kind_does(
    judge: Judge, told: object, *, migration: bool
) -> None:
    for policy_tier in POLICY_TIERS:
        decision = judge(
            release(
                change_type=told,
                policy_tier=policy_tier,
                has_database_migration=migration,
                approvals=_EVERYBODY,
            )
        )
        assert decision["allow"] == (policy_tier in ("normal", "cautious"))
        assert decision["change_type"] == ("migration" if migration else "feature")
        assert "warn.change_type" in _warned(decision)


def test_an_untold_change_is_none_where_a_kind_is_forbidden(judge: Judge, of_a_team: GatePolicy) -> None:
    document = release(environment="staging", change_type=None, has_database_migration=True)
    for policy_tier in ("normal", "cautious"):  # the one forbids a migration, the other a feature
        document["policy_tier"] = policy_tier
        assert "slo.change_type" in violated(judge.under(of_a_team)(document))


@pytest.mark.parametrize("told", ["refactor", "", "Feature", " feature", 1, True, False, [], ["feature"], {}])
def test_a_change_type_that_is_not_ours_never_passes(judge: Judge, told: object) -> None:
    lifts = [{"id": "EXC-1", "type": "slo"}, {"id": "EXC-2", "type": "budget"}]
    for policy_tier in POLICY_TIERS:
        decision = judge(
            release(change_type=told, policy_tier=policy_tier, approvals=_EVERYBODY, exceptions=lifts)
        )
        assert violated(decision) == {"slo.change_type"}


@pytest.mark.parametrize("policy_tier", [*POLICY_TIERS, None, "gold"])
def test_a_service_without_an_objective_is_restricted_by_no_tier(
    judge: Judge, of_a_team: GatePolicy, policy_tier: object
) -> None:
    nothing = {"error_budget_remaining": MISSING, "fast_burn_rate": MISSING, "slow_burn_rate": MISSING}
    for told in (judge, judge.under(of_a_team)):
        service = "docs" if told is judge else "pay"
        decision = told(
            release(
                {
                    "service": service,
                    "policy_tier": policy_tier,
                    "environment": "staging",
                    "slo.active_p3_incidents": 0,
                    **{f"slo.{name}": value for name, value in nothing.items()},
                }
            )
        )
        assert "slo.budget_remaining" not in checks(decision)
        assert not {code for code in violated(decision) if code.startswith("slo.")}
        assert (decision["policy_tier"], decision["required_approvals"]) == ("best_effort", [])


@pytest.mark.parametrize("policy_tier", [*POLICY_TIERS, None])
def test_a_rollback_is_asked_nothing_that_keeps_a_service_from_safety(
    judge: Judge, policy_tier: object
) -> None:
    freeze = {"id": "F", "start": "2026-11-01T00:00:00.000000Z", "end": "2026-12-01T00:00:00.000000Z"}
    changes = {
        "change_type": "rollback",
        "policy_tier": policy_tier,
        "slo": None,
        "clock": {"weekday": "Sunday", "time": "03:00:00.000000"},
        "freezes": [{**freeze, "services": [], "environments": [], "reason": "Sale"}],
    }
    decision = judge(release(changes))
    assert decision["allow"]
    assert {"slo.budget_remaining", "slo.rollbacks", "approval.window", "approval.freeze"} <= _warned(
        decision
    )
    assert decision["required_approvals"] == []


@pytest.mark.parametrize("code", ["build.lint", "quality.coverage", "security.secrets", "policy.registry"])
def test_the_other_gates_hold_for_a_rollback(judge: Judge, code: str) -> None:
    part = {
        "build.lint": "gates.build.lint",
        "quality.coverage": "gates.quality.coverage",
        "security.secrets": "gates.security.secrets_found",
        "policy.registry": "image",
    }[code]
    decision = judge(release({"change_type": "rollback", part: MISSING}))
    assert (violated(decision), decision["allow"]) == ({code}, False)


def test_tier_3_is_released_on_what_the_framework_asks_of_it(judge: Judge) -> None:
    few = release(
        service="devtools",
        gates={
            "build": {"typescript": "pass", "compile": "pass", "lint": "pass", "format": "pass"},
            "quality": {"unit_tests": "pass", "coverage": 60},
            "security": {"critical_cves": 0},
        },
        slo=MISSING,
        image=MISSING,
        policy_tier=MISSING,
        clock={"weekday": "Sunday", "time": "03:00:00.000000"},
    )
    decision = judge(few)
    assert decision["allow"]
    assert {"quality.integration_tests", "slo.budget_remaining", "approval.window"} <= _warned(decision)


def test_a_policy_may_relax_no_tier_or_another(judge: Judge, of_a_team: GatePolicy) -> None:
    strict = judge.under(of_a_team)
    changes = {"environment": "staging", "image": MISSING}
    assert "policy.registry" in violated(strict(release(changes, service="tools")))
    assert "policy.registry" not in violated(strict(release(changes, service="batch")))


@pytest.mark.parametrize(
    ("told", "counts"),
    [
        ("VP Engineering", True),
        ("vp-engineering", True),
        ("VP ENGINEERING", True),
        ("Vp-Engineering", True),
        ("VP  Engineering", False),
        ("vp_engineering", False),
        ("VP Engineering ", False),
        ("VP", False),
        ("", False),
        ("SRE", False),
        (None, False),
        (1, False),
        (["VP Engineering"], False),
    ],
)
def test_an_approval_is_by_role(judge: Judge, told: object, *, counts: bool) -> None:
    document = release(
        change_type="security", policy_tier="exhausted", approvals=[{"role": told, "by": "jo"}]
    )
    decision = judge(document)
    assert [item["satisfied"] for item in decision["required_approvals"]] == [counts]
    assert decision["allow"] == counts


@pytest.mark.parametrize(
    "approvals",
    [MISSING, None, {}, "SRE", ["SRE"], [None], [{}], [["SRE"]], {"role": "SRE"}, {"a": {"role": "SRE"}}],
)
def test_approvals_that_cannot_be_read_are_none(judge: Judge, approvals: object) -> None:
    decision = judge(release(change_type="bugfix", policy_tier="protected", approvals=approvals))
    assert violated(decision) == {"approval.approvals"}


def test_all_whom_a_tier_names_have_to_approve(judge: Judge, of_a_team: GatePolicy) -> None:
    strict = judge.under(of_a_team)
    for roles, satisfied in {
        (): [False, False],
        ("cto",): [False, True],
        ("CTO", "VP Engineering"): [True, True],
    }.items():
        approvals = [{"role": role, "by": "jo"} for role in roles]
        decision = strict(release(policy_tier="exhausted", approvals=approvals))
        assert [item["satisfied"] for item in decision["required_approvals"]] == satisfied
        assert ("approval.approvals" in violated(decision)) != all(satisfied)
