"""The history of service level indicators: running totals per objective and bucket."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain, count, repeat

from dashboard.domain.sli_bucket import BucketFault
from dashboard.domain.slo import Objective
from dashboard.errors import StoreError

_LARGEST = 2**63 - 1
_PUT, _ROW, _COLUMNS = "INSERT OR REPLACE INTO sli VALUES ", "(?, ?, ?, ?, ?)", 5
_ROWS_AT_ONCE = 48

#: One measured bucket: start (unix seconds), good and total in count units.
Bucket = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlaggedBucket:
    """A bucket that the source answered for, but that cannot be counted; `found` is what it said.

    `total` (count units) is kept of a bucket without a good series: once an earlier bucket turns out to
    have good events, this one was an outage.
    """

    bucket: int
    fault: BucketFault
    found: str
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SliBatch:
    """Buckets of one objective, measured ones in ascending order, each bucket at most once."""

    objective_id: int
    measured: Sequence[Bucket]
    flagged: Sequence[FlaggedBucket] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What a batch did: buckets that were `added`, `corrected` (had another value) and `flagged`."""

    added: int = 0
    corrected: int = 0
    flagged: int = 0

    def __add__(self, other: "Recorded") -> "Recorded":
        return Recorded(
            added=self.added + other.added,
            corrected=self.corrected + other.corrected,
            flagged=self.flagged + other.flagged,
        )


def objective_ids(connection: sqlite3.Connection, objectives: Iterable[Objective]) -> dict[str, int]:
    """The row id of each objective that the store knows, by `service/indicator`."""
    wanted = {objective.key for objective in objectives}
    rows = connection.execute("SELECT service || '/' || indicator, id FROM objectives")
    return {key: row_id for key, row_id in rows if key in wanted}


def ensure_objectives(connection: sqlite3.Connection, objectives: Iterable[Objective]) -> dict[str, int]:
    """As `objective_ids`, after adding those that are missing."""
    objectives = tuple(objectives)
    connection.executemany(
        "INSERT OR IGNORE INTO objectives (service, indicator) VALUES (?, ?)",
        [(objective.service, objective.indicator) for objective in objectives],
    )
    return objective_ids(connection, objectives)


def holds_data(connection: sqlite3.Connection) -> bool:
    """Whether anything was ever stored."""
    found = connection.execute("SELECT EXISTS (SELECT 1 FROM sli)").fetchone()
    return bool(found[0])


def good_through(connection: sqlite3.Connection, ids: Iterable[int], bucket: int) -> dict[int, int]:
    """All good events of each objective before the start of `bucket`, in count units."""
    read = "SELECT good FROM sli WHERE objective_id = ? AND bucket < ? ORDER BY bucket DESC LIMIT 1"
    found = {row_id: connection.execute(read, (row_id, bucket)).fetchone() for row_id in ids}
    return {row_id: row[0] if row else 0 for row_id, row in found.items()}


def record(connection: sqlite3.Connection, batches: Iterable[SliBatch]) -> Recorded:
    """Store `batches` inside the caller's transaction: an upsert per bucket, in any order, any times.

    A measured value replaces an older one and clears a flag. A flag never replaces a measured value, and
    nothing is ever deleted: what the source has forgotten, the store still knows.

    Raises:
        StoreError: a running total would leave 64 bits.
    """
    done = Recorded()
    for batch in batches:
        if batch.measured:
            rows, added, corrected = _merged(connection, batch)
            _put(connection, rows)
            done += Recorded(added=added, corrected=corrected)
        if batch.flagged:
            done += Recorded(flagged=_flag(connection, batch))
        if _has_flags(connection, batch.objective_id):
            _clear_flags(connection, batch)
            if outages := _explained_outages(connection, batch.objective_id):
                done += record(connection, [SliBatch(objective_id=batch.objective_id, measured=outages)])
    return done


def record_sliding(connection: sqlite3.Connection, row_id: int, at: int, counts: Bucket) -> None:
    """Keep the counts of the five minutes before `at` (unix seconds), the newest only."""
    _, good, total = counts
    connection.execute(
        "INSERT INTO sli_sliding (objective_id, at, good, total) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET at = excluded.at, good = excluded.good, total = excluded.total"
        " WHERE excluded.at >= at",
        (row_id, at, good, total),
    )


