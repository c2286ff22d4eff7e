"""Requests of canaries and their stable siblings: from Prometheus into the store, tick by tick.

What is asked for is only the pods of canaries that are under way, or ended since they were last counted: one
range query for many of them at once.
"""

import re
import sqlite3
import threading
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from dashboard.domain.canary.arm_counts import (
    ArmAnswers,
    ArmCounters,
    CountedTicks,
    counted_ticks,
    tick_ends,
)
from dashboard.domain.canary.canaries import canaries_of
from dashboard.domain.canary.canary import Canary
from dashboard.domain.canary.measure import Measure
from dashboard.domain.canary.rollouts import RolloutState, in_order
from dashboard.errors import SourceUnreachableError
from dashboard.ingest.findings import CANARY_COUNTS, Findings
from dashboard.sources.arm_query import SIDES, arm_labels, arm_query
from dashboard.sources.prometheus import Prometheus
from dashboard.sources.prometheus_answer import AnswerError, GroupedAnswer
from dashboard.store import canaries, canary_history, canary_rollouts, canary_ticks
from dashboard.store.canary_ticks import Uncounted
from dashboard.store.database import transaction

#: How many ticks before the last one are read again, since samples may arrive late.
_LATE_TICKS = 3
#: How far back ticks are read again that are not known, or in which nothing went well: the source may heal.
_HEALS = timedelta(hours=1)
#: Ticks of one range query, far below Prometheus' limit of 11,000 points, and the pods that it names: half as
#: many where it asks for twice as much, since it is as long as an address may be.
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
    whole: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """What tells its series from those of others."""
        return self.canary.namespace, self.canary.pod_hash


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """When `_Stretch`es are made: the instant, how far back, and the counters with their digest."""

    now: datetime
    since: datetime
    tick: timedelta
    measures: Collection[Measure]
    counted_by: str


