"""Under which key a Rollout or an AnalysisRun is stored: its uid, once any look has told it.

A look without uids, as an export that was tidied up, tells namespace and name alone. Which Rollout of that
name it means is decided by when that one was created, and where no time is told by there being one only; else
it stays under `namespace/name`. Whenever another Rollout of the name becomes known, all that was told by name
is decided anew, so that it does not matter which look came first.
"""

import sqlite3
from collections.abc import Mapping
from datetime import timedelta

from dashboard.domain.canary.analysis_runs import EXPERIMENT, ROLLOUT, AnalysisRunState, of_a_rollout
from dashboard.domain.canary.measure import Measure
from dashboard.domain.canary.rollouts import RolloutState
from dashboard.store.canary_ticks import record_ticks, ticks_between
from dashboard.store.moments import from_micros, to_micros_or_none

#: A mark in the body of a state that no look has told with a uid.
BY_NAME = "by_name"

_UNNAMED = f"json_extract(body, '$.{BY_NAME}') IS NULL"
_JUST_BEFORE = timedelta(microseconds=1)


def is_by_name(state: RolloutState) -> bool:
    """Whether `state` tells no uid."""
    return state.rollout == f"{state.namespace}/{state.name}"


def key_of_rollout(connection: sqlite3.Connection, state: RolloutState, digest: str) -> str:
    """The key of the Rollout of `state`, of which `digest` tells all that it says."""
    if not is_by_name(state):
        return state.rollout
    return _of_state(connection, state.namespace, state.name, digest, to_micros_or_none(state.created_at))


def is_known(connection: sqlite3.Connection, rollout: str) -> bool:
    """Whether any state of `rollout` is stored."""
    return _exists(connection, "canary_rollouts", "rollout", rollout)


def is_told(connection: sqlite3.Connection, rollout: str) -> bool:
    """Whether any state of `rollout` is stored that told its uid."""
    found = connection.execute(
        f"SELECT EXISTS (SELECT 1 FROM canary_rollouts WHERE rollout = ? AND {_UNNAMED})",  # noqa: S608 - our own names
        (rollout,),
    ).fetchone()
    return bool(found[0])


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


def tells_rollout(run: AnalysisRunState) -> bool:
    """Whether `run` tells the uid of the Rollout that it belongs to."""
    return run.rollout is not None and run.rollout != f"{run.namespace}/{run.owner}"


def rollout_of_run(connection: sqlite3.Connection, run: AnalysisRunState) -> str | None:
    """The key of the Rollout that `run` belongs to; None where that is none, or none that is known."""
    if tells_rollout(run):
        return run.rollout
    name = run.owner if run.rollout is not None else _maker(run.owner_kind, run.owner)
    if name is None:
        return None
    known = _known(connection, run.namespace, name)
    if run.rollout is None and not known and not is_known(connection, f"{run.namespace}/{name}"):
        return None
    return _at(known, f"{run.namespace}/{name}", to_micros_or_none(run.created_at or run.began_at))


def decide_anew(connection: sqlite3.Connection, namespace: str, name: str) -> None:
    """Move all that was told of Rollouts by `name` alone to where it belongs, by all that is known now."""
    alias, known = f"{namespace}/{name}", _known(connection, namespace, name)
    targets = {
        *_move_states(connection, namespace, name),
        *_move_runs(connection, namespace, name, alias, known),
    }
    if len(targets) == 1 and alias not in targets:
        _move_counts(connection, alias, targets.pop())


def forget_by_name(connection: sqlite3.Connection, state: RolloutState, rollout: str, digest: str) -> None:
    """Put what was told by name alone to the state of `rollout` that says the very same, if there is such."""
    found = connection.execute(
        "SELECT resource_version, first_version FROM canary_rollouts WHERE rollout = ? AND key = ?",
        (f"{state.namespace}/{state.name}", digest),
    ).fetchone()
    if found is not None:
        _move_state(connection, f"{state.namespace}/{state.name}", rollout, digest, found)


def _known(connection: sqlite3.Connection, namespace: str, name: str) -> Mapping[str, int | None]:
    """The uids of Rollouts of this name, and when each was created, as far as that is told."""
    rows = connection.execute(
        "SELECT rollout, max(created) FROM ("  # noqa: S608 - our own names
        " SELECT rollout, json_extract(body, '$.created') AS created FROM canary_rollouts"
        f" WHERE namespace = :namespace AND name = :name AND {_UNNAMED}"
        " UNION ALL SELECT rollout, NULL FROM canary_runs WHERE namespace = :namespace AND owner = :name"
        " AND owner_kind = :kind AND run <> namespace || '/' || name)"
        " WHERE rollout IS NOT NULL AND rollout <> :namespace || '/' || :name GROUP BY rollout",
        {"namespace": namespace, "name": name, "kind": ROLLOUT},
    )
    return dict(rows.fetchall())


