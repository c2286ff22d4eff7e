"""An incident, folded from what pagers, alerts and people said of it (FRAMEWORK, Incidents and MTTR)."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from dashboard.domain.newest import latest
from dashboard.domain.record import record


class Severity(StrEnum):
    """P1: complete outage or data-loss risk. P2: degraded, significant user impact. P3: with a workaround."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"


@record
class IncidentEvent:
    """What a source said of one incident at one time; None is what it did not say.

    `severity` and `services` are as the source calls them. `at` is when it was so by the source's clock.
    `start_unmeasured` says that the source cannot know when the trouble began: a pager knows only when it
    was told. `caused_by` is the id, version or commit of a deployment. A `correction` was made by a person
    and wins over everything that is not one.
    """

    source: str
    incident: str
    at: datetime
    title: str | None = None
    severity: str | None = None
    services: tuple[str, ...] = ()
    started_at: datetime | None = None
    detected_at: datetime | None = None
    acknowledged_at: datetime | None = None
    mitigated_at: datetime | None = None
    resolved_at: datetime | None = None
    reopened_at: datetime | None = None
    start_unmeasured: bool = False
    caused_by: str | None = None
    url: str | None = None
    correction: bool = False


@record
class Incident:
    """One incident as all of its events tell it together; None is unknown.

    `severity` is None when the source gave none or one that is not mapped (`severity_given` is its word);
    `services` are those of the catalogue that it affected, `unmapped` names that mean none of them.
    `start_is_detection` says that nobody measured when it began: `started_at` is then when it was detected.
    `resolved_at` is None while it is open.
    """

    id: str
    title: str
    severity: Severity | None
    severity_given: str | None
    services: tuple[str, ...]
    unmapped: tuple[str, ...]
    started_at: datetime | None
    start_is_detection: bool
    detected_at: datetime | None
    acknowledged_at: datetime | None
    mitigated_at: datetime | None
    resolved_at: datetime | None
    caused_by: str | None
    url: str | None
    sources: tuple[str, ...]

    @property
    def times(self) -> tuple[datetime, ...]:
        """The times that are known of it, in the order of its phases."""
        known = (
            self.started_at,
            self.detected_at,
            self.acknowledged_at,
            self.mitigated_at,
            self.resolved_at,
        )
        return tuple(time for time in known if time is not None)

    @property
    def began_at(self) -> datetime | None:
        """When it began, or the first that is known of it; None when no time is known at all."""
        return self.started_at or min(self.times, default=None)

    @property
    def is_open(self) -> bool:
        """Whether it has not been resolved."""
        return self.resolved_at is None


@record
class FoldedIncident:
    """An incident in its sources' own words, before their names are mapped to ours."""

    id: str
    title: str | None
    severity: str | None
    services: tuple[str, ...]
    started_at: datetime | None
    start_is_detection: bool
    detected_at: datetime | None
    acknowledged_at: datetime | None
    mitigated_at: datetime | None
    resolved_at: datetime | None
    caused_by: str | None
    url: str | None
    sources: tuple[str, ...]


def fold(events: Iterable[IncidentEvent]) -> FoldedIncident:
    """One incident from its events, whatever their order and however often each was sent.

    The first time of each phase counts; the last resolution counts, unless it was reopened since. The newest
    word on everything else wins, and a correction before all others. The services of several sources add up.

    Raises:
        ValueError: there is no event.
    """
    ordered = list(events)
    if not ordered:
        raise ValueError("found no event, expected at least one")
    if len(ordered) == 1:
        return _as_told(ordered[0])
    if len({(event.correction, event.at) for event in ordered}) == len(ordered):
        ordered.sort(key=lambda event: (event.correction, event.at))
    else:
        ordered.sort(key=lambda event: (event.correction, event.at, repr(event)))
    observed = [event for event in ordered if not event.correction]
    corrections = [event for event in ordered if event.correction]
    started = _first(corrections, observed, "started_at")
    detected = _first(corrections, observed, "detected_at")
    unmeasured = started is None and any(event.start_unmeasured for event in ordered)
    corrected_services = latest(event.services or None for event in corrections)
    return FoldedIncident(
        id=ordered[0].incident,
        title=latest(event.title for event in ordered),
        severity=latest(event.severity for event in ordered),
        services=corrected_services or _services(observed),
        started_at=detected if unmeasured else started,
        start_is_detection=unmeasured and detected is not None,
        detected_at=detected,
        acknowledged_at=_first(corrections, observed, "acknowledged_at"),
        mitigated_at=_first(corrections, observed, "mitigated_at"),
        resolved_at=_resolved_at(corrections, observed),
        caused_by=latest(event.caused_by for event in ordered),
        url=latest(event.url for event in ordered),
        sources=tuple(sorted({event.source for event in ordered})),
    )


def _services(observed: Sequence[IncidentEvent]) -> tuple[str, ...]:
    """The services that each source named last, together: one may move an incident to another service."""
    newest: dict[str, tuple[str, ...]] = {}
    for event in observed:
        if event.services:
            newest[event.source] = event.services
    return tuple(sorted({service for services in newest.values() for service in services}))


def as_of(incident: Incident, now: datetime) -> Incident | None:
    """`incident` as it stood at `now`: what came later is not known yet; None when nothing was known."""
    began = incident.began_at
    if began is None or began > now:
        return None
    if max(incident.times) <= now:
        return incident

    def seen(time: datetime | None) -> datetime | None:
        return time if time is not None and time <= now else None

    return replace(
        incident,
        started_at=seen(incident.started_at),
        detected_at=seen(incident.detected_at),
        acknowledged_at=seen(incident.acknowledged_at),
        mitigated_at=seen(incident.mitigated_at),
        resolved_at=seen(incident.resolved_at),
    )


def _as_told(event: IncidentEvent) -> FoldedIncident:
    unmeasured = event.start_unmeasured and event.started_at is None
    resolved, reopened = event.resolved_at, event.reopened_at
    is_open = resolved is not None and reopened is not None and reopened > resolved and not event.correction
    return FoldedIncident(
        id=event.incident,
        title=event.title,
        severity=event.severity,
        services=event.services if event.correction else tuple(sorted(set(event.services))),
        started_at=event.detected_at if unmeasured else event.started_at,
        start_is_detection=unmeasured and event.detected_at is not None,
        detected_at=event.detected_at,
        acknowledged_at=event.acknowledged_at,
        mitigated_at=event.mitigated_at,
        resolved_at=None if is_open else resolved,
        caused_by=event.caused_by,
        url=event.url,
        sources=(event.source,),
    )


def _first(
    corrections: Sequence[IncidentEvent], observed: Sequence[IncidentEvent], field: str
) -> datetime | None:
    corrected: datetime | None = latest(getattr(event, field) for event in corrections)
    if corrected is not None:
        return corrected
    return min((time for event in observed if (time := getattr(event, field)) is not None), default=None)


def _resolved_at(corrections: Sequence[IncidentEvent], observed: Sequence[IncidentEvent]) -> datetime | None:
    corrected = latest(event.resolved_at for event in corrections)
    if corrected is not None:
        return corrected
    resolved = max((event.resolved_at for event in observed if event.resolved_at), default=None)
    reopened = max((event.reopened_at for event in observed if event.reopened_at), default=None)
    if resolved is not None and reopened is not None and reopened > resolved:
        return None
    return resolved
