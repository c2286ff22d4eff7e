"""Deployments and incidents that the tests share; times are minutes after `T0`."""

from datetime import UTC, datetime, timedelta

from dashboard.domain.deployments import Deployment, DeploymentState
from dashboard.domain.incident_phases import Phase
from dashboard.domain.incidents import Incident, Severity
from dashboard.domain.policy_tier import ChangeType

T0 = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY_MINUTES = 24 * 60

#: FRAMEWORK, Incidents and MTTR.
_TARGETS = {
    Severity.P1: (5, 10, 15, 30, 60),
    Severity.P2: (15, 15, 30, 60, 120),
    Severity.P3: (60, 60, 120, 240, 480),
}
PHASE_TARGETS = {
    severity: dict(zip(Phase, (timedelta(minutes=length) for length in lengths), strict=True))
    for severity, lengths in _TARGETS.items()
}


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def maybe(minutes: float | None) -> datetime | None:
    return None if minutes is None else at(minutes)


def deployment(  # noqa: PLR0913 - a test names what it is about
    name: str,
    finished: float | None,
    version: str | None = "1.0",
    *,
    state: DeploymentState | None = DeploymentState.SUCCEEDED,
    service: str = "api",
    environment: str = "production",
    started: float | None = None,
    change: ChangeType | None = None,
    commit: str | None = None,
    commits: tuple[float, ...] = (),
    rollback_of: str | None = None,
) -> Deployment:
    """One that took ten minutes, unless it `started` otherwise; `finished` None is one that has not ended."""
    began = started if started is not None or finished is None else finished - 10
    told = began if began is not None else 0
    return Deployment(
        id=name,
        service=service,
        environment=environment,
        state=state,
        told_at=at(told),
        started_at=maybe(began),
        finished_at=maybe(finished),
        version=version,
        commit_sha=commit,
        commit_times=tuple(at(minutes) for minutes in commits),
        change_type=change,
        actor=None,
        url=None,
        reason=None,
        rollback_of=rollback_of,
    )


def incident(  # noqa: PLR0913 - a test names what it is about
    name: str,
    started: float | None,
    resolved: float | None = None,
    *,
    detected: float | None = None,
    acknowledged: float | None = None,
    mitigated: float | None = None,
    severity: Severity | None = Severity.P1,
    services: tuple[str, ...] = ("api",),
    caused_by: str | None = None,
    start_is_detection: bool = False,
) -> Incident:
    return Incident(
        id=name,
        title="Something broke",
        severity=severity,
        severity_given=None if severity is None else severity.value,
        services=services,
        unmapped=(),
        started_at=maybe(started),
        start_is_detection=start_is_detection,
        detected_at=maybe(detected),
        acknowledged_at=maybe(acknowledged),
        mitigated_at=maybe(mitigated),
        resolved_at=maybe(resolved),
        caused_by=caused_by,
        url=None,
        sources=("pagerduty",),
    )
