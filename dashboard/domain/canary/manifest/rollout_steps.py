"""The steps of a canary as a course: at which weight each is, and how long what came before has lasted."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from dashboard.domain.canary.manifest.go_duration import length_of, parse_go_duration
from dashboard.domain.canary.manifest.node import Manifest, Node

KINDS = (
    "setWeight",
    "pause",
    "analysis",
    "experiment",
    "setCanaryScale",
    "setHeaderRoute",
    "setMirrorRoute",
    "plugin",
)
_DEFAULT_WEIGHT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: `weight` is the canary's when it runs, `paused` how long it has been at that weight.

    `paused` is None where a pause at that weight has no end, or none that can be read; `has_pause` says
    whether there was one.
    """

    index: int
    node: Node
    kinds: tuple[str, ...]
    weight: int | None
    paused: timedelta | None
    has_pause: bool


def canary_of(manifest: Manifest) -> Node | None:
    """The canary strategy of a Rollout; None where it has another, or none."""
    return manifest.root.get("spec", "strategy", "canary")


def whole_weight(canary: Node) -> int:
    """The weight that all traffic has: 100, or what maxTrafficWeight says."""
    given = canary.get("trafficRouting", "maxTrafficWeight")
    return given.scalar if given is not None and isinstance(given.scalar, int) else _DEFAULT_WEIGHT


def steps_of(canary: Node) -> Iterator[Step]:
    """The steps of `canary`, in order."""
    weight: int | None = None
    paused: timedelta | None = timedelta()
    has_pause = False
    for index, node in enumerate(canary.each("steps")):
        kinds = tuple(name for name in KINDS if name in (node.fields or {}))
        yield Step(index=index, node=node, kinds=kinds, weight=weight, paused=paused, has_pause=has_pause)
        set_weight = node.get("setWeight")
        if set_weight is not None and isinstance(set_weight.scalar, int):
            weight, paused, has_pause = set_weight.scalar, timedelta(), False
        if "pause" in kinds:
            length = pause_length(node)
            paused = (
                None
                if paused is None or length is None
                else length_of(paused.total_seconds() + length.total_seconds())
            )
            has_pause = True


def pause_length(step: Node) -> timedelta | None:
    """How long the pause of `step` is; None where it has no end, or none that Argo can read."""
    node = step.get("pause", "duration")
    if node is None or isinstance(node.scalar, bool):
        return None
    if isinstance(node.scalar, int):
        return timedelta(seconds=min(max(node.scalar, 0), 10**9))
    if not isinstance(node.scalar, str):
        return None
    text = node.scalar
    if text.isascii() and text.isdigit() and len(text) <= 9:  # noqa: PLR2004 - thirty years of seconds
        return timedelta(seconds=int(text))
    try:
        return max(timedelta(), parse_go_duration(text))
    except ValueError:
        return None
