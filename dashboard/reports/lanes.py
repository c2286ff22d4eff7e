"""The timeline of a service: its deployments, its incidents, and the policy tiers that it was in."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from dashboard.domain.event_counts import BUCKET
from dashboard.domain.incidents import Incident
from dashboard.domain.periods import Period
from dashboard.domain.policy import Policy
from dashboard.domain.policy_tier import PolicyTier
from dashboard.domain.releases import Release
from dashboard.domain.slo import Service
from dashboard.reports.history import History
from dashboard.reports.past_tiers import past_tiers

#: How many steps the policy tier is followed in behind a timeline: about what its pixels show.
_TIER_STEPS = 180


@dataclass(frozen=True, slots=True, kw_only=True)
class TierSpan:
    """A stretch of time that a service spent in one policy tier."""

    start: datetime
    end: datetime
    tier: PolicyTier


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One service on the timeline: its deployments, its incidents, and its policy tier behind them."""

    service: str
    releases: tuple[Release, ...]
    incidents: tuple[Incident, ...]
    tiers: tuple[TierSpan, ...]


def lane(
    connection: sqlite3.Connection, service: Service, history: History, policy: Policy, period: Period
) -> Lane:
    """What happened to `service` in `period`, as far as it has passed."""
    return Lane(
        service=service.name,
        releases=tuple(
            release
            for release in history.releases_by_service.get(service.name, ())
            if period.holds(release.deployment.began_at)
        ),
        incidents=tuple(
            incident
            for incident in history.incidents_by_service.get(service.name, ())
            if incident.began_at is not None
            and incident.began_at < period.end
            and (incident.resolved_at is None or incident.resolved_at > period.start)
        ),
        tiers=_tier_spans(connection, service, policy, period.start, min(period.end, history.as_of)),
    )


def _tier_spans(
    connection: sqlite3.Connection, service: Service, policy: Policy, start: datetime, end: datetime
) -> tuple[TierSpan, ...]:
    if not service.objectives or end <= start:
        return ()
    step = max((end - start) // _TIER_STEPS, BUCKET)
    edges = [start + step * index for index in range(-(-(end - start) // step))]
    spans: list[TierSpan] = []
    for edge, tier in zip(edges, past_tiers(connection, service, policy.budget, edges), strict=True):
        until = min(edge + step, end)
        if tier is None:
            continue
        if spans and spans[-1].tier is tier and spans[-1].end == edge:
            spans[-1] = TierSpan(start=spans[-1].start, end=until, tier=tier)
        else:
            spans.append(TierSpan(start=edge, end=until, tier=tier))
    return tuple(spans)
