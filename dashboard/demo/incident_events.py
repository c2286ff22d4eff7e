"""What is heard of the demo's incidents while they happen: one event for each thing that becomes known."""

from collections.abc import Iterator
from datetime import datetime

from dashboard.demo.incidents import DemoIncident, demo_incidents
from dashboard.domain.incidents import IncidentEvent


def demo_incident_events(as_of: datetime) -> tuple[IncidentEvent, ...]:
    """The events of the demo's incidents up to `as_of` (floored to a bucket), incident by incident.

    The same `as_of` gives the same events.

    Raises:
        ConfigurationError: the demo's incidents cannot be read; names the file and every fault in it.
    """
    return tuple(event for incident in demo_incidents(as_of) for event in _events(incident))


def _events(incident: DemoIncident) -> Iterator[IncidentEvent]:
    told, deployment = incident.told, incident.deployment
    name, source = incident.id, told.source
    if incident.detected_at is not None:
        yield IncidentEvent(
            source=source,
            incident=name,
            at=incident.detected_at,
            title=incident.title,
            severity=told.severity,
            services=told.services,
            started_at=told.started_at,
            detected_at=incident.detected_at,
            start_unmeasured=told.started_at is None,
        )
    if told.acknowledged_at is not None:
        yield IncidentEvent(
            source=source, incident=name, at=told.acknowledged_at, acknowledged_at=told.acknowledged_at
        )
    if incident.mitigated_at is not None:
        yield IncidentEvent(
            source=source,
            incident=name,
            at=incident.mitigated_at,
            mitigated_at=incident.mitigated_at,
            caused_by=deployment.version if deployment is not None and deployment.named else None,
        )
    if incident.ended_at is not None:
        yield IncidentEvent(source=source, incident=name, at=incident.ended_at, resolved_at=incident.ended_at)
