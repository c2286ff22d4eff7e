"""What canaries and their stable siblings counted, tick by tick, and how far that was read."""

import sqlite3
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from dashboard.domain.canary.measure import Measure
from dashboard.domain.canary.ticks import Tick
from dashboard.store.moments import from_micros, to_micros

#: What counted a canary whose counts somebody gave: Prometheus is not asked for them.
BY_FILE = "file"
#: Between what counted the errors and what counted the slow requests, where these are not the same.
_BESIDE = "+"


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncounted:
    """Pods of a Rollout that were a canary's, of which something may still be to count.

    `through` is how far they were counted, and `counted_by` by which counters each measure; None: never.
    """

    rollout: str
    pod_hash: str
    through: datetime | None
    counted_by: Mapping[Measure, str | None]


def record_ticks(
    connection: sqlite3.Connection,
    rollout: str,
    pod_hash: str,
    ticks: Iterable[Tick],
    measure: Measure = Measure.ERRORS,
) -> None:
    """Store what both arms of a canary counted; of two words on one tick the one with more requests holds.

    A sample may come late, and none is ever taken back: of as many requests the one with fewer bad ones
    holds, which has seen more good ones. A tick without a time is not stored.
    """
    connection.executemany(
        "INSERT INTO canary_ticks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " canary_bad = excluded.canary_bad, canary_total = excluded.canary_total,"
        " stable_bad = excluded.stable_bad, stable_total = excluded.stable_total, weight = excluded.weight"
        " WHERE (excluded.canary_total + excluded.stable_total, -excluded.canary_bad, -excluded.stable_bad,"
        " coalesce(excluded.weight, -1)) > (canary_ticks.canary_total + canary_ticks.stable_total,"
        " -canary_ticks.canary_bad, -canary_ticks.stable_bad, coalesce(canary_ticks.weight, -1))",
        (
            (
                rollout,
                pod_hash,
                measure,
                to_micros(tick.at),
                tick.canary_bad,
                tick.canary_total,
                tick.stable_bad,
                tick.stable_total,
                tick.weight,
            )
            for tick in ticks
            if tick.at is not None
        ),
    )


def ticks_between(  # noqa: PLR0913, PLR0917 - one argument per fact
    connection: sqlite3.Connection,
    rollout: str,
    pod_hash: str,
    start: datetime,
    end: datetime,
    measure: Measure = Measure.ERRORS,
) -> tuple[Tick, ...]:
    """What both arms counted from `start` to `end`, in order of time."""
    rows = connection.execute(
        "SELECT at_us, canary_bad, canary_total, stable_bad, stable_total, weight FROM canary_ticks"
        " WHERE rollout = ? AND pod_hash = ? AND measure = ? AND at_us > ? AND at_us <= ? ORDER BY at_us",
        (rollout, pod_hash, measure, to_micros(start), to_micros(end)),
    )
    return tuple(
        Tick(
            at=from_micros(row[0]),
            canary_bad=row[1],
            canary_total=row[2],
            stable_bad=row[3],
            stable_total=row[4],
            weight=row[5],
        )
        for row in rows
    )


def forget_ticks(connection: sqlite3.Connection, rollout: str, pod_hash: str, measure: Measure) -> None:
    """Drop what was counted of a canary in `measure`.

    Inside the transaction that stores what takes its place.
    """
    connection.execute(
        "DELETE FROM canary_ticks WHERE rollout = ? AND pod_hash = ? AND measure = ?",
        (rollout, pod_hash, measure),
    )


def counted_by(
    connection: sqlite3.Connection, rollout: str, pod_hash: str, measure: Measure = Measure.ERRORS
) -> str | None:
    """By what a canary was counted last in `measure`; None: never."""
    found = connection.execute(
        "SELECT counted_by FROM canary_counted WHERE rollout = ? AND pod_hash = ?", (rollout, pod_hash)
    ).fetchone()
    return None if found is None else _by(found[0])[measure]


def _by(text: str | None) -> dict[Measure, str | None]:
    """What counted each measure."""
    errors, _, slow = (text or "").partition(_BESIDE)
    return {Measure.ERRORS: errors or None, Measure.SLOW: slow or errors or None}


def has_ticks(connection: sqlite3.Connection, rollout: str, pod_hash: str, measure: Measure) -> bool:
    """Whether anything of a canary was counted in `measure`."""
    found = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM canary_ticks WHERE rollout = ? AND pod_hash = ? AND measure = ?)",
        (rollout, pod_hash, measure),
    ).fetchone()
    return bool(found[0])


def uncounted(connection: sqlite3.Connection, since: datetime) -> list[Uncounted]:
    """The pods that were a canary's since then, and were not counted to the end of their last one."""
    rows = connection.execute(
        "SELECT seen.rollout, seen.pod_hash, through_us, counted_by FROM ("
        " SELECT rollout, pod_hash, max(at_us) AS newest_us FROM canary_rollouts"
        " WHERE pod_hash <> '' GROUP BY rollout, pod_hash"
        " HAVING max(pod_hash <> stable_hash AND stable_hash <> '') AND newest_us >= ?) AS seen"
        " LEFT JOIN canary_counted USING (rollout, pod_hash)"
        " WHERE through_us IS NULL OR NOT whole OR (newest_us > through_us AND counted_by NOT LIKE ?)"
        " UNION SELECT rollout, pod_hash, through_us, counted_by FROM canary_counted WHERE NOT whole"
        " ORDER BY 1, 2",
        (to_micros(since), f"{BY_FILE}%"),
    )
    return [
        Uncounted(
            rollout=rollout,
            pod_hash=pods,
            through=None if through is None else from_micros(through),
            counted_by=_by(by),
        )
        for rollout, pods, through, by in rows
    ]


def take_counts(  # noqa: PLR0913, PLR0917 - one argument per fact
    connection: sqlite3.Connection,
    rollout: str,
    pod_hash: str,
    told: Mapping[Measure, Collection[Tick]],
    by: str,
    through: datetime,
    *,
    whole: bool = True,
) -> None:
    """Store what `by` has `told` of a canary, in place of what others counted of the same measures.

    What it tells nothing of stays as others counted it.
    """
    before = {measure: counted_by(connection, rollout, pod_hash, measure) for measure in Measure}
    for measure, ticks in told.items():
        if ticks and before[measure] != by:
            forget_ticks(connection, rollout, pod_hash, measure)
        record_ticks(connection, rollout, pod_hash, ticks, measure)
    keeps_slow = not told.get(Measure.SLOW) and has_ticks(connection, rollout, pod_hash, Measure.SLOW)
    slow_by = before[Measure.SLOW] if keeps_slow else None
    mark_counted(connection, rollout, pod_hash, by, through, slow_by=slow_by, whole=whole)


def mark_counted(  # noqa: PLR0913 - one argument per fact
    connection: sqlite3.Connection,
    rollout: str,
    pod_hash: str,
    by: str,
    through: datetime,
    *,
    slow_by: str | None = None,
    whole: bool = True,
) -> None:
    """Remember that both arms were counted up to `through`, by what, and whether that is to its end.

    `slow_by` is what counted the slow requests that are kept, where it is not `by`.
    """
    told = by if slow_by in {None, by} else f"{by}{_BESIDE}{slow_by}"
    connection.execute(
        "INSERT INTO canary_counted VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " counted_by = excluded.counted_by, through_us = excluded.through_us, whole = excluded.whole",
        (rollout, pod_hash, told, to_micros(through), int(whole)),
    )
