"""The state of the whole fleet: what the SLO overview, `reliability status` and the API show."""

import gc
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dashboard.domain.objective_status import objective_status
from dashboard.domain.policy import Policy
from dashboard.domain.service_status import FleetStatus, ServiceStatus, fleet_status, service_status
from dashboard.domain.slo import Catalogue, Service
from dashboard.errors import InputError
from dashboard.reports.freshness import Freshness, freshness
from dashboard.store.database import open_for_reading
from dashboard.store.sli_history import histories


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetReport:
    """Every service's status at one instant, and how fresh the data is."""

    fleet: FleetStatus
    freshness: Freshness


def fleet_report(store: Path, catalogue: Catalogue, policy: Policy, now: datetime) -> FleetReport:
    """The fleet at `now`.

    Raises:
        StoreError: the store is missing or cannot be read.
    """
    with open_for_reading(store) as connection, without_collecting():
        statuses = read_statuses(connection, list(catalogue.services.values()), policy, now)
        return FleetReport(
            fleet=fleet_status(statuses, now), freshness=freshness(connection, policy.budget, now)
        )


@contextmanager
def without_collecting() -> Iterator[None]:
    """A large fleet is many small values without a cycle: looking for one takes a sixth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def required_service(catalogue: Catalogue, name: str) -> Service:
    """The service `name` of the catalogue.

    Raises:
        InputError: the catalogue has no such service.
    """
    if name not in catalogue.services:
        raise InputError(f"service: found {name!r}, expected a service of the catalogue")
    return catalogue.services[name]


def read_statuses(
    connection: sqlite3.Connection, services: Sequence[Service], policy: Policy, now: datetime
) -> list[ServiceStatus]:
    """The status of each of `services` at `now`, in their order."""
    rules, floors = policy.budget, policy.gate.budget_floor
    objectives = [objective for service in services for objective in service.objectives]
    known = histories(connection, objectives, rules.burn_windows, now)
    return [
        service_status(
            service,
            tuple(
                objective_status(objective, known[objective.key], rules, now, floors[service.tier])
                for objective in service.objectives
            ),
            rules.bands,
            floors[service.tier],
        )
        for service in services
    ]
