"""Replaying recorded measurements: measurement → metric → run, as Argo's controller decides (`analysis`)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.replay.analysis import (
    AnalysisSpec,
    MetricSpec,
    RecordedMetric,
    RecordedRun,
)
from dashboard.domain.canary.replay.judged_measurement import JudgedMeasurement, judge_measurement
from dashboard.domain.canary.replay.metric_phase import Assessment, Counts, Rule, metric_phase

#: What is said of a metric when a secret was masked in what decides on it, or may have decided.
_MASKED = Assessment(
    phase=Phase.CANNOT_REPLAY,
    rule=Rule.CANNOT_REPLAY,
    reason="cannot replay: a secret was masked in its limits, in its name or in its provider",
)
_MAY_HAVE_ENDED = Assessment(
    phase=Phase.CANNOT_REPLAY,
    rule=Rule.CANNOT_REPLAY,
    reason="cannot replay: a metric that cannot be replayed may have ended the run before",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricOutcome:
    """How a metric ended, and why. `ended_at` is when its last counted measurement was taken, if known."""

    spec: MetricSpec
    assessment: Assessment
    counts: Counts
    measurements: tuple[JudgedMeasurement, ...]
    dry_run: bool = False
    forgotten: int = 0

    @property
    def phase(self) -> Phase:
        """Its phase."""
        return self.assessment.phase

    @property
    def ended_at(self) -> datetime | None:
        """When the measurement was taken that decided it; None while undecided, or where no time is known."""
        taken = [item.recorded.begun for item in self.measurements if item.counted]
        return taken[-1] if taken and self.phase.is_final else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How many metrics there are, and how those that have ended did."""

    count: int
    successful: int
    failed: int
    inconclusive: int
    error: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOutcome:
    """How a run ended, and why; the summaries are Argo's `runSummary` and `dryRunSummary`.

    A run that Argo refuses measures nothing: it has no metrics. `if_accepted` is then what its measurements
    would have made of it, None where there is no metric.
    """

    phase: Phase
    reason: str
    metrics: tuple[MetricOutcome, ...]
    summary: Summary
    dry_run_summary: Summary
    if_accepted: "RunOutcome | None" = None


def replay(spec: AnalysisSpec, run: RecordedRun) -> RunOutcome:
    """What Argo decides on `run` by `spec`.

    A spec with faults is an Error before anything is measured, unless Argo accepted this very one.

    A metric that has ended stays as it is, whatever was measured later. Once a metric that does not run dry
    has failed, erred or was inconclusive, the run ends: where every measurement has its time, those that
    began later do not count. Without times their order is not known, and every measurement counts.
    """
    if spec.faults and not run.accepted:
        return _refused(spec, run)
    outcomes = [_replayed(metric, spec, run.metrics, None, terminating=False) for metric in spec.metrics]
    ends = [item for item in outcomes if item.phase.ends_the_run and not item.dry_run]
    terminating = run.terminated or bool(ends)
    if terminating:
        until = _first_end(ends, run)
        outcomes = [_replayed(metric, spec, run.metrics, until, terminating=True) for metric in spec.metrics]
    unclear = [item for item in outcomes if item.phase is Phase.CANNOT_REPLAY and not item.dry_run]
    if unclear:
        outcomes = [_unless_ended_before(item, unclear) for item in outcomes]
    return _run_outcome(tuple(outcomes), terminating=terminating, told=run.terminated)


def _refused(spec: AnalysisSpec, run: RecordedRun) -> RunOutcome:
    return RunOutcome(
        phase=Phase.ERROR,
        reason=f"Analysis spec invalid: {spec.faults[0]}",
        metrics=(),
        summary=_summary([]),
        dry_run_summary=_summary([]),
        if_accepted=replay(spec, replace(run, accepted=True)) if spec.metrics else None,
    )


def _unless_ended_before(outcome: MetricOutcome, unclear: list[MetricOutcome]) -> MetricOutcome:
    """`outcome`, where it does not depend on whether one of the `unclear` metrics has ended the run."""
    if outcome.phase is Phase.CANNOT_REPLAY or outcome.assessment.rule is Rule.NOT_MEASURED:
        return outcome
    begun = [item.recorded.begun for metric in unclear for item in metric.measurements if item.recorded.begun]
    ended = outcome.ended_at
    in_time = outcome.phase.is_final and (ended is None or not begun or ended <= min(begun))
    return outcome if in_time else replace(outcome, assessment=_MAY_HAVE_ENDED)


def _first_end(ends: list[MetricOutcome], run: RecordedRun) -> datetime | None:
    timed = all(item.begun for metric in run.metrics.values() for item in metric.measurements)
    times = [item.ended_at for item in ends if item.ended_at]
    return min(times) if timed and times else None


def _replayed(
    metric: MetricSpec,
    spec: AnalysisSpec,
    recorded: Mapping[str, RecordedMetric],
    until: datetime | None,
    *,
    terminating: bool,
) -> MetricOutcome:
    found = recorded.get(metric.name, RecordedMetric(measurements=()))
    return replay_metric(
        metric, found, until=until, terminating=terminating, dry_run=metric.name in spec.dry_run
    )


