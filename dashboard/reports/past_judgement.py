"""One deployment of the past before the gate of one policy, with what was known when it began."""

from typing import Any

from dashboard.domain.approvals import standing
from dashboard.domain.past_level import PastLevel, past_level
from dashboard.domain.policy import Policy
from dashboard.domain.policy_backtest import APPROVALS, PIPELINE_CHECKS, Verdict, verdict
from dashboard.domain.policy_tier import ChangeType
from dashboard.domain.record import record
from dashboard.domain.release_target import ReleaseTarget
from dashboard.domain.service_status import ServiceStatus
from dashboard.reports.class_answers import PolicyAnswers
from dashboard.reports.past_releases import PastRelease
from dashboard.reports.release_claims import Standing
from dashboard.reports.release_facts import BEST_EFFORT, ReleaseFacts
from dashboard.reports.release_input import prepared_input
from dashboard.reports.release_service_level import Circumstances
from dashboard.sources.release_request import ReleaseRequest

_FREEZE, _VERSION = "approval.freeze", "policy.version"
_OVERRIDE = ("emergency_override", "override_approver", "override_reason", "incident_id")


@record
class Judgement:
    """What a policy would have said of a deployment, and the numbers that it went by."""

    verdict: Verdict
    level: PastLevel
    rollbacks: int


def judgement(past: PastRelease, policy: Policy, answers: PolicyAnswers) -> Judgement:
    """What `policy` would have said of `past`; `answers` are its own.

    Raises:
        EngineError: the policy cannot be evaluated.
    """
    level = level_of(past, policy)
    facts = facts_then(past, level, policy)
    answer = answers.to(past_input(past, facts, policy))
    return Judgement(
        verdict=verdict(answer, level.untold | _untold(past, policy)),
        level=level,
        rollbacks=len(facts.rollbacks),
    )


def level_of(past: PastRelease, policy: Policy) -> PastLevel:
    """The service level that `past` was up against under `policy`."""
    fast, slow = policy.burn_gate
    return past_level(past.objectives, policy.budget, (fast.window, slow.window), past.at)


def change_of(past: PastRelease) -> str | None:
    """What kind of change `past` was: as its source told, else as the gate was told when it was asked for it.

    Where nobody told anybody, one that acts as a rollback is judged as one.
    """
    release = past.row.release
    if release.deployment.change_type is not None:
        return release.deployment.change_type.value
    if past.decision is not None and past.is_its_own:
        told: str | None = past.decision.said["change_type"]
        return told
    return ChangeType.ROLLBACK.value if release.rollback is not None else None


def past_input(past: PastRelease, facts: ReleaseFacts, policy: Policy) -> dict[str, Any]:
    """The input that the gate would have decided on, as far as it can be known."""
    deployment = past.row.release.deployment
    said = {} if past.decision is None else dict(past.decision.said)
    if not past.is_its_own:  # an emergency is one deployment's, its evidence is that of the version
        said = {key: value for key, value in said.items() if key not in _OVERRIDE}
    request = said | {
        "service": past.service.name,
        "version": deployment.version,
        "environment": deployment.environment,
        "change_type": change_of(past),
    }
    return prepared_input(
        ReleaseRequest(document=request, now=None, unknown=()),
        Circumstances(now=past.at, facts=facts, why="", standing=_standing(past, policy)),
        policy,
        environment=deployment.environment,
    )


def facts_then(past: PastRelease, level: PastLevel, policy: Policy) -> ReleaseFacts:
    """As `release_facts.release_facts` would have found them when `past` began, without `past` itself."""
    status = ServiceStatus(
        service=past.service,
        policy_tier=level.policy_tier,
        reason=level.reason,
        decided_by=None,
        tier_changes=(),
        objectives=(),
    )
    own = past.row.release.deployment.key
    return ReleaseFacts(
        as_of=past.at,
        status=status,
        policy_tier=BEST_EFFORT if level.policy_tier is None else level.policy_tier.value,
        remaining=level.remaining,
        fast_burn=level.fast_burn,
        slow_burn=level.slow_burn,
        incidents=past.incidents.counts,
        unclear=past.incidents.unclear,
        elsewhere=0,
        rollbacks=past.rollbacks.recent(own, past.at, policy.gate.rollbacks_within),
        told=True,
    )


def _standing(past: PastRelease, policy: Policy) -> Standing:
    requestor = _requestor(past)
    deployment = past.row.release.deployment
    target = ReleaseTarget(
        service=past.service.name, environment=deployment.environment, version=deployment.version or ""
    )
    return Standing(
        freezes=past.freezes,
        exceptions=past.exceptions,
        approvals=standing(past.approvals, target, past.at, policy.gate, requestor),
        requestor=requestor,
    )


def _requestor(past: PastRelease) -> str | None:
    """Who asked for the release: as the decision tells, else who deployed it."""
    if past.decision is not None and past.is_its_own:
        told: str | None = past.decision.said["requested_by"]
        return told
    return past.row.release.deployment.actor


def _untold(past: PastRelease, policy: Policy) -> frozenset[str]:
    """The checks of which nobody can say any more how they would have ended."""
    untold = frozenset[str]() if past.decision is not None else PIPELINE_CHECKS
    if past.row.release.deployment.version is None:
        untold |= {_VERSION}
    if not past.is_logged:
        untold |= {APPROVALS} if past.freezes else {APPROVALS, _FREEZE}
    given = any(approval.is_valid(past.at, policy.gate) for approval in past.approvals)
    if given and _requestor(past) is None:
        untold |= {APPROVALS}  # whether somebody approved their own request cannot be told
    return untold
