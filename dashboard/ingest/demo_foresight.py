"""What the people of the demo can see coming: whether the gate will deny a release."""

from dashboard.demo.pipeline import PRODUCTION
from dashboard.domain.deployment_window import is_open
from dashboard.domain.policy import Policy
from dashboard.domain.policy_tier import ChangeType, PolicyTier
from dashboard.domain.slo import Service
from dashboard.ingest.demo_asking import Asking
from dashboard.ingest.demo_stage import Stage
from dashboard.reports.release_facts import ReleaseFacts


def is_foreseen(stage: Stage, asking: Asking) -> bool:
    """Whether people can see now that it will be denied."""
    policy, service = stage.context.policy, asking.service
    if is_frozen(stage, asking):
        return True
    if service.tier in policy.gate.relaxed_tiers:
        return False
    if not is_open(policy.gate.windows, service.tier, asking.at, policy.timezone):
        return True
    return _is_denied_by(stage.facts(service.name), asking.release.change, service, policy)


def is_frozen(stage: Stage, asking: Asking) -> bool:
    """Whether a freeze that is known now keeps it."""
    return any(
        freeze.covers(asking.service.name, PRODUCTION) and freeze.is_active(asking.at)
        for freeze in stage.controls.freezes
    )


def _is_denied_by(facts: ReleaseFacts, change: ChangeType | None, service: Service, policy: Policy) -> bool:
    """Whether what the store knows keeps a change from being released."""
    gate = policy.gate
    if any(facts.incidents[severity] for severity in gate.incidents[service.tier]):
        return True
    if len(facts.rollbacks) >= gate.rollbacks_deny_from:
        return True
    if facts.policy_tier not in set(PolicyTier):
        return False  # best effort
    allowed = policy.tiers[PolicyTier(facts.policy_tier)].allowed
    if change not in allowed and not (change is None and allowed == frozenset(ChangeType)):
        return True
    fast, slow = policy.burn_gate
    return (
        facts.remaining is None
        or facts.remaining < gate.budget_floor[service.tier]
        or facts.fast_burn is None
        or facts.slow_burn is None
        or facts.fast_burn >= fast.below
        or facts.slow_burn >= slow.below
    )
