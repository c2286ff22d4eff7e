"""A file or the demo → the store: readings by the same rules as an answer of Prometheus, and events."""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dashboard.domain.event_counts import BUCKET_SECONDS
from dashboard.domain.slo import Catalogue, Objective
from dashboard.errors import InputError
from dashboard.ingest.events import ReleaseEvent, record_events, refuse_demo
from dashboard.ingest.sli import to_batch
from dashboard.store import canaries, deployments, incidents, settings, sli
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

    `demo_as_of` (unix seconds) says that they are the demo and where its history ends; the events of a demo
    that was made before are forgotten, since its incidents bear the same names and happened at other times.

    Raises:
        InputError: real data would be mixed with the demo.
        StoreError: the store cannot be used.
    """
    recorded = Recorded()
    flagged = {}
    with open_for_writing(store) as connection, transaction(connection):
        _refuse_mixture(connection, store, demo_as_of)
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
        if demo_as_of is not None:
            settings.mark_demo(connection, demo_as_of)
            deployments.forget(connection)
            incidents.forget(connection)
            canaries.forget(connection)
        added = record_events(connection, events)
    return Loaded(recorded=recorded, flagged=flagged, events=added)


def _refuse_mixture(connection: sqlite3.Connection, store: Path, demo_as_of: int | None) -> None:
    if demo_as_of is None:
        refuse_demo(connection, store)
    elif settings.demo_as_of(connection) is None and any(
        of.holds_data(connection) for of in (sli, deployments, incidents, canaries)
    ):
        raise InputError(f"{store}: found real data in this store, expected a new one for the demo")
