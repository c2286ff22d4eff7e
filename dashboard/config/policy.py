"""`policy.yaml`: what is allowed."""

from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import yaml
from pydantic import BeforeValidator, Field

from dashboard.config.fields import Duration, Exact, Share, StrictModel, choice, time_zone
from dashboard.config.policy_checks import check_policy
from dashboard.config.release_gate import (
    Name,
    ReleaseGateSection,
    StrategiesSection,
    each_once,
    gate_rules,
    on_grid,
)
from dashboard.config.yaml_document import load_document, parts
from dashboard.domain import policy as rules
from dashboard.domain.burn_rate import AlertRule, AlertSeverity
from dashboard.domain.incident_phases import Phase
from dashboard.domain.incidents import Severity
from dashboard.domain.objective_status import BudgetRules
from dashboard.domain.policy_tier import ChangeType, Condition, PolicyTier, TierBands, TierRule
from dashboard.domain.slo import ServiceTier
from dashboard.paths import DEFAULT_POLICY


class _ErrorBudget(StrictModel):
    cautious_at: Share
    protected_below: Share
    exhausted_at: Exact
    minimum_coverage: Share
    minimum_events: Annotated[int, Field(ge=0)]
    stale_after: Duration


class _Alert(StrictModel):
    severity: Annotated[AlertSeverity, choice(AlertSeverity)]
    long: Duration
    short: Duration
    budget_share: Share


_Limit = Annotated[Fraction, BeforeValidator(on_grid)]


class _BurnLimit(StrictModel):
    window: Duration
    below: _Limit
    warn_from: _Limit | None = None


class _BurnRate(StrictModel):
    windows: list[Duration]
    pace_window: Duration
    minimum_coverage: Share
    alerts: list[_Alert]
    gate: Annotated[list[_BurnLimit], Field(min_length=2, max_length=2)]


class _Condition(StrictModel):
    text: str
    service_tiers: list[Annotated[int, Field(ge=1, le=3)]] = Field(default_factory=lambda: [1, 2, 3])
    unless_burning: bool = False


def _condition(value: Any) -> Any:
    """A condition is a sentence that always holds, or one with what it depends on."""
    return {"text": value} if isinstance(value, str) else value


class _Tier(StrictModel):
    allowed: list[Annotated[ChangeType, choice(ChangeType)]]
    approvers: Annotated[list[Name], BeforeValidator(each_once)] = Field(default_factory=list)
    notify: list[str] = Field(default_factory=list)
    conditions: list[Annotated[_Condition, BeforeValidator(_condition)]] = Field(default_factory=list)
    pause_factor: Annotated[int, Field(ge=1, le=10)] = 1
    careful: bool = False


class _Tiers(StrictModel):
    normal: _Tier
    cautious: _Tier
    protected: _Tier
    exhausted: _Tier
    unknown: _Tier


class _DeliveryTargets(StrictModel):
    lead_time: Duration
    deployments_per_day: Exact
    change_failure_rate: Share
    recovery: Duration


class _Delivery(StrictModel):
    environment: Annotated[str, Field(min_length=1)]
    attribution_window: Duration
    bake_time: Duration
    targets: _DeliveryTargets


class _PhaseTargets(StrictModel):
    detect: Duration
    triage: Duration
    mitigate: Duration
    recover: Duration
    total: Duration


class _SeverityTargets(StrictModel):
    P1: _PhaseTargets
    P2: _PhaseTargets
    P3: _PhaseTargets


class _Incidents(StrictModel):
    targets: _SeverityTargets
    large_budget_share: Share
    postmortem_within: Duration
    postmortem_for: list[Annotated[Severity, choice(Severity)]]


class _ErrorRatio(StrictModel):
    warning: Share
    critical: Share


class _KeyMetrics(StrictModel):
    error_ratio: _ErrorRatio


class _Policy(StrictModel):
    timezone: Annotated[ZoneInfo, BeforeValidator(time_zone)]
    error_budget: _ErrorBudget
    burn_rate: _BurnRate
    tiers: _Tiers
    delivery: _Delivery
    incidents: _Incidents
    key_metrics: _KeyMetrics
    release_gate: ReleaseGateSection
    strategies: StrategiesSection


_EDGES = {"cautious_at", "protected_below", "exhausted_at", "minimum_coverage"}