def replay_metric(
    metric: MetricSpec,
    recorded: RecordedMetric,
    *,
    until: datetime | None = None,
    terminating: bool = False,
    dry_run: bool = False,
) -> MetricOutcome:
    """What Argo decides on one metric; measurements that began after `until` do not count."""
    judged: list[JudgedMeasurement] = []
    counts, decided = recorded.forgotten, _MASKED if metric.masked else None
    undecided = _unmeasured(recorded)
    for item in recorded.measurements:
        late = until is not None and item.begun is not None and item.begun > until
        measurement = judge_measurement(metric, item, counted=decided is None and not late)
        judged.append(measurement)
        if not measurement.counted:
            continue
        counts = counts.after(measurement.phase)
        undecided = _assessed(metric, counts, measurement)
        if undecided.phase.is_final or undecided.phase is Phase.CANNOT_REPLAY:
            decided = undecided
    if decided is None and undecided.rule is Rule.UNDECIDED and terminating:
        decided = metric_phase(metric.limits, counts, terminating=True)
    return MetricOutcome(
        spec=metric,
        assessment=decided or undecided,
        counts=counts,
        measurements=tuple(judged),
        dry_run=dry_run,
        forgotten=recorded.forgotten.count + recorded.forgotten.error,
    )


def _unmeasured(recorded: RecordedMetric) -> Assessment:
    """Argo gives a metric that was never measured no result, even where the run has ended."""
    if recorded.phase is not None and recorded.phase.is_final and not recorded.measurements:
        return Assessment(
            phase=recorded.phase, rule=Rule.NOT_MEASURED, reason="as recorded, without a measurement"
        )
    return Assessment(phase=Phase.PENDING, rule=Rule.NOT_MEASURED, reason="nothing was measured")


def _assessed(metric: MetricSpec, counts: Counts, measurement: JudgedMeasurement) -> Assessment:
    if measurement.phase is Phase.CANNOT_REPLAY:
        return Assessment(phase=Phase.CANNOT_REPLAY, rule=Rule.CANNOT_REPLAY, reason=measurement.message)
    if not measurement.phase.is_final:
        reason = "the last measurement has not ended"
        return Assessment(phase=Phase.RUNNING, rule=Rule.IN_FLIGHT, reason=reason)
    return metric_phase(metric.limits, counts, terminating=False)


def _run_outcome(metrics: tuple[MetricOutcome, ...], *, terminating: bool, told: bool) -> RunOutcome:
    blocking = [item for item in metrics if not item.dry_run]
    phase, reason = _run_phase(metrics, blocking, terminating=terminating, told=told)
    return RunOutcome(
        phase=phase,
        reason=reason,
        metrics=metrics,
        summary=_summary(blocking),
        dry_run_summary=_summary([item for item in metrics if item.dry_run]),
    )


def _run_phase(
    metrics: tuple[MetricOutcome, ...], blocking: list[MetricOutcome], *, terminating: bool, told: bool
) -> tuple[Phase, str]:
    unclear = [item for item in metrics if item.phase is Phase.CANNOT_REPLAY]
    unclear = [item for item in unclear if item.spec.masked or not item.dry_run or not terminating]
    if unclear:
        return Phase.CANNOT_REPLAY, _due_to(unclear[0])
    ended = [item for item in metrics if item.phase.is_final]
    worst = None
    for item in ended:
        if not item.dry_run and (worst is None or item.phase.is_worse_than(worst.phase)):
            worst = item
    stopped = "the run was told to stop" if told else ""
    if terminating and worst is None:
        return Phase.SUCCESSFUL, stopped or "no metric that counts has ended"
    if not terminating and (len(ended) < len(metrics) or not ended):
        waiting = ", ".join(item.spec.name for item in metrics if not item.phase.is_final)
        return Phase.RUNNING, f"not ended yet: {waiting}" if waiting else "found no metric that could end"
    if worst is None:
        return Phase.SUCCESSFUL, "every metric runs dry, so none can fail the run"
    if worst.phase is Phase.SUCCESSFUL:
        return Phase.SUCCESSFUL, stopped or f"{len(blocking)} of {len(blocking)} metrics are Successful"
    return worst.phase, _due_to(worst)


def _due_to(metric: MetricOutcome) -> str:
    return f'Metric "{metric.spec.name}" assessed {metric.phase} due to {metric.assessment.reason}'


def _summary(metrics: list[MetricOutcome]) -> Summary:
    def of(phase: Phase) -> int:
        return sum(item.phase is phase for item in metrics)

    return Summary(
        count=len(metrics),
        successful=of(Phase.SUCCESSFUL),
        failed=of(Phase.FAILED),
        inconclusive=of(Phase.INCONCLUSIVE),
        error=of(Phase.ERROR),
    )
