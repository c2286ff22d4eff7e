"""How far what is shown can be trusted: as of when, how old, what the last sync met, demo or real."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dashboard.domain.objective_status import BudgetRules
from dashboard.store import settings, sli_history, sync_log
from dashboard.store.database import open_for_reading
from dashboard.store.sync_log import OpenProblem, SyncOutcome, SyncRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """The state of the data behind a report.

    `newest` is the end of the newest bucket of any objective; `stale` says that at least half of the
    objectives that ever had data have none that is as new as the policy asks for; `runs` counts the kept
    syncs by how they ended; `problems` are what the last sync found wrong.
    """

    as_of: datetime
    newest: datetime | None
    stale: bool
    last_run: SyncRun | None
    runs: Mapping[SyncOutcome, int]
    problems: tuple[OpenProblem, ...]
    is_demo: bool


def freshness(connection: sqlite3.Connection, rules: BudgetRules, now: datetime) -> Freshness:
    """The state of the store's data at `now`."""
    ends = sli_history.newest_bucket_ends(connection, now)
    old = sum(now - end > rules.stale_after for end in ends)
    return Freshness(
        as_of=now,
        newest=max(ends, default=None),
        stale=2 * old >= len(ends),
        last_run=sync_log.last_run(connection, now),
        runs=sync_log.runs_by_outcome(connection),
        problems=tuple(sync_log.open_problems(connection, now)),
        is_demo=settings.demo_as_of(connection) is not None,
    )


def reading_time(store: Path, clock: datetime) -> datetime:
    """The instant that reports on `store` are made for: `clock`, or the end of the history of a demo.

    The demo's clock stands still, so that it looks the same on every day that it is opened.

    Raises:
        StoreError: the store is missing or cannot be read.
    """
    with open_for_reading(store) as connection:
        as_of = settings.demo_as_of(connection)
    return clock if as_of is None else datetime.fromtimestamp(as_of, tz=UTC)
