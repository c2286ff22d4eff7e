"""The decision on a release: the same for a person, a pipeline and a page."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from dashboard.domain.answer_changes import answer_changes
from dashboard.domain.freezes import Freeze
from dashboard.domain.gate_rules import GateName
from dashboard.domain.not_before import not_before
from dashboard.domain.policy import Policy
from dashboard.domain.release_decision import ChangeAt, Decision, NotBefore, decision_of
from dashboard.domain.slo import Catalogue
from dashboard.policy.data import GatePolicy, canonical
from dashboard.policy.engine import Engine, EngineError
from dashboard.reports.release_input import utc_text
from dashboard.reports.release_outlook import release_outlook
from dashboard.reports.release_service_level import Circumstances

Document = dict[str, Any]


#: The parts of a decision in the order in which people read them.
_ORDER = (
    "allow",
    "service",
    "version",
    "environment",
    "change_type",
    "as_of",
    "policy_tier",
    "strategy",
    "canary_config",
    "gates",
    "violations",
    "warnings",
    "required_approvals",
    "emergency",
    "exceptions_used",
    "changes_at",
    "holds_until",
    "not_before",
    "policy_version",
    "input_digest",
    "decision_id",
)


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
    named = {
        "policy_version": gate_policy.version,
        "input_digest": hashlib.sha256(canonical(prepared)).hexdigest(),
        "decision_id": uuid4().hex,
    }
    try:
        document = engine.evaluate(gate_policy, prepared)
        _require_answer(decision_of(document | named | {"changes_at": []}), prepared)
    except (EngineError, ValueError) as error:
        document = _undecided(prepared, str(error))
    document |= {"changes_at": [], "not_before": None} | named
    service = catalogue.services.get(document["service"] or "")
    if service is not None:  # no time makes a service known
        outlook = release_outlook(decision_of(document), prepared, circumstances, policy, service, freezes)
        document["changes_at"] = [_change(change) for change in answer_changes(outlook)]
        document["not_before"] = None if document["allow"] else _bound(not_before(outlook))
    holds = decision_of(document).holds_until
    document["holds_until"] = None if holds is None else _change(holds)
    return Decided(document=_in_order(document), input=prepared, policy=gate_policy)


def _require_answer(decision: Decision, prepared: Mapping[str, Any]) -> None:
    """Refuse a decision that is not on this input, or contradicts itself: a server may answer anything.

    Raises:
        ValueError: says what is wrong with it.
    """
    for name in ("service", "version", "environment"):
        if getattr(decision, name) != prepared[name]:
            raise ValueError(f"found a decision on another {name}, expected one on {prepared[name]!r}")
    if decision.allow is not (all(gate.passes for gate in decision.gates) or decision.emergency.used):
        raise ValueError("found an answer that its gates contradict, expected them to agree")


def _in_order(document: Mapping[str, Any]) -> Document:
    """`document` with its answer first and its gates as a release passes them: Rego sorts keys by name."""
    gates = {name.value: document["gates"][name.value] for name in GateName}
    ordered = {key: document[key] for key in _ORDER if key in document}
    return ordered | {key: value for key, value in document.items() if key not in ordered} | {"gates": gates}


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


def _change(change: ChangeAt) -> Document:
    return {
        "at": _iso(change.at),
        "what": change.what,
        "closes": list(change.closes),
        "assuming": change.assuming,
    }


def _bound(found: NotBefore | None) -> Document | None:
    if found is None:
        return None
    return {
        "at": _iso(found.at),
        "check": found.check,
        "what": found.what,
        "then_still": list(found.then_still),
        "assuming": found.assuming,
    }


def _iso(at: datetime) -> str:
    return utc_text(at).replace(".000000", "")
