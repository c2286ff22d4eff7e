"""What goes wrong in the demo: `data/demo/incidents.yaml`, placed in time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from dashboard.demo.effects import DemoEffect, begins_at, placed
from dashboard.demo.incident_file import (
    DeploymentField,
    IncidentField,
    IncidentKind,
    Untold,
    incident_fields,
)
from dashboard.domain.event_counts import floor_to_bucket
from dashboard.paths import ROOT

#: Where the demo's incidents are written down.
INCIDENTS = ROOT / "data" / "demo" / "incidents.yaml"

#: Who reports an incident of which the file says nothing else.
_SOURCE = "demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoDeployment:
    """The release that caused an incident, and how it was undone.

    `restored` is the version that was put back and `fixed` that of the emergency release that mended it;
    with neither it kept running. `named` says that the incident names it, `silent` that nobody called what
    put `restored` back a rollback.
    """

    service: str
    version: str
    restored: str | None
    fixed: str | None
    named: bool
    silent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What `source` says of an incident, true or not; a time that it never got to know is None."""

    source: str
    severity: str
    services: tuple[str, ...]
    started_at: datetime | None
    acknowledged_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoIncident:
    """One incident of the demo; `ended_at` is None while it still goes on at the end of the history.

    `severity` is P1, P2 or P3; `cause` tells in words what happened and what ended it. Times are those at
    which it did happen, None when they lie after the history; `told` is what one hears of it.
    """

    id: str
    title: str
    severity: str
    kind: IncidentKind
    cause: str
    started_at: datetime
    detected_at: datetime | None
    acknowledged_at: datetime | None
    mitigated_at: datetime | None
    ended_at: datetime | None
    deployment: DemoDeployment | None
    effects: tuple[DemoEffect, ...]
    told: Told

    @property
    def services(self) -> tuple[str, ...]:
        """The services that it hit, each once, in the order of its effects."""
        return _services(self.effects)


def demo_incidents(as_of: datetime, path: Path = INCIDENTS) -> tuple[DemoIncident, ...]:
    """What goes wrong in the 90 days before `as_of` (floored to a bucket), in order of its start.

    Raises:
        ConfigurationError: names the file and every fault in it.
    """
    end = floor_to_bucket(as_of)
    found = (_placed(incident, end) for incident in incident_fields(path))
    return tuple(sorted(found, key=lambda incident: (incident.started_at, incident.id)))


def _placed(incident: IncidentField, end: datetime) -> DemoIncident:
    start = begins_at(incident.start, end)
    effects = placed(incident.effects, start, end)

    def at(after: timedelta | None) -> datetime | None:
        return start + after if after is not None and start + after <= end else None

    phases, reported = incident.phases, incident.reported
    acknowledged = phases.acknowledged if reported.acknowledged is None else reported.acknowledged
    return DemoIncident(
        id=incident.id,
        title=incident.title,
        severity=incident.severity,
        kind=incident.kind,
        cause=incident.cause,
        started_at=start,
        detected_at=at(phases.detected),
        acknowledged_at=at(phases.acknowledged),
        mitigated_at=at(phases.mitigated),
        ended_at=at(phases.resolved),
        deployment=None if incident.deployment is None else _deployment(incident.deployment),
        effects=effects,
        told=Told(
            source=reported.source or _SOURCE,
            severity=reported.severity or incident.severity,
            services=tuple(reported.services or _services(effects)),
            started_at=None if Untold.STARTED in reported.without else start,
            acknowledged_at=None if Untold.ACKNOWLEDGED in reported.without else at(acknowledged),
        ),
    )


def _deployment(written: DeploymentField) -> DemoDeployment:
    return DemoDeployment(
        service=written.service,
        version=written.version,
        restored=written.restored,
        fixed=written.fixed,
        named=written.named,
        silent=written.silent,
    )


def _services(effects: tuple[DemoEffect, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(service for effect in effects for service in effect.services))
