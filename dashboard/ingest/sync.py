"""The collector: every indicator for the whole fleet, from the watermark to now, chunk by chunk.

A chunk is one transaction that also moves the watermark, so a sync that is cut off at any point goes on
where it stopped and the store ends as if it had run once.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from dashboard.domain.event_counts import BUCKET_SECONDS
from dashboard.domain.slo import Catalogue, Objective
from dashboard.errors import InputError
from dashboard.ingest import reading
from dashboard.ingest.canary_counts import count_canaries
from dashboard.ingest.findings import CANARY_COUNTS, Findings
from dashboard.ingest.prefetch import prefetched
from dashboard.ingest.sli import to_batch
from dashboard.sources.prometheus import Prometheus
from dashboard.store import settings, sli, sli_history, sync_log
from dashboard.store.database import open_for_writing, transaction
from dashboard.store.sli import Recorded
from dashboard.store.sync_log import Problem, SyncOutcome, SyncRun

#: Called with the chunks done, the chunks in all, and what is being read.
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReport:
    """How a sync ended, with the `problems` it met; `news` are those that the last sync did not meet."""

    outcome: SyncOutcome
    recorded: Recorded
    message: str
    problems: tuple[Problem, ...]
    news: tuple[Problem, ...]


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
                f"{store}: found the demo in this store, expected a store of its own for real data (--store)"
            )
        with transaction(connection):
            reading.prepare(connection, catalogue, now, backfill)
        chunks = reading.plan(connection, catalogue, now, backfill)
        asked = reading.answers(source, chunks, findings)
        for done, answers in enumerate(prefetched(asked, stop)):
            progress(done, len(chunks), answers.chunk.indicator.name)
            recorded += _store_chunk(connection, catalogue, answers, findings, now)
            if stop.is_set():
                break
        if not findings.unreachable and not stop.is_set():
            progress(len(chunks), len(chunks), "")
            _read_sliding(connection, catalogue, source, now, findings, stop)
        _count_canaries(connection, catalogue, source, now, backfill, findings, stop)
        findings.stopped = stop.is_set()
        with transaction(connection):
            unread = (catalogue.indicators.keys() | {CANARY_COUNTS}) - findings.read
            problems = findings.problems()
            news = sync_log.replace_problems(connection, problems, now, unread=unread)
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
    return SyncReport(
        outcome=outcome, recorded=recorded, message=message, problems=tuple(problems), news=tuple(news)
    )


def _store_chunk(
    connection: sqlite3.Connection,
    catalogue: Catalogue,
    answers: reading.Answers,
    findings: Findings,
    now: datetime,
) -> Recorded:
    if answers.good is None or answers.total is None:
        return Recorded()
    chunk, good, total = answers.chunk, answers.good, answers.total
    objectives = reading.bound_to(catalogue, chunk.indicator)
    warnings = good.warnings + total.warnings
    with transaction(connection):
        ids = sli.objective_ids(connection, objectives)
        seen = sli.good_through(connection, ids.values(), chunk.ends[0] - BUCKET_SECONDS)
        batches, ends = {}, list(chunk.ends)
        for objective in objectives:
            of_good = good.services.get(objective.service, {})
            of_total = total.services.get(objective.service, {})
            kept = _still_good(connection, objective, ends, of_good, of_total)
            batches[objective] = to_batch(
                objective_id=ids[objective.key],
                good=of_good,
                total=of_total,
                ends=[end for end in ends if end not in kept] if kept else ends,
                good_seen_before=seen[ids[objective.key]] > 0,
                partial=bool(warnings),
            )
        recorded = sli.record(connection, batches.values())
        if warnings:
            sync_log.mark_partial(connection, ids.values(), "; ".join(dict.fromkeys(warnings)), now)
        else:
            sync_log.mark_synced(connection, ids.values(), chunk.ends[-1])
    answered = good.services.keys() | total.services.keys()
    findings.chunk_read(chunk.indicator.name, batches, answered, catalogue.services)
    return recorded


def _still_good(
    connection: sqlite3.Connection,
    objective: Objective,
    ends: Sequence[int],
    good: Mapping[int, float],
    total: Mapping[int, float],
) -> set[int]:
    """The buckets that lost their good series, but had good events when they were read before.

    A sample may come late, but none is ever taken back: that nothing was good cannot be true of these.
    """
    if good.keys() == total.keys():
        return set()
    lost = [end for end in ends if end in total and end not in good]
    edges = [edge for end in lost for edge in (end - BUCKET_SECONDS, end)]
    through = sli_history.running_totals(connection, objective, edges)
    return {
        end
        for end, before, after in zip(lost, through[::2], through[1::2], strict=True)
        if after.good > before.good
    }


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
    for objectives, good, total in prefetched(
        reading.sliding_answers(source, catalogue, now, findings), stop
    ):
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


def _count_canaries(  # noqa: PLR0913, PLR0917 - one argument per fact
    connection: sqlite3.Connection,
    catalogue: Catalogue,
    source: Prometheus,
    now: datetime,
    backfill: timedelta,
    findings: Findings,
    stop: threading.Event,
) -> None:
    if catalogue.canary_counts is None:
        findings.canaries_counted({}, set())
    elif not findings.unreachable and not stop.is_set():
        count_canaries(connection, catalogue.canary_counts, source, now, now - backfill, findings, stop)
