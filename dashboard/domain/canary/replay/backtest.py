"""A backtest: what Argo would have measured and decided over a past time, had the analysis run then."""

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta

from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.replay.analysis import (
    AnalysisSpec,
    MetricSpec,
    RecordedMeasurement,
    RecordedMetric,
    RecordedRun,
)
from dashboard.domain.canary.replay.judged_measurement import judge_measurement
from dashboard.domain.canary.replay.metric_phase import Counts, metric_phase

#: What Argo waits after an Error, and where a metric has no interval.
RETRY_INTERVAL = timedelta(seconds=10)
#: A day of measurements every ten seconds.
MOST_MEASUREMENTS = 10_000
_SHORTEST = timedelta(seconds=1)

Measure = Callable[[MetricSpec, datetime], RecordedMeasurement]


def backtest(spec: AnalysisSpec, measure: Measure, start: datetime, end: datetime) -> RecordedRun:
    """The measurements that Argo takes from `start` until its run ends, or `end` is reached (included).

    At `end` a run that has not ended is told to stop, as an analysis beside the steps is when they are over.
    `measure` gives the measurement of a metric at a time; it is asked in the order of time.

    Raises:
        ValueError: there would be more than `MOST_MEASUREMENTS`.
    """
    taken: dict[str, list[RecordedMeasurement]] = {metric.name: [] for metric in spec.metrics}
    due = [(start + metric.initial_delay, index) for index, metric in enumerate(spec.metrics)]
    heapq.heapify(due)
    counts = [Counts() for _ in spec.metrics]
    stopped: datetime | None = None
    while due and due[0][0] <= end and (stopped is None or due[0][0] <= stopped):
        at, index = heapq.heappop(due)
        metric = spec.metrics[index]
        if sum(map(len, taken.values())) >= MOST_MEASUREMENTS:
            raise ValueError(f"found more than {MOST_MEASUREMENTS:,} measurements, expected a shorter time")
        taken[metric.name].append(measure(metric, at))
        phase = judge_measurement(metric, taken[metric.name][-1]).phase
        counts[index] = counts[index].after(phase)
        metric_is = metric_phase(metric.limits, counts[index], terminating=False).phase
        if metric_is.ends_the_run and metric.name not in spec.dry_run:
            stopped = at
        if not metric_is.is_final:
            heapq.heappush(due, (at + _wait(metric, phase), index))
    return RecordedRun(
        metrics={name: RecordedMetric(measurements=tuple(items)) for name, items in taken.items()},
        terminated=stopped is None and bool(due),
    )


def _wait(metric: MetricSpec, last: Phase) -> timedelta:
    if last is Phase.ERROR:
        return RETRY_INTERVAL
    return max(metric.interval or RETRY_INTERVAL, _SHORTEST)
