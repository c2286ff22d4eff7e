"""How long the analyses of a Rollout take, beside its steps: too long, for ever, too early, never."""

from collections.abc import Iterator
from datetime import timedelta

from dashboard.domain.canary.lint.finding import Finding, at_key, at_value, finding
from dashboard.domain.canary.lint.rule_ids import RuleId
from dashboard.domain.canary.manifest.analysis import Metric
from dashboard.domain.canary.manifest.go_duration import length_of, short_duration
from dashboard.domain.canary.manifest.node import Node
from dashboard.domain.canary.manifest.rollout_analyses import RolloutAnalysis, Site
from dashboard.domain.canary.manifest.rollout_steps import canary_of, pause_length

_MUST_END = {Site.STEP, Site.BEFORE_PROMOTION, Site.AFTER_PROMOTION}


def lint_time(analysis: RolloutAnalysis, metrics: tuple[Metric, ...]) -> Iterator[Finding]:
    """What is wrong with when and how long `analysis`, of `metrics`, runs."""
    if analysis.site in _MUST_END:
        yield from _endless(analysis, metrics)
    if analysis.site is Site.STEP:
        yield from _early(analysis)
        yield from _longer_than_pause(analysis, metrics)
    if analysis.site is Site.BACKGROUND:
        yield from _background(analysis, metrics)


def _endless(analysis: RolloutAnalysis, metrics: tuple[Metric, ...]) -> Iterator[Finding]:
    for metric in metrics:
        if metric.is_endless:
            message = (
                f"found metric {metric.name} of {metric.manifest.name} with an interval and no count in an"
                f" analysis {_when(analysis)}: it never ends"
            )
            place = at_key(analysis.manifest, analysis.node)
            mend = f"Add count to {metric.name} ({metric.manifest.file}:{metric.node.line})."
            yield finding(RuleId.ENDLESS_ANALYSIS, place, message, mend=mend)


def _when(analysis: RolloutAnalysis) -> str:
    return "of a step" if analysis.site is Site.STEP else analysis.site.value


def _early(analysis: RolloutAnalysis) -> Iterator[Finding]:
    step, canary = analysis.step, canary_of(analysis.manifest)
    if step is None or canary is None or step.weight:
        return
    routed = [name for item in canary.each("steps")[: step.index] for name in item.fields or {}]
    if {"setHeaderRoute", "setMirrorRoute", "setCanaryScale", "experiment", "plugin"} & set(routed):
        return
    at = "before any setWeight" if step.weight is None else "at weight 0"
    message = f"found an analysis {at}: the canary has no traffic yet"
    yield finding(RuleId.ANALYSIS_WITHOUT_TRAFFIC, at_key(analysis.manifest, analysis.node), message)


def _longer_than_pause(analysis: RolloutAnalysis, metrics: tuple[Metric, ...]) -> Iterator[Finding]:
    step = analysis.step
    longest = _longest(metrics)
    if step is None or not step.has_pause or not step.paused or longest is None:
        return
    lasts = longest.lasts or timedelta()
    if lasts > step.paused:
        whole = length_of(lasts.total_seconds() + step.paused.total_seconds())
        message = (
            f"found {_course(longest)}, which takes {short_duration(lasts)}, after a pause of"
            f" {short_duration(step.paused)}: the step lasts {short_duration(whole)}"
        )
        place = at_key(analysis.manifest, analysis.node)
        yield finding(RuleId.ANALYSIS_LONGER_THAN_PAUSE, place, message)


def _background(analysis: RolloutAnalysis, metrics: tuple[Metric, ...]) -> Iterator[Finding]:
    canary = canary_of(analysis.manifest)
    steps = canary.each("steps") if canary is not None else ()
    starting = analysis.node.get("startingStep")
    first = starting.scalar if starting is not None and isinstance(starting.scalar, int) else 0
    if starting is not None and first >= len(steps):
        message = f"found startingStep {first} of {len(steps)} steps, which count from 0"
        yield finding(RuleId.ANALYSIS_NEVER_STARTS, at_value(analysis.manifest, starting), message)
        return
    left = _time_left(steps[max(0, first) :])
    longest = _longest(metrics)
    if left is None or longest is None or not steps:
        return
    lasts = longest.lasts or timedelta()
    if lasts > left:
        message = (
            f"found {_course(longest)}, which takes {short_duration(lasts)}, beside steps of"
            f" {short_duration(left)}: about {_taken(longest, left)} of {longest.measurements} are taken,"
            " and the run ends as a success"
        )
        yield finding(RuleId.ANALYSIS_CUT_SHORT, at_key(analysis.manifest, analysis.node), message)


def _time_left(steps: tuple[Node, ...]) -> timedelta | None:
    """How long `steps` pause in all; None where they wait for something that has no set time."""
    total = 0.0
    for step in steps:
        fields = step.fields or {}
        if "pause" in fields:
            length = pause_length(step)
            if length is None:
                return None
            total += length.total_seconds()
        elif {"analysis", "experiment", "plugin"} & set(fields):
            return None
    return length_of(total)


def _longest(metrics: tuple[Metric, ...]) -> Metric | None:
    known = [metric for metric in metrics if metric.lasts is not None]
    return max(known, key=lambda metric: metric.lasts or timedelta(), default=None)


def _course(metric: Metric) -> str:
    delay = f"{short_duration(metric.delay)} of delay and " if metric.delay else ""
    every = f" every {short_duration(metric.interval)}" if metric.interval else ""
    count = metric.measurements or 0
    times = "1 measurement" if count == 1 else f"{count} measurements"
    return f"{delay}{times}{every} of {metric.name}"


def _taken(metric: Metric, within: timedelta) -> int:
    if not metric.interval or within < (metric.delay or timedelta()):
        return 0
    return 1 + int((within - (metric.delay or timedelta())) / metric.interval)
