"""The JSON document of `reliability status --json` and `GET /api/v1/status`: unrounded, unknown is null."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from dashboard.domain.burn_rate import BurnAlert, burn_rate_number
from dashboard.domain.durations import format_duration
from dashboard.domain.event_counts import to_events
from dashboard.domain.objective_status import BudgetRules, ObjectiveStatus
from dashboard.domain.policy import Policy
from dashboard.domain.policy_tier import ChangeType, PolicyTier
from dashboard.domain.service_status import ServiceStatus
from dashboard.domain.tier_forecast import TierChange
from dashboard.reports.fleet import FleetReport

Document = dict[str, Any]


def status_document(report: FleetReport, policy: Policy) -> Document:
    """The whole fleet, worst first."""
    fleet = report.fleet
    return {
        "as_of": iso_time(fleet.as_of),
        "demo": report.freshness.is_demo,
        "data": {
            "newest": iso_time(report.freshness.newest),
            "stale": report.freshness.stale,
            "problems": [
                {"subject": item.problem.subject, "kind": item.problem.kind, "message": item.problem.message}
                for item in report.freshness.problems
            ],
        },
        "fleet": {
            "worst": fleet.worst,
            "policy_tiers": {tier.value: count for tier, count in fleet.counts.items()},
            "best_effort": fleet.best_effort,
        },
        "services": [service_document(status, policy) for status in fleet.services],
    }


def service_document(status: ServiceStatus, policy: Policy) -> Document:
    """One service with its objectives and what its policy tier allows."""
    return {
        "service": status.service.name,
        "service_tier": int(status.service.tier),
        "policy_tier": status.policy_tier,
        "reason": status.reason,
        "decided_by": status.decided_by.key if status.decided_by else None,
        "tier_changes": [_change(change) for change in status.tier_changes],
        "deploy_policy": _deploy_policy(status, policy),
        "objectives": [_objective(objective, policy.budget) for objective in status.objectives],
    }


def _deploy_policy(status: ServiceStatus, policy: Policy) -> Document | None:
    """What the error budget allows and asks for; None for a service without one."""
    if status.policy_tier is None:
        return None
    rule = policy.tiers[status.policy_tier]
    return {
        "allowed": [change.value for change in ChangeType if change in rule.allowed],
        "denied": [change.value for change in ChangeType if change not in rule.allowed],
        "approvers": list(rule.approvers),
        "without_approval": [change.value for change in ChangeType if not rule.needs_approval(change)],
        "notify": list(rule.notify),
        "conditions": list(rule.conditions_for(status.service.tier, burning=status.is_alerting)),
    }


def _objective(status: ObjectiveStatus, rules: BudgetRules) -> Document:
    objective, counts = status.objective, status.counts
    windows = dict.fromkeys((*rules.burn_windows, objective.window))
    exhaustion = status.time_to_exhaustion
    return {
        "objective": objective.key,
        "indicator": objective.indicator,
        "target": float(objective.target),
        "window_seconds": int(objective.window.total_seconds()),
        "status": status.state,
        "reason": status.reason or None,
        "policy_tier": status.policy_tier,
        "good": None if counts is None else to_events(counts.good),
        "total": None if counts is None else to_events(counts.total),
        "bad": None if counts is None else to_events(counts.bad),
        "remaining": _number(status.remaining),
        "consumed": _number(status.consumed),
        "coverage": float(status.coverage),
        "flagged_buckets": status.flagged,
        "watermark": iso_time(status.watermark),
        "cost_of_one_failure": _number(status.cost_of_one_failure),
        "time_to_exhaustion_seconds": None if exhaustion is None else int(exhaustion.total_seconds()),
        "burn_rates": {format_duration(window): _burn(status, window) for window in windows},
        "alerts": [_alert(alert) for alert in status.alerts],
        "tiers_at": {"better": _times(status.better), "worse": _times(status.worse)},
    }


def _alert(alert: BurnAlert) -> Document:
    return {
        "severity": alert.rule.severity,
        "long_window": format_duration(alert.rule.long),
        "short_window": format_duration(alert.rule.short),
        "factor": float(alert.factor),
        "long_burn_rate": float(alert.long_burn),
        "short_burn_rate": float(alert.short_burn),
    }


def _change(change: TierChange) -> Document:
    return {"to": change.to, "at": iso_time(change.at), "assuming": change.assuming}


def _times(times: Mapping[PolicyTier, datetime]) -> dict[str, str | None]:
    return {tier.value: iso_time(at) for tier, at in times.items()}


def _number(value: Fraction | None) -> float | None:
    # What float() does, without its detour over abstract numbers.
    return None if value is None else value.numerator / value.denominator


def _burn(status: ObjectiveStatus, window: timedelta) -> float | None:
    counts = status.spans.get(window)
    return None if counts is None else burn_rate_number(counts, status.objective.allowed_error_ratio)


def iso_time(moment: datetime | None) -> str | None:
    """`moment` as ISO-8601 in UTC."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
