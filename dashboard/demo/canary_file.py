"""The file of the demo's canaries, and what is wrong with one."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from dashboard.config.fields import StrictModel, choice
from dashboard.config.yaml_document import Fault, load_document, parts
from dashboard.demo.effects import StartField, start_faults
from dashboard.paths import ROOT

#: Where the demo's canaries are written down.
CANARIES = ROOT / "data" / "demo" / "canaries.yaml"

_Number = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_Metrics = dict[str, Annotated[list[_Number], Field(min_length=2, max_length=2)]]
_ABOUT_AN_ANALYSIS = ("failing", "slower", "values", "provider_errors", "conditions")


class Blame(StrEnum):
    """Whose the errors are that a service has beyond those of a quiet day."""

    SHARED = "shared"
    CANARY = "canary"
    STABLE = "stable"


class RolloutField(StrictModel):
    """A service that Argo Rollouts deploys."""

    strategy: Annotated[str, Field(min_length=1)]
    error_budget: Annotated[str, Field(pattern=r"^0\.\d+$")]
    budget_floor: Annotated[str, Field(pattern=r"^0\.\d+$")]
    own_requests: Annotated[int, Field(ge=0)] = 0
    instead: dict[str, str] = Field(default_factory=dict)


class EndingField(StrictModel):
    """Why a deployment failed, and which analysis saw it."""

    reason: Annotated[str, Field(min_length=1)]
    analysis: Annotated[int | None, Field(ge=1)] = None
    failing: Annotated[float | None, Field(gt=0, le=1)] = None
    slower: Annotated[float, Field(ge=1, allow_inf_nan=False)] = 1.0
    values: _Metrics = Field(default_factory=dict)


class ConditionsField(StrictModel):
    """Conditions of a metric in the place of the template's."""

    success: str
    failure: str


class CanaryField(StrictModel):
    """A canary that the file tells about."""

    service: str
    under_way: bool = False
    near: StartField | None = None
    errors: Annotated[Blame, choice(Blame)] = Blame.SHARED
    analysis: Annotated[int | None, Field(ge=1)] = None
    values: _Metrics = Field(default_factory=dict)
    provider_errors: dict[str, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)
    conditions: dict[str, ConditionsField] = Field(default_factory=dict)


class CanariesFile(StrictModel):
    """All of the file."""

    history: Annotated[int, Field(ge=0)]
    rollouts: Annotated[dict[str, RolloutField], Field(min_length=1)]
    endings: list[EndingField]
    canaries: list[CanaryField]

    def ending(self, reason: str | None) -> EndingField | None:
        """What the file says of a deployment that failed for `reason`."""
        return next((item for item in self.endings if item.reason == reason), None)


def canaries_file(path: Path = CANARIES) -> CanariesFile:
    """The file at `path`.

    Raises:
        ConfigurationError: names the file and every fault in it.
    """
    return load_document(path, CanariesFile, lambda document: list(_faults(document)))


def _faults(document: dict[str, Any]) -> Iterator[Fault]:
    rollouts = parts(document, "rollouts")
    for list_name in ("endings", "canaries"):
        listed = document.get(list_name)
        for index, entry in enumerate(listed if isinstance(listed, list) else ()):
            written, where = parts(entry), (list_name, index)
            if "analysis" not in written and any(name in written for name in _ABOUT_AN_ANALYSIS):
                message = "found nothing, expected which analysis the rest is about"
                yield Fault(where=(*where, "analysis"), message=message)
            if list_name == "canaries":
                yield from _canary_faults(written, where, rollouts)
            elif "analysis" in written and "failing" not in written and "values" not in written:
                message = "found neither failing nor values, expected what the analysis saw"
                yield Fault(where=(*where, "analysis"), message=message)


def _canary_faults(
    written: dict[str, Any], where: tuple[str | int, ...], rollouts: dict[str, Any]
) -> Iterator[Fault]:
    service = written.get("service")
    if isinstance(service, str) and service not in rollouts:
        message = f"found {service!r}, expected one of the rollouts of this file"
        yield Fault(where=(*where, "service"), message=message)
    if (written.get("under_way") is True) == ("near" in written):
        message = "found both or neither, expected either under_way or the time that it is near"
        yield Fault(where=(*where, "near"), message=message)
    if "near" in written:
        yield from start_faults({"start": written["near"]}, where)
