"""Who has approved a release, for which role, and why an approval that was given does not count."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from dashboard.domain.access import role_key, same_person
from dashboard.domain.approvals import Approval
from dashboard.domain.gate_rules import GateRules
from dashboard.domain.release_decision import RequiredApproval
from dashboard.domain.release_target import ReleaseTarget
from dashboard.reports.gate_context import Asked


class NotCounted(StrEnum):
    """Why an approval that was given does not count now."""

    WITHDRAWN = "it was withdrawn"
    EXPIRED = "it is too old"
    OWN_REQUEST = "nobody approves their own request"
    NO_REQUESTOR = "nobody has said who asks for the release"


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenApproval:
    """An approval of a release, until when it counts, and why it does not, if so."""

    approval: Approval
    until: datetime
    not_counted: NotCounted | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """That somebody stands for a role; `exception` is the one that they approved instead of the release."""

    by: str
    at: datetime | None
    exception: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleAsked:
    """A role that has to approve, with who has."""

    required: RequiredApproval
    signatures: tuple[Signature, ...]


def signatures(required: RequiredApproval, given: Sequence[dict[str, Any]]) -> tuple[Signature, ...]:
    """Who stands for the role of `required`, by the approvals `given` in the input of a decision."""
    return tuple(
        Signature(
            by=item["by"],
            at=None if item["at"] is None else datetime.fromisoformat(item["at"]),
            exception=item.get("exception"),
        )
        for item in given
        if role_key(item["role"]) == role_key(required.role)
    )


def given_approvals(
    approvals: Sequence[Approval], target: ReleaseTarget | None, asked: Asked, rules: GateRules
) -> tuple[GivenApproval, ...]:
    """Every approval of the release `target`, newest first, also those that do not count."""
    return tuple(_given(reversed(approvals), target, asked, rules))


def _given(
    approvals: Iterable[Approval], target: ReleaseTarget | None, asked: Asked, rules: GateRules
) -> Iterator[GivenApproval]:
    for approval in approvals:
        if approval.target == target:
            yield GivenApproval(
                approval=approval,
                until=approval.at + rules.approval_valid_for,
                not_counted=_not_counted(approval, asked, rules),
            )


def _not_counted(approval: Approval, asked: Asked, rules: GateRules) -> NotCounted | None:
    if approval.withdrawn_at is not None and approval.withdrawn_at <= asked.now:
        return NotCounted.WITHDRAWN
    if not approval.is_valid(asked.now, rules):
        return NotCounted.EXPIRED
    if asked.requestor is None or not asked.requestor.strip():
        return NotCounted.NO_REQUESTOR
    return NotCounted.OWN_REQUEST if same_person(approval.by, asked.requestor) else None
