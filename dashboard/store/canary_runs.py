"""AnalysisRuns as they were seen: of each its furthest phase, and every measurement that anybody saw.

A run's phases only go on and its counters only rise, so of two looks at it the one that is further is the
newer, whichever came first. A measurement is known by all that it says, and by which of several alike it is:
Argo drops old ones, so its place in what Argo kept is none of its own.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import orjson

from dashboard.domain.canary.analysis_runs import AnalysisRunState, MetricState
from dashboard.domain.canary.phases import Phase
from dashboard.store.deployments import event_key
from dashboard.store.moments import to_micros

_UNKNOWN = -1
_RANK = {None: 0, Phase.PENDING: 1, Phase.RUNNING: 2}
_FINAL = 3

_RUN = (
    "run, namespace, name, names, environment, rollout, owner_kind, owner, pod_hash, revision, site,"
    " step_index, created_us, started_us, completed_us, began_us, newest_us, phase, message, terminated,"
    " spec, progress, measured, resource_version, key"
)
_METRIC = (
    "run_id, metric, place, phase, message, dry_run, successful, failed, inconclusive, error,"
    " consecutive_error, consecutive_success, progress, measured, resource_version, key"
)
_FURTHER = "(excluded.progress, excluded.measured, excluded.resource_version, excluded.key) > ({0}.progress, {0}.measured, {0}.resource_version, {0}.key)"  # noqa: E501 - one comparison


def _upsert(table: str, columns: str, identity: str) -> str:
    """Insert a row; a known one is replaced when the new one is further."""
    names = columns.split(", ")
    changes = ", ".join(f"{name} = excluded.{name}" for name in names if name not in identity.split(", "))
    return (
        f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608 - our own names
        f" ON CONFLICT ({identity}) DO UPDATE SET {changes} WHERE {_FURTHER.format(table)}"
    )


_UPSERT_RUN = _upsert("canary_runs", _RUN, "run")
_UPSERT_METRIC = _upsert("canary_metrics", _METRIC, "run_id, metric")
#: A look that knows Argo's counters tells better which measurement it was than one that does not.
_UPSERT_MEASUREMENT = (
    "INSERT INTO canary_measurements VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
    " SET ordinal = excluded.ordinal WHERE excluded.ordinal > canary_measurements.ordinal"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRuns:
    """What was new to the store: runs, runs that had gone on, and measurements."""

    added: int = 0
    gone_on: int = 0
    measurements: int = 0

    def __add__(self, other: "RecordedRuns") -> "RecordedRuns":
        """Both together."""
        return RecordedRuns(
            added=self.added + other.added,
            gone_on=self.gone_on + other.gone_on,
            measurements=self.measurements + other.measurements,
        )


def record(connection: sqlite3.Connection, run: AnalysisRunState) -> RecordedRuns:
    """Store what was seen of `run` inside the caller's transaction."""
    known = connection.execute("SELECT id FROM canary_runs WHERE run = ?", (run.run,)).fetchone()
    changed = connection.execute(_UPSERT_RUN, _to_row(run)).rowcount > 0
    row = known or connection.execute("SELECT id FROM canary_runs WHERE run = ?", (run.run,)).fetchone()
    version = _UNKNOWN if run.resource_version is None else run.resource_version
    metrics = [_to_metric_row(row[0], place, metric, version) for place, metric in enumerate(run.metrics)]
    connection.executemany(_UPSERT_METRIC, metrics)
    before = _measurements_of(connection, row[0]) if known else 0
    connection.executemany(_UPSERT_MEASUREMENT, _to_measurement_rows(row[0], run.metrics))
    after = _measurements_of(connection, row[0])
    return RecordedRuns(
        added=int(known is None),
        gone_on=int(known is not None and changed),
        measurements=after - before,
    )


def _measurements_of(connection: sqlite3.Connection, run_id: int) -> int:
    found = connection.execute("SELECT count(*) FROM canary_measurements WHERE run_id = ?", (run_id,))
    return int(found.fetchone()[0])


def _to_row(run: AnalysisRunState) -> tuple[object, ...]:
    newest, began = run.newest_at, run.began_at
    said = (
        run.namespace,
        run.name,
        orjson.dumps(run.names).decode(),
        run.environment,
        run.rollout,
        run.owner_kind,
        run.owner,
        run.pod_hash,
        run.revision,
        run.site,
        run.step_index,
        _micros(run.created_at),
        _micros(run.started_at),
        _micros(run.completed_at),
        _micros(began) or 0,
        _micros(newest) or 0,
        run.phase,
        run.message,
        int(run.terminated),
        orjson.dumps(run.spec, option=orjson.OPT_SORT_KEYS).decode(),
    )
    measured = sum(metric.counts.count + metric.counts.error for metric in run.metrics)
    version = _UNKNOWN if run.resource_version is None else run.resource_version
    return (run.run, *said, _rank(run.phase), measured, version, event_key(said))


def _to_metric_row(run_id: int, place: int, metric: MetricState, version: int) -> tuple[object, ...]:
    counts = metric.counts
    said = (
        metric.phase,
        metric.message,
        int(metric.dry_run),
        counts.successful,
        counts.failed,
        counts.inconclusive,
        counts.error,
        counts.consecutive_error,
        counts.consecutive_success,
    )
    measured = counts.count + counts.error
    key = event_key((place, *said))
    return (run_id, metric.name, place, *said, _rank(metric.phase), measured, version, key)


def _to_measurement_rows(run_id: int, metrics: Iterable[MetricState]) -> Iterator[tuple[object, ...]]:
    for metric in metrics:
        copies: Counter[tuple[int, str]] = Counter()
        for item in metric.measurements:
            taken = item.taken
            started, finished = _micros(taken.started_at), _micros(taken.finished_at)
            said = (started, finished, taken.phase, taken.value, taken.message)
            begun = started if started is not None else finished
            # Without a time, it is told from others by its place alone.
            key = event_key(said if begun is not None else (*said, item.ordinal))
            copy = copies[begun or 0, key]
            copies[begun or 0, key] += 1
            yield (run_id, metric.name, begun or 0, key, copy, item.ordinal, *said)


def _rank(phase: Phase | None) -> int:
    return _RANK.get(phase, _FINAL)


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else to_micros(moment)
