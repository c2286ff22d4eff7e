"""Masking AnalysisRuns that are stored already as those that are read today are masked.

What is masked is stored under the key that it would have today, so that the same run seen again is the same.
"""

import sqlite3
from collections.abc import Mapping
from typing import Any

import orjson

from dashboard.domain.canary.analysis_runs import EXPERIMENT, of_a_rollout
from dashboard.domain.canary.redaction.objects import Redaction, redaction_from, secrets_in
from dashboard.store.canary_runs import METRIC_COLUMNS, RUN_COLUMNS, UPSERT_METRIC, measurement_key
from dashboard.store.deployments import event_key

_RUN = RUN_COLUMNS.split(", ")
_METRIC = METRIC_COLUMNS.split(", ")
#: What the key of a run and of a metric is a digest of.
_SAID = _RUN[_RUN.index("namespace") : _RUN.index("progress")]
_SAID_OF_METRIC = _METRIC[_METRIC.index("place") : _METRIC.index("progress")]
#: The last five of these are what a measurement says.
_MEASUREMENT = (
    *("metric", "begun_us", "key", "copy", "ordinal"),
    *("started_us", "finished_us", "phase", "value", "message"),
)
_OF_A_RUN = "SELECT {} FROM {} WHERE run_id = ?"


def mask(connection: sqlite3.Connection) -> None:
    """Mask all that is stored of runs, inside the caller's transaction."""
    ids = [row[0] for row in connection.execute("SELECT id FROM canary_runs")]
    for run_id in ids:
        found = connection.execute(f"SELECT {RUN_COLUMNS} FROM canary_runs WHERE id = ?", (run_id,))  # noqa: S608 - our own names
        run = dict(zip(_RUN, found.fetchone(), strict=True))
        spec = orjson.loads(run["spec"])
        redaction = redaction_from(frozenset(secrets_in(spec)), _public(run))
        _mask_run(connection, run_id, run, redaction)
        _mask_metrics(connection, run_id, redaction)
        _mask_measurements(connection, run_id, redaction)


def _public(run: Mapping[str, Any]) -> set[str]:
    made_by = of_a_rollout(run["owner"]) if run["owner_kind"] == EXPERIMENT else None
    return {run["namespace"], run["name"], run["owner"], made_by.rollout if made_by else run["owner"]}


def _mask_run(
    connection: sqlite3.Connection, run_id: int, run: Mapping[str, Any], redaction: Redaction
) -> None:
    masked = {
        **run,
        "names": orjson.dumps([redaction.name(name) for name in orjson.loads(run["names"])]).decode(),
        "environment": redaction.name(run["environment"]),
        "message": redaction.prose(run["message"]),
        "spec": orjson.dumps(redaction.spec(orjson.loads(run["spec"])), option=orjson.OPT_SORT_KEYS).decode(),
    }
    if masked == run:
        return
    # The Rollout of an experiment's run was found in the store: the run did not tell it.
    told = {**masked, "rollout": None if run["owner_kind"] == EXPERIMENT else run["rollout"]}
    masked["key"] = event_key([told[name] for name in _SAID])
    changes = ", ".join(f"{name} = ?" for name in _RUN)
    connection.execute(f"UPDATE canary_runs SET {changes} WHERE id = ?", (*masked.values(), run_id))  # noqa: S608 - our own names


def _mask_metrics(connection: sqlite3.Connection, run_id: int, redaction: Redaction) -> None:
    rows = connection.execute(_OF_A_RUN.format(METRIC_COLUMNS, "canary_metrics"), (run_id,)).fetchall()
    for row in rows:
        metric = dict(zip(_METRIC, row, strict=True))
        masked = {
            **metric,
            "metric": redaction.metric(metric["metric"]),
            "message": redaction.prose(metric["message"]),
        }
        if masked != metric:
            masked["key"] = event_key([masked[name] for name in _SAID_OF_METRIC])
            connection.execute(
                "DELETE FROM canary_metrics WHERE run_id = ? AND metric = ?", (run_id, metric["metric"])
            )
            connection.execute(UPSERT_METRIC, tuple(masked.values()))


def _mask_measurements(connection: sqlite3.Connection, run_id: int, redaction: Redaction) -> None:
    asked = _OF_A_RUN.format(", ".join(_MEASUREMENT), "canary_measurements")
    for row in connection.execute(f"{asked} ORDER BY ordinal", (run_id,)).fetchall():
        taken = dict(zip(_MEASUREMENT, row, strict=True))
        masked = {
            **taken,
            "metric": redaction.metric(taken["metric"]),
            "value": None if taken["value"] is None else redaction.answer(taken["value"]),
            "message": redaction.prose(taken["message"]),
        }
        if masked == taken:
            continue
        said = [masked[name] for name in _MEASUREMENT[-5:]]
        masked["key"] = measurement_key(said, masked["ordinal"])
        connection.execute(
            "DELETE FROM canary_measurements"
            " WHERE run_id = ? AND metric = ? AND begun_us = ? AND key = ? AND copy = ?",
            (run_id, *row[:4]),
        )
        masked["copy"] = _free_copy(connection, run_id, masked)
        connection.execute(
            f"INSERT INTO canary_measurements (run_id, {', '.join(_MEASUREMENT)})"  # noqa: S608 - our own names
            f" VALUES ({', '.join('?' * (1 + len(_MEASUREMENT)))})",
            (run_id, *masked.values()),
        )


def _free_copy(connection: sqlite3.Connection, run_id: int, taken: Mapping[str, Any]) -> int:
    """Its own number, or where one says the same with that number by now, the next one, from -1 down."""
    rows = connection.execute(
        "SELECT copy FROM canary_measurements WHERE run_id = ? AND metric = ? AND begun_us = ? AND key = ?",
        (run_id, taken["metric"], taken["begun_us"], taken["key"]),
    )
    used = {row[0] for row in rows}
    return int(taken["copy"]) if taken["copy"] not in used else min(0, *used) - 1
