"""The steps of a canary: what Argo refuses, weights that do not rise or cannot be met, pauses without end."""

from collections.abc import Iterator

from dashboard.domain.canary.lint.finding import Finding, at_key, at_value, finding
from dashboard.domain.canary.lint.limits import lint_duration
from dashboard.domain.canary.lint.rule_ids import RuleId
from dashboard.domain.canary.manifest.go_duration import parse_go_duration
from dashboard.domain.canary.manifest.node import Manifest, Node
from dashboard.domain.canary.manifest.rollout_steps import Step, canary_of, steps_of, whole_weight

#: How far the share of pods may be from the weight, in percent of the weight.
_FAR = 0.5


def lint_steps(manifest: Manifest) -> Iterator[Finding]:
    """What is wrong with the steps of the Rollout `manifest`."""
    canary = canary_of(manifest)
    if canary is None:
        return
    highest: int | None = None
    for step in steps_of(canary):
        yield from _shape(manifest, step)
        yield from _pause(manifest, step.node)
        yield from lint_duration(manifest, step.node.get("experiment", "duration"), {})
        node = step.node.get("setWeight")
        if node is not None and isinstance(node.scalar, int) and not isinstance(node.scalar, bool):
            yield from _weight(manifest, canary, node, node.scalar, highest)
            highest = max(node.scalar, highest or 0)


def _shape(manifest: Manifest, step: Step) -> Iterator[Finding]:
    written = [name for name in step.kinds if not (step.node.fields or {})[name].is_empty or name == "pause"]
    if not step.kinds and not (step.node.fields or {}):
        yield finding(
            RuleId.STEP_REFUSED,
            at_value(manifest, step.node),
            "found an empty step, expected one thing to do",
        )
    elif not written:
        message = "found a step with nothing to do, expected one of setWeight, pause, analysis"
        yield finding(RuleId.STEP_REFUSED, at_value(manifest, step.node), message)
    elif len(written) > 1:
        message = f"found {' and '.join(written)} in one step, expected one of them"
        mend = f"Make them {len(written)} steps: put a dash before each."
        yield finding(RuleId.STEP_REFUSED, at_value(manifest, step.node), message, mend=mend)
    pause = (step.node.fields or {}).get("pause")
    if pause is not None and pause.is_empty:
        message = "found pause: with nothing behind it, which is no step; expected {} or a duration"
        mend = "Write pause: {} to wait for a person, or pause: {duration: 5m}."
        yield finding(RuleId.STEP_REFUSED, at_key(manifest, pause), message, mend=mend)


def _pause(manifest: Manifest, step: Node) -> Iterator[Finding]:
    pause = step.get("pause")
    if pause is None or pause.fields is None:
        return
    duration = pause.get("duration")
    if duration is None:
        message = "found a pause without a duration: it waits until a person promotes the rollout"
        yield finding(RuleId.PAUSE_WITHOUT_END, at_key(manifest, pause), message)
        return
    if isinstance(duration.scalar, str) and not _is_seconds(duration.scalar):
        try:
            negative = parse_go_duration(duration.scalar).total_seconds() < 0
        except ValueError as error:
            message = f"{duration.where}: {error}"
            yield finding(RuleId.DURATION_UNREADABLE, at_value(manifest, duration), message)
            return
    else:
        negative = int(duration.scalar or 0) < 0 if isinstance(duration.scalar, int | str) else False
    if negative:
        message = f"found a pause of {duration.text}, expected zero or more"
        yield finding(RuleId.DURATION_UNREADABLE, at_value(manifest, duration), message)


def _is_seconds(text: str) -> bool:
    return text.removeprefix("-").isascii() and text.removeprefix("-").isdigit() and len(text) < 18  # noqa: PLR2004


def _replicas(number: int) -> str:
    return "1 replica" if number == 1 else f"{number} replicas"


def _pods(replicas: int, weight: int, *, can_surge: bool) -> tuple[int, int]:
    """How many pods are the canary's, and of how many, at a `weight` of 1 to 99 without traffic routing.

    Argo Rollouts takes what comes closest to the weight out of the pods rounded up and down, of `replicas`
    and, where maxSurge allows it, of one more (`utils/replicaset/canary.go`). Neither canary nor stable is
    left without a pod, unless there is one pod in all.
    """
    up, down = -(-replicas * weight // 100), replicas * weight // 100
    alone = replicas == 1 and not can_surge
    options: list[tuple[int, int]] = []
    if up < replicas or alone:
        options.append((up, replicas))
    for total in (replicas, replicas + 1) if can_surge else (replicas,):
        if total > replicas:
            options.append((up, total))
        tied = 2 * total * weight % 200 == 100  # noqa: PLR2004 - half a pod
        if not tied and (down or alone):
            options.append((down, total))
    return min(options, key=lambda pods: abs(100 * pods[0] / pods[1] - weight), default=(0, replicas))


def _weight(
    manifest: Manifest, canary: Node, node: Node, weight: int, highest: int | None
) -> Iterator[Finding]:
    place, most = at_value(manifest, node), whole_weight(canary)
    if not 0 <= weight <= most:
        message = f"found setWeight {weight}, expected 0 to {most}"
        yield finding(RuleId.WEIGHT_OUT_OF_RANGE, place, message)
        return
    if highest is not None and weight <= highest:
        message = f"found setWeight {weight} after {highest}, expected more"
        yield finding(RuleId.WEIGHT_NOT_RISING, place, message)
    replicas = manifest.root.get("spec", "replicas")
    if canary.get("trafficRouting") is not None or not 0 < weight < most:
        return
    if replicas is None:
        pods = 1 if manifest.root.get("spec", "workloadRef") is None else None
    else:
        pods = replicas.scalar if isinstance(replicas.scalar, int) else None
    if pods is None or pods <= 0:
        return
    surge = canary.get("maxSurge")
    of_canary, total = _pods(pods, weight, can_surge=surge is None or surge.text not in {"0", "0%"})
    share = 100 * of_canary / total
    if abs(share - weight) > _FAR * weight:
        message = (
            f"found setWeight {weight} without trafficRouting: of {_replicas(pods)} Argo makes {of_canary} of"
            f" {total} pods the canary, or {share:.0f} % of the traffic"
        )
        needed = -(-most // weight)
        mend = f"Add trafficRouting, or run {needed} replicas or more."
        yield finding(RuleId.WEIGHT_NEEDS_ROUTING, place, message, mend=mend)
