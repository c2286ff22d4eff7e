"""Reading the history: any window in two look-ups and a difference, the whole fleet in one query."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from dashboard.domain.event_counts import BUCKET_SECONDS, EventCounts, floor_to_bucket
from dashboard.domain.objective_status import SlidingCounts, SliHistory
from dashboard.domain.slo import Objective
from dashboard.store.sli import objective_ids

# `latest` is the newest complete bucket at the asked-for instant; every window ends with it. For each
# window the row before its first bucket is looked up; a window that reaches back before the history
# has none, and its running totals are zero.
_SPANS = """
WITH latest AS MATERIALIZED (
    SELECT wanted.value AS id,
           (SELECT bucket FROM sli WHERE objective_id = wanted.value AND bucket < ?2
            ORDER BY bucket DESC LIMIT 1) AS bucket
    FROM json_each(?1) AS wanted
)
SELECT latest.id, latest.bucket, length.value,
       coalesce(sli.good, 0), coalesce(sli.total, 0), coalesce(sli.measured, 0)
FROM latest CROSS JOIN json_each(?3) AS length
LEFT JOIN sli ON sli.objective_id = latest.id AND sli.bucket = (
    SELECT bucket FROM sli WHERE objective_id = latest.id AND bucket <= latest.bucket - length.value
    ORDER BY bucket DESC LIMIT 1)
