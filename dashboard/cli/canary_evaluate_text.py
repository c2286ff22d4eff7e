"""What `reliability canary evaluate` tells people."""

from collections.abc import Iterator

from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.replay.judged_measurement import JudgedMeasurement
from dashboard.domain.canary.replay.metric_phase import Rule
from dashboard.domain.canary.replay.other_limits import OtherLimit
from dashboard.domain.canary.replay.outcomes import MetricOutcome
from dashboard.reports.canary_evaluation import Evaluation
from dashboard.ui import format as shown

_SYMBOLS = {
    Phase.SUCCESSFUL: "✔",
    Phase.FAILED: "✖",
    Phase.ERROR: "⚠",
    Phase.INCONCLUSIVE: "?",
    Phase.RUNNING: "◌",
    Phase.PENDING: "◌",
    Phase.CANNOT_REPLAY: "∅",
}
#: What a metric is when this limit is too small for what was measured.
_TOO_SMALL = {
    Rule.FAILURE_LIMIT: Phase.FAILED.value,
    Rule.INCONCLUSIVE_LIMIT: Phase.INCONCLUSIVE.value,
    Rule.CONSECUTIVE_ERROR_LIMIT: Phase.ERROR.value,
}
#: The measurements that are shown of a metric: the first and the last of many.
_SHOWN = 20
#: Characters of a value that are shown.
_WIDEST = 40


def evaluation_text(evaluation: Evaluation) -> str:
    """`evaluation` as lines of text."""
    return "\n".join(_lines(evaluation))


def _lines(evaluation: Evaluation) -> Iterator[str]:
    outcome = evaluation.outcome
    yield f"{_phase(outcome.phase)}: {outcome.reason}"
    recorded = evaluation.run.phase
    if recorded is not None and recorded is not outcome.phase:
        yield f"! Argo recorded {recorded} for this run."
    yield from _refused(evaluation)
    yield from (f"! {note}" for note in evaluation.notes)
    if outcome.if_accepted is not None:
        outcome = outcome.if_accepted
        yield ""
        yield f"Had Argo accepted it: {_phase(outcome.phase)}: {outcome.reason}"
    for metric in outcome.metrics:
        yield ""
        yield from _metric(metric, evaluation.other_limits.get(metric.spec.name, ()))


def _refused(evaluation: Evaluation) -> Iterator[str]:
    """What Argo refuses in the spec and the reason has not told yet."""
    if evaluation.run.accepted:
        yield from (f"! Argo 1.9 would refuse this spec: {fault}" for fault in evaluation.refused)
    else:
        yield from (f"! Argo refuses in this spec as well: {fault}" for fault in evaluation.refused[1:])


def _metric(metric: MetricOutcome, limits: tuple[OtherLimit, ...]) -> Iterator[str]:
    dry = " (dry run: it cannot fail the run)" if metric.dry_run else ""
    yield f"{_phase(metric.phase)}  {metric.spec.name}{dry}: {metric.assessment.reason}"
    counts = metric.counts
    yield (
        f"    {shown.amount(counts.count + counts.error, 'answer')}: {counts.successful} successful,"
        f" {counts.failed} failed, {counts.inconclusive} inconclusive, {shown.amount(counts.error, 'error')}"
    )
    if metric.forgotten:
        yield f"    {metric.forgotten} earlier measurements are no longer kept; only their counts are known"
    yield from _measurements(metric.measurements)
    yield from _other_limits(limits)


def _measurements(items: tuple[JudgedMeasurement, ...]) -> Iterator[str]:
    width = len(str(len(items)))
    for index, item in enumerate(items):
        if len(items) > _SHOWN and _SHOWN // 2 <= index < len(items) - _SHOWN // 2:
            if index == _SHOWN // 2:
                yield f"    … {len(items) - _SHOWN} more …"
            continue
        value = item.recorded.value or ""
        value = value if len(value) <= _WIDEST else f"{value[: _WIDEST - 1]}…"
        at = "" if item.recorded.begun is None else f"{item.recorded.begun:%Y-%m-%d %H:%M:%S}  "
        late = "" if item.counted else "  (after the decision: it does not count)"
        other = f"  ! Argo recorded {item.recorded.phase}" if item.disagrees else ""
        number, phase = f"{index + 1:>{width}}", _phase(item.phase)
        yield f"    {number}. {at}{value or 'no value'}  {phase}  {item.message}{late}{other}"


def _other_limits(limits: tuple[OtherLimit, ...]) -> Iterator[str]:
    """The limits that matter: that of failures where it is above 0, and those that would have to be."""
    for item in limits:
        matters = item.rule is Rule.FAILURE_LIMIT and (item.given or item.smallest is None)
        if not matters and not item.smallest:
            continue
        name = f"    {item.rule.value} is {item.given}."
        if item.smallest is None:
            yield f"{name} No other value would have passed."
            continue
        running = item.phase is Phase.RUNNING
        then = "would still be running" if running else f"would have been {item.phase.value}"
        spared = 0 < item.smallest <= item.given
        with_less = f"; with less it would have been {_TOO_SMALL[item.rule]}" if spared else ""
        yield f"{name} With {item.smallest} or more this metric {then}{with_less}."


def _phase(phase: Phase) -> str:
    return f"{_SYMBOLS[phase]} {phase.value}"
