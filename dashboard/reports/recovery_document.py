"""What `reliability mttr --json` and the API say of incidents: nothing is rounded, unknown is null."""

from typing import Any

from dashboard.domain.durations_summary import Summary
from dashboard.domain.intervals import Interval, Proportion
from dashboard.domain.recovery import PeriodMean, PhaseStatistics, SeverityStatistics
from dashboard.domain.trend import Trend
from dashboard.reports.history import History, known_since
from dashboard.reports.incident_measures import RecoveryMeasures, Selection
from dashboard.reports.status_document import iso_time

_ALL, _NO_SEVERITY = "all", "unknown"


def recovery_document(measures: RecoveryMeasures, history: History, chosen: Selection) -> dict[str, Any]:
    """`measures` as one JSON document; durations are in seconds."""
    return {
        "as_of": iso_time(history.as_of),
        "from": iso_time(measures.period.start),
        "to": iso_time(measures.period.end),
        "known_since": iso_time(known_since(history)),
        "services": list(chosen.services) or None,
        "incidents": measures.incidents,
        "open": measures.open,
        "per_30_days": interval(measures.per_30_days),
        "severities": {
            _NO_SEVERITY if item.severity is None else item.severity.value: _severity(item)
            for item in measures.severities
            if not chosen.severities or item.severity in chosen.severities
        },
        "months": [_period(item) for item in measures.months],
        "quarters": [_period(item) for item in measures.quarters],
        "trend": {
            _ALL if severity is None else severity.value: _trend(trend)
            for severity, trend in measures.trend.items()
            if severity is None or not chosen.severities or severity in chosen.severities
        },
        "unmapped": {
            "services": dict(history.unmapped.incidents),
            "severities": dict(history.unmapped.severities),
        },
    }


def interval(found: Interval | None) -> dict[str, float] | None:
    """An estimate with its 95 % interval; null when there is too little to make one from."""
    return None if found is None else {"value": found.value, "low": found.low, "high": found.high}


def proportion(found: Proportion | None) -> dict[str, float] | None:
    """A share with its 95 % interval and what it is made from; null when nothing is judged."""
    if found is None:
        return None
    return {"value": found.value, "low": found.low, "high": found.high, "k": found.k, "n": found.n}


def summary(found: Summary) -> dict[str, Any]:
    """Durations in seconds; a percentile or interval that n is too small for is null."""
    return {
        "mean": None
        if found.mean is None
        else {
            "value": found.mean,
            "low": None if found.mean_interval is None else found.mean_interval.low,
            "high": None if found.mean_interval is None else found.mean_interval.high,
        },
        "median_seconds": found.median,
        "p75_seconds": found.p75,
        "p90_seconds": found.p90,
        "geometric_mean": interval(found.geometric_mean),
    }


def _severity(found: SeverityStatistics) -> dict[str, Any]:
    return {
        "incidents": found.incidents,
        "open": found.open,
        "per_30_days": interval(found.per_30_days),
        "phases": {phase.value: _phase(of) for phase, of in found.phases.items()},
    }


def _phase(found: PhaseStatistics) -> dict[str, Any]:
    survival = found.survival
    return {
        "n": found.n,
        "met": found.met,
        "missed": found.missed,
        "missed_open": found.missed_open,
        "undetermined": found.undetermined,
        "excluded": sum(found.excluded.values()),
        "excluded_by_reason": {reason.value: count for reason, count in found.excluded.items()},
        "without_acknowledgement": found.without_acknowledgement,
        "measured": found.summary.n,
        "open_seconds": sorted(found.open_for),
        **summary(found.summary),
        "median_with_open_seconds": None if survival is None else survival.median,
        "attainment": proportion(found.attainment),
    }


def _period(found: PeriodMean) -> dict[str, Any]:
    return {
        "name": found.period.name,
        "from": iso_time(found.period.start),
        "to": iso_time(found.period.end),
        "incidents": found.incidents,
        "open": found.open,
        "excluded": found.excluded,
        "n": found.summary.n,
        **summary(found.summary),
    }


def _trend(found: Trend) -> dict[str, Any]:
    return {
        "verdict": found.verdict.value,
        "n_before": found.n_before,
        "n_after": found.n_after,
        "open": found.open,
        "ratio": interval(found.ratio),
        "detectable_ratio": found.detectable,
    }
