"""AnalysisRuns read back: of a service or a Rollout, of a time, with or without what they measured."""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

import orjson

from dashboard.domain.canary.analysis_runs import AnalysisRunState, MetricState, SeenMeasurement, joined
from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.replay.analysis import RecordedMeasurement
from dashboard.domain.canary.replay.metric_phase import Counts
from dashboard.store.moments import from_micros_or_none, to_micros
from dashboard.store.portions import portions

_COLUMNS = (
    "id, run, namespace, name, names, environment, rollout, owner_kind, owner, pod_hash, revision, site,"
    " step_index, created_us, started_us, completed_us, newest_us, phase, message, terminated, spec,"
    " resource_version"
)
_METRICS = (
    "run_id, metric, phase, message, dry_run, successful, failed, inconclusive, error, consecutive_error,"
    " consecutive_success"
)
_PHASES = {phase.value: phase for phase in Phase}
_UNKNOWN = -1


def runs_alone_between(
    connection: sqlite3.Connection, start: datetime, end: datetime
) -> list[AnalysisRunState]:
    """The runs that began in `[start, end)` and belong to no Rollout, oldest first, without measurements."""
    where = "rollout IS NULL AND began_us >= ? AND began_us < ?"
    return _without_measurements(connection, where, (to_micros(start), to_micros(end)))


def rollouts_between(connection: sqlite3.Connection, start: datetime, end: datetime) -> list[str]:
    """The Rollouts of which a run began in `[start, end)`."""
    rows = connection.execute(
        "SELECT DISTINCT rollout FROM canary_runs"
        " WHERE rollout IS NOT NULL AND began_us >= ? AND began_us < ?",
        (to_micros(start), to_micros(end)),
    )
    return [row[0] for row in rows]


def running(connection: sqlite3.Connection, until: datetime) -> dict[str, set[str]]:
    """The Rollouts of which a run had not ended when it was last seen, with the hashes of its pods."""
    rows = connection.execute(
        "SELECT DISTINCT rollout, pod_hash FROM canary_runs"
        " WHERE rollout IS NOT NULL AND progress < 3 AND began_us <= ?",
        (to_micros(until),),
    )
    found: dict[str, set[str]] = {}
    for rollout, pod_hash in rows:
        found.setdefault(rollout, set()).add(pod_hash)
    return found


def runs_of(
    connection: sqlite3.Connection,
    rollouts: Sequence[str],
    until: datetime,
    *,
    since: datetime | None = None,
) -> list[AnalysisRunState]:
    """The runs of `rollouts` that began by `until`, and not before `since`, without their measurements."""
    found: list[AnalysisRunState] = []
    first = 0 if since is None else to_micros(since)
    for some in portions(rollouts):
        where = f"rollout IN ({', '.join('?' * len(some))}) AND began_us <= ? AND began_us >= ?"
        found += _without_measurements(connection, where, (*some, to_micros(until), first))
    return found


def runs_of_hashes(
    connection: sqlite3.Connection, hashes: Mapping[str, Collection[str]], until: datetime
) -> list[AnalysisRunState]:
    """The runs of each Rollout of `hashes` whose pods have one of these hashes; as above."""
    found: list[AnalysisRunState] = []
    for rollout, chosen in hashes.items():
        where = f"rollout = ? AND pod_hash IN ({', '.join('?' * len(chosen))}) AND began_us <= ?"
        found += _without_measurements(connection, where, (rollout, *chosen, to_micros(until)))
    return found


def with_measurements(
    connection: sqlite3.Connection, runs: Sequence[AnalysisRunState]
) -> list[AnalysisRunState]:
    """`runs` with every measurement that anybody saw, in the same order."""
    found: dict[str, AnalysisRunState] = {}
    for some in portions([run.run for run in runs]):
        where = f"run IN ({', '.join('?' * len(some))})"
        rows = connection.execute(f"SELECT {_COLUMNS} FROM canary_runs WHERE {where}", some).fetchall()  # noqa: S608 - our own names
        ids = [row[0] for row in rows]
        metrics, taken = _metrics(connection, ids), _measurements(connection, ids)
        for row in rows:
            whole = tuple(
                _with(metric, taken.get((row[0], metric.name), [])) for metric in metrics.get(row[0], ())
            )
            # Here the times of its measurements tell when it ended, so that nothing stands in for that.
            found[row[1]] = _from_row(row, whole, completed=from_micros_or_none(row[15]))
    return [found[run.run] for run in runs]


