"""What `reliability dora --json` and the API say of delivery: nothing is rounded, what is unknown is null."""

from typing import Any

from dashboard.domain.delivery import DeliveryMeasures, DurationMeasure
from dashboard.domain.intervals import exact_proportion
from dashboard.domain.periods import Period
from dashboard.reports.history import History, known_since
from dashboard.reports.incident_measures import Selection
from dashboard.reports.recovery_document import interval, proportion, summary
from dashboard.reports.status_document import iso_time


def delivery_document(
    measures: DeliveryMeasures, history: History, period: Period, environment: str, chosen: Selection
) -> dict[str, Any]:
    """`measures` of `period` as one JSON document; durations are in seconds, the frequency is per day."""
    return {
        "as_of": iso_time(history.as_of),
        "from": iso_time(period.start),
        "to": iso_time(period.end),
        "environment": environment,
        "known_since": iso_time(known_since(history)),
        "services": list(chosen.services) or None,
        "deployments": measures.deployments,
        "reached_users": measures.reached_users,
        "failed": measures.failed,
        "pending": measures.pending,
        "pending_failed": measures.pending_failed,
        "unknown_result": measures.unknown_result,
        "failed_by_time_alone": measures.failed_by_time_alone,
        "change_failure_rate": _failure_rate(measures),
        "failed_deployment_recovery_time": _duration(measures.recovery),
        "time_to_next_good_deployment": _duration(measures.to_next_good),
        "lead_time": _duration(measures.lead_time)
        | {"deployments_without_commits": measures.without_commits},
        "deployment_frequency": None
        if measures.frequency is None
        else {
            **(interval(measures.frequency) or {}),
            "days": measures.days,
            "days_without": measures.days_without,
        },
        "rework_rate": proportion(measures.rework_rate),
        "unmapped": {
            "services": dict(history.unmapped.deployments),
            "environments": dict(history.unmapped.environments),
        },
    }


def _failure_rate(measures: DeliveryMeasures) -> dict[str, Any] | None:
    rate = proportion(measures.change_failure_rate)
    exact = None if rate is None else exact_proportion(int(rate["k"]), int(rate["n"]))
    if rate is None or exact is None:
        return None
    return {**rate, "exact": {"low": exact.low, "high": exact.high}}


def _duration(found: DurationMeasure) -> dict[str, Any]:
    return {
        "n": found.summary.n,
        "open": found.open,
        "undetermined": found.undetermined,
        "excluded": found.excluded,
        **summary(found.summary),
        "attainment": proportion(found.attainment),
    }
