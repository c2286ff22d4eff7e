"""What goes wrong in the demo: `data/demo/incidents.yaml`, placed in time."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from dashboard.config.fields import Duration, StrictModel, duration, exact
from dashboard.config.yaml_document import Fault, load_document, parts
from dashboard.domain.durations import format_duration
from dashboard.domain.event_counts import floor_to_bucket
from dashboard.paths import ROOT

#: Where the demo's incidents are written down.
INCIDENTS = ROOT / "data" / "demo" / "incidents.yaml"

#: How far back the demo's history reaches.
HISTORY = timedelta(days=90)

_DAY = timedelta(days=1)
_FRIDAY = 4
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


class EffectKind(StrEnum):
    """What an indicator sees of an incident."""

    FAILING = "failing"
    SLOW = "slow"
    UNMEASURED = "unmeasured"


class IncidentKind(StrEnum):
    """What sort of cause an incident has."""

    BAD_DEPLOY = "bad_deploy"
    CAPACITY = "capacity"
    CONFIG_CHANGE = "config_change"
    DEPENDENCY = "dependency"
    EXPIRED_CERTIFICATE = "expired_certificate"
    EXPORTER_DOWN = "exporter_down"
    NOISY_NEIGHBOUR = "noisy_neighbour"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoEffect:
    """From `start` to `end`, `share` (0 … 1) of the events of each of `services` are as `kind` says.

    `end` is the end of the demo's history while the effect still goes on.
    """

    services: tuple[str, ...]
    kind: EffectKind
    share: float
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoDeployment:
    """The release that caused an incident; `restored` is the version that was put back, None if none was."""

    service: str
    version: str
    restored: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoIncident:
    """One incident of the demo; `ended_at` is None while it still goes on at the end of the history.

    `severity` is P1, P2 or P3; `cause` tells in words what happened and what ended it.
    """

    id: str
    title: str
    severity: str
    kind: IncidentKind
    cause: str
    started_at: datetime
    ended_at: datetime | None
    deployment: DemoDeployment | None
    effects: tuple[DemoEffect, ...]

    @property
    def services(self) -> tuple[str, ...]:
        """The services that it hit, each once, in the order of its effects."""
        return tuple(dict.fromkeys(service for effect in self.effects for service in effect.services))


def _clock(value: Any) -> time:
    match = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f'found {value!r}, expected a time of day in quotes such as "09:30"')
    return time(int(match[1]), int(match[2]))


def _kind(value: Any) -> IncidentKind:
    if value not in set(IncidentKind):
        raise ValueError(f"found {value!r}, expected one of {', '.join(IncidentKind)}")
    return IncidentKind(value)


def _effect(value: Any) -> EffectKind:
    if value not in set(EffectKind):
        raise ValueError(f"found {value!r}, expected one of {', '.join(EffectKind)}")
    return EffectKind(value)


def _share(value: Any) -> float:
    share = exact(value)
    if not 0 < share <= 1:
        raise ValueError(f"found {value}, expected a share above 0 and up to 1")
    return float(share)


def _before(value: Any) -> timedelta:
    before = duration(value)
    if before > HISTORY:
        raise ValueError(f"found {value!r}, expected at most {format_duration(HISTORY)}: the demo's history")
    return before


class _Start(StrictModel):
    before: Annotated[timedelta, BeforeValidator(_before)]
    at: Annotated[time | None, BeforeValidator(_clock)] = None
    workday: bool = False


class _Deployment(StrictModel):
    service: str
    version: str
    restored: str | None = None


class _Effect(StrictModel):
    services: Annotated[list[str], Field(min_length=1)]
    effect: Annotated[EffectKind, BeforeValidator(_effect)]
    share: Annotated[float, BeforeValidator(_share)] = 1.0
    after: Duration = timedelta(0)
    lasts: Annotated[Duration | None, Field(alias="for")] = None


class _Incident(StrictModel):
    id: str
    title: str
    severity: Annotated[str, Field(pattern="^P[123]$")]
    kind: Annotated[IncidentKind, BeforeValidator(_kind)]
    cause: str
    start: _Start
    deployment: _Deployment | None = None
    effects: Annotated[list[_Effect], Field(min_length=1)]


class _Incidents(StrictModel):
    incidents: list[_Incident]


def demo_incidents(as_of: datetime, path: Path = INCIDENTS) -> tuple[DemoIncident, ...]:
    """What goes wrong in the 90 days before `as_of` (floored to a bucket), in order of its start.

    Raises:
        ConfigurationError: names the file and every fault in it.
    """
    document = load_document(path, _Incidents, _check)
    end = floor_to_bucket(as_of)
    placed = (_placed(incident, end) for incident in document.incidents)
    return tuple(sorted(placed, key=lambda incident: (incident.started_at, incident.id)))


def _placed(incident: _Incident, end: datetime) -> DemoIncident:
    start = _started_at(incident.start, end)
    effects = tuple(
        DemoEffect(
            services=tuple(effect.services),
            kind=effect.effect,
            share=effect.share,
            start=min(start + effect.after, end),
            end=end if effect.lasts is None else min(start + effect.after + effect.lasts, end),
        )
        for effect in incident.effects
    )
    ends = max(effect.end for effect in effects)
    caused_by = incident.deployment
    return DemoIncident(
        id=incident.id,
        title=incident.title,
        severity=incident.severity,
        kind=incident.kind,
        cause=incident.cause,
        started_at=start,
        ended_at=ends if ends < end else None,
        deployment=None
        if caused_by is None
        else DemoDeployment(
            service=caused_by.service, version=caused_by.version, restored=caused_by.restored
        ),
        effects=effects,
    )


def _started_at(start: _Start, end: datetime) -> datetime:
    latest = end.astimezone(UTC) - start.before
    if start.at is not None:
        moved = datetime.combine(latest.date(), start.at, tzinfo=UTC)
        latest = moved if moved <= latest else moved - _DAY
    if start.workday and latest.weekday() >= _FRIDAY:
        latest -= (latest.weekday() - _FRIDAY + 1) * _DAY
    return latest


def _check(document: dict[str, Any]) -> list[Fault]:
    """The faults that cross from one field to another: repeated ids, and effects with no share."""
    listed = document.get("incidents")
    incidents = listed if isinstance(listed, list) else []
    seen = Counter(str(parts(incident).get("id")) for incident in incidents)
    faults = []
    for index, incident in enumerate(incidents):
        name = str(parts(incident).get("id"))
        if seen[name] > 1:
            message = f"found {name!r} {seen[name]} times, expected every id once"
            faults.append(Fault(where=("incidents", index, "id"), message=message))
        effects = parts(incident).get("effects")
        for position, effect in enumerate(effects if isinstance(effects, list) else ()):
            written = parts(effect)
            where = ("incidents", index, "effects", position, "share")
            measured = written.get("effect") != EffectKind.UNMEASURED
            if measured and "share" not in written:
                message = "found nothing, expected the share of events that it hits"
                faults.append(Fault(where=where, message=message))
            if not measured and "share" in written:
                message = "found the share of an unmeasured span, expected none: nothing of it is counted"
                faults.append(Fault(where=where, message=message))
    return faults
