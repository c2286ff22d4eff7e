"""A list of a cluster that is read and then watched into the store, for as long as it may."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from dashboard.errors import ReliabilityError, SourceUnreachableError
from dashboard.ingest.chosen_runs import ChosenRuns
from dashboard.ingest.cluster_list import ListReading, record_page, still_there, unreadable_sentence
from dashboard.sources.kubernetes_api import CutOffError, GoneError
from dashboard.sources.kubernetes_rollouts import KubernetesRollouts, Page, Scope
from dashboard.store import canaries
from dashboard.store.database import open_for_writing, transaction

_log = logging.getLogger(__name__)

#: How long to wait before the API server is asked again that gave nothing: doubled each time, up to the last.
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 60.0
#: A watch that ends sooner than after so many seconds, with no event, was in vain; so many in a row are told.
_HASTY, _TOLD_AFTER = 3.0, 3
_LIST, _BEGINNING, _EVENTS = "list", "beginning of a watch", "events of a watch"


class ListWatch:
    """Reads a list and watches it from there; what goes wrong is told once, and tried again."""

    def __init__(
        self,
        store: Path,
        source: KubernetesRollouts,
        scope: Scope,
        runs: ChosenRuns,
        tell: Callable[[str], None],
    ) -> None:
        self._store = store
        self._source = source
        self._scope = scope
        self._runs = runs
        self._tell = tell
        self._version = ""
        self._wait = _FIRST_WAIT
        self._in_vain = 0
        self._step = _LIST
        #: What is wrong with each step, until that one does well again.
        self._wrong: dict[str, str] = {}
        self._unreadable: dict[str, str] = {}

    def run(self, stop: threading.Event) -> None:
        """Go on until `stop` is set. Where nothing came of asking, the next time is later."""
        self._runs.wait(self._scope, stop)
        while not stop.is_set():
            try:
                if self._watch(stop) if self._version else self._list(stop):
                    continue
            except GoneError:
                self._version = ""
                self._was_in_vain("found a list that had expired as soon as it was read")
            except ReliabilityError as error:
                # The store may be locked or its disk full: that too may pass.
                if not stop.is_set():
                    self._problem(str(error))
            except Exception:  # noqa: BLE001 - a fault of ours must not end the watching for good
                _log.exception("watching %s failed by a fault of the program", self._scope.name)
                self._version = ""
            stop.wait(self._wait)
            self._wait = min(self._wait * 2, _LONGEST_WAIT)

    def _list(self, stop: threading.Event) -> bool:
        self._step = _LIST
        reading = ListReading(self._store, self._source, self._scope, self._runs)
        try:
            for page in self._source.listed(self._scope, stop):
                reading.add(page)
        finally:
            self._runs.tried(self._scope)
        self._does_well(_LIST)
        self._note_unreadable(reading.unreadable)
        reading.finish(self._summary(), stop)
        self._version = reading.version
        return True

    def _watch(self, stop: threading.Event) -> bool:
        """One watch; whether it did well, so that the next one may begin at once.

        The next one goes on from its last event, also when it broke or fell silent. After what is no event of
        a watch, nobody knows what is missing: the list is read again.
        """
        self._step = _BEGINNING
        began = lively = cut = False
        since = time.monotonic()
        try:
            for page in self._source.watched(self._scope, self._version, stop):
                # The first page only says that the watch has begun.
                lively, began = began, True
                self._store_changes(page, stop, well=_EVENTS if lively else _BEGINNING)
                self._does_well(_EVENTS if lively else _BEGINNING)
                self._step = _EVENTS
                self._version = page.version or self._version
                if self._runs.is_due(self._scope):
                    self._version = ""
                    return True
        except CutOffError:
            if not began:
                raise
            cut = True
        except SourceUnreachableError:
            self._version = "" if began else self._version
            raise
        if lively or time.monotonic() - since >= _HASTY:
            self._does_well(_EVENTS)
            return not cut
        self._was_in_vain("found a watch that ended as soon as it began")
        return False

    def _store_changes(self, page: Page, stop: threading.Event, *, well: str) -> None:
        left = still_there(self._source, self._scope, set(page.gone), stop)
        known = {key: why for key, why in self._unreadable.items() if key not in {*page.present, *page.gone}}
        self._note_unreadable({**known, **page.unreadable})
        now, name = datetime.now(UTC), self._scope.name
        with open_for_writing(self._store) as connection, transaction(connection):
            record_page(connection, self._store, self._scope, page, self._runs)
            canaries.mark_gone(connection, name, set(page.gone) - left, now)
            canaries.forget_presence(connection, name, left)
            canaries.mark_read(connection, name, now, self._summary(well), whole=True)

    def _note_unreadable(self, found: dict[str, str]) -> None:
        for key, sentence in found.items():
            if self._unreadable.get(key) != sentence:
                self._tell(sentence)
        self._unreadable = dict(found)

    def _does_well(self, step: str) -> None:
        self._wrong.pop(step, None)
        if step == _EVENTS:
            self._in_vain, self._wait = 0, _FIRST_WAIT

    def _was_in_vain(self, what: str) -> None:
        self._in_vain += 1
        if self._in_vain >= _TOLD_AFTER:
            self._step = _EVENTS
            self._problem(f"{self._scope.name}: {what}, again and again, expected one that lasts")

    def _problem(self, sentence: str) -> None:
        if sentence not in self._wrong.values():
            self._tell(sentence)
        self._wrong[self._step] = sentence
        try:
            with open_for_writing(self._store) as connection, transaction(connection):
                canaries.mark_read(connection, self._scope.name, datetime.now(UTC), sentence, whole=False)
        except ReliabilityError as error:
            _log.error("the store cannot be written: %s", error)

    def _summary(self, well: str = "") -> str | None:
        """What is wrong, as the store is told, where the step `well` did well just now."""
        wrong = (sentence for step, sentence in self._wrong.items() if step != well)
        return next(wrong, None) or unreadable_sentence(self._unreadable)
