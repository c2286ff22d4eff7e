"""The shipped strategies and templates of data/canary, as the demo's Rollouts use them."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from dashboard.demo.canary_file import ConditionsField, RolloutField
from dashboard.domain.canary.manifest.go_duration import parse_go_duration
from dashboard.domain.canary.replay.analysis import AnalysisSpec
from dashboard.paths import ROOT
from dashboard.sources.argo_analysis import RUN_KIND, NamedObject, analysis_spec
from dashboard.sources.argo_fields import Fields

Object = dict[str, Any]

#: Where the strategies and the templates are.
MANIFESTS = ROOT / "data" / "canary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """The canary part of a Rollout's strategy: as it is written, with the templates of this service."""

    canary: Object

    @property
    def steps(self) -> list[Object]:
        """Its steps."""
        found: list[Object] = self.canary["steps"]
        return found

    @property
    def background(self) -> tuple[tuple[str, ...], int]:
        """The templates beside the steps, and from which step on; none where it has none."""
        analysis = self.canary.get("analysis") or {}
        return _named(analysis), int(analysis.get("startingStep", 0))

    def templates(self, index: int) -> tuple[str, ...]:
        """The templates of the step `index`; none of one that is no analysis."""
        return _named(self.steps[index].get("analysis") or {})


def strategy_of(service: str, rollout: RolloutField) -> Strategy:
    """The strategy by which `service` is deployed."""
    canary: Object = copy.deepcopy(_manifest(rollout.strategy)["spec"]["strategy"]["canary"])
    canary |= {
        "canaryService": f"{service}-canary",
        "stableService": f"{service}-stable",
        "trafficRouting": {"nginx": {"stableIngress": service}},
    }
    for step in canary["steps"]:
        analysis = step.get("analysis") or {}
        for template in analysis.get("templates", ()):
            template["templateName"] = rollout.instead.get(template["templateName"], template["templateName"])
    return Strategy(canary=canary)


def pause_of(step: Mapping[str, Any]) -> timedelta:
    """How long the pause `step` lasts."""
    return parse_go_duration(str(step["pause"]["duration"]))


def run_spec(
    templates: Sequence[str], given: Mapping[str, str], conditions: Mapping[str, ConditionsField]
) -> Object:
    """The spec of an AnalysisRun of `templates`, as Argo merges them; `conditions` replace theirs."""
    metrics: list[Object] = []
    values: dict[str, str] = {}
    for name in templates:
        spec = _manifest(name)["spec"]
        for argument in spec["args"]:
            value = given.get(argument["name"], argument.get("value"))
            values[argument["name"]] = str(value)
        metrics += copy.deepcopy(spec["metrics"])
    for metric in metrics:
        other = conditions.get(metric["name"])
        if other is not None:
            metric |= {"successCondition": other.success, "failureCondition": other.failure}
    return {"metrics": metrics, "args": [{"name": name, "value": value} for name, value in values.items()]}


def read_spec(name: str, spec: Object) -> AnalysisSpec:
    """What the run `name` with `spec` measures, as it will be read back."""
    found = NamedObject(kind=RUN_KIND, name=name, fields=Fields(where=name, values={"spec": spec}))
    return analysis_spec((found,), {})


def _named(analysis: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item["templateName"] for item in analysis.get("templates", ())))


@cache
def _manifest(name: str, folder: Path = MANIFESTS) -> Object:
    found: Object = yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8"))
    return found
