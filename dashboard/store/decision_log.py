"""The decision log: an append-only chain of decisions and of changes to freezes, exceptions and approvals."""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import orjson

from dashboard.store.moments import from_micros, to_micros

#: What the first record has for the digest of the one before.
GENESIS = "0" * 64
DECISION = "decision"

_COLUMNS = "seq, id, kind, at_us, actor, service, environment, version, body, previous, digest"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """Something to be written down: its kind, when it was so, who said it, and all that it says.

    `service`, `environment` and `version` are only for finding it. `id` is made when there is none.
    """

    kind: str
    at: datetime
    actor: str
    body: Mapping[str, Any]
    service: str | None = None
    environment: str | None = None
    version: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRecord:
    """An entry as it stands in the log; `seq` counts from 1, `digest` covers it and the one before."""

    seq: int
    id: str
    kind: str
    at: datetime
    actor: str
    service: str | None
    environment: str | None
    version: str | None
    body: Mapping[str, Any]
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A place at which the log is not what was written: the record's number, and what is wrong."""

    seq: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a look at the whole chain found: how many records, the digest at its end, and every fault."""

    records: int
    head: str
    faults: tuple[Fault, ...]


def append(connection: sqlite3.Connection, entries: Iterable[LogEntry]) -> list[LogRecord]:
    """Write `entries` at the end of the log, inside the caller's transaction, which holds the write lock."""
    row = connection.execute("SELECT seq, digest FROM decision_log_head").fetchone()
    seq, previous = (0, GENESIS) if row is None else row
    written = []
    for entry in entries:
        seq += 1
        body = orjson.dumps(entry.body, option=orjson.OPT_SORT_KEYS).decode()
        said = (
            seq,
            entry.id or uuid4().hex,
            entry.kind,
            to_micros(entry.at),
            entry.actor,
            entry.service,
            entry.environment,
            entry.version,
            body,
            previous,
        )
        previous = _digest(said)
        connection.execute(
            f"INSERT INTO decision_log ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - our own names
            (*said, previous),
        )
        written.append(_from_row((*said, previous)))
    if written:
        connection.execute("INSERT OR REPLACE INTO decision_log_head VALUES (1, ?, ?)", (seq, previous))
    return written


def records(  # noqa: PLR0913 - one argument per way to choose
    connection: sqlite3.Connection,
    *,
    kinds: Iterable[str] = (),
    until: datetime | None = None,
    service: str | None = None,
    environment: str | None = None,
    version: str | None = None,
    newest: int | None = None,
) -> list[LogRecord]:
    """The records in their order: of some kinds, of a release, up to an instant, the newest few."""
    wanted = list(kinds)
    where, values = ["1"], list[object]()
    if wanted:
        where.append(f"kind IN ({', '.join('?' * len(wanted))})")
        values += wanted
    if until is not None:
        where.append("at_us <= ?")
        values.append(to_micros(until))
    for column, value in (("service", service), ("environment", environment), ("version", version)):
        if value is not None:
            where.append(f"{column} = ?")
            values.append(value)
    limit = -1 if newest is None else newest
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM decision_log WHERE {' AND '.join(where)} ORDER BY seq DESC LIMIT ?",  # noqa: S608 - our own names
        (*values, limit),
    ).fetchall()
    return [_from_row(row) for row in reversed(rows)]


def record(connection: sqlite3.Connection, name: str) -> LogRecord | None:
    """The record whose id is `name`; None when there is none."""
    row = connection.execute(f"SELECT {_COLUMNS} FROM decision_log WHERE id = ?", (name,)).fetchone()  # noqa: S608 - our own names
    return None if row is None else _from_row(row)


def holds_digest(connection: sqlite3.Connection, digest: str) -> bool:
    """Whether a record has this digest: the end of the log as somebody noted it, when it was."""
    found = connection.execute("SELECT EXISTS (SELECT 1 FROM decision_log WHERE digest = ?)", (digest,))
    return bool(found.fetchone()[0])


def keep_policy(
    connection: sqlite3.Connection, version: str, text: str, data: Mapping[str, Any], at: datetime
) -> None:
    """Remember the policy `version`, inside the caller's transaction; one that is known stays as it is."""
    connection.execute(
        "INSERT INTO policy_versions VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (version, to_micros(at), text, orjson.dumps(data, option=orjson.OPT_SORT_KEYS).decode()),
    )


