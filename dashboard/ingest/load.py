"""Readings of a file or the demo → the store, through the same rules as an answer of Prometheus."""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dashboard.domain.event_counts import BUCKET_SECONDS
from dashboard.domain.slo import Catalogue, Objective
from dashboard.errors import InputError
from dashboard.ingest.sli import to_batch
from dashboard.store import settings, sli
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
    """What was stored, and the buckets that were flagged instead of counted, by `service/indicator`."""

    recorded: Recorded
    flagged: Mapping[str, tuple[FlaggedBucket, ...]]


def load(
    store: Path, catalogue: Catalogue, readings: Iterable[Readings], *, demo_as_of: int | None = None
) -> Loaded:
    """Store `readings` in one transaction: all of them or nothing.

    `demo_as_of` (unix seconds) says that they are the demo and where its history ends.

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
    return Loaded(recorded=recorded, flagged=flagged)


def _refuse_mixture(connection: sqlite3.Connection, store: Path, demo_as_of: int | None) -> None:
    is_demo = settings.demo_as_of(connection) is not None
    if is_demo and demo_as_of is None:
        raise InputError(
            f"{store}: found the demo in this store, expected a store of its own for real data (--store)"
        )
    if demo_as_of is not None and not is_demo and sli.holds_data(connection):
        raise InputError(f"{store}: found real data in this store, expected a new one for the demo")
