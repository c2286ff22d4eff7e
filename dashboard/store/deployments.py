"""The events of deployments, as their sources told them."""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import orjson

from dashboard.domain.deployments import DeploymentEvent, DeploymentState
from dashboard.domain.policy_tier import ChangeType
from dashboard.store.moments import from_micros, to_micros

#: One deployment in its sources' words: service, environment, id.
DeploymentKey = tuple[str, str, str]

_KEY_BYTES = 12
_STATES = {state.value: state for state in DeploymentState}
_CHANGES = {change.value: change for change in ChangeType}
_INSERT = "INSERT INTO deployment_events VALUES (" + ", ".join("?" * 18) + ") ON CONFLICT DO NOTHING"  # noqa: S608 - only placeholders
_COLUMNS = (
    "service, environment, deployment, source, at_us, state, started_us, finished_us, version, commit_sha,"
    " commits_us, change_type, actor, url, reason, rollback_of, correction"
)


def record(connection: sqlite3.Connection, events: Iterable[DeploymentEvent]) -> int:
    """Store `events` inside the caller's transaction; returns how many the store did not know yet."""
    before = connection.total_changes
    connection.executemany(_INSERT, map(_to_row, events))
    return connection.total_changes - before


def events_by_deployment(
    connection: sqlite3.Connection,
) -> Iterator[tuple[DeploymentKey, list[DeploymentEvent]]]:
    """The events of each deployment."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM deployment_events ORDER BY service, environment, deployment"  # noqa: S608 - our own names
    )
    for key, told in groupby(rows, key=itemgetter(0, 1, 2)):
        yield key, [_from_row(row) for row in told]


def holds_data(connection: sqlite3.Connection) -> bool:
    """Whether any deployment was ever told of."""
    found = connection.execute("SELECT EXISTS (SELECT 1 FROM deployment_events)").fetchone()
    return bool(found[0])


def forget(connection: sqlite3.Connection) -> None:
    """Drop every event, for a demo that is made anew; real events are never dropped."""
    connection.execute("DELETE FROM deployment_events")


def event_key(content: Sequence[object]) -> str:
    """A digest of all that an event says: the same event is the same row."""
    return hashlib.blake2b(orjson.dumps(content), digest_size=_KEY_BYTES).hexdigest()


def _to_row(event: DeploymentEvent) -> tuple[object, ...]:
    commits = [to_micros(time) for time in event.commit_times]
    said = (
        event.source,
        to_micros(event.at),
        None if event.state is None else event.state.value,
        None if event.started_at is None else to_micros(event.started_at),
        None if event.finished_at is None else to_micros(event.finished_at),
        event.version,
        event.commit_sha,
        orjson.dumps(commits).decode() if commits else None,
        None if event.change_type is None else event.change_type.value,
        event.actor,
        event.url,
        event.reason,
        event.rollback_of,
        int(event.correction),
    )
    return (event.service, event.environment, event.deployment, event_key(said), *said)


def _from_row(row: tuple[Any, ...]) -> DeploymentEvent:
    return DeploymentEvent(
        service=row[0],
        environment=row[1],
        deployment=row[2],
        source=row[3],
        at=from_micros(row[4]),
        state=_STATES.get(row[5]),
        started_at=None if row[6] is None else from_micros(row[6]),
        finished_at=None if row[7] is None else from_micros(row[7]),
        version=row[8],
        commit_sha=row[9],
        commit_times=tuple(map(from_micros, orjson.loads(row[10]))) if row[10] else (),
        change_type=_CHANGES.get(row[11]),
        actor=row[12],
        url=row[13],
        reason=row[14],
        rollback_of=row[15],
        correction=bool(row[16]),
    )
