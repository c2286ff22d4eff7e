"""The policy: how budgets are judged and what each policy tier allows (FRAMEWORK, Error budget policy)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from dashboard.domain.objective_status import BudgetRules
from dashboard.domain.policy_tier import PolicyTier, TierRule


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnLimit:
    """A release waits until the burn rate over `window` is below `below` (FRAMEWORK, Burn rate)."""

    window: timedelta
    below: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Everything of `policy.yaml`, validated. `timezone` is where people read times."""

    timezone: ZoneInfo
    burn_gate: tuple[BurnLimit, ...]
    budget: BudgetRules
    tiers: Mapping[PolicyTier, TierRule]
