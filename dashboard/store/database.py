"""Opening the store: one SQLite file, a connection per call, WAL, migrated by whoever writes."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dashboard.errors import StoreError

#: SQLite's `application_id` of our files ("RelR"), so that another program's database is never written to.
APPLICATION_ID = 0x52656C52
#: How many migrations `schema` has; a store keeps the number as its `user_version`.
SCHEMA_VERSION = 6
#: How long a writer waits for another one, in seconds; a batch takes a second or two.
_BUSY_SECONDS = 60.0
_RETRY_SECONDS = 0.02
_CACHE_KIB = 65_536


@contextmanager
def open_for_reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A read-only connection to the store at `path`; all that it reads is of one instant.

    Raises:
        StoreError: the store does not exist yet, is not ours, or was made by another version.
    """
    if not path.is_file():
        raise StoreError(
            f"{path}: found no store, expected one; fill it with `reliability sync`,"
            " `reliability import sli` or `reliability demo`"
        )
    with _mapped_errors(path):
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=_BUSY_SECONDS)
        try:
            _require_ours(connection, path)
            if _version(connection, path) < SCHEMA_VERSION:
                raise StoreError(
                    f"{path}: found a store of an older version, expected today's; `reliability sync`"
                    " and every other command that writes to it updates it"
                )
            connection.execute("BEGIN")
            yield connection
        finally:
            connection.close()


@contextmanager
def open_for_writing(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that may write, to the store at `path`, which is made or updated when needed.

    Raises:
        StoreError: the file is not ours or cannot be written.
    """
    with _mapped_errors(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{path}: cannot make the folder of the store: {error}") from error
        connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
        try:
            _migrate(connection, path)
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
            # A chunk of a large fleet touches tens of megabytes of pages: keep them, sync to disk less often.
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            connection.execute(f"PRAGMA wal_autocheckpoint = {_CACHE_KIB // 4}")
            yield connection
        finally:
            connection.close()


def keep_open(path: Path) -> sqlite3.Connection:
    """A connection that reads nothing: while it is open, no other one is the last to close the store.

    The last one to close it writes the whole log back, which takes longer than a small batch.

    Raises:
        StoreError: the store cannot be opened.
    """
    with _mapped_errors(path):
        connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=_BUSY_SECONDS, check_same_thread=False
        )
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of the block or nothing of it; takes the write lock at once, so that what it reads stays true."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:  # SQLite ends it by itself when, say, the disk is full
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the store to today's tables, in one transaction: of two new writers the second one waits."""
    with transaction(connection):
        _require_ours(connection, path, may_be_empty=True)
        if _version(connection, path) < SCHEMA_VERSION:
            # sqlite-utils loads pandas, which takes longer than most commands: only when needed.
            from dashboard.store.schema import migrate  # noqa: PLC0415 - see above

            migrate(connection)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    # The mode is part of the file, so it is set once; setting it needs the file for itself for a moment.
    deadline = time.monotonic() + _BUSY_SECONDS
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_RETRY_SECONDS)


@contextmanager
def _mapped_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{path}: the store cannot be used: {error}") from error


def _version(connection: sqlite3.Connection, path: Path) -> int:
    """How many migrations the store has seen."""
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if found > SCHEMA_VERSION:
        raise StoreError(f"{path}: found a store of a newer version, expected one that this version knows")
    return found


def _require_ours(connection: sqlite3.Connection, path: Path, *, may_be_empty: bool = False) -> None:
    found = connection.execute("PRAGMA application_id").fetchone()[0]
    empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if found != APPLICATION_ID and not (may_be_empty and empty):
        raise StoreError(f"{path}: found a database that is not a reliability store, expected one of ours")
