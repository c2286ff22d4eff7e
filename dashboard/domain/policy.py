"""The policy: how budgets are judged and what each policy tier allows (FRAMEWORK, Error budget policy)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from dashboard.domain.gate_rules import GateRules
from dashboard.domain.incident_phases import PhaseTargets
from dashboard.domain.incidents import Severity
from dashboard.domain.objective_status import BudgetRules
from dashboard.domain.policy_tier import PolicyTier, TierRule


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnLimit:
    """A release waits until the burn rate over `window` is below `below` (FRAMEWORK, Burn rate).

    From `warn_from` on it is told of; None is never.
    """

    window: timedelta
    below: Fraction
    warn_from: Fraction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryTargets:
    """What delivery should reach (FRAMEWORK, Pipeline targets).

    Lead time and recovery are below, the failure rate (a share) is below, deployments a day are at least.
    """

    lead_time: timedelta
    deployments_per_day: Fraction
    change_failure_rate: Fraction
    recovery: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRules:
    """How deployments are judged.

    Those to `environment` count. An incident may be attributed to one that finished at most
    `attribution_window` before it began, and until that has passed no deployment is judged. Bad events of
    the `bake_time` after it finished, and of its canary, are the deployment's own.
    """

    environment: str
    attribution_window: timedelta
    bake_time: timedelta
    targets: DeliveryTargets


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRules:
    """How incidents are judged.

    One that spent more than `large_budget_share` of an error budget is named; those of the severities
    `postmortem_for` need a postmortem within `postmortem_within` of their end.
    """

    targets: PhaseTargets
    large_budget_share: Fraction
    postmortem_within: timedelta
    postmortem_for: frozenset[Severity]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorLimits:
    """Above which shares of requests that fail errors are high, and critical (FRAMEWORK, Key metrics)."""

    warning: Fraction
    critical: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Everything of `policy.yaml`, validated. `timezone` is where people read times.

    `burn_gate` is the fast limit, then the slow one.
    """

    timezone: ZoneInfo
    burn_gate: tuple[BurnLimit, ...]
    budget: BudgetRules
    tiers: Mapping[PolicyTier, TierRule]
    delivery: DeliveryRules
    incidents: IncidentRules
    gate: GateRules
    canary_errors: ErrorLimits
