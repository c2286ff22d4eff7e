"""Canaries as they stood at an instant: states and runs from the store, joined, under our names."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dashboard.domain.canary.analysis_runs import AnalysisRunState, run_as_of
from dashboard.domain.canary.canaries import canaries_of
from dashboard.domain.canary.canary import Canary, Outcome, rollouts_of_id
from dashboard.domain.canary.measure import Measure
from dashboard.domain.canary.rollouts import RolloutState, in_order
from dashboard.domain.canary.sighting import Sighting, sighting
from dashboard.domain.canary.ticks import Tick
from dashboard.domain.names import NameMap
from dashboard.domain.periods import Period
from dashboard.store import canaries, canary_history, canary_rollouts, canary_sightings, canary_ticks

#: A canary that began before a period, and whose first runs are not read, would seem to begin in it.
_LONGEST_CANARY = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedCanary:
    """A canary of `service` (None: none of ours is called so) in our `environment`.

    `seen` is when one that is under way was last seen, None of one that has ended. One that is `stale` was
    not seen for so long that how it stands is unknown: its outcome is what it was then.
    """

    canary: Canary
    service: str | None
    environment: str
    seen: Sighting | None = None
    stale: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRun:
    """An AnalysisRun that belongs to no Rollout, of `service` as far as its names tell."""

    run: AnalysisRunState
    service: str | None
    environment: str


def ticks_of(
    connection: sqlite3.Connection, canary: Canary, now: datetime, measure: Measure = Measure.ERRORS
) -> tuple[Tick, ...]:
    """What both arms of `canary` counted from its beginning to its end, or `now`, in order of time."""
    end = canary.ended_at or now
    return canary_ticks.ticks_between(
        connection, canary.rollout, canary.pod_hash, canary.began_at, end, measure
    )


def open_canaries(connection: sqlite3.Connection, names: NameMap, now: datetime) -> list[NamedCanary]:
    """The canaries that were under way at `now`, the oldest first."""
    hashes = canary_rollouts.unsettled(connection, now)
    for rollout, of_runs in canary_history.running(connection, now).items():
        hashes[rollout] = hashes.get(rollout, set()) | of_runs
    states = canary_rollouts.states_of_hashes(connection, hashes, now)
    runs = canary_history.runs_of_hashes(connection, hashes, now)
    found = _joined(connection, states, runs, names, now)
    return [item for item in found if item.canary.outcome.is_open]


def canaries_between(
    connection: sqlite3.Connection,
    names: NameMap,
    period: Period,
    now: datetime,
    rollouts: Sequence[str] | None = None,
) -> list[NamedCanary]:
    """The canaries that began in `period`, up to `now`, the oldest first; of all Rollouts, or of some."""
    since = period.start - _LONGEST_CANARY
    chosen = rollouts
    if chosen is None:
        until = min(period.end, now)
        changed = set(canary_rollouts.changed_since(connection, period.start))
        chosen = sorted(changed.union(canary_history.rollouts_between(connection, period.start, until)))
    states = canary_rollouts.states_by_rollout(connection, chosen, now, since=since)
    runs = canary_history.runs_of(connection, chosen, now, since=since)
    found = _joined(connection, states, runs, names, now)
    return [item for item in found if period.holds(item.canary.began_at)]


def canary_named(
    connection: sqlite3.Connection, names: NameMap, name: str, now: datetime
) -> NamedCanary | None:
    """The canary with the id `name`, as it stood at `now`; None when the store knows none."""
    for candidate in rollouts_of_id(name):
        states = canary_rollouts.states_by_rollout(connection, [candidate], now)
        runs = canary_history.runs_of(connection, [candidate], now)
        for item in _joined(connection, states, runs, names, now):
            if item.canary.id == name:
                return item
    return None


def runs_alone(
    connection: sqlite3.Connection, names: NameMap, period: Period, now: datetime
) -> list[NamedRun]:
    """The runs that began in `period` and belong to no Rollout, the oldest first."""
    runs = canary_history.runs_alone_between(connection, period.start, min(period.end, now))
    return [
        NamedRun(run=seen, service=_service(run.names, names), environment=names.environment(run.environment))
        for run in runs
        if (seen := run_as_of(run, now)) is not None
    ]


def with_measurements(
    connection: sqlite3.Connection, runs: Iterable[AnalysisRunState], now: datetime
) -> list[AnalysisRunState]:
    """`runs` with every measurement up to `now`."""
    whole = canary_history.with_measurements(connection, list(runs))
    return [seen for run in whole if (seen := run_as_of(run, now)) is not None]


def _joined(
    connection: sqlite3.Connection,
    states: Iterable[tuple[str, list[RolloutState]]],
    runs: Iterable[AnalysisRunState],
    names: NameMap,
    now: datetime,
) -> list[NamedCanary]:
    ordered = {rollout: in_order(told) for rollout, told in states}
    of_rollout: dict[str, list[AnalysisRunState]] = {}
    for run in runs:
        seen = run_as_of(run, now)
        if seen is not None:
            of_rollout.setdefault(run.rollout or "", []).append(seen)
    gone = canaries.gone(connection, now)
    found = [
        canary
        for rollout in dict.fromkeys((*ordered, *of_rollout))
        for canary in canaries_of(ordered.get(rollout, []), of_rollout.get(rollout, []), gone.get(rollout))
    ]
    return sorted(
        (_named(canary, seen, names, now) for canary, seen in _seen(connection, found, gone, now)),
        key=lambda item: (item.canary.began_at, item.canary.id),
    )


def _seen(
    connection: sqlite3.Connection, found: Sequence[Canary], gone: Mapping[str, datetime], now: datetime
) -> Iterator[tuple[Canary, Sighting | None]]:
    """Each canary, with when one that is under way was last seen; one that nobody sees any more has ended."""
    rollouts = list(dict.fromkeys(canary.rollout for canary in found if canary.outcome.is_open))
    gone = {**canary_sightings.replaced(connection, rollouts, now), **gone}
    confirmed = canary_sightings.confirmed(connection, rollouts, now)
    of_runs = canary_sightings.newest_of_runs(connection, rollouts, now)
    for canary in found:
        if not canary.outcome.is_open:
            yield canary, None
            continue
        told = [canary.began_at, of_runs.get((canary.rollout, canary.pod_hash))]
        told += [None if canary.state is None else canary.state.at]
        named = max(moment for moment in told if moment is not None)
        seen = sighting(confirmed.get(canary.rollout), named)
        if canary.rollout in gone:
            yield replace(canary, outcome=Outcome.GONE, ended_at=gone[canary.rollout]), None
        elif seen.is_given_up(now):
            yield replace(canary, outcome=Outcome.UNKNOWN), None
        else:
            yield canary, seen


def _named(canary: Canary, seen: Sighting | None, names: NameMap, now: datetime) -> NamedCanary:
    candidates = (*canary.names, *(name for run in canary.runs for name in run.names))
    return NamedCanary(
        canary=canary,
        service=_service(candidates, names),
        environment=names.environment(canary.environment),
        seen=seen,
        stale=seen is not None and seen.is_stale(now),
    )


def _service(candidates: Iterable[str], names: NameMap) -> str | None:
    known = (names.service(name) for name in candidates)
    return next((name for name in known if name is not None), None)
