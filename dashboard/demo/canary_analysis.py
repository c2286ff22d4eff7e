"""An analysis of a canary of the demo: measured on Argo's schedule, decided by a replay of its rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.demo.canary_manifests import Object, read_spec
from dashboard.demo.canary_values import Measured
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.replay.analysis import (
    AnalysisSpec,
    MetricSpec,
    RecordedMeasurement,
    RecordedMetric,
    RecordedRun,
)
from dashboard.domain.canary.replay.outcomes import MetricOutcome, RunOutcome, replay

#: Argo asks again so long after an error.
_AFTER_AN_ERROR = timedelta(seconds=10)
_CANNOT_ANSWER = (
    'Post "http://prometheus.monitoring:9090/api/v1/query": context deadline exceeded'
    " (Client.Timeout exceeded while awaiting headers)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoRun:
    """An analysis as it came out. `step` is None beside the steps, `ended_at` while it goes on."""

    step: int | None
    attempt: int
    began_at: datetime
    ended_at: datetime | None
    spec: Object
    outcome: RunOutcome
    terminated: bool = False

    @property
    def phase(self) -> Phase:
        """Its phase."""
        return self.outcome.phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be measured: `provider_errors` is how many times a metric has no answer at first."""

    name: str
    step: int | None
    attempt: int
    spec: Object
    provider_errors: Mapping[str, int]


def usual_length(spec: Object) -> timedelta:
    """How long an analysis lasts in which every metric measures all that it has to."""
    return max(
        ((metric.limits.effective_count or 1) - 1) * (metric.interval or timedelta())
        for metric in read_spec("a run", spec).metrics
    )


def analysed(asked: Question, measured: Measured, began_at: datetime, now: datetime) -> DemoRun:
    """What comes of it, as far as it is known at `now`."""
    spec = read_spec(asked.name, asked.spec)
    return _decided(asked, spec, _recorded(asked, spec, measured, began_at, now), began_at, told=None)


def stopped(asked: Question, measured: Measured, began_at: datetime, at: datetime) -> DemoRun:
    """What comes of it when it is told to stop at that time."""
    spec = read_spec(asked.name, asked.spec)
    recorded = _recorded(asked, spec, measured, began_at, at)
    return _decided(asked, spec, recorded, began_at, told=at)


def _recorded(
    asked: Question, spec: AnalysisSpec, measured: Measured, began_at: datetime, until: datetime
) -> dict[str, RecordedMetric]:
    return {
        metric.name: RecordedMetric(
            measurements=_measurements(
                metric, measured, began_at, until, asked.provider_errors.get(metric.name, 0)
            )
        )
        for metric in spec.metrics
    }


def _measurements(
    metric: MetricSpec, measured: Measured, began_at: datetime, until: datetime, errors: int
) -> tuple[RecordedMeasurement, ...]:
    found: list[RecordedMeasurement] = []
    at, answers, count = began_at, 0, metric.limits.effective_count
    while at <= until and (count is None or answers < count):
        if len(found) < errors:
            found.append(
                RecordedMeasurement(phase=Phase.ERROR, message=_CANNOT_ANSWER, started_at=at, finished_at=at)
            )
            at += _AFTER_AN_ERROR
        else:
            value = measured.value(metric.name, at)
            found.append(RecordedMeasurement(value=value, started_at=at, finished_at=at))
            answers += 1
            at += metric.interval or _AFTER_AN_ERROR
    return tuple(found)


def _decided(
    asked: Question,
    spec: AnalysisSpec,
    recorded: Mapping[str, RecordedMetric],
    began_at: datetime,
    *,
    told: datetime | None,
) -> DemoRun:
    outcome = replay(spec, RecordedRun(metrics=recorded))
    stops = told is not None and not outcome.phase.is_final
    if stops:
        outcome = replay(spec, RecordedRun(metrics=recorded, terminated=True))
    ended = told if stops else _ended(outcome) if outcome.phase.is_final else None
    return DemoRun(
        step=asked.step,
        attempt=asked.attempt,
        began_at=began_at,
        ended_at=ended,
        spec=asked.spec,
        outcome=outcome,
        terminated=stops,
    )


def _ended(outcome: RunOutcome) -> datetime | None:
    ends = (item.finished_at for metric in outcome.metrics for item in taken(metric))
    return max((end for end in ends if end is not None), default=None)


def taken(metric: MetricOutcome) -> tuple[RecordedMeasurement, ...]:
    """The measurements that were taken before the run ended, each with its phase."""
    return tuple(
        RecordedMeasurement(
            value=None if item.phase is Phase.ERROR else item.recorded.value,
            phase=item.phase,
            message=item.message if item.phase is Phase.ERROR else "",
            started_at=item.recorded.started_at,
            finished_at=item.recorded.finished_at,
        )
        for item in metric.measurements
        if item.counted
    )
