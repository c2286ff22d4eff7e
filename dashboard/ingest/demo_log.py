"""The decision log of the demo while it is made: in the order of time, decided by as many threads as help."""

import hashlib
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from dashboard.ingest.decisions import decision_entry
from dashboard.policy.data import GatePolicy
from dashboard.reports.gate_context import Asked
from dashboard.reports.release_gate import Decided
from dashboard.store.decision_log import DECISION, LogEntry, append, keep_policy
from dashboard.store.release_controls import ControlEvent, control_entry

_ID_BYTES = 16
#: Each thread compiles the policy for itself, which takes as long as several decisions.
_MOST_THREADS = 4


class DemoLog:
    """What is going to be the log. The same demo has the same ids.

    Evaluating a decision takes longer than everything else about it, and the engine leaves other threads
    alone: with two processors it takes half the time.
    """

    def __init__(self) -> None:
        self._entries: list[LogEntry | Future[LogEntry]] = []
        self._threads = ThreadPoolExecutor(min(os.cpu_count() or 1, _MOST_THREADS))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(cancel_futures=True)

    def decide(self, asked: Asked, decide: Callable[[], Decided]) -> dict[str, Any]:
        """The decision that `decide` makes, written down."""
        entry = _decided(asked, decide)
        self._entries.append(entry)
        return decision_of(entry)

    def decide_meanwhile(self, asked: Asked, decide: Callable[[], Decided]) -> Future[LogEntry]:
        """As `decide`, of a decision on which nothing depends before the log is written."""
        entry = self._threads.submit(_decided, asked, decide)
        self._entries.append(entry)
        return entry

    def add(self, event: ControlEvent) -> None:
        """Write down what somebody decided."""
        said = (type(event).__name__, event.id, event.by, event.at.isoformat())
        self._entries.append(replace(control_entry(event), id=_id(*said)))

    def write(
        self, connection: sqlite3.Connection, policy: GatePolicy, now: datetime
    ) -> list[dict[str, Any]]:
        """Write everything into the store, inside the caller's transaction; returns the decisions."""
        entries = [item.result() if isinstance(item, Future) else item for item in self._entries]
        keep_policy(connection, policy.version, policy.text, policy.data, entries[0].at if entries else now)
        append(connection, entries)
        return [decision_of(entry) for entry in entries if entry.kind == DECISION]


def decision_of(entry: LogEntry) -> dict[str, Any]:
    """The decision that an entry holds."""
    decision: dict[str, Any] = entry.body["decision"]
    return decision


def _decided(asked: Asked, decide: Callable[[], Decided]) -> LogEntry:
    decided = decide()
    name = _id(asked.now.isoformat(), decided.document["input_digest"])
    decided = replace(decided, document=decided.document | {"decision_id": name})
    return decision_entry(decided, asked, asked.requestor or "")


def _id(*said: str) -> str:
    return hashlib.blake2b("\n".join(said).encode(), digest_size=_ID_BYTES).hexdigest()
