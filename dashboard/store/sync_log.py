"""How far the sources were read, how each sync ended, and what is wrong with the sources now."""

import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

#: How many ended syncs are kept; at one a minute this is a week.
_KEPT_RUNS = 10_000


class SyncOutcome(StrEnum):
    """How a sync ended."""

    OK = "ok"
    PARTIAL = "partial"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRun:
    """One ended sync; `buckets` is how many buckets it added, corrected or flagged."""

    started_at: datetime
    finished_at: datetime
    outcome: SyncOutcome
    message: str
    buckets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something wrong with a source that a person should know; `subject` is what it is about."""

    subject: str
    kind: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenProblem:
    """A problem that the last sync still saw, and since when it is known."""

    problem: Problem
    first_seen: datetime


def synced_until(connection: sqlite3.Connection, indicator: str) -> dict[str, int | None]:
    """How far each service's objective on `indicator` was read (unix seconds), by service."""
    rows = connection.execute(
        "SELECT service, synced_until FROM objectives WHERE indicator = ?", (indicator,)
    )
    return dict(rows.fetchall())


def want_from(connection: sqlite3.Connection, oldest: int, now: datetime) -> None:
    """The sources are wanted from `oldest` (unix seconds); what was read from later on begins anew.

    A look at the past, at a `now` before what was read, asks for nothing older.
    """
    connection.execute(
        "UPDATE objectives SET synced_from = ?1, synced_until = NULL"
        " WHERE synced_until IS NULL OR (synced_until <= ?2 AND coalesce(synced_from > ?1, TRUE))",
        (oldest, _seconds(now)),
    )


def retire(connection: sqlite3.Connection, indicator: str, old: str, new: str) -> None:
    """The queries of `indicator` changed from those of the digest `old` to those of `new`.

    What the old ones counted is something else, so it keeps its place under a name of its own; what the new
    ones counted before, if they are back, becomes current again. Nothing is lost, nothing is mixed.
    """
    rename = "UPDATE objectives SET indicator = ? WHERE indicator = ?"
    connection.execute(rename, (f"{indicator}@{old}", indicator))
    connection.execute(rename, (indicator, f"{indicator}@{new}"))


def mark_synced(connection: sqlite3.Connection, ids: Iterable[int], until: int) -> None:
    """Objectives were read, whole, up to `until` (unix seconds; never moved back)."""
    connection.executemany(
        "UPDATE objectives SET synced_until = max(coalesce(synced_until, 0), ?1),"
        " partial = NULL, partial_since = NULL WHERE id = ?2",
        [(until, row_id) for row_id in ids],
    )


def mark_partial(connection: sqlite3.Connection, ids: Iterable[int], warning: str, since: datetime) -> None:
    """The newest answer on objectives was partial: their watermark stays, with the source's `warning`."""
    connection.executemany(
        "UPDATE objectives SET partial = ?1, partial_since = coalesce(partial_since, ?2) WHERE id = ?3",
        [(warning, _seconds(since), row_id) for row_id in ids],
    )


def log_run(connection: sqlite3.Connection, run: SyncRun) -> None:
    """Append an ended sync and forget those beyond the newest ten thousand."""
    cursor = connection.execute(
        "INSERT INTO sync_runs (started_at, finished_at, outcome, message, buckets) VALUES (?, ?, ?, ?, ?)",
        (_seconds(run.started_at), _seconds(run.finished_at), run.outcome.value, run.message, run.buckets),
    )
    connection.execute("DELETE FROM sync_runs WHERE id <= ?", ((cursor.lastrowid or 0) - _KEPT_RUNS,))


def last_run(connection: sqlite3.Connection, before: datetime) -> SyncRun | None:
    """The newest sync that began at or before `before`; None when there is none."""
    row = connection.execute(
        "SELECT started_at, finished_at, outcome, message, buckets FROM sync_runs WHERE started_at <= ?"
        " ORDER BY id DESC LIMIT 1",
        (_seconds(before),),
    ).fetchone()
    if row is None:
        return None
    return SyncRun(
        started_at=_time(row[0]),
        finished_at=_time(row[1]),
        outcome=SyncOutcome(row[2]),
        message=row[3],
        buckets=row[4],
    )


def runs_by_outcome(connection: sqlite3.Connection) -> dict[SyncOutcome, int]:
    """How many of the kept syncs ended in each way."""
    rows = connection.execute("SELECT outcome, count(*) FROM sync_runs GROUP BY outcome")
    counted = dict(rows.fetchall())
    return {outcome: counted.get(outcome.value, 0) for outcome in SyncOutcome}


def replace_problems(
    connection: sqlite3.Connection,
    problems: Iterable[Problem],
    now: datetime,
    *,
    unread: Collection[str] = (),
) -> list[Problem]:
    """Make `problems` the open ones; returns those that are new or say something new, to be told once.

    What was known of the subjects in `unread` stays open: nobody looked whether it is well again.
    """
    rows = connection.execute("SELECT subject, kind, message FROM sync_problems")
    known = {(subject, kind): message for subject, kind, message in rows}
    seen = {(problem.subject, problem.kind): problem for problem in problems}
    connection.executemany(
        "DELETE FROM sync_problems WHERE subject = ? AND kind = ?",
        [key for key in known.keys() - seen.keys() if key[0] not in unread],
    )
    connection.executemany(
        """
        INSERT INTO sync_problems (subject, kind, message, first_seen, last_seen) VALUES (?1, ?2, ?3, ?4, ?4)
        ON CONFLICT DO UPDATE SET message = excluded.message, last_seen = excluded.last_seen
        """,
        [(problem.subject, problem.kind, problem.message, _seconds(now)) for problem in seen.values()],
    )
    return [problem for key, problem in seen.items() if known.get(key) != problem.message]


def open_problems(connection: sqlite3.Connection, now: datetime) -> list[OpenProblem]:
    """What is wrong since before `now`, by subject."""
    rows = connection.execute(
        "SELECT subject, kind, message, first_seen FROM sync_problems WHERE first_seen <= ?"
        " ORDER BY subject, kind",
        (_seconds(now),),
    )
    return [
        OpenProblem(
            problem=Problem(subject=subject, kind=kind, message=message), first_seen=_time(first_seen)
        )
        for subject, kind, message, first_seen in rows
    ]


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)
