"""A Rollout as `kubectl get rollout -o json` prints it → how its canary stands."""

from datetime import datetime, timedelta
from typing import Any

from dashboard.domain.canary.manifest.go_duration import parse_go_duration
from dashboard.domain.canary.rollouts import (
    BLUE_GREEN_PAUSE,
    CanaryStep,
    CurrentRun,
    PauseCondition,
    RolloutPhase,
    RolloutState,
    StepKind,
)
from dashboard.errors import InputError
from dashboard.sources.argo_fields import Fields
from dashboard.sources.argo_measurements import moment_at, phase_at
from dashboard.sources.argo_metadata import Metadata, distinct, metadata_of, named, whole
from dashboard.sources.argo_secrets import redaction_for
from dashboard.sources.event_document import shown

_PHASES = {phase.value: phase for phase in RolloutPhase}
_KINDS = {kind.value: kind for kind in StepKind if kind is not StepKind.OTHER}
_LARGEST = 2**31 - 1
_ALL_TRAFFIC = 100
#: Where a status names the runs of now: its part, what they are of, and the name of the field.
_CURRENT_RUNS = (
    ("canary", "step", "currentStepAnalysisRun"),
    ("canary", "background", "currentBackgroundAnalysisRun"),
    ("blueGreen", "prePromotion", "prePromotionAnalysisRun"),
    ("blueGreen", "postPromotion", "postPromotionAnalysisRun"),
)
_WORKLOAD_GENERATION = "rollout.argoproj.io/workload-generation"


def rollout_state(item: Fields) -> RolloutState | None:
    """What the Rollout `item` tells; None of one that no cluster has run: it has no time at all.

    Raises:
        InputError: a field has a wrong type, or is none of Argo's words.
    """
    known = metadata_of(item)
    spec, status = item.part("spec"), item.part("status")
    times = list(_times(known, status))
    if not times:
        return None
    strategy = spec.part("strategy")
    canary = strategy.part("canary")
    routing, weights = canary.part("trafficRouting"), status.part("canary").part("weights")
    found = RolloutState(
        rollout=known.key,
        namespace=known.namespace,
        name=known.name,
        names=_names(known, spec),
        environment=known.environment,
        at=max(times),
        resource_version=known.resource_version,
        created_at=known.created_at,
        strategy="blueGreen" if strategy.has("blueGreen") else "canary",
        steps=tuple(_step(step) for step in canary.parts("steps")),
        background=_templates(canary.part("analysis")),
        step_index=_number(status, "currentStepIndex"),
        weight=_number(weights.part("canary"), "weight"),
        stable_weight=_number(weights.part("stable"), "weight"),
        whole_weight=_number(routing, "maxTrafficWeight") or _ALL_TRAFFIC,
        routed=canary.has("trafficRouting"),
        pauses=_pauses(status),
        controller_pause=status.values.get("controllerPause") is True,
        auto_promotion=_auto_promotion(strategy.part("blueGreen")),
        held=spec.values.get("paused") is True,
        aborted=status.values.get("abort") is True,
        aborted_at=moment_at(status, "abortedAt"),
        promoted_fully=status.values.get("promoteFull") is True,
        phase=_phase(status),
        message=status.text("message"),
        outdated=_is_outdated(item, known),
        pod_hash=named(status, "currentPodHash"),
        stable_hash=named(status, "stableRS")
        or named(status.part("canary"), "stableRS")
        or named(status.part("blueGreen"), "activeSelector"),  # v0.x
        revision=known.revision,
        images=tuple(
            container.text("image")
            for container in spec.part("template").part("spec").parts("containers")
            if container.has("image")
        ),
        current_runs=tuple(_current_runs(status)),
    )
    return redaction_for(item, known).of(found)


def _times(known: Metadata, status: Fields) -> list[datetime]:
    found = [known.created_at, moment_at(status, "abortedAt"), moment_at(status, "restartedAt")]
    found += [moment_at(status, "pauseStartTime")]  # v0.x
    found += [moment_at(pause, "startTime") for pause in status.parts("pauseConditions")]
    for condition in status.parts("conditions"):
        found += [moment_at(condition, name) for name in ("lastUpdateTime", "lastTransitionTime")]
    return [moment for moment in found if moment is not None]


