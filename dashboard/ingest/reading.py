"""What a sync asks the source: the chunks since the watermark, and the five minutes before now."""

import hashlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dashboard.domain.event_counts import BUCKET, BUCKET_SECONDS, floor_to_bucket
from dashboard.domain.slo import Catalogue, Indicator, Objective
from dashboard.errors import SourceUnreachableError
from dashboard.ingest.findings import Findings
from dashboard.sources.prometheus import Prometheus
from dashboard.sources.prometheus_answer import AnswerError, FleetAnswer, TooMuchDataError
from dashboard.store import settings, sli, sli_history, sync_log

#: Buckets of one range query: a day, far below Prometheus' limit of 11,000 points.
_CHUNK_BUCKETS = 288
_DIGEST_LENGTH = 16
#: The smallest chunk that is still tried when Prometheus finds a larger one too much: an hour.
_SMALLEST_CHUNK = 12
#: How many buckets before the watermark are read again, since samples may arrive late.
_LATE_BUCKETS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """One indicator over the buckets that end at `ends` (unix seconds)."""

    indicator: Indicator
    ends: range


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Good and total of one chunk, or why there is no answer."""

    chunk: Chunk
    good: FleetAnswer | None = None
    total: FleetAnswer | None = None
    error: SourceUnreachableError | None = None


def prepare(connection: sqlite3.Connection, catalogue: Catalogue, now: datetime, backfill: timedelta) -> None:
    """Bring the store's objectives in line with the catalogue, inside the caller's transaction.

    Counts of queries that have changed since are set aside, objectives that are new are added, and those
    that are wanted from further back than they were read begin anew.
    """
    for indicator in catalogue.indicators.values():
        text = repr((indicator.good, indicator.total, indicator.service_label))
        digest = hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]
        known = settings.swap_query_digest(connection, indicator.name, digest)
        if known not in {None, digest}:
            sync_log.retire(connection, indicator.name, str(known), digest)
    sli.ensure_objectives(connection, catalogue.objectives)
    sync_log.want_from(connection, int(floor_to_bucket(now - backfill).timestamp()), now)


def plan(
    connection: sqlite3.Connection, catalogue: Catalogue, now: datetime, backfill: timedelta
) -> list[Chunk]:
    """The chunks to read, oldest first, so that running totals are only ever appended to."""
    end = int(floor_to_bucket(now).timestamp())
    oldest = int(floor_to_bucket(now - backfill).timestamp())
    chunks = []
    known = sli_history.histories(connection, catalogue.objectives, (), now)
    for indicator in catalogue.indicators.values():
        objectives = bound_to(catalogue, indicator)
        until = sync_log.synced_until(connection, indicator.name)
        # Nothing was ever measured: the query, the label or the address was wrong, and may be right now.
        if all(known[objective.key].watermark is None for objective in objectives):
            until = {}
        starts = [
            oldest if reached is None else _resumed(reached, known[objective.key].watermark)
            for objective in objectives
            for reached in (until.get(objective.service),)
        ]
        ends = range(min(starts, default=end) + BUCKET_SECONDS, end + 1, BUCKET_SECONDS)
        chunks += [
            Chunk(indicator=indicator, ends=ends[first : first + _CHUNK_BUCKETS])
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


def answers(source: Prometheus, chunks: list[Chunk], findings: Findings) -> Iterator[Answers]:
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
            yield Answers(chunk=chunk, error=error)
            continue
        if good.warnings or total.warnings:
            findings.partial(indicator.name, (*good.warnings, *total.warnings))
        yield Answers(chunk=chunk, good=good, total=total)


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


def sliding_answers(
    source: Prometheus, catalogue: Catalogue, now: datetime, findings: Findings
) -> Iterator[tuple[list[Objective], FleetAnswer, FleetAnswer]]:
    """The five minutes before `now`: one instant query a side and indicator, for the fleet."""
    for indicator in catalogue.indicators.values():
        objectives = bound_to(catalogue, indicator)
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


def bound_to(catalogue: Catalogue, indicator: Indicator) -> list[Objective]:
    """The objectives that `indicator` measures."""
    return [objective for objective in catalogue.objectives if objective.indicator == indicator.name]


def _over_a_bucket(query: str) -> str:
    return query.replace("{{bucket}}", f"{int(BUCKET.total_seconds())}s")
