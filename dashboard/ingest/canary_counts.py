"""Requests and errors of canaries and their stable siblings: from Prometheus into the store, tick by tick.

What is asked for is only the pods of canaries that are under way, or ended since they were last counted: two
range queries for many of them at once.
"""

import re
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dashboard.domain.canary.arm_counts import ArmAnswers, ArmQueries, counted_ticks, tick_ends
from dashboard.domain.canary.canaries import canaries_of
from dashboard.domain.canary.canary import Canary
from dashboard.domain.canary.rollouts import RolloutState, in_order
from dashboard.errors import SourceUnreachableError
from dashboard.ingest.findings import CANARY_COUNTS, Findings
from dashboard.sources.prometheus import Prometheus
from dashboard.sources.prometheus_answer import AnswerError, GroupedAnswer
from dashboard.store import canaries, canary_history, canary_rollouts, canary_ticks
from dashboard.store.database import transaction

#: How many ticks before the last one are read again, since samples may arrive late.
_LATE_TICKS = 3
#: Ticks of one range query, far below Prometheus' limit of 11,000 points, and the pods that it names.
_MOST_TICKS = 1_440
_MOST_PODS = 60
#: A hash as Kubernetes makes it; anything else would be a regular expression of somebody's.
_POD_HASH = re.compile(r"[a-z0-9]{1,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    """Ticks of one canary that are to be counted; `whole` when its pods are counted to their end by them."""

    canary: Canary
    stable_hash: str
    states: Sequence[RolloutState]
    ends: range
    whole: bool


def count_canaries(  # noqa: PLR0913, PLR0917 - one argument per fact
    connection: sqlite3.Connection,
    queries: ArmQueries,
    source: Prometheus,
    now: datetime,
    since: datetime,
    findings: Findings,
    stop: threading.Event,
) -> None:
    """Store what both arms of each canary that was seen since then counted up to `now`.

    One transaction a batch, which also moves the watermark: a sync that is cut off goes on where it stopped.
    What goes wrong is added to `findings`.
    """
    silent: set[str] = set()
    for batch in _batches(_to_count(connection, queries.tick, now, since)):
        if stop.is_set():
            return
        try:
            good, total = (_asked(source, queries, query, batch) for query in (queries.good, queries.total))
        except SourceUnreachableError as error:
            findings.failed(CANARY_COUNTS, error, everything=not isinstance(error, AnswerError))
            return
        if good.warnings or total.warnings:
            findings.partial(CANARY_COUNTS, (*good.warnings, *total.warnings))
            return
        with transaction(connection):
            for stretch in batch:
                if not _stored(connection, queries.tick, stretch, good, total):
                    silent.add(f"{stretch.canary.namespace}/{stretch.canary.name}")
    findings.canaries_counted(silent)


def _to_count(
    connection: sqlite3.Connection, tick: timedelta, now: datetime, since: datetime
) -> list[_Stretch]:
    """All that is to be counted, oldest first."""
    found: list[_Stretch] = []
    gone = canaries.gone(connection, now)
    for pods in canary_ticks.uncounted(connection, since):
        rollout = [pods.rollout]
        told = dict(canary_rollouts.states_by_rollout(connection, rollout, now, since=since))
        states = in_order(told.get(pods.rollout, []))
        runs = canary_history.runs_of(connection, rollout, now, since=since)
        tries = [
            canary
            for canary in canaries_of(states, runs, gone.get(pods.rollout))
            if canary.pod_hash == pods.pod_hash
        ]
        late = _LATE_TICKS * tick
        whole = all(canary.ended_at is not None and canary.ended_at + late <= now for canary in tries)
        again = since if pods.through is None else max(since, pods.through - late)
        stretches = [item for canary in tries for item in _stretches(canary, states, tick, again, now, whole)]
        if whole and not stretches:
            with transaction(connection):
                canary_ticks.mark_counted(connection, pods.rollout, pods.pod_hash, now, whole=True)
        found += stretches
    return sorted(found, key=lambda stretch: stretch.ends.start)


def _stretches(  # noqa: PLR0913, PLR0917 - one argument per fact
    canary: Canary,
    states: Sequence[RolloutState],
    tick: timedelta,
    again: datetime,
    now: datetime,
    whole: bool,  # noqa: FBT001 - see above
) -> list[_Stretch]:
    """What of `canary` is to be counted from `again` on, in parts that Prometheus answers at once."""
    stable = _stable_hash(canary, states)
    if not (_POD_HASH.fullmatch(canary.pod_hash) and _POD_HASH.fullmatch(stable)):
        return []
    ends = tick_ends(max(canary.began_at, again), min(canary.ended_at or now, now), tick)
    parts = [ends[first : first + _MOST_TICKS] for first in range(0, len(ends), _MOST_TICKS)]
    return [
        _Stretch(
            canary=canary, stable_hash=stable, states=states, ends=part, whole=whole and part == parts[-1]
        )
        for part in parts
    ]


def _stable_hash(canary: Canary, states: Sequence[RolloutState]) -> str:
    """The hash of the pods that it was to take the place of; empty where nobody saw it beside them."""
    beside = [
        state.stable_hash
        for state in states
        if state.pod_hash == canary.pod_hash and state.stable_hash not in {"", canary.pod_hash}
        if state.at <= (canary.ended_at or state.at)
    ]
    return beside[-1] if beside else ""


def _batches(stretches: Sequence[_Stretch]) -> Iterator[list[_Stretch]]:
    """Stretches that are near to each other in time, as many as one query names."""
    batch: list[_Stretch] = []
    for stretch in stretches:
        ticks = range(batch[0].ends.start, stretch.ends.stop, stretch.ends.step) if batch else stretch.ends
        if batch and (2 * len(batch) >= _MOST_PODS or len(ticks) > _MOST_TICKS):
            yield batch
            batch = []
        batch.append(stretch)
    if batch:
        yield batch


def _asked(source: Prometheus, queries: ArmQueries, query: str, batch: Sequence[_Stretch]) -> GroupedAnswer:
    pods = sorted({pods for item in batch for pods in (item.canary.pod_hash, item.stable_hash)})
    text = query.replace("{{range}}", f"{int(queries.range.total_seconds())}s")
    answer = source.grouped_range(
        text.replace("{{pod_hashes}}", "|".join(pods)),
        (queries.namespace_label, queries.pod_hash_label),
        _moment(min(item.ends[0] for item in batch)),
        _moment(max(item.ends[-1] for item in batch)),
        queries.tick,
    )
    scaled = {
        names: {end: value * queries.scale for end, value in values.items()}
        for names, values in answer.series.items()
    }
    return GroupedAnswer(series=scaled, warnings=answer.warnings)


def _stored(
    connection: sqlite3.Connection,
    tick: timedelta,
    stretch: _Stretch,
    good: GroupedAnswer,
    total: GroupedAnswer,
) -> bool:
    """Store one stretch; False when nothing was ever counted of these pods, though there was time for it.

    Such ones are asked for from their beginning again: the queries may be wrong, and right the next time.
    """
    canary = stretch.canary
    of_canary, of_stable = (
        ArmAnswers(good=good.series.get(names, {}), total=total.series.get(names, {}))
        for names in ((canary.namespace, canary.pod_hash), (canary.namespace, stretch.stable_hash))
    )
    ticks = counted_ticks(of_canary, of_stable, stretch.ends, tick, stretch.states)
    canary_ticks.record_ticks(connection, canary.rollout, canary.pod_hash, ticks)
    known = canary_ticks.are_known(connection, canary.rollout, canary.pod_hash)
    if known or stretch.whole:
        through = _moment(stretch.ends[-1])
        canary_ticks.mark_counted(connection, canary.rollout, canary.pod_hash, through, whole=stretch.whole)
    return known or len(stretch.ends) <= _LATE_TICKS


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)
