"""The metrics of an AnalysisRun as a page draws them: answers, thresholds, room left, evidence and gaps."""

from dataclasses import dataclass
from datetime import datetime

from dashboard.domain.canary.analysis_runs import AnalysisRunState, MetricState
from dashboard.domain.canary.gaps import Gap, gaps_of
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.replay.analysis import AnalysisSpec, MetricSpec
from dashboard.domain.canary.replay.outcomes import MetricOutcome, replay
from dashboard.domain.canary.replay.thresholds import Threshold, numbers, thresholds
from dashboard.domain.canary.room import Evidence, EvidenceGrade, Room, metric_evidence, room_of, run_evidence
from dashboard.errors import InputError
from dashboard.sources.argo_analysis import NamedObject, analysis_spec
from dashboard.sources.argo_fields import Fields
from dashboard.sources.argo_observations import RUN_KIND

_BACKGROUND = "Background"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One measurement: the `numbers` of its answer, if it holds any, and what Argo made of it."""

    at: datetime | None
    numbers: tuple[float, ...]
    phase: Phase | None
    value: str | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricView:
    """One metric of a run. `spec` and `room` are None where its spec cannot be read.

    `failures` and `errors` are how many measurements failed and how many the provider could not answer:
    they are never added up. `replayed` is what a replay of what was seen gives, beside Argo's own phase in
    `state`; it never takes its place.
    """

    state: MetricState
    spec: MetricSpec | None
    thresholds: tuple[Threshold, ...]
    points: tuple[Point, ...]
    room: Room | None
    evidence: EvidenceGrade | None
    gaps: tuple[Gap, ...]
    failures: int
    errors: int
    replayed: MetricOutcome | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """An AnalysisRun with its metrics; `spec_fault` is why its spec cannot be read, where it cannot.

    Metrics that the spec has and that were never measured are in `metrics` as well, without a point.
    """

    run: AnalysisRunState
    metrics: tuple[MetricView, ...]
    evidence: EvidenceGrade | None
    replayed: Phase | None
    spec_fault: str | None


def run_view(run: AnalysisRunState) -> RunView:
    """`run`, which has its measurements, as a page draws it."""
    spec, fault = spec_of(run)
    outcome = None if spec is None else replay(spec, run.recorded())
    replayed = {} if outcome is None else {item.spec.name: item for item in outcome.metrics}
    specs = {} if spec is None else {metric.name: metric for metric in spec.metrics}
    measured = {metric.name: metric for metric in run.metrics}
    dry = frozenset() if spec is None else spec.dry_run
    views = [
        metric_view(
            measured.get(name) or MetricState(name=name, dry_run=name in dry),
            specs.get(name),
            replayed.get(name),
        )
        for name in dict.fromkeys((*specs, *measured))
    ]
    return RunView(
        run=run,
        metrics=tuple(views),
        evidence=run_evidence(run, {name: item.limits for name, item in specs.items() if name not in dry}),
        replayed=None if outcome is None else outcome.phase,
        spec_fault=fault,
    )


def ran_beside(view: RunView) -> bool:
    """Whether `view` was stopped with the steps, as it was meant to be: in the background, without a count.

    What ended before everything that it wanted was measured did not.
    """
    if view.run.site != _BACKGROUND or view.evidence is None or view.evidence.grade is not Evidence.TRUNCATED:
        return False
    cut = [metric for metric in view.metrics if _is_cut(metric)]
    return all(
        metric.spec is not None
        and metric.spec.limits.effective_count is None
        and metric.spec.limits.consecutive_success <= 0
        for metric in cut
    )


def answered(view: RunView) -> int:
    """How many answers the metrics of a run that count gave."""
    return sum(metric.state.counts.count for metric in view.metrics if not metric.state.dry_run)


def _is_cut(metric: MetricView) -> bool:
    return metric.evidence is not None and metric.evidence.grade is Evidence.TRUNCATED


def spec_of(run: AnalysisRunState) -> tuple[AnalysisSpec | None, str | None]:
    """What `run` measures, and why that cannot be read, where it cannot."""
    if not run.spec:
        return None, "nothing is known of what it measures"
    where = f"{run.namespace}/{run.name}"
    found = NamedObject(kind=RUN_KIND, name=run.name, fields=Fields(where=where, values={"spec": run.spec}))
    try:
        return analysis_spec((found,), {}), None
    except InputError as error:
        return None, str(error)


def metric_view(state: MetricState, spec: MetricSpec | None, replayed: MetricOutcome | None) -> MetricView:
    """One metric as a page draws it."""
    limits = None if spec is None else spec.limits
    provider = "prometheus" if spec is None else spec.provider
    room = None if limits is None else room_of(state, limits)
    return MetricView(
        state=state,
        spec=spec,
        thresholds=() if spec is None else thresholds(spec.success_condition, spec.failure_condition),
        points=tuple(
            Point(
                at=item.taken.begun,
                numbers=numbers(provider, item.taken.value),
                phase=item.taken.phase,
                value=item.taken.value,
                message=item.taken.message,
            )
            for item in state.measurements
        ),
        room=room,
        evidence=metric_evidence(state, limits),
        gaps=gaps_of(state, None if spec is None else spec.interval),
        failures=state.counts.failed if room is None else room.counts.failed,
        errors=state.counts.error if room is None else room.counts.error,
        replayed=replayed,
    )
