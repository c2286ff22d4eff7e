"""What an analysis measures and within which limits, and what was measured: the input of a replay."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.replay.metric_phase import Counts, Limits

#: The provider that a metric without one is read as.
PROMETHEUS = "prometheus"
#: What stands for a secret in what is recorded: its value is never read, kept or shown.
MASK = "*****"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSpec:
    """A metric of a template, with its arguments filled in.

    `provider` is its key in the template, such as `prometheus` or `web`. `query` is that of Prometheus;
    `over_a_range` says that it is asked over a range of times (`rangeQuery`) and not at one, `unresolved`
    are the placeholders in it that have no value. `interval` is None when the metric has none, or one that
    Go cannot read. `masked` says that a secret was masked in what decides on it beside its conditions: a
    limit, its provider, or whether it runs dry. What it would have decided is not known then.
    """

    name: str
    limits: Limits
    provider: str = PROMETHEUS
    query: str | None = None
    over_a_range: bool = False
    unresolved: tuple[str, ...] = ()
    success_condition: str = ""
    failure_condition: str = ""
    interval: timedelta | None = None
    initial_delay: timedelta = timedelta()
    masked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisSpec:
    """The metrics of one or more templates; `dry_run` names those that cannot end the run.

    `faults` are sentences on what Argo refuses in it: it would not have begun to measure.
    """

    metrics: tuple[MetricSpec, ...]
    dry_run: frozenset[str] = frozenset()
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedMeasurement:
    """One measurement as Argo stores it: the value as text, and the phase if it is known.

    `value` is empty for nil, and None where none was kept: Argo keeps none of an Error.
    """

    value: str | None = None
    phase: Phase | None = None
    message: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def begun(self) -> datetime | None:
        """When it was taken, if that is known."""
        return self.started_at or self.finished_at


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedMetric:
    """The measurements of a metric, oldest first.

    Argo keeps the last ten: `forgotten` counts those that came before, as far as its counters tell.
    """

    measurements: tuple[RecordedMeasurement, ...]
    forgotten: Counts = field(default_factory=Counts)
    phase: Phase | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRun:
    """What was measured for each metric, by name; `terminated`: the run was told to stop.

    `accepted`: Argo took these measurements by the very spec that they are replayed by, so that it did not
    refuse it, whatever we find in it.
    """

    metrics: Mapping[str, RecordedMetric]
    terminated: bool = False
    phase: Phase | None = None
    accepted: bool = False

    @property
    def has_measurements(self) -> bool:
        """Whether anything was measured, now forgotten or not."""
        return any(metric.measurements or metric.forgotten != Counts() for metric in self.metrics.values())
