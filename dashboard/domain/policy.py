"""The policy: how budgets are judged and what each policy tier allows (FRAMEWORK, Error budget policy)."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from dashboard.domain.objective_status import BudgetRules
from dashboard.domain.policy_tier import PolicyTier, TierRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Everything of `policy.yaml`, validated. `timezone` is where people read times."""

    timezone: ZoneInfo
    budget: BudgetRules
    tiers: Mapping[PolicyTier, TierRule]
