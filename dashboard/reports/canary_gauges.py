"""Canaries under way as Prometheus gauges, so that one that waits or is in trouble can be alerted on."""

from collections import Counter
from collections.abc import Iterable, Iterator

from prometheus_client.core import GaugeMetricFamily, Metric

from dashboard.domain.canary.canary import Outcome
from dashboard.domain.canary.sequential import Verdict
from dashboard.reports.canary_state import CanaryState, OpenCanary, shown_state

_CANARY = ["service", "environment", "rollout"]
_ALL = 100
#: How a canary may stand while it is under way; unknown is one that was not seen for too long.
_STATES = [outcome.value for outcome in Outcome if outcome.is_open or outcome is Outcome.UNKNOWN]


def canary_gauges(state: CanaryState) -> Iterator[Metric]:
    """The gauges of `state`; what is unknown has no sample."""
    yield _under_way(state)
    weight = GaugeMetricFamily(
        "reliability_canary_weight_ratio", "Share of the traffic that a canary has", labels=_CANARY
    )
    step = GaugeMetricFamily(
        "reliability_canary_step",
        "Steps of a canary that are done: while its third runs this is 2",
        labels=_CANARY,
    )
    steps = GaugeMetricFamily("reliability_canary_steps", "Steps that a canary has", labels=_CANARY)
    began = GaugeMetricFamily(
        "reliability_canary_began_timestamp_seconds", "When a canary was first seen", labels=_CANARY
    )
    seen = GaugeMetricFamily(
        "reliability_canary_seen_timestamp_seconds",
        "When a canary was last seen: by its cluster, else by the newest time that it names",
        labels=_CANARY,
    )
    left = GaugeMetricFamily(
        "reliability_canary_failures_left",
        "Measurements that may still fail before Argo aborts",
        labels=[*_CANARY, "metric"],
    )
    errors = GaugeMetricFamily(
        "reliability_canary_errors_verdict",
        "1 for the verdict on the error counts of a canary against stable: PASS, FAIL, or NONE, not yet",
        labels=[*_CANARY, "verdict"],
    )
    slow = GaugeMetricFamily(
        "reliability_canary_slow_verdict",
        "1 for the verdict on the slow requests of a canary against stable: PASS, FAIL, or NONE, not yet",
        labels=[*_CANARY, "verdict"],
    )
    for item in _newest_by_labels(state.under_way):
        labels = _labels(item)
        began.add_metric(labels, item.named.canary.began_at.timestamp())
        if item.named.seen is not None:
            seen.add_metric(labels, item.named.seen.at.timestamp())
        # A FAIL stands, also when nobody sees the canary any more.
        for gauge, found in ((errors, item.errors), (slow, item.slow)):
            for verdict in Verdict if found is not None else ():
                told = found is not None and found.verdict is verdict
                gauge.add_metric([*labels, verdict.value], float(told))
        if item.named.stale:
            continue
        ladder = item.ladder
        if ladder is not None and ladder.weight is not None and item.named.canary.state is not None:
            weight.add_metric(labels, ladder.weight / (item.named.canary.state.whole_weight or _ALL))
        if ladder is not None and ladder.position is not None:
            step.add_metric(labels, ladder.position)
            steps.add_metric(labels, len(ladder.rungs))
        for metric, failures in _failures_left(item).items():
            left.add_metric([*labels, metric], failures)
    yield from (weight, step, steps, began, seen, left, errors, slow)
    yield from _sources(state)


def _under_way(state: CanaryState) -> Metric:
    found = GaugeMetricFamily(
        "reliability_canaries_under_way",
        "Canaries under way: running, waiting to be promoted, paused as inconclusive, or not seen for long;"
        ' service="" are those of Rollouts that are none of the catalogue',
        labels=["service", "environment", "state"],
    )
    counts = Counter(
        (item.named.service or "", item.named.environment, shown_state(item)) for item in state.under_way
    )
    for service, environment in dict.fromkeys((service, environment) for service, environment, _ in counts):
        for word in _STATES:
            found.add_metric([service, environment, word], float(counts[service, environment, word]))
    return found


def _newest_by_labels(under_way: Iterable[OpenCanary]) -> Iterable[OpenCanary]:
    """Each of what the labels tell apart once: of two Rollouts of one name the canary that began last.

    Two series with the same labels would make Prometheus refuse all of them.
    """
    ordered = sorted(under_way, key=lambda item: item.named.canary.began_at)
    return {tuple(_labels(item)): item for item in ordered}.values()


def _labels(item: OpenCanary) -> list[str]:
    named = item.named
    return [named.service or "", named.environment, f"{named.canary.namespace}/{named.canary.name}"]


def _failures_left(item: OpenCanary) -> dict[str, int]:
    """By metric; of several runs that measure it, the least."""
    found: dict[str, int] = {}
    for one in item.rooms:
        left = None if one.room is None else one.room.failures_left
        if left is not None and not one.dry_run:
            found[one.metric] = min(left, found.get(one.metric, left))
    return found


def _sources(state: CanaryState) -> Iterator[Metric]:
    at = GaugeMetricFamily(
        "reliability_canary_source_read_timestamp_seconds",
        "When a source of Rollouts was last read whole",
        labels=["source"],
    )
    ok = GaugeMetricFamily(
        "reliability_canary_source_ok", "Whether its last read succeeded", labels=["source"]
    )
    for read in state.reads:
        if read.read_at is not None:
            at.add_metric([read.source], read.read_at.timestamp())
        ok.add_metric([read.source], float(read.problem is None))
    yield from (at, ok)
