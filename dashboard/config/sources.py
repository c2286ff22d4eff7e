"""`sources.yaml`: what pipelines and pagers call our services, environments and severities."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field

from dashboard.config.fields import Duration, StrictModel, time_zone
from dashboard.config.yaml_document import Fault, load_document, parts
from dashboard.domain.incidents import Severity
from dashboard.domain.names import NameMap
from dashboard.domain.slo import Catalogue

#: What events come from; a zone may be set for the times of each.
SOURCES = ("github", "argo-rollouts", "cdevents", "alertmanager", "pagerduty", "api", "import")

_FLAP_GAP = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLabels:
    """The labels of an alert that name its service (the first of `service` that it has) and severity."""

    service: tuple[str, ...]
    severity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Everything of `sources.yaml`, validated.

    Firings of one alert group at most `flap_gap` apart are one incident. `time_zones` has the zone of times
    without an offset, by source; a source that is not in it may send none.
    """

    names: NameMap
    flap_gap: timedelta
    time_zones: Mapping[str, ZoneInfo]
    alert_labels: AlertLabels


class _Severities(StrictModel):
    P1: list[str] = Field(default_factory=list)
    P2: list[str] = Field(default_factory=list)
    P3: list[str] = Field(default_factory=list)


class _Alertmanager(StrictModel):
    service_labels: Annotated[list[str], Field(min_length=1)] = Field(
        default_factory=lambda: ["service", "app", "job"]
    )
    severity_label: str = "severity"
    flap_gap: Duration = _FLAP_GAP


class _Sources(StrictModel):
    services: dict[str, list[str]] = Field(default_factory=dict)
    environments: dict[str, list[str]] = Field(default_factory=dict)
    severities: _Severities = Field(default_factory=_Severities)
    time_zones: dict[str, Annotated[ZoneInfo, BeforeValidator(time_zone)]] = Field(default_factory=dict)
    alertmanager: _Alertmanager = Field(default_factory=_Alertmanager)


def load_sources(path: Path, catalogue: Catalogue) -> Sources:
    """The names of sources at `path`, for the services of `catalogue`.

    Raises:
        ConfigurationError: names the file and every fault in it.
    """

    def check(document: dict[str, Any]) -> list[Fault]:
        return _check(document, catalogue)

    document = load_document(path, _Sources, check)
    services = {name: name for name in catalogue.services}
    services |= {alias: name for name, aliases in document.services.items() for alias in aliases}
    environments = {name.casefold(): name for name in document.environments}
    environments |= {
        alias.casefold(): name for name, aliases in document.environments.items() for alias in aliases
    }
    severities = {severity.value.casefold(): severity for severity in Severity}
    severities |= {
        word.casefold(): severity
        for severity in Severity
        for word in getattr(document.severities, severity.value)
    }
    labels = document.alertmanager
    return Sources(
        names=NameMap(services=services, environments=environments, severities=severities),
        flap_gap=labels.flap_gap,
        time_zones=document.time_zones,
        alert_labels=AlertLabels(service=tuple(labels.service_labels), severity=labels.severity_label),
    )


def _check(document: dict[str, Any], catalogue: Catalogue) -> list[Fault]:
    """The faults that cross from one field to another: names of nothing, and names of two things."""
    faults = [
        Fault(where=("services", name), message="found this name, expected a service of the catalogue")
        for name in parts(document, "services")
        if name not in catalogue.services
    ]
    faults += [
        Fault(where=("time_zones", name), message=f"found {name!r}, expected one of {', '.join(SOURCES)}")
        for name in parts(document, "time_zones")
        if name not in SOURCES
    ]
    faults += _repeated("services", parts(document, "services"), {name: name for name in catalogue.services})
    environments = parts(document, "environments")
    faults += _repeated("environments", environments, {name.casefold(): name for name in environments})
    own = {severity.value.casefold(): severity.value for severity in Severity}
    return faults + _repeated("severities", parts(document, "severities"), own)


def _repeated(section: str, named: Mapping[str, Any], known: dict[str, str]) -> list[Fault]:
    """Names that stand for two things; `known` are those that stand for something already."""
    faults = []
    seen = dict(known)
    for name, aliases in named.items():
        for index, alias in enumerate(aliases if isinstance(aliases, list) else ()):
            word = str(alias) if section == "services" else str(alias).casefold()
            if seen.setdefault(word, name) != name:
                message = f"found {alias!r}, which stands for {seen[word]} already; expected it once"
                faults.append(Fault(where=(section, name, index), message=message))
    return faults
