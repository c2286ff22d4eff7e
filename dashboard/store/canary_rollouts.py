"""The states in which Rollouts were seen, one row each: the same state is the same row."""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

import orjson

from dashboard.domain.canary.phases import Phase
from dashboard.domain.canary.redaction.objects import Redaction
from dashboard.domain.canary.rollouts import (
    CanaryStep,
    CurrentRun,
    PauseCondition,
    RolloutPhase,
    RolloutState,
    StepKind,
)
from dashboard.store.canary_identity import (
    BY_NAME,
    decide_anew,
    forget_by_name,
    is_by_name,
    is_known,
    is_told,
    key_of_rollout,
)
from dashboard.store.deployments import event_key
from dashboard.store.moments import from_micros, from_micros_or_none, to_micros, to_micros_or_none
from dashboard.store.portions import portions

_COLUMNS = "rollout, at_us, resource_version, namespace, name, body, first_version"
_INSERT = "INSERT INTO canary_rollouts VALUES (" + ", ".join("?" * 15) + ") ON CONFLICT DO NOTHING"  # noqa: S608 - only placeholders
_FROM_THE_ONE_BEFORE = (
    " AND a.at_us >= coalesce((SELECT max(b.at_us) FROM canary_rollouts b"
    " WHERE b.rollout = a.rollout AND b.at_us < ?), 0)"
)
_SEEN_AGAIN = (
    "UPDATE canary_rollouts SET resource_version = max(resource_version, :version),"
    " first_version = CASE WHEN first_version < 0 THEN :version ELSE min(first_version, :version) END"
    " WHERE rollout = :rollout AND key = :key"
    " AND (first_version < 0 OR :version NOT BETWEEN first_version AND resource_version)"
)
_UNKNOWN = -1
_PHASES = {phase.value: phase for phase in Phase}
_ROLLOUT_PHASES = {phase.value: phase for phase in RolloutPhase}
_KINDS = {kind.value: kind for kind in StepKind}


def record(connection: sqlite3.Connection, states: Iterable[RolloutState]) -> int:
    """Store `states` inside the caller's transaction; returns how many the store did not know yet.

    Of a state that is seen again, the oldest and the newest resource version are kept: another one that was
    seen between the two tells that the Rollout came back to it.
    """
    added = 0
    for state in states:
        row = _to_row(state)
        by_name, rollout = is_by_name(state), key_of_rollout(connection, state, row[1])
        is_new = not (is_known if by_name else is_told)(connection, rollout)
        body = orjson.dumps({**orjson.loads(row[-2]), BY_NAME: True}).decode() if by_name else row[-2]
        if connection.execute(_INSERT, (rollout, *row[1:-2], body, row[-1])).rowcount:
            added += 1
        else:
            _seen_again(connection, state, rollout, row)
        if is_new:
            decide_anew(connection, state.namespace, state.name)
        elif not by_name:
            forget_by_name(connection, state, rollout, row[1])
    return added


def _seen_again(
    connection: sqlite3.Connection, state: RolloutState, rollout: str, row: tuple[Any, ...]
) -> None:
    if not is_by_name(state):
        connection.execute(
            "UPDATE canary_rollouts SET body = ? WHERE rollout = ? AND key = ? AND body <> ?",
            (row[-2], rollout, row[1], row[-2]),
        )
    if state.resource_version is not None:
        seen = {"rollout": rollout, "key": row[1], "version": state.resource_version}
        connection.execute(_SEEN_AGAIN, seen)


def mask(connection: sqlite3.Connection) -> None:
    """Mask what is stored as what is read today is masked, inside the caller's transaction.

    A state has another key then, the one under which it would be stored today.
    """
    known = connection.execute("SELECT rollout, key FROM canary_rollouts").fetchall()
    for rollout, key in known:
        where = "WHERE rollout = ? AND key = ?"
        row = connection.execute(f"SELECT {_COLUMNS} FROM canary_rollouts {where}", (rollout, key)).fetchone()  # noqa: S608 - our own names
        state = _from_row(row)
        masked = Redaction().of(state)
        if masked == state:
            continue
        newest, oldest = row[2], row[6]
        told = (rollout, *_to_row(masked)[1:])
        connection.execute(f"DELETE FROM canary_rollouts {where}", (rollout, key))  # noqa: S608 - our own names
        if not connection.execute(_INSERT, (*told[:-1], oldest)).rowcount:
            for version in (version for version in (oldest, newest) if version != _UNKNOWN):
                seen = {"rollout": rollout, "key": told[1], "version": version}
                connection.execute(_SEEN_AGAIN, seen)


