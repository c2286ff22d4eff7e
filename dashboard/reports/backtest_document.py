"""What `reliability policy backtest --json` says: nothing is rounded, what is unknown is null."""

from fractions import Fraction
from typing import Any

from dashboard.domain.event_counts import to_events
from dashboard.domain.intervals import wilson
from dashboard.domain.policy_backtest import Share, Tally
from dashboard.reports.ledgers import Cost
from dashboard.reports.past_judgement import Judgement
from dashboard.reports.policy_backtest import Backtested, BacktestReport, Changed, Rules
from dashboard.reports.recovery_document import proportion
from dashboard.reports.status_document import iso_time


def backtest_document(
    report: BacktestReport, baseline: Rules, other: Rules, services: tuple[str, ...]
) -> dict[str, Any]:
    """`report` as one JSON document, its deployments newest first."""
    return {
        "from": iso_time(report.period.start),
        "to": iso_time(report.period.end),
        "environment": report.environment,
        "services": list(services) or None,
        "deployments": len(report.rows),
        "baseline": {"policy_version": baseline.gate.version, **_tally(report.baseline)},
        "other": {"policy_version": other.gate.version, **_tally(report.other)},
        "newly_blocked": _changed(report.newly_blocked),
        "let_through": _changed(report.let_through),
        "not_known": {
            "pipeline_evidence": report.without_evidence,
            "change_type": report.unknown_changes,
            "change_type_but_a_rollback_by_its_artefact": report.inferred_rollbacks,
            "service_level": report.unknown_levels,
        },
        "rows": [_row(row) for row in report.rows],
    }


def _tally(found: Tally) -> dict[str, Any]:
    return {
        "blocked": _share(found.all),
        "went_bad": _share(found.bad),
        "went_well": _share(found.good),
        "not_judged": _share(found.unjudged),
        "for_want_of_an_approval_only": found.wanting_approval_only,
    }


def _share(found: Share) -> dict[str, Any]:
    """How many of how many were blocked, as k of n with the 95 % interval of the share."""
    return {"k": found.blocked, "n": found.of, **(proportion(wilson(found.blocked, found.of)) or {})}


def _changed(found: Changed) -> dict[str, Any]:
    return {
        "deployments": len(found.rows),
        "went_bad": found.bad,
        "went_well": found.good,
        "budgets_spent": float(found.spent),
        "of_unknown_cost": found.unpriced,
        "incidents": list(found.incidents),
        "ids": ["/".join(row.row.release.deployment.key) for row in found.rows],
    }


def _row(row: Backtested) -> dict[str, Any]:
    release, deployment = row.row.release, row.row.release.deployment
    return {
        "id": deployment.id,
        "service": deployment.service,
        "version": deployment.version,
        "started_at": iso_time(deployment.began_at),
        "change_type": row.change,
        "decision_id": row.decision,
        "baseline": _judgement(row.baseline),
        "other": _judgement(row.other),
        "changes": row.changes,
        "ending": row.ending.value,
        "failures": sorted(failure.value for failure in release.failures),
        "incidents": list(release.incidents),
        "budget_spent": _number(row.spent),
        "costs": [
            *(_cost(cost, None) for cost in row.row.costs),
            *(_cost(cost, name) for name, costs in row.row.incident_costs.items() for cost in costs),
        ],
    }


def _judgement(found: Judgement) -> dict[str, Any]:
    verdict, level = found.verdict, found.level
    return {
        "blocks": verdict.blocks,
        "blocked_by": list(verdict.blocked_by),
        "not_known": list(verdict.not_known),
        "lifted_by_exceptions": list(verdict.lifted),
        "policy_tier": None if level.policy_tier is None else level.policy_tier.value,
        "error_budget_remaining": _number(level.remaining),
        "fast_burn_rate": _number(level.fast_burn),
        "slow_burn_rate": _number(level.slow_burn),
    }


def _cost(cost: Cost, incident: str | None) -> dict[str, Any]:
    return {
        "objective": cost.objective.key,
        "incident": incident,
        "bad": to_events(cost.bad),
        "share_of_budget": _number(cost.share_of_budget),
        "full_outage_seconds": None if cost.full_outage is None else cost.full_outage.total_seconds(),
    }


def _number(value: Fraction | None) -> float | None:
    return None if value is None else float(value)
