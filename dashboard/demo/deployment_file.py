"""The file of the demo's deployments, and what is wrong with one."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from dashboard.config.fields import Duration, StrictModel, choice, exact
from dashboard.config.yaml_document import Fault, load_document, parts
from dashboard.demo.effects import EffectField, StartField, effect_faults, start_faults
from dashboard.demo.versions import VERSION
from dashboard.domain.deployments import DeploymentState
from dashboard.domain.policy_tier import ChangeType
from dashboard.paths import ROOT

#: Where the demo's deployments are written down.
DEPLOYMENTS = ROOT / "data" / "demo" / "deployments.yaml"

_UNTRIED = frozenset({DeploymentState.QUEUED, DeploymentState.SUPERSEDED})
_BAD_ENDS = frozenset({DeploymentState.FAILED, DeploymentState.ROLLED_BACK})


def _rate(value: Any) -> float:
    rate = exact(value)
    if rate < 0:
        raise ValueError(f"found {value}, expected how often a week it is released: 0 or more")
    return float(rate)


class ServiceField(StrictModel):
    """How often a service is released to production, and what ran before the history."""

    per_week: Annotated[float, BeforeValidator(_rate)]
    takes: Annotated[Duration, Field(gt=timedelta(0))]
    version: Annotated[str, Field(pattern=VERSION)]
    staging: bool = False


class ParticularField(StrictModel):
    """A deployment that the file tells about."""

    service: str
    start: StartField
    state: Annotated[DeploymentState, choice(DeploymentState)] = DeploymentState.SUCCEEDED
    change: Annotated[ChangeType | None, choice(ChangeType)] = None
    reason: str | None = None
    effects: Annotated[list[EffectField], Field(min_length=1)] = Field(default_factory=list)


class DeploymentsFile(StrictModel):
    """All of the file."""

    services: Annotated[dict[str, ServiceField], Field(min_length=1)]
    actors: Annotated[list[str], Field(min_length=1)]
    reasons: Annotated[list[str], Field(min_length=1)]
    deployments: list[ParticularField]


def deployments_file(path: Path = DEPLOYMENTS) -> DeploymentsFile:
    """The file at `path`.

    Raises:
        ConfigurationError: names the file and every fault in it.
    """
    return load_document(path, DeploymentsFile, lambda document: list(_faults(document)))


def _faults(document: dict[str, Any]) -> Iterator[Fault]:
    services = parts(document, "services")
    listed = document.get("deployments")
    for index, entry in enumerate(listed if isinstance(listed, list) else ()):
        written, where = parts(entry), ("deployments", index)
        yield from start_faults(written, where)
        yield from effect_faults(written, where)
        service, state = written.get("service"), written.get("state", DeploymentState.SUCCEEDED)
        if isinstance(service, str) and service not in services:
            message = f"found {service!r}, expected one of the services of this file"
            yield Fault(where=(*where, "service"), message=message)
        if state in _BAD_ENDS and "reason" not in written:
            message = f"found nothing, expected why it is {DeploymentState(state)}"
            yield Fault(where=(*where, "reason"), message=message)
        if state in _UNTRIED and "effects" in written:
            message = f"found effects, expected none: what is {DeploymentState(state)} serves nobody"
            yield Fault(where=(*where, "effects"), message=message)
        effects = written.get("effects")
        for position, effect in enumerate(effects if isinstance(effects, list) else ()):
            if "for" not in parts(effect):
                message = "found nothing, expected how long it lasts"
                yield Fault(where=(*where, "effects", position, "for"), message=message)