def _merged(
    connection: sqlite3.Connection, batch: SliBatch
) -> tuple[list[tuple[int, int, int, int, int]], int, int]:
    """The rows of `sli` that change, and how many buckets are new and how many have another value."""
    row_id, first = batch.objective_id, batch.measured[0][0]
    base = connection.execute(
        "SELECT good, total, measured FROM sli WHERE objective_id = ? AND bucket < ?"
        " ORDER BY bucket DESC LIMIT 1",
        (row_id, first),
    ).fetchone() or (0, 0, 0)
    stored = connection.execute(
        "SELECT bucket, good, total, measured FROM sli WHERE objective_id = ? AND bucket >= ?"
        " ORDER BY bucket",
        (row_id, first),
    ).fetchall()
    good, total, measured = base
    if not stored:
        buckets, goods, totals = zip(*batch.measured, strict=True)
        running_goods = accumulate(goods, initial=good)
        running_totals = list(accumulate(totals, initial=total))
        next(running_goods)
        _require_64_bits(running_totals[-1])
        counted = count(measured + 1)
        rows = list(zip(repeat(row_id), buckets, running_goods, running_totals[1:], counted, strict=False))
        return rows, len(rows), 0
    known: dict[int, tuple[int, int]] = {}
    running = {}
    for bucket, running_good, running_total, running_measured in stored:
        known[bucket] = (running_good - good, running_total - total)
        good, total = running_good, running_total
        running[bucket] = (running_good, running_total, running_measured)
    incoming = {bucket: (bucket_good, bucket_total) for bucket, bucket_good, bucket_total in batch.measured}
    added = sum(bucket not in known for bucket in incoming)
    corrected = sum(bucket in known and known[bucket] != counts for bucket, counts in incoming.items())
    rows = []
    good, total, measured = base
    for bucket, (bucket_good, bucket_total) in sorted((known | incoming).items()):
        good, total, measured = good + bucket_good, total + bucket_total, measured + 1
        if running.get(bucket) != (good, total, measured):
            rows.append((row_id, bucket, good, total, measured))
    _require_64_bits(total)
    return rows, added, corrected


def _put(connection: sqlite3.Connection, rows: list[tuple[int, int, int, int, int]]) -> None:
    """Insert or replace rows of `sli`, many in a statement: each costs more than its row."""
    whole = len(rows) // _ROWS_AT_ONCE * _ROWS_AT_ONCE
    values = list(chain.from_iterable(rows[:whole]))
    width = _ROWS_AT_ONCE * _COLUMNS
    many = [values[first : first + width] for first in range(0, len(values), width)]
    connection.executemany(_PUT + ", ".join([_ROW] * _ROWS_AT_ONCE), many)
    connection.executemany(_PUT + _ROW, rows[whole:])


def _has_flags(connection: sqlite3.Connection, row_id: int) -> bool:
    """Whether anything is flagged at all: seldom, and then there is nothing to look for bucket by bucket."""
    found = connection.execute("SELECT 1 FROM sli_flagged WHERE objective_id = ? LIMIT 1", (row_id,))
    return found.fetchone() is not None


def _clear_flags(connection: sqlite3.Connection, batch: SliBatch) -> None:
    connection.executemany(
        "DELETE FROM sli_flagged WHERE objective_id = ? AND bucket = ?",
        [(batch.objective_id, bucket) for bucket, _, _ in batch.measured],
    )


def _flag(connection: sqlite3.Connection, batch: SliBatch) -> int:
    """Flag the buckets that have no measured value; returns how many flags are new or say something new."""
    before = connection.total_changes
    connection.executemany(
        """
        INSERT INTO sli_flagged (objective_id, bucket, fault, found, total)
        SELECT ?1, ?2, ?3, ?4, ?5 WHERE NOT EXISTS (SELECT 1 FROM sli WHERE objective_id = ?1 AND bucket = ?2)
        ON CONFLICT DO UPDATE SET fault = excluded.fault, found = excluded.found, total = excluded.total
        WHERE fault IS NOT excluded.fault OR found IS NOT excluded.found
        """,
        [
            (batch.objective_id, flag.bucket, flag.fault.value, flag.found, flag.total)
            for flag in batch.flagged
        ],
    )
    return connection.total_changes - before


def _explained_outages(connection: sqlite3.Connection, row_id: int) -> list[Bucket]:
    """The buckets without a good series after the first good event: outages, told so in whatever order."""
    return connection.execute(
        """
        SELECT bucket, 0, total FROM sli_flagged
        WHERE objective_id = ?1 AND fault = ?2 AND total IS NOT NULL AND bucket > (
            SELECT bucket FROM sli WHERE objective_id = ?1 AND good > 0 ORDER BY bucket LIMIT 1)
        ORDER BY bucket
        """,
        (row_id, BucketFault.NO_GOOD_SERIES.value),
    ).fetchall()


def _require_64_bits(total: int) -> None:
    if total > _LARGEST:
        raise StoreError("found more events than a 64-bit running total can hold, expected at most 9 × 10¹⁴")
