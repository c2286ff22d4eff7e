"""The demo's canaries as Kubernetes tells of them: Rollouts and AnalysisRuns as `kubectl get` prints them."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dashboard.demo.canary_analysis import DemoRun, taken
from dashboard.demo.canary_course import End, Moment, Try
from dashboard.demo.canary_manifests import Object, Strategy
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.replay.outcomes import MetricOutcome

_NAMESPACE = "production"
_WHOLE = 100
_SECOND = timedelta(seconds=1)
_CREATED = "2024-05-06T08:00:00Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What a Rollout is to run, beside what it ran before."""

    service: str
    number: int
    version: str
    stable: str
    strategy: Strategy
    registry: str

    @property
    def pod_hash(self) -> str:
        """The hash of its pods."""
        return pod_hash(self.service, self.version)

    @property
    def stable_hash(self) -> str:
        """The hash of the pods that run before."""
        return pod_hash(self.service, self.stable)


def rollout_key(service: str) -> str:
    """The uid of the Rollout of `service`."""
    digest = hashlib.blake2b(f"rollout {service}".encode(), digest_size=16).hexdigest()
    return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:]))


def pod_hash(service: str, version: str) -> str:
    """The hash of the pods of a version: the same version has the same."""
    return hashlib.blake2b(f"pods {service} {version}".encode(), digest_size=5).hexdigest()


def settled(revision: Revision, at: datetime) -> Object:
    """The Rollout once the version runs everywhere."""
    steps = len(revision.strategy.steps)
    own = revision.pod_hash
    return _rollout(revision, at, {"phase": "Healthy", "stableRS": own, "currentStepIndex": steps})


def promoted_fully(revision: Revision, at: datetime) -> Object:
    """The Rollout on its way to a version that goes through without its steps."""
    return _rollout(revision, at, {"phase": "Progressing", "promoteFull": True, "currentStepIndex": 0})


def never_ready(revision: Revision, at: datetime) -> Object:
    """The Rollout whose pods were not ready in time."""
    message = (
        f'ProgressDeadlineExceeded: ReplicaSet "{revision.service}-{revision.pod_hash}" has timed out'
        " progressing."
    )
    return _aborted(revision, at, message)


def beginning(revision: Revision, at: datetime) -> Object:
    """The Rollout at its first step."""
    return _at_step(revision, Moment(step=0, at=at, weight=0))


def states(revision: Revision, done: Try) -> Iterator[Object]:
    """The Rollout at every step of a try, and how that ended."""
    for moment in done.moments:
        runs = [run for run in done.runs if run.step == moment.step]
        state = _at_step(revision, moment)
        if runs:
            state["status"]["canary"] |= _current(revision, runs[0], Phase.RUNNING)
        yield state
    if done.end is End.THROUGH and done.ended_at is not None:
        yield settled(revision, done.ended_at)
    elif done.end is End.ABORTED and done.ended_at is not None:
        bad = next(run for run in done.runs if run.phase.ends_the_run)
        kind = "Step-based" if bad.step is not None else "Background"
        message = (
            f"RolloutAborted: Rollout aborted update to revision {revision.number}:"
            f" {kind} analysis phase error/failed: {bad.outcome.reason}"
        )
        yield _aborted(revision, done.ended_at, message)
    elif done.end is End.INCONCLUSIVE:
        step = next(run for run in done.runs if run.phase is Phase.INCONCLUSIVE)
        yield _inconclusive(revision, done.moments[-1], step)


def run_object(revision: Revision, run: DemoRun) -> Object:
    """The AnalysisRun."""
    labels = {
        "rollouts-pod-template-hash": revision.pod_hash,
        "rollout-type": "Background" if run.step is None else "Step",
        "app": revision.service,
    }
    if run.step is not None:
        labels["step-index"] = str(run.step)
    name = _run_name(revision, run)
    status: Object = {
        "phase": run.phase.value,
        "startedAt": _stamp(run.began_at),
        "metricResults": [_metric_result(metric) for metric in run.outcome.metrics if metric.measurements],
    }
    if run.phase.ends_the_run:
        status["message"] = run.outcome.reason
    if run.ended_at is not None:
        status["completedAt"] = _stamp(run.ended_at)
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AnalysisRun",
        "metadata": {
            "name": name,
            "namespace": _NAMESPACE,
            "uid": f"{rollout_key(revision.service)[:-12]}{_digest(name)}",
            "resourceVersion": _resource_version(run.ended_at or run.began_at),
            "creationTimestamp": _stamp(run.began_at),
            "labels": labels,
            "annotations": {"rollout.argoproj.io/revision": str(revision.number)},
            "ownerReferences": [
                {
                    "kind": "Rollout",
                    "name": revision.service,
                    "uid": rollout_key(revision.service),
                    "controller": True,
                }
            ],
        },
        "spec": {**run.spec, **({"terminate": True} if run.terminated else {})},
        "status": status,
    }


