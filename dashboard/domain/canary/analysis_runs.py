"""An AnalysisRun as it stood when somebody looked, and as all looks tell it together.

Argo keeps the last ten measurements of a metric. Each look adds those that no look had seen; none is ever
taken back. The phases are Argo's own: nothing here computes one.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.replay.analysis import RecordedMeasurement, RecordedMetric, RecordedRun
from dashboard.domain.canary.replay.metric_phase import Counts
from dashboard.domain.record import record

#: What an AnalysisRun belongs to.
ROLLOUT, EXPERIMENT = "Rollout", "Experiment"
#: An experiment of a Rollout is called `<rollout>-<pod hash>-<revision>-<step>`.
_OF_A_ROLLOUT = re.compile(r"(?P<rollout>.+)-(?P<hash>[a-z0-9]{6,10})-(?P<revision>\d+)-(?P<step>\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeBy:
    """The Rollout of which a step made an experiment, by name, and the version that it tried."""

    rollout: str
    pod_hash: str
    revision: str


def of_a_rollout(experiment: str) -> MadeBy | None:
    """What the name of an experiment tells of the Rollout that made it; None when none did."""
    found = _OF_A_ROLLOUT.fullmatch(experiment)
    if found is None:
        return None
    return MadeBy(rollout=found["rollout"], pod_hash=found["hash"], revision=found["revision"])


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenMeasurement:
    """A measurement, and which one of its metric it was, counted from 0.

    `is_placed` says that Argo's counters tell which; else `ordinal` is its place among those that were kept.
    """

    taken: RecordedMeasurement
    ordinal: int
    is_placed: bool = True

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.taken.phase is None or self.taken.phase.is_final


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricState:
    """A metric of a run: Argo's phase, message and counters, and the measurements that are known."""

    name: str
    phase: Phase | None = None
    message: str = ""
    counts: Counts = field(default_factory=Counts)
    dry_run: bool = False
    measurements: tuple[SeenMeasurement, ...] = ()


@record
class AnalysisRunState:
    """What a source said of one AnalysisRun; None is what it did not say.

    `run` tells it from every other: its uid, or `namespace/name` where none is told; `rollout` likewise
    names the Rollout that it belongs to. `names` are what it may call the service, the most telling first.
    `site` is when it runs, in Argo's word: Step, Background, PrePromotion or PostPromotion. `spec` is what it
    measures, in Argo's words; arguments that are secrets have no value in it.
    """

    run: str
    namespace: str
    name: str
    names: tuple[str, ...]
    environment: str
    resource_version: int | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    owner_kind: str = ""
    owner: str = ""
    rollout: str | None = None
    pod_hash: str = ""
    revision: int | None = None
    site: str = ""
    step_index: int | None = None
    phase: Phase | None = None
    message: str = ""
    terminated: bool = False
    spec: Mapping[str, Any] = field(default_factory=dict, hash=False)
    metrics: tuple[MetricState, ...] = ()

    @property
    def began_at(self) -> datetime | None:
        """When it began, as far as that is known."""
        if self.started_at is not None or self.created_at is not None:
            return self.started_at or self.created_at
        return min(self._begun, default=None)

    @property
    def ended_at(self) -> datetime | None:
        """When it ended; the end of its last measurement where Argo does not say; None while it runs."""
        if self.phase is None or not self.phase.is_final:
            return None
        if self.completed_at is not None:
            return self.completed_at
        ends = [
            item.taken.finished_at or item.taken.started_at
            for metric in self.metrics
            for item in metric.measurements
        ]
        return max((end for end in ends if end is not None), default=self.began_at)

    @property
    def newest_at(self) -> datetime | None:
        """The newest time that is known of it."""
        ends = (item.taken.finished_at for metric in self.metrics for item in metric.measurements)
        known = [self.created_at, self.started_at, self.completed_at, *self._begun, *ends]
        return max((moment for moment in known if moment is not None), default=None)

    @property
    def _begun(self) -> list[datetime]:
        begun = (item.taken.begun for metric in self.metrics for item in metric.measurements)
        return [moment for moment in begun if moment is not None]

    def recorded(self) -> RecordedRun:
        """What was measured, for a replay: Argo's phases, and what was seen of its measurements."""
        run = RecordedRun(
            metrics={
                metric.name: RecordedMetric(
                    measurements=tuple(item.taken for item in metric.measurements),
                    forgotten=unseen(metric),
                    phase=metric.phase,
                )
                for metric in self.metrics
            },
            terminated=self.terminated,
            phase=self.phase,
        )
        return replace(run, accepted=run.has_measurements)


