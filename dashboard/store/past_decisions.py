"""What the decision log tells of releases that were asked for: the pipeline's evidence, without the rest."""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from dashboard.store.decision_log import DECISION
from dashboard.store.moments import from_micros, to_micros

#: The parts of an input that a decision was made of and that the store does not know by itself.
_KEYS = (
    "gates",
    "image",
    "change_type",
    "has_database_migration",
    "requested_by",
    "emergency_override",
    "override_approver",
    "override_reason",
    "incident_id",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDecision:
    """A decision that was asked for at `at`; `said` is what the request told of the release."""

    id: str
    at: datetime
    service: str
    version: str
    said: Mapping[str, Any]


def past_decisions(
    connection: sqlite3.Connection, environment: str, until: datetime
) -> Iterator[PastDecision]:
    """The decisions on releases to `environment` up to `until`, in the order in which they were made.

    Only what is needed is read: a decision with all its checks is several kilobytes.
    """
    parts = ", ".join(f"json_extract(body, '$.input.{key}')" for key in _KEYS[1:])
    rows = connection.execute(
        "SELECT id, at_us, service, version, json_extract(body, '$.input.gates'), "  # noqa: S608 - our own names
        f"{parts} FROM decision_log WHERE kind = ? AND environment = ? AND at_us <= ?"
        " AND service IS NOT NULL AND version IS NOT NULL ORDER BY at_us, seq",
        (DECISION, environment, to_micros(until)),
    )
    for name, at, service, version, gates, *values in rows:
        said = dict(zip(_KEYS, (orjson.loads(gates or "{}"), *values), strict=True))
        flags = {key: bool(said[key]) for key in ("has_database_migration", "emergency_override")}
        yield PastDecision(
            id=name, at=from_micros(at), service=service, version=version, said={**said, **flags}
        )


def log_begins(connection: sqlite3.Connection) -> datetime | None:
    """When the first thing was written into the decision log; None while it is empty."""
    (first,) = connection.execute("SELECT min(at_us) FROM decision_log").fetchone()
    return None if first is None else from_micros(first)
