"""What was deployed, with what result and at what cost: the *Deployments* page and one deployment's view."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from dashboard.domain.attribution import Attribution, Key
from dashboard.domain.budget_ledger import Owner, OwnerKind
from dashboard.domain.deployments import Deployment, DeploymentState
from dashboard.domain.event_counts import BUCKET, BUCKET_SECONDS, floor_to_bucket
from dashboard.domain.incidents import Incident
from dashboard.domain.periods import Period
from dashboard.domain.policy import DeliveryRules, Policy
from dashboard.domain.policy_tier import PolicyTier
from dashboard.domain.releases import Release
from dashboard.domain.rollbacks import Rollback
from dashboard.domain.slo import Catalogue, Service
from dashboard.errors import InputError
from dashboard.reports.around import Around, around
from dashboard.reports.freshness import Freshness, freshness
from dashboard.reports.history import History, Unmapped
from dashboard.reports.lanes import Lane, lane
from dashboard.reports.ledgers import Cost, costs
from dashboard.reports.past_tiers import past_tiers
from dashboard.store.database import open_for_reading
from dashboard.store.sli import objective_ids
from dashboard.store.sli_history import running_totals_of

_Spent = Mapping[tuple[str, Owner], tuple[Cost, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRow:
    """One deployment as the table shows it.

    `policy_tier` is that of its service when it began, None for a service without objectives. `costs` are
    its own, the dearest first; `measured` says whether anything was measured of the time that is put to its
    account, so that no costs means none. `incident_costs` are what its service paid for each of its
    incidents. `took_away` is what it rolled back, `undone_by` the rollback that took it away. `judged_on` is
    when it will be judged, None for one that is judged, has failed or is not finished.
    """

    release: Release
    policy_tier: PolicyTier | None
    costs: tuple[Cost, ...]
    measured: bool
    has_objectives: bool
    incident_costs: Mapping[str, tuple[Cost, ...]]
    took_away: Deployment | None
    undone_by: Rollback | None
    judged_on: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentsReport:
    """The deployments of `period` to `environment`, newest first, and the lanes of their services.

    Of the services that were asked for, every one has a lane, also without a deployment. `ever` says whether
    the store knows any deployment at all.
    """

    period: Period
    environment: str
    rows: tuple[ReleaseRow, ...]
    lanes: tuple[Lane, ...]
    incidents: Mapping[str, Incident]
    attributions: Mapping[str, Attribution]
    unmapped: Unmapped
    ever: bool
    freshness: Freshness


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentReport:
    """One deployment in depth."""

    row: ReleaseRow
    incidents: tuple[Incident, ...]
    attributions: Mapping[str, Attribution]
    around: tuple[Around, ...]
    freshness: Freshness


def deployments_report(  # noqa: PLR0913, PLR0917 - one argument per fact
    store: Path,
    catalogue: Catalogue,
    policy: Policy,
    history: History,
    period: Period,
    services: Sequence[str] | None = None,
) -> DeploymentsReport:
    """The deployments of `period`, of all services or of those named.

    Raises:
        StoreError: the store is missing or cannot be read.
    """
    chosen = [catalogue.services[name] for name in services or catalogue.services]
    now = history.as_of
    with open_for_reading(store) as connection:
        spent = costs(connection, chosen, history, policy, period.start, min(period.end, now))
        rows: list[ReleaseRow] = []
        for service in chosen:
            mine = [
                release
                for release in history.releases_by_service.get(service.name, ())
                if period.holds(release.deployment.began_at)
            ]
            rows += _rows(connection, service, mine, history, policy, spent)
        fresh = freshness(connection, policy.budget, now)
    rows.sort(key=lambda row: (row.release.deployment.began_at, row.release.deployment.id), reverse=True)
    return DeploymentsReport(
        period=period,
        environment=policy.delivery.environment,
        rows=tuple(rows),
        lanes=tuple(lane(service.name, history, period) for service in chosen),
        incidents=history.incidents_by_id,
        attributions=history.attributions,
        unmapped=history.unmapped,
        ever=bool(history.releases or history.others),
        freshness=fresh,
    )


def deployment_report(
    store: Path, catalogue: Catalogue, policy: Policy, history: History, key: Key
) -> DeploymentReport:
    """The deployment `key` (service, environment, id) in depth.

    Raises:
        InputError: there is no such deployment.
        StoreError: the store is missing or cannot be read.
    """
    release = history.releases_by_key.get(key)
    if release is None or key[0] not in catalogue.services:
        raise InputError(f"deployment: found {'/'.join(key)!r}, expected one that the store knows")
    service, now = catalogue.services[key[0]], history.as_of
    began = release.deployment.began_at
    finished = release.deployment.finished_at or now
    incidents = tuple(history.incidents_by_id[name] for name in release.incidents)
    ends = [finished + policy.delivery.bake_time, *(item.resolved_at or now for item in incidents)]
    starts = [began, *(item.began_at or began for item in incidents)]
    with open_for_reading(store) as connection:
        span = (min(starts) - BUCKET, max(ends) + BUCKET)
        spent = costs(connection, [service], history, policy, *span)
        (row,) = _rows(connection, service, [release], history, policy, spent)
        return DeploymentReport(
            row=row,
            incidents=incidents,
            attributions={name: history.attributions[name] for name in release.incidents},
            around=tuple(
                around(connection, objective, (began, finished), policy.delivery.bake_time, now)
                for objective in service.objectives
            ),
            freshness=freshness(connection, policy.budget, now),
        )


def _rows(  # noqa: PLR0913, PLR0917 - one argument per fact
    connection: sqlite3.Connection,
    service: Service,
    mine: Sequence[Release],
    history: History,
    policy: Policy,
    spent: _Spent,
) -> list[ReleaseRow]:
    instants = [release.deployment.began_at for release in mine]
    tiers = past_tiers(connection, service, policy.budget, instants)
    measured = _measured(connection, service, mine, policy.delivery, history.as_of)
    return [
        ReleaseRow(
            release=release,
            policy_tier=tier,
            costs=spent.get((service.name, Owner(kind=OwnerKind.DEPLOYMENT, name=release.deployment.id)), ()),
            measured=known,
            has_objectives=bool(service.objectives),
            incident_costs={
                name: spent.get((service.name, Owner(kind=OwnerKind.INCIDENT, name=name)), ())
                for name in release.incidents
            },
            took_away=_taken(release.rollback, history),
            undone_by=_undone_by(release, history),
            judged_on=_judged_on(release, policy.delivery.attribution_window),
        )
        for release, tier, known in zip(mine, tiers, measured, strict=True)
    ]


def _measured(
    connection: sqlite3.Connection,
    service: Service,
    mine: Sequence[Release],
    rules: DeliveryRules,
    now: datetime,
) -> list[bool]:
    """Whether a bucket of any objective was measured from when each began to the end of its bake time."""
    ids = objective_ids(connection, service.objectives)
    starts = [int(floor_to_bucket(release.deployment.began_at).timestamp()) for release in mine]
    ends = [
        -(-int(((release.deployment.finished_at or now) + rules.bake_time).timestamp()) // BUCKET_SECONDS)
        * BUCKET_SECONDS
        for release in mine
    ]
    found = [False] * len(mine)
    for row_id in ids.values():
        totals = running_totals_of(connection, row_id, [*starts, *ends])
        for index, (before, after) in enumerate(zip(totals, totals[len(mine) :], strict=False)):
            found[index] |= after.buckets > before.buckets
    return found


def _taken(rollback: Rollback | None, history: History) -> Deployment | None:
    taken = None if rollback is None or rollback.of is None else history.releases_by_key.get(rollback.of)
    return None if taken is None else taken.deployment


def _undone_by(release: Release, history: History) -> Rollback | None:
    by = release.taken_away_by
    undoing = None if by is None else history.releases_by_key.get(by.key)
    return None if undoing is None else undoing.rollback


def _judged_on(release: Release, judged_after: timedelta) -> datetime | None:
    deployment = release.deployment
    if release.judged or not deployment.is_finished or deployment.finished_at is None:
        return None
    return None if deployment.state is DeploymentState.FAILED else deployment.finished_at + judged_after
