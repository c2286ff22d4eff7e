"""An AnalysisRun as `kubectl get analysisrun -o json` prints it → what it measured and what Argo made of it.

The shapes of today and of v0.x (`status.status`, `analysisSpec`). Of what it measures only that is kept which
a replay needs: no addresses, no headers, no jobs, and no value of a secret.
"""

from collections.abc import Mapping
from typing import Any

from dashboard.domain.canary.analysis_runs import (
    EXPERIMENT,
    ROLLOUT,
    AnalysisRunState,
    MetricState,
    SeenMeasurement,
    of_a_rollout,
)
from dashboard.domain.canary.redaction.marks import is_secret
from dashboard.errors import InputError
from dashboard.sources.argo_fields import Fields, without_halves
from dashboard.sources.argo_measurements import counters, measurement, moment_at, phase_at
from dashboard.sources.argo_metadata import POD_HASH, Metadata, distinct, metadata_of, named, whole
from dashboard.sources.argo_secrets import redaction_for

_NUMBERS = (
    "count",
    "failureLimit",
    "inconclusiveLimit",
    "consecutiveErrorLimit",
    "consecutiveSuccessLimit",
    "maxFailures",
    "maxInconclusive",
    "maxConsecutiveErrors",
)
_LENGTHS = ("interval", "initialDelay")
_EXPRESSIONS = ("successCondition", "failureCondition")
_SERVICE_ARGUMENTS = ("service", "service-name", "serviceName", "app", "app-name")


def run_state(item: Fields) -> AnalysisRunState | None:
    """What the AnalysisRun `item` tells; None of one that no cluster has run: it has no time and no status.

    Raises:
        InputError: a field has a wrong type, or is none of Argo's words.
    """
    known = metadata_of(item)
    status = item.part("status")
    if known.created_at is None and not status.values:
        return None
    owner = _owner(item)
    owner_kind, owner_name = named(owner, "kind"), named(owner, "name")
    label_of = known.labels
    made_by = of_a_rollout(owner_name) if owner_kind == EXPERIMENT else None
    rollout_name = made_by.rollout if made_by else owner_name if owner_kind == ROLLOUT else ""
    redaction = redaction_for(item, known, owner_name, rollout_name)
    found = AnalysisRunState(
        run=known.key,
        namespace=known.namespace,
        name=known.name,
        names=_names(known, rollout_name, owner_name, _arguments(item)),
        environment=known.environment,
        resource_version=known.resource_version,
        created_at=known.created_at,
        started_at=moment_at(status, "startedAt"),
        completed_at=moment_at(status, "completedAt"),
        owner_kind=owner_kind,
        owner=owner_name,
        rollout=_rollout(known, owner, owner_kind, owner_name),
        pod_hash=named(label_of, POD_HASH) or (made_by.pod_hash if made_by else ""),
        revision=known.revision if known.revision is not None else whole(made_by.revision if made_by else ""),
        site=named(label_of, "rollout-type"),
        step_index=whole(label_of.text("step-index")),
        phase=phase_at(status, "phase", "status"),
        message=status.text("message"),
        terminated=item.part("spec").values.get("terminate") is True,
        spec=_spec(item),
        metrics=tuple(_metrics(status)),
    )
    return redaction.of(found)


def _owner(item: Fields) -> Fields:
    owners = item.part("metadata").parts("ownerReferences")
    leading = [owner for owner in owners if owner.values.get("controller") is True]
    return (*leading, *owners, Fields(where=item.at("metadata"), values={}))[0]


def _rollout(known: Metadata, owner: Fields, kind: str, name: str) -> str | None:
    if kind == ROLLOUT:
        return named(owner, "uid") or f"{known.namespace}/{name}"
    return None


def _names(known: Metadata, rollout: str, owner: str, arguments: Mapping[str, str]) -> tuple[str, ...]:
    given = [arguments[name] for name in _SERVICE_ARGUMENTS if name in arguments]
    found = known.names(rollout, *(name for name in given if not is_secret("", name)))
    return distinct(name[:500] for name in (*found, owner)) or (known.name,)


def _arguments(item: Fields) -> dict[str, str]:
    """The values of its arguments, wherever that version keeps them; those of secrets are not among them."""
    spec = item.part("spec")
    given = (*spec.parts("args", "arguments"), *spec.part("analysisSpec").parts("args"))
    return {
        argument.text("name"): argument.text("value")
        for argument in given
        if argument.has("value") and not argument.part("valueFrom").has("secretKeyRef")
    }


def _spec(item: Fields) -> dict[str, Any]:
    """What is kept of the spec, in Argo's words of today."""
    spec = item.part("spec")
    inner = spec.part("analysisSpec") if spec.has("analysisSpec") else spec
    kept: dict[str, Any] = {
        "metrics": [_metric_spec(metric) for metric in inner.parts("metrics")],
        "args": [
            _argument(argument)
            for part in (spec, inner)[: 2 if inner is not spec else 1]
            for argument in part.parts("args", "arguments")
        ],
        "dryRun": [{"metricName": named(rule, "metricName")} for rule in inner.parts("dryRun")],
    }
    return {name: value for name, value in kept.items() if value}


def _argument(argument: Fields) -> dict[str, Any]:
    name = argument.text("name")
    if argument.part("valueFrom").has("secretKeyRef"):
        return {"name": name, "valueFrom": {"secretKeyRef": {}}}
    if not argument.has("value"):
        return {"name": name}
    return {"name": name, "value": argument.text("value")}


def _metric_spec(metric: Fields) -> dict[str, Any]:
    kept: dict[str, Any] = {"name": metric.text("name")}
    for name in (*_NUMBERS, *_LENGTHS):
        if metric.has(name):
            value = metric.values[name]
            whole_number = isinstance(value, int) and not isinstance(value, bool)
            kept[name] = value if whole_number and abs(value) < 2**53 else metric.text(name)
    for name in _EXPRESSIONS:
        if metric.has(name):
            kept[name] = metric.text(name)
    provider = metric.part("provider")
    kept["provider"] = {
        without_halves(name): {"query": provider.part(name).text("query")} if name == "prometheus" else {}
        for name, value in provider.values.items()
        if value is not None
    }
    return kept


def _metrics(status: Fields) -> list[MetricState]:
    found: dict[str, MetricState] = {}
    for result in status.parts("metricResults"):
        name = named(result, "name")
        if not name:
            raise InputError(f"{result.at('name')}: found nothing, expected the name of the metric")
        if name in found:
            raise InputError(f"{result.at('name')}: found {name!r} again, expected it once")
        found[name] = _metric(name, result)
    return list(found.values())


def _metric(name: str, result: Fields) -> MetricState:
    counts = counters(result)
    taken = [measurement(item) for item in result.parts("measurements")]
    over = sum(item.phase is not None and item.phase.is_final for item in taken)
    first = max(counts.count + counts.error - over, 0)
    is_placed = counts.count + counts.error >= over
    return MetricState(
        name=name,
        phase=phase_at(result, "phase", "status"),
        message=result.text("message"),
        counts=counts,
        dry_run=result.values.get("dryRun") is True,
        measurements=tuple(
            SeenMeasurement(taken=item, ordinal=first + index, is_placed=is_placed)
            for index, item in enumerate(taken)
        ),
    )
