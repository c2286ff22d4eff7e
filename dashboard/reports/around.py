"""The service levels around a deployment: before it, while it was rolled out, and after it."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from dashboard.domain.event_counts import BUCKET_SECONDS, EventCounts, floor_to_bucket
from dashboard.domain.slo import Objective
from dashboard.store.sli_history import running_totals

#: How long before a deployment its service levels are looked at.
BEFORE = timedelta(hours=1)
#: How far its course reaches to either side of it.
COURSE = timedelta(hours=3)
#: Points of a chart: about what the pixels of a wide screen can show.
_MOST_POINTS = 720


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """The counts of one objective before, during and after a deployment, and its course around it.

    Before is the hour before it began, during from its beginning to its end, after the bake time; None when
    not a bucket of it was measured. `course` holds the share of bad events of each step by its end: of each
    5-minute bucket, or of several together when a deployment took very long.
    """

    objective: Objective
    before: EventCounts | None
    during: EventCounts | None
    after: EventCounts | None
    course: tuple[tuple[datetime, float | None], ...]


def around(
    connection: sqlite3.Connection,
    objective: Objective,
    span: tuple[datetime, datetime],
    bake_time: timedelta,
    now: datetime,
) -> Around:
    """`objective` around a deployment that began and ended with `span`; one in progress ends `now`."""
    began, ended = span
    spans = [(began - BEFORE, began), (began, ended), (ended, min(ended + bake_time, now))]
    grid = [_grid(start, end) for start, end in spans]
    first = int(floor_to_bucket(began - COURSE).timestamp())
    last = int(floor_to_bucket(min(ended + COURSE, now)).timestamp())
    buckets = max(0, last - first) // BUCKET_SECONDS
    step = max(1, -(-buckets // _MOST_POINTS)) * BUCKET_SECONDS
    instants = list(range(first, last + 1, step))
    wanted = sorted({*instants, *(edge for span in grid for edge in span)})
    totals = dict(zip(wanted, running_totals(connection, objective, wanted), strict=True))
    before, during, after = (_between(totals, start, end) for start, end in grid)
    course = [
        (datetime.fromtimestamp(end, tz=UTC), _ratio(totals[end] - totals[start]))
        for start, end in pairwise(instants)
    ]
    return Around(objective=objective, before=before, during=during, after=after, course=tuple(course))


def _grid(start: datetime, end: datetime) -> tuple[int, int]:
    """The whole buckets that `[start, end)` touches."""
    first = int(floor_to_bucket(start).timestamp())
    last = -(-int(end.timestamp()) // BUCKET_SECONDS) * BUCKET_SECONDS
    return first, max(first, last)


def _between(totals: Mapping[int, EventCounts], start: int, end: int) -> EventCounts | None:
    counts = totals[end] - totals[start]
    return counts if counts.buckets else None


def _ratio(counts: EventCounts) -> float | None:
    return counts.bad / counts.total if counts.total else None
