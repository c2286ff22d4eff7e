"""Where the error budgets of services went: their ledgers over a window, and what each thing cost."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

from dashboard.domain.budget_ledger import (
    Claim,
    Ledger,
    Owner,
    OwnerKind,
    Totals,
    assign,
    deployment_claims,
    incident_claim,
    ledger,
    price,
)
from dashboard.domain.event_counts import NO_EVENTS, EventCounts, floor_to_bucket
from dashboard.domain.policy import DeliveryRules, Policy
from dashboard.domain.slo import Catalogue, Objective, Service
from dashboard.reports.fleet import required_service
from dashboard.reports.history import History
from dashboard.store.database import open_for_reading
from dashboard.store.sli import objective_ids
from dashboard.store.sli_history import running_totals_of, watermarks


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What an incident or a deployment cost one objective.

    `share_of_budget` is of the budget of the objective's window that ended with it, None when that is not
    known; `full_outage` is how long a complete outage at that window's average traffic would have cost as
    much, None without traffic.
    """

    objective: Objective
    bad: int
    share_of_budget: Fraction | None
    full_outage: timedelta | None


def service_claims(service: str, history: History, rules: DeliveryRules) -> list[Claim]:
    """What the incidents and deployments of `service` ask of its budgets."""
    incidents = (
        incident_claim(incident, history.as_of) for incident in history.incidents_by_service.get(service, ())
    )
    deployments = (release.deployment for release in history.releases_by_service.get(service, ()))
    return [
        *(claim for claim in incidents if claim is not None),
        *deployment_claims(deployments, rules.bake_time, history.as_of),
    ]


def ledgers(
    connection: sqlite3.Connection, services: Iterable[Service], history: History, policy: Policy
) -> dict[str, Ledger]:
    """The ledger of each objective of `services` over its window, which ends with its newest bucket.

    By `service/indicator`; an objective that was never measured has none.
    """
    listed = list(services)
    ids = objective_ids(connection, [objective for service in listed for objective in service.objectives])
    newest = watermarks(connection, history.as_of)
    found = {}
    for service in listed:
        claims = service_claims(service.name, history, policy.delivery) if service.objectives else []
        for objective in service.objectives:
            row_id = ids.get(objective.key)
            end = None if row_id is None else newest.get(row_id)
            if end is None:
                continue
            start = end - int(objective.window.total_seconds())
            parts = assign(claims, start, end)
            found[objective.key] = ledger(
                objective, parts, end, _totals(connection, row_id), policy.budget.minimum_coverage
            )
    return found


def service_ledgers(
    store: Path, catalogue: Catalogue, policy: Policy, history: History, name: str
) -> dict[str, Ledger]:
    """As `ledgers`, of the service `name` in the store at `store`.

    Raises:
        InputError: the catalogue has no such service.
        StoreError: the store is missing or cannot be read.
    """
    service = required_service(catalogue, name)
    with open_for_reading(store) as connection:
        return ledgers(connection, [service], history, policy)


def costs(  # noqa: PLR0913, PLR0917 - one argument per fact
    connection: sqlite3.Connection,
    services: Iterable[Service],
    history: History,
    policy: Policy,
    start: datetime,
    end: datetime,
) -> dict[tuple[str, Owner], tuple[Cost, ...]]:
    """What each incident and deployment cost in `[start, end)`, by service and owner, the dearest first.

    One that reaches over an edge has the part inside. What cost nothing is not in it.
    """
    listed = list(services)
    ids = objective_ids(connection, [objective for service in listed for objective in service.objectives])
    newest = watermarks(connection, history.as_of)
    first = int(floor_to_bucket(start).timestamp())
    found: dict[tuple[str, Owner], list[Cost]] = {}
    for service in listed:
        claims = service_claims(service.name, history, policy.delivery) if service.objectives else []
        for objective in service.objectives if claims else ():
            row_id = ids.get(objective.key)
            last = min(newest.get(row_id or 0, 0), int(floor_to_bucket(end).timestamp()))
            if last > first:
                for owner, cost in _costs(
                    connection, row_id, objective, claims, (first, last), policy.budget.minimum_coverage
                ):
                    found.setdefault((service.name, owner), []).append(cost)
    return {key: tuple(sorted(spent, key=_dearest_first)) for key, spent in found.items()}


def cost_of(
    connection: sqlite3.Connection, service: Service, history: History, policy: Policy, claim: Claim
) -> dict[Owner, tuple[Cost, ...]]:
    """What was spent while `claim` was up, by who spent it, the dearest first.

    An incident, or a newer deployment, that touches a bucket has it before `claim` does.
    """
    ids = objective_ids(connection, service.objectives)
    newest = watermarks(connection, history.as_of)
    claims = [*service_claims(service.name, history, policy.delivery), claim]
    found: dict[Owner, list[Cost]] = {}
    for objective in service.objectives:
        row_id = ids.get(objective.key)
        span = (claim.start, min(newest.get(row_id or 0, 0), claim.end))
        if span[1] > span[0]:
            for owner, cost in _costs(
                connection, row_id, objective, claims, span, policy.budget.minimum_coverage
            ):
                found.setdefault(owner, []).append(cost)
    return {owner: tuple(sorted(spent, key=_dearest_first)) for owner, spent in found.items()}


def is_measured(connection: sqlite3.Connection, service: Service, claim: Claim) -> bool:
    """Whether a bucket of any objective was measured while `claim` was up: then no cost means none."""
    return any(
        after.buckets > before.buckets
        for row_id in objective_ids(connection, service.objectives).values()
        for before, after in [running_totals_of(connection, row_id, [claim.start, claim.end])]
    )


def dearest(cost: Cost) -> Fraction:
    """The share of a budget that something cost, to sort by; what has no budget cost nothing of it."""
    return cost.share_of_budget or Fraction(0)


def _dearest_first(cost: Cost) -> tuple[Fraction, timedelta, str]:
    return -dearest(cost), -(cost.full_outage or timedelta(0)), cost.objective.key


def _costs(  # noqa: PLR0913, PLR0917 - one argument per fact
    connection: sqlite3.Connection,
    row_id: int | None,
    objective: Objective,
    claims: Sequence[Claim],
    span: tuple[int, int],
    minimum_coverage: Fraction,
) -> Iterable[tuple[Owner, Cost]]:
    first, last = span
    parts = assign(claims, first, last)
    window = int(objective.window.total_seconds())
    ends = {claim.owner: min(claim.end, last) for claim in claims}
    instants = sorted(
        {edge for edge, _ in parts}
        | {last}
        | {edge for _, owner in parts if owner in ends for edge in (ends[owner], ends[owner] - window)}
    )
    running = dict(zip(instants, running_totals_of(connection, row_id, instants), strict=True))
    spent: dict[Owner, EventCounts] = {}
    edges = [edge for edge, _ in parts] + [last]
    for (edge, owner), until in zip(parts, edges[1:], strict=True):
        if owner.kind is not OwnerKind.BACKGROUND:
            spent[owner] = spent.get(owner, NO_EVENTS) + (running[until] - running[edge])
    for owner, counts in spent.items():
        if counts.bad:
            whole = running[ends[owner]] - running[ends[owner] - window]
            share, outage = price(counts.bad, whole, objective, objective.window, minimum_coverage)
            yield (
                owner,
                Cost(objective=objective, bad=counts.bad, share_of_budget=share, full_outage=outage),
            )


def _totals(connection: sqlite3.Connection, row_id: int | None) -> Totals:
    return lambda instants: running_totals_of(connection, row_id, instants)
