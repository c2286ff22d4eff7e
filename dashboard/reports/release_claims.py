"""What an input claims of approvals and exceptions: counted where it is trusted, else told about."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.domain.access import role_key
from dashboard.domain.approvals import Approval
from dashboard.domain.freezes import Freeze
from dashboard.domain.gate_rules import ExceptionType
from dashboard.domain.policy import Policy
from dashboard.domain.release_decision import Notice
from dashboard.domain.release_exceptions import ReleaseException


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What people decided that holds for one release now: freezes, usable exceptions, standing approvals.

    `requestor` is who asks for the release, None when nobody knows: then no approval stands. Nothing of this
    is known (`is_known`) where the decision log cannot be read.
    """

    freezes: tuple[Freeze, ...] = ()
    exceptions: tuple[ReleaseException, ...] = ()
    approvals: tuple[Approval, ...] = ()
    requestor: str | None = None
    is_known: bool = True


def trusted_exceptions(asked: Mapping[str, Any], policy: Policy) -> Iterator[dict[str, Any]]:
    """The exceptions that a trusted input has, and the freeze's in the framework's own words."""
    for item in asked.get("exceptions") or ():
        if isinstance(item, dict) and item.get("type") in set(ExceptionType):
            yield {"id": item["id"], "type": item["type"], "freeze": item.get("freeze")}
    granted = asked.get("freeze_exception")
    if isinstance(granted, dict) and granted.get("approved") is True:
        approvers = map(role_key, policy.gate.exceptions[ExceptionType.FREEZE].approvers)
        named = granted.get("freeze_id")
        if role_key(str(granted.get("approver"))) in approvers and isinstance(named, str):
            yield {"id": f"input:{named}", "type": ExceptionType.FREEZE.value, "freeze": named}


def trusted_approvals(asked: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The approvals that a trusted input has."""
    for item in asked.get("approvals") or ():
        role = item if isinstance(item, str) else item["role"]
        by = item.get("by") if isinstance(item, dict) else None
        yield {"role": role, "by": by if isinstance(by, str) else "the input", "at": None}


def not_counted(asked: Mapping[str, Any], standing: Standing) -> Iterator[Notice]:
    """What the input claims of approvals and exceptions and nobody here has given."""
    given = {role_key(role) for approval in standing.approvals for role in approval.roles}
    claimed = [item if isinstance(item, str) else item["role"] for item in asked.get("approvals") or ()]
    missing = [role for role in claimed if role_key(role) not in given]
    usable = {exception.id for exception in standing.exceptions}
    named = [item if isinstance(item, str) else item["id"] for item in asked.get("exceptions") or ()]
    for what, names in (("approval", missing), ("exception", [name for name in named if name not in usable])):
        for name in _shortened(names):
            message = f"The input names an {what} that does not stand here, so it does not count: {name}"
            yield Notice(code="warn.input_ignored", message=message)
    if asked.get("freeze_exception"):
        message = "freeze_exception of the input does not count: ask for an exception of the type freeze"
        yield Notice(code="warn.input_ignored", message=message)


def _shortened(names: Iterable[str]) -> list[str]:
    return [name[:80] for name in list(names)[:20]]
