"""The fleet as Prometheus metrics, so that its own numbers can be watched and alerted on."""

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from dashboard.domain.durations import format_duration
from dashboard.domain.objective_status import ObjectiveStatus
from dashboard.domain.policy_tier import PolicyTier
from dashboard.reports.canary_gauges import canary_gauges
from dashboard.reports.canary_state import CanaryState
from dashboard.reports.fleet import FleetReport

_OBJECTIVE = ["service", "indicator"]


def exposition(report: FleetReport | None, canaries: CanaryState | None = None) -> bytes:
    """The text exposition of `report` and of `canaries`; of None, only that nothing can be told.

    What is unknown has no sample: a missing series is honest, a 0 or NaN would be taken for a number.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Report(report, canaries))
    return generate_latest(registry)


class _Report:
    """What prometheus-client asks for the metrics at a scrape."""

    def __init__(self, report: FleetReport | None, canaries: CanaryState | None) -> None:
        self._report = report
        self._canaries = canaries

    def collect(self) -> Iterator[Metric]:
        up = "Whether the store, the catalogue and the policy can be read"
        yield GaugeMetricFamily("reliability_up", up, value=0 if self._report is None else 1)
        if self._report is not None:
            yield from _service_metrics(self._report)
            yield from _objective_metrics(self._report)
            yield from _source_metrics(self._report)
        if self._canaries is not None:
            yield from canary_gauges(self._canaries)


def _service_metrics(report: FleetReport) -> Iterator[Metric]:
    tier = GaugeMetricFamily(
        "reliability_policy_tier",
        "1 for the policy tier that a service is in",
        labels=["service", "policy_tier"],
    )
    for status in report.fleet.services:
        for candidate in PolicyTier if status.policy_tier else ():
            tier.add_metric([status.service.name, candidate.value], float(candidate is status.policy_tier))
    yield tier


def _objective_metrics(report: FleetReport) -> Iterator[Metric]:
    objectives = [objective for status in report.fleet.services for objective in status.objectives]
    remaining = GaugeMetricFamily(
        "reliability_error_budget_remaining_ratio",
        "Share of the error budget left, signed",
        labels=_OBJECTIVE,
    )
    coverage = GaugeMetricFamily(
        "reliability_coverage_ratio", "Measured share of the buckets of the window", labels=_OBJECTIVE
    )
    watermark = GaugeMetricFamily(
        "reliability_watermark_timestamp_seconds", "End of the newest measured bucket", labels=_OBJECTIVE
    )
    burn = GaugeMetricFamily(
        "reliability_burn_rate", "Error ratio over what the target allows", labels=[*_OBJECTIVE, "window"]
    )
    alerts = GaugeMetricFamily(
        "reliability_burn_alerts", "Burn rate alerts that fire", labels=[*_OBJECTIVE, "severity"]
    )
    for status in objectives:
        labels = [status.objective.service, status.objective.indicator]
        coverage.add_metric(labels, float(status.coverage))
        if status.remaining is not None:
            remaining.add_metric(labels, float(status.remaining))
        if status.watermark is not None:
            watermark.add_metric(labels, status.watermark.timestamp())
        for window, rate in status.burns.items():
            burn.add_metric([*labels, format_duration(window)], float(rate))
        for severity, count in _alert_counts(status):
            alerts.add_metric([*labels, severity], count)
    yield from (remaining, coverage, watermark, burn, alerts)


def _alert_counts(status: ObjectiveStatus) -> Iterable[tuple[str, float]]:
    fired = [alert.rule.severity.value for alert in status.alerts]
    return [(severity, float(fired.count(severity))) for severity in ("page", "ticket")]


def _source_metrics(report: FleetReport) -> Iterator[Metric]:
    fresh = report.freshness
    yield GaugeMetricFamily(
        "reliability_data_stale",
        "Whether the newest data is older than the policy trusts",
        value=float(fresh.stale),
    )
    yield GaugeMetricFamily(
        "reliability_sync_problems", "Problems that the last sync found", value=float(len(fresh.problems))
    )
    runs = GaugeMetricFamily(
        "reliability_sync_runs", "Kept syncs by how they ended (the newest ten thousand)", labels=["outcome"]
    )
    for outcome, count in fresh.runs.items():
        runs.add_metric([outcome.value], count)
    yield runs
    if fresh.last_run is not None:
        yield GaugeMetricFamily(
            "reliability_last_sync_timestamp_seconds",
            "When the last sync ended",
            value=fresh.last_run.finished_at.timestamp(),
        )
        yield GaugeMetricFamily(
            "reliability_last_sync_ok",
            "Whether the last sync ended well",
            value=float(fresh.last_run.outcome == "ok"),
        )
