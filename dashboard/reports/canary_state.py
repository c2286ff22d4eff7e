"""The canaries that are under way, as a machine asks for them: one read, for a document or for metrics."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from dashboard.domain.canary.canary import Outcome
from dashboard.domain.canary.ladder import Ladder, ladder_of
from dashboard.domain.canary.measure import Measure
from dashboard.domain.canary.room import Room, room_of
from dashboard.domain.canary.sequential import ErrorJudgement, judge_errors, rule_for
from dashboard.domain.canary.ticks import Tick
from dashboard.domain.names import NameMap
from dashboard.reports.canary_metrics import spec_of
from dashboard.reports.canary_reading import NamedCanary, open_canaries, ticks_of
from dashboard.store import canaries as stored
from dashboard.store.canaries import SourceRead
from dashboard.store.database import open_for_reading


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricRoom:
    """A metric of a run that goes on; `room` is None where its spec cannot be read."""

    run: str
    metric: str
    dry_run: bool
    room: Room | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCanary:
    """A canary that is under way; `ladder` is None where its Rollout was not seen.

    `errors` is what the counts of both arms say, and `slow` what those of their slow requests do; None where
    they are not known.
    """

    named: NamedCanary
    ladder: Ladder | None
    rooms: tuple[MetricRoom, ...]
    errors: ErrorJudgement | None
    slow: ErrorJudgement | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryState:
    """What is under way at `as_of`, and how far the sources were read."""

    as_of: datetime
    under_way: tuple[OpenCanary, ...]
    reads: tuple[SourceRead, ...]


def shown_state(item: OpenCanary) -> str:
    """How it stands, in a word: how it was last seen, `unknown` where that is too long ago to tell."""
    return (Outcome.UNKNOWN if item.named.stale else item.named.canary.outcome).value


def canary_state(store: Path, names: NameMap, now: datetime) -> CanaryState:
    """The canaries that are under way at `now`.

    Raises:
        StoreError: the store is missing or cannot be read.
    """
    with open_for_reading(store) as connection:
        found = open_canaries(connection, names, now)
        counted = [
            {measure: ticks_of(connection, item.canary, now, measure) for measure in Measure}
            for item in found
        ]
        reads = stored.reads(connection)
    return CanaryState(
        as_of=now,
        under_way=tuple(
            OpenCanary(
                named=item,
                ladder=ladder_of(item.canary, now),
                rooms=tuple(_rooms(item)),
                errors=_judged(ticks[Measure.ERRORS], Measure.ERRORS),
                slow=_judged(ticks[Measure.SLOW], Measure.SLOW),
            )
            for item, ticks in zip(found, counted, strict=True)
        ),
        reads=tuple(reads),
    )


@lru_cache(maxsize=128)
def _judged(ticks: tuple[Tick, ...], measure: Measure) -> ErrorJudgement | None:
    """The verdict over `ticks`, None without any; metrics are scraped more often than there is a new tick."""
    return judge_errors(ticks, rule_for(measure)) if ticks else None


def _rooms(item: NamedCanary) -> Iterable[MetricRoom]:
    """The room of each metric of the runs that go on, by Argo's counters."""
    for run in item.canary.runs:
        if run.phase is not None and run.phase.is_final:
            continue
        spec, _ = spec_of(run)
        limits = {} if spec is None else {metric.name: metric.limits for metric in spec.metrics}
        for metric in run.metrics:
            known = limits.get(metric.name)
            yield MetricRoom(
                run=run.name,
                metric=metric.name,
                dry_run=metric.dry_run,
                room=None if known is None else room_of(metric, known),
            )