def unseen(metric: MetricState) -> Counts:
    """What Argo counted of `metric` and nobody saw: it had dropped them before somebody looked."""
    return counted_before(metric.counts, [item.taken for item in metric.measurements])


def counted_before(told: Counts, measurements: Iterable[RecordedMeasurement]) -> Counts:
    """What of the counters `told` came before these measurements, the last of the metric."""
    seen = Counts()
    over = [item.phase for item in measurements if item.phase is None or item.phase.is_final]
    for phase in over:
        seen = seen.after(phase or Phase.RUNNING)
    before = Counts(
        successful=max(told.successful - seen.successful, 0),
        failed=max(told.failed - seen.failed, 0),
        inconclusive=max(told.inconclusive - seen.inconclusive, 0),
        error=max(told.error - seen.error, 0),
    )
    if before.count + before.error == 0:
        return before
    # A row that reaches back beyond everything that was seen is counted on from there.
    return replace(
        before,
        consecutive_success=max(told.consecutive_success - len(over), 0)
        if seen.consecutive_success == len(over)
        else 0,
        consecutive_error=max(told.consecutive_error - len(over), 0)
        if seen.consecutive_error == len(over)
        else 0,
    )


def counted(metric: MetricState) -> Counts:
    """How the measurements of `metric` ended: by Argo's counters, or by what was seen where that is more."""
    seen = unseen(metric)
    for item in metric.measurements:
        seen = seen.after(item.taken.phase or Phase.RUNNING)
    return seen


def joined(measurements: Iterable[SeenMeasurement]) -> tuple[SeenMeasurement, ...]:
    """All that was seen of one metric, oldest first: one that has ended takes the place of its beginning."""
    listed = list(measurements)
    over = {item.taken.begun for item in listed if item.is_over and item.taken.begun is not None}
    kept = [item for item in listed if item.is_over or item.taken.begun not in over]
    return tuple(sorted(kept, key=_place))


def _place(item: SeenMeasurement) -> tuple[float, int, float, str]:
    begun, finished = item.taken.begun, item.taken.finished_at
    return (
        -1.0 if begun is None else begun.timestamp(),
        item.ordinal,
        float("inf") if finished is None else finished.timestamp(),
        item.taken.value or "",
    )


def run_as_of(run: AnalysisRunState, now: datetime) -> AnalysisRunState | None:
    """`run` as it stood at `now`, as far as its times tell; None when it had not begun."""
    began, newest = run.began_at, run.newest_at
    if began is not None and began > now:
        return None
    if newest is None or newest <= now:
        return run
    metrics = tuple(_metric_as_of(metric, now) for metric in run.metrics)
    ended = run.ended_at
    if ended is not None and ended <= now:
        return replace(run, metrics=metrics)
    return replace(run, metrics=metrics, phase=Phase.RUNNING, message="", completed_at=None, terminated=False)


def _metric_as_of(metric: MetricState, now: datetime) -> MetricState:
    before = [item for item in metric.measurements if item.taken.begun is None or item.taken.begun <= now]
    measurements = tuple(_measurement_as_of(item, now) for item in before)
    if measurements == metric.measurements:
        return metric
    counts = unseen(metric)
    for item in measurements:
        counts = counts.after(item.taken.phase or Phase.RUNNING)
    phase = Phase.RUNNING if measurements else Phase.PENDING
    return replace(metric, measurements=measurements, counts=counts, phase=phase, message="")


def _measurement_as_of(item: SeenMeasurement, now: datetime) -> SeenMeasurement:
    finished = item.taken.finished_at
    if finished is None or finished <= now:
        return item
    begun = RecordedMeasurement(phase=Phase.RUNNING, started_at=item.taken.started_at)
    return replace(item, taken=begun)
