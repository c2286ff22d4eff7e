"""AnalysisRuns as they were seen: of each its furthest phase, and every measurement that anybody saw.

A run's phases only go on and its counters only rise, so of two looks at it the one that is further is the
newer, whichever came first. Whom it belongs to and what it measures does not change, so of that each look
adds what no other one told. A measurement is known by all that it says, and by which of several alike it is:
by the place that Argo's counters give it, else by how many alike one look has seen, as Argo drops old ones.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from dashboard.domain.canary.analysis_runs import AnalysisRunState, MetricState
from dashboard.domain.canary.phases import Phase
from dashboard.store.canary_identity import (
    decide_anew,
    is_known,
    key_of_run,
    rollout_of_run,
    tells_rollout,
)
from dashboard.store.deployments import event_key
from dashboard.store.moments import to_micros, to_micros_or_none

_UNKNOWN = -1
_RANK = {None: 0, Phase.PENDING: 1, Phase.RUNNING: 2}
_FINAL = 3

#: The columns of a run but its number, and of a metric.
RUN_COLUMNS = (
    "run, namespace, name, names, environment, rollout, owner_kind, owner, pod_hash, revision, site,"
    " step_index, created_us, started_us, completed_us, began_us, newest_us, phase, message, terminated,"
    " spec, progress, measured, resource_version, key"
)
_INSERT_RUN = (
    f"INSERT INTO canary_runs ({RUN_COLUMNS}) VALUES ({', '.join('?' * len(RUN_COLUMNS.split(', ')))})"  # noqa: S608 - our own names
)
_UPDATE_RUN = (
    f"UPDATE canary_runs SET {', '.join(f'{name} = ?' for name in RUN_COLUMNS.split(', '))} WHERE id = ?"  # noqa: S608 - our own names
)
#: What the furthest look says of a run.
_OF_THE_FURTHEST = frozenset({"phase", "message", "progress", "measured", "resource_version", "key"})
METRIC_COLUMNS = (
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


#: Stores a metric, where no further look at it is stored.
UPSERT_METRIC = _upsert("canary_metrics", METRIC_COLUMNS, "run_id, metric")
#: Of looks that do not know Argo's counters, the one that has seen more tells better which one it was.
_UPSERT_MEASUREMENT = (
    "INSERT INTO canary_measurements VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
    " SET ordinal = excluded.ordinal WHERE excluded.ordinal > canary_measurements.ordinal"
)
#: One that counters give a place (`copy` from 0) is one of those that were only seen alike (below 0).
_DROP_COUNTED_TWICE = (
    "DELETE FROM canary_measurements AS seen WHERE run_id = :run AND copy < 0 AND -1 - copy <"
    " (SELECT count(*) FROM canary_measurements AS placed WHERE placed.run_id = :run AND placed.copy >= 0"
    " AND placed.metric = seen.metric AND placed.begun_us = seen.begun_us AND placed.key = seen.key)"
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
    key = key_of_run(connection, run)
    known = connection.execute(f"SELECT id, {RUN_COLUMNS} FROM canary_runs WHERE run = ?", (key,)).fetchone()  # noqa: S608 - our own names
    told = {**_to_row(run), "run": key, "rollout": rollout_of_run(connection, run)}
    tells, rollout = tells_rollout(run), told["rollout"]
    is_new = tells and not _is_told_of(connection, rollout)
    if known is None:
        run_id, before = connection.execute(_INSERT_RUN, tuple(told.values())).lastrowid, 0
    else:
        run_id, before = known[0], _measurements_of(connection, known[0])
        stored = dict(zip(told, known[1:], strict=True))
        joined = _joined(stored, told)
        # A look that tells the Rollout's uid goes before all that was only found by its name.
        joined["rollout"] = rollout if tells or stored["rollout"] is None else stored["rollout"]
        changed = joined != stored
        if changed:
            connection.execute(_UPDATE_RUN, (*joined.values(), run_id))
    if is_new:
        decide_anew(connection, run.namespace, run.owner)
    assert run_id is not None  # noqa: S101 - SQLite has numbered the row
    metrics = [
        _to_metric_row(run_id, place, metric, told["resource_version"])
        for place, metric in enumerate(run.metrics)
    ]
    connection.executemany(UPSERT_METRIC, metrics)
    connection.executemany(_UPSERT_MEASUREMENT, _to_measurement_rows(run_id, run.metrics))
    if known is not None:
        connection.execute(_DROP_COUNTED_TWICE, {"run": run_id})
    return RecordedRuns(
        added=int(known is None),
        gone_on=int(known is not None and changed),
        measurements=_measurements_of(connection, run_id) - before,
    )


def _is_told_of(connection: sqlite3.Connection, rollout: str) -> bool:
    if is_known(connection, rollout):
        return True
    found = connection.execute("SELECT EXISTS (SELECT 1 FROM canary_runs WHERE rollout = ?)", (rollout,))
    return bool(found.fetchone()[0])


def _joined(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """What two looks tell together; the order of the two makes no difference, nor that of several."""
    furthest = max(one, other, key=_how_far)
    found = {
        name: furthest[name] if name in _OF_THE_FURTHEST else max(one[name], other[name], key=_how_full)
        for name in one
    }
    # Where no label told of an environment, the namespace stands for it.
    found["environment"] = max(
        (look["environment"] for look in (one, other)),
        key=lambda environment: (environment != found["namespace"], _how_full(environment)),
    )
    told = [look["began_us"] for look in (one, other) if look["began_us"]]
    started, created = found["started_us"], found["created_us"]
    found["began_us"] = next(
        (moment for moment in (started, created) if moment is not None), min(told, default=0)
    )
    return found


def _how_far(look: Mapping[str, Any]) -> tuple[int, int, int, str]:
    return (look["progress"], look["measured"], look["resource_version"], look["key"])


def _how_full(value: Any) -> tuple[bool, int, Any]:
    """Nothing is less than anything, and of two texts the longer one tells more."""
    return (value is not None, len(value) if isinstance(value, str) else 0, value)


def _measurements_of(connection: sqlite3.Connection, run_id: int) -> int:
    found = connection.execute("SELECT count(*) FROM canary_measurements WHERE run_id = ?", (run_id,))
    return int(found.fetchone()[0])


def _to_row(run: AnalysisRunState) -> dict[str, Any]:
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
        to_micros_or_none(run.created_at),
        to_micros_or_none(run.started_at),
        to_micros_or_none(run.completed_at),
        0 if began is None else to_micros(began),
        0 if newest is None else to_micros(newest),
        run.phase,
        run.message,
        int(run.terminated),
        orjson.dumps(run.spec, option=orjson.OPT_SORT_KEYS).decode(),
    )
    measured = sum(metric.counts.count + metric.counts.error for metric in run.metrics)
    version = _UNKNOWN if run.resource_version is None else run.resource_version
    values = (run.run, *said, _rank(run.phase), measured, version, event_key(said))
    return dict(zip(RUN_COLUMNS.split(", "), values, strict=True))


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
        alike: Counter[tuple[int, str]] = Counter()
        for item in metric.measurements:
            taken = item.taken
            started, finished = to_micros_or_none(taken.started_at), to_micros_or_none(taken.finished_at)
            said = (started, finished, taken.phase, taken.value, taken.message)
            begun = started if started is not None else finished
            key = measurement_key(said, item.ordinal)
            alike[begun or 0, key] += 1
            copy = item.ordinal if item.is_placed else -alike[begun or 0, key]
            yield (run_id, metric.name, begun or 0, key, copy, item.ordinal, *said)


def measurement_key(said: Sequence[object], ordinal: int) -> str:
    """The digest of what a measurement says: when it began and ended, its phase, value and message.

    Without a time, it is told from others by its place alone.
    """
    return event_key(said if any(moment is not None for moment in said[:2]) else (*said, ordinal))


def _rank(phase: Phase | None) -> int:
    return _RANK.get(phase, _FINAL)