def _names(known: Metadata, spec: Fields) -> tuple[str, ...]:
    """Labels of the pods and the name of the workload stand behind those of the Rollout itself."""
    pods = spec.part("template").part("metadata").part("labels")
    behind = [named(pods, label) for label in ("service", "app.kubernetes.io/name", "app")]
    return distinct((*known.names(known.name), *behind, named(spec.part("workloadRef"), "name")))


def _step(step: Fields) -> CanaryStep:
    kind = next((_KINDS[name] for name in step.values if name in _KINDS), StepKind.OTHER)
    match kind:
        case StepKind.SET_WEIGHT:
            return CanaryStep(kind=kind, weight=_number(step, "setWeight"))
        case StepKind.PAUSE:
            return CanaryStep(kind=kind, pause=_pause(step.part("pause")))
        case StepKind.ANALYSIS:
            return CanaryStep(kind=kind, templates=_templates(step.part("analysis")))
        case StepKind.EXPERIMENT:
            analyses = step.part("experiment").parts("analyses")
            return CanaryStep(kind=kind, templates=distinct(named(one, "templateName") for one in analyses))
        case _:
            return CanaryStep(kind=kind)


def _pause(pause: Fields) -> timedelta | None:
    """How long it lasts; None where it has no end. A number without a unit is seconds."""
    text = pause.text("duration").strip()
    seconds = whole(text)
    if not text or (seconds is not None and seconds > _LARGEST):
        return None
    if seconds is not None:
        return timedelta(seconds=seconds)
    try:
        return max(timedelta(), parse_go_duration(text))
    except ValueError as error:
        raise InputError(f"{pause.at('duration')}: {error}") from None


def _templates(analysis: Fields) -> tuple[str, ...]:
    """The names of its templates; in v0.x an analysis had one, by itself."""
    listed = [named(template, "templateName") for template in analysis.parts("templates")]
    return distinct((*listed, named(analysis, "templateName")))


def _pauses(status: Fields) -> tuple[PauseCondition, ...]:
    found = tuple(
        PauseCondition(reason=named(pause, "reason"), since=moment_at(pause, "startTime"))
        for pause in status.parts("pauseConditions")
    )
    # v0.x told of one pause, of a canary or of a blue-green.
    verifying = status.values.get("verifyingPreview") is True
    if found or not (verifying or status.has("pauseStartTime")):
        return found
    reason = BLUE_GREEN_PAUSE if verifying else "CanaryPauseStep"
    return (PauseCondition(reason=reason, since=moment_at(status, "pauseStartTime")),)


def _phase(status: Fields) -> RolloutPhase | None:
    text = status.text("phase")
    if not text:
        return None
    if text not in _PHASES:
        raise InputError(f"{status.at('phase')}: found {text[:80]!r}, expected one of {', '.join(_PHASES)}")
    return _PHASES[text]


def _current_runs(status: Fields) -> list[CurrentRun]:
    found = []
    for strategy, site, name in _CURRENT_RUNS:
        part = status.part(strategy)
        told = part.part(f"{name}Status")
        run = named(told, "name") or named(part, name)  # v0.x told the name alone
        if run:
            message = told.text("message")
            found.append(CurrentRun(site=site, name=run, phase=phase_at(told, "status"), message=message))
    return found


def _is_outdated(item: Fields, known: Metadata) -> bool:
    """Whether the controller has seen an older spec only, of the Rollout or of the workload it refers to.

    Before v1.0 it kept a hash of the spec, which does not tell.
    """
    status = item.part("status")
    workload = whole(item.part("metadata").part("annotations").text(_WORKLOAD_GENERATION))
    generations = (
        (status.text("observedGeneration"), known.generation),
        (status.text("workloadObservedGeneration"), workload),
    )
    return any(
        seen is not None and generation is not None and seen < generation
        for seen, generation in ((whole(observed), newest) for observed, newest in generations)
    )


def _auto_promotion(blue_green: Fields) -> timedelta | None:
    """How long after its pause it is promoted by itself; None where it waits for somebody."""
    seconds = _number(blue_green, "autoPromotionSeconds")
    return timedelta(seconds=seconds) if seconds else None


def _number(part: Fields, name: str) -> int | None:
    value: Any = part.values.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LARGEST:
        raise InputError(f"{part.at(name)}: found {shown(value)}, expected a whole number from 0")
    return value
