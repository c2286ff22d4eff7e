"""Rollouts and AnalysisRuns → the store: a union of all that was seen, in any order, any times."""

import pickle
import sqlite3
import tempfile
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from dashboard.domain.canary.canaries import canaries_of
from dashboard.domain.canary.canary import Canary, rollouts_of_id
from dashboard.domain.canary.measure import Measure
from dashboard.domain.canary.rollouts import RolloutState, in_order
from dashboard.domain.canary.ticks import Tick
from dashboard.errors import InputError
from dashboard.ingest.events import refuse_demo
from dashboard.sources.argo_observations import Observation
from dashboard.store import canary_history, canary_rollouts, canary_runs, canary_ticks
from dashboard.store.canary_runs import RecordedRuns
from dashboard.store.canary_ticks import BY_FILE
from dashboard.store.database import open_for_writing, transaction

#: What is read of a file is put aside on disk from here on.
_HELD_BYTES = 8 * 2**20
_CACHE_KIB = 8_192
#: A canary may be seen long after it began, and its pods are counted some time after it ended.
_AROUND = timedelta(days=1)
#: From where ids are told to somebody who gave another one, and how many.
_RECENT = timedelta(days=90)
_IDS_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCanaries:
    """What a batch held, and what of it was new to the store.

    `states` counts states of Rollouts that the store did not know.
    """

    rollouts: int = 0
    states: int = 0
    runs: int = 0
    new: RecordedRuns = field(default_factory=RecordedRuns)

    @property
    def changed_nothing(self) -> bool:
        """Whether the store knew all of it."""
        return not self.states and self.new == RecordedRuns()


def store_canaries(store: Path, observations: Iterable[Observation]) -> StoredCanaries:
    """Store `observations` in one transaction: all of them or nothing.

    They are read to the end before the store is locked, and put aside on disk until then: a pipe may be slow,
    and a file large.

    Raises:
        InputError: an observation cannot be read, or the store holds the demo.
        StoreError: the store cannot be used.
    """
    with tempfile.SpooledTemporaryFile(max_size=_HELD_BYTES) as aside:
        for item in observations:
            pickle.dump(item, aside, protocol=pickle.HIGHEST_PROTOCOL)
        aside.seek(0)
        with open_for_writing(store) as connection:
            # Runs are written one after the other, so that more would be held for nothing.
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            with transaction(connection):
                refuse_demo(connection, store)
                return record_canaries(connection, _put_aside(aside))


def record_canaries(connection: sqlite3.Connection, observations: Iterable[Observation]) -> StoredCanaries:
    """Store `observations` inside the caller's transaction."""
    rollouts = states = runs = 0
    new = RecordedRuns()
    for item in observations:
        if isinstance(item, RolloutState):
            rollouts += 1
            states += canary_rollouts.record(connection, [item])
        else:
            runs += 1
            new += canary_runs.record(connection, item)
    return StoredCanaries(rollouts=rollouts, states=states, runs=runs, new=new)


def _put_aside(file: "tempfile.SpooledTemporaryFile[bytes]") -> Iterator[Observation]:
    while True:
        try:
            yield pickle.load(file)  # noqa: S301 - this process wrote it, to a file that no other one can open
        except EOFError:
            return


def store_ticks(
    store: Path, name: str, ticks: Collection[Tick], now: datetime, slow: Collection[Tick] = ()
) -> int:
    """Store what both arms of the canary with the id `name` counted, in one transaction.

    Returns how many of the ticks were not taken, since another word on them has more requests, or as many
    and fewer bad ones (`canary_ticks.record_ticks`).

    `slow` are the ticks of its slow requests. They take the place of what was counted of these pods in
    Prometheus, which is not asked for them any more: the same request would be evidence twice. What they do
    not tell of stays: without `slow` what Prometheus counted of slow requests, and all of it without `ticks`.

    Raises:
        InputError: the store knows no such canary, a tick is not of its time, or the store holds the demo.
        StoreError: the store cannot be used.
    """
    with open_for_writing(store) as connection, transaction(connection):
        refuse_demo(connection, store)
        canary = _canary(connection, name, now)
        if canary is None:
            raise InputError(
                f"canary: found {name!r}, expected one that the store knows{_such_as(connection, name, now)}"
            )
        _require_its_time(canary, (*ticks, *slow), now)
        if ticks:
            told = {Measure.ERRORS: ticks, Measure.SLOW: slow}
            canary_ticks.take_counts(connection, canary.rollout, canary.pod_hash, told, BY_FILE, now)
        return sum(
            _not_taken(connection, canary, measure, found)
            for measure, found in ((Measure.ERRORS, ticks), (Measure.SLOW, slow))
        )


def _not_taken(
    connection: sqlite3.Connection, canary: Canary, measure: Measure, told: Collection[Tick]
) -> int:
    times = [tick.at for tick in told if tick.at is not None]
    if not times:
        return 0
    since = min(times) - timedelta(microseconds=1)
    kept = canary_ticks.ticks_between(connection, canary.rollout, canary.pod_hash, since, max(times), measure)
    return len(set(told) - set(kept))


def _require_its_time(canary: Canary, ticks: Iterable[Tick], now: datetime) -> None:
    first, last = canary.began_at - _AROUND, (canary.ended_at or now) + _AROUND
    for tick in ticks:
        if tick.at is not None and not first <= tick.at <= last:
            raise InputError(
                f"at: found {tick.at.isoformat()}, expected a time of the canary {canary.id},"
                f" give or take a day: {first.isoformat()} to {last.isoformat()}"
            )


def _canary(connection: sqlite3.Connection, name: str, now: datetime) -> Canary | None:
    found = _canaries(connection, rollouts_of_id(name), now)
    return next((canary for canary in found if canary.id == name), None)


def _canaries(connection: sqlite3.Connection, rollouts: Iterable[str], now: datetime) -> Iterator[Canary]:
    """All canaries of `rollouts`, one Rollout after the other."""
    for rollout in rollouts:
        told = dict(canary_rollouts.states_by_rollout(connection, [rollout], now))
        runs = canary_history.runs_of(connection, [rollout], now)
        yield from canaries_of(in_order(told.get(rollout, [])), runs)


def _such_as(connection: sqlite3.Connection, name: str, now: datetime) -> str:
    """The newest ids that could be meant by `name`: of its Rollout, else of one that it names, else any."""
    known = list(_canaries(connection, rollouts_of_id(name), now))
    if not known:
        recent = canary_rollouts.changed_since(connection, now - _RECENT)
        every = list(_canaries(connection, recent, now))
        known = [canary for canary in every if canary.name in name] or every
    newest = sorted(known, key=lambda canary: canary.began_at, reverse=True)[:_IDS_SHOWN]
    shown = ", ".join(f"{canary.id} ({canary.namespace}/{canary.name})" for canary in newest)
    return f", the newest being {shown}" if shown else ": it knows none of the last 90 days"