def states_by_rollout(
    connection: sqlite3.Connection,
    rollouts: Sequence[str],
    until: datetime,
    *,
    since: datetime | None = None,
) -> Iterator[tuple[str, list[RolloutState]]]:
    """The states of each of `rollouts` that were so by `until`; in no order of time.

    With `since` they are those from then on, and the last one before.
    """
    for some in portions(rollouts):
        where = f"a.rollout IN ({', '.join('?' * len(some))}) AND a.at_us <= ?"
        values: list[object] = [*some, to_micros(until)]
        if since is not None:
            where += _FROM_THE_ONE_BEFORE
            values.append(to_micros(since))
        yield from _states(connection, where, values)


def states_of_hashes(
    connection: sqlite3.Connection, hashes: Mapping[str, Collection[str]], until: datetime
) -> Iterator[tuple[str, list[RolloutState]]]:
    """The states of each Rollout of `hashes` in which its pods have one of these hashes; as above."""
    for rollout, chosen in hashes.items():
        where = f"a.rollout = ? AND a.pod_hash IN ({', '.join('?' * len(chosen))}) AND a.at_us <= ?"
        yield from _states(connection, where, (rollout, *chosen, to_micros(until)))


def changed_since(connection: sqlite3.Connection, since: datetime) -> list[str]:
    """The Rollouts of which a state is not older than `since`."""
    rows = connection.execute(
        "SELECT DISTINCT rollout FROM canary_rollouts WHERE at_us >= ?", (to_micros(since),)
    )
    return [row[0] for row in rows]


def unsettled(connection: sqlite3.Connection, until: datetime) -> dict[str, set[str]]:
    """The Rollouts that may have a canary at `until`, with the hashes of its pods and of the stable ones.

    Of the two newest states of such a one, by either order of states, one is no settled one.
    """
    rows = connection.execute(
        "SELECT rollout, pod_hash, stable_hash FROM ("
        " SELECT rollout, pod_hash, stable_hash,"
        " row_number() OVER (PARTITION BY rollout ORDER BY at_us DESC) AS by_time,"
        " row_number() OVER (PARTITION BY rollout ORDER BY resource_version DESC) AS by_version"
        " FROM canary_rollouts WHERE at_us <= ?)"
        " WHERE by_time <= 2 OR by_version <= 2",
        (to_micros(until),),
    )
    found: dict[str, set[str]] = {}
    open_: set[str] = set()
    for rollout, pod_hash, stable_hash in rows:
        found.setdefault(rollout, set()).update((pod_hash, stable_hash))
        if pod_hash != stable_hash or not pod_hash:
            open_.add(rollout)
    return {rollout: hashes for rollout, hashes in found.items() if rollout in open_}


def _states(
    connection: sqlite3.Connection, where: str, values: Sequence[object]
) -> Iterator[tuple[str, list[RolloutState]]]:
    columns = ", ".join(f"a.{name}" for name in _COLUMNS.split(", "))
    rows = connection.execute(
        f"SELECT {columns} FROM canary_rollouts a WHERE {where} ORDER BY a.rollout",  # noqa: S608 - our own names
        values,
    )
    for rollout, states in groupby(rows, key=itemgetter(0)):
        yield rollout, [_from_row(row) for row in states]