def load_policy(path: Path) -> rules.Policy:
    """The policy at `path`; a section that the file leaves out is the shipped default.

    Raises:
        ConfigurationError: names the file and every fault in it.
    """
    document = load_document(path, _Policy, check_policy, complete=_complete)
    budget, burn = document.error_budget, document.burn_rate
    return rules.Policy(
        timezone=document.timezone,
        burn_gate=tuple(_burn_limit(limit) for limit in burn.gate),
        budget=BudgetRules(
            bands=TierBands(
                cautious_at=budget.cautious_at,
                protected_below=budget.protected_below,
                exhausted_at=budget.exhausted_at,
            ),
            minimum_coverage=budget.minimum_coverage,
            minimum_events=budget.minimum_events,
            stale_after=budget.stale_after,
            burn_windows=tuple(dict.fromkeys(burn.windows)),
            minimum_burn_coverage=burn.minimum_coverage,
            pace_window=burn.pace_window,
            alert_rules=tuple(_alert_rule(alert) for alert in burn.alerts),
        ),
        tiers={tier: _tier_rule(_written(document, tier)) for tier in PolicyTier},
        delivery=_delivery_rules(document.delivery),
        incidents=_incident_rules(document.incidents),
        canary_errors=rules.ErrorLimits(
            warning=document.key_metrics.error_ratio.warning,
            critical=document.key_metrics.error_ratio.critical,
        ),
        gate=gate_rules(
            document.release_gate,
            document.strategies,
            careful_in=frozenset(tier for tier in PolicyTier if _written(document, tier).careful),
            pause_factors={tier: _written(document, tier).pause_factor for tier in PolicyTier},
        ),
    )


def _written(document: _Policy, tier: PolicyTier) -> _Tier:
    found: _Tier = getattr(document.tiers, tier.value)
    return found


def _burn_limit(limit: _BurnLimit) -> rules.BurnLimit:
    return rules.BurnLimit(window=limit.window, below=limit.below, warn_from=limit.warn_from)


def _delivery_rules(written: _Delivery) -> rules.DeliveryRules:
    targets = written.targets
    return rules.DeliveryRules(
        environment=written.environment,
        attribution_window=written.attribution_window,
        bake_time=written.bake_time,
        targets=rules.DeliveryTargets(
            lead_time=targets.lead_time,
            deployments_per_day=targets.deployments_per_day,
            change_failure_rate=targets.change_failure_rate,
            recovery=targets.recovery,
        ),
    )


def _incident_rules(written: _Incidents) -> rules.IncidentRules:
    return rules.IncidentRules(
        targets={
            severity: {
                phase: getattr(getattr(written.targets, severity.value), phase.value) for phase in Phase
            }
            for severity in Severity
        },
        large_budget_share=written.large_budget_share,
        postmortem_within=written.postmortem_within,
        postmortem_for=frozenset(written.postmortem_for),
    )


def _complete(document: dict[str, Any]) -> dict[str, Any]:
    """`document` with what it leaves out, at any depth, taken from the shipped policy; a list is whole.

    Only the edges of the bands belong together: who writes one of them writes all.
    """
    shipped: dict[str, Any] = _text_keys(yaml.safe_load(DEFAULT_POLICY.read_text(encoding="utf-8")))
    if isinstance(document.get("error_budget"), dict):
        shipped["error_budget"] = {
            key: value for key, value in shipped["error_budget"].items() if key not in _EDGES
        }
    merged = _merged(shipped, document)
    protected, unknown = parts(merged, "tiers", "protected"), parts(merged, "tiers", "unknown")
    for key in ("allowed", "approvers"):
        if key not in parts(document, "tiers", "unknown") and key in protected:
            unknown[key] = protected[key]  # what cannot be known is treated as protected
    return merged


def _text_keys(value: Any) -> Any:
    """`value` with every key as text, as `load_document` reads them."""
    if isinstance(value, dict):
        return {str(key): _text_keys(item) for key, item in value.items()}
    return value


def _merged(shipped: dict[str, Any], written: dict[str, Any]) -> dict[str, Any]:
    merged = shipped | written
    for key, value in written.items():
        spare = shipped.get(key)
        if isinstance(value, dict) and isinstance(spare, dict):
            merged[key] = _merged(spare, value)
    return merged


def _alert_rule(alert: _Alert) -> AlertRule:
    return AlertRule(
        severity=alert.severity, long=alert.long, short=alert.short, budget_share=alert.budget_share
    )


def _tier_rule(tier: _Tier) -> TierRule:
    return TierRule(
        # A rollback is the way back to safety: no policy file can forbid it (FRAMEWORK, Decided).
        allowed=frozenset(tier.allowed) | {ChangeType.ROLLBACK},
        approvers=tuple(tier.approvers),
        notify=tuple(tier.notify),
        conditions=tuple(
            Condition(
                text=item.text,
                service_tiers=frozenset(map(ServiceTier, item.service_tiers)),
                unless_burning=item.unless_burning,
            )
            for item in tier.conditions
        ),
    )
