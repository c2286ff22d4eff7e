"""Rollouts and AnalysisRuns as `kubectl get -o json` prints them; times are minutes after `T0`."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.happenings import T0

Object = dict[str, Any]

STEPS: tuple[Object, ...] = (
    {"setWeight": 10},
    {"pause": {"duration": "5m"}},
    {"analysis": {"templates": [{"templateName": "slo-burn-check"}]}},
    {"setWeight": 50},
    {"pause": {"duration": "10m"}},
    {"setWeight": 100},
)


def stamp(minutes: float) -> str:
    """A time as Kubernetes writes it: whole seconds."""
    return (T0 + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def rollout(  # noqa: PLR0913 - a test names what it is about
    name: str = "api",
    *,
    at: float = 0,
    step: int | None = 0,
    canary: str = "new",
    stable: str = "old",
    phase: str | None = "Progressing",
    revision: int = 2,
    version: int = 100,
    image: str = "ghcr.io/acme/api:v2",
    paused: str | None = None,
    paused_at: float | None = None,
    aborted: bool = False,
    steps: Sequence[Object] = STEPS,
    labels: Mapping[str, str] | None = None,
    weight: int | None = None,
    namespace: str = "production",
    uid: str | None = None,
    **status: Any,
) -> Object:
    """A Rollout as it stood at the minute `at`."""
    told: Object = {
        "currentPodHash": canary,
        "stableRS": stable,
        "observedGeneration": "7",
        "conditions": [
            {
                "type": "Progressing",
                "status": "True",
                "lastUpdateTime": stamp(at),
                "lastTransitionTime": stamp(at),
            }
        ],
        **status,
    }
    if step is not None:
        told["currentStepIndex"] = step
    if phase is not None:
        told["phase"] = phase
    if paused is not None:
        told["pauseConditions"] = [
            {"reason": paused, "startTime": stamp(at if paused_at is None else paused_at)}
        ]
        told["controllerPause"] = True
    if aborted:
        told |= {"abort": True, "abortedAt": stamp(at)}
    if weight is not None:
        told["canary"] = {"weights": {"canary": {"weight": weight}, "stable": {"weight": 100 - weight}}}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": uid or f"uid-{name}",
            "generation": 7,
            "resourceVersion": str(version),
            "creationTimestamp": stamp(-100_000),
            "labels": dict(labels or {}),
            "annotations": {"rollout.argoproj.io/revision": str(revision)},
        },
        "spec": {
            "replicas": 5,
            "strategy": {"canary": {"steps": list(steps)}},
            "template": {"spec": {"containers": [{"name": name, "image": image}]}},
        },
        "status": told,
    }


def measurement(
    minutes: float,
    value: str | None = "[0.99]",
    phase: str = "Successful",
    *,
    seconds: float = 1,
    message: str = "",
) -> Object:
    """One measurement that took `seconds`; one that is running has not ended."""
    made: Object = {"phase": phase, "startedAt": stamp(minutes)}
    if phase not in {"Running", "Pending"}:
        made["finishedAt"] = stamp(minutes + seconds / 60)
    if value is not None:
        made["value"] = value
    if message:
        made["message"] = message
    return made


def metric_result(
    name: str, measurements: Sequence[Object], phase: str = "Running", *, dropped: int = 0, **more: Any
) -> Object:
    """What Argo tells of a metric; `dropped` successes came before the measurements that it kept."""
    phases = [item["phase"] for item in measurements]
    row = 0
    for found in reversed(phases):
        if found != "Error":
            break
        row += 1
    counted = {
        "successful": phases.count("Successful") + dropped,
        "failed": phases.count("Failed"),
        "inconclusive": phases.count("Inconclusive"),
        "error": phases.count("Error"),
    }
    counted["count"] = counted["successful"] + counted["failed"] + counted["inconclusive"]
    return {
        "name": name,
        "phase": phase,
        "measurements": list(measurements),
        "consecutiveError": row,
        **{key: value for key, value in counted.items() if value},
        **more,
    }


def metric_spec(name: str, **more: Any) -> Object:
    """A metric that is measured ten times, a minute apart, and may fail twice."""
    return {
        "name": name,
        "interval": "60s",
        "count": 10,
        "failureLimit": 2,
        "successCondition": "result[0] >= 0.95",
        "provider": {"prometheus": {"address": "http://prometheus:9090", "query": f"sum({name})"}},
        **more,
    }


def analysis_run(  # noqa: PLR0913 - a test names what it is about
    name: str = "api-new-2-2",
    *results: Object,
    at: float = 6,
    phase: str | None = "Running",
    owner: str | None = "api",
    canary: str = "new",
    revision: int = 2,
    step: int | None = 2,
    specs: Sequence[Object] | None = None,
    args: Sequence[Object] = (),
    version: int = 100,
    message: str = "",
    namespace: str = "production",
    **more: Any,
) -> Object:
    """An AnalysisRun of a step of the Rollout `owner`, created at the minute `at`."""
    labels = {"rollouts-pod-template-hash": canary, "rollout-type": "Step"}
    metadata: Object = {
        "name": name,
        "namespace": namespace,
        "uid": f"uid-{name}",
        "resourceVersion": str(version),
        "creationTimestamp": stamp(at),
        "labels": labels if step is None else {**labels, "step-index": str(step)},
        "annotations": {"rollout.argoproj.io/revision": str(revision)},
    }
    if owner is None:
        metadata |= {"labels": {}, "annotations": {}}
    else:
        metadata["ownerReferences"] = [
            {"kind": "Rollout", "name": owner, "uid": f"uid-{owner}", "controller": True}
        ]
    status: Object = {"startedAt": stamp(at), "metricResults": list(results), **more}
    if phase is not None:
        status["phase"] = phase
    if message:
        status["message"] = message
    named = [metric_spec(result["name"]) for result in results] or [metric_spec("success-rate")]
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AnalysisRun",
        "metadata": metadata,
        "spec": {"metrics": list(named if specs is None else specs), "args": list(args)},
        "status": status,
    }


def listed(*objects: Object) -> Object:
    """A list as `kubectl` prints it: its kind stands behind its items."""
    return {"apiVersion": "v1", "items": list(objects), "kind": "List", "metadata": {"resourceVersion": ""}}
