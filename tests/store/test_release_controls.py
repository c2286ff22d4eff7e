"""Freezes, exceptions and approvals come back from the decision log as they were recorded, at any instant."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dashboard.domain.approvals import ApprovalGiven, ApprovalWithdrawn
from dashboard.domain.freezes import FreezeAdded, FreezeEnded
from dashboard.domain.gate_rules import AuditLevel, ExceptionType
from dashboard.domain.release_exceptions import (
    ExceptionApproved,
    ExceptionRequested,
    ExceptionReviewed,
    ExceptionRevoked,
    ExceptionState,
    ExceptionUsed,
)
from dashboard.domain.release_target import ReleaseTarget
from dashboard.errors import StoreError
from dashboard.store import decision_log
from dashboard.store.database import open_for_reading, transaction
from dashboard.store.decision_log import LogEntry
from dashboard.store.release_controls import (
    CONTROL_KINDS,
    ControlEvent,
    Controls,
    read_controls,
    record_controls,
)

NOW = datetime(2026, 11, 23, 9, 0, 0, 123_456, tzinfo=UTC)
TICK = timedelta(microseconds=1)
TARGET = ReleaseTarget(service="api", environment="production", version="1.4.2")

ADDED = FreezeAdded(
    id="FRZ-2026-0001",
    at=NOW,
    by="Ada",
    start=NOW + TICK,
    end=NOW + timedelta(days=3),
    reason="Black Friday — «no releases»",
    services=("api", "copilot"),
    environments=(),
)
REQUESTED = ExceptionRequested(
    id="EXC-2026-0001",
    at=NOW,
    by="Ada",
    type=ExceptionType.SECURITY,
    service="api",
    environment=None,
    version="1.4.2",
    freeze=None,
    needed_roles=("Security Team", "Engineering Director"),
    audit=AuditLevel.HIGH,
    reason="CVE-2026-1 has no fix yet",
    mitigation="The endpoint is behind a flag",
    expires_at=NOW + timedelta(days=7),
)
EVERY_EVENT: tuple[ControlEvent, ...] = (
    ADDED,
    FreezeEnded(id=ADDED.id, at=NOW + timedelta(hours=1), by="Bea", reason="Sold out"),
    REQUESTED,
    ExceptionApproved(id=REQUESTED.id, at=NOW + TICK, by="Bea", roles=("Security Team",)),
    ExceptionApproved(id=REQUESTED.id, at=NOW + 2 * TICK, by="Cy", roles=("Engineering Director",)),
    ExceptionUsed(
        id=REQUESTED.id, at=NOW + 3 * TICK, by="Ada", target=TARGET, review_due=NOW + timedelta(days=1)
    ),
    ExceptionReviewed(id=REQUESTED.id, at=NOW + 4 * TICK, by="Cy", notes="As planned"),
    ExceptionRevoked(id=REQUESTED.id, at=NOW + 5 * TICK, by="Bea", reason="Fixed upstream"),
    ApprovalGiven(id="APR-2026-0001", at=NOW, by="Bea", target=TARGET, roles=("SRE",), reason="Watched it"),
    ApprovalWithdrawn(id="APR-2026-0001", at=NOW + TICK, by="Bea", reason="It burns"),
)


def record(connection: sqlite3.Connection, *events: ControlEvent) -> None:
    with transaction(connection):
        record_controls(connection, events)


def test_every_kind_of_change_is_one_record_that_reads_back_as_it_was(
    connection: sqlite3.Connection, path: Path
) -> None:
    record(connection, *EVERY_EVENT)
    written = decision_log.records(connection)
    assert {item.kind for item in written} == set(CONTROL_KINDS)
    assert not decision_log.verify(connection).faults
    with open_for_reading(path) as reading:
        found = read_controls(reading, NOW + timedelta(days=1))
    (freeze,), (exception,), (approval,) = found.freezes, found.exceptions, found.approvals
    assert (freeze.reason, freeze.services, freeze.environments) == (ADDED.reason, ADDED.services, ())
    assert (freeze.start, freeze.end, freeze.ended_by) == (NOW + TICK, NOW + timedelta(hours=1), "Bea")
    assert (exception.type, exception.audit) == (ExceptionType.SECURITY, AuditLevel.HIGH)
    assert exception.used_for == approval.target == TARGET
    assert exception.review is not None
    assert exception.revoked is not None
    assert exception.expires_at == REQUESTED.expires_at
    assert approval.withdrawn_at == NOW + TICK


def test_the_release_of_an_exception_or_approval_can_be_found_in_the_log(
    connection: sqlite3.Connection,
) -> None:
    record(connection, *EVERY_EVENT)
    found = decision_log.records(connection, service="api", environment="production", version="1.4.2")
    assert [item.kind for item in found] == ["exception.used", "approval.given"]


def test_an_earlier_instant_gives_the_state_of_then(connection: sqlite3.Connection) -> None:
    record(connection, *EVERY_EVENT)
    later = NOW + timedelta(hours=2)
    assert read_controls(connection, NOW - TICK) == Controls(freezes=(), exceptions=(), approvals=())
    assert read_controls(connection, later) == read_controls(connection)
    states = [
        read_controls(connection, NOW + count * TICK).exceptions[0].state(NOW + count * TICK)
        for count in range(6)
    ]
    assert states == [
        ExceptionState.REQUESTED,
        ExceptionState.REQUESTED,
        ExceptionState.APPROVED,
        ExceptionState.USED,
        ExceptionState.USED,
        ExceptionState.REVOKED,
    ]
    assert read_controls(connection, NOW).freezes[0].end == ADDED.end
    assert read_controls(connection, later).freezes[0].end == NOW + timedelta(hours=1)
    assert read_controls(connection, NOW).approvals[0].withdrawn_at is None


def test_decisions_in_the_log_do_not_disturb(connection: sqlite3.Connection) -> None:
    with transaction(connection):
        decision_log.append(
            connection, [LogEntry(kind=decision_log.DECISION, at=NOW, actor="gate", body={"decision": {}})]
        )
    assert read_controls(connection) == Controls(freezes=(), exceptions=(), approvals=())


@pytest.mark.parametrize(
    ("kind", "body", "told"),
    [
        ("exception.approved", {"id": "EXC-2026-0009", "roles": []}, "found no exception 'EXC-2026-0009'"),
        (
            "freeze.added",
            {"id": "FRZ-2026-0001"},
            "record 1: found a record of kind freeze.added that cannot",
        ),
        ("freeze.ended", {"id": "x", "reason": "", "more": 1}, "record 1: found a record of kind freeze.end"),
    ],
)
def test_a_record_that_cannot_have_been_written_is_named(
    connection: sqlite3.Connection, kind: str, body: dict[str, object], told: str
) -> None:
    with transaction(connection):
        decision_log.append(connection, [LogEntry(kind=kind, at=NOW, actor="?", body=body)])
    with pytest.raises(StoreError) as caught:
        read_controls(connection)
    assert told in str(caught.value)