def _metric_result(metric: MetricOutcome) -> Object:
    counts = metric.counts
    result: Object = {
        "name": metric.spec.name,
        "phase": metric.phase.value,
        "count": counts.count,
        "successful": counts.successful,
        "failed": counts.failed,
        "inconclusive": counts.inconclusive,
        "error": counts.error,
        "consecutiveError": counts.consecutive_error,
        "consecutiveSuccess": counts.consecutive_success,
        "measurements": [_measurement(item) for item in taken(metric)],
    }
    if metric.phase.ends_the_run:
        result["message"] = metric.assessment.reason
    return result


def _measurement(item: Any) -> Object:
    made: Object = {
        "phase": item.phase.value,
        "startedAt": _stamp(item.started_at),
        "finishedAt": _stamp(item.finished_at),
    }
    if item.value is not None:
        made["value"] = item.value
    if item.message:
        made["message"] = item.message
    return made


def _at_step(revision: Revision, moment: Moment) -> Object:
    step = revision.strategy.steps[moment.step]
    weight = int(step.get("setWeight", moment.weight))
    status: Object = {
        "phase": "Progressing",
        "message": "more replicas need to be updated",
        "currentStepIndex": moment.step,
        "canary": _weights(revision, weight),
    }
    if "pause" in step:
        status |= _paused("CanaryPauseStep", moment.at)
    return _rollout(revision, moment.at, status)


def _inconclusive(revision: Revision, moment: Moment, run: DemoRun) -> Object:
    at = (run.ended_at or moment.at) + _SECOND
    status: Object = {
        "currentStepIndex": moment.step,
        "canary": _weights(revision, moment.weight) | _current(revision, run, run.phase),
    }
    return _rollout(revision, at, status | _paused("InconclusiveAnalysisRun", at))


def _aborted(revision: Revision, at: datetime, message: str) -> Object:
    status: Object = {
        "phase": "Degraded",
        "message": message,
        "abort": True,
        "abortedAt": _stamp(at),
        "currentStepIndex": 0,
        "canary": _weights(revision, 0),
    }
    return _rollout(revision, at, status)


def _paused(reason: str, at: datetime) -> Object:
    pauses = [{"reason": reason, "startTime": _stamp(at)}]
    return {"phase": "Paused", "message": reason, "pauseConditions": pauses, "controllerPause": True}


def _weights(revision: Revision, weight: int) -> Object:
    return {
        "weights": {
            "canary": {"weight": weight, "podTemplateHash": revision.pod_hash},
            "stable": {
                "weight": _WHOLE - weight,
                "podTemplateHash": revision.stable_hash,
            },
        }
    }


def _current(revision: Revision, run: DemoRun, phase: Phase) -> Object:
    told: Object = {"name": _run_name(revision, run), "status": phase.value}
    if phase.ends_the_run:
        told["message"] = run.outcome.reason
    return {"currentStepAnalysisRunStatus": told}


def _rollout(revision: Revision, at: datetime, status: Object) -> Object:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {
            "name": revision.service,
            "namespace": _NAMESPACE,
            "uid": rollout_key(revision.service),
            "generation": revision.number,
            "resourceVersion": _resource_version(at),
            "creationTimestamp": _CREATED,
            "labels": {"app": revision.service},
            "annotations": {"rollout.argoproj.io/revision": str(revision.number)},
        },
        "spec": {
            "strategy": {"canary": revision.strategy.canary},
            "template": {
                "spec": {
                    "containers": [
                        {
                            "name": revision.service,
                            "image": f"{revision.registry}/{revision.service}:{revision.version}",
                        }
                    ]
                }
            },
        },
        "status": {
            "observedGeneration": str(revision.number),
            "currentPodHash": revision.pod_hash,
            "stableRS": revision.stable_hash,
            "conditions": [{"type": "Progressing", "status": "True", "lastUpdateTime": _stamp(at)}],
            **status,
        },
    }


def _run_name(revision: Revision, run: DemoRun) -> str:
    parts = [revision.service, revision.pod_hash, str(revision.number)]
    parts += [] if run.step is None else [str(run.step)]
    # Argo counts those of one name after a dot.
    return "-".join(parts) + (f".{run.attempt - 1}" if run.attempt > 1 else "")


def _digest(name: str) -> str:
    return hashlib.blake2b(name.encode(), digest_size=6).hexdigest()


def _resource_version(at: datetime) -> str:
    return str(int(at.timestamp()))


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
