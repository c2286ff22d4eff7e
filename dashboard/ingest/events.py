"""Deployment, incident and alert events → the store: an upsert by content, in any order, any times."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dashboard.domain.alerts import AlertEvent
from dashboard.domain.attribution import Correction
from dashboard.domain.deployments import DeploymentEvent
from dashboard.domain.incidents import IncidentEvent
from dashboard.domain.names import NameMap
from dashboard.errors import InputError
from dashboard.store import deployments, incidents, settings
from dashboard.store.database import open_for_writing, transaction

ReleaseEvent = DeploymentEvent | IncidentEvent | AlertEvent | Correction


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What a batch of events did: how many were `added` and how many the store knew already."""

    added: int
    known: int


def store_events(store: Path, events: Iterable[ReleaseEvent]) -> Stored:
    """Store `events` in one transaction: all of them or nothing. They are on disk when this returns.

    Raises:
        InputError: the store holds the demo.
        StoreError: the store cannot be used.
    """
    listed = list(events)
    with open_for_writing(store) as connection:
        # Whoever sent them is told that they are stored, so a power cut must not lose them.
        connection.execute("PRAGMA synchronous = FULL")
        with transaction(connection):
            refuse_demo(connection, store)
            added = record_events(connection, listed)
    return Stored(added=added, known=len(listed) - added)


def record_events(connection: sqlite3.Connection, events: Iterable[ReleaseEvent]) -> int:
    """Store `events` inside the caller's transaction; returns how many the store did not know yet."""
    listed = list(events)
    added = deployments.record(connection, [event for event in listed if isinstance(event, DeploymentEvent)])
    added += incidents.record(connection, [event for event in listed if isinstance(event, IncidentEvent)])
    added += incidents.record_corrections(
        connection, [item for item in listed if isinstance(item, Correction)]
    )
    return added + incidents.record_alerts(
        connection, [event for event in listed if isinstance(event, AlertEvent)]
    )


def unmapped_names(events: Iterable[ReleaseEvent], names: NameMap) -> list[str]:
    """What `events` call services and severities that none of ours is called by, each once."""
    found: dict[str, None] = {}
    for event in events:
        if isinstance(event, Correction):
            continue
        services = event.services if isinstance(event, IncidentEvent) else (event.service,)
        found |= dict.fromkeys(name for name in services if name and names.service(name) is None)
        if isinstance(event, DeploymentEvent):
            continue
        if event.severity and names.severity(event.severity) is None:
            found[event.severity] = None
    return list(found)


def refuse_demo(connection: sqlite3.Connection, store: Path) -> None:
    """Keep what is real out of a store that holds the demo.

    Raises:
        InputError: the store holds the demo.
    """
    if settings.demo_as_of(connection) is not None:
        raise InputError(
            f"{store}: found the demo in this store, expected a store of its own for real data (--store)"
        )
