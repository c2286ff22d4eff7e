"""Facts about the store itself, such as whether it holds the demo."""

import sqlite3

_DEMO_AS_OF = "demo_as_of"
_QUERIES = "queries:"


def mark_demo(connection: sqlite3.Connection, as_of: int) -> None:
    """Remember that this store holds the demo, whose history ends at `as_of` (unix seconds)."""
    connection.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (_DEMO_AS_OF, str(as_of)))


def demo_as_of(connection: sqlite3.Connection) -> int | None:
    """The end of the demo's history (unix seconds); None when the store holds real data."""
    row = connection.execute("SELECT value FROM settings WHERE key = ?", (_DEMO_AS_OF,)).fetchone()
    return int(row[0]) if row else None


def swap_query_digest(connection: sqlite3.Connection, indicator: str, digest: str) -> str | None:
    """Remember the `digest` of the queries of `indicator`; returns the one that was known before."""
    key = _QUERIES + indicator
    known = connection.execute("SELECT value FROM settings WHERE key = ?", (key,)).fetchone()
    connection.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (key, digest))
    return None if known is None else str(known[0])