def policy_of(connection: sqlite3.Connection, version: str) -> tuple[str, dict[str, Any]] | None:
    """The text and the data of the policy `version`; None when it was never kept.

    What is no text or no JSON any more comes back empty, which no policy is.
    """
    row = connection.execute(
        "SELECT text, data FROM policy_versions WHERE version = ?", (version,)
    ).fetchone()
    if row is None:
        return None
    try:
        data = orjson.loads(row[1])
    except (ValueError, TypeError):
        data = {}
    return row[0] if isinstance(row[0], str) else "", data


def policy_versions(connection: sqlite3.Connection) -> list[tuple[str, datetime]]:
    """Every policy that ever decided, with when it first did, oldest first."""
    rows = connection.execute("SELECT version, first_used_us FROM policy_versions ORDER BY first_used_us")
    return [(version, from_micros(at)) for version, at in rows]


def verify(connection: sqlite3.Connection) -> Verification:
    """Walk the whole chain: a record that was edited, removed, moved or cut off the end is a fault."""
    faults: list[Fault] = []
    expected_seq, previous = 1, GENESIS
    for row in connection.execute(f"SELECT {_COLUMNS} FROM decision_log ORDER BY seq"):  # noqa: S608 - our own names
        seq, digest = row[0], row[10]
        if seq != expected_seq:
            up_to = "" if seq == expected_seq + 1 else f" up to record {seq - 1}"
            message = f"found nothing{up_to}, expected an unbroken count"
            faults.append(Fault(seq=expected_seq, message=message))
        elif row[9] != previous:
            faults.append(Fault(seq=seq, message="does not follow the record before it"))
        if not _is_whole(row) or _digest(row[:10]) != digest:
            faults.append(Fault(seq=seq, message="was changed after it was written"))
        expected_seq, previous = seq + 1, digest
    head = connection.execute("SELECT seq, digest FROM decision_log_head").fetchone()
    last = (expected_seq - 1, previous)
    if head is None and expected_seq > 1:
        faults.append(Fault(seq=expected_seq - 1, message="the end of the chain is not marked"))
    elif head is not None and tuple(head) != last:
        message = f"the chain ends here, expected it to end at record {head[0]} with another digest"
        faults.append(Fault(seq=expected_seq - 1, message=message))
    faults += _policy_faults(connection)
    return Verification(records=expected_seq - 1, head=previous, faults=tuple(faults))


def _is_whole(row: tuple[Any, ...]) -> bool:
    """Whether every value of a record has the type that it was written with, and its body is JSON."""
    try:
        orjson.loads(row[8])
    except (ValueError, TypeError):
        return False
    needed, found_by = (row[1], row[2], row[4], row[8], row[9]), row[5:8]
    return all(isinstance(text, str) for text in needed) and all(
        text is None or isinstance(text, str) for text in found_by
    )


def holds_data(connection: sqlite3.Connection) -> bool:
    """Whether anything was ever written down."""
    found = connection.execute("SELECT EXISTS (SELECT 1 FROM decision_log)").fetchone()
    return bool(found[0])


def forget(connection: sqlite3.Connection) -> None:
    """Drop the log of a demo that is made anew; a real one cannot be dropped."""
    for table in ("decision_log", "decision_log_head", "policy_versions"):
        connection.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names


def _policy_faults(connection: sqlite3.Connection) -> Iterator[Fault]:
    """Policies that decisions name and that are not kept."""
    rows = connection.execute(
        "SELECT min(seq), json_extract(body, '$.decision.policy_version') AS decided_by FROM decision_log"
        " WHERE kind = ? AND json_valid(body) GROUP BY decided_by"
        " HAVING decided_by NOT IN (SELECT version FROM policy_versions)",
        (DECISION,),
    )
    for seq, version in rows:
        yield Fault(seq=seq, message=f"was decided by the policy {version}, which is not kept")


def _digest(said: Iterable[object]) -> str:
    return hashlib.sha256(
        json.dumps(list(said), ensure_ascii=False, separators=(",", ":")).encode()
    ).hexdigest()


def _from_row(row: tuple[Any, ...]) -> LogRecord:
    return LogRecord(
        seq=row[0],
        id=row[1],
        kind=row[2],
        at=from_micros(row[3]),
        actor=row[4],
        service=row[5],
        environment=row[6],
        version=row[7],
        body=orjson.loads(row[8]),
        digest=row[10],
    )
