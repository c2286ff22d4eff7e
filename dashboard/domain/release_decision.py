"""A release decision: may this be deployed, why, who must approve, and when does the answer change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dashboard.domain.gate_rules import CanaryStep, GateName
from dashboard.domain.policy_tier import ChangeType
from dashboard.domain.tier_forecast import Assumption


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of a gate.

    `met` is what the evidence says; it `passes` when it is met, when this release is not `asked` for it, or
    when an exception waives it (`waived_by`). `seen` is what was found, None when nothing is known; `needed`
    is one entry such as `{"at_least": 80}`; `source` says where `seen` came from.
    """

    code: str
    passes: bool
    met: bool
    asked: bool
    waived_by: str | None
    seen: Any
    needed: Mapping[str, Any]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One of the six gates with its checks; it passes when each of them does."""

    name: GateName
    passes: bool
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A reason for a no: the gate, a stable code, and a sentence."""

    gate: str
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something to know that denies nothing: a stable code and a sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredApproval:
    """An approval that the policy tier asks for."""

    role: str
    why: str
    satisfied: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """The emergency override: asked for, valid, and used, which lifts the checks `overridden`."""

    requested: bool
    valid: bool
    used: bool
    approver: str | None
    incident_id: str | None
    reason: str | None
    overridden: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionUse:
    """An exception that lifted a check."""

    id: str
    lifts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAt:
    """When the answer may become another one by itself, and what happens then.

    `closes` are the checks that pass until then and no longer. What is a forecast is so if `assuming` holds;
    a fact assumes nothing.
    """

    at: datetime
    what: str
    closes: tuple[str, ...] = ()
    assuming: Assumption | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotBefore:
    """A no lasts at least until `at`, when the last of what ends by itself does.

    The `check` passes then, as `what` says; where it is that of approvals, somebody may approve before.
    `then_still` are the checks that keep it closed all the same, or of which nobody knows, as far as is known
    now. `assuming` is the best case that a forecast stands for.
    """

    at: datetime
    check: str
    what: str
    then_still: tuple[str, ...] = ()
    assuming: Assumption | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision with every reason, as the policy `policy_version` made it of the input `input_digest`."""

    allow: bool
    service: str | None
    version: str | None
    environment: str | None
    change_type: ChangeType
    as_of: datetime
    policy_tier: str
    strategy: str
    canary_config: tuple[CanaryStep, ...]
    gates: tuple[Gate, ...]
    violations: tuple[Violation, ...]
    warnings: tuple[Notice, ...]
    required_approvals: tuple[RequiredApproval, ...]
    emergency: Emergency
    exceptions_used: tuple[ExceptionUse, ...]
    changes_at: tuple[ChangeAt, ...]
    not_before: NotBefore | None
    policy_version: str
    input_digest: str
    decision_id: str

    @property
    def passes_until(self) -> ChangeAt | None:
        """What first closes a check that passes now; None where no such time is known."""
        return next((change for change in self.changes_at if change.closes), None)

    @property
    def holds_until(self) -> ChangeAt | None:
        """What ends a yes first, by itself; None for a no, and where no such time is known.

        An override is good for the one time that it is asked for.
        """
        return self.passes_until if self.allow and not self.emergency.used else None

    @property
    def holds_at_most_until(self) -> ChangeAt | None:
        """What ends a yes first for sure: no forecast."""
        facts = (change for change in self.changes_at if change.closes and change.assuming is None)
        return next(facts, None) if self.holds_until is not None else None

    def gate(self, name: GateName) -> Gate:
        """The gate `name`."""
        return next(gate for gate in self.gates if gate.name is name)


def decision_of(document: Mapping[str, Any]) -> Decision:
    """The decision that `document` holds, as the policy and `reliability gate --json` write it.

    Raises:
        ValueError: it holds none; says what is missing or wrong.
    """
    try:
        found = _decision(document)
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"found no decision in the document ({error})") from error
    texts = [found.policy_tier, found.strategy, *(use.id for use in found.exceptions_used)]
    texts += [text for text in (found.service, found.version, found.environment) if text is not None]
    texts += [text for item in found.violations for text in (item.gate, item.code, item.message)]
    texts += [text for item in found.warnings for text in (item.code, item.message)]
    answers = [found.allow, found.emergency.used, *(gate.passes for gate in found.gates)]
    answers += [check.passes for gate in found.gates for check in gate.checks]
    if not all(isinstance(text, str) for text in texts) or not all(type(one) is bool for one in answers):
        raise ValueError("found a value of another type than a decision has")
    return found


def _decision(document: Mapping[str, Any]) -> Decision:
    gates = document["gates"]
    return Decision(
        allow=document["allow"],
        service=document["service"],
        version=document["version"],
        environment=document["environment"],
        change_type=ChangeType(document["change_type"]),
        as_of=datetime.fromisoformat(document["as_of"]),
        policy_tier=document["policy_tier"],
        strategy=document["strategy"],
        canary_config=tuple(
            CanaryStep(
                weight=step["weight"],
                pause=timedelta(seconds=int(step["pause"].removesuffix("s"))),
                analysis=tuple(step["analysis"]),
            )
            for step in document["canary_config"]
        ),
        gates=tuple(
            Gate(
                name=name,
                passes=gates[name.value]["pass"],
                checks=tuple(_check(item) for item in gates[name.value]["checks"]),
            )
            for name in GateName
        ),
        violations=tuple(
            Violation(gate=item["gate"], code=item["code"], message=item["message"])
            for item in document["violations"]
        ),
        warnings=tuple(Notice(code=item["code"], message=item["message"]) for item in document["warnings"]),
        required_approvals=tuple(
            RequiredApproval(role=item["role"], why=item["why"], satisfied=item["satisfied"])
            for item in document["required_approvals"]
        ),
        emergency=_emergency(document["emergency"]),
        exceptions_used=tuple(
            ExceptionUse(id=item["id"], lifts=item["lifts"]) for item in document["exceptions_used"]
        ),
        changes_at=tuple(
            ChangeAt(
                at=datetime.fromisoformat(item["at"]),
                what=item["what"],
                closes=tuple(item.get("closes") or ()),
                assuming=_assumption(item),
            )
            for item in document["changes_at"]
        ),
        # What an older log recorded had none.
        not_before=_not_before(document.get("not_before")),
        policy_version=document["policy_version"],
        input_digest=document["input_digest"],
        decision_id=document["decision_id"],
    )


def _check(item: Mapping[str, Any]) -> Check:
    return Check(
        code=item["code"],
        passes=item["pass"],
        met=item["met"],
        asked=item["asked"],
        waived_by=item["waived_by"],
        seen=item["seen"],
        needed=item["needed"],
        source=item["source"],
    )


def _not_before(item: Mapping[str, Any] | None) -> NotBefore | None:
    if item is None:
        return None
    return NotBefore(
        at=datetime.fromisoformat(item["at"]),
        check=item["check"],
        what=item["what"],
        then_still=tuple(item["then_still"]),
        assuming=_assumption(item),
    )


def _assumption(item: Mapping[str, Any]) -> Assumption | None:
    found = item.get("assuming")
    return None if found is None else Assumption(found)


def _emergency(item: Mapping[str, Any]) -> Emergency:
    return Emergency(
        requested=item["requested"],
        valid=item["valid"],
        used=item["used"],
        approver=item["approver"],
        incident_id=item["incident_id"],
        reason=item["reason"],
        overridden=tuple(item["overridden"]),
    )