def _of_state(
    connection: sqlite3.Connection, namespace: str, name: str, digest: str, created: int | None
) -> str:
    said = connection.execute(
        "SELECT min(rollout) FROM canary_rollouts"  # noqa: S608 - our own names
        f" WHERE namespace = ? AND name = ? AND key = ? AND {_UNNAMED}",
        (namespace, name, digest),
    ).fetchone()[0]
    if said is not None:
        return str(said)
    alias, known = f"{namespace}/{name}", _known(connection, namespace, name)
    if created is None:
        return _only(known, alias)
    made_then = {uid: made for uid, made in known.items() if made == created}
    # Of one that only its runs tell of, nobody knows when it was created.
    return _only(made_then or {uid: made for uid, made in known.items() if made is None}, alias)


def _at(known: Mapping[str, int | None], alias: str, moment: int | None) -> str:
    """The Rollout of the name that was there at `moment`: the newest that was created by then."""
    made = {uid: created for uid, created in known.items() if created is not None}
    if moment is None or len(made) < len(known):
        return _only(known, alias)
    newest = max((created for created in made.values() if created <= moment), default=None)
    return _only({uid: created for uid, created in made.items() if created == newest}, alias)


def _only(candidates: Mapping[str, int | None], alias: str) -> str:
    return next(iter(candidates)) if len(candidates) == 1 else alias


def _move_states(connection: sqlite3.Connection, namespace: str, name: str) -> set[str]:
    rows = connection.execute(
        "SELECT rollout, key, json_extract(body, '$.created'), resource_version, first_version"  # noqa: S608 - our own names
        f" FROM canary_rollouts WHERE namespace = ? AND name = ? AND NOT ({_UNNAMED})",
        (namespace, name),
    ).fetchall()
    targets = set()
    for rollout, key, created, newest, first in rows:
        target = _of_state(connection, namespace, name, key, created)
        targets.add(target)
        if target != rollout:
            _move_state(connection, rollout, target, key, (newest, first))
    return targets


def _move_state(
    connection: sqlite3.Connection, rollout: str, target: str, key: str, versions: tuple[int, int]
) -> None:
    moved = connection.execute(
        "UPDATE OR IGNORE canary_rollouts SET rollout = ? WHERE rollout = ? AND key = ?",
        (target, rollout, key),
    ).rowcount
    if not moved:
        connection.execute("DELETE FROM canary_rollouts WHERE rollout = ? AND key = ?", (rollout, key))
        connection.execute(
            "UPDATE canary_rollouts SET resource_version = max(resource_version, :newest), first_version ="
            " CASE WHEN :first < 0 THEN first_version WHEN first_version < 0 THEN :first"
            " ELSE min(first_version, :first) END WHERE rollout = :target AND key = :key",
            {"newest": versions[0], "first": versions[1], "target": target, "key": key},
        )


def _move_runs(
    connection: sqlite3.Connection, namespace: str, name: str, alias: str, known: Mapping[str, int | None]
) -> set[str]:
    rows = connection.execute(
        "SELECT id, owner_kind, owner, rollout, coalesce(created_us, nullif(began_us, 0)) FROM canary_runs"
        " WHERE namespace = ? AND (owner_kind = ? OR (owner_kind = ? AND owner = ?"
        " AND (rollout = ? OR run = namespace || '/' || name)))",
        (namespace, EXPERIMENT, ROLLOUT, name, alias),
    ).fetchall()
    targets = set()
    for run_id, kind, owner, rollout, moment in rows:
        if kind == EXPERIMENT and _maker(kind, owner) != name:
            continue
        target = _at(known, alias, moment)
        targets.add(target)
        if target != rollout:
            connection.execute("UPDATE canary_runs SET rollout = ? WHERE id = ?", (target, run_id))
    return targets


def _move_counts(connection: sqlite3.Connection, alias: str, target: str) -> None:
    rows = connection.execute(
        "SELECT pod_hash, measure, min(at_us), max(at_us) FROM canary_ticks WHERE rollout = ?"
        " GROUP BY pod_hash, measure",
        (alias,),
    ).fetchall()
    for pod_hash, told, first, last in rows:
        # Of two words on one tick the one that tells more holds, as it does whenever ticks are stored.
        start, measure = from_micros(first) - _JUST_BEFORE, Measure(told)
        counted = ticks_between(connection, alias, pod_hash, start, from_micros(last), measure)
        record_ticks(connection, target, pod_hash, counted, measure)
    for table in ("canary_ticks", "canary_counted", "canary_presence"):
        connection.execute(f"UPDATE OR IGNORE {table} SET rollout = ? WHERE rollout = ?", (target, alias))  # noqa: S608 - our own names
        connection.execute(f"DELETE FROM {table} WHERE rollout = ?", (alias,))  # noqa: S608 - what is there twice


def _maker(owner_kind: str, owner: str) -> str | None:
    """The name of the Rollout of which a step made the experiment `owner`; None where it is none."""
    made_by = of_a_rollout(owner) if owner_kind == EXPERIMENT else None
    return None if made_by is None else made_by.rollout


def _exists(connection: sqlite3.Connection, table: str, column: str, value: str) -> bool:
    found = connection.execute(
        f"SELECT EXISTS (SELECT 1 FROM {table} WHERE {column} = ?)",  # noqa: S608 - our own names
        (value,),
    ).fetchone()
    return bool(found[0])
