"""Which AnalysisRuns count where only some Rollouts are chosen: those of these, and those of none."""

import sqlite3
import threading
from collections.abc import Iterable

from dashboard.domain.canary.analysis_runs import AnalysisRunState
from dashboard.sources.argo_observations import Observation
from dashboard.sources.kubernetes_rollouts import KubernetesRollouts, Resource, Scope
from dashboard.store import canaries

#: How soon one that waits notices that it is to stop.
_LOOK_SECONDS = 0.5


class ChosenRuns:
    """What counts of the lists of `source`; several threads read them.

    A run may come before its Rollout. So it is remembered of which Rollouts runs were passed over: when such
    a one turns out to be chosen, the list of runs is due to be read again. Both happen in transactions of the
    store, which come one after the other.
    """

    def __init__(self, source: KubernetesRollouts) -> None:
        self._only_of_chosen = source.only_of_chosen
        self._rollouts = [scope.name for scope in source.scopes if scope.resource is Resource.ROLLOUTS]
        self._not_tried = set(self._rollouts)
        self._all_tried = threading.Event()
        self._lock = threading.Lock()
        #: By the name of a list of runs, the Rollouts of which runs were passed over.
        self._passed_over: dict[str, set[str]] = {}
        self._due: set[str] = set()

    def tried(self, scope: Scope) -> None:
        """The list of `scope` was read once, or could not be."""
        with self._lock:
            self._not_tried.discard(scope.name)
            if not self._not_tried:
                self._all_tried.set()

    def wait(self, scope: Scope, stop: threading.Event) -> None:
        """Wait until it is known of which Rollouts runs count, as far as that can be known, or `stop` is set.

        It only spares reading the list of runs twice: whatever comes first, none is lost.
        """
        if self._only_of_chosen and scope.resource is Resource.RUNS:
            while not stop.is_set() and not self._all_tried.wait(_LOOK_SECONDS):
                pass

    def begin(self, scope: Scope) -> None:
        """The list of `scope` is read from its beginning."""
        with self._lock:
            self._passed_over.pop(scope.name, None)
            self._due.discard(scope.name)

    def of(
        self, connection: sqlite3.Connection, scope: Scope, observations: Iterable[Observation]
    ) -> list[Observation]:
        """`observations` of `scope` without those that do not count, inside the caller's transaction."""
        listed = list(observations)
        if not self._only_of_chosen or scope.resource is Resource.ROLLOUTS:
            return listed
        # What was chosen once stays so: the last word on a run may come after its Rollout is gone.
        chosen = set().union(*(canaries.ever_present(connection, name) for name in self._rollouts))
        others = {
            item.rollout
            for item in listed
            if isinstance(item, AnalysisRunState) and item.rollout is not None and item.rollout not in chosen
        }
        with self._lock:
            self._passed_over.setdefault(scope.name, set()).update(others)
        return [
            item for item in listed if not isinstance(item, AnalysisRunState) or item.rollout not in others
        ]

    def chosen(self, rollouts: Iterable[str]) -> None:
        """`rollouts` are chosen, inside the caller's transaction."""
        found = set(rollouts)
        with self._lock:
            self._due.update(name for name, passed in self._passed_over.items() if passed & found)

    def is_due(self, scope: Scope) -> bool:
        """Whether the list of `scope` has to be read again, since more of its runs count by now."""
        with self._lock:
            return scope.name in self._due
