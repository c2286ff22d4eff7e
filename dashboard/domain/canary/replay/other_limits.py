"""What other limits would have made of the same measurements."""

from bisect import bisect_left
from dataclasses import dataclass, replace

from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.replay.analysis import RecordedMetric
from dashboard.domain.canary.replay.metric_phase import Counts, Limits, Rule, metric_phase
from dashboard.domain.canary.replay.outcomes import MetricOutcome

_FIELDS = {
    Rule.FAILURE_LIMIT: "failure",
    Rule.INCONCLUSIVE_LIMIT: "inconclusive",
    Rule.CONSECUTIVE_ERROR_LIMIT: "consecutive_error",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenLimit:
    """A value for the limit of `rule`, instead of that of a template; for every metric, or for `metric`."""

    rule: Rule
    value: int
    metric: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherLimit:
    """The smallest value of one limit that does not end the metric badly on what was measured.

    `smallest` is None where no value helps, because another rule decides; `phase` is what it gives. Running
    means that the metric would have gone on: what it would have measured is not known.
    """

    rule: Rule
    given: int
    smallest: int | None
    phase: Phase


def other_limits(outcome: MetricOutcome, recorded: RecordedMetric) -> tuple[OtherLimit, ...]:
    """For each limit, the smallest value that would have passed; nothing where the replay is not certain."""
    if not outcome.measurements or outcome.phase is Phase.CANNOT_REPLAY:
        return ()
    counts, steps = recorded.forgotten, []
    for item in outcome.measurements:
        counts = counts.after(item.phase)
        if item.phase.is_final:
            steps.append(counts)
    return tuple(_smallest(outcome.spec.limits, steps, rule) for rule in _FIELDS)


def with_limit(limits: Limits, rule: Rule, value: int) -> Limits:
    """`limits` with the limit of `rule` set to `value`; a count of 0 is no end."""
    match rule:
        case Rule.FAILURE_LIMIT:
            return replace(limits, failure=value)
        case Rule.INCONCLUSIVE_LIMIT:
            return replace(limits, inconclusive=value)
        case Rule.CONSECUTIVE_SUCCESS_LIMIT:
            return replace(limits, consecutive_success=value)
        case Rule.COUNT:
            return replace(limits, effective_count=value or None)
        case _:
            return replace(limits, consecutive_error=value)


def _smallest(limits: Limits, steps: list[Counts], rule: Rule) -> OtherLimit:
    most = steps[-1].count + steps[-1].error if steps else 0

    def phase(value: int) -> Phase:
        return _ended_in(with_limit(limits, rule, value), steps)

    def passes(value: int) -> bool:
        return phase(value) in {Phase.SUCCESSFUL, Phase.RUNNING}

    smallest = bisect_left(range(most + 1), True, key=passes)  # noqa: FBT003 - what is looked for
    return OtherLimit(
        rule=rule,
        given=getattr(limits, _FIELDS[rule]),
        smallest=smallest if smallest <= most else None,
        phase=phase(min(smallest, most)),
    )


def _ended_in(limits: Limits, steps: list[Counts]) -> Phase:
    """The phase after the first of `steps` that decides, the counts after each measurement."""
    phases = (metric_phase(limits, counts, terminating=False).phase for counts in steps)
    return next((phase for phase in phases if phase.is_final), Phase.RUNNING)
