"""What the objectives of a service, and the services of a fleet, add up to: the worst decides."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from dashboard.domain import tier_forecast
from dashboard.domain.objective_status import ObjectiveStatus
from dashboard.domain.policy_tier import PolicyTier, TierBands, worst
from dashboard.domain.slo import Objective, Service
from dashboard.domain.tier_forecast import FloorChange, TierChange


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStatus:
    """The state of one service: the worst over its objectives, and why.

    `policy_tier` is None for a service without objectives (best effort); `decided_by` is the objective
    that the tier comes from. `floor_change` is when the release gate's floor of the budget is met again or no
    longer, None where no change is in sight.
    """

    service: Service
    policy_tier: PolicyTier | None
    reason: str
    decided_by: Objective | None
    tier_changes: tuple[TierChange, ...]
    objectives: tuple[ObjectiveStatus, ...]
    floor_change: FloorChange | None = None

    @property
    def is_alerting(self) -> bool:
        """Whether a burn-rate alert fires for any objective."""
        return any(objective.alerts for objective in self.objectives)

    def highest_burn(self, window: timedelta) -> Fraction | None:
        """The highest burn rate over `window` of any objective; None when one of them is unknown."""
        burns = [objective.burns.get(window) for objective in self.objectives]
        known = [burn for burn in burns if burn is not None]
        return max(known) if known and len(known) == len(burns) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetStatus:
    """All services, worst first, with the count of services in each policy tier."""

    as_of: datetime
    services: tuple[ServiceStatus, ...]
    best_effort: int
    counts: Mapping[PolicyTier, int]
    worst: PolicyTier | None


def service_status(
    service: Service,
    objectives: tuple[ObjectiveStatus, ...],
    bands: TierBands,
    floor: Fraction | None = None,
) -> ServiceStatus:
    """The worst over the objectives of `service`; of equal tiers, the one with the least budget decides.

    `floor` is the one that the objectives were asked about.
    """
    tier = worst([status.policy_tier for status in objectives])
    if tier is None:
        return ServiceStatus(
            service=service,
            policy_tier=None,
            reason="best effort: no objective is set for this service",
            decided_by=None,
            tier_changes=(),
            objectives=(),
        )
    deciding = min(
        (status for status in objectives if status.policy_tier is tier),
        key=lambda status: Fraction(0) if status.remaining is None else status.remaining,
    )
    changes: tuple[TierChange, ...] = ()
    is_known = all(status.state.is_known for status in objectives)
    if is_known and any(status.better or status.worse for status in objectives):
        changes = tier_forecast.tier_changes(
            tier,
            [dict(status.better) for status in objectives],
            [dict(status.worse) for status in objectives],
        )
    return ServiceStatus(
        service=service,
        policy_tier=tier,
        reason=_reason(deciding, bands),
        decided_by=deciding.objective,
        tier_changes=changes,
        objectives=objectives,
        floor_change=tier_forecast.floor_change(
            floor,
            [status.floor_at for status in objectives],
            [status.below_floor_at for status in objectives],
        )
        if is_known and floor is not None
        else None,
    )


def fleet_status(services: "list[ServiceStatus]", as_of: datetime) -> FleetStatus:
    """The fleet, worst first: by policy tier, then firing alerts, then the least budget, then by name."""
    counted = Counter(status.policy_tier for status in services if status.policy_tier)
    return FleetStatus(
        as_of=as_of,
        services=tuple(sorted(services, key=_worst_first)),
        best_effort=sum(status.policy_tier is None for status in services),
        counts={tier: counted.get(tier, 0) for tier in PolicyTier},
        worst=worst(list(counted)),
    )


def least_remaining(status: ServiceStatus) -> Fraction | None:
    """The least budget remaining over the objectives whose budget is known."""
    known = [objective.remaining for objective in status.objectives if objective.remaining is not None]
    return min(known, default=None)


def _worst_first(status: ServiceStatus) -> tuple[int, int, Fraction, str]:
    severity = -1 if status.policy_tier is None else status.policy_tier.severity
    alerts = sum(len(objective.alerts) for objective in status.objectives)
    least = least_remaining(status)
    return (-severity, -alerts, Fraction(2) if least is None else least, status.service.name)


def _reason(deciding: ObjectiveStatus, bands: TierBands) -> str:
    """Why the service is in its tier, told by the edge it passed: that is exact, so nothing is rounded."""
    tier, indicator = deciding.policy_tier, deciding.objective.indicator
    if tier is PolicyTier.UNKNOWN:
        return f"{indicator}: {deciding.reason}"
    cautious, protected = _percent(bands.cautious_at), _percent(bands.protected_below)
    text = {
        PolicyTier.NORMAL: f"every objective has more than {cautious} of its error budget left",
        PolicyTier.CAUTIOUS: f"{indicator}: {cautious} or less of the error budget is left",
        PolicyTier.PROTECTED: f"{indicator}: less than {protected} of the error budget is left",
        PolicyTier.EXHAUSTED: f"{indicator}: the error budget is spent",
    }[tier]
    return f"{text}; {deciding.reason}" if deciding.reason else text


def _percent(edge: Fraction) -> str:
    return f"{float(edge * 100):g} %"
