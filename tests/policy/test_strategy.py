"""How a release should be deployed, how long a canary pauses, and where an image may come from."""

import pytest

from dashboard.policy.data import GatePolicy
from tests.policy.releases import MISSING, POLICY_TIERS, release
from tests.policy.verdicts import Decision, Judge, checks

_PROGRESSIVE = [
    (1, 60, ["smoke-check"]),
    (10, 300, ["slo-burn-check", "error-budget-check"]),
    (25, 600, ["slo-burn-check", "synthetic-check"]),
    (50, 900, ["slo-burn-check", "anomaly-check"]),
    (100, 0, []),
]
_STANDARD = [(10, 120, ["quick-health-check"]), (50, 180, ["slo-burn-check"]), (100, 0, [])]
_STEPS = {"progressive-canary": _PROGRESSIVE, "standard-canary": _STANDARD}
_OWN = {
    "api": "progressive-canary",
    "postgres": "blue-green",
    "conductor": "standard-canary",
    "prov-ledger": "rolling",
    "devtools": "rolling",
    "docs": "rolling",
}


def _steps(decision: Decision) -> list[tuple[int, int, list[str]]]:
    return [
        (step["weight"], int(step["pause"].removesuffix("s")), step["analysis"])
        for step in decision["canary_config"]
    ]


def _expected(strategy: str, factor: int) -> list[tuple[int, int, list[str]]]:
    return [(weight, pause * factor, analysis) for weight, pause, analysis in _STEPS.get(strategy, [])]


@pytest.mark.parametrize("policy_tier", [*POLICY_TIERS, None, "gold"])
@pytest.mark.parametrize("service", _OWN)
def test_a_service_is_deployed_its_own_way_and_pauses_are_doubled_from_cautious_on(
    judge: Judge, service: str, policy_tier: object
) -> None:
    decision = judge(release(service=service, policy_tier=policy_tier))
    assert decision["strategy"] == _OWN[service]
    assert _steps(decision) == _expected(_OWN[service], 1 if policy_tier == "normal" else 2)


@pytest.mark.parametrize("policy_tier", [*POLICY_TIERS, None])
def test_a_rollback_does_not_wait(judge: Judge, policy_tier: object) -> None:
    decision = judge(release(policy_tier=policy_tier, change_type="rollback"))
    assert _steps(decision) == _PROGRESSIVE


@pytest.mark.parametrize("service", _OWN)
@pytest.mark.parametrize(
    "changes", [{"has_database_migration": True}, {"change_type": "migration"}], ids=["with_one", "is_one"]
)
def test_a_migration_is_blue_green(judge: Judge, service: str, changes: dict[str, object]) -> None:
    for policy_tier in POLICY_TIERS:
        decision = judge(release(changes, service=service, policy_tier=policy_tier))
        assert (decision["strategy"], decision["canary_config"]) == ("blue-green", [])


@pytest.mark.parametrize("told", [False, None, MISSING, "true", 1, [True]])
def test_what_is_not_said_to_be_a_migration_is_none(judge: Judge, told: object) -> None:
    assert judge(release(has_database_migration=told))["strategy"] == "progressive-canary"


def test_tier_1_is_deployed_carefully_in_a_careful_tier(judge: Judge, of_a_team: GatePolicy) -> None:
    team = judge.under(of_a_team)
    for policy_tier, careful in {"normal": False, "exhausted": False, "protected": True, None: True}.items():
        document = release(policy_tier=policy_tier)
        assert team(document)["strategy"] == ("progressive-canary" if careful else "rolling")
        assert team(document | {"service": "lamp"})["strategy"] == "rolling"
        assert team(document | {"service": "pay"})["strategy"] == "feature-flag"  # no tier restricts it


def test_pauses_are_multiplied_by_the_factor_of_the_tier(judge: Judge, of_a_team: GatePolicy) -> None:
    team = judge.under(of_a_team)
    for policy_tier, factor in {"normal": 1, "cautious": 3, "protected": 4, "unknown": 10, None: 10}.items():
        decision = team(release(service="tools", policy_tier=policy_tier))
        assert _steps(decision) == _expected("progressive-canary", factor)


@pytest.mark.parametrize("service", ["nobody-s", None, MISSING, 1])
def test_a_service_that_nobody_knows_is_deployed_most_carefully(judge: Judge, service: object) -> None:
    decision = judge(release(service=service))
    assert (decision["strategy"], decision["allow"]) == ("progressive-canary", False)


@pytest.mark.parametrize(
    ("image", "trusted"),
    [
        ("ghcr.io/acme/api", True),
        ("ghcr.io/acme/api:2.14.0", True),
        ("ghcr.io/acme/team/api@sha256:0", True),
        ("ghcr.io/brianclong/summit/api:1", True),
        ("registry.intelgraph.local/api:1", True),
        ("ghcr.io/acme-evil/x", False),
        ("ghcr.io/acme.evil.example/x", False),
        ("ghcr.io/acmex/x", False),
        ("ghcr.io/acme", False),
        ("ghcr.io/acme/", False),
        ("ghcr.io/acme:latest", False),
        ("ghcr.io/acme/../evil/x", False),
        ("ghcr.io/acme/..", False),
        ("ghcr.io/acme/x ghcr.io/evil/x", False),
        (" ghcr.io/acme/x", False),
        ("GHCR.io/acme/x", False),
        ("evil.example/ghcr.io/acme/x", False),
        ("https://ghcr.io/acme/x", False),
        ("ghcr.io/brianclong/other/x", False),
        ("registry.intelgraph.local.evil.example/x", False),
        ("nginx", False),
        ("", False),
        (None, False),
        (MISSING, False),
        (1, False),
        (["ghcr.io/acme/api"], False),
        ({"ghcr.io/acme/api": True}, False),
    ],
)
def test_an_image_comes_from_below_a_trusted_registry(judge: Judge, image: object, *, trusted: bool) -> None:
    decision = judge(release(image=image))
    assert (checks(decision)["policy.registry"]["met"], decision["allow"]) == (trusted, trusted)


def test_a_registry_may_be_written_with_its_slash(judge: Judge, of_a_team: GatePolicy) -> None:
    team = judge.under(of_a_team)
    for image, trusted in {
        "registry.example:5000/team/api": True,
        "registry.example:5000/team/": False,
        "registry.example:5000/team-evil/api": False,
        "registry.example/team/api": False,
    }.items():
        assert checks(team(release(image=image)))["policy.registry"]["met"] == trusted
