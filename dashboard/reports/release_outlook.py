"""What a release decision rests on that changes with time, from the store and from what was decided on."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from dashboard.domain.freezes import Freeze
from dashboard.domain.gate_rules import ExceptionType
from dashboard.domain.outlook import Lift, Outlook, StandingRole
from dashboard.domain.policy import Policy
from dashboard.domain.policy_tier import PolicyTier
from dashboard.domain.release_decision import Decision
from dashboard.domain.slo import Service
from dashboard.reports.release_facts import BEST_EFFORT, counts_until
from dashboard.reports.release_service_level import Circumstances

#: How the source of a check begins that rests on the store.
_STORE = "store"
#: The checks of burn rates, in the order of the policy's limits.
_BURN_RATES = ("slo.fast_burn", "slo.slow_burn")


def release_outlook(  # noqa: PLR0913, PLR0917 - one argument per fact
    decision: Decision,
    prepared: Mapping[str, Any],
    circumstances: Circumstances,
    policy: Policy,
    service: Service,
    freezes: Sequence[Freeze],
) -> Outlook:
    """The outlook of the `decision` on the `prepared` input; `freezes` are all that are known.

    Where a trusted input said itself what the budget or the rollbacks are, the store's forecasts count not.
    """
    checks = {check.code: check for gate in decision.gates for check in gate.checks}
    facts, now = circumstances.facts, circumstances.now

    def is_stored(code: str) -> bool:
        return facts is not None and code in checks and checks[code].source.startswith(_STORE)

    status = None if facts is None else facts.status
    change = checks.get("slo.change_type")
    return Outlook(
        now=now,
        zone=policy.timezone,
        service_tier=service.tier,
        change=None if change is None or change.seen is None else decision.change_type,
        policy_tier=_policy_tier(decision.policy_tier),
        rules=policy.gate,
        tiers=policy.tiers,
        checks=checks,
        freezes=[
            freeze
            for freeze in freezes
            if freeze.end > now and freeze.covers(service.name, decision.environment or "")
        ],
        lifts=[_lift(item) for item in prepared["exceptions"]],
        used=frozenset(use.id for use in decision.exceptions_used),
        approvals=list(_approvals(prepared, circumstances, policy)),
        tier_changes=status.tier_changes if status and is_stored("slo.change_type") else (),
        floor_change=status.floor_change if status and is_stored("slo.budget_remaining") else None,
        too_many_rollbacks_until=counts_until(facts.rollbacks, policy.gate)
        if facts and is_stored("slo.rollbacks")
        else None,
        burn_windows={
            code: limit.window
            for code, limit in zip(_BURN_RATES, policy.burn_gate, strict=True)
            if facts and is_stored(code)
        },
    )


def _policy_tier(name: str) -> PolicyTier | None:
    if name == BEST_EFFORT:
        return None
    # A server of policies may call a tier as it likes; of what is no tier nothing is known.
    return PolicyTier(name) if name in set(PolicyTier) else PolicyTier.UNKNOWN


def _lift(item: Mapping[str, Any]) -> Lift:
    """An exception of the input; one that only a trusted input knows has no end."""
    ends = item.get("expires")
    return Lift(
        id=item["id"],
        kind=ExceptionType(item["type"]),
        freeze=item["freeze"],
        until=None if ends is None else datetime.fromisoformat(ends),
    )


def _approvals(
    prepared: Mapping[str, Any], circumstances: Circumstances, policy: Policy
) -> Iterator[StandingRole]:
    """Who stands for a role until when: an approval expires, and so does an exception that stands for one."""
    expires = {item.id: item.expires_at for item in circumstances.standing.exceptions}
    for given in prepared["approvals"]:
        what, until = f"the approval by {given['by']} expires", None
        if given.get("exception") is not None:
            what, until = f"exception {given['exception']} expires", expires.get(given["exception"])
        elif given["at"] is not None:
            until = datetime.fromisoformat(given["at"]) + policy.gate.approval_valid_for
        yield StandingRole(role=given["role"], until=until, what=what)
