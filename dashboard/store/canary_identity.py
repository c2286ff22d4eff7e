"""Under which key a Rollout or an AnalysisRun is stored: its uid, once any look has told it.

A look without uids, as an export that was tidied up, tells namespace and name alone. What is stored under
these moves to the uid as soon as that is known, and later looks without one go there as well.
"""

import sqlite3

from dashboard.domain.canary.analysis_runs import EXPERIMENT, AnalysisRunState, of_a_rollout
from dashboard.domain.canary.rollouts import RolloutState

_TABLES = ("canary_rollouts", "canary_runs", "canary_ticks", "canary_counted", "canary_presence")


def key_of_rollout(connection: sqlite3.Connection, state: RolloutState) -> str:
    """The key of the Rollout of `state`; runs of its experiments, which do not tell it, become its own."""
    key = _known_rollout(connection, state.namespace, state.name, state.rollout)
    if not _exists(connection, "canary_rollouts", "rollout", key):
        _adopt(connection, state.namespace, state.name, key)
    return key


def key_of_run(connection: sqlite3.Connection, run: AnalysisRunState) -> str:
    """The key of `run`."""
    alias = f"{run.namespace}/{run.name}"
    if run.run != alias:
        if _exists(connection, "canary_runs", "run", alias):
            connection.execute("UPDATE OR IGNORE canary_runs SET run = ? WHERE run = ?", (run.run, alias))
        return run.run
    found = connection.execute(
        "SELECT min(run) FROM canary_runs WHERE namespace = ? AND name = ? AND run <> ?",
        (run.namespace, run.name, alias),
    ).fetchone()[0]
    return str(found or alias)


def rollout_of_run(connection: sqlite3.Connection, run: AnalysisRunState) -> str | None:
    """The key of the Rollout that `run` belongs to; None where that is none, or none that is known."""
    if run.rollout is not None:
        return _known_rollout(connection, run.namespace, run.owner, run.rollout)
    made_by = of_a_rollout(run.owner) if run.owner_kind == EXPERIMENT else None
    if made_by is None:
        return None
    found = connection.execute(
        "SELECT min(rollout) FROM canary_rollouts WHERE namespace = ? AND name = ?",
        (run.namespace, made_by.rollout),
    ).fetchone()[0]
    return None if found is None else str(found)


def _known_rollout(connection: sqlite3.Connection, namespace: str, name: str, told: str) -> str:
    alias = f"{namespace}/{name}"
    if told == alias:
        found = connection.execute(
            "SELECT min(rollout) FROM (SELECT min(rollout) AS rollout FROM canary_rollouts"
            " WHERE namespace = :namespace AND name = :name AND rollout <> :alias"
            " UNION ALL SELECT min(rollout) FROM canary_runs WHERE namespace = :namespace AND owner = :name"
            " AND owner_kind = 'Rollout' AND rollout <> :alias)",
            {"namespace": namespace, "name": name, "alias": alias},
        ).fetchone()[0]
        return str(found or alias)
    if any(_exists(connection, table, "rollout", alias) for table in ("canary_rollouts", "canary_runs")):
        for table in _TABLES:
            connection.execute(f"UPDATE OR IGNORE {table} SET rollout = ? WHERE rollout = ?", (told, alias))  # noqa: S608 - our own names
            connection.execute(f"DELETE FROM {table} WHERE rollout = ?", (alias,))  # noqa: S608 - what is there twice
    return told


def _adopt(connection: sqlite3.Connection, namespace: str, name: str, key: str) -> None:
    runs = connection.execute(
        "SELECT id, owner FROM canary_runs WHERE rollout IS NULL AND owner_kind = ? AND namespace = ?",
        (EXPERIMENT, namespace),
    ).fetchall()
    for run_id, owner in runs:
        made_by = of_a_rollout(owner)
        if made_by is not None and made_by.rollout == name:
            connection.execute("UPDATE canary_runs SET rollout = ? WHERE id = ?", (key, run_id))


def _exists(connection: sqlite3.Connection, table: str, column: str, value: str) -> bool:
    found = connection.execute(
        f"SELECT EXISTS (SELECT 1 FROM {table} WHERE {column} = ?)",  # noqa: S608 - our own names
        (value,),
    ).fetchone()
    return bool(found[0])
