"""Freezes, exceptions and approvals as JSON: what `reliability exception list --json` and the API answer."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from dashboard.domain.approvals import Approval
from dashboard.domain.freezes import Freeze
from dashboard.domain.gate_rules import GateRules
from dashboard.domain.outlook import Moment
from dashboard.domain.release_exceptions import ReleaseException

Document = dict[str, Any]


def freeze_document(freeze: Freeze, now: datetime) -> Document:
    """A freeze as it is at `now`; empty lists cover everything."""
    return {
        "id": freeze.id,
        "active": freeze.is_active(now),
        "start": _time(freeze.start),
        "end": _time(freeze.end),
        "reason": freeze.reason,
        "services": list(freeze.services),
        "environments": list(freeze.environments),
        "origin": freeze.origin.value,
        "added_by": freeze.added_by,
        "added_at": _time(freeze.added_at),
        "ended_by": freeze.ended_by,
    }


def exception_document(found: ReleaseException, now: datetime, first_use: Moment | None = None) -> Document:
    """An exception as it is at `now`; `first_use` is when it would be of use, had it not expired by then."""
    used, revoked, review = found.used_for, found.revoked, found.review
    return {
        "id": found.id,
        "type": found.type.value,
        "state": found.state(now).value,
        "in_force": found.in_force(now),
        "service": found.service,
        "environment": found.environment,
        "version": found.version,
        "freeze": found.freeze,
        "requestor": found.requestor,
        "reason": found.reason,
        "mitigation": found.mitigation,
        "audit": found.audit.value,
        "created_at": _time(found.created_at),
        "expires_at": _time(found.expires_at),
        "expires_before": None if first_use is None else {"at": _time(first_use.at), "what": first_use.what},
        "needed_roles": list(found.needed_roles),
        "missing_roles": list(found.missing_roles(now)),
        "approvals": [
            {"by": item.name, "roles": list(item.roles), "at": _time(item.at)} for item in found.approvals
        ],
        "used": None
        if used is None
        else {
            "service": used.service,
            "environment": used.environment,
            "version": used.version,
            "by": found.used_by,
            "at": _time(found.used_at),
        },
        "review_due": _time(found.review_due),
        "review_overdue": found.review_overdue(now),
        "review": None
        if review is None
        else {"by": review.by, "at": _time(review.at), "notes": review.notes},
        "revoked": None
        if revoked is None
        else {"by": revoked.by, "at": _time(revoked.at), "reason": revoked.reason},
    }


def approval_document(approval: Approval, now: datetime, rules: GateRules) -> Document:
    """An approval as it is at `now`. A valid one still does not count for whoever gave it."""
    return {
        "id": approval.id,
        "valid": approval.is_valid(now, rules),
        "valid_until": _time(approval.at + rules.approval_valid_for),
        "service": approval.service,
        "environment": approval.environment,
        "version": approval.version,
        "roles": list(approval.roles),
        "by": approval.by,
        "at": _time(approval.at),
        "reason": approval.reason,
        "withdrawn_by": approval.withdrawn_by,
        "withdrawn_at": _time(approval.withdrawn_at),
    }


def freezes_document(freezes: Iterable[Freeze], now: datetime) -> Document:
    """All `freezes`, with the instant that they are told for."""
    return {"as_of": _time(now), "freezes": [freeze_document(freeze, now) for freeze in freezes]}


def exceptions_document(
    exceptions: Iterable[ReleaseException], now: datetime, too_early: Mapping[str, Moment]
) -> Document:
    """All `exceptions`, with the instant that they are told for and the ids whose review is overdue.

    `too_early` are those that expire before they are of use, with when they would be.
    """
    listed = tuple(exceptions)
    return {
        "as_of": _time(now),
        "overdue_reviews": [item.id for item in listed if item.review_overdue(now)],
        "exceptions": [exception_document(item, now, too_early.get(item.id)) for item in listed],
    }


def approvals_document(approvals: Iterable[Approval], now: datetime, rules: GateRules) -> Document:
    """All `approvals`, with the instant that they are told for."""
    return {"as_of": _time(now), "approvals": [approval_document(item, now, rules) for item in approvals]}


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
