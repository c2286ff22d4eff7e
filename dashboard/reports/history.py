"""Deployments and incidents as they stood at an instant: folded, mapped to our names, joined."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from dashboard.config.sources import Sources
from dashboard.domain import alerts, attribution, rollbacks
from dashboard.domain import deployments as deployment_events
from dashboard.domain import incidents as incident_events
from dashboard.domain.attribution import Attribution, Correction, Key
from dashboard.domain.deployments import Deployment, DeploymentEvent
from dashboard.domain.incidents import FoldedIncident, Incident, IncidentEvent
from dashboard.domain.names import NameMap
from dashboard.domain.policy import DeliveryRules
from dashboard.domain.releases import Release, finished_last, releases
from dashboard.reports.fleet import without_collecting
from dashboard.store import deployments as stored_deployments
from dashboard.store import incidents as stored_incidents
from dashboard.store.database import open_for_reading

_UNTITLED = "(no title)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmapped:
    """Names of the sources that mean none of ours, with how many deployments or incidents bear them.

    `deployments` and `incidents` are by the name of a service; `environments` has how many deployments went
    to one that nobody has named.

    `undated` counts incidents of which no time is known, so that they are nowhere shown.
    """

    deployments: Mapping[str, int]
    incidents: Mapping[str, int]
    severities: Mapping[str, int]
    environments: Mapping[str, int]
    undated: int

    @property
    def count(self) -> int:
        """How many names are unmapped."""
        return len({*self.deployments, *self.incidents}) + len(self.severities) + len(self.environments)


@dataclass(frozen=True, kw_only=True)
class History:
    """Every release to the environment that counts and every incident, as they stood at `as_of`.

    `others` are the deployments to other environments; `releases` are in the order in which they finished.
    """

    as_of: datetime
    releases: tuple[Release, ...]
    others: tuple[Deployment, ...]
    incidents: tuple[Incident, ...]
    attributions: Mapping[str, Attribution]
    unmapped: Unmapped

    @cached_property
    def incidents_by_id(self) -> Mapping[str, Incident]:
        """The incidents by their id."""
        return {incident.id: incident for incident in self.incidents}

    @cached_property
    def releases_by_key(self) -> Mapping[Key, Release]:
        """The releases by service, environment and id."""
        return {release.deployment.key: release for release in self.releases}

    @cached_property
    def releases_by_service(self) -> Mapping[str, tuple[Release, ...]]:
        """The releases of each service, in the order in which they finished."""
        found: dict[str, list[Release]] = {}
        for release in self.releases:
            found.setdefault(release.deployment.service, []).append(release)
        return {service: tuple(of) for service, of in found.items()}

    @cached_property
    def incidents_by_service(self) -> Mapping[str, tuple[Incident, ...]]:
        """The incidents that affected each service."""
        found: dict[str, list[Incident]] = {}
        for incident in self.incidents:
            for service in incident.services:
                found.setdefault(service, []).append(incident)
        return {service: tuple(of) for service, of in found.items()}


def history_at(store: Path, sources: Sources, rules: DeliveryRules, now: datetime) -> History:
    """As `read_history`, of the store at `store`.

    Raises:
        StoreError: the store is missing or cannot be read.
    """
    with open_for_reading(store) as connection, without_collecting():
        return read_history(connection, sources, rules, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """All that sources have told, in our names: the history at any instant follows from it.

    `unmapped` has how many deployments bear a name that means none of ours; `names` knows what ours are.
    """

    deployments: Mapping[Key, Sequence[DeploymentEvent]]
    incidents: Sequence[Incident]
    corrections: Sequence[Correction]
    unmapped: Mapping[str, int]
    names: NameMap


def read_history(
    connection: sqlite3.Connection, sources: Sources, rules: DeliveryRules, now: datetime
) -> History:
    """What was deployed and what broke up to `now`."""
    return history_of(read_told(connection, sources), rules, now)


def read_told(connection: sqlite3.Connection, sources: Sources) -> Told:
    """Everything that the store was told of deployments and incidents."""
    unmapped: Counter[str] = Counter()
    return Told(
        deployments=_deployments(connection, sources.names, unmapped),
        incidents=_incidents(connection, sources),
        corrections=list(stored_incidents.corrections(connection)),
        unmapped=unmapped,
        names=sources.names,
    )


def history_of(told: Told, rules: DeliveryRules, now: datetime) -> History:
    """What was deployed and what broke up to `now`, of what was `told`."""
    everything = _deployed(told.deployments, now)
    happened = _happened(told.incidents, now)
    incidents = sorted(happened, key=lambda incident: (incident.began_at, incident.id))
    mine = [item for item in everything if item.environment == rules.environment]
    mine.sort(key=finished_last)  # once: what sorts them again below finds them in order
    found = rollbacks.find_rollbacks(mine)
    corrections = [item for item in told.corrections if item.at <= now]
    attributions = attribution.attribute(incidents, mine, found, corrections, rules.attribution_window)
    return History(
        as_of=now,
        releases=tuple(releases(mine, found, incidents, attributions, rules.attribution_window, now)),
        others=tuple(item for item in everything if item.environment != rules.environment),
        incidents=tuple(incidents),
        attributions=attributions,
        unmapped=Unmapped(
            deployments=told.unmapped,
            incidents=Counter(name for incident in happened for name in incident.unmapped),
            severities=Counter(
                incident.severity_given or "(none given)"
                for incident in happened
                if incident.severity is None
            ),
            environments=Counter(
                item.environment
                for item in everything
                if item.environment != rules.environment
                and not told.names.knows_environment(item.environment)
            ),
            undated=sum(incident.began_at is None for incident in told.incidents),
        ),
    )


def _deployments(
    connection: sqlite3.Connection, names: NameMap, unmapped: "Counter[str]"
) -> dict[Key, list[DeploymentEvent]]:
    told: dict[Key, list[DeploymentEvent]] = {}
    for (given, environment, name), events in stored_deployments.events_by_deployment(connection):
        service = names.service(given)
        if service is None:
            unmapped[given] += 1
            continue
        key = (service, names.environment(environment), name)
        # Two names of one service may each have told a part of the same deployment.
        told[key] = told[key] + events if key in told else events
    return told


def _deployed(told: Mapping[Key, Sequence[DeploymentEvent]], now: datetime) -> list[Deployment]:
    folded = (
        deployment_events.fold(
            deployment_events.told_by(events, now), service=service, environment=environment
        )
        for (service, environment, _), events in told.items()
    )
    seen = (deployment_events.as_of(deployment, now) for deployment in folded)
    return [deployment for deployment in seen if deployment is not None]


def _incidents(connection: sqlite3.Connection, sources: Sources) -> list[Incident]:
    told: dict[str, list[IncidentEvent]] = dict(stored_incidents.events_by_incident(connection))
    for event in alerts.incidents_of(stored_incidents.alerts(connection), sources.flap_gap):
        told.setdefault(event.incident, []).append(event)
    return [_mapped(incident_events.fold(events), sources.names) for events in told.values()]


def _happened(told: Iterable[Incident], now: datetime) -> list[Incident]:
    seen = (incident_events.as_of(incident, now) for incident in told)
    return [incident for incident in seen if incident is not None]


def _mapped(folded: FoldedIncident, names: NameMap) -> Incident:
    services = {name: names.service(name) for name in folded.services}
    return Incident(
        id=folded.id,
        title=folded.title or _UNTITLED,
        severity=names.severity(folded.severity),
        severity_given=folded.severity,
        services=tuple(dict.fromkeys(service for service in services.values() if service is not None)),
        unmapped=tuple(name for name, service in services.items() if service is None),
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


def known_since(history: History) -> datetime | None:
    """When the first deployment or incident began that the store knows; None when it knows none.

    Of deployments it is the first that finished: they are in that order.
    """
    firsts = [
        *(item.began_at for item in history.incidents[:1]),
        *(item.deployment.began_at for item in history.releases[:1]),
    ]
    return min((first for first in firsts if first is not None), default=None)
