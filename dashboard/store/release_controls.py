"""Freezes, exceptions and approvals in the decision log: each change is a record, their state is folded."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from dashboard.domain.approvals import (
    Approval,
    ApprovalEvent,
    ApprovalGiven,
    ApprovalWithdrawn,
    approvals_of,
)
from dashboard.domain.freezes import Freeze, FreezeAdded, FreezeEnded, FreezeEvent, freezes_of
from dashboard.domain.gate_rules import AuditLevel, ExceptionType
from dashboard.domain.refusal import RefusedChangeError
from dashboard.domain.release_exceptions import (
    ExceptionApproved,
    ExceptionEvent,
    ExceptionRequested,
    ExceptionReviewed,
    ExceptionRevoked,
    ExceptionUsed,
    ReleaseException,
    exceptions_of,
)
from dashboard.domain.release_target import ReleaseTarget
from dashboard.errors import StoreError
from dashboard.store import decision_log
from dashboard.store.decision_log import LogEntry, LogRecord

ControlEvent = FreezeEvent | ExceptionEvent | ApprovalEvent

_KINDS: Mapping[type[ControlEvent], str] = {
    FreezeAdded: "freeze.added",
    FreezeEnded: "freeze.ended",
    ExceptionRequested: "exception.requested",
    ExceptionApproved: "exception.approved",
    ExceptionRevoked: "exception.revoked",
    ExceptionUsed: "exception.used",
    ExceptionReviewed: "exception.reviewed",
    ApprovalGiven: "approval.given",
    ApprovalWithdrawn: "approval.withdrawn",
}
_EVENTS: Mapping[str, type[ControlEvent]] = {kind: event for event, kind in _KINDS.items()}
#: The kinds of records that these changes are.
CONTROL_KINDS = tuple(_KINDS.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Controls:
    """What holds back a release or lets it pass, each in the order in which it was recorded."""

    freezes: tuple[Freeze, ...]
    exceptions: tuple[ReleaseException, ...]
    approvals: tuple[Approval, ...]


def read_controls(connection: sqlite3.Connection, until: datetime | None = None) -> Controls:
    """All freezes, exceptions and approvals as they were recorded up to `until`, inclusive; all without.

    Raises:
        StoreError: a record is not one that could have been written.
    """
    freezes: list[FreezeEvent] = []
    exceptions: list[ExceptionEvent] = []
    approvals: list[ApprovalEvent] = []
    for record in decision_log.records(connection, kinds=CONTROL_KINDS, until=until):
        try:
            event = _event(record)
        except (ValueError, TypeError) as error:
            found = f"found a record of kind {record.kind} that cannot be read: {error}"
            raise StoreError(f"decision log, record {record.seq}: {found}") from error
        if isinstance(event, FreezeEvent):
            freezes.append(event)
        elif isinstance(event, ExceptionEvent):
            exceptions.append(event)
        else:
            approvals.append(event)
    try:
        return Controls(
            freezes=freezes_of(freezes),
            exceptions=exceptions_of(exceptions),
            approvals=approvals_of(approvals),
        )
    except RefusedChangeError as error:
        raise StoreError(f"the decision log contradicts itself: {error}") from error


def record_controls(connection: sqlite3.Connection, events: Iterable[ControlEvent]) -> list[LogRecord]:
    """Write `events` into the decision log, inside the caller's transaction, which holds the write lock."""
    return decision_log.append(connection, [control_entry(event) for event in events])


def control_entry(event: ControlEvent) -> LogEntry:
    """A change as the log keeps it."""
    target = getattr(event, "target", event)
    return LogEntry(
        kind=_KINDS[type(event)],
        at=event.at,
        actor=event.by,
        service=getattr(target, "service", None),
        environment=getattr(target, "environment", None),
        version=getattr(target, "version", None),
        body=_body(event),
    )


def _body(event: ControlEvent) -> dict[str, Any]:
    """What `event` says, by the names of its fields, besides `at` and `by`, which have columns."""
    names = (item.name for item in fields(event) if item.name not in ("at", "by"))
    return {name: _said(getattr(event, name)) for name in names}


def _said(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return asdict(value) if isinstance(value, ReleaseTarget) else value


def _target(said: Mapping[str, str]) -> ReleaseTarget:
    return ReleaseTarget(**said)


#: How fields come back from JSON that are not the text that they are there.
_READ: Mapping[str, Callable[[Any], Any]] = {
    "start": datetime.fromisoformat,
    "end": datetime.fromisoformat,
    "expires_at": datetime.fromisoformat,
    "review_due": datetime.fromisoformat,
    "services": tuple,
    "environments": tuple,
    "roles": tuple,
    "needed_roles": tuple,
    "type": ExceptionType,
    "audit": AuditLevel,
    "target": _target,
}


def _event(record: LogRecord) -> ControlEvent:
    said = {name: _READ.get(name, _as_it_is)(value) for name, value in record.body.items()}
    return _EVENTS[record.kind](at=record.at, by=record.actor, **said)


def _as_it_is(value: Any) -> Any:
    return value
