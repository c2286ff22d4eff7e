"""When each service of the demo is deployed: what incidents and the file ask for, and ordinary days."""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import numpy as np

from dashboard.demo.deployment_file import DeploymentsFile, ServiceField
from dashboard.demo.effects import HISTORY, begins_at
from dashboard.demo.incidents import DemoDeployment, DemoIncident
from dashboard.domain.deployments import DeploymentState
from dashboard.domain.policy_tier import ChangeType

_SEED = 90_210
_DAY = timedelta(days=1)
#: The shares of a week's deployments from Monday to Sunday: releases are for Monday to Thursday.
_WEEK = (0.24, 0.26, 0.25, 0.21, 0.04, 0.0, 0.0)
_THURSDAY = 3
#: Hours of the day: the first, the usual and the last in which a deployment begins.
_HOURS = (9.0, 10.7, 15.8)
_TAKES_VARY = 0.12
#: What stays clear around a deployment that was told about.
_CLEAR = timedelta(minutes=75)
#: While something longer than this goes on, releases go on as well.
_WAITS_FOR = timedelta(hours=12)
#: A release that broke something finished so long before (seconds).
_SHOWS_AFTER = (70, 260)
#: A rollback takes up to so much of the time from the acknowledgement to the mitigation, and up to this.
_UNDO_SHARE = 0.6
_LONGEST_UNDO = timedelta(minutes=11)
_UNDO_VARIES = (0.5, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A deployment of a service to production, before it has a version unless `version` says one.

    `finished` is when it ended, or was replaced; None while it has not. `restored` is the version that a
    release which broke something makes the one before it have; `undoes` the version that a release takes
    away or mends. `ordinary` says that neither an incident nor the file asks for it.
    """

    service: str
    started: datetime
    finished: datetime | None
    state: DeploymentState = DeploymentState.SUCCEEDED
    version: str | None = None
    restored: str | None = None
    change: ChangeType | None = None
    reason: str | None = None
    undoes: str | None = None
    ordinary: bool = False


def random_of(*names: object) -> np.random.Generator:
    """Random numbers that are always the same for the same `names`."""
    return np.random.default_rng([_SEED, zlib.crc32(" ".join(map(str, names)).encode())])


def slots(file: DeploymentsFile, incidents: Sequence[DemoIncident], end: datetime) -> dict[str, list[Slot]]:
    """The deployments of each service of `file` in the history up to `end`, in order of their start."""
    asked = [*_of_incidents(file, incidents, end), *_particular(file, end)]
    return {
        name: _of_service(name, service, asked, incidents, end) for name, service in file.services.items()
    }


def _of_service(
    name: str, service: ServiceField, asked: Iterable[Slot], incidents: Iterable[DemoIncident], end: datetime
) -> list[Slot]:
    found = [slot for slot in asked if slot.service == name]
    taken = [(slot.started - _CLEAR, (slot.finished or end) + _CLEAR) for slot in found]
    taken += [_frozen(incident, end) for incident in incidents if name in incident.services]
    for slot in _ordinary(name, service, end):
        finished = slot.finished or end
        if not any(slot.started < until and finished > since for since, until in taken):
            found.append(slot)
            taken.append((slot.started, finished + service.takes))
    return sorted(found, key=lambda slot: slot.started)


def _frozen(incident: DemoIncident, end: datetime) -> tuple[datetime, datetime]:
    """While nobody releases because something is broken; of what lasts for days, nobody waits for the end."""
    until = incident.ended_at or end
    since = incident.started_at - (_CLEAR if incident.deployment else timedelta(0))
    return (since, until if until - incident.started_at < _WAITS_FOR else since)


def _ordinary(name: str, service: ServiceField, end: datetime) -> Iterator[Slot]:
    """A day has the same deployments whenever the demo is made."""
    day = (end - HISTORY).date()
    while day <= end.date():
        random = random_of(name, day)
        count = int(random.poisson(service.per_week * _WEEK[day.weekday()]))
        midnight = datetime.combine(day, time(), tzinfo=UTC)
        for hour in sorted(random.triangular(*_HOURS, count).tolist()):
            started = midnight + timedelta(seconds=round(hour * 3_600))
            slot = _slot(name, started, _took(service, random), end)
            if end - HISTORY < started <= end:
                yield slot
        day += _DAY


def _slot(name: str, started: datetime, takes: timedelta, end: datetime) -> Slot:
    finished = started + takes
    if finished > end:
        return Slot(
            service=name, started=started, finished=None, state=DeploymentState.IN_PROGRESS, ordinary=True
        )
    return Slot(service=name, started=started, finished=finished, ordinary=True)


def _took(service: ServiceField, random: np.random.Generator) -> timedelta:
    return timedelta(
        seconds=round(service.takes.total_seconds() * float(np.exp(_TAKES_VARY * random.standard_normal())))
    )


def _of_incidents(file: DeploymentsFile, incidents: Iterable[DemoIncident], end: datetime) -> Iterator[Slot]:
    for incident in incidents:
        if incident.deployment is not None:
            yield from _bad_deploy(
                file.services[incident.deployment.service], incident, incident.deployment, end
            )


def _bad_deploy(
    service: ServiceField, incident: DemoIncident, deployment: DemoDeployment, end: datetime
) -> Iterator[Slot]:
    """The release that broke something, what stood before it, and what undid it."""
    name, random = deployment.service, random_of(incident.id)
    finished = incident.started_at - timedelta(seconds=int(random.integers(*_SHOWS_AFTER)))
    started = finished - _took(service, random)
    if deployment.restored is not None:
        before = _workday_before(started, random)
        yield Slot(service=name, started=before, finished=before + _took(service, random))
    yield Slot(
        service=name,
        started=started,
        finished=finished,
        version=deployment.version,
        restored=deployment.restored,
    )
    version = deployment.restored or deployment.fixed
    mitigated, acknowledged = incident.mitigated_at, incident.acknowledged_at
    if version is None or mitigated is None or acknowledged is None or mitigated > end:
        return
    took = min(_UNDO_SHARE * (mitigated - acknowledged), _LONGEST_UNDO, service.takes)
    took = timedelta(seconds=round(took.total_seconds() * float(random.uniform(*_UNDO_VARIES))))
    is_rollback = deployment.restored is not None and not deployment.silent
    change = ChangeType.EMERGENCY if deployment.fixed else ChangeType.ROLLBACK if is_rollback else None
    yield Slot(
        service=name,
        started=mitigated - took,
        finished=mitigated,
        version=version,
        change=change,
        reason=f"{incident.id}: {incident.title}" if is_rollback else None,
        undoes=deployment.version,
    )


def _workday_before(moment: datetime, random: np.random.Generator) -> datetime:
    day = moment.date() - _DAY
    while day.weekday() > _THURSDAY:
        day -= _DAY
    seconds = round(float(random.triangular(*_HOURS)) * 3_600)
    return datetime.combine(day, time(), tzinfo=UTC) + timedelta(seconds=seconds)


def _particular(file: DeploymentsFile, end: datetime) -> Iterator[Slot]:
    for index, entry in enumerate(file.deployments):
        started = begins_at(entry.start, end)
        took = _took(file.services[entry.service], random_of("particular", index))
        waits = entry.state in {DeploymentState.QUEUED, DeploymentState.IN_PROGRESS}
        if entry.state is DeploymentState.SUPERSEDED:
            took /= 2
        yield Slot(
            service=entry.service,
            started=started,
            finished=None if waits else min(started + took, end),
            state=entry.state,
            change=entry.change,
            reason=entry.reason,
        )
