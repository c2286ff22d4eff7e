"""The demo's deployments and incidents, folded as every reader of the store folds them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from dashboard.config.catalog import load_catalog
from dashboard.demo.deployments import demo_deployments
from dashboard.demo.incident_events import demo_incident_events
from dashboard.domain import deployments as deployment_events
from dashboard.domain import incidents as incident_events
from dashboard.domain.attribution import Attribution, Key, attribute
from dashboard.domain.deployments import Deployment, DeploymentEvent
from dashboard.domain.incidents import Incident, IncidentEvent, Severity
from dashboard.domain.names import NameMap
from dashboard.domain.rollbacks import Rollback, find_rollbacks
from dashboard.paths import DEFAULT_CATALOG

PRODUCTION = "production"
_WITHIN = timedelta(hours=24)
_NAMES = NameMap(
    services={name: name for name in load_catalog(DEFAULT_CATALOG).services},
    environments={},
    severities={severity.casefold(): severity for severity in Severity},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What the events of the demo at one `as_of` tell together."""

    deployments: Mapping[Key, Deployment]
    incidents: Mapping[str, Incident]
    rollbacks: Mapping[Key, Rollback]
    attributions: Mapping[str, Attribution]

    @property
    def production(self) -> list[Deployment]:
        """The deployments to production."""
        return [item for item in self.deployments.values() if item.environment == PRODUCTION]


@lru_cache(maxsize=32)
def story_at(as_of: datetime) -> Story:
    """The story of the demo that is made at `as_of`; it is kept, as many facts are asked of each."""
    deployed: dict[Key, list[DeploymentEvent]] = {}
    for event in demo_deployments(as_of):
        deployed.setdefault((event.service, event.environment, event.deployment), []).append(event)
    deployments = {
        key: deployment_events.fold(events, service=key[0], environment=key[1])
        for key, events in deployed.items()
    }
    happened: dict[str, list[IncidentEvent]] = {}
    for told in demo_incident_events(as_of):
        happened.setdefault(told.incident, []).append(told)
    incidents = {name: _incident(events) for name, events in happened.items()}
    production = [item for item in deployments.values() if item.environment == PRODUCTION]
    rollbacks = find_rollbacks(production)
    return Story(
        deployments=deployments,
        incidents=incidents,
        rollbacks=rollbacks,
        attributions=attribute(incidents.values(), production, rollbacks, [], _WITHIN),
    )


def _incident(events: list[IncidentEvent]) -> Incident:
    folded = incident_events.fold(events)
    return Incident(
        id=folded.id,
        title=folded.title or "",
        severity=_NAMES.severity(folded.severity),
        severity_given=folded.severity,
        services=tuple(name for name in folded.services if _NAMES.service(name)),
        unmapped=tuple(name for name in folded.services if not _NAMES.service(name)),
        started_at=folded.started_at,
        start_is_detection=folded.start_is_detection,
        detected_at=folded.detected_at,
        acknowledged_at=folded.acknowledged_at,
        mitigated_at=folded.mitigated_at,
        resolved_at=folded.resolved_at,
        caused_by=folded.caused_by,
        url=folded.url,
        sources=folded.sources,
    )
