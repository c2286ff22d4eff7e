"""How fast incidents are dealt with and what they cost: the *Incidents & MTTR* page and one incident."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from dashboard.domain.attribution import Attribution
from dashboard.domain.budget_ledger import OwnerKind
from dashboard.domain.control_chart import ControlChart
from dashboard.domain.delivery import DeliveryMeasures
from dashboard.domain.incidents import Incident, Severity
from dashboard.domain.periods import Period
from dashboard.domain.phase_times import PhaseTimes, phase_times
from dashboard.domain.policy import Policy
from dashboard.domain.recovery import (
    TimedIncident,
    recovery_chart,
    timed,
)
from dashboard.domain.releases import Release
from dashboard.domain.slo import Catalogue
from dashboard.errors import InputError
from dashboard.reports.freshness import Freshness, freshness
from dashboard.reports.history import History, Unmapped, known_since
from dashboard.reports.incident_measures import (
    RecoveryMeasures,
    Selection,
    delivery_measures,
    recovery_measures,
)
from dashboard.reports.ledgers import Cost, costs, dearest
from dashboard.store.database import open_for_reading

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRow:
    """One incident as a list shows it; `costs` are those of its services' objectives, the dearest first.

    `suspect` is the deployment that it is attributed to, where the store knows that deployment.
    """

    timed: TimedIncident
    attribution: Attribution | None
    suspect: Release | None
    costs: tuple[Cost, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryChart:
    """The times to recover of one severity in the order in which its incidents began, with their limits.

    They reach back to the first incident that is known: a chart that began with the period would move the
    baseline that its points are judged by.
    """

    severity: Severity
    items: tuple[TimedIncident, ...]
    chart: ControlChart


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryReport:
    """What leadership reads of a period; `rows` are its incidents, newest first.

    `asked` is the period that was asked for. When the store knows nothing of its beginning, everything is
    of the part since `known_since`, the first incident or deployment of any service: what is per day or per
    30 days would else be too low. `delivery_before` is of the span of the same length before, as far as it
    is known; None when nothing of it is. `open_now` are the chosen incidents that are open at the reading
    time, whenever they began: the gravest first, then the oldest. `deployments_ever` says whether any
    deployment was ever told, without which none in a period means nothing.
    """

    asked: Period
    known_since: datetime | None
    before: Period
    measures: RecoveryMeasures
    phase_times: PhaseTimes | None
    charts: tuple[RecoveryChart, ...]
    rows: tuple[IncidentRow, ...]
    open_now: tuple[Incident, ...]
    top_spenders: tuple[IncidentRow, ...]
    delivery: DeliveryMeasures
    delivery_before: DeliveryMeasures | None
    deployments_ever: bool
    unattributed: int
    unmapped: Unmapped
    freshness: Freshness


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentReport:
    """One incident in depth."""

    row: IncidentRow
    freshness: Freshness


def recovery_report(  # noqa: PLR0913, PLR0917 - one argument per fact
    store: Path,
    catalogue: Catalogue,
    policy: Policy,
    history: History,
    period: Period,
    chosen: Selection,
) -> RecoveryReport:
    """The report on `period`, of all services and severities or of those `chosen`.

    Raises:
        StoreError: the store is missing or cannot be read.
    """
    now, since = history.as_of, known_since(history)
    asked, before = period, _known_part(period.before(), since)
    period = _known_part(period, since)
    inside = [
        incident for incident in history.incidents if chosen.has(incident) and period.holds(incident.began_at)
    ]
    found = timed(inside, policy.incidents.targets, now)
    with open_for_reading(store) as connection:
        spent = _spent(connection, catalogue, policy, history, (period.start, now))
        fresh = freshness(connection, policy.budget, now)
    rows = [_row(item, history, spent) for item in reversed(found)]
    ever = [item for item in history.incidents if chosen.has(item) and item.times[0] < period.end]
    timed_ever = timed(ever, policy.incidents.targets, now)
    spenders = [row for row in rows if row.costs and dearest(row.costs[0]) > 0]
    spenders.sort(key=lambda row: dearest(row.costs[0]), reverse=True)
    return RecoveryReport(
        asked=asked,
        known_since=since,
        before=before,
        phase_times=phase_times(found),
        measures=recovery_measures(history, policy, period, chosen),
        charts=tuple(
            RecoveryChart(severity=severity, items=items, chart=chart)
            for severity in Severity
            for items, chart in (recovery_chart(timed_ever, severity),)
        ),
        rows=tuple(rows),
        open_now=_open_now(history, chosen),
        top_spenders=tuple(spenders),
        delivery=delivery_measures(history, policy, period, chosen),
        delivery_before=delivery_measures(history, policy, before, chosen) if before.length else None,
        deployments_ever=bool(history.releases),
        unattributed=sum(row.attribution is None or row.attribution.deployment is None for row in rows),
        unmapped=history.unmapped,
        freshness=fresh,
    )


def incident_report(
    store: Path, catalogue: Catalogue, policy: Policy, history: History, name: str
) -> IncidentReport:
    """The incident `name` in depth.

    Raises:
        InputError: there is no such incident.
        StoreError: the store is missing or cannot be read.
    """
    incident = history.incidents_by_id.get(name)
    if incident is None or incident.began_at is None:
        raise InputError(f"incident: found {name!r}, expected one that the store knows")
    (item,) = timed([incident], policy.incidents.targets, history.as_of)
    end = (incident.resolved_at or history.as_of) + timedelta(hours=1)
    with open_for_reading(store) as connection:
        spent = _spent(connection, catalogue, policy, history, (incident.began_at, end))
        fresh = freshness(connection, policy.budget, history.as_of)
    return IncidentReport(row=_row(item, history, spent), freshness=fresh)


def _open_now(history: History, chosen: Selection) -> tuple[Incident, ...]:
    """The chosen incidents that are open; one without a known severity comes last, where it hides none."""
    grades = [*Severity, None]
    found = [item for item in history.incidents if item.is_open and item.times and chosen.has(item)]
    return tuple(sorted(found, key=lambda item: (grades.index(item.severity), item.times[0])))


def _known_part(period: Period, since: datetime | None) -> Period:
    """`period` without the days before the first one of which anything is known."""
    if since is None or since - period.start < _DAY:
        return period
    return replace(period, start=min(since, period.end))


def _spent(
    connection: sqlite3.Connection,
    catalogue: Catalogue,
    policy: Policy,
    history: History,
    span: tuple[datetime, datetime],
) -> dict[str, tuple[Cost, ...]]:
    """What each incident cost over all services, the dearest objective first, by its id."""
    found: dict[str, list[Cost]] = {}
    services = list(catalogue.services.values())
    for (_, owner), spent in costs(connection, services, history, policy, *span).items():
        if owner.kind is OwnerKind.INCIDENT:
            found.setdefault(owner.name, []).extend(spent)
    return {name: tuple(sorted(spent, key=dearest, reverse=True)) for name, spent in found.items()}


def _row(item: TimedIncident, history: History, spent: Mapping[str, Sequence[Cost]]) -> IncidentRow:
    name = item.incident.id
    attribution = history.attributions.get(name)
    attributed = None if attribution is None else attribution.deployment
    return IncidentRow(
        timed=item,
        attribution=attribution,
        suspect=None if attributed is None else history.releases_by_key.get(attributed),
        costs=tuple(spent.get(name, ())),
    )