def _without_measurements(
    connection: sqlite3.Connection, where: str, values: Sequence[object]
) -> list[AnalysisRunState]:
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM canary_runs WHERE {where} ORDER BY began_us, run",  # noqa: S608 - our own names
        values,
    ).fetchall()
    metrics = _metrics(connection, [row[0] for row in rows])
    return [
        _from_row(row, metrics.get(row[0], ()), completed=from_micros_or_none(row[15]) or _ended(row))
        for row in rows
    ]


def _metrics(connection: sqlite3.Connection, ids: Sequence[int]) -> dict[int, tuple[MetricState, ...]]:
    found: dict[int, tuple[MetricState, ...]] = {}
    for some in portions(ids):
        rows = connection.execute(
            f"SELECT {_METRICS} FROM canary_metrics WHERE run_id IN ({', '.join('?' * len(some))})"  # noqa: S608 - our own names
            " ORDER BY run_id, place, metric",
            some,
        )
        for run_id, of_run in groupby(rows, key=itemgetter(0)):
            found[run_id] = tuple(_from_metric_row(row) for row in of_run)
    return found


def _measurements(
    connection: sqlite3.Connection, ids: Sequence[int]
) -> dict[tuple[int, str], list[SeenMeasurement]]:
    found: dict[tuple[int, str], list[SeenMeasurement]] = {}
    for some in portions(ids):
        rows = connection.execute(
            "SELECT run_id, metric, ordinal, started_us, finished_us, phase, value, message, copy"  # noqa: S608 - our own names
            f" FROM canary_measurements WHERE run_id IN ({', '.join('?' * len(some))})",
            some,
        )
        for row in rows:
            taken = RecordedMeasurement(
                value=row[6],
                phase=_PHASES.get(row[5]),
                message=row[7],
                started_at=from_micros_or_none(row[3]),
                finished_at=from_micros_or_none(row[4]),
            )
            found.setdefault((row[0], row[1]), []).append(
                SeenMeasurement(taken=taken, ordinal=row[2], is_placed=row[8] >= 0)
            )
    return found


def _with(metric: MetricState, taken: list[SeenMeasurement]) -> MetricState:
    return MetricState(
        name=metric.name,
        phase=metric.phase,
        message=metric.message,
        counts=metric.counts,
        dry_run=metric.dry_run,
        measurements=joined(taken),
    )


def _from_metric_row(row: tuple[Any, ...]) -> MetricState:
    return MetricState(
        name=row[1],
        phase=_PHASES.get(row[2]),
        message=row[3],
        dry_run=bool(row[4]),
        counts=Counts(
            successful=row[5],
            failed=row[6],
            inconclusive=row[7],
            error=row[8],
            consecutive_error=row[9],
            consecutive_success=row[10],
        ),
    )


def _from_row(
    row: tuple[Any, ...], metrics: tuple[MetricState, ...], *, completed: datetime | None
) -> AnalysisRunState:
    return AnalysisRunState(
        run=row[1],
        namespace=row[2],
        name=row[3],
        names=tuple(orjson.loads(row[4])),
        environment=row[5],
        rollout=row[6],
        owner_kind=row[7],
        owner=row[8],
        pod_hash=row[9],
        revision=row[10],
        site=row[11],
        step_index=row[12],
        created_at=from_micros_or_none(row[13]),
        started_at=from_micros_or_none(row[14]),
        completed_at=completed,
        phase=_PHASES.get(row[17]),
        message=row[18],
        terminated=bool(row[19]),
        spec=orjson.loads(row[20]),
        resource_version=None if row[21] == _UNKNOWN else row[21],
        metrics=metrics,
    )


def _ended(row: tuple[Any, ...]) -> datetime | None:
    phase = _PHASES.get(row[17])
    return from_micros_or_none(row[16] or None) if phase is not None and phase.is_final else None
