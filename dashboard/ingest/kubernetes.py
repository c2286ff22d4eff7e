"""A cluster → the store: all its Rollouts and AnalysisRuns once, or every change as it comes."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dashboard.errors import SourceUnreachableError
from dashboard.ingest.canaries import StoredCanaries
from dashboard.ingest.chosen_runs import ChosenRuns
from dashboard.ingest.cluster_list import ListReading, sum_of, unreadable_sentence
from dashboard.ingest.cluster_watch import ListWatch
from dashboard.sources.kubernetes_rollouts import KubernetesRollouts
from dashboard.store import canaries
from dashboard.store.database import open_for_writing, transaction

#: Called where a list goes on: how many of it were read, how many there are (None: not told), of what.
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
    """Read every list of `source` into `store`, one transaction a page, until `stop` is set.

    A list that cannot be read does not keep the others out: it is told.

    Raises:
        InputError: the store holds the demo.
        StoreError: the store cannot be used.
    """
    stop, runs = stop or threading.Event(), ChosenRuns(source)
    readings: list[ListReading] = []
    unreachable: list[str] = []
    # Rollouts come before runs, which may count only if their Rollout does.
    for scope in source.scopes:
        if stop.is_set():
            break
        readings.append(ListReading(store, source, scope, runs))
        try:
            for page in source.listed(scope, stop):
                readings[-1].add(page)
                if page.version is None:
                    progress(readings[-1].read, page.total, scope.name)
                if stop.is_set():
                    break
            else:
                readings[-1].finish(unreadable_sentence(readings[-1].unreadable), stop)
        except SourceUnreachableError as error:
            if not stop.is_set():
                _failed(store, scope.name, str(error))
                unreachable.append(str(error))
    return ClusterRead(
        stored=sum_of(reading.stored for reading in readings),
        problems=tuple(sentence for reading in readings for sentence in reading.unreadable.values()),
        unreachable=tuple(unreachable),
    )


def follow_cluster(
    store: Path, source: KubernetesRollouts, stop: threading.Event, tell: Callable[[str], None]
) -> list[threading.Thread]:
    """Read and then watch every list of `source` into `store`, each on a thread of its own, until `stop`.

    What goes wrong is told once, and tried again; after it the list is read anew where that is needed.
    """
    threads, runs = [], ChosenRuns(source)
    for scope in source.scopes:
        watch = ListWatch(store, source, scope, runs, tell)
        threads.append(
            threading.Thread(target=watch.run, args=(stop,), name=f"watch {scope.name}", daemon=True)
        )
        threads[-1].start()
    return threads


def _failed(store: Path, name: str, problem: str) -> None:
    """The list `name` could not be read."""
    with open_for_writing(store) as connection, transaction(connection):
        canaries.mark_read(connection, name, datetime.now(UTC), problem, whole=False)
