"""What was known of objectives at many instants of the past, from the counts as they are known today."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dashboard.domain.event_counts import BUCKET_SECONDS, EventCounts, floor_to_bucket
from dashboard.domain.objective_status import SliHistory
from dashboard.domain.slo import Objective
from dashboard.store.sli import objective_ids
from dashboard.store.sli_history import running_totals_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PastHistories:
    """One objective at instants of the past, in their order.

    `begins` is the start of its oldest bucket, None when it has none: of what was before nothing is known.
    """

    begins: datetime | None
    at: tuple[SliHistory, ...]


def past_histories(
    connection: sqlite3.Connection,
    objectives: Iterable[Objective],
    windows: Iterable[timedelta],
    instants: Sequence[datetime],
) -> dict[str, PastHistories]:
    """What is known of each of `objectives`, by its key, at each of `instants` over `windows` and its own.

    Every window ends with the newest bucket that was complete then. It is two look-ups a window, however long
    the history is. The five minutes before a sync are kept of the last one only, so they are not in it.
    """
    listed, lengths = list(objectives), list(windows)
    ids = objective_ids(connection, listed)
    partial = {
        row_id: (since, warning)
        for row_id, since, warning in connection.execute(
            "SELECT id, partial_since, partial FROM objectives WHERE partial_since IS NOT NULL"
        )
    }
    found = {}
    for objective in listed:
        row_id = ids.get(objective.key)
        since, warning = partial.get(row_id or 0, (None, None))
        seconds = {int(length.total_seconds()): length for length in (*lengths, objective.window)}
        found[objective.key] = PastHistories(
            begins=_begins(connection, row_id),
            at=tuple(
                SliHistory(
                    watermark=None if end is None else datetime.fromtimestamp(end, tz=UTC),
                    spans=spans,
                    sliding=None,
                    partial=warning if since is not None and since <= instant.timestamp() else None,
                    flagged=0,
                    bad_through=_nothing_ahead,
                )
                for instant, (end, spans) in zip(
                    instants, _spans(connection, row_id, seconds, instants), strict=True
                )
            ),
        )
    return found


def _spans(
    connection: sqlite3.Connection,
    row_id: int | None,
    seconds: dict[int, timedelta],
    instants: Sequence[datetime],
) -> list[tuple[int | None, dict[timedelta, EventCounts]]]:
    """Where the windows at each instant end, and what was counted in each of them."""
    ends = _newest_ends(
        connection, row_id, [int(floor_to_bucket(instant).timestamp()) for instant in instants]
    )
    edges = [edge for end in ends if end is not None for edge in (end, *(end - length for length in seconds))]
    totals = iter(running_totals_of(connection, row_id, edges))
    found: list[tuple[int | None, dict[timedelta, EventCounts]]] = []
    for end in ends:
        if end is None:
            found.append((None, {}))
        else:
            through = next(totals)
            found.append((end, {length: through - next(totals) for length in seconds.values()}))
    return found


def _newest_ends(
    connection: sqlite3.Connection, row_id: int | None, instants: Sequence[int]
) -> list[int | None]:
    """The end of the newest bucket before each of `instants` (unix seconds); None where there is none."""
    rows = connection.execute(
        """
        SELECT (SELECT bucket FROM sli WHERE objective_id = ?1 AND bucket < instant.value
                ORDER BY bucket DESC LIMIT 1)
        FROM json_each(?2) AS instant ORDER BY instant.key
        """,
        (row_id, json.dumps(list(instants))),
    )
    return [None if bucket is None else bucket + BUCKET_SECONDS for (bucket,) in rows]


def _begins(connection: sqlite3.Connection, row_id: int | None) -> datetime | None:
    (bucket,) = connection.execute("SELECT min(bucket) FROM sli WHERE objective_id = ?", (row_id,)).fetchone()
    return None if bucket is None else datetime.fromtimestamp(bucket, tz=UTC)


def _nothing_ahead(_instant: int) -> int:
    """The past needs no forecast."""
    raise NotImplementedError
