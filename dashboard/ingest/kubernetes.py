"""A cluster → the store: all its Rollouts and AnalysisRuns once, or every change as it comes."""

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from dashboard.domain.canary.analysis_runs import AnalysisRunState
from dashboard.domain.canary.rollouts import RolloutState
from dashboard.errors import ReliabilityError, SourceUnreachableError
from dashboard.ingest.canaries import StoredCanaries, record_canaries
from dashboard.ingest.events import refuse_demo
from dashboard.sources.argo_observations import Observation
from dashboard.sources.kubernetes_api import GoneError
from dashboard.sources.kubernetes_rollouts import KubernetesRollouts, Page, Resource, Scope
from dashboard.store import canaries
from dashboard.store.canary_runs import RecordedRuns
from dashboard.store.database import open_for_writing, transaction

_log = logging.getLogger(__name__)

#: How long to wait before a list is read again that failed: doubled each time, up to the last.
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 60.0

#: Called with how many objects of a list were read, how many there are (None: not told), and of what.
Progress = Callable[[int, int | None, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterRead:
    """What one reading of a cluster brought; `problems` are sentences, `unreachable` those of whole lists."""

    stored: StoredCanaries
    problems: tuple[str, ...]
    unreachable: tuple[str, ...]


def read_cluster(
    store: Path,
    source: KubernetesRollouts,
    *,
    progress: Progress = lambda _done, _all, _what: None,
    stop: threading.Event | None = None,
) -> ClusterRead:
    """Read every list of `source` into `store`, one transaction a page.

    A list that cannot be read does not keep the others out: it is told.

    Raises:
        InputError: the store holds the demo.
        StoreError: the store cannot be used.
    """
    stop = stop or threading.Event()
    stored = StoredCanaries()
    problems: list[str] = []
    unreachable: list[str] = []
    for scope in source.scopes:
        reading = _Reading(store, source, scope)
        try:
            for page in source.listed(scope):
                stored = _sum(stored, reading.add(page))
                problems += page.unreadable
                progress(reading.read, page.total, scope.name)
                if stop.is_set():
                    return ClusterRead(
                        stored=stored, problems=tuple(problems), unreachable=tuple(unreachable)
                    )
        except SourceUnreachableError as error:
            reading.failed(str(error))
            unreachable.append(str(error))
            continue
        reading.finish()
    return ClusterRead(stored=stored, problems=tuple(problems), unreachable=tuple(unreachable))


def follow_cluster(
    store: Path, source: KubernetesRollouts, stop: threading.Event, tell: Callable[[str], None]
) -> list[threading.Thread]:
    """Read and then watch every list of `source` into `store`, each on a thread of its own, until `stop`.

    What goes wrong is told once, and tried again; after it the list is read anew where that is needed.
    """
    threads = []
    for scope in source.scopes:
        follower = _Follower(store, source, scope, stop, tell)
        threads.append(threading.Thread(target=follower.run, name=f"watch {scope.name}", daemon=True))
        threads[-1].start()
    return threads


class _Reading:
    """One pass over a list: its pages, and what is there no longer once it was read to its end."""

    def __init__(self, store: Path, source: KubernetesRollouts, scope: Scope) -> None:
        self.read = 0
        self.version = ""
        self._store = store
        self._source = source
        self._scope = scope
        self._present: set[str] = set()

    def add(self, page: Page) -> StoredCanaries:
        """Store a page."""
        self.read += len(page.observations) + len(page.unreadable)
        self.version = page.version or self.version
        rollouts = [item.rollout for item in page.observations if isinstance(item, RolloutState)]
        self._present |= set(rollouts)
        with open_for_writing(self._store) as connection, transaction(connection):
            refuse_demo(connection, self._store)
            canaries.mark_present(connection, self._scope.name, rollouts)
            return record_canaries(
                connection, _chosen(connection, self._source, self._scope, page.observations)
            )

    def finish(self) -> None:
        """The list was read to its end: what it did not have is gone."""
        now = datetime.now(UTC)
        name = self._scope.name
        with open_for_writing(self._store) as connection, transaction(connection):
            if self._scope.resource is Resource.ROLLOUTS:
                missing = canaries.present(connection, name) - self._present
                canaries.mark_gone(connection, name, missing, now)
            canaries.mark_read(connection, name, now)

    def failed(self, problem: str) -> None:
        """The list could not be read."""
        with open_for_writing(self._store) as connection, transaction(connection):
            canaries.mark_read(connection, self._scope.name, datetime.now(UTC), problem)


class _Follower:
    """Reads a list and watches it from there, for as long as it may."""

    def __init__(
        self,
        store: Path,
        source: KubernetesRollouts,
        scope: Scope,
        stop: threading.Event,
        tell: Callable[[str], None],
    ) -> None:
        self._store = store
        self._source = source
        self._scope = scope
        self._stop = stop
        self._tell = tell
        self._told = ""
        self._wait = _FIRST_WAIT

    def run(self) -> None:
        """Go on until it is told to stop; a failure is told once, and tried again."""
        version = ""
        while not self._stop.is_set():
            try:
                version = self._watch(version) if version else self._list()
                self._told, self._wait = "", _FIRST_WAIT
                continue
            except GoneError:
                version = ""
                continue
            except SourceUnreachableError as error:
                self._problem(str(error))
            except ReliabilityError as error:
                # The store may be locked or its disk full: that too may pass.
                self._problem(str(error))
            except Exception:  # noqa: BLE001 - a fault of ours must not end the watching for good
                _log.exception("watching %s failed by a fault of the program", self._scope.name)
                version = ""
            self._stop.wait(self._wait)
            self._wait = min(self._wait * 2, _LONGEST_WAIT)

    def _list(self) -> str:
        reading = _Reading(self._store, self._source, self._scope)
        for page in self._source.listed(self._scope):
            reading.add(page)
            self._tell_unreadable(page)
        reading.finish()
        return reading.version

    def _watch(self, version: str) -> str:
        """One watch; the version from which the next one goes on, also when it broke or fell silent."""
        began = False
        try:
            for page in self._source.watched(self._scope, version, self._stop):
                began = True
                self._store_changes(page)
                self._tell_unreadable(page)
                version = page.version or version
        except SourceUnreachableError:
            # That a watch breaks is nothing to tell: the next one goes on from there, or cannot begin.
            if not began:
                raise
            self._stop.wait(_FIRST_WAIT)
        return version

    def _store_changes(self, page: Page) -> None:
        rollouts = {item.rollout for item in page.observations if isinstance(item, RolloutState)}
        now = datetime.now(UTC)
        name = self._scope.name
        with open_for_writing(self._store) as connection, transaction(connection):
            refuse_demo(connection, self._store)
            canaries.mark_present(connection, name, rollouts)
            record_canaries(connection, _chosen(connection, self._source, self._scope, page.observations))
            canaries.mark_gone(connection, name, page.gone, now)
            canaries.mark_read(connection, name, now)

    def _tell_unreadable(self, page: Page) -> None:
        for sentence in page.unreadable:
            self._tell(sentence)

    def _problem(self, sentence: str) -> None:
        if sentence != self._told:
            self._tell(sentence)
        self._told = sentence
        try:
            with open_for_writing(self._store) as connection, transaction(connection):
                canaries.mark_read(connection, self._scope.name, datetime.now(UTC), sentence)
        except ReliabilityError as error:
            _log.error("the store cannot be written: %s", error)


def _chosen(
    connection: sqlite3.Connection,
    source: KubernetesRollouts,
    scope: Scope,
    observations: Iterable[Observation],
) -> list[Observation]:
    """Without the runs of Rollouts that were not chosen, where only some are."""
    listed = list(observations)
    if not source.only_of_chosen or scope.resource is Resource.ROLLOUTS:
        return listed
    chosen: set[str] = set()
    for other in source.scopes:
        if other.resource is Resource.ROLLOUTS:
            chosen |= canaries.present(connection, other.name)
    return [
        item
        for item in listed
        if not isinstance(item, AnalysisRunState) or item.rollout is None or item.rollout in chosen
    ]


def _sum(one: StoredCanaries, other: StoredCanaries) -> StoredCanaries:
    return replace(
        one,
        rollouts=one.rollouts + other.rollouts,
        states=one.states + other.states,
        runs=one.runs + other.runs,
        new=RecordedRuns() + one.new + other.new,
    )
