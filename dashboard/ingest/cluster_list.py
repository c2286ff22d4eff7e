"""One pass over a list of a cluster: its pages into the store, and what is there no longer."""

import sqlite3
import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dashboard.ingest.canaries import StoredCanaries, record_canaries
from dashboard.ingest.chosen_runs import ChosenRuns
from dashboard.ingest.events import refuse_demo
from dashboard.sources.kubernetes_rollouts import KubernetesRollouts, Page, Resource, Scope
from dashboard.store import canaries
from dashboard.store.canary_runs import RecordedRuns
from dashboard.store.database import open_for_reading, open_for_writing, transaction

#: A source that the settings name no more is dropped when nobody has read it for so long: another process may
#: read other namespaces of the same API server. That of another server may be down for longer.
_RETIRED_AFTER, _RETIRED_ELSEWHERE_AFTER = timedelta(hours=1), timedelta(days=7)
_EVERY_SERVER = "kubernetes"


class ListReading:
    """A list that is read into the store; when it begins anew, what was counted of it is forgotten.

    `stored` is what it held, and what of it was new to the store; `unreadable` says of objects, by their
    keys, why they cannot be read; `version` is where a watch may begin.
    """

    def __init__(self, store: Path, source: KubernetesRollouts, scope: Scope, runs: ChosenRuns) -> None:
        self.read = 0
        self.version = ""
        self.stored = StoredCanaries()
        self.unreadable: dict[str, str] = {}
        self._store = store
        self._source = source
        self._scope = scope
        self._runs = runs
        self._present: set[str] = set()

    def add(self, page: Page) -> None:
        """Store a page."""
        if page.begins:
            self._begin()
        self.read += len(page.present)
        self.version = page.version or self.version
        self.unreadable.update(page.unreadable)
        self._present.update(page.present)
        with open_for_writing(self._store) as connection, transaction(connection):
            stored = record_page(connection, self._store, self._scope, page, self._runs)
        self.stored = sum_of((self.stored, stored))

    def finish(self, problem: str | None, stop: threading.Event) -> None:
        """The list was read to its end: what it did not have is gone. `problem` is what else is wrong.

        Raises:
            SourceUnreachableError: it cannot be told whether what it did not have is deleted.
        """
        name, missing = self._scope.name, set[str]()
        if self._scope.resource is Resource.ROLLOUTS:
            with open_for_reading(self._store) as connection:
                missing = canaries.present(connection, name) - self._present
        left = still_there(self._source, self._scope, missing, stop)
        now = datetime.now(UTC)
        ours = {scope.name for scope in self._source.scopes}
        with open_for_writing(self._store) as connection, transaction(connection):
            canaries.mark_gone(connection, name, missing - left, now)
            canaries.forget_presence(connection, name, left)
            canaries.mark_read(connection, name, now, problem, whole=True)
            canaries.retire(connection, f"{self._source.server}: ", ours, now - _RETIRED_AFTER)
            canaries.retire(connection, _EVERY_SERVER, ours, now - _RETIRED_ELSEWHERE_AFTER)

    def _begin(self) -> None:
        # What was new to the store stays new; what was held is read once more.
        self.read, self.stored = 0, replace(self.stored, rollouts=0, runs=0)
        self.unreadable.clear()
        self._present.clear()
        self._runs.begin(self._scope)


def record_page(
    connection: sqlite3.Connection, store: Path, scope: Scope, page: Page, runs: ChosenRuns
) -> StoredCanaries:
    """Store what `page` tells of objects that there are, inside the caller's transaction.

    Raises:
        InputError: the store holds the demo.
    """
    refuse_demo(connection, store)
    if scope.resource is Resource.ROLLOUTS:
        canaries.mark_present(connection, scope.name, page.present)
        runs.chosen(page.present)
    return record_canaries(connection, runs.of(connection, scope, page.observations))


def still_there(
    source: KubernetesRollouts, scope: Scope, rollouts: set[str], stop: threading.Event
) -> set[str]:
    """Those of `rollouts` that were not deleted, but are not chosen by the labels of `scope` any more.

    Raises:
        SourceUnreachableError: the cluster does not tell.
    """
    if not rollouts or scope.selector is None or scope.resource is not Resource.ROLLOUTS:
        return set()
    return rollouts & source.existing(scope, stop)


def unreadable_sentence(unreadable: Mapping[str, str]) -> str | None:
    """That there are objects that cannot be read, with the first of them; None where there are none."""
    if not unreadable:
        return None
    first = next(iter(unreadable.values()))
    return (
        f"1 object cannot be read: {first}"
        if len(unreadable) == 1
        else (f"{len(unreadable):,} objects cannot be read, such as: {first}")
    )


def sum_of(found: Iterable[StoredCanaries]) -> StoredCanaries:
    """All of `found` together."""
    listed = list(found)
    return StoredCanaries(
        rollouts=sum(one.rollouts for one in listed),
        states=sum(one.states for one in listed),
        runs=sum(one.runs for one in listed),
        new=sum((one.new for one in listed), RecordedRuns()),
    )
