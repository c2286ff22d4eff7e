"""The decision on a release: the same for a person, a pipeline and a page."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from dashboard.domain.answer_changes import Outlook, answer_changes
from dashboard.domain.freezes import Freeze
from dashboard.domain.gate_rules import GateName
from dashboard.domain.policy import Policy
from dashboard.domain.slo import Catalogue, Service
from dashboard.policy.data import GatePolicy, canonical
from dashboard.policy.engine import Engine, EngineError
from dashboard.reports.release_facts import counts_until
from dashboard.reports.release_input import Circumstances, utc_text

Document = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A decision as a document, with the prepared input that it was made of and the policy that made it."""

    document: Document
    input: Document
    policy: GatePolicy


def decide(  # noqa: PLR0913 - one argument per fact
    prepared: Document,
    circumstances: Circumstances,
    *,
    engine: Engine,
    gate_policy: GatePolicy,
    policy: Policy,
    catalogue: Catalogue,
    freezes: Sequence[Freeze] = (),
) -> Decided:
    """The decision on the `prepared` input; where the engine fails, that is the reason of a no.

    `freezes` are all that are known, for when the answer changes.
    """
    try:
        document = engine.evaluate(gate_policy, prepared)
    except EngineError as error:
        document = _undecided(prepared, str(error))
    document = document | {
        "changes_at": _changes_at(document, circumstances, policy, catalogue, freezes),
        "policy_version": gate_policy.version,
        "input_digest": hashlib.sha256(canonical(prepared)).hexdigest(),
        "decision_id": uuid4().hex,
    }
    return Decided(document=document, input=prepared, policy=gate_policy)


def _undecided(prepared: Mapping[str, Any], why: str) -> Document:
    """A no for want of a decision: the policy could not be evaluated."""
    return {
        "allow": False,
        "service": prepared["service"],
        "version": prepared["version"],
        "environment": prepared["environment"],
        "change_type": "feature",
        "as_of": prepared["now"],
        "policy_tier": prepared["policy_tier"] or "unknown",
        "strategy": "progressive-canary",
        "canary_config": [],
        "gates": {name.value: {"pass": False, "checks": []} for name in GateName},
        "violations": [{"gate": GateName.POLICY.value, "code": "policy.engine", "message": why}],
        "warnings": list(prepared["notices"]),
        "required_approvals": [],
        "emergency": {
            "requested": prepared["emergency_override"],
            "valid": False,
            "used": False,
            "approver": prepared["override_approver"],
            "incident_id": prepared["incident_id"],
            "reason": prepared["override_reason"],
            "overridden": [],
        },
        "exceptions_used": [],
    }


def _changes_at(
    document: Mapping[str, Any],
    circumstances: Circumstances,
    policy: Policy,
    catalogue: Catalogue,
    freezes: Sequence[Freeze],
) -> list[Document]:
    service = catalogue.services.get(document["service"] or "")
    if service is None:
        return []  # no time makes a service known
    outlook = _outlook(document, circumstances, policy, service, freezes)
    return [{"at": _iso(change.at), "what": change.what} for change in answer_changes(outlook)]


def _outlook(
    document: Mapping[str, Any],
    circumstances: Circumstances,
    policy: Policy,
    service: Service,
    freezes: Sequence[Freeze],
) -> Outlook:
    asked = {
        check["code"] for gate in document["gates"].values() for check in gate["checks"] if check["asked"]
    }
    facts, standing = circumstances.facts, circumstances.standing
    expiring = [(f"exception {item.id}", item.expires_at) for item in standing.exceptions]
    if document["required_approvals"]:
        expiring += [
            (f"the approval by {item.by}", item.at + policy.gate.approval_valid_for)
            for item in standing.approvals
        ]
    return Outlook(
        now=circumstances.now,
        zone=policy.timezone,
        tier=service.tier,
        windows=policy.gate.windows if "approval.window" in asked else None,
        freezes=[
            freeze
            for freeze in freezes
            if "approval.freeze" in asked
            and freeze.end > circumstances.now
            and freeze.covers(service.name, document["environment"] or "")
        ],
        expiring=expiring,
        tier_changes=facts.status.tier_changes if facts and "slo.change_type" in asked else (),
        too_many_rollbacks_until=counts_until(facts.rollbacks, policy.gate)
        if facts and "slo.rollbacks" in asked
        else None,
    )


def _iso(at: datetime) -> str:
    return utc_text(at).replace(".000000", "")
