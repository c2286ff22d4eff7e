"""The file of the demo's incidents, and what is wrong with one."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from dashboard.config.fields import Duration, StrictModel, choice, duration
from dashboard.config.yaml_document import Fault, load_document, parts
from dashboard.demo.effects import EffectField, StartField, effect_faults, start_faults
from dashboard.demo.versions import VERSION
from dashboard.domain.durations import format_duration

#: The phases of an incident end at these, one after the other.
PHASES = ("detected", "acknowledged", "mitigated", "resolved")

_Path = tuple[str | int, ...]


class IncidentKind(StrEnum):
    """What sort of cause an incident has."""

    BAD_DEPLOY = "bad_deploy"
    CAPACITY = "capacity"
    CONFIG_CHANGE = "config_change"
    DEPENDENCY = "dependency"
    EXPIRED_CERTIFICATE = "expired_certificate"
    EXPORTER_DOWN = "exporter_down"
    NOISY_NEIGHBOUR = "noisy_neighbour"


class Untold(StrEnum):
    """A time that happened, and that nobody wrote down."""

    STARTED = "started"
    ACKNOWLEDGED = "acknowledged"


class PhasesField(StrictModel):
    """How long after its start an incident reached the end of each phase; None when it has not."""

    detected: Duration
    acknowledged: Duration | None = None
    mitigated: Duration | None = None
    resolved: Duration | None = None


class DeploymentField(StrictModel):
    """The release that caused an incident, and how it was undone."""

    service: str
    version: Annotated[str, Field(pattern=VERSION)]
    restored: Annotated[str | None, Field(pattern=VERSION)] = None
    fixed: Annotated[str | None, Field(pattern=VERSION)] = None
    named: bool = False
    silent: bool = False


class ReportedField(StrictModel):
    """What the source says of an incident where that is not what happened."""

    source: str | None = None
    severity: str | None = None
    services: list[str] | None = None
    acknowledged: Duration | None = None
    without: list[Annotated[Untold, choice(Untold)]] = Field(default_factory=list)


class IncidentField(StrictModel):
    """One incident of the file."""

    id: str
    title: str
    severity: Annotated[str, Field(pattern="^P[123]$")]
    kind: Annotated[IncidentKind, choice(IncidentKind)]
    cause: str
    start: StartField
    phases: PhasesField
    deployment: DeploymentField | None = None
    reported: ReportedField = Field(default_factory=ReportedField)
    effects: Annotated[list[EffectField], Field(min_length=1)] = Field(default_factory=list)


class _Incidents(StrictModel):
    incidents: list[IncidentField]


def incident_fields(path: Path) -> list[IncidentField]:
    """The incidents of the file at `path`, in its order.

    Raises:
        ConfigurationError: names the file and every fault in it.
    """
    return load_document(path, _Incidents, _check).incidents


def _check(document: dict[str, Any]) -> list[Fault]:
    listed = document.get("incidents")
    incidents = listed if isinstance(listed, list) else []
    seen = Counter(str(parts(incident).get("id")) for incident in incidents)
    faults: list[Fault] = []
    for index, incident in enumerate(incidents):
        written, where = parts(incident), ("incidents", index)
        name = str(written.get("id"))
        if seen[name] > 1:
            message = f"found {name!r} {seen[name]} times, expected every id once"
            faults.append(Fault(where=(*where, "id"), message=message))
        faults += start_faults(written, where)
        faults += effect_faults(written, where)
        faults += _phase_faults(written, where)
        faults += _deployment_faults(written, where)
    return faults


def _phase_faults(incident: dict[str, Any], where: _Path) -> Iterator[Fault]:
    phases = parts(incident, "phases")
    times = {name: _length(phases[name]) for name in PHASES if name in phases}
    for earlier, later in pairwise(PHASES):
        if later in times and earlier not in times and earlier != PHASES[0]:
            message = f"found nothing, expected this time: it was {later} after it"
            yield Fault(where=(*where, "phases", earlier), message=message)
        before, after = times.get(earlier), times.get(later)
        if before is not None and after is not None and after < before:
            message = (
                f"found {phases[later]!r}, expected {format_duration(before)} or later: when it was {earlier}"
            )
            yield Fault(where=(*where, "phases", later), message=message)
    if "effects" not in incident and "services" not in parts(incident, "reported"):
        message = "found nothing, expected effects, or services that it is reported of"
        yield Fault(where=(*where, "effects"), message=message)
    if phases:
        yield from _end_faults(incident, times, (*where, "phases", "resolved"))


def _end_faults(
    incident: dict[str, Any], times: dict[str, timedelta | None], where: _Path
) -> Iterator[Fault]:
    """An incident is resolved when no effect goes on, and not before the last one has ended."""
    effects = incident.get("effects")
    listed = [parts(effect) for effect in effects] if isinstance(effects, list) else []
    goes_on = any("for" not in effect for effect in listed)
    if goes_on and "resolved" in times:
        yield Fault(where=where, message="found a time, expected none: an effect has no end")
    if not goes_on and "resolved" not in times:
        yield Fault(where=where, message="found nothing, expected this time: every effect has an end")
    ends = [
        after + lasts
        for effect in listed
        if (after := _length(effect.get("after", timedelta(0)))) is not None
        and (lasts := _length(effect.get("for"))) is not None
    ]
    resolved = times.get("resolved")
    if not goes_on and resolved is not None and ends and resolved < max(ends):
        message = f"found {format_duration(resolved)}, expected {format_duration(max(ends))} or later"
        yield Fault(where=where, message=f"{message}: when its last effect ends")


def _deployment_faults(incident: dict[str, Any], where: _Path) -> Iterator[Fault]:
    is_bad_deploy = incident.get("kind") == IncidentKind.BAD_DEPLOY
    if is_bad_deploy and "deployment" not in incident:
        message = "found nothing, expected the deployment that caused it"
        yield Fault(where=(*where, "deployment"), message=message)
    if not is_bad_deploy and "deployment" in incident:
        message = f"found a deployment, expected none: the kind is not {IncidentKind.BAD_DEPLOY}"
        yield Fault(where=(*where, "deployment"), message=message)
    deployment = parts(incident, "deployment")
    undone = [name for name in ("restored", "fixed") if deployment.get(name) is not None]
    if undone and "mitigated" not in parts(incident, "phases"):
        message = "found nothing, expected this time: its deployment was undone then"
        yield Fault(where=(*where, "phases", "mitigated"), message=message)
    if len(undone) > 1:
        message = "found both a version that was restored and one that fixed it, expected one of them"
        yield Fault(where=(*where, "deployment", "fixed"), message=message)
    if deployment.get("silent") is True and deployment.get("restored") is None:
        message = "found a silent rollback, expected the version that was restored as well"
        yield Fault(where=(*where, "deployment", "silent"), message=message)


def _length(value: Any) -> timedelta | None:
    """A duration as it was written; None when it is none, which the field itself tells."""
    try:
        return duration(value)
    except ValueError:
        return None
