"""The thresholds of a policy of which people try other values, and the policy with these."""

from dataclasses import dataclass, replace
from datetime import time
from fractions import Fraction

from dashboard.domain.gate_rules import Weekday, WindowRule
from dashboard.domain.policy import Policy
from dashboard.domain.slo import ServiceTier

#: Every hour of every day, for services of every tier.
ALWAYS_OPEN = (
    WindowRule(days=frozenset(Weekday), start=time(), end=None, service_tiers=frozenset(ServiceTier)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """What is tried: shares of the error budget, burn rates, a number of rollbacks, and the window.

    `budget_floor` is by service tier, 1 first. One that `is_always_open` has no deployment window.
    """

    budget_floor: tuple[Fraction, Fraction, Fraction]
    cautious_at: Fraction
    protected_below: Fraction
    fast_below: Fraction
    slow_below: Fraction
    rollbacks_deny_from: int
    is_always_open: bool


def thresholds_of(policy: Policy) -> Thresholds:
    """Those of `policy`."""
    gate, bands = policy.gate, policy.budget.bands
    fast, slow = policy.burn_gate
    first, second, third = (gate.budget_floor[tier] for tier in ServiceTier)
    return Thresholds(
        budget_floor=(first, second, third),
        cautious_at=bands.cautious_at,
        protected_below=bands.protected_below,
        fast_below=fast.below,
        slow_below=slow.below,
        rollbacks_deny_from=gate.rollbacks_deny_from,
        is_always_open=gate.windows == ALWAYS_OPEN,
    )


def with_thresholds(policy: Policy, tried: Thresholds) -> Policy:
    """`policy` with the thresholds `tried`; everything else stays as it is.

    Raises:
        ValueError: the edges of the policy tiers do not rise.
    """
    bands = replace(policy.budget.bands, cautious_at=tried.cautious_at, protected_below=tried.protected_below)
    if not bands.exhausted_at < bands.protected_below <= bands.cautious_at < 1:
        raise ValueError(
            f"found protected below {float(bands.protected_below):g} and cautious at"
            f" {float(bands.cautious_at):g} of the budget, expected them to rise from"
            f" {float(bands.exhausted_at):g} and to stay below 1"
        )
    fast, slow = policy.burn_gate
    deny = tried.rollbacks_deny_from
    return replace(
        policy,
        budget=replace(policy.budget, bands=bands),
        burn_gate=(replace(fast, below=tried.fast_below), replace(slow, below=tried.slow_below)),
        gate=replace(
            policy.gate,
            budget_floor=dict(zip(ServiceTier, tried.budget_floor, strict=True)),
            rollbacks_deny_from=deny,
            rollbacks_warn_from=min(policy.gate.rollbacks_warn_from, deny),
            windows=ALWAYS_OPEN if tried.is_always_open else policy.gate.windows,
        ),
    )
