"""Beside the states of Rollouts and their runs: what is gone, and how far each source was read."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.store.moments import from_micros, to_micros

_TABLES = (
    "canary_measurements",
    "canary_metrics",
    "canary_runs",
    "canary_rollouts",
    "canary_ticks",
    "canary_counted",
    "canary_presence",
    "canary_reads",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRead:
    """How far a source of Rollouts was read: whole at `read_at`, None if it never was.

    `problem` is why the last try failed, or, where that is the one that read it whole, what of it could not
    be read.
    """

    source: str
    read_at: datetime | None
    tried_at: datetime
    problem: str | None

    @property
    def is_behind(self) -> bool:
        """Whether it was not read whole at the last try."""
        return self.read_at is None or self.read_at < self.tried_at


def holds_data(connection: sqlite3.Connection) -> bool:
    """Whether any Rollout or AnalysisRun was ever seen."""
    found = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM canary_rollouts) OR EXISTS (SELECT 1 FROM canary_runs)"
    ).fetchone()
    return bool(found[0])


def forget(connection: sqlite3.Connection) -> None:
    """Drop everything, for a demo that is made anew; what is real is never dropped."""
    for table in _TABLES:
        connection.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names


def mark_present(connection: sqlite3.Connection, source: str, rollouts: Iterable[str]) -> None:
    """Remember that `source` has `rollouts`."""
    connection.executemany(
        "INSERT INTO canary_presence VALUES (?, ?, NULL) ON CONFLICT DO UPDATE SET gone_us = NULL",
        ((source, rollout) for rollout in rollouts),
    )


def mark_gone(connection: sqlite3.Connection, source: str, rollouts: Iterable[str], at: datetime) -> None:
    """Remember that `source` has `rollouts` no longer, since `at` at the latest."""
    connection.executemany(
        "UPDATE canary_presence SET gone_us = ? WHERE source = ? AND rollout = ? AND gone_us IS NULL",
        ((to_micros(at), source, rollout) for rollout in rollouts),
    )


def forget_presence(connection: sqlite3.Connection, source: str, rollouts: Iterable[str]) -> None:
    """Remember nothing of `rollouts` and `source`: it does not tell any more whether they are there."""
    connection.executemany(
        "DELETE FROM canary_presence WHERE source = ? AND rollout = ?",
        ((source, rollout) for rollout in rollouts),
    )


def present(connection: sqlite3.Connection, source: str) -> set[str]:
    """The Rollouts that `source` has."""
    rows = connection.execute(
        "SELECT rollout FROM canary_presence WHERE source = ? AND gone_us IS NULL", (source,)
    )
    return {row[0] for row in rows}


def ever_present(connection: sqlite3.Connection, source: str) -> set[str]:
    """The Rollouts that `source` has, or had."""
    rows = connection.execute("SELECT rollout FROM canary_presence WHERE source = ?", (source,))
    return {row[0] for row in rows}


def gone(connection: sqlite3.Connection, until: datetime) -> dict[str, datetime]:
    """The Rollouts that no source has any more, and when the last one was seen to have it no longer."""
    rows = connection.execute(
        "SELECT rollout, max(gone_us) FROM canary_presence GROUP BY rollout"
        " HAVING count(gone_us) = count(*) AND max(gone_us) <= ?",
        (to_micros(until),),
    )
    return {rollout: from_micros(at) for rollout, at in rows}


def mark_read(
    connection: sqlite3.Connection,
    source: str,
    at: datetime,
    problem: str | None = None,
    *,
    whole: bool | None = None,
) -> None:
    """Remember that `source` was read whole at `at`, or why it could not be.

    It was read whole where there is no problem, if `whole` does not say otherwise.
    """
    read = whole if whole is not None else problem is None
    connection.execute(
        "INSERT INTO canary_reads VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET tried_us = excluded.tried_us,"
        " problem = excluded.problem, read_us = coalesce(excluded.read_us, canary_reads.read_us)",
        (source, to_micros(at) if read else None, to_micros(at), problem),
    )


def retire(connection: sqlite3.Connection, prefix: str, keep: Iterable[str], tried_before: datetime) -> None:
    """Drop each source whose name begins with `prefix`, that was not tried since then, but those to `keep`.

    That a Rollout is gone from it stays known; of those that it had it tells nothing any more.
    """
    kept = set(keep)
    rows = connection.execute(
        "SELECT source FROM canary_reads WHERE substr(source, 1, ?) = ? AND tried_us < ?",
        (len(prefix), prefix, to_micros(tried_before)),
    ).fetchall()
    for (source,) in rows:
        if source not in kept:
            connection.execute("DELETE FROM canary_reads WHERE source = ?", (source,))
            connection.execute("DELETE FROM canary_presence WHERE source = ? AND gone_us IS NULL", (source,))


def reads(connection: sqlite3.Connection) -> Sequence[SourceRead]:
    """How far each source was read."""
    rows = connection.execute("SELECT source, read_us, tried_us, problem FROM canary_reads ORDER BY source")
    return tuple(
        SourceRead(
            source=source,
            read_at=None if read is None else from_micros(read),
            tried_at=from_micros(tried),
            problem=problem,
        )
        for source, read, tried, problem in rows
    )
