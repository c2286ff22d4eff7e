"""The timeline of a service: its deployments, its incidents, and the policy tiers that it was in."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dashboard.domain.event_counts import BUCKET
from dashboard.domain.incidents import Incident
from dashboard.domain.periods import Period
from dashboard.domain.policy import Policy
from dashboard.domain.policy_tier import PolicyTier
from dashboard.domain.releases import Release
from dashboard.domain.slo import Catalogue, Service
from dashboard.reports.history import History
from dashboard.reports.past_tiers import past_tiers
from dashboard.store.database import open_for_reading

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
    """One service on the timeline: its deployments, its incidents, and its policy tier behind them.

    `tiers` comes from `tier_spans`: it takes long for a whole fleet, of which a page shows a part.
    """

    service: str
    releases: tuple[Release, ...]
    incidents: tuple[Incident, ...]
    tiers: tuple[TierSpan, ...] = ()


def lane(service: str, history: History, period: Period) -> Lane:
    """What happened to `service` in `period`, as far as it has passed."""
    return Lane(
        service=service,
        releases=tuple(
            release
            for release in history.releases_by_service.get(service, ())
            if period.holds(release.deployment.began_at)
        ),
        incidents=tuple(
            incident
            for incident in history.incidents_by_service.get(service, ())
            if incident.began_at is not None
            and incident.began_at < period.end
            and (incident.resolved_at is None or incident.resolved_at > period.start)
        ),
    )


def tier_spans(  # noqa: PLR0913, PLR0917 - one argument per fact
    store: Path,
    catalogue: Catalogue,
    policy: Policy,
    names: Iterable[str],
    period: Period,
    now: datetime,
) -> dict[str, tuple[TierSpan, ...]]:
    """The policy tiers that each of the services `names` was in during `period`, as far as it has passed.

    Raises:
        StoreError: the store is missing or cannot be read.
    """
    end = min(period.end, now)
    with open_for_reading(store) as connection:
        return {
            name: _tier_spans(connection, catalogue.services[name], policy, period.start, end)
            for name in names
        }


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
