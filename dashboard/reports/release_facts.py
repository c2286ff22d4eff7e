"""What the store knows of a service that a release decision rests on: budget, burn, incidents, rollbacks."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from dashboard.domain.deployments import DeploymentState
from dashboard.domain.gate_rules import GateRules
from dashboard.domain.incidents import Severity
from dashboard.domain.policy import Policy
from dashboard.domain.policy_tier import ChangeType
from dashboard.domain.service_status import ServiceStatus
from dashboard.domain.slo import Service
from dashboard.reports.fleet import read_statuses
from dashboard.reports.history import History

BEST_EFFORT = "best_effort"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseFacts:
    """A service as the store knows it at `as_of`.

    `policy_tier` is that of its error budget, or "best_effort". `remaining` is the least budget over its
    objectives, the burn rates the highest; None where one of them is unknown. `incidents` counts the open
    ones by severity; one of a severity that nobody mapped counts as P2 (`unclear`). `elsewhere` counts open
    incidents that name no service of the catalogue. `rollbacks` are when the recent ones began, oldest first.
    `told` says whether any deployment was ever reported, `told_incidents` whether any incident was.
    `versions` are those that were deployed before, to this environment.
    """

    as_of: datetime
    status: ServiceStatus
    policy_tier: str
    remaining: Fraction | None
    fast_burn: Fraction | None
    slow_burn: Fraction | None
    incidents: Mapping[Severity, int]
    unclear: int
    elsewhere: int
    rollbacks: tuple[datetime, ...]
    told: bool
    told_incidents: bool = True
    versions: frozenset[str] = frozenset()

    @property
    def watermark(self) -> datetime | None:
        """The end of the oldest of its objectives' newest buckets; None without one."""
        marks = [objective.watermark for objective in self.status.objectives]
        known = [mark for mark in marks if mark is not None]
        return min(known) if known and len(known) == len(marks) else None


def release_facts(
    connection: sqlite3.Connection, service: Service, environment: str, policy: Policy, history: History
) -> ReleaseFacts:
    """What is known of `service` for a release to `environment`, at the instant of `history`."""
    (status,) = read_statuses(connection, [service], policy, history.as_of)
    return facts_of(status, environment, policy, history)


def facts_of(status: ServiceStatus, environment: str, policy: Policy, history: History) -> ReleaseFacts:
    """As `release_facts`, of a status that was read before."""
    service, now = status.service.name, history.as_of
    open_now = [item for item in history.incidents if _is_open(item.resolved_at, now)]
    mine = [item for item in open_now if service in item.services]
    unclear = sum(item.severity is None for item in mine)
    counts = {severity: sum(item.severity is severity for item in mine) for severity in Severity}
    counts[Severity.P2] += unclear
    fast, slow = (status.highest_burn(limit.window) for limit in policy.burn_gate)
    return ReleaseFacts(
        as_of=now,
        status=status,
        policy_tier=BEST_EFFORT if status.policy_tier is None else status.policy_tier.value,
        remaining=_remaining(status),
        fast_burn=fast,
        slow_burn=slow,
        incidents=counts,
        unclear=unclear,
        elsewhere=sum(not item.services for item in open_now),
        rollbacks=recent_rollbacks(history, service, environment, policy.gate, now),
        told=bool(history.releases or history.others),
        told_incidents=bool(history.incidents),
        versions=_versions(history, service, environment),
    )


def _versions(history: History, service: str, environment: str) -> frozenset[str]:
    """The versions of `service` that were deployed to `environment` before."""
    deployed = [release.deployment for release in history.releases_by_service.get(service, ())]
    deployed += [item for item in history.others if item.service == service]
    return frozenset(
        item.version
        for item in deployed
        if item.environment == environment and item.version and item.is_finished
    )


def recent_rollbacks(
    history: History, service: str, environment: str, rules: GateRules, now: datetime
) -> tuple[datetime, ...]:
    """When the rollbacks of `service` in `environment` began that still count at `now`, oldest first."""
    mine = history.releases_by_service.get(service, ())
    began = [
        release.deployment.began_at
        for release in mine
        if release.rollback is not None and release.deployment.environment == environment
    ]
    # Undone by its own source, without a deployment that did it.
    began += [
        undone
        for release in mine
        if release.deployment.state is DeploymentState.ROLLED_BACK
        and release.taken_away_by is None
        and release.deployment.environment == environment
        and (undone := release.deployment.rolled_back_at or release.deployment.finished_at) is not None
    ]
    began += [
        item.began_at
        for item in history.others
        if (item.service, item.environment) == (service, environment)
        and (item.change_type is ChangeType.ROLLBACK or item.state is DeploymentState.ROLLED_BACK)
    ]
    return tuple(sorted(at for at in began if now - rules.rollbacks_within < at <= now))


def counts_until(rollbacks: tuple[datetime, ...], rules: GateRules) -> datetime | None:
    """When so many of `rollbacks` are old enough that the gate no longer denies; None where it does not."""
    too_many = len(rollbacks) - rules.rollbacks_deny_from
    return None if too_many < 0 else rollbacks[too_many] + rules.rollbacks_within


def _remaining(status: ServiceStatus) -> Fraction | None:
    known = [objective.remaining for objective in status.objectives]
    least = [share for share in known if share is not None]
    return min(least) if least and len(least) == len(known) else None


def _is_open(resolved: datetime | None, now: datetime) -> bool:
    return resolved is None or resolved > now