WHERE latest.bucket IS NOT NULL
"""

_UNREAD = SliHistory(
    watermark=None, spans={}, sliding=None, partial=None, flagged=0, bad_through=lambda _instant: 0
)


def histories(
    connection: sqlite3.Connection,
    objectives: Sequence[Objective],
    windows: Iterable[timedelta],
    now: datetime,
) -> dict[str, SliHistory]:
    """What is known at `now` of each of `objectives`, by key: the counts over `windows` and its own window.

    `bad_through` of the results reads from `connection`, so it works while that is open.
    """
    ids = objective_ids(connection, objectives)
    now_bucket = int(floor_to_bucket(now).timestamp())
    lengths = {*windows, *(objective.window for objective in objectives)}
    spans = _spans(connection, list(ids.values()), now_bucket, lengths)
    sliding = _sliding(connection, now)
    partial_answers = dict(
        connection.execute(
            "SELECT id, partial FROM objectives WHERE partial_since <= ?", (int(now.timestamp()),)
        ).fetchall()
    )
    flagged = _flagged(connection, now_bucket)
    found = {}
    for objective in objectives:
        row_id = ids.get(objective.key)
        if row_id is None:
            found[objective.key] = _UNREAD
            continue
        watermark, counts = spans.get(row_id, (None, {}))
        found[objective.key] = SliHistory(
            watermark=watermark,
            spans=counts,
            sliding=sliding.get(row_id),
            partial=partial_answers.get(row_id),
            flagged=_count_since(flagged.get(row_id, ()), watermark, objective.window),
            bad_through=bad_through(connection, row_id),
        )
    return found


def bad_through(connection: sqlite3.Connection, row_id: int) -> Callable[[int], int]:
    """A function that gives all bad events of an objective up to an instant of the bucket grid."""
    return partial(_bad_through, connection, row_id)


def running_totals(
    connection: sqlite3.Connection, objective: Objective, instants: Sequence[int]
) -> list[EventCounts]:
    """The running totals of `objective` up to each of `instants` (unix seconds on the bucket grid)."""
    row_id = objective_ids(connection, [objective]).get(objective.key)
    return running_totals_of(connection, row_id, instants)


def running_totals_of(
    connection: sqlite3.Connection, row_id: int | None, instants: Sequence[int]
) -> list[EventCounts]:
    """As `running_totals`, of the objective with `row_id` (see `objective_ids`; None: nothing is known)."""
    rows = connection.execute(
        """
        SELECT coalesce(good, 0), coalesce(total, 0), coalesce(measured, 0)
        FROM json_each(?2) AS instant LEFT JOIN sli ON objective_id = ?1 AND bucket = (
            SELECT bucket FROM sli WHERE objective_id = ?1 AND bucket < instant.value
            ORDER BY bucket DESC LIMIT 1)
        ORDER BY instant.key
        """,
        (row_id, json.dumps(list(instants))),
    )
    return [EventCounts(good=good, total=total, buckets=measured) for good, total, measured in rows]


def flagged_by_fault(
    connection: sqlite3.Connection, objective: Objective, start: datetime | None, end: datetime
) -> dict[str, int]:
    """How many buckets of a span could not be counted, by fault; without a `start`, of the whole history."""
    row_id = objective_ids(connection, [objective]).get(objective.key)
    rows = connection.execute(
        "SELECT fault, count(*) FROM sli_flagged WHERE objective_id = ? AND bucket >= ? AND bucket < ?"
        " GROUP BY fault",
        (row_id, int(start.timestamp()) if start else 0, int(floor_to_bucket(end).timestamp())),
    )
    return dict(rows.fetchall())


def watermarks(connection: sqlite3.Connection, now: datetime) -> dict[int, int]:
    """The end (unix seconds) of the newest complete bucket at `now` of each objective, by its row id."""
    rows = connection.execute(
        "SELECT id, (SELECT max(bucket) FROM sli WHERE objective_id = o.id AND bucket < ?) FROM objectives o",
        (int(floor_to_bucket(now).timestamp()),),
    )
    return {row_id: bucket + BUCKET_SECONDS for row_id, bucket in rows if bucket is not None}


def newest_bucket_ends(connection: sqlite3.Connection, now: datetime) -> list[datetime]:
    """The end of the newest complete bucket of each objective that has one at `now`."""
    # Queries that have changed left their counts under a name with an @; those say nothing of today.
    rows = connection.execute(
        "SELECT (SELECT max(bucket) FROM sli WHERE objective_id = o.id AND bucket < ?)"
        " FROM objectives o WHERE instr(o.indicator, '@') = 0",
        (int(floor_to_bucket(now).timestamp()),),
    )
    return [_time(bucket + BUCKET_SECONDS) for (bucket,) in rows if bucket is not None]


def _spans(
    connection: sqlite3.Connection, ids: list[int], now_bucket: int, lengths: Iterable[timedelta]
) -> dict[int, tuple[datetime, dict[timedelta, EventCounts]]]:
    seconds = {int(length.total_seconds()): length for length in lengths}
    rows = connection.execute(_SPANS, (json.dumps(ids), now_bucket, json.dumps([0, *seconds]))).fetchall()
    newest = {
        row_id: (good, total, measured) for row_id, _, length, good, total, measured in rows if not length
    }
    spans: dict[int, tuple[datetime, dict[timedelta, EventCounts]]] = {}
    for row_id, bucket, length, good, total, measured in rows:
        if row_id not in spans:
            spans[row_id] = (_time(bucket + BUCKET_SECONDS), {})
        if length:
            through = newest[row_id]
            spans[row_id][1][seconds[length]] = EventCounts(
                good=through[0] - good, total=through[1] - total, buckets=through[2] - measured
            )
    return spans


def _sliding(connection: sqlite3.Connection, now: datetime) -> dict[int, SlidingCounts]:
    rows = connection.execute(
        "SELECT objective_id, at, good, total FROM sli_sliding WHERE at <= ?", (int(now.timestamp()),)
    )
    return {
        row_id: SlidingCounts(at=_time(at), counts=EventCounts(good=good, total=total, buckets=1))
        for row_id, at, good, total in rows
    }


def _flagged(connection: sqlite3.Connection, now_bucket: int) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for row_id, bucket in connection.execute(
        "SELECT objective_id, bucket FROM sli_flagged WHERE bucket < ?", (now_bucket,)
    ):
        found.setdefault(row_id, []).append(bucket)
    return found


def _count_since(buckets: Sequence[int], watermark: datetime | None, window: timedelta) -> int:
    since = 0 if watermark is None else int((watermark - window).timestamp())
    return sum(bucket >= since for bucket in buckets)


def _bad_through(connection: sqlite3.Connection, row_id: int, instant: int) -> int:
    row = connection.execute(
        "SELECT total - good FROM sli WHERE objective_id = ? AND bucket < ? ORDER BY bucket DESC LIMIT 1",
        (row_id, instant),
    ).fetchone()
    return row[0] if row else 0


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)
