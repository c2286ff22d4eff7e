"""May this service ship now: what its policy tier allows, who must approve, why, and until when."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dashboard.domain.policy import Policy
from dashboard.domain.policy_tier import ChangeType, TierRule
from dashboard.domain.service_status import ServiceStatus
from dashboard.domain.slo import Catalogue
from dashboard.reports.fleet import read_statuses, required_service
from dashboard.reports.freshness import Freshness, freshness
from dashboard.store.database import open_for_reading


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployPolicyReport:
    """What the error budget allows one service now.

    `rule` is None for a service without an objective: its error budget asks for nothing. `allowed` and
    `denied` hold every change type, in the order of `ChangeType`.
    """

    status: ServiceStatus
    rule: TierRule | None
    allowed: tuple[ChangeType, ...]
    denied: tuple[ChangeType, ...]
    freshness: Freshness


def deploy_policy_report(
    store: Path, catalogue: Catalogue, policy: Policy, name: str, now: datetime
) -> DeployPolicyReport:
    """The deploy policy of the service `name` at `now`.

    Raises:
        InputError: the catalogue has no such service.
        StoreError: the store is missing or cannot be read.
    """
    service = required_service(catalogue, name)
    with open_for_reading(store) as connection:
        (status,) = read_statuses(connection, [service], policy, now)
        fresh = freshness(connection, policy.budget, now)
    rule = None if status.policy_tier is None else policy.tiers[status.policy_tier]
    allowed = tuple(change for change in ChangeType if rule is None or change in rule.allowed)
    return DeployPolicyReport(
        status=status,
        rule=rule,
        allowed=allowed,
        denied=tuple(change for change in ChangeType if change not in allowed),
        freshness=fresh,
    )
