"""When Rollouts were last seen, by the sources that have them and by the times that objects name."""

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime

from dashboard.store.moments import from_micros, to_micros

_MOST_NAMES = 500


def confirmed(
    connection: sqlite3.Connection, rollouts: Sequence[str], until: datetime
) -> dict[str, datetime]:
    """When a source that has each Rollout was last read whole, up to `until`.

    One that is gone by now was still there at `until` if it went later.
    """
    found: dict[str, datetime] = {}
    for some in _parts(rollouts):
        rows = connection.execute(
            "SELECT p.rollout, max(min(coalesce(p.gone_us, r.read_us), ?)) FROM canary_presence p"  # noqa: S608 - only placeholders
            " LEFT JOIN canary_reads r ON r.source = p.source"
            f" WHERE p.rollout IN ({_marks(some)}) AND coalesce(p.gone_us, r.read_us) IS NOT NULL"
            " GROUP BY p.rollout",
            (to_micros(until), *some),
        )
        found |= {rollout: from_micros(at) for rollout, at in rows}
    return found


def newest_of_runs(
    connection: sqlite3.Connection, rollouts: Sequence[str], until: datetime
) -> dict[tuple[str, str], datetime]:
    """The newest time, up to `until`, that the runs of each Rollout and hash of pods name."""
    found: dict[tuple[str, str], datetime] = {}
    for some in _parts(rollouts):
        rows = connection.execute(
            "SELECT rollout, pod_hash, max(min(newest_us, ?)) FROM canary_runs"  # noqa: S608 - only placeholders
            f" WHERE rollout IN ({_marks(some)}) AND newest_us > 0 GROUP BY rollout, pod_hash",
            (to_micros(until), *some),
        )
        found |= {(rollout, pod_hash): from_micros(at) for rollout, pod_hash, at in rows}
    return found


def replaced(connection: sqlite3.Connection, rollouts: Sequence[str], until: datetime) -> dict[str, datetime]:
    """Those of `rollouts` that another one of their name took the place of, and when that was made.

    A name is one Rollout's at a time, so one that was made after the last that is known of another has taken
    its place; unless a source still has that other one: then it is of another cluster.
    """
    found: dict[str, datetime] = {}
    for some in _parts(rollouts):
        rows = connection.execute(
            "WITH old AS (SELECT rollout, namespace, name, max(at_us) AS last_us FROM canary_rollouts a"  # noqa: S608 - only placeholders
            f" WHERE rollout IN ({_marks(some)}) AND at_us <= ? AND NOT EXISTS"
            "  (SELECT 1 FROM canary_presence p WHERE p.rollout = a.rollout AND p.gone_us IS NULL)"
            "  GROUP BY rollout)"
            " SELECT old.rollout, min(json_extract(new.body, '$.created')) FROM old"
            " JOIN canary_rollouts new ON new.namespace = old.namespace AND new.name = old.name"
            " AND new.rollout != old.rollout AND new.at_us > old.last_us AND new.at_us <= ?"
            " WHERE json_extract(new.body, '$.created') > old.last_us GROUP BY old.rollout",
            (*some, to_micros(until), to_micros(until)),
        )
        found |= {rollout: from_micros(at) for rollout, at in rows}
    return found


def _parts(rollouts: Sequence[str]) -> Iterator[Sequence[str]]:
    """As many at a time as SQLite takes in one question."""
    for first in range(0, len(rollouts), _MOST_NAMES):
        yield rollouts[first : first + _MOST_NAMES]


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))
