"""A file or the demo → the store: readings by the same rules as an answer of Prometheus, and events."""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from dashboard.domain.event_counts import BUCKET_SECONDS
from dashboard.domain.slo import Catalogue, Objective
from dashboard.errors import InputError
from dashboard.ingest.events import ReleaseEvent, record_events, refuse_demo
from dashboard.ingest.sli import to_batch
from dashboard.store import canaries, decision_log, deployments, incidents, settings, sli
from dashboard.store.database import open_for_writing, transaction
from dashboard.store.sli import FlaggedBucket, Recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """What a source says of one objective: good and total by the end of the bucket (unix seconds)."""

    objective: Objective
    good: Mapping[int, float]
    total: Mapping[int, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What was stored, and the buckets that were flagged instead of counted, by `service/indicator`.

    `events` is how many events of deployments, incidents and alerts the store did not know before.
    """

    recorded: Recorded
    flagged: Mapping[str, tuple[FlaggedBucket, ...]]
    events: int = 0


def load(
    store: Path,
    catalogue: Catalogue,
    readings: Iterable[Readings],
    *,
    demo_as_of: int | None = None,
    events: Iterable[ReleaseEvent] = (),
) -> Loaded:
    """Store `readings` and `events` in one transaction: all of them or nothing.

    `demo_as_of` (unix seconds) says that they are the demo and where its history ends; what a demo that was
    made before tells besides counts is forgotten, since its incidents bear the same names and happened at
    other times.

    Raises:
        InputError: real data would be mixed with the demo.
        StoreError: the store cannot be used.
    """
    with open_for_writing(store) as connection, transaction(connection):
        _refuse_mixture(connection, store, demo_as_of)
        loaded = load_readings(connection, catalogue, readings)
        if demo_as_of is not None:
            begin_demo(connection, demo_as_of)
        return replace(loaded, events=record_events(connection, events))


def load_readings(
    connection: sqlite3.Connection, catalogue: Catalogue, readings: Iterable[Readings]
) -> Loaded:
    """Store `readings` inside the caller's transaction."""
    recorded = Recorded()
    flagged = {}
    ids = sli.ensure_objectives(connection, catalogue.objectives)
    for reading in readings:
        row_id = ids[reading.objective.key]
        ends = sorted(reading.good.keys() | reading.total.keys())
        if not ends:
            continue
        batch = to_batch(
            objective_id=row_id,
            good=reading.good,
            total=reading.total,
            ends=ends,
            good_seen_before=sli.good_through(connection, [row_id], ends[0] - BUCKET_SECONDS)[row_id] > 0,
            partial=False,
        )
        recorded += sli.record(connection, [batch])
        if batch.flagged:
            flagged[reading.objective.key] = tuple(batch.flagged)
    return Loaded(recorded=recorded, flagged=flagged)


def begin_demo(connection: sqlite3.Connection, as_of: int) -> None:
    """Make the store a demo's whose history ends at `as_of`, without what an earlier one told of releases."""
    settings.mark_demo(connection, as_of)
    for told in (canaries, deployments, incidents, decision_log):
        told.forget(connection)


def refuse_mixture(connection: sqlite3.Connection, store: Path) -> None:
    """Keep the demo out of a store that holds what is real.

    Raises:
        InputError: it does.
    """
    if settings.demo_as_of(connection) is None and any(
        of.holds_data(connection) for of in (sli, canaries, deployments, incidents, decision_log)
    ):
        raise InputError(f"{store}: found real data in this store, expected a new one for the demo")


def _refuse_mixture(connection: sqlite3.Connection, store: Path, demo_as_of: int | None) -> None:
    if demo_as_of is None:
        refuse_demo(connection, store)
    else:
        refuse_mixture(connection, store)
