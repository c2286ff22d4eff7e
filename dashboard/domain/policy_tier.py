"""The policy tier: what the error budget allows now (FRAMEWORK, Error budget policy)."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from dashboard.domain.slo import ServiceTier


class ChangeType(StrEnum):
    """What kind of change a release carries."""

    FEATURE = "feature"
    BUGFIX = "bugfix"
    SECURITY = "security"
    CONFIG = "config"
    MIGRATION = "migration"
    ROLLBACK = "rollback"
    EMERGENCY = "emergency"


class PolicyTier(StrEnum):
    """The tiers, from the loosest to the strictest.

    `unknown` allows what `protected` allows; it ranks as stricter because it also asks for the reason
    why it is unknown, so that a known "protected" never hides an unknown objective.
    """

    NORMAL = "normal"
    CAUTIOUS = "cautious"
    PROTECTED = "protected"
    UNKNOWN = "unknown"
    EXHAUSTED = "exhausted"

    @property
    def severity(self) -> int:
        """Rank for sorting: 0 is the loosest."""
        return _SEVERITY[self]


_SEVERITY = {tier: rank for rank, tier in enumerate(PolicyTier)}

#: The tiers that a measured budget can be in, loosest first.
MEASURED_TIERS = (PolicyTier.NORMAL, PolicyTier.CAUTIOUS, PolicyTier.PROTECTED, PolicyTier.EXHAUSTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class TierBands:
    """The edges between tiers, as shares of the budget that remain.

    normal is above `cautious_at`; cautious reaches from `cautious_at` down to `protected_below`, both
    included; protected lies below that; exhausted is `exhausted_at` and below.
    """

    cautious_at: Fraction
    protected_below: Fraction
    exhausted_at: Fraction

    @property
    def edges(self) -> tuple[Fraction, ...]:
        """The shares at which the tier changes, from the loosest to the strictest."""
        return (self.cautious_at, self.protected_below, self.exhausted_at)

    def tier_of(self, remaining: Fraction) -> PolicyTier:
        """The tier of an exactly known remaining budget."""
        if remaining <= self.exhausted_at:
            return PolicyTier.EXHAUSTED
        if remaining < self.protected_below:
            return PolicyTier.PROTECTED
        if remaining <= self.cautious_at:
            return PolicyTier.CAUTIOUS
        return PolicyTier.NORMAL

    def entry_edge(self, tier: PolicyTier) -> Fraction:
        """The remaining share at which a falling budget enters `tier` (which is not `normal`)."""
        if tier is PolicyTier.CAUTIOUS:
            return self.cautious_at
        return self.protected_below if tier is PolicyTier.PROTECTED else self.exhausted_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Something that a release must keep to, or may do, in a policy tier.

    It is for services in one of `service_tiers`; one that is `unless_burning` does not hold while a
    burn-rate alert fires.
    """

    text: str
    service_tiers: frozenset[ServiceTier]
    unless_burning: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TierRule:
    """What one policy tier allows and asks for."""

    allowed: frozenset[ChangeType]
    approvers: tuple[str, ...]
    notify: tuple[str, ...]
    conditions: tuple[Condition, ...]

    def conditions_for(self, tier: ServiceTier, *, burning: bool = False) -> tuple[str, ...]:
        """The conditions that hold for a service of `tier`, with a burn-rate alert that fires or without."""
        return tuple(
            condition.text
            for condition in self.conditions
            if tier in condition.service_tiers and not (burning and condition.unless_burning)
        )

    def needs_approval(self, change: ChangeType) -> bool:
        """Whether `change` waits for the approvers; a rollback never does: it is the way back to safety."""
        return bool(self.approvers) and change is not ChangeType.ROLLBACK


def worst(tiers: "list[PolicyTier]") -> PolicyTier | None:
    """The strictest of `tiers`; None when there is none (best effort)."""
    return max(tiers, key=lambda tier: tier.severity, default=None)