def _to_row(state: RolloutState) -> tuple[Any, ...]:
    body = orjson.dumps(_to_document(state), option=orjson.OPT_SORT_KEYS).decode()
    at = to_micros(state.at)
    version = _UNKNOWN if state.resource_version is None else state.resource_version
    return (
        state.rollout,
        event_key((at, state.namespace, state.name, body)),
        at,
        version,
        state.namespace,
        state.name,
        None if state.phase is None else state.phase.value,
        state.step_index,
        state.current_weight,
        int(state.aborted),
        state.pod_hash,
        state.stable_hash,
        state.revision,
        body,
        version,
    )


def _to_document(state: RolloutState) -> dict[str, Any]:
    """Everything but the columns; what is empty or as usual is left out."""
    found: dict[str, Any] = {
        "names": state.names,
        "environment": state.environment,
        "created": to_micros_or_none(state.created_at),
        "strategy": state.strategy,
        "steps": [_to_step(step) for step in state.steps],
        "background": state.background,
        "step_index": state.step_index,
        "weight": state.weight,
        "stable_weight": state.stable_weight,
        "whole_weight": state.whole_weight,
        "routed": state.routed,
        "pauses": [[pause.reason, to_micros_or_none(pause.since)] for pause in state.pauses],
        "controller_pause": state.controller_pause,
        "auto_promotion": None if state.auto_promotion is None else int(state.auto_promotion.total_seconds()),
        "held": state.held,
        "aborted": state.aborted,
        "aborted_at": to_micros_or_none(state.aborted_at),
        "promoted_fully": state.promoted_fully,
        "phase": state.phase,
        "message": state.message,
        "outdated": state.outdated,
        "pod_hash": state.pod_hash,
        "stable_hash": state.stable_hash,
        "revision": state.revision,
        "images": state.images,
        "runs": [[run.site, run.name, run.phase, run.message] for run in state.current_runs],
    }
    return {name: value for name, value in found.items() if value or (value == 0 and value is not False)}


def _to_step(step: CanaryStep) -> list[Any]:
    pause = None if step.pause is None else step.pause / timedelta(microseconds=1)
    return [step.kind, step.weight, None if pause is None else int(pause), step.templates]


def _from_row(row: tuple[Any, ...]) -> RolloutState:
    found = orjson.loads(row[5])
    return RolloutState(
        rollout=row[0],
        namespace=row[3],
        name=row[4],
        names=tuple(found.get("names", ())),
        environment=found["environment"],
        at=from_micros(row[1]),
        resource_version=None if row[2] == _UNKNOWN else row[2],
        first_version=None if row[6] == row[2] else row[6],
        created_at=from_micros_or_none(found.get("created")),
        strategy=found["strategy"],
        steps=tuple(map(_from_step, found.get("steps", ()))),
        background=tuple(found.get("background", ())),
        step_index=found.get("step_index"),
        weight=found.get("weight"),
        stable_weight=found.get("stable_weight"),
        whole_weight=found["whole_weight"],
        routed=found.get("routed", False),
        pauses=tuple(
            PauseCondition(reason=reason, since=from_micros_or_none(since))
            for reason, since in found.get("pauses", ())
        ),
        controller_pause=found.get("controller_pause", False),
        auto_promotion=None if (after := found.get("auto_promotion")) is None else timedelta(seconds=after),
        held=found.get("held", False),
        aborted=found.get("aborted", False),
        aborted_at=from_micros_or_none(found.get("aborted_at")),
        promoted_fully=found.get("promoted_fully", False),
        phase=_ROLLOUT_PHASES.get(found.get("phase")),
        message=found.get("message", ""),
        outdated=found.get("outdated", False),
        pod_hash=found.get("pod_hash", ""),
        stable_hash=found.get("stable_hash", ""),
        revision=found.get("revision"),
        images=tuple(found.get("images", ())),
        current_runs=tuple(
            CurrentRun(site=site, name=name, phase=_PHASES.get(phase), message=message)
            for site, name, phase, message in found.get("runs", ())
        ),
    )


def _from_step(step: list[Any]) -> CanaryStep:
    kind, weight, pause, templates = step
    return CanaryStep(
        kind=_KINDS[kind],
        weight=weight,
        pause=None if pause is None else timedelta(microseconds=pause),
        templates=tuple(templates),
    )
