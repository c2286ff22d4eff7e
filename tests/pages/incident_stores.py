"""Incidents and deployments for the small fleets of `stores`: by hand, exact, and without a clock."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from dashboard.domain.deployments import DeploymentEvent, DeploymentState
from dashboard.domain.incidents import IncidentEvent
from dashboard.ingest.events import store_events
from tests.pages.stores import NOW, Fleet, build, burst, steady

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
HOSTILE = "<img src=x onerror=alert(1)> [a](http://example.com) :red[x] |pipe| `code` $1$"


def incident(  # noqa: PLR0913 - one argument per fact
    name: str,
    began: datetime,
    minutes: Sequence[float | None],
    *,
    severity: str | None = "P1",
    services: tuple[str, ...] = ("api",),
    title: str = "",
    caused_by: str | None = None,
    url: str | None = None,
) -> IncidentEvent:
    """One incident whose phases ended so many `minutes` after it began; None is a time that is unknown."""
    known = [None if after is None else began + after * MINUTE for after in minutes]
    times: list[datetime | None] = [*known, None, None, None, None]
    detected, acknowledged, mitigated, resolved = times[:4]
    return IncidentEvent(
        source="test",
        incident=name,
        at=began,
        title=title or f"Trouble {name}",
        severity=severity,
        services=services,
        started_at=began,
        detected_at=detected,
        acknowledged_at=acknowledged,
        mitigated_at=mitigated,
        resolved_at=resolved,
        caused_by=caused_by,
        url=url,
    )


def deployment(
    name: str,
    finished: datetime,
    *,
    service: str = "api",
    state: DeploymentState = DeploymentState.SUCCEEDED,
    committed: timedelta = 40 * MINUTE,
) -> DeploymentEvent:
    """One finished deployment with one commit."""
    return DeploymentEvent(
        source="test",
        service=service,
        environment="production",
        deployment=name,
        at=finished,
        state=state,
        started_at=finished - 5 * MINUTE,
        finished_at=finished,
        version=f"v{name}",
        commit_times=(finished - committed,),
    )


def eventful(folder: Path, *events: IncidentEvent, newest: datetime | None = None) -> Fleet:
    """A fleet with half a year of deployments and incidents of every kind, and `events` besides."""
    shares = {
        "api/availability": burst(0.02, 20 * HOUR, 19 * HOUR),
        "api/latency": steady(0.001),
        "worker/availability": steady(0.0),
    }
    fleet = build(folder, shares) if newest is None else build(folder, shares, newest=newest)
    store_events(fleet.store, [*_deployments(), *_incidents(), *events])
    return fleet


def _deployments() -> list[DeploymentEvent]:
    return [
        deployment(
            f"d{number:03}",
            NOW - number * 2 * DAY - 3 * HOUR,
            service=("api", "worker")[number % 2],
            state=DeploymentState.FAILED if number % 9 == 4 else DeploymentState.SUCCEEDED,
            committed=(30 + 13 * (number % 7)) * MINUTE,
        )
        for number in range(100)
    ]


def _incidents() -> list[IncidentEvent]:
    """Seven P1, eighteen P2 and nine P3 in the last 90 days, fewer before; some open, some badly told."""
    found = []
    for number in range(30):
        length = 35 + 7 * (number * 5 % 9)
        began = NOW - (6 + number * 6.1) * DAY
        phases = (2 + number % 6, 8 + number % 11, 8 + length / 3, length * (2.5 if number == 7 else 1))
        severity = ("P2", "P2", "P1", "P2", "P3")[number % 5]
        services = (("api",), ("worker",), ("api", "worker"))[number % 3]
        found.append(incident(f"INC-{number:03}", began, phases, severity=severity, services=services))
    return [
        *found,
        incident("INC-open", NOW - 20 * HOUR, (4, 9, 30), title="Requests fail for one in fifty"),
        incident("INC-order", NOW - 11 * DAY, (9, 4, 20, 50), severity="P2"),
        incident("INC-noack", NOW - 12 * DAY, (4, None, 30, 70), severity="P2", services=("worker",)),
        incident("INC-nosev", NOW - 13 * DAY, (4, 9, 30, 80), severity="SEV-9", services=("billing",)),
    ]