def count_canaries(  # noqa: PLR0913, PLR0917 - one argument per fact
    connection: sqlite3.Connection,
    counters: ArmCounters,
    source: Prometheus,
    now: datetime,
    since: datetime,
    findings: Findings,
    stop: threading.Event,
) -> None:
    """Store what both arms of each canary that was seen since then counted up to `now`.

    One transaction a batch, which also moves the watermark: a sync that is cut off goes on where it stopped.
    What goes wrong is added to `findings`, and keeps no other batch from being read.
    """
    plan = _Plan(
        now=now,
        since=since,
        tick=counters.tick,
        measures=counters.by_measure,
        counted_by=counters.digest,
    )
    silent: dict[Measure, dict[str, str]] = {measure: {} for measure in plan.measures}
    stretches, ambiguous = _told_apart(_to_count(connection, plan))
    for batch in _batches(stretches, _MOST_PODS // len(plan.measures)):
        if stop.is_set():
            return
        try:
            answer = _asked(source, counters, batch)
        except SourceUnreachableError as error:
            everything = not isinstance(error, AnswerError)
            findings.failed(CANARY_COUNTS, error, everything=everything)
            if everything:
                return
            continue
        if answer.warnings:
            findings.partial(CANARY_COUNTS, answer.warnings)
            continue
        with transaction(connection):
            for stretch in batch:
                for measure, arms in _stored(connection, plan, stretch, answer).items():
                    silent[measure][f"{stretch.canary.namespace}/{stretch.canary.name}"] = arms
    findings.canaries_counted(silent, ambiguous)


def _to_count(connection: sqlite3.Connection, plan: _Plan) -> list[_Stretch]:
    """All that is to be counted, oldest first."""
    found: list[_Stretch] = []
    gone = canaries.gone(connection, plan.now)
    for pods in canary_ticks.uncounted(connection, plan.since):
        rollout = [pods.rollout]
        told = dict(canary_rollouts.states_by_rollout(connection, rollout, plan.now, since=plan.since))
        states = in_order(told.get(pods.rollout, []))
        runs = canary_history.runs_of(connection, rollout, plan.now, since=plan.since)
        tries = [
            canary
            for canary in canaries_of(states, runs, gone.get(pods.rollout))
            if canary.pod_hash == pods.pod_hash
        ]
        late = _LATE_TICKS * plan.tick
        whole = all(canary.ended_at is not None and canary.ended_at + late <= plan.now for canary in tries)
        stretches = [item for canary in tries for item in _stretches(canary, states, pods, plan)]
        if whole and stretches:
            stretches[-1] = replace(stretches[-1], whole=True)
        elif whole:
            with transaction(connection):
                canary_ticks.mark_counted(
                    connection,
                    pods.rollout,
                    pods.pod_hash,
                    plan.counted_by,
                    plan.now,
                    slow_by=pods.counted_by[Measure.SLOW],
                )
        found += stretches
    return sorted(found, key=lambda stretch: stretch.ends.start)


def _stretches(
    canary: Canary, states: Sequence[RolloutState], pods: Uncounted, plan: _Plan
) -> list[_Stretch]:
    """What of `canary` is still to be counted, in parts that Prometheus answers at once."""
    stable = _stable_hash(canary, states)
    if not (_POD_HASH.fullmatch(canary.pod_hash) and _POD_HASH.fullmatch(stable)):
        return []
    anew = any(pods.counted_by[measure] != plan.counted_by for measure in plan.measures)
    through = None if anew else pods.through
    start = plan.since if through is None else max(plan.since, through - _LATE_TICKS * plan.tick)
    ends = tick_ends(max(canary.began_at, start), min(canary.ended_at or plan.now, plan.now), plan.tick)
    return [
        _Stretch(
            canary=canary,
            stable_hash=stable,
            states=states,
            ends=ends[first : first + _MOST_TICKS],
        )
        for first in range(0, len(ends), _MOST_TICKS)
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


def _told_apart(stretches: Sequence[_Stretch]) -> tuple[list[_Stretch], set[str]]:
    """Those whose series are theirs alone, and the names of the others: clusters may run the same pods."""
    rollouts: dict[tuple[str, str], set[str]] = {}
    for stretch in stretches:
        rollouts.setdefault(stretch.key, set()).add(stretch.canary.rollout)
    alone = [stretch for stretch in stretches if len(rollouts[stretch.key]) == 1]
    shared = {f"{item.canary.namespace}/{item.canary.name}" for item in stretches if item not in alone}
    return alone, shared


def _batches(stretches: Sequence[_Stretch], most_pods: int) -> Iterator[list[_Stretch]]:
    """Stretches that are near to each other in time, as many as one query names."""
    batch: list[_Stretch] = []
    for stretch in stretches:
        ticks = range(batch[0].ends.start, stretch.ends.stop, stretch.ends.step) if batch else stretch.ends
        if batch and (2 * len(batch) >= most_pods or len(ticks) > _MOST_TICKS):
            yield batch
            batch = []
        batch.append(stretch)
    if batch:
        yield batch


def _asked(source: Prometheus, counters: ArmCounters, batch: Sequence[_Stretch]) -> GroupedAnswer:
    return source.grouped_range(
        arm_query(counters, {pods for item in batch for pods in (item.canary.pod_hash, item.stable_hash)}),
        arm_labels(counters),
        _moment(min(item.ends[0] for item in batch)),
        _moment(max(item.ends[-1] for item in batch)),
        counters.tick,
    )


def _stored(
    connection: sqlite3.Connection, plan: _Plan, stretch: _Stretch, answer: GroupedAnswer
) -> dict[Measure, str]:
    """Store one stretch; what of its arms there is, by measure, where of late nothing was found of it."""
    canary = stretch.canary
    arms = {measure: _arms(stretch, measure, answer) for measure in plan.measures}
    counted = {
        measure: counted_ticks(*both, stretch.ends, plan.tick, stretch.states, measure)
        for measure, both in arms.items()
    }
    last = _moment(stretch.ends[-1])
    through = last
    doubtful = [found.doubtful_from for found in counted.values() if found.doubtful_from is not None]
    if doubtful:
        through = max(last - _HEALS, min(last, _moment(min(doubtful)) - plan.tick))
    canary_ticks.take_counts(
        connection,
        canary.rollout,
        canary.pod_hash,
        {measure: found.ticks for measure, found in counted.items()},
        plan.counted_by,
        plan.now if stretch.whole else through,
        whole=stretch.whole,
    )
    return {
        measure: _told_of(stretch, arms[measure], SIDES[measure][0])
        for measure, found in counted.items()
        if _is_silent(stretch, found)
    }


def _arms(stretch: _Stretch, measure: Measure, answer: GroupedAnswer) -> tuple[ArmAnswers, ArmAnswers]:
    """What was counted of the canary and of its stable sibling."""
    good, total = SIDES[measure]
    of_canary, of_stable = (
        ArmAnswers(
            good=answer.series.get((stretch.canary.namespace, pods, good), {}),
            total=answer.series.get((stretch.canary.namespace, pods, total), {}),
        )
        for pods in (stretch.canary.pod_hash, stretch.stable_hash)
    )
    return of_canary, of_stable


def _is_silent(stretch: _Stretch, found: CountedTicks) -> bool:
    """Whether of the newest ticks none is known, though there was time."""
    newest = stretch.ends[-_LATE_TICKS - 1 :]
    known = {tick.at for tick in found.ticks}
    return len(newest) > _LATE_TICKS and not any(_moment(end) in known for end in newest)


def _told_of(stretch: _Stretch, arms: tuple[ArmAnswers, ArmAnswers], good: str) -> str:
    """Which of both arms has series, and which none of what is `good`."""
    names = (("canary", stretch.canary.pod_hash), ("stable", stretch.stable_hash))
    return ", ".join(
        f"pods {pods} of {arm} have {_some(found, good)}"
        for (arm, pods), found in zip(names, arms, strict=True)
    )


def _some(found: ArmAnswers, good: str) -> str:
    if not found.total:
        return "no series"
    return "some" if found.good else f"some, none of them {good}"


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)
