"""What was seen of canaries, and what the store holds of it."""

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dashboard.domain.canary.analysis_runs import AnalysisRunState
from dashboard.domain.canary.rollouts import RolloutState
from dashboard.domain.canary.ticks import Tick
from dashboard.ingest.canaries import record_canaries
from dashboard.store import canary_history, canary_rollouts
from dashboard.store.database import open_for_reading, open_for_writing, transaction
from tests.canary_states import run
from tests.rollout_objects import measurement, metric_result, moment

NEVER, FOREVER = datetime(1999, 1, 1, tzinfo=UTC), datetime(2199, 1, 1, tzinfo=UTC)
START = datetime(2000, 1, 1, tzinfo=UTC)


def looks(length: int = 24) -> list[AnalysisRunState]:
    """What somebody sees who looks at a run after each of its measurements; Argo keeps the last ten."""
    taken = [
        measurement(minute, f"[0.{minute}]", "Failed" if minute == 5 else "Successful")
        for minute in range(length)
    ]
    found = [run("r", phase="Pending", at=-1, version=1)]
    for end in range(1, length + 1):
        kept = taken[max(0, end - 10) : end]
        dropped = sum(item["phase"] == "Successful" for item in taken[: max(0, end - 10)])
        failed = sum(item["phase"] == "Failed" for item in taken[:end])
        last = end == length
        result = metric_result(
            "errors", kept, "Successful" if last else "Running", dropped=dropped, failed=failed
        )
        phase, message = ("Successful", "all is well") if last else ("Running", "")
        found.append(run("r", result, phase=phase, message=message, at=-1, version=end + 1))
        going = [*kept, measurement(end, None, "Running")]
        if not last:
            more = metric_result("errors", going, dropped=dropped, failed=failed)
            found.append(run("r", more, at=-1, version=end + 1))
    return found


def everything(connection: sqlite3.Connection) -> dict[str, list[Any]]:
    """All that the store holds of canaries, without the numbers that rows happen to have."""
    found: dict[str, list[Any]] = {
        "rollouts": connection.execute("SELECT * FROM canary_rollouts ORDER BY rollout, key").fetchall()
    }
    for table in ("canary_metrics", "canary_measurements"):
        rows = connection.execute(
            f"SELECT r.run, t.* FROM {table} t JOIN canary_runs r ON r.id = t.run_id"  # noqa: S608 - our own names
        ).fetchall()
        found[table] = sorted((row[0], *row[2:]) for row in rows) if rows else []
    runs = connection.execute("SELECT * FROM canary_runs").fetchall()
    found["runs"] = sorted(row[1:] for row in runs)
    return {name: [tuple(map(str, row)) for row in rows] for name, rows in found.items()}


def recorded(path: Path, observations: Sequence[AnalysisRunState | RolloutState]) -> dict[str, list[Any]]:
    """All that the store at `path` holds after these `observations`."""
    with open_for_writing(path) as connection, transaction(connection):
        record_canaries(connection, observations)
        return everything(connection)


def everybody(connection: sqlite3.Connection) -> list[str]:
    """The rollouts that the store knows."""
    return canary_rollouts.changed_since(connection, START)


def whole(path: Path) -> AnalysisRunState:
    """The one run of `api`, with its measurements."""
    with open_for_reading(path) as connection:
        runs = canary_history.runs_of(connection, ["uid-api"], FOREVER)
        (found,) = canary_history.with_measurements(connection, runs)
        return found


def tick(minutes: float, *counts: float) -> Tick:
    """Counts at so many minutes: bad and all of the canary, then of stable."""
    bad, total, stable_bad, stable_total = counts
    return Tick(
        at=moment(minutes),
        canary_bad=bad,
        canary_total=total,
        stable_bad=stable_bad,
        stable_total=stable_total,
        weight=0.1,
    )
