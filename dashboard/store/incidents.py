"""The events of incidents and alerts, as their sources told them, and attributions made by hand."""

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

import orjson

from dashboard.domain.alerts import AlertEvent
from dashboard.domain.attribution import Correction
from dashboard.domain.incidents import IncidentEvent
from dashboard.store.deployments import event_key
from dashboard.store.moments import from_micros, to_micros

_TIMES = ("started", "detected", "acknowledged", "mitigated", "resolved", "reopened")
_COLUMNS = (
    "incident, source, at_us, title, severity, services, "
    + ", ".join(f"{name}_us" for name in _TIMES)
    + ", start_unmeasured, caused_by, url, correction"
)
_INSERT = "INSERT INTO incident_events VALUES (" + ", ".join("?" * 17) + ") ON CONFLICT DO NOTHING"  # noqa: S608 - only placeholders
_INSERT_ALERT = "INSERT INTO alert_events VALUES (" + ", ".join("?" * 10) + ") ON CONFLICT DO NOTHING"  # noqa: S608 - ditto


def record(connection: sqlite3.Connection, events: Iterable[IncidentEvent]) -> int:
    """Store `events` inside the caller's transaction; returns how many the store did not know yet."""
    before = connection.total_changes
    connection.executemany(_INSERT, map(_to_row, events))
    return connection.total_changes - before


def record_alerts(connection: sqlite3.Connection, events: Iterable[AlertEvent]) -> int:
    """As `record`, for the firings of alerts."""
    before = connection.total_changes
    connection.executemany(_INSERT_ALERT, map(_to_alert_row, events))
    return connection.total_changes - before


def record_corrections(connection: sqlite3.Connection, words: Iterable[Correction]) -> int:
    """As `record`, for what people say caused incidents; what was said before is kept as well."""
    before = connection.total_changes
    connection.executemany(
        "INSERT INTO attributions VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        map(_to_correction_row, words),
    )
    return connection.total_changes - before


def holds_data(connection: sqlite3.Connection) -> bool:
    """Whether any incident or alert was ever told of."""
    found = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM incident_events) OR EXISTS (SELECT 1 FROM alert_events)"
    ).fetchone()
    return bool(found[0])


def forget(connection: sqlite3.Connection) -> None:
    """Drop every event and attribution, for a demo that is made anew; real ones are never dropped."""
    for table in ("incident_events", "alert_events", "attributions"):
        connection.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names


def events_by_incident(connection: sqlite3.Connection) -> Iterator[tuple[str, list[IncidentEvent]]]:
    """The events of each incident."""
    rows = connection.execute(f"SELECT {_COLUMNS} FROM incident_events ORDER BY incident")  # noqa: S608 - our own names
    for incident, told in groupby(rows, key=itemgetter(0)):
        yield incident, [_from_row(row) for row in told]


def alerts(connection: sqlite3.Connection) -> list[AlertEvent]:
    """Every firing of every alert."""
    rows = connection.execute(
        "SELECT source, alert_group, fingerprint, started_us, ended_us, title, severity, service, url"
        " FROM alert_events"
    )
    return [
        AlertEvent(
            source=row[0],
            group=row[1],
            fingerprint=row[2],
            started_at=from_micros(row[3]),
            ended_at=_moment(row[4]),
            title=row[5],
            severity=row[6],
            service=row[7],
            url=row[8],
        )
        for row in rows
    ]


def corrections(connection: sqlite3.Connection) -> list[Correction]:
    """Every attribution that was made by hand, oldest first."""
    rows = connection.execute(
        "SELECT incident, at_us, service, environment, deployment, by, why FROM attributions"
        " ORDER BY at_us, key"
    )
    return [
        Correction(
            incident=row[0],
            at=from_micros(row[1]),
            deployment=None if row[4] is None else (row[2], row[3], row[4]),
            by=row[5],
            why=row[6],
        )
        for row in rows
    ]


def _to_row(event: IncidentEvent) -> tuple[object, ...]:
    said = (
        event.source,
        to_micros(event.at),
        event.title,
        event.severity,
        orjson.dumps(event.services).decode() if event.services else None,
        _micros(event.started_at),
        _micros(event.detected_at),
        _micros(event.acknowledged_at),
        _micros(event.mitigated_at),
        _micros(event.resolved_at),
        _micros(event.reopened_at),
        int(event.start_unmeasured),
        event.caused_by,
        event.url,
        int(event.correction),
    )
    return (event.incident, event_key(said), *said)


def _from_row(row: tuple[Any, ...]) -> IncidentEvent:
    return IncidentEvent(
        incident=row[0],
        source=row[1],
        at=from_micros(row[2]),
        title=row[3],
        severity=row[4],
        services=tuple(orjson.loads(row[5])) if row[5] else (),
        started_at=_moment(row[6]),
        detected_at=_moment(row[7]),
        acknowledged_at=_moment(row[8]),
        mitigated_at=_moment(row[9]),
        resolved_at=_moment(row[10]),
        reopened_at=_moment(row[11]),
        start_unmeasured=bool(row[12]),
        caused_by=row[13],
        url=row[14],
        correction=bool(row[15]),
    )


def _to_correction_row(correction: Correction) -> tuple[object, ...]:
    deployment = correction.deployment or (None, None, None)
    said = (*deployment, correction.by, correction.why)
    return (correction.incident, to_micros(correction.at), event_key(said), *said)


def _to_alert_row(event: AlertEvent) -> tuple[object, ...]:
    said = (
        event.fingerprint,
        to_micros(event.started_at),
        _micros(event.ended_at),
        event.title,
        event.severity,
        event.service,
        event.url,
    )
    return (event.source, event.group, event_key(said), *said)


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else to_micros(moment)


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)
