"""The collector: every indicator for the whole fleet, from the watermark to now, chunk by chunk.

A chunk is one transaction that also moves the watermark, so a sync that is cut off at any point goes on
where it stopped and the store ends as if it had run once.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dashboard.domain.event_counts import BUCKET, BUCKET_SECONDS, floor_to_bucket
from dashboard.domain.slo import Catalogue, Indicator, Objective
from dashboard.errors import InputError, SourceUnreachableError
from dashboard.ingest.findings import Findings
from dashboard.ingest.prefetch import prefetched
from dashboard.ingest.sli import to_batch
from dashboard.sources.prometheus import AnswerError, FleetAnswer, Prometheus, TooMuchDataError
from dashboard.store import settings, sli, sli_history, sync_log
from dashboard.store.database import open_for_writing, transaction
from dashboard.store.sli import Recorded
from dashboard.store.sync_log import Problem, SyncOutcome, SyncRun

#: Buckets of one range query: a day, far below Prometheus' limit of 11,000 points.
_CHUNK_BUCKETS = 288
#: The smallest chunk that is still tried when Prometheus finds a larger one too much: an hour.
_SMALLEST_CHUNK = 12
#: How many buckets before the watermark are read again, since samples may arrive late.
_LATE_BUCKETS = 3

#: Called with the chunks done, the chunks in all, and what is being read.
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReport:
    """How a sync ended. `news` are the problems that were not there, or not the same, the last time."""

    outcome: SyncOutcome
    recorded: Recorded
    message: str
    news: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chunk:
    """One indicator over the buckets that end at `ends` (unix seconds)."""

    indicator: Indicator
    ends: range


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answers:
    """Good and total of one chunk, or why there is no answer."""

    chunk: _Chunk
    good: FleetAnswer | None = None
    total: FleetAnswer | None = None
    error: SourceUnreachableError | None = None


def sync(  # noqa: PLR0913 - one argument per fact
    store: Path,
    catalogue: Catalogue,
    source: Prometheus,
    *,
    now: datetime,
    backfill: timedelta,
    progress: Progress = lambda _done, _all, _what: None,
    stop: threading.Event | None = None,
) -> SyncReport:
    """Read what is new at `now` into `store`; objectives that were never read get `backfill` of history.

    Raises:
        InputError: the store holds the demo.
        StoreError: the store cannot be used.
    """
    stop = stop or threading.Event()
    began = time.monotonic()
    findings = Findings()
    recorded = Recorded()
    with open_for_writing(store) as connection:
        if settings.demo_as_of(connection) is not None:
            raise InputError(
                f"{store}: found the demo in this store, expected a store of its own for real data"
            )
        with transaction(connection):
            sli.ensure_objectives(connection, catalogue.objectives)
        chunks = _plan(connection, catalogue, now, backfill)
        for done, answers in enumerate(prefetched(_answers(source, chunks, findings), stop)):
            progress(done, len(chunks), answers.chunk.indicator.name)
            recorded += _store_chunk(connection, catalogue, answers, findings, now)
            if stop.is_set():
                break
        progress(len(chunks), len(chunks), "")
        if not findings.unreachable and not stop.is_set():
            _read_sliding(connection, catalogue, source, now, findings, stop)
        with transaction(connection):
            news = sync_log.replace_problems(connection, findings.problems(), now)
            outcome = findings.outcome()
            message = findings.summary()
            run = SyncRun(
                started_at=now,
                finished_at=now + timedelta(seconds=time.monotonic() - began),
                outcome=outcome,
                message=message,
                buckets=recorded.added + recorded.corrected + recorded.flagged,
            )
            sync_log.log_run(connection, run)
    return SyncReport(outcome=outcome, recorded=recorded, message=message, news=tuple(news))


def _plan(
    connection: sqlite3.Connection, catalogue: Catalogue, now: datetime, backfill: timedelta
) -> list[_Chunk]:
    """The chunks to read, oldest first, so that running totals are only ever appended to."""
    end = int(floor_to_bucket(now).timestamp())
    oldest = int(floor_to_bucket(now - backfill).timestamp())
    chunks = []
    known = sli_history.histories(connection, catalogue.objectives, (), now)
    for indicator in catalogue.indicators.values():
        objectives = _bound_to(catalogue, indicator)
        until = sync_log.synced_until(connection, indicator.name)
        starts = [
            oldest if reached is None else _resumed(reached, known[objective.key].watermark)
            for objective in objectives
            for reached in (until.get(objective.service),)
        ]
        ends = range(min(starts, default=end) + BUCKET_SECONDS, end + 1, BUCKET_SECONDS)
        chunks += [
            _Chunk(indicator=indicator, ends=ends[first : first + _CHUNK_BUCKETS])
            for first in range(0, len(ends), _CHUNK_BUCKETS)
        ]
    return sorted(chunks, key=lambda chunk: chunk.ends[0])


def _resumed(reached: int, measured: datetime | None) -> int:
    """Where to go on for an objective that was read up to `reached`: before what may still be late.

    What was missing or flagged since the last `measured` bucket is read again, unless that takes more than a
    chunk, so a source that was ill for up to a day heals and one that stays ill costs no more queries.
    """
    late = _LATE_BUCKETS * BUCKET_SECONDS
    last = reached if measured is None else min(reached, int(measured.timestamp()))
    within_a_chunk = reached - last <= _CHUNK_BUCKETS * BUCKET_SECONDS - 2 * late
    return (last if within_a_chunk else reached) - late


def _answers(source: Prometheus, chunks: list[_Chunk], findings: Findings) -> Iterator[_Answers]:
    """The answers to `chunks`, in order. An indicator that failed is not asked again in this sync."""
    for chunk in chunks:
        if findings.unreachable or chunk.indicator.name in findings.given_up:
            continue
        indicator = chunk.indicator
        try:
            good = _read(source, indicator, indicator.good, chunk.ends)
            total = _read(source, indicator, indicator.total, chunk.ends)
        except SourceUnreachableError as error:
            findings.failed(indicator.name, error, everything=not isinstance(error, AnswerError))
            yield _Answers(chunk=chunk, error=error)
            continue
        if good.warnings or total.warnings:
            findings.partial(indicator.name, (*good.warnings, *total.warnings))
        yield _Answers(chunk=chunk, good=good, total=total)


def _read(source: Prometheus, indicator: Indicator, query: str, ends: range) -> FleetAnswer:
    start, end = (datetime.fromtimestamp(moment, tz=UTC) for moment in (ends[0], ends[-1]))
    try:
        return source.range(_over_a_bucket(query), indicator.service_label, start, end)
    except TooMuchDataError:
        if len(ends) < 2 * _SMALLEST_CHUNK:
            raise
    middle = len(ends) // 2
    halves = [_read(source, indicator, query, half) for half in (ends[:middle], ends[middle:])]
    names = {name for half in halves for name in half.services}
    return FleetAnswer(
        services={
            name: {**halves[0].services.get(name, {}), **halves[1].services.get(name, {})} for name in names
        },
        warnings=halves[0].warnings + halves[1].warnings,
    )


def _store_chunk(
    connection: sqlite3.Connection,
    catalogue: Catalogue,
    answers: _Answers,
    findings: Findings,
    now: datetime,
) -> Recorded:
    if answers.good is None or answers.total is None:
        return Recorded()
    chunk, good, total = answers.chunk, answers.good, answers.total
    objectives = _bound_to(catalogue, chunk.indicator)
    warnings = good.warnings + total.warnings
    with transaction(connection):
        ids = sli.objective_ids(connection, objectives)
        seen = sli.good_through(connection, ids.values(), chunk.ends[0] - BUCKET_SECONDS)
        batches = {}
        for objective in objectives:
            of_good = good.services.get(objective.service, {})
            of_total = total.services.get(objective.service, {})
            kept = _still_good(connection, objective, chunk.ends, of_good, of_total)
            batches[objective] = to_batch(
                objective_id=ids[objective.key],
                good=of_good,
                total=of_total,
                ends=[end for end in chunk.ends if end not in kept] if kept else chunk.ends,
                good_seen_before=seen[ids[objective.key]] > 0,
                partial=bool(warnings),
            )
        recorded = sli.record(connection, batches.values())
        if warnings:
            sync_log.mark_partial(connection, ids.values(), "; ".join(dict.fromkeys(warnings)), now)
        else:
            sync_log.mark_synced(connection, ids.values(), chunk.ends[-1])
    findings.chunk_read(chunk.indicator.name, batches, good.services.keys() | total.services.keys())
    return recorded


def _still_good(
    connection: sqlite3.Connection,
    objective: Objective,
    ends: range,
    good: Mapping[int, float],
    total: Mapping[int, float],
) -> set[int]:
    """The buckets that lost their good series, but had good events when they were read before.

    A sample may come late, but none is ever taken back: that nothing was good cannot be true of these.
    """
    lost = [end for end in ends if end in total and end not in good]
    if not lost:
        return set()
    edges = [edge for end in lost for edge in (end - BUCKET_SECONDS, end)]
    through = sli_history.running_totals(connection, objective, edges)
    return {
        end
        for end, before, after in zip(lost, through[::2], through[1::2], strict=True)
        if after.good > before.good
    }


def _sliding_answers(
    source: Prometheus, catalogue: Catalogue, now: datetime, findings: Findings
) -> Iterator[tuple[list[Objective], FleetAnswer, FleetAnswer]]:
    """The five minutes before `now`: one instant query a side and indicator, for the fleet."""
    for indicator in catalogue.indicators.values():
        objectives = _bound_to(catalogue, indicator)
        if findings.unreachable or not objectives or indicator.name in findings.given_up:
            continue
        try:
            good, total = (
                source.instant(_over_a_bucket(query), indicator.service_label, now)
                for query in (indicator.good, indicator.total)
            )
        except SourceUnreachableError as error:
            findings.failed(indicator.name, error, everything=not isinstance(error, AnswerError))
            continue
        yield objectives, good, total


def _read_sliding(  # noqa: PLR0913, PLR0917 - one argument per fact
    connection: sqlite3.Connection,
    catalogue: Catalogue,
    source: Prometheus,
    now: datetime,
    findings: Findings,
    stop: threading.Event,
) -> None:
    """Store the burn of the five minutes before `now`."""
    at = int(now.timestamp())
    for objectives, good, total in prefetched(_sliding_answers(source, catalogue, now, findings), stop):
        partial = bool(good.warnings or total.warnings)
        with transaction(connection):
            ids = sli.objective_ids(connection, objectives)
            seen = sli.good_through(connection, ids.values(), at)
            for objective in objectives:
                row_id = ids[objective.key]
                batch = to_batch(
                    objective_id=row_id,
                    good=good.services.get(objective.service, {}),
                    total=total.services.get(objective.service, {}),
                    ends=range(at, at + 1),
                    good_seen_before=seen[row_id] > 0,
                    partial=partial,
                )
                if batch.measured:
                    sli.record_sliding(connection, row_id, at, batch.measured[0])


def _bound_to(catalogue: Catalogue, indicator: Indicator) -> list[Objective]:
    return [objective for objective in catalogue.objectives if objective.indicator == indicator.name]


def _over_a_bucket(query: str) -> str:
    return query.replace("{{bucket}}", f"{int(BUCKET.total_seconds())}s")
